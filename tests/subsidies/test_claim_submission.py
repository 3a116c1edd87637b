"""A claim is handed in, taken back, given more time, or ends because nobody has handed it in."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from assessment.models import LevelCertificate
from chongqing_dte.foundation.errors import DomainError, InvalidTransition, NotPermitted
from chongqing_dte.foundation.models import AuditEvent
from chongqing_dte.foundation.transitions import check_transition
from enrollment.models import Enrollment
from institutions.models import InstitutionAccount
from subsidies.enums import CLAIM_ENDED, ClaimStatus, EvidenceKind, ScanStatus
from subsidies.models import Advance, ClaimEvidence, ClaimReckoning, ClaimStep, SubsidyClaim
from subsidies.queries import claims_visible_to
from subsidies.services import claims
from subsidies.services.claim_sweeps import lapse_claims
from subsidies.services.claims import extend_claim_window, submit_claim, withdraw_claim
from subsidies.transitions import CLAIM_TRANSITIONS
from tests.clock import NOW
from tests.factories.claims import (
    ClaimEvidenceFactory,
    SubsidyClaimFactory,
    institution_user,
    open_training,
    ready_to_submit,
)
from tests.factories.institutions import UserFactory
from tests.factories.standing import known_years
from tests.subsidies.interleaving import PATIENCE, is_kept_waiting, paused, rivals

pytestmark = pytest.mark.django_db


@pytest.fixture
def claim() -> SubsidyClaim:
    open_training()
    return ready_to_submit()


def submit(claim: SubsidyClaim, **values: object) -> SubsidyClaim:
    submitter = institution_user(claim.training_class)
    return submit_claim(**{"claim_id": claim.pk, "submitter": submitter, "now": NOW, **values})


def withdraw(claim: SubsidyClaim, reason: str = "Opened by mistake.") -> SubsidyClaim:
    return withdraw_claim(
        claim_id=claim.pk, withdrawer=institution_user(claim.training_class), reason=reason, now=NOW
    )


def extend(claim: SubsidyClaim, until: date, **values: object) -> SubsidyClaim:
    extender = UserFactory(municipal_reviewer=True)
    named = {"extender": extender, "reason": "The bank was late.", "now": NOW, **values}
    return extend_claim_window(claim_id=claim.pk, until=until, **named)


def everything_about(claim: SubsidyClaim) -> tuple[object, ...]:
    claim.refresh_from_db()
    counts = (ClaimStep.objects.count(), ClaimReckoning.objects.count(), AuditEvent.objects.count())
    return (claim.status, claim.submitted_by_id, claim.reckoning_id, claim.submit_until, *counts)


# ── Handing in ───────────────────────────────────────────────────────────────────────────────────────────
def test_a_claim_is_handed_in_to_its_district(claim):
    known_years(2026)
    submitter = institution_user(claim.training_class)

    submit(claim, submitter=submitter)

    claim.refresh_from_db()
    assert (claim.status, claim.submitted_by, claim.submitted_at) == (ClaimStatus.SUBMITTED, submitter, NOW)
    assert claim.reckoning.amount == Decimal("1600.00")
    assert claim.reckoning.is_complete
    # Ten working days after Tuesday, 20 October.
    assert claim.due_on == date(2026, 11, 3)
    assert claim.steps.last().to_status == ClaimStatus.SUBMITTED
    assert AuditEvent.objects.get(name="claim.submitted").actor == submitter


def test_without_a_calendar_nobody_knows_the_last_day(claim):
    assert submit(claim).due_on is None


def test_it_is_reckoned_by_what_stands_at_the_moment(claim):
    LevelCertificate.objects.filter(pk=LevelCertificate.objects.first().pk).update(
        status="REVOKED", ended_by=UserFactory(), ended_at=NOW, end_reason="Somebody else sat."
    )

    submit(claim)

    claim.refresh_from_db()
    assert claim.reckoning.amount == Decimal("800.00")
    assert claim.reckoning.cause == "SUBMITTED"


def test_a_claim_with_no_pass_is_handed_in_and_comes_to_nothing():
    open_training()
    claim = ready_to_submit((False, False))

    assert submit(claim).reckoning.amount == Decimal("0.00")


def _withdraw_advances(claim: SubsidyClaim) -> None:
    Advance.objects.update(
        withdrawn_by=UserFactory(), withdrawn_at=NOW, withdrawal_reason="A receipt was counted twice."
    )


def _withdraw_files(claim: SubsidyClaim) -> None:
    ClaimEvidence.objects.update(withdrawn_by=UserFactory(), withdrawn_at=NOW)


def _hand_in_a_contract_only(claim: SubsidyClaim) -> None:
    _withdraw_files(claim)
    ClaimEvidenceFactory(training_class=claim.training_class, kind=EvidenceKind.CONTRACT)


def _infect_another_file(claim: SubsidyClaim) -> None:
    ClaimEvidenceFactory(training_class=claim.training_class, kind=EvidenceKind.OTHER, infected=True)


def _replace_the_account(claim: SubsidyClaim) -> None:
    InstitutionAccount.objects.update(replaced_at=NOW)


def _leave_somebody_in_training(claim: SubsidyClaim) -> None:
    Enrollment.objects.filter(pk=claim.training_class.enrollments.first().pk).update(status="ENROLLED")


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (_withdraw_advances, "advance_missing"),
        (_withdraw_files, "receipt_missing"),
        (_hand_in_a_contract_only, "receipt_missing"),
        (_infect_another_file, "evidence_infected"),
        (_replace_the_account, "account_missing"),
        (_leave_somebody_in_training, "reckoning_incomplete"),
    ],
)
def test_what_is_not_whole_is_not_handed_in(claim, spoil, code):
    spoil(claim)
    before = everything_about(claim)

    with pytest.raises(DomainError) as refused:
        submit(claim)

    assert refused.value.code == code
    assert everything_about(claim) == before


def test_an_infected_receipt_is_none(claim):
    ClaimEvidence.objects.update(scan_status=ScanStatus.INFECTED, scanned_at=NOW)

    with pytest.raises(DomainError) as refused:
        submit(claim)

    assert refused.value.code == "evidence_infected"


def test_a_receipt_that_waits_for_the_scanner_is_one(claim):
    ClaimEvidence.objects.update(scan_status=ScanStatus.WAITING)

    assert submit(claim).status == ClaimStatus.SUBMITTED


@pytest.mark.parametrize(("days", "is_in_time"), [(0, True), (1, False)])
def test_the_last_day_is_taken_in(claim, days, is_in_time):
    SubsidyClaim.objects.update(submit_until=NOW.date() - timedelta(days=days))

    if is_in_time:
        assert submit(claim).status == ClaimStatus.SUBMITTED
        return
    with pytest.raises(DomainError) as refused:
        submit(claim)
    assert refused.value.code == "window_over"


@pytest.mark.parametrize(
    "who",
    [{"training_manager": True}, {"district_reviewer": True}, {"municipal_reviewer": True}],
    ids=lambda who: next(iter(who)),
)
def test_nobody_acts_for_another_institution(claim, who):
    person, before = UserFactory(**who), everything_about(claim)

    with pytest.raises(NotPermitted):
        submit(claim, submitter=person)
    with pytest.raises(NotPermitted):
        withdraw_claim(claim_id=claim.pk, withdrawer=person, reason="Why not.", now=NOW)

    assert everything_about(claim) == before


def test_a_claim_is_handed_in_once(claim):
    submit(claim)

    with pytest.raises(InvalidTransition):
        submit(claim)


def test_a_returned_claim_is_handed_in_again(claim):
    submit(claim)
    SubsidyClaim.objects.update(status=ClaimStatus.RETURNED, status_reason="A page is missing.")

    claim = submit(claim)

    assert (claim.status, claim.status_reason) == (ClaimStatus.SUBMITTED, "")


# ── Taking back ──────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("status", ["OPEN", "SUBMITTED"])
def test_a_claim_is_taken_back_for_a_reason(claim, status):
    if status == "SUBMITTED":
        submit(claim)

    claim = withdraw(claim)

    assert (claim.status, claim.status_reason) == (ClaimStatus.WITHDRAWN, "Opened by mistake.")
    assert (claim.due_on, claim.reckoning_due_at) == (None, None)
    assert AuditEvent.objects.get(name="claim.withdrawn").reason == "Opened by mistake."


def test_taking_back_has_a_reason(claim):
    with pytest.raises(DomainError) as refused:
        withdraw(claim, reason=" \u200b")

    assert refused.value.code == "reason_missing"


@pytest.mark.parametrize("status", ["confirmed", "refused", "lapsed", "withdrawn"])
def test_what_is_confirmed_or_has_ended_is_not_taken_back(status):
    claim = SubsidyClaimFactory(**{status: True})

    with pytest.raises(InvalidTransition):
        withdraw(claim)


# ── More time, and no more ───────────────────────────────────────────────────────────────────────────────
def test_a_municipal_reviewer_gives_more_time(claim):
    until = claim.submit_until + timedelta(days=10)

    assert extend(claim, until).submit_until == until
    event = AuditEvent.objects.get(name="claim.window_extended")
    assert event.reason == "The bank was late."
    assert event.facts["until"] == until.isoformat()


@pytest.mark.parametrize(
    "who", ["training_manager", "district_lead", "municipal_operator", "municipal_administrator"]
)
def test_nobody_else_gives_more_time(claim, who):
    with pytest.raises(NotPermitted):
        extend(claim, claim.submit_until + timedelta(days=10), extender=UserFactory(**{who: True}))


def test_a_window_grows_and_does_not_shrink(claim):
    with pytest.raises(DomainError) as refused:
        extend(claim, claim.submit_until)

    assert refused.value.code == "not_later"


def test_a_window_is_not_extended_to_a_day_that_is_over(claim):
    SubsidyClaim.objects.update(submit_until=NOW.date() - timedelta(days=5))

    with pytest.raises(DomainError) as refused:
        extend(claim, NOW.date() - timedelta(days=1))

    assert refused.value.code == "not_later"


def test_more_time_has_a_reason(claim):
    with pytest.raises(DomainError) as refused:
        extend(claim, claim.submit_until + timedelta(days=1), reason=" ")

    assert refused.value.code == "reason_missing"


def test_nobody_waits_for_the_institution_while_a_bureau_has_it(claim):
    submit(claim)

    with pytest.raises(InvalidTransition):
        extend(claim, claim.submit_until + timedelta(days=1))


def test_what_nobody_has_handed_in_in_time_ends_by_itself(claim):
    last = NOW.date() - timedelta(days=1)
    SubsidyClaim.objects.update(submit_until=last)
    returned = SubsidyClaimFactory(returned=True, submit_until=last)
    SubsidyClaimFactory(submitted=True, submit_until=last)
    SubsidyClaimFactory(submit_until=NOW.date())

    assert lapse_claims(now=NOW) == 2

    claim.refresh_from_db()
    returned.refresh_from_db()
    assert (claim.status, returned.status) == (ClaimStatus.LAPSED, ClaimStatus.LAPSED)
    assert claim.reckoning_due_at is None
    assert returned.steps.last().from_status == ClaimStatus.RETURNED
    assert AuditEvent.objects.filter(name="claim.lapsed").count() == 2
    assert lapse_claims(now=NOW) == 0


# ── The table, and who sees what ─────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("current", ClaimStatus)
@pytest.mark.parametrize("target", ClaimStatus)
def test_a_claim_moves_only_as_the_table_says(current, target):
    if target in CLAIM_TRANSITIONS[current]:
        check_transition(CLAIM_TRANSITIONS, current=current, target=target)
        return
    with pytest.raises(InvalidTransition):
        check_transition(CLAIM_TRANSITIONS, current=current, target=target)


def test_nothing_follows_an_end():
    assert {status for status, targets in CLAIM_TRANSITIONS.items() if not targets} == set(CLAIM_ENDED)


@pytest.mark.parametrize(
    ("role", "sees"),
    [
        ("municipal_operator", True),
        ("municipal_reviewer", True),
        ("municipal_finance", True),
        ("municipal_auditor", True),
        ("municipal_administrator", True),
        ("district_reviewer", False),
        ("district_lead", False),
        ("training_operator", False),
        ("training_manager", False),
        ("evaluation_operator", False),
    ],
)
def test_an_office_sees_only_its_own_claims(role, sees):
    claim = SubsidyClaimFactory()

    assert claims_visible_to(UserFactory(**{role: True})).exists() == sees
    office = {"district": claim.district} if role.startswith("district") else {}
    office = {"institution": claim.institution} if role.startswith("training") else office
    if office:
        assert claims_visible_to(UserFactory(**{role: True}, **office)).get() == claim


# ── At one moment ────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_claim_is_handed_in_once_by_two_people(claim, monkeypatch):
    with rivals() as others:
        with paused(monkeypatch, claims, "reckon_claim") as reached:
            first = others.start(lambda: submit(claim))
            assert reached.wait(PATIENCE)
            second = others.start(lambda: submit(claim))
            assert is_kept_waiting(second)
        first.result(PATIENCE)
        with pytest.raises(InvalidTransition):
            second.result(PATIENCE)

    assert ClaimStep.objects.filter(to_status=ClaimStatus.SUBMITTED).count() == 1


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_claim_is_not_handed_in_while_it_is_taken_back(claim, monkeypatch):
    with rivals() as others:
        with paused(monkeypatch, claims, "move_claim") as reached:
            first = others.start(lambda: withdraw(claim))
            assert reached.wait(PATIENCE)
            second = others.start(lambda: submit(claim))
            assert is_kept_waiting(second)
        first.result(PATIENCE)
        with pytest.raises(InvalidTransition):
            second.result(PATIENCE)

    claim.refresh_from_db()
    assert claim.status == ClaimStatus.WITHDRAWN


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_claim_that_is_being_handed_in_does_not_lapse(claim, monkeypatch):
    with rivals() as others:
        with paused(monkeypatch, claims, "reckon_claim") as reached:
            first = others.start(lambda: submit(claim))
            assert reached.wait(PATIENCE)
            assert others.run(lambda: lapse_claims(now=NOW + timedelta(days=100))) == 0
        first.result(PATIENCE)

    claim.refresh_from_db()
    assert claim.status == ClaimStatus.SUBMITTED
