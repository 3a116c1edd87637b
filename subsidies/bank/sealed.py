"""A payment file that a person carries to the bank: encrypted, and the password apart."""

import io
import secrets
from datetime import datetime

import pyzipper
from django.utils import timezone
from pyzipper.zipfile_aes import AESZipInfo

# What nobody mistakes for another letter or digit when it is read out over the telephone.
LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789"
GROUPS, GROUP_SIZE = 4, 6


def new_password() -> str:
    """Return a password of 139 random bits, in groups that can be read out."""
    groups = ("".join(secrets.choice(LETTERS) for _ in range(GROUP_SIZE)) for _ in range(GROUPS))
    return "-".join(groups)


def sealed(name: str, content: bytes, *, password: str, made_at: datetime) -> bytes:
    """Return a ZIP file with one file in it under AES-256, as common programs open it with a password.

    What is in it is the same each time, to the byte; what is around it is not, because the salt is random.
    """
    zipped = io.BytesIO()
    entry = AESZipInfo(name, date_time=timezone.localtime(made_at).timetuple()[:6])
    with pyzipper.AESZipFile(
        zipped, "w", compression=pyzipper.ZIP_DEFLATED, encryption=pyzipper.WZ_AES
    ) as archive:
        archive.setpassword(password.encode())
        archive.writestr(entry, content, compress_type=pyzipper.ZIP_DEFLATED)
    return zipped.getvalue()
