"""An institution's statement of a month is the journal, to the cent, and says what waits and for whom."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db.models import Sum

from institutions.models import User
from subsidies import queries
from subsidies.enums import (
    BankAnswer,
    ClaimStatus,
    JournalAccount,
    JournalKind,
    NettingStatus,
    ObjectionKind,
    PaymentStatus,
)
from subsidies.models import ClaimStep, JournalLine, Netting, Payment, PublicNotice, Recovery, SubsidyClaim
from subsidies.queries.claim_statements import ClaimStatement
from subsidies.rules.claim_statements import Posted, movements_of, sums_of
from subsidies.services.batches import assemble_batches
from subsidies.services.claim_payments import open_claim_payments
from subsidies.services.deliveries import deliver_released_batches
from subsidies.services.journal import Posting, record_entry
from subsidies.views.budgets import midnight
from tests.clock import NOW
from tests.factories.claim_payments import (
    batch_of_claims,
    confirmed_claim,
    opened_payment,
    payment_on_claim_notice,
    said_against_claim,
)
from tests.factories.claims import ClaimQueryFactory, SubsidyClaimFactory
from tests.factories.institutions import UserFactory
from tests.factories.nettings import answered_by_bank, assembled, next_payment, owed_back
from tests.factories.subsidies import hear_from_bank, sign_twice
from tests.fakes.bank import FakeBank

pytestmark = pytest.mark.django_db

SEPTEMBER = queries.Span(midnight(date(2026, 9, 1)), midnight(date(2026, 10, 1)))
OCTOBER = queries.Span(midnight(date(2026, 10, 1)), midnight(date(2026, 11, 1)))
NOVEMBER = queries.Span(midnight(date(2026, 11, 1)), midnight(date(2026, 12, 1)))
A, B = Decimal("1600.00"), Decimal("300.00")


def answered(*answers: BankAnswer) -> Payment:
    """Return the payment of a claim after the bank's answer."""
    batch = sign_twice(batch_of_claims())
    deliver_released_batches(channel=FakeBank(), now=NOW)
    hear_from_bank(batch, *answers)
    return Payment.objects.get()


def statement(
    of: Payment | SubsidyClaim,
    span: queries.Span = OCTOBER,
    *,
    user: User | None = None,
    now: datetime = NOW,
) -> ClaimStatement:
    viewer = user or UserFactory(training_manager=True, institution=of.institution)
    return queries.claim_statement(viewer, of.institution, span, now=now)


def events(found: ClaimStatement) -> dict[str, Decimal]:
    return {each.event: each.amount for each in found.sums}


def post(payment: Payment, kind: JournalKind, fact: str, *accounts: str, part: Decimal | None = None) -> None:
    debit, credit = (JournalAccount(account) for account in accounts)
    record_entry(
        key=f"{fact}:{payment.pk}", kind=kind, postings=[Posting(payment, debit, credit, fact, part)], now=NOW
    )


def step_to(claim: SubsidyClaim, status: ClaimStatus, at: datetime = NOW - timedelta(days=1)) -> SubsidyClaim:
    ClaimStep.objects.create(claim=claim, to_status=status, at=at)
    return claim


def waits(found: ClaimStatement) -> list[tuple[str, str]]:
    return [(each.claim.reference, each.waits_for) for each in found.waiting]


# ── What moved ───────────────────────────────────────────────────────────────────────────────────────────
def posted(kind: str, fact: str, **amounts: str) -> list[Posted]:
    return [Posted(1, NOW, kind, fact, 1, account, Decimal(amount)) for account, amount in amounts.items()]


@pytest.mark.parametrize(
    ("lines", "event", "owed", "owed_back"),
    [
        (posted("GRANT", "granted", SUBSIDY_EXPENSE="9", SUBSIDIES_PAYABLE="-9"), "granted", 9, 0),
        (posted("VOID", "voided", SUBSIDIES_PAYABLE="9", SUBSIDY_EXPENSE="-9"), "cancelled", -9, 0),
        (posted("SETTLEMENT", "paid:1", PAYMENTS_IN_TRANSIT="9", FUND_AT_BANK="-9"), "paid", -9, 0),
        (
            posted("SETTLEMENT", "returned:1", PAYMENTS_IN_TRANSIT="9", SUBSIDIES_PAYABLE="-9"),
            "returned",
            0,
            0,
        ),
        (
            posted("RECOVERY", "recovery:1", RECOVERIES_RECEIVABLE="9", SUBSIDY_EXPENSE="-9"),
            "asked_back",
            0,
            9,
        ),
        (
            posted("RECOVERY", "withdrawn:1", SUBSIDY_EXPENSE="9", RECOVERIES_RECEIVABLE="-9"),
            "withdrawn",
            0,
            -9,
        ),
        (posted("REPAYMENT", "repaid:1", FUND_AT_BANK="9", RECOVERIES_RECEIVABLE="-9"), "repaid", 0, -9),
        (
            posted("WRITE_OFF", "written_off:1", RECOVERIES_WRITTEN_OFF="9", RECOVERIES_RECEIVABLE="-9"),
            "written_off",
            0,
            -9,
        ),
    ],
)
def test_each_entry_is_told_by_what_it_did(lines, event, owed, owed_back):
    (movement,) = movements_of(lines)

    assert (movement.event, movement.owed, movement.owed_back) == (event, owed, owed_back)
    assert movement.amount == 9


def test_what_only_travels_to_the_bank_and_back_moves_nothing():
    released = posted("RELEASE", "released:1", SUBSIDIES_PAYABLE="9", PAYMENTS_IN_TRANSIT="-9")
    withdrawn = posted("WITHDRAWAL", "withdrawn:1", PAYMENTS_IN_TRANSIT="9", SUBSIDIES_PAYABLE="-9")

    assert movements_of([*released, *withdrawn]) == []


def test_a_set_off_is_one_amount_on_two_sides():
    new = posted("SETTLEMENT", "netted:1", SUBSIDIES_PAYABLE="9", FUND_AT_BANK="-9")
    old = posted("SETTLEMENT", "netted:1", FUND_AT_BANK="9", RECOVERIES_RECEIVABLE="-9")

    (found,) = sums_of(movements_of([*new, *(replace(line, payment_id=2) for line in old)]))

    assert (found.event, found.count, found.amount) == ("set_off", 1, 9)
    assert (found.owed, found.owed_back) == (-9, -9)


# ── Balances ─────────────────────────────────────────────────────────────────────────────────────────────
def test_a_claim_that_was_confirmed_and_paid_leaves_nothing_owed():
    payment = answered(BankAnswer.PAID)

    found = statement(payment)

    assert events(found) == {"granted": A, "paid": A}
    assert (found.owed_before, found.owed_after) == (0, 0)
    assert waits(found) == []


def test_what_was_paid_is_shown_person_by_person_to_the_cent():
    payment = answered(BankAnswer.PAID)

    (paid,) = statement(payment).paid

    assert paid.claim == payment.claim
    assert [line.amount for line in paid.lines] == [Decimal("800.00")] * 2
    assert paid.lines_total == payment.amount == paid.by_bank


def test_what_the_bank_returned_is_still_owed():
    payment = answered(BankAnswer.RETURNED)
    step_to(payment.claim, ClaimStatus.CONFIRMED)

    found = statement(payment)

    assert events(found) == {"granted": A, "returned": A}
    assert found.owed_after == A
    assert waits(found) == [(payment.claim.reference, "account")]


def test_a_month_begins_where_the_one_before_ended():
    payment = opened_payment()
    post(payment, JournalKind.RECOVERY, "recovery:1", "RECOVERIES_RECEIVABLE", "SUBSIDY_EXPENSE", part=B)

    october = statement(payment)
    november = statement(payment, NOVEMBER, now=NOW + timedelta(days=40))

    assert (october.owed_after, october.owed_back_after) == (A, B)
    assert (november.owed_before, november.owed_back_before) == (A, B)
    assert (november.owed_after, november.sums) == (A, [])


def test_a_statement_is_the_journal_to_the_cent():
    payment = answered(BankAnswer.PAID)
    post(payment, JournalKind.RECOVERY, "recovery:1", "RECOVERIES_RECEIVABLE", "SUBSIDY_EXPENSE", part=B)
    post(
        payment,
        JournalKind.REPAYMENT,
        "repaid:1",
        "FUND_AT_BANK",
        "RECOVERIES_RECEIVABLE",
        part=Decimal("0.01"),
    )

    found = statement(payment)

    balances = dict(
        JournalLine.objects.filter(payment=payment).order_by().values_list("account").annotate(Sum("amount"))
    )
    owed = -balances["SUBSIDIES_PAYABLE"] - balances["PAYMENTS_IN_TRANSIT"]
    assert (found.owed_after, found.owed_back_after) == (owed, balances["RECOVERIES_RECEIVABLE"])
    assert found.owed_after - found.owed_before == sum(each.owed for each in found.sums)
    assert found.owed_back_after - found.owed_back_before == sum(each.owed_back for each in found.sums)
    assert -balances["FUND_AT_BANK"] == sum(each.movement.left_the_fund for each in found.moved)


def test_a_set_off_names_what_was_owed_back():
    payment = opened_payment()
    recovery = Recovery.objects.create(payment=payment, amount=B, reason="certificate_revoked", opened_at=NOW)
    netting = Netting.objects.create(
        recovery=recovery,
        payment=payment,
        amount=B,
        status=NettingStatus.SET_OFF,
        held_at=NOW,
        ended_at=NOW,
    )
    post(payment, JournalKind.SETTLEMENT, "netted:1", "SUBSIDIES_PAYABLE", "RECOVERIES_RECEIVABLE", part=B)

    found = statement(payment)

    assert found.set_off == [netting]
    assert sum(each.amount for each in found.set_off) == events(found)["set_off"]


def test_what_is_set_off_at_the_bank_s_answer_is_one_amount_of_what_was_paid():
    (recovery,) = owed_back("300.00")
    payment = next_payment(recovery.payment.institution)
    answered_by_bank(assembled())

    found = statement(payment)

    (paid,) = [each for each in found.paid if each.claim == payment.claim]
    assert (paid.by_bank, paid.by_set_off, paid.lines_total) == (500, 300, 800)
    assert [each.recovery for each in found.set_off] == [recovery]
    assert events(found)["set_off"] == 300
    assert (found.owed_after, found.owed_back_after) == (0, 0)


def test_a_claim_that_is_set_off_whole_is_shown_person_by_person_too():
    (recovery,) = owed_back("800.00")
    payment = next_payment(recovery.payment.institution)
    assemble_batches(now=NOW)

    found = statement(payment)

    (paid,) = [each for each in found.paid if each.claim == payment.claim]
    assert (paid.by_bank, paid.by_set_off, paid.lines_total) == (0, 800, 800)
    assert (found.owed_after, found.owed_back_after) == (0, 0)


# ── What waits ───────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("traits", "status", "waits_for"),
    [
        ({}, ClaimStatus.OPEN, "institution"),
        ({"returned": True}, ClaimStatus.RETURNED, "institution"),
        ({"submitted": True}, ClaimStatus.SUBMITTED, "district"),
        ({"recommended": True}, ClaimStatus.RECOMMENDED, "municipal"),
    ],
)
def test_a_claim_waits_for_whoever_has_it(traits, status, waits_for):
    claim = step_to(SubsidyClaimFactory(**traits), status)

    (waiting,) = statement(claim).waiting

    assert (waiting.claim, waiting.waits_for) == (claim, waits_for)
    assert waiting.until == (claim.submit_until if waits_for == "institution" else claim.due_on)


def test_a_claim_that_somebody_asks_about_waits_for_the_institution():
    claim = step_to(SubsidyClaimFactory(submitted=True), ClaimStatus.SUBMITTED)
    ClaimQueryFactory(claim=claim)

    assert waits(statement(claim)) == [(claim.reference, "institution")]


def test_a_confirmed_claim_has_its_place_before_the_budget():
    first = step_to(confirmed_claim(), ClaimStatus.CONFIRMED)
    second = step_to(confirmed_claim(confirmed_at=NOW - timedelta(days=1)), ClaimStatus.CONFIRMED)

    assert [(each.waits_for, each.place) for each in statement(first).waiting] == [("budget", 1)]
    assert [(each.waits_for, each.place) for each in statement(second).waiting] == [("budget", 2)]


def test_a_payment_on_notice_waits_until_the_notice_ends_or_an_objection_is_decided():
    payment = payment_on_claim_notice()
    step_to(payment.claim, ClaimStatus.CONFIRMED)

    (waiting,) = statement(payment).waiting
    assert (waiting.waits_for, waiting.amount) == ("notice", A)
    assert waiting.until == PublicNotice.objects.get().closes_on

    said_against_claim(payment, ObjectionKind.OFFICE)
    assert waits(statement(payment)) == [(payment.claim.reference, "objection")]


def test_an_instruction_waits_for_the_bank_in_its_batch():
    batch = sign_twice(batch_of_claims())
    payment = Payment.objects.get()
    step_to(payment.claim, ClaimStatus.CONFIRMED)

    (waiting,) = statement(payment).waiting

    assert (waiting.waits_for, waiting.batch) == ("bank", batch.reference)


def test_a_month_that_is_over_shows_what_waited_then():
    claim = SubsidyClaimFactory(recommended=True, opened_at=NOW - timedelta(days=60))
    step_to(claim, ClaimStatus.SUBMITTED, NOW - timedelta(days=50))
    step_to(claim, ClaimStatus.RECOMMENDED, NOW)

    september = statement(claim, SEPTEMBER)

    assert not september.is_running
    assert waits(september) == [(claim.reference, "district")]
    assert waits(statement(claim)) == [(claim.reference, "municipal")]


def test_claims_that_have_ended_or_come_to_nothing_wait_for_nobody():
    refused = step_to(SubsidyClaimFactory(refused=True), ClaimStatus.REFUSED)
    nothing = step_to(confirmed_claim(amount=Decimal("0.00")), ClaimStatus.CONFIRMED)
    open_claim_payments(now=NOW)

    assert waits(statement(refused)) == waits(statement(nothing)) == []


# ── For whom ─────────────────────────────────────────────────────────────────────────────────────────────
def test_each_office_sees_its_own_part():
    payment = answered(BankAnswer.PAID)
    district = payment.claim.district
    own = UserFactory(district_reviewer=True, district=district)
    other_institution = UserFactory(training_operator=True)

    assert events(statement(payment, user=own)) == {"granted": A, "paid": A}
    assert statement(payment, user=own).is_part
    assert events(statement(payment, user=UserFactory(municipal_auditor=True))) == {"granted": A, "paid": A}
    for stranger in (
        UserFactory(district_reviewer=True),
        other_institution,
        UserFactory(evaluation_operator=True),
    ):
        found = statement(payment, user=stranger)
        assert (found.sums, found.waiting, found.owed_after) == ([], [], 0)
        assert not queries.institutions_with_claims(stranger).exists()
    assert list(queries.institutions_with_claims(own)) == [payment.institution]


def test_a_statement_takes_a_few_queries(django_assert_max_num_queries):
    payment = payment_on_claim_notice()
    step_to(payment.claim, ClaimStatus.CONFIRMED)
    user = UserFactory(training_manager=True, institution=payment.institution)

    with django_assert_max_num_queries(12):
        found = statement(payment, user=user)

    assert payment.status == PaymentStatus.ON_NOTICE
    assert len(found.waiting) == 1
