"""The registers that this portal is connected to, by its settings."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings

from enrollment.enums import RegisterName
from enrollment.registers.file_register import FileRegister
from enrollment.registers.http_register import HttpRegister
from enrollment.registers.interface import Register


def is_connected(register: RegisterName) -> bool:
    """Test whether this register can be asked at all."""
    return register in settings.REGISTERS


def connected_registers(*, today: date) -> dict[RegisterName, Register]:
    """Return the way to each register that is connected."""
    return {
        RegisterName(name): _register(RegisterName(name), connection, today)
        for name, connection in settings.REGISTERS.items()
    }


def _register(name: RegisterName, connection: dict[str, Any], today: date) -> Register:
    url = connection["url"]
    if url.startswith("file://"):
        return FileRegister(
            folder=Path(url.removeprefix("file://")),
            register=name,
            today=today,
            longest_age=timedelta(days=connection["longest_age_days"]),
        )
    return HttpRegister(
        register=name, url=url, token=_token(connection), ca_file=_path(connection["ca_file"])
    )


def _token(connection: dict[str, Any]) -> str:
    """Return the token, read anew each time so that it can be changed under a running worker, or nothing."""
    if not connection["token_file"]:
        return str(connection["token"])
    try:
        return Path(connection["token_file"]).read_text(encoding="utf-8").strip()
    except (OSError, ValueError):
        return ""


def _path(text: str) -> Path | None:
    return Path(text) if text else None
