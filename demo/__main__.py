"""`bin/demo`: the whole portal on this machine, doing its main job on made-up people.

bin/demo            set up, do the main job, print what happened, stay up until Ctrl-C
bin/demo --once     the same, and stop; exit status 0 only if all of it happened
bin/serve           set up and stay up, without doing the main job
bin/manage COMMAND  a management command on the demo's database
"""

import argparse
import io
import json
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import django
import httpx
import redis

from chongqing_dte.foundation.embedded import FolderInUse, ServerNotStarted, embedded_services
from demo.processes import (
    BEAT,
    HEAVY,
    ROOT,
    WEB,
    WORKER,
    JourneyFailed,
    ProcessEnded,
    Processes,
    processes,
    wait_until,
)

if TYPE_CHECKING:
    # Models can be imported only once Django is set up.
    from demo.journey import MainJob
    from demo.world import World

FOLDER = ROOT / "var" / "demo"
BANK = FOLDER / "bank"
STARTED = time.monotonic()
PEOPLE_AROUND, PEOPLE_SEED = 300, 2030


def say(text: str) -> None:
    print(f"[{time.monotonic() - STARTED:5.1f} s] {text}", flush=True)


def main() -> int:
    arguments = _arguments()
    FOLDER.mkdir(parents=True, exist_ok=True)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chongqing_dte.settings.dev")
    # The processes log to files of their own; what the demo itself prints is for the person who started it.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    # Started in the background by a script, we would inherit an ignored SIGINT.
    signal.signal(signal.SIGINT, _as_interrupt)
    signal.signal(signal.SIGTERM, _as_interrupt)
    if arguments.manage is not None:
        return _manage(arguments.manage)
    try:
        with embedded_services(FOLDER) as services, _noted(services):
            return _run(arguments, services)
    except (FolderInUse, ServerNotStarted, ProcessEnded, JourneyFailed, TimeoutError) as problem:
        say(str(problem))
        return 1
    except KeyboardInterrupt:
        say("stopped")
        return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="bin/demo", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--once", action="store_true", help="stop after the table")
    parser.add_argument("--serve-only", action="store_true", help="do not do the main job")
    parser.add_argument(
        "--port", type=int, default=8000, help="where the web server listens, or the next free port"
    )
    parser.add_argument(
        "--kill-worker", action="store_true", help="kill -9 the worker in the middle of the payouts"
    )
    parser.add_argument(
        "--flush-broker", action="store_true", help="delete every message before the worker starts"
    )
    parser.add_argument("--manage", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    return parser.parse_args()


def _run(arguments: argparse.Namespace, services: dict[str, str]) -> int:
    say("PostgreSQL and Valkey are up")
    os.environ.update(_environment(services))
    django.setup()
    from django.core.management import call_command
    from django.utils import timezone, translation

    from demo.claims_around import fill_claims
    from demo.generator import is_made
    from demo.generator import make_world as generate
    from demo.world import make_world

    translation.activate("en")
    call_command("prepare", verbosity=0, stdout=io.StringIO())
    say("the database is migrated, reference data is loaded")
    if not is_made():
        # The people around the demo's own class, so that every list looks as it does in a busy year.
        generate(
            trainees=PEOPLE_AROUND, years=1, seed=PEOPLE_SEED, now=timezone.now(), leaves_open_ends=False
        )
    world = make_world(now=timezone.now())
    fill_claims(now=timezone.now())
    with processes(FOLDER, os.environ, say) as started:
        port = _free_port(arguments.port)
        base_url = f"http://127.0.0.1:{port}"
        # What the QR codes of this demo lead to.
        os.environ["PORTAL_ORIGIN"] = base_url
        started.start("web", (*WEB, "--bind", f"127.0.0.1:{port}"))
        _start_bank(started)
        _start_workers(started)
        wait_until("the web server", lambda: _answers(f"{base_url}/healthz"), started=started)
        say(f"web server, worker, beat and the simulated bank are up: {base_url}")
        complete = arguments.serve_only or _do_main_job(arguments, world, started, base_url)
        if not arguments.once:
            _stay_up(started, base_url)
    return 0 if complete else 1


def _do_main_job(arguments: argparse.Namespace, world: "World", started: Processes, base_url: str) -> bool:
    from demo.intake import Intake
    from demo.journey import MainJob
    from demo.report import all_of_it_happened, table

    Intake(base_url, world, started, say).do_everything()
    job = MainJob(base_url, world, started, say)
    if arguments.flush_broker:
        _stop_workers(started)
    job.assess()
    if arguments.flush_broker:
        redis.Redis.from_url(os.environ["REDIS_URL"]).flushall()
        say("deleted every message that said so; the worker starts only now")
        _start_workers(started)
    job.wait_for_decisions()
    job.assess_again()
    job.wait_for_decisions()
    job.add_missing_account()
    job.release()
    if arguments.kill_worker:
        _kill_the_worker(started)
    job.wait_for_the_bank()
    job.pay_the_returned_again()
    _reimburse(job)
    job.revoke_one()
    job.check_in_public()
    wrong = all_of_it_happened(world)
    print(f"\nWhat happened\n{table(world, BANK)}\n", flush=True)
    for text in wrong:
        say(f"NOT AS IT SHOULD BE: {text}")
    _print_addresses(base_url)
    return not wrong


def _reimburse(job: "MainJob") -> None:
    from demo.reimbursement import Reimbursement

    Reimbursement(job.base_url, job.world, job.started, say).do_everything()
    job.release()
    job.wait_for_the_bank()


def _kill_the_worker(started: Processes) -> None:
    for _round in range(3):
        time.sleep(0.7)
        os.killpg(started.running["worker"].pid, signal.SIGKILL)
        started.running["worker"].wait()
        started.check()


def _environment(services: dict[str, str]) -> dict[str, str]:
    return {
        **services,
        "SWEEP_SECONDS": os.environ.get("SWEEP_SECONDS", "2"),
        "BANK_OUTBOX": str(BANK / "payments"),
        "BANK_INBOX": str(BANK / "results"),
        "BEAT_SCHEDULE_FILE": str(FOLDER / "beat-schedule"),
        "PYTHONPATH": str(ROOT),
    }


def _start_workers(started: Processes) -> None:
    started.start("worker", WORKER)
    started.start("heavy", HEAVY)
    started.start("beat", BEAT)


def _stop_workers(started: Processes) -> None:
    started.stop("beat")
    started.stop("heavy")
    started.stop("worker")


def _start_bank(started: Processes) -> None:
    from demo import people

    folders = ("--payments", str(BANK / "payments"), "--results", str(BANK / "results"))
    for folder in ("payments", "results"):
        (BANK / folder).mkdir(parents=True, exist_ok=True)
    inactive = people.account_of(people.ACCOUNT_NOT_ACTIVATED)
    book = str(BANK / "book.json")
    started.start("bank", ("demo/bank.py", *folders, "--book", book, "--not-activated", inactive))


def _stay_up(started: Processes, base_url: str) -> None:
    say(f"open {base_url} — Ctrl-C stops everything")
    while True:
        started.check()
        time.sleep(1)


def _print_addresses(base_url: str) -> None:
    from assessment.models import LevelCertificate
    from demo.world import ACCOUNTS, PASSWORD

    certificate = LevelCertificate.objects.order_by("id").first()
    print("Where to look")
    print(f"  public page      {base_url}/")
    print(f"  portal           {base_url}/login/")
    print(f"  bureau's admin   {base_url}/admin/")
    print(f"  check a paper    {base_url}/verify/")
    if certificate:
        print(f"  one certificate  {base_url}/certificates/{certificate.public_id}/ (as operator)")
    print(f"  health           {base_url}/readyz")
    print(f"Who to be (password {PASSWORD})")
    for username, full_name, role in ACCOUNTS:
        print(f"  {username:<16} {full_name} · {role.label}")
    print(flush=True)


@contextmanager
def _noted(services: dict[str, str]) -> Iterator[None]:
    """Leave a note of the running servers, so that `bin/manage` can use them meanwhile."""
    note = FOLDER / "services.json"
    with os.fdopen(os.open(note, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(services, file)
    try:
        yield
    finally:
        note.unlink(missing_ok=True)


def _manage(words: list[str]) -> int:
    try:
        with embedded_services(FOLDER) as services:
            return _manage_with(services, words)
    except FolderInUse:
        return _manage_with(json.loads((FOLDER / "services.json").read_text()), words)


def _manage_with(services: dict[str, str], words: list[str]) -> int:
    environment = os.environ | _environment(services)
    return subprocess.run([sys.executable, str(ROOT / "manage.py"), *words], env=environment).returncode


def _free_port(wanted: int) -> int:
    import socket

    for port in range(wanted, wanted + 50):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return port
    raise TimeoutError(f"No free port from {wanted} on.")


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2).status_code == 200
    except httpx.TransportError:
        return False


def _as_interrupt(*_: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
