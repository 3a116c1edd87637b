"""What becomes of a claim when its district has looked at it: it goes up, goes back, or ends."""

from datetime import date, timedelta

import pytest

from chongqing_dte.foundation.errors import DomainError, InvalidTransition, NotPermitted
from institutions.enums import Role
from subsidies import queries
from subsidies.enums import ClaimStatus, NotificationKind
from subsidies.models import ClaimLine, ClaimReckoning, ClaimStep, Notification
from subsidies.rules.claim_reviews import ACCEPTED
from subsidies.services.claim_reviews import (
    recommend_claim,
    refuse_claim,
    return_claim,
    review_lines,
)
from subsidies.services.claims import submit_claim
from tests.clock import NOW
from tests.factories.assessment import MarkReviewFactory
from tests.factories.claim_reviews import (
    TODAY,
    accept_all,
    accepting,
    answered,
    asked,
    fresh,
    in_days,
    judge,
    lines_of,
    page_of,
    recommended,
    refusing,
    reviewer_of,
    submitted_claim,
)
from tests.factories.claims import ClaimEvidenceFactory, institution_user
from tests.factories.institutions import UserFactory
from tests.factories.standing import known_years

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]


def standings(claim) -> list[str]:
    return [each.standing for each in queries.line_standings(fresh(claim))]


def code_of(act) -> str:
    with pytest.raises(DomainError) as refusal:
        act()
    return refusal.value.code


def test_a_claim_whose_lines_are_accepted_goes_up_with_a_step():
    known_years(2026)
    claim = submitted_claim()
    reviewer = reviewer_of(claim)
    accept_all(claim, reviewer)

    claim = recommended(claim, reviewer, now=in_days(2))

    assert claim.status == ClaimStatus.RECOMMENDED
    assert (claim.recommended_by, claim.recommended_at) == (reviewer, in_days(2))
    # Ten working days after 22 October.
    assert claim.due_on == date(2026, 11, 5)
    step = ClaimStep.objects.filter(claim=claim).last()
    assert (step.from_status, step.to_status, step.actor) == ("SUBMITTED", "RECOMMENDED", reviewer)
    assert step.on_behalf_of is None


def test_a_claim_with_refused_lines_goes_up_with_the_rest():
    claim = submitted_claim((True, True, True))
    reviewer = reviewer_of(claim)
    judge(claim, refusing(lines_of(claim)[0]), reviewer=reviewer)
    accept_all(claim, reviewer)

    assert recommended(claim, reviewer).reckoning.counted_count == 2


def test_nothing_goes_up_before_every_line_was_looked_at():
    claim = submitted_claim()
    judge(claim, accepting(lines_of(claim)[0]))

    assert code_of(lambda: recommended(claim)) == "lines_open"
    assert fresh(claim).status == ClaimStatus.SUBMITTED


def test_nothing_goes_up_while_a_question_is_open():
    claim = submitted_claim()
    accept_all(claim, reviewer_of(claim))
    question = asked(claim)

    assert code_of(lambda: recommended(claim)) == "question_open"
    answered(question)
    assert recommended(claim).status == ClaimStatus.RECOMMENDED


def test_nothing_goes_up_with_an_infected_file():
    claim = submitted_claim()
    accept_all(claim, reviewer_of(claim))
    ClaimEvidenceFactory(training_class=claim.training_class, infected=True)

    assert code_of(lambda: recommended(claim)) == "infected"


def test_whoever_saw_a_former_reckoning_does_not_recommend():
    claim = submitted_claim()
    seen, reviewer = page_of(claim), reviewer_of(claim)
    judge(claim, refusing(lines_of(claim)[0]), reviewer=reviewer)
    accept_all(claim, reviewer)

    assert (
        code_of(lambda: recommend_claim(claim_id=claim.pk, sha256=seen, reviewer=reviewer, now=NOW))
        == "reckoned_anew"
    )


def test_facts_that_moved_unseen_keep_a_claim_down_and_are_reckoned_soon():
    claim = submitted_claim()
    reviewer = reviewer_of(claim)
    accept_all(claim, reviewer)
    MarkReviewFactory(attempt=lines_of(claim)[0].attempt)

    assert code_of(lambda: recommended(claim, reviewer)) == "facts_changed"

    claim = fresh(claim)
    assert (claim.status, claim.reckoning_due_at) == (ClaimStatus.SUBMITTED, NOW)
    assert ClaimReckoning.objects.filter(claim=claim).count() == claim.reckoning.number


def test_whoever_submitted_a_claim_does_not_review_it():
    claim = submitted_claim()
    submitter = claim.submitted_by
    # They changed sides since.
    submitter.role, submitter.institution, submitter.district = Role.DISTRICT_REVIEWER, None, claim.district
    submitter.save()

    with pytest.raises(NotPermitted, match="You submitted this claim"):
        recommended(claim, submitter)


def test_a_returned_claim_comes_back_with_its_reason_and_time_to_put_it_right():
    known_years(2026)
    claim = submitted_claim()
    claim.submit_until = TODAY
    claim.save(update_fields=["submit_until"])

    return_claim(claim_id=claim.pk, reason=" No receipt. ", reviewer=reviewer_of(claim), now=in_days(1))

    claim = fresh(claim)
    assert (claim.status, claim.status_reason, claim.due_on) == (ClaimStatus.RETURNED, "No receipt.", None)
    assert claim.submit_until == date(2026, 10, 28)
    assert Notification.objects.filter(kind=NotificationKind.CLAIM_RETURNED, claim=claim).exists()


def test_without_a_calendar_the_institution_has_as_long_as_for_a_new_claim():
    claim = submitted_claim()

    return_claim(claim_id=claim.pk, reason="No receipt.", reviewer=reviewer_of(claim), now=NOW)

    assert fresh(claim).submit_until >= TODAY + timedelta(days=60)


def test_a_returned_claim_is_submitted_again_and_what_was_accepted_still_holds():
    claim = submitted_claim()
    accept_all(claim, reviewer_of(claim))
    return_claim(claim_id=claim.pk, reason="No receipt.", reviewer=reviewer_of(claim), now=NOW)

    submit_claim(claim_id=claim.pk, submitter=institution_user(claim.training_class), now=in_days(1))

    assert standings(claim) == [ACCEPTED, ACCEPTED]
    assert recommended(claim, now=in_days(1)).status == ClaimStatus.RECOMMENDED


def test_a_refused_claim_has_ended_and_nothing_moves_it():
    claim = submitted_claim()

    refuse_claim(claim_id=claim.pk, reason="The class was not held.", reviewer=reviewer_of(claim), now=NOW)

    claim = fresh(claim)
    assert (claim.status, claim.due_on, claim.reckoning_due_at) == (ClaimStatus.REFUSED, None, None)
    assert Notification.objects.filter(kind=NotificationKind.CLAIM_REFUSED, claim=claim).exists()
    with pytest.raises(InvalidTransition):
        recommended(claim)


@pytest.mark.parametrize("act", [return_claim, refuse_claim])
def test_a_claim_goes_back_or_ends_only_for_a_reason(act):
    claim = submitted_claim()

    assert (
        code_of(lambda: act(claim_id=claim.pk, reason=" \u200b", reviewer=reviewer_of(claim), now=NOW))
        == "reason_missing"
    )
    assert fresh(claim).status == ClaimStatus.SUBMITTED


@pytest.mark.parametrize("act", [return_claim, refuse_claim])
def test_another_district_neither_returns_nor_refuses(act):
    claim = submitted_claim()

    with pytest.raises(NotPermitted):
        act(claim_id=claim.pk, reason="No.", reviewer=UserFactory(district_lead=True), now=NOW)


def test_the_review_of_a_claim_takes_a_few_queries(django_assert_max_num_queries):
    claim = submitted_claim((True,) * 6)
    reviewer = reviewer_of(claim)
    lines = ClaimLine.objects.filter(reckoning=claim.reckoning_id)
    judgements = [accepting(line) for line in lines]

    with django_assert_max_num_queries(12):
        review_lines(claim_id=claim.pk, judgements=judgements, reviewer=reviewer, now=NOW)
