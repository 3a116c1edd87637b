"""Run the tests beside servers of their own: python -m tests.run [chaos|browser|planted] [pytest arguments]."""

import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from chongqing_dte.foundation.embedded import ServerNotStarted, embedded_services

SIDE_BY_SIDE = ("-n", "logical", "--dist", "worksteal")
# The bugs are planted beside the tests that are to find them, all of them or so many.
PLANTED = ("-p", "tests.planted.plugin", "--plants")
SUITES = {
    "chaos": ["tests/chaos"],
    "browser": ["tests/browser"],
    "planted": [*PLANTED, "all", *SIDE_BY_SIDE],
}
SERVICES = Path("var/test")
A_HANDFUL = "5"

# Those that kill processes or drive a browser have the machine to themselves.
ALONE = "chaos or browser"


def runs_of_pytest(words: Sequence[str]) -> list[list[str]]:
    """Return what pytest is to be given, run by run: a suite by its name, the arguments as they are, or everything."""
    if words and words[0] in SUITES:
        return [[*SUITES[words[0]], *words[1:]]]
    if words:
        return [list(words)]
    side_by_side = ["tests", "-m", f"not ({ALONE})", *SIDE_BY_SIDE, *PLANTED, A_HANDFUL]
    return [side_by_side, ["tests", "-m", ALONE]]


def environment_for_tests(services: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of the tests. A build machine may not do without a browser."""
    environment = {
        **os.environ,
        **services,
        "DJANGO_SETTINGS_MODULE": "chongqing_dte.settings.test",
        # Processes that run side by side have to find the same tests in the same order, also those made from sets.
        "PYTHONHASHSEED": str(secrets.randbelow(2**32)),
    }
    if os.environ.get("CI", "").lower() in {"1", "true"}:
        environment["REQUIRE_BROWSER"] = "1"
    return environment


def main(words: Sequence[str]) -> int:
    signal.signal(signal.SIGTERM, _end)
    try:
        with embedded_services(SERVICES, durable=False) as services:
            environment = environment_for_tests(services)
            # All of them run, and one that fails is remembered.
            return max(_run_pytest(arguments, environment) for arguments in runs_of_pytest(words))
    except ServerNotStarted as failure:
        sys.stderr.write(f"{failure}\n")
        return 3


def _run_pytest(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    command = [sys.executable, "-m", "pytest", "-p", "tests.browser.not_run", *arguments]
    # Ctrl-C reaches pytest by itself; it reports what it did, and then we stop the servers.
    signal.signal(signal.SIGINT, lambda *_: None)
    with subprocess.Popen(command, env=environment) as pytest_process:
        signal.signal(signal.SIGTERM, lambda *_: pytest_process.send_signal(signal.SIGINT))
        return pytest_process.wait()


def _end(*_: object) -> None:
    raise SystemExit(128 + signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
