"""The world of the storm: what is in it before, who works in it, what strikes it, and what must be true afterwards."""

import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Self

import psutil
import redis
from django.db import connections
from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import Q
from django.utils import timezone

from assessment.enums import CertificateOrigin, CertificateStatus, ResultsStatus
from assessment.models import LevelCertificate, ResultsUpload
from chongqing_dte.foundation.clock import database_now
from chongqing_dte.foundation.errors import DomainError
from chongqing_dte.foundation.models import AuditEvent
from demo.identifiers import make_card_number, make_cnaps
from enrollment.enums import ParticipantCategory
from enrollment.models import BankAccount, Trainee
from enrollment.services.accounts import AccountDetails
from subsidies.enums import AttemptStatus, BatchStatus, Decision, PaymentStatus
from subsidies.invariants import find_violations
from subsidies.models import Budget, Entitlement, JournalLine, Payment, PaymentAttempt, PaymentBatch, Recovery
from subsidies.queries import payment_ids_to_take_back
from subsidies.services.bank_results import hand_in_bank_result
from subsidies.services.batches import release_batch
from tests.assessment.result_lists import candidate, check, list_of, passed
from tests.chaos.post import QUEUES, Post, delivered
from tests.chaos.servers import Servers, database_url
from tests.chaos.workers import Crew, Started, beat, environment_of_workers, worker, wrong_clock
from tests.factories.assessment import AssessmentSessionFactory
from tests.factories.enrollment import BankAccountFactory, TraineeFactory, TrainingClassFactory
from tests.factories.institutions import (
    FeeScheduleFactory,
    InstitutionFactory,
    OccupationFactory,
    UserFactory,
)
from tests.factories.subsidies import BudgetFactory, PolicyVersionFactory, correct_account, revoke
from tests.fakes.chaos_bank import Store
from tests.fakes.http_bank import wait_for_file

WRITERS = 3
PATIENCE_SECONDS = 300.0
LONGEST_CALM_SECONDS = 2.0
# What the clock of some workers is off by, one after the other.
SHIFTS = ("-400d", "+400d", "-1h", "+1h", "+0")
# Accounts that are given in later: far from those that the factories number.
FIRST_OTHER_ACCOUNT = 500_000


class World:
    """A programme with results that wait to be recorded: of each four people, one is not as the others."""

    def __init__(self, session_count: int, *, numbered_by_portal: bool = False) -> None:
        self.began_at = database_now()
        self.numbered_by_portal = numbered_by_portal
        this_year = timezone.localdate().year
        # The years that a wrong clock would take the money of have some, too.
        for year in range(this_year - 2, this_year + 3):
            BudgetFactory(year=year, allotted=Decimal("1000000.00"))
        self.budget = Budget.objects.get(year=this_year)
        # Small batches leave by themselves, larger ones wait for signatures.
        PolicyVersionFactory(
            approved=True,
            in_force=DateRange(date(2026, 1, 1), date(this_year + 1, 1, 1)),
            automatic_release_limit=Decimal("3200.00"),
            batch_line_limit=20,
        )
        self.signers = UserFactory.create_batch(2, municipal_finance=True)
        self.occupation, self.institution = OccupationFactory(), InstitutionFactory()
        self.operator = UserFactory(evaluation_operator=True, institution=self.institution)
        self.training_class = TrainingClassFactory(completed=True, occupation=self.occupation)
        FeeScheduleFactory(institution=self.institution, occupation=self.occupation)
        self.uploads = [self._results(number) for number in range(session_count)]

    def _results(self, number: int) -> ResultsUpload:
        session = AssessmentSessionFactory(
            institution=self.institution,
            occupation=self.occupation,
            filed_by=self.operator,
            certificate_origin=(
                CertificateOrigin.PORTAL if self.numbered_by_portal else CertificateOrigin.INSTITUTION
            ),
        )
        common = {"training_class": self.training_class}
        people = [candidate(session, **common, trainee__with_account=True) for _ in range(3)]
        # One of an earlier year is refused; one without an account is held until there is one.
        people.append(
            candidate(session, **common, earlier_graduate=True)
            if number % 2
            else candidate(session, **common, trainee=TraineeFactory())
        )
        own = {"certificate_number": "", "certificate_issued_on": ""} if self.numbered_by_portal else {}
        lines = [passed(person, number * len(people) + place, **own) for place, person in enumerate(people)]
        return check(session, list_of(*lines))

    @property
    def certificate_count(self) -> int:
        return 4 * len(self.uploads)


class Storm:
    """Workers, beats, writers, a bank and the post, and everything that happens to them."""

    def __init__(self, servers: Servers, folder: Path, seed: int, world: World) -> None:
        self.servers = servers
        self.folder = folder
        self.seed = seed
        self.chance = random.Random(seed)
        self.world = world
        self.began = time.monotonic()
        self.log: list[str] = []
        self.bank_store = folder / "bank.sqlite"
        self.shift = folder / "shift"
        self.shift.write_text(SHIFTS[0])
        self.post = Post(servers.valkey.url, seed)
        self.crew = Crew(
            folder,
            {
                **environment_of_workers(folder),
                "DATABASE_URL": database_url(),
                "REDIS_URL": servers.valkey.url,
                "SWEEP_SECONDS": "2",
                "BANK_CHANNEL": "tests.fakes.http_bank.from_environment",
            },
            workers=self._workers(),
            beats={
                "beat-1": beat(folder / "beat-1"),
                "beat-2": beat(folder / "beat-2", wrong_clock(self.shift)),
            },
        )
        self.other_accounts = FIRST_OTHER_ACCOUNT
        self.writers: list[psutil.Popen] = []
        self._done_before = 0
        self._open = ExitStack()

    def __enter__(self) -> Self:
        port_file = self.folder / "port"
        bank = ["tests/fakes/chaos_bank.py", "--store", str(self.bank_store), "--port-file", str(port_file)]
        with ExitStack() as opened:
            opened.callback(self.crew.end)
            self.crew.run("bank", [*bank, "--seed", str(self.seed)])
            self.crew.environment["CHAOS_BANK_PORT"] = wait_for_file(port_file)
            opened.enter_context(self.post)
            self.crew.start_the_dead()
            self.crew.wait_for_children()
            uploads = [str(upload.pk) for upload in self.world.uploads]
            for first in range(WRITERS):
                words = [str(self.seed + first), *uploads[first::WRITERS]]
                self.writers.append(self.crew.run(f"writer-{first}", ["-m", "tests.chaos.writer", *words]))
            self._open = opened.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()
        self._note(f"lost {self.post.lost} messages, repeated {self.post.repeated}")
        sys.stdout.write("\n".join([f"seed {self.seed}", *self.log, ""]))

    def _workers(self) -> dict[str, Started]:
        common = {"app": "tests.chaos.worker_app", "queues": ",".join(map(delivered, QUEUES))}
        return {
            "steady": worker("steady", **common),
            # Its children are replaced all the time, and those that replace hold its connections to the broker.
            "recycled": worker("recycled", "--max-tasks-per-child", "10", **common),
            "jumping": worker("jumping", **common, environment=wrong_clock(self.shift)),
        }

    # ── What strikes ─────────────────────────────────────────────────────────────────────────────────────
    def deck(self) -> list[Callable[[], None]]:
        """Return one of each misfortune, and several of the common ones, in any order."""
        crew, chance = self.crew, self.chance
        deaths = [
            *[lambda: crew.kill_a_child(chance)] * 7,
            *[lambda: crew.kill_a_parent(chance)] * 2,
            lambda: crew.kill_a_child_and_then_its_parent(chance),
            lambda: crew.kill_a_beat(chance),
        ]
        others = [self._flush, self._restart_valkey, self._restart_postgres, *[self._jump] * 3]
        cards = [*deaths, *others]
        chance.shuffle(cards)
        return cards

    def wait_for_work(self) -> None:
        """Wait until somebody has done something since the last time, or nothing comes of it for a while."""
        deadline = time.monotonic() + LONGEST_CALM_SECONDS
        while (done := AuditEvent.objects.count()) == self._done_before and time.monotonic() < deadline:
            time.sleep(0.05)
        self._done_before = done
        # Somewhere in the middle of what comes next.
        time.sleep(self.chance.uniform(0.0, 0.5))

    @property
    def kill_count(self) -> int:
        """How many workers and children of theirs were killed. Beats do not count."""
        return sum(not name.startswith("beat") for name in self.crew.kills)

    def strike(self, card: Callable[[], None]) -> None:
        """Let one misfortune happen, and note it."""
        killed_before = len(self.crew.kills)
        card()
        for name in self.crew.kills[killed_before:]:
            self._note(f"killed {name}")

    def _note(self, what: str) -> None:
        self.log.append(f"{time.monotonic() - self.began:6.1f} s: {what}")

    def _restart_valkey(self) -> None:
        self.servers.restart_valkey()
        self._note("restarted Valkey")

    def _restart_postgres(self) -> None:
        self.servers.restart_postgres()
        self._note("restarted PostgreSQL")

    def _flush(self) -> None:
        with redis.Redis.from_url(self.servers.valkey.url) as broker:
            broker.flushall()
        self._note("flushed Valkey")

    def _jump(self) -> None:
        shift = self.chance.choice(SHIFTS)
        # Whole, because a process that finds nothing there ends.
        unfinished = self.folder / "shift.unfinished"
        unfinished.write_text(shift)
        unfinished.rename(self.shift)
        self._note(f"the clock of one worker and one beat is off by {shift} from now on")

    # ── What people do meanwhile ─────────────────────────────────────────────────────────────────────────
    def do_office_work(self) -> None:
        """Sign what waits, correct accounts, and hand in a result of the bank that somebody found once more."""
        self._sign_what_waits()
        self._correct_accounts()
        self._hand_in_again()
        # The next fault ends every connection of the server, and this one waits for none of that.
        connections.close_all()

    def revoke_one(self) -> None:
        """Revoke a certificate, wherever its money happens to be."""
        valid = list(LevelCertificate.objects.filter(status=CertificateStatus.VALID).order_by("pk"))
        if valid:
            revoke(self.chance.choice(valid))

    def record_missing_accounts(self) -> None:
        """Give an account to everybody who has none."""
        certified = LevelCertificate.objects.filter(trainee__bank_accounts__isnull=True)
        for trainee in Trainee.objects.filter(pk__in=certified.values("trainee_id")):
            BankAccountFactory(trainee=trainee)

    def _sign_what_waits(self) -> None:
        for batch in PaymentBatch.objects.filter(status=BatchStatus.ASSEMBLED).order_by("pk"):
            for signer in self.world.signers:
                with suppress(DomainError):
                    release_batch(batch_id=batch.pk, releaser=signer, sha256=batch.sha256, now=timezone.now())

    def _correct_accounts(self) -> None:
        for payment in Payment.objects.filter(status=PaymentStatus.RETURNED):
            last = payment.attempts.order_by("-number").first()
            if BankAccount.objects.filter(trainee=payment.payee, pk__gt=last.bank_account_id).exists():
                continue
            self.other_accounts += 1
            number = make_card_number(self.other_accounts)
            correct_account(payment.payee_id, AccountDetails(number, "示范银行", make_cnaps(1)))

    def _hand_in_again(self) -> None:
        bank = Store(self.bank_store)
        names = bank.results(time.time())
        if names:
            name = self.chance.choice(names)
            with suppress(DomainError):
                hand_in_bank_result(
                    name=f"brought-{name}",
                    content=bank.result(name),
                    sender=self.world.signers[0],
                    now=timezone.now(),
                )

    # ── The end ──────────────────────────────────────────────────────────────────────────────────────────
    @property
    def writers_are_done(self) -> bool:
        return all(writer.poll() is not None for writer in self.writers)

    def unfinished_work(self) -> dict[str, int]:
        ended = [PaymentStatus.PAID, PaymentStatus.CANCELLED]
        counts = {
            "to record": ResultsUpload.objects.exclude(status=ResultsStatus.RECORDED).count(),
            "due": LevelCertificate.objects.filter(decision_due=True).count(),
            "held": Entitlement.objects.filter(decision=Decision.HELD, superseded_at__isnull=True).count(),
            "payments": Payment.objects.exclude(status__in=ended).count(),
            "batches": PaymentBatch.objects.exclude(
                status__in=[BatchStatus.SETTLED, BatchStatus.WITHDRAWN]
            ).count(),
            "to take back": len(payment_ids_to_take_back(after=0, limit=500)),
        }
        return {work: count for work, count in counts.items() if count}

    def wait_until_all_is_done(self) -> None:
        """Let everybody go on, with nothing but the post against them, until no work is left."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while left := self.unfinished_work():
            assert time.monotonic() < deadline, f"left: {left}\n{self.crew.logs()}"
            self.crew.start_the_dead()
            self.do_office_work()
            time.sleep(0.3)
        self._note("everything was done")


def assert_everybody_was_paid_once(world: World, store: Store) -> None:
    """Compare decisions, instructions, journal, budgets and the bank's own book: per person, to the cent."""
    revoked = LevelCertificate.objects.filter(status=CertificateStatus.REVOKED)
    granted = Entitlement.objects.filter(decision=Decision.GRANTED, superseded_at__isnull=True)
    paid = list(Payment.objects.filter(status=PaymentStatus.PAID))
    amounts = {payment.payee_id: payment.amount for payment in paid}
    assert LevelCertificate.objects.count() == world.certificate_count
    assert len(amounts) == len(paid)
    # Whoever's certificate is valid was granted and paid; whoever lost it has their money cancelled or asked back.
    entitled = granted.exclude(certificate__in=revoked)
    earlier = Q(attempt__enrollment__category=ParticipantCategory.EARLIER_GRADUATE)
    eligible = LevelCertificate.objects.filter(status=CertificateStatus.VALID).exclude(earlier)
    assert set(entitled.values_list("certificate_id", flat=True)) == set(
        eligible.values_list("pk", flat=True)
    )
    assert set(eligible.values_list("trainee_id", flat=True)) <= amounts.keys()
    assert set(granted.filter(certificate__in=revoked).values_list("payment__pk", flat=True)) == set(
        Recovery.objects.values_list("payment_id", flat=True)
    )
    assert_the_bank_says_the_same(store, amounts)
    assert_the_books_say_the_same(world, paid)
    assert_no_wrong_clock_had_a_say(world)
    assert find_violations() == []


def assert_the_bank_says_the_same(store: Store, amounts: Mapping[int, Decimal]) -> None:
    booked = store.paid()
    by_reference = {attempt.reference: attempt.amount for attempt in _paid_attempts()}
    assert Counter(reference for reference, _, _ in booked) == Counter(by_reference.keys())
    owners = {account.number: account.trainee_id for account in BankAccount.objects.all()}
    received: Counter[int] = Counter()
    for _, account, amount in booked:
        received[owners[account]] += amount
    assert received == Counter(amounts)
    # Nothing was sent that the bank would have said it had, if it had been asked.
    assert store.repeats() == []


def assert_the_books_say_the_same(world: World, paid: list[Payment]) -> None:
    lines = JournalLine.objects.filter(account="FUND_AT_BANK")
    assert {line.payment_id: -line.amount for line in lines} == {each.pk: each.amount for each in paid}
    assert len(lines) == len(_paid_attempts()) == len(paid)
    total = sum((payment.amount for payment in paid), Decimal("0.00"))
    world.budget.refresh_from_db()
    assert (world.budget.paid, world.budget.reserved) == (total, 0)


def assert_no_wrong_clock_had_a_say(world: World) -> None:
    """See that nothing was decided or assembled at another time, and that no other year's money was touched."""
    others = Budget.objects.exclude(pk=world.budget.pk)
    assert {(budget.paid, budget.reserved) for budget in others} == {(0, 0)}
    moments = [
        *Entitlement.objects.values_list("decided_at", flat=True),
        *Payment.objects.filter(paid_at__isnull=False).values_list("paid_at", flat=True),
        *PaymentBatch.objects.values_list("assembled_at", flat=True),
    ]
    assert world.began_at < min(moments)
    assert max(moments) < database_now()


def _paid_attempts() -> list[PaymentAttempt]:
    return list(PaymentAttempt.objects.filter(status=AttemptStatus.PAID))
