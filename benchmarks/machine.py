"""What a figure was measured on: without it no figure says anything."""

import os
import platform
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parent.parent


def describe_machine() -> list[str]:
    """Return the machine, the versions and the state of the code, one line each."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        (server_version,) = cursor.fetchone()
        cursor.execute("SHOW synchronous_commit")
        (commits,) = cursor.fetchone()
        cursor.execute("SHOW fsync")
        (fsync,) = cursor.fetchone()
    load, *_ = os.getloadavg()
    return [
        f"machine     {processor()}, {len(os.sched_getaffinity(0))} cores,"
        f" {psutil.virtual_memory().total / 2**30:.1f} GiB, load {load:.1f} at the start",
        f"software    Python {platform.python_version()}, PostgreSQL {server_version}"
        f" (fsync {fsync}, synchronous_commit {commits}), Linux {platform.release()}",
        f"code        {commit()}",
        f"date        {datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
    ]


def processor() -> str:
    """Return the name that the processor gives itself."""
    names = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    ]
    return names[0] if names else platform.machine()


def commit() -> str:
    """Return the commit that is measured, and whether the files differ from it."""
    revision = _git("rev-parse", "--short=12", "HEAD")
    if not revision:
        return "not a git repository"
    return f"{revision} with changes" if _git("status", "--porcelain") else revision


def _git(*words: str) -> str:
    try:
        answer = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return ""
    return answer.stdout.strip() if answer.returncode == 0 else ""
