"""`bin/bench`: a benchmark of this package beside what it is measured against, on servers of its own.

bin/bench              name the benchmarks
bin/bench NAME         run one and print a table; exit status 1 if a target is missed
bin/bench NAME --json  the same, and the last line is one JSON object
bin/bench NAME --quick few rows and no repeats: shows that it works, and says nothing about speed
"""

import argparse
import io
import json
import os
import shutil
import sys
import time
import warnings
from collections.abc import Callable, Sequence
from contextlib import closing
from importlib import import_module
from pathlib import Path

import psycopg2

from benchmarks.machine import describe_machine
from benchmarks.measuring import Bench, Result
from chongqing_dte.foundation.embedded import FolderInUse, ServerNotStarted, embedded_services

FOLDER = Path(__file__).resolve().parent.parent / "var" / "bench"
DATABASE = "bench"
HERE = Path(__file__).resolve().parent


def names() -> list[str]:
    """Return the benchmarks of this package: the modules that have a `run`."""
    return sorted(path.stem for path in HERE.glob("*.py") if "\ndef run(bench: Bench)" in path.read_text())


def main(words: Sequence[str]) -> int:
    arguments = arguments_of(words)
    # Never on a server that somebody else uses: it would be slowed down, filled up and measured together with them.
    os.environ.pop("DATABASE_URL", None)
    os.environ.pop("REDIS_URL", None)
    FOLDER.mkdir(parents=True, exist_ok=True)
    try:
        with embedded_services(FOLDER, durable=True) as services:
            os.environ |= services | {"DATABASE_URL": _fresh_database(services["DATABASE_URL"])}
            return measure(arguments, FOLDER)
    except (FolderInUse, ServerNotStarted) as problem:
        print(problem)
        return 3


def arguments_of(words: Sequence[str]) -> argparse.Namespace:
    """Read the command line. Ends the process if it names no benchmark."""
    parser = argparse.ArgumentParser(
        prog="bin/bench", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("name", help="what to measure", metavar="NAME", nargs="?")
    parser.add_argument("--json", action="store_true", help="print one JSON object as the last line")
    parser.add_argument("--quick", action="store_true", help="few rows and no repeats")
    arguments = parser.parse_args(words)
    if arguments.name not in names():
        parser.exit(2, f"Name one of the benchmarks: {', '.join(names())}.\n")
    return arguments


def _fresh_database(server: str) -> str:
    """Make an empty database beside the server's own and return its address. Rows of an earlier run would count."""
    with closing(psycopg2.connect(server.removesuffix("portal") + "postgres")) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
            cursor.execute(f"CREATE DATABASE {DATABASE}")
    return server.removesuffix("portal") + DATABASE


def measure(arguments: argparse.Namespace, writable: Path) -> int:
    """Run one benchmark on the servers that the environment names, print what it found and return the exit status."""
    _set_environment()
    import django

    django.setup()
    from django.core.management import call_command

    started = time.monotonic()

    def say(text: str) -> None:
        print(f"[{time.monotonic() - started:6.1f} s] {text}", flush=True)

    call_command("prepare", verbosity=0, stdout=io.StringIO())
    folder = writable / arguments.name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for line in describe_machine():
        print(line)
    run: Callable[[Bench], Result] = import_module(f"benchmarks.{arguments.name}").run
    result = run(Bench(folder=folder, is_quick=arguments.quick, say=say))
    print(f"\n{table(arguments.name, result)}\n")
    if arguments.json:
        print(json.dumps(result.as_json(arguments.name)))
    return 1 if result.missed and not arguments.quick else 0


def _set_environment() -> None:
    """Let nothing but the benchmark's own lines be printed, neither here nor by child processes."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chongqing_dte.settings.dev")
    os.environ.setdefault("LOG_LEVEL", "WARNING")
    # Nobody asks for a static file here, so none were collected.
    warnings.filterwarnings("ignore", message="No directory at")


def table(name: str, result: Result) -> str:
    """Return the figures and ratios as text, each with its target, if it has one."""
    lines = [f"{'bench ' + name:<34} {'measured':>12}   target"]
    for key, value in result.values.items():
        target = result.targets.get(key)
        verdict = "" if target is None else f"{target} {'missed' if key in result.missed else 'met'}"
        lines.append(f"  {key:<32} {_shown(value):>12}   {verdict}".rstrip())
    lines += [f"  {key:<32} {'—':>12}   not measured" for key in result.targets if key not in result.values]
    return "\n".join(lines)


def _shown(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
