"""Whoever stands in for somebody absent acts for them, under their own name, and counts as themselves."""

from datetime import timedelta

import pytest

from chongqing_dte.foundation.errors import NotPermitted
from chongqing_dte.foundation.models import AuditEvent
from institutions.enums import Role
from subsidies.enums import ClaimStatus
from subsidies.models import ClaimHandover, ClaimStep, LineReview
from subsidies.services.claim_clocks import hand_over_claims
from subsidies.services.claim_confirmations import ClaimSeen, confirm_claims, return_claim_to_district
from tests.clock import NOW
from tests.factories.claim_reviews import (
    TODAY,
    accept_all,
    accepting,
    confirmed,
    fresh,
    in_days,
    judge,
    lines_of,
    municipal_reviewer,
    page_of,
    recommended,
    recommended_claim,
    retire,
    reviewer_of,
    stands_in,
    submitted_claim,
)
from tests.factories.institutions import UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]


def last_step(claim) -> tuple[object, object]:
    step = ClaimStep.objects.filter(claim=claim).last()
    return step.actor, step.on_behalf_of


@pytest.fixture
def operator():
    """Return somebody of the municipal bureau who confirms nothing themselves."""
    return UserFactory(municipal_operator=True)


def test_whoever_stands_in_for_a_municipal_reviewer_confirms_in_their_own_name(operator):
    claim, absent = recommended_claim(), municipal_reviewer()
    with pytest.raises(NotPermitted):
        confirmed(claim, operator)
    stands_in(operator, absent)

    claim = confirmed(claim, operator)

    assert (claim.status, claim.first_confirmed_by) == (ClaimStatus.CONFIRMED, operator)
    assert last_step(claim) == (operator, absent)
    event = AuditEvent.objects.get(name="claim.confirmed")
    assert (event.actor, event.facts["on_behalf_of"]) == (operator, absent.pk)


def test_after_the_last_day_nobody_stands_in(operator):
    claim = recommended_claim()
    stands_in(operator, municipal_reviewer(), last=TODAY + timedelta(days=2))

    with pytest.raises(NotPermitted):
        confirmed(claim, operator, now=in_days(3))
    assert confirmed(claim, operator, now=in_days(2)).status == ClaimStatus.CONFIRMED


def test_whoever_may_sign_themselves_acts_for_nobody_else():
    claim = recommended_claim()
    reviewer = municipal_reviewer()
    stands_in(reviewer, municipal_reviewer())

    assert last_step(confirmed(claim, reviewer)) == (reviewer, None)


def test_four_eyes_count_the_person_who_acts(operator):
    claim = recommended_claim(one_signature_limit="0.00")
    for absent in (municipal_reviewer(), municipal_reviewer()):
        stands_in(operator, absent)
    confirmed(claim, operator)

    with pytest.raises(NotPermitted, match="You signed this claim already"):
        confirmed(claim, operator)


def test_nobody_signs_a_second_time_for_whoever_has_signed(operator):
    claim = recommended_claim(one_signature_limit="0.00")
    first = municipal_reviewer()
    confirmed(claim, first)
    stands_in(operator, first)

    with pytest.raises(NotPermitted, match="has signed this claim already"):
        confirmed(claim, operator)
    assert confirmed(claim).status == ClaimStatus.CONFIRMED


def test_one_reviewers_authority_signs_once_whoever_used_it(operator):
    claim, absent = recommended_claim(one_signature_limit="0.00"), municipal_reviewer()
    colleague = UserFactory(municipal_finance=True)
    for stand_in in (operator, colleague):
        stands_in(stand_in, absent)
    confirmed(claim, operator)

    with pytest.raises(NotPermitted):
        confirmed(claim, colleague)
    with pytest.raises(NotPermitted, match="had a part"):
        confirmed(claim, absent)
    assert confirmed(claim).status == ClaimStatus.CONFIRMED


def test_whoever_looked_at_the_lines_in_the_district_does_not_confirm_from_the_city():
    claim = submitted_claim()
    reviewer = reviewer_of(claim)
    accept_all(claim, reviewer)
    recommended(claim, reviewer_of(claim))
    reviewer.role, reviewer.district = Role.MUNICIPAL_REVIEWER, None
    reviewer.save()

    with pytest.raises(NotPermitted, match="had a part"):
        confirmed(claim, reviewer)


def test_the_first_signature_says_for_whom_it_was_given(operator):
    claim, absent = recommended_claim(one_signature_limit="0.00"), municipal_reviewer()
    stands_in(operator, absent)

    claim = confirmed(claim, operator)

    assert (claim.status, last_step(claim)) == (ClaimStatus.RECOMMENDED, (operator, absent))


def test_many_claims_are_confirmed_by_a_stand_in(operator):
    claim = recommended_claim()
    stands_in(operator, municipal_reviewer())

    report = confirm_claims(claims=[ClaimSeen(claim.pk, page_of(claim))], confirmer=operator, now=NOW)

    assert report.confirmed == [claim.pk]


def test_a_claim_is_sent_back_by_a_stand_in(operator):
    claim, absent = recommended_claim(), municipal_reviewer()
    stands_in(operator, absent)

    return_claim_to_district(claim_id=claim.pk, reason="Look again.", confirmer=operator, now=NOW)

    assert last_step(claim) == (operator, absent)


def test_a_lead_who_could_act_anyway_does_not_need_the_delegation():
    claim = submitted_claim()
    absent = reviewer_of(claim)
    lead = UserFactory(district_lead=True, district=claim.district)
    stands_in(lead, absent)

    judge(claim, accepting(lines_of(claim)[0]), reviewer=lead)
    accept_all(claim, lead)

    assert set(LineReview.objects.values_list("reviewed_by", flat=True)) == {lead.pk}
    assert last_step(recommended(claim, lead)) == (lead, None)


def test_whoever_submitted_does_not_review_for_somebody_else_either():
    claim = submitted_claim()
    absent, submitter = reviewer_of(claim), claim.submitted_by
    # They came to the district since.
    submitter.role, submitter.institution, submitter.district = Role.DISTRICT_LEAD, None, claim.district
    submitter.save()
    stands_in(submitter, absent)

    with pytest.raises(NotPermitted, match="You submitted"):
        accept_all(claim, submitter)


def test_claims_are_handed_over_by_a_stand_in():
    claim = submitted_claim()
    heir = retire(claim.district)
    absent, finance = UserFactory(municipal_operator=True), UserFactory(municipal_finance=True)
    stands_in(finance, absent)

    hand_over_claims(
        from_district_id=claim.district_id,
        to_district_id=heir.pk,
        claim_ids=None,
        reason="The district was merged.",
        actor=finance,
        now=NOW,
    )

    assert fresh(claim).district == heir
    assert ClaimHandover.objects.get().handed_over_by == finance
    assert AuditEvent.objects.get(name="claim.handed_over").facts["on_behalf_of"] == absent.pk
