"""Worlds in which a promise about the banks' word is broken."""

from collections.abc import Callable
from decimal import Decimal
from typing import Final

from subsidies.models import BankResultFile, BankResultLine
from tests.clock import NOW
from tests.factories.bank import BatchDownloadFactory
from tests.factories.subsidies import BankResultLineFactory, assembled_batch, settled_batch
from tests.subsidies.database import triggers_off


def settle_a_line_alone() -> None:
    line = BankResultLineFactory(result_file=settled_batch().result_files.get())
    with triggers_off():
        BankResultLine.objects.filter(pk=line.pk).update(resolved_at=NOW)


def hand_out_what_nobody_released() -> None:
    BatchDownloadFactory(batch=assembled_batch(), fetched_at=NOW, fetch_count=1)


def keep_lines_of_a_file_that_was_set_aside() -> None:
    file = settled_batch().result_files.get()
    with triggers_off():
        BankResultFile.objects.filter(pk=file.pk).update(status="QUARANTINED", problem="header_wrong")


def change_what_the_bank_said() -> None:
    settled_batch()
    with triggers_off():
        BankResultLine.objects.update(amount=Decimal("800.01"))


BANK_BREAKS: Final[dict[str, Callable[[], None]]] = {
    "resolved_line_has_two_people": settle_a_line_alone,
    "what_was_handed_out_counts_as_sent": hand_out_what_nobody_released,
    "applied_file_is_of_a_batch_that_left": keep_lines_of_a_file_that_was_set_aside,
    "batch_paid_what_the_bank_says": change_what_the_bank_said,
}
