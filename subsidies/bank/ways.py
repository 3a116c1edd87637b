"""The ways to the banks that are connected here."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.utils.module_loading import import_string

from subsidies.bank.channel import BankChannel
from subsidies.bank.sftp import SftpChannel, SftpPlace
from subsidies.enums import DeliveryWay


@contextmanager
def bank_channels() -> Iterator[dict[DeliveryWay, BankChannel]]:
    """Yield what leads to a bank, by the way of delivery. A download needs none: a person carries it."""
    channels: dict[DeliveryWay, BankChannel] = {DeliveryWay.FOLDER: import_string(settings.BANK_CHANNEL)()}
    sftp = SftpChannel(SftpPlace(**settings.BANK_SFTP)) if settings.BANK_SFTP["host"] else None
    if sftp is not None:
        channels[DeliveryWay.SFTP] = sftp
    try:
        yield channels
    finally:
        if sftp is not None:
            sftp.close()
