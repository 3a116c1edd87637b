"""The database comes back from a backup that has lost its tail: nobody is paid twice, and nobody is dropped."""

import json
import random
import shutil
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.management import call_command
from django.utils import timezone

from assessment.enums import ResultsStatus
from assessment.models import LevelCertificate, ResultsUpload
from assessment.services.results import record_results
from chongqing_dte.foundation.errors import DomainError
from demo.bank import Book, serve_once
from demo.identifiers import make_card_number, make_cnaps
from enrollment.models import BankAccount
from enrollment.services.accounts import AccountDetails
from subsidies.bank.channel import FolderChannel
from subsidies.enums import BatchStatus, PaymentStatus, StopKind
from subsidies.invariants import find_violations
from subsidies.models import JournalLine, Payment, PaymentBatch
from subsidies.services.bank_results import collect_bank_results
from subsidies.services.batches import assemble_batches, release_batch
from subsidies.services.decisions import decide_due_certificates
from subsidies.services.deliveries import deliver_released_batches
from subsidies.services.result_files import read_early_results_again
from subsidies.services.sending_stops import lift_stop, propose_lift
from tests.chaos.storm import FIRST_OTHER_ACCOUNT, World
from tests.factories.subsidies import correct_account

pytestmark = [pytest.mark.chaos, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

SESSIONS = 6
MOST_STEPS = 40
MOST_ROUNDS = 30
BACKUP = "backup"
REASON = "Every reference was compared with the files that the bank has."


class Office:
    """The whole road of the money, a step at a time, over a bank with folders and a book of its own."""

    def __init__(self, world: World, folder: Path, chance: random.Random) -> None:
        self.world = world
        self.chance = chance
        self.payments, self.results = folder / "payments", folder / "results"
        for place in (self.payments, self.results):
            place.mkdir(parents=True)
        self.book = folder / "book.json"
        self.channel = FolderChannel(outbox=self.payments, inbox=self.results)
        # A third of the accounts is not activated, and the bank returns what goes there.
        numbers = [account.number for account in BankAccount.objects.order_by("pk")]
        self.not_activated = frozenset(numbers[::3])
        self.handed_in: list[int] = []
        self.corrected: dict[int, AccountDetails] = {}

    @property
    def now(self) -> datetime:
        return timezone.now()

    @property
    def steps(self) -> list[Callable[[], object]]:
        """Return everything that happens on the road, in its order."""
        return [
            self.record_one,
            lambda: decide_due_certificates(now=self.now),
            lambda: assemble_batches(now=self.now),
            self.sign,
            lambda: deliver_released_batches(channel=self.channel, now=self.now),
            self.let_the_bank_answer,
            lambda: collect_bank_results(channel=self.channel, now=self.now),
            lambda: read_early_results_again(now=self.now),
            self.correct_accounts,
        ]

    def go_on(self, step_count: int) -> None:
        """Take so many steps, any of them, whatever came before."""
        for _ in range(step_count):
            self.chance.choice(self.steps)()

    def go_to_the_end(self) -> None:
        """Take every step in turn until everybody who is owed money has it."""
        for _ in range(MOST_ROUNDS):
            for step in self.steps:
                step()
            if self.is_done():
                return
        raise AssertionError("The road did not come to its end.")

    def is_done(self) -> bool:
        recorded = not ResultsUpload.objects.exclude(status=ResultsStatus.RECORDED).exists()
        waiting = Payment.objects.exclude(status=PaymentStatus.PAID).exists()
        return recorded and not waiting and not LevelCertificate.objects.filter(decision_due=True).exists()

    # ── Single steps ─────────────────────────────────────────────────────────────────────────────────────
    def record_one(self) -> None:
        left = [upload for upload in self.world.uploads if upload.pk not in self.handed_in]
        if left:
            self.handed_in.append(left[0].pk)
            self._record(left[0].pk)

    def sign(self) -> None:
        for batch in PaymentBatch.objects.filter(status=BatchStatus.ASSEMBLED):
            for signer in self.world.signers:
                with suppress(DomainError):
                    release_batch(batch_id=batch.pk, releaser=signer, sha256=batch.sha256, now=self.now)

    def let_the_bank_answer(self) -> None:
        serve_once(self.payments, self.results, Book(self.book), not_activated=self.not_activated)

    def correct_accounts(self) -> None:
        for payment in Payment.objects.filter(status=PaymentStatus.RETURNED):
            last = payment.attempts.order_by("-number").first()
            if not BankAccount.objects.filter(trainee=payment.payee, pk__gt=last.bank_account_id).exists():
                number = make_card_number(FIRST_OTHER_ACCOUNT + payment.payee_id)
                account = AccountDetails(number, "示范银行", make_cnaps(1))
                self.corrected[payment.payee_id] = account
                correct_account(payment.payee_id, account)

    def _record(self, upload_id: int) -> None:
        record_results(upload_id=upload_id, operator=self.world.operator, now=self.now)

    # ── After the restore, as docs/how-to/restore-a-backup.md says ───────────────────────────────────────
    def hand_in_again(self) -> None:
        """Hand in what came in before the disaster, in any order: results, accounts, the bank's files from `done`."""
        for upload_id in self.chance.sample(self.handed_in, len(self.handed_in)):
            self._record(upload_id)
        for trainee_id, account in self.corrected.items():
            if not BankAccount.objects.filter(trainee=trainee_id, last_four=account.number[-4:]).exists():
                correct_account(trainee_id, account)
        for number, path in enumerate(sorted((self.results / "done").glob("*"))):
            path.rename(self.results / f"again-{number}.csv")

    def lists_at_the_bank(self) -> set[str]:
        return {path.name for path in self.payments.rglob("PAY-*.csv")}

    def let_sending_go_on(self) -> None:
        first, second = self.world.signers
        propose_lift(kind=StopKind.RESTORE, proposer=first, reason=REASON, now=self.now)
        lift_stop(kind=StopKind.RESTORE, lifter=second, lift_reason=REASON, now=self.now)


@pytest.fixture
def restores(request: pytest.FixtureRequest) -> int:
    """Return how often the database comes back from a backup."""
    return int(request.config.getoption("--restores"))


# The portal gives the next free number: what is recorded again in another order has the numbers of others.
@pytest.mark.parametrize(
    "numbered_by_portal", [False, True], ids=["numbered by the institution", "numbered by the portal"]
)
def test_a_backup_that_has_lost_its_tail_pays_nobody_twice_and_drops_nobody(
    servers, tmp_path, chaos_seed, restores, numbered_by_portal
):
    chance = random.Random(chaos_seed)

    for number in range(restores):
        servers.begin_anew()
        folder = tmp_path / f"bank-{number}"
        world = World(session_count=SESSIONS, numbered_by_portal=numbered_by_portal)
        office = Office(world, folder, chance)
        office.go_on(chance.randint(0, MOST_STEPS))
        servers.back_up(BACKUP)
        office.go_on(chance.randint(1, MOST_STEPS))

        servers.restore(BACKUP)
        call_command("stop_sending", "--restore")
        assert find_violations() == []
        sent_before = office.lists_at_the_bank()
        office.hand_in_again()
        for step in [*office.steps, *office.steps]:
            step()
        assert office.lists_at_the_bank() == sent_before
        office.let_sending_go_on()
        office.go_to_the_end()

        assert_everybody_was_paid_once(office)
        shutil.rmtree(folder)


def assert_everybody_was_paid_once(office: Office) -> None:
    book = json.loads(office.book.read_text())
    paid = list(Payment.objects.filter(status=PaymentStatus.PAID))
    owners = {account.number: account.trainee_id for account in BankAccount.objects.all()}
    received: Counter[int] = Counter()
    for line in book.values():
        if line["answer"] == "PAID":
            received[owners[line["account"]]] += Decimal(line["amount"])
    assert received == {payment.payee_id: payment.amount for payment in paid}
    # All but the refused ones, and those who have no account.
    assert len(paid) == 3 * SESSIONS
    lines = JournalLine.objects.filter(account="FUND_AT_BANK")
    assert {line.payment_id: -line.amount for line in lines} == {each.pk: each.amount for each in paid}
    assert find_violations() == []
