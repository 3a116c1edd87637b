"""Claims go to the bank in batches of their own: to the institution's account, released by nobody behind them."""

import csv
import io
from datetime import timedelta
from decimal import Decimal

import pytest

from chongqing_dte.foundation.crypto import keyed_reference
from chongqing_dte.foundation.errors import DomainError, NotPermitted
from institutions.enums import Role
from institutions.models import Institution, InstitutionAccount, User
from institutions.services.accounts import (
    AccountEntry,
    approve_institution_account,
    propose_institution_account,
)
from subsidies import queries
from subsidies.enums import (
    AttemptStatus,
    BankAnswer,
    BatchStatus,
    NotificationChannel,
    NotificationKind,
    ObjectionKind,
    PaymentStatus,
    SubsidyKind,
)
from subsidies.messages import sentence
from subsidies.models import Notification, PaymentBatch
from subsidies.services.batches import assemble_batches, release_batch
from subsidies.services.claim_payments import open_claim_payments
from subsidies.services.deliveries import deliver_released_batches
from subsidies.services.notifications import announce_decisions
from subsidies.services.reminders import remind_of_accounts
from subsidies.services.revocations import follow_ended_certificates
from tests.clock import NOW
from tests.factories.assessment import MarkReviewFactory
from tests.factories.bank_formats import BankFormatFactory
from tests.factories.claim_payments import (
    batch_of_claims,
    confirmed_claim,
    opened_payment,
    payment_of_claim,
    said_against_claim,
    with_account,
)
from tests.factories.claims import LineReviewFactory
from tests.factories.institutions import InstitutionAccountFactory, UserFactory
from tests.factories.subsidies import (
    granted_certificate,
    hear_from_bank,
    next_batch,
    revoke,
    sign_twice,
)
from tests.fakes.bank import FakeBank

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]


def lines_of(batch: PaymentBatch) -> list[list[str]]:
    return list(csv.reader(io.StringIO(bytes(batch.content).decode(), newline="")))


def answered(*answers: str) -> PaymentBatch:
    """Return a batch of one claim that the bank has answered."""
    batch = sign_twice(batch_of_claims())
    deliver_released_batches(channel=FakeBank(), now=NOW)
    hear_from_bank(batch, *answers)
    batch.refresh_from_db()
    return batch


def another_account(institution_id: int) -> InstitutionAccount:
    """Return the account that an institution is paid to from now on, through the services."""
    manager = UserFactory(training_manager=True, institution=Institution.objects.get(pk=institution_id))
    entry = AccountEntry("示范培训学校", "31050161364000002241", "示范银行", "105653000016")
    account = propose_institution_account(
        institution_id=institution_id, entry=entry, reason="The bank returned it.", proposer=manager, now=NOW
    )
    finance = UserFactory(municipal_finance=True)
    return approve_institution_account(account_id=account.pk, decider=finance, reason="", now=NOW)


# ── What goes in ─────────────────────────────────────────────────────────────────────────────────────────
def test_a_claim_is_paid_to_the_account_of_its_institution():
    payment = opened_payment()
    batch = next_batch()

    account, attempt = InstitutionAccount.objects.get(), batch.attempts.get()
    assert (attempt.institution_account, attempt.bank_account) == (account, None)
    assert (batch.kind, batch.total) == (SubsidyKind.TRAINING, Decimal("1600.00"))
    assert lines_of(batch)[1][:3] == ["D", "1", attempt.reference]
    assert {account.holder_name, account.number, account.cnaps} <= set(lines_of(batch)[1])
    payment.refresh_from_db()
    assert payment.status == PaymentStatus.INSTRUCTED


def test_no_file_pays_both_subsidies():
    granted_certificate()
    opened_payment()

    batches = assemble_batches(now=NOW)

    assert {batch.kind for batch in batches} == {SubsidyKind.ASSESSMENT, SubsidyKind.TRAINING}
    assert [batch.line_count for batch in batches] == [1, 1]


def test_a_claim_is_not_released_by_itself():
    opened_payment()

    assert next_batch().status == BatchStatus.ASSEMBLED


@pytest.mark.parametrize("fields", [None, {}, {"replaced": True}], ids=["none", "proposed", "former"])
def test_a_claim_waits_for_an_approved_account(fields):
    claim = confirmed_claim()
    if fields is not None:
        InstitutionAccountFactory(institution=claim.institution, **fields)
    open_claim_payments(now=NOW)

    assert next_batch() is None
    assert payment_of_claim(claim).status == PaymentStatus.READY


def test_an_account_that_is_not_the_one_recorded_is_not_paid_to():
    claim = confirmed_claim()
    InstitutionAccountFactory(institution=claim.institution, approved=True, number_hash="0" * 64)
    open_claim_payments(now=NOW)

    assert next_batch() is None


def test_the_reference_is_of_the_class_and_the_attempt():
    claim = with_account(confirmed_claim())
    open_claim_payments(now=NOW)
    batch = next_batch()

    words = ("training", claim.institution.credit_code, claim.training_class.reference)
    assert batch.attempts.get().reference == keyed_reference(*words, "1")
    assert batch.attempts.get().number == 1


def test_another_attempt_of_the_same_class_has_another_number():
    batch = answered(BankAnswer.RETURNED)
    payment = batch.attempts.get().payment
    another_account(payment.institution_id)

    again = next_batch()

    attempt = again.attempts.get()
    assert (attempt.payment, attempt.number) == (payment, 2)
    assert attempt.reference != batch.attempts.get().reference


def test_a_format_says_how_many_claims_go_into_one_file():
    BankFormatFactory(approved=True, line_limit=1)
    for _ in range(2):
        opened_payment()

    assert [batch.line_count for batch in assemble_batches(now=NOW)] == [1, 1]


# ── What is held up ──────────────────────────────────────────────────────────────────────────────────────
def test_a_claim_with_a_revoked_certificate_goes_into_no_batch():
    payment = opened_payment(sat=True)
    revoke(payment.claim.reckoning.lines.first().attempt.certificates.get())

    assert next_batch() is None


def test_a_claim_with_somebody_in_question_goes_into_no_batch():
    payment = opened_payment(sat=True)
    MarkReviewFactory(attempt=payment.claim.reckoning.lines.first().attempt)

    assert next_batch() is None


def test_a_claim_that_an_office_objects_to_goes_into_no_batch():
    said_against_claim(opened_payment(), ObjectionKind.OFFICE)

    assert next_batch() is None


@pytest.mark.parametrize(
    ("happens", "cause"),
    [
        (lambda payment: revoke(first_sitting(payment).certificates.get()), "changed"),
        (lambda payment: MarkReviewFactory(attempt=first_sitting(payment)), "frozen"),
        (lambda payment: said_against_claim(payment, ObjectionKind.OFFICE), "objected"),
        (lambda payment: another_account(payment.institution_id), "account_replaced"),
    ],
    ids=["changed", "frozen", "objected", "account"],
)
def test_what_happens_after_the_assembly_holds_the_batch_up(happens, cause):
    payment = opened_payment(sat=True)
    batch = next_batch()

    happens(payment)

    assert queries.lines_held_up(batch)[cause] == 1
    assert sum(queries.lines_held_up(batch).values()) == 1
    with pytest.raises(DomainError):
        release_batch(
            batch_id=batch.pk, releaser=UserFactory(municipal_finance=True), sha256=batch.sha256, now=NOW
        )


def test_a_batch_that_is_held_up_is_withdrawn_by_itself():
    payment = opened_payment()
    batch = next_batch()
    said_against_claim(payment, ObjectionKind.OFFICE)

    follow_ended_certificates(now=NOW)

    batch.refresh_from_db()
    payment.refresh_from_db()
    assert (batch.status, payment.status) == (BatchStatus.WITHDRAWN, PaymentStatus.READY)


def first_sitting(payment):
    return payment.claim.reckoning.lines.order_by("line_number").first().attempt


# ── Who lets it go ───────────────────────────────────────────────────────────────────────────────────────
SIGNED = ("submitted_by", "recommended_by", "first_confirmed_by")


def now_in_finance(user: User) -> User:
    """Return somebody after they went to the finance office."""
    user.role, user.district, user.institution = Role.MUNICIPAL_FINANCE, None, None
    user.save()
    return user


@pytest.mark.parametrize("part", SIGNED)
def test_nobody_behind_a_claim_releases_its_money(part):
    payment = opened_payment()
    batch = next_batch()
    signer = now_in_finance(getattr(payment.claim, part))

    with pytest.raises(NotPermitted, match="Somebody else releases it"):
        release_batch(batch_id=batch.pk, releaser=signer, sha256=batch.sha256, now=NOW)


@pytest.mark.parametrize("refused", [False, True])
def test_nobody_who_reviewed_one_line_of_a_claim_releases_its_money(refused):
    payment = opened_payment()
    line = payment.claim.reckoning.lines.order_by("line_number")[0]
    # Somebody else recommended it.
    reviewer = LineReviewFactory(line=line, refused=refused).reviewed_by
    batch = next_batch()

    with pytest.raises(NotPermitted, match="Somebody else releases it"):
        release_batch(batch_id=batch.pk, releaser=now_in_finance(reviewer), sha256=batch.sha256, now=NOW)


def test_two_others_of_finance_release_it():
    assert sign_twice(batch_of_claims()).status == BatchStatus.RELEASED


# ── What the bank answers ────────────────────────────────────────────────────────────────────────────────
def test_a_paid_claim_is_paid_and_the_institution_hears_of_it():
    batch = answered(BankAnswer.PAID)
    payment = batch.attempts.get().payment

    announce_decisions(now=NOW)

    assert (batch.status, payment.status) == (BatchStatus.SETTLED, PaymentStatus.PAID)
    told = Notification.objects.get(
        kind=NotificationKind.PAID, role=Role.TRAINING_MANAGER, channel=NotificationChannel.IN_APP
    )
    assert told.institution_id == payment.institution_id
    assert payment.claim.reference in sentence(told)


def test_a_returned_claim_asks_the_institution_for_another_account():
    batch = answered(BankAnswer.RETURNED)
    payment = batch.attempts.get().payment

    announce_decisions(now=NOW)

    assert payment.status == PaymentStatus.RETURNED
    told = Notification.objects.filter(kind=NotificationKind.RETURNED, claim=payment.claim)
    assert set(told.values_list("role", flat=True)) == {Role.TRAINING_MANAGER, Role.TRAINING_OPERATOR}
    assert "Propose another account" in sentence(told[0])


def test_a_returned_claim_waits_for_another_account():
    batch = answered(BankAnswer.RETURNED)

    assert next_batch() is None
    assert batch.attempts.get().payment.status == PaymentStatus.RETURNED


def test_a_returned_claim_is_paid_by_itself_once_another_account_is_approved():
    batch = answered(BankAnswer.RETURNED)
    payment = batch.attempts.get().payment
    account = another_account(payment.institution_id)

    again = sign_twice(next_batch())
    deliver_released_batches(channel=FakeBank(), now=NOW)
    hear_from_bank(again, name="RESULT-2.csv")

    payment.refresh_from_db()
    assert payment.status == PaymentStatus.PAID
    assert again.attempts.get().institution_account == account
    assert list(payment.attempts.order_by("number").values_list("status", flat=True)) == [
        AttemptStatus.RETURNED,
        AttemptStatus.PAID,
    ]


def test_the_answer_is_told_once():
    answered(BankAnswer.PAID)

    announce_decisions(now=NOW)
    announce_decisions(now=NOW + timedelta(days=1))

    assert Notification.objects.filter(kind=NotificationKind.PAID).count() == 2


def test_an_institution_is_asked_again_every_two_weeks():
    answered(BankAnswer.RETURNED)
    announce_decisions(now=NOW)

    for days in (13, 14, 15, 28):
        remind_of_accounts(now=NOW + timedelta(days=days))

    told = Notification.objects.filter(kind=NotificationKind.RETURNED, role=Role.TRAINING_MANAGER)
    assert sorted(told.values_list("facts__number", flat=True), key=str) == [1, 2, None]


def test_an_institution_that_proposed_another_account_is_not_asked_again():
    payment = answered(BankAnswer.RETURNED).attempts.get().payment
    InstitutionAccountFactory(institution=payment.institution)

    assert remind_of_accounts(now=NOW + timedelta(days=14)) == 0
