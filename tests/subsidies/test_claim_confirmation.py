"""The municipal bureau signs what a district recommends, sends it back, or ends it."""

from datetime import date
from decimal import Decimal

import pytest

from chongqing_dte.foundation.errors import DomainError, InvalidTransition, NotPermitted
from chongqing_dte.foundation.models import AuditEvent
from institutions.enums import Role
from institutions.models import Suspension
from subsidies.enums import ClaimStatus, NotificationKind, ReckoningCause
from subsidies.models import ClaimStep, Notification
from subsidies.rules.claim_reviews import is_claim_flagged
from subsidies.services.claim_confirmations import (
    ClaimSeen,
    confirm_claim,
    confirm_claims,
    refuse_recommended_claim,
    return_claim_to_district,
)
from subsidies.services.reckoning_steps import reckon_claim
from tests.clock import NOW
from tests.factories.assessment import MarkReviewFactory
from tests.factories.claim_reviews import (
    accept_all,
    confirmed,
    fresh,
    in_days,
    lines_of,
    municipal_reviewer,
    page_of,
    recommended,
    recommended_claim,
    reviewer_of,
    submitted_claim,
)
from tests.factories.claims import ClaimEvidenceFactory
from tests.factories.institutions import UserFactory
from tests.factories.standing import SuspensionFactory, known_years

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]

TWO_SIGNATURES = {"one_signature_limit": Decimal("0.00")}


def seen(claim) -> ClaimSeen:
    return ClaimSeen(claim.pk, page_of(claim))


def code_of(act) -> str:
    with pytest.raises(DomainError) as refusal:
        act()
    return refusal.value.code


def flagged_claim():
    """Return a recommended claim of an institution that is suspended."""
    claim = submitted_claim()
    SuspensionFactory(institution=claim.institution)
    reckon_claim(fresh(claim), cause=ReckoningCause.FACTS_CHANGED, now=NOW)
    accept_all(claim, reviewer_of(claim))
    return recommended(claim)


# ── One claim ────────────────────────────────────────────────────────────────────────────────────────────
def test_one_signature_confirms_a_claim_within_the_limit():
    claim = recommended_claim()
    reviewer = municipal_reviewer()

    claim = confirmed(claim, reviewer)

    assert (claim.status, claim.payment_due, claim.due_on) == (ClaimStatus.CONFIRMED, True, None)
    assert (claim.first_confirmed_by, claim.first_confirmed_at) == (reviewer, NOW)
    assert claim.second_confirmed_by is None
    step = ClaimStep.objects.filter(claim=claim).last()
    assert (step.from_status, step.to_status, step.actor) == ("RECOMMENDED", "CONFIRMED", reviewer)


def test_a_claim_of_exactly_the_limit_takes_one_signature():
    claim = recommended_claim(one_signature_limit=Decimal("1600.00"))
    assert claim.reckoning.amount == Decimal("1600.00")

    assert confirmed(claim).status == ClaimStatus.CONFIRMED


def test_above_the_limit_two_people_sign():
    known_years(2026)
    claim = recommended_claim(one_signature_limit=Decimal("1599.99"))
    due_on, first, second = claim.due_on, municipal_reviewer(), municipal_reviewer()

    claim = confirmed(claim, first)

    assert (claim.status, claim.payment_due, claim.due_on) == (ClaimStatus.RECOMMENDED, False, due_on)
    assert AuditEvent.objects.filter(name="claim.signed", actor=first, subject_id=claim.pk).exists()
    claim = confirmed(claim, second, now=in_days(1))
    assert (claim.status, claim.payment_due) == (ClaimStatus.CONFIRMED, True)
    assert (claim.first_confirmed_by, claim.second_confirmed_by) == (first, second)


def test_one_person_does_not_sign_twice():
    claim = recommended_claim(**TWO_SIGNATURES)
    reviewer = municipal_reviewer()
    confirmed(claim, reviewer)

    with pytest.raises(NotPermitted, match="You signed this claim already"):
        confirmed(claim, reviewer)


@pytest.mark.parametrize(
    ("part", "words"), [("recommended_by", "You recommended"), ("submitted_by", "You submitted")]
)
def test_whoever_had_a_part_in_a_claim_does_not_confirm_it(part, words):
    claim = recommended_claim()
    person = getattr(claim, part)
    # They came to the municipal bureau since.
    person.role, person.district, person.institution = Role.MUNICIPAL_REVIEWER, None, None
    person.save()

    with pytest.raises(NotPermitted, match=words):
        confirmed(claim, person)
    for act in (return_claim_to_district, refuse_recommended_claim):
        with pytest.raises(NotPermitted, match="a part in this claim"):
            act(claim_id=claim.pk, reason="No.", confirmer=person, now=NOW)


@pytest.mark.parametrize("role", [role for role in Role if role != Role.MUNICIPAL_REVIEWER])
def test_only_municipal_reviewers_confirm(role):
    claim = recommended_claim()

    with pytest.raises(NotPermitted):
        confirmed(claim, UserFactory(**{role.lower(): True}))
    assert fresh(claim).status == ClaimStatus.RECOMMENDED


def test_nothing_is_confirmed_that_no_district_recommends():
    with pytest.raises(InvalidTransition):
        confirmed(submitted_claim())


def test_whoever_saw_another_page_does_not_sign():
    claim = recommended_claim()

    assert (
        code_of(
            lambda: confirm_claim(claim_id=claim.pk, sha256="0" * 64, confirmer=municipal_reviewer(), now=NOW)
        )
        == "reckoned_anew"
    )


def test_facts_that_moved_unseen_are_not_signed_and_are_reckoned_soon():
    claim = recommended_claim()
    MarkReviewFactory(attempt=lines_of(claim)[0].attempt)

    assert code_of(lambda: confirmed(claim, now=in_days(0))) == "facts_changed"

    claim = fresh(claim)
    assert (claim.status, claim.first_confirmed_by, claim.reckoning_due_at) == (
        ClaimStatus.RECOMMENDED,
        None,
        NOW,
    )


def test_a_check_that_failed_since_keeps_a_signature_back():
    claim = recommended_claim()
    SuspensionFactory(institution=claim.institution)

    assert code_of(lambda: confirmed(claim)) == "facts_changed"


def test_an_infected_file_keeps_a_signature_back():
    claim = recommended_claim()
    ClaimEvidenceFactory(training_class=claim.training_class, infected=True)

    assert code_of(lambda: confirmed(claim)) in {"infected", "facts_changed"}
    assert fresh(claim).first_confirmed_by is None


# ── Many claims ──────────────────────────────────────────────────────────────────────────────────────────
def test_unflagged_claims_are_confirmed_together_and_the_others_are_named():
    plain, moved, unknown = recommended_claim(), recommended_claim(), submitted_claim()
    flagged = flagged_claim()
    assert is_claim_flagged(flagged.reckoning.flags)
    pages = [seen(plain), ClaimSeen(moved.pk, "0" * 64), seen(unknown), seen(flagged)]

    report = confirm_claims(claims=pages, confirmer=municipal_reviewer(), now=NOW)

    assert (report.confirmed, report.signed_once) == ([plain.pk], [])
    assert {(each.claim_id, each.code) for each in report.left_out} == {
        (moved.pk, "reckoned_anew"),
        (unknown.pk, "invalid_transition"),
        (flagged.pk, "flagged"),
    }
    assert all(each.why for each in report.left_out)
    assert fresh(plain).status == ClaimStatus.CONFIRMED


def test_a_flagged_claim_is_confirmed_by_itself():
    claim = flagged_claim()

    assert confirmed(claim).status == ClaimStatus.CONFIRMED
    assert Suspension.objects.exists()


def test_together_large_claims_get_their_first_signature():
    claims = [recommended_claim(**TWO_SIGNATURES), recommended_claim()]
    pages = [seen(claim) for claim in claims]

    first = confirm_claims(claims=[*pages, *pages], confirmer=municipal_reviewer(), now=NOW)
    second = confirm_claims(claims=pages, confirmer=municipal_reviewer(), now=NOW)

    assert (first.signed_once, first.left_out) == ([claim.pk for claim in claims], [])
    assert second.confirmed == [claim.pk for claim in claims]


def test_whoever_confirms_nothing_confirms_not_together_either():
    claim = recommended_claim()

    with pytest.raises(NotPermitted):
        confirm_claims(claims=[seen(claim)], confirmer=UserFactory(municipal_finance=True), now=NOW)


# ── Back, or to its end ──────────────────────────────────────────────────────────────────────────────────
def test_a_claim_goes_back_to_its_district_and_the_signatures_are_void():
    known_years(2026)
    claim = recommended_claim(**TWO_SIGNATURES)
    confirmed(claim)

    return_claim_to_district(
        claim_id=claim.pk, reason="Look at the receipts.", confirmer=municipal_reviewer(), now=in_days(1)
    )

    claim = fresh(claim)
    assert (claim.status, claim.status_reason) == (ClaimStatus.SUBMITTED, "Look at the receipts.")
    assert (claim.recommended_by, claim.first_confirmed_by) == (None, None)
    # Ten working days after 21 October.
    assert claim.due_on == date(2026, 11, 4)
    assert Notification.objects.filter(kind=NotificationKind.CLAIM_RETURNED, district=claim.district).exists()
    assert recommended(claim, now=in_days(1)).status == ClaimStatus.RECOMMENDED


def test_a_recommended_claim_is_refused_for_a_reason():
    claim = recommended_claim()
    reviewer = municipal_reviewer()

    assert (
        code_of(lambda: refuse_recommended_claim(claim_id=claim.pk, reason=" ", confirmer=reviewer, now=NOW))
        == "reason_missing"
    )
    refuse_recommended_claim(claim_id=claim.pk, reason="Not held.", confirmer=reviewer, now=NOW)

    claim = fresh(claim)
    assert (claim.status, claim.status_reason) == (ClaimStatus.REFUSED, "Not held.")
    assert Notification.objects.filter(kind=NotificationKind.CLAIM_REFUSED, claim=claim).exists()


@pytest.mark.parametrize("act", [return_claim_to_district, refuse_recommended_claim])
def test_only_what_is_recommended_is_sent_back_or_refused_by_the_municipal_bureau(act):
    claim = submitted_claim()

    with pytest.raises(InvalidTransition):
        act(claim_id=claim.pk, reason="No.", confirmer=municipal_reviewer(), now=NOW)
    with pytest.raises(NotPermitted):
        act(claim_id=claim.pk, reason="No.", confirmer=UserFactory(municipal_operator=True), now=NOW)


def test_a_confirmed_claim_is_neither_sent_back_nor_refused():
    claim = confirmed(recommended_claim())

    for act in (return_claim_to_district, refuse_recommended_claim):
        with pytest.raises(InvalidTransition):
            act(claim_id=claim.pk, reason="No.", confirmer=municipal_reviewer(), now=NOW)
