"""Late answers are seen and told, and nothing is ever decided by them."""

from datetime import date

import pytest
from django.utils.translation import override

from chongqing_dte.foundation.models import AuditEvent
from institutions.enums import Role
from institutions.models import CalendarDay
from subsidies import queries, tasks
from subsidies.enums import ClaimStatus, NotificationKind
from subsidies.messages import sentence
from subsidies.models import Notification, SubsidyClaim
from subsidies.queries.claim_reviews import is_one_to_wait_for
from subsidies.services.claim_clocks import escalate_overdue_claims, tell_offices_of_late_claims
from subsidies.services.claim_confirmations import return_claim_to_district
from subsidies.services.claim_reviews import return_claim
from tests.clock import NOW
from tests.factories.claim_reviews import (
    answered,
    asked,
    confirmed,
    fresh,
    in_days,
    municipal_reviewer,
    recommended_claim,
    reviewer_of,
    submitted_claim,
)
from tests.factories.institutions import UserFactory
from tests.factories.standing import known_years

pytestmark = pytest.mark.django_db

# Ten working days after 20 October end on 3 November, fourteen days later.
LAST_DAY, TOO_LATE = in_days(14), in_days(15)


def escalate(now) -> int:
    return escalate_overdue_claims(now=now)


def test_a_claim_goes_up_the_day_after_its_last_one_and_once():
    known_years(2026)
    claim = submitted_claim()

    assert (escalate(LAST_DAY), escalate(TOO_LATE), escalate(in_days(16))) == (0, 1, 0)

    claim = fresh(claim)
    assert (claim.status, claim.escalated_at) == (ClaimStatus.SUBMITTED, TOO_LATE)
    assert AuditEvent.objects.filter(name="claim.escalated", subject_id=claim.pk).count() == 1
    assert queries.claims_in_queue(UserFactory(municipal_operator=True)).get() == claim


def test_what_is_recommended_goes_up_too():
    known_years(2026)
    claim = recommended_claim()

    assert escalate(TOO_LATE) == 1
    assert fresh(claim).status == ClaimStatus.RECOMMENDED


def test_nothing_is_late_while_the_institution_is_asked():
    known_years(2026)
    claim = submitted_claim()
    question = asked(claim, now=in_days(13))

    # A working day of the district's was left, and five are the institution's until 9 November.
    assert (question.due_on, escalate(in_days(20))) == (date(2026, 11, 9), 0)

    answered(question, now=in_days(16))
    assert fresh(claim).due_on == date(2026, 11, 6)
    assert (escalate(in_days(17)), escalate(in_days(18))) == (0, 1)


def test_a_question_that_nobody_answers_stops_no_clock_for_ever():
    known_years(2026)
    claim = submitted_claim()
    asked(claim)

    # The five working days of the institution, and then the ten of the district, are over on 10 November.
    assert (escalate(in_days(21)), fresh(claim).due_on) == (0, date(2026, 11, 10))
    assert escalate(in_days(60)) == 1
    assert fresh(claim).due_on == date(2026, 11, 10)


def test_a_late_answer_gives_the_district_no_day_more():
    known_years(2026)
    claim = submitted_claim()

    answered(asked(claim), now=in_days(20))

    assert fresh(claim).due_on == date(2026, 11, 10)


def test_a_question_gets_its_last_day_once_the_calendar_is_published():
    claim = submitted_claim()
    question = asked(claim)
    known_years(2026)

    assert escalate(in_days(60)) == 1
    question.refresh_from_db()
    assert (question.due_on, fresh(claim).due_on) == (date(2026, 10, 27), date(2026, 11, 10))


@pytest.mark.parametrize(("days", "stands_still"), [(5, True), (7, True), (8, False), (60, False)])
def test_every_list_and_page_agrees_on_whose_turn_it_is(days, stands_still):
    known_years(2026)
    claim = submitted_claim()
    question = asked(claim)
    reviewer, today = reviewer_of(claim), in_days(days).date()
    escalate(in_days(days))

    listed = queries.claims_to_list(reviewer, today).get()
    figures = queries.queue_figures(reviewer, today)
    is_late = queries.late_claims_by_office(today) != []

    assert listed.is_asked is stands_still
    assert (figures.asked, figures.late) == (int(stands_still), int(is_late))
    assert is_one_to_wait_for([question], today) is stands_still
    assert is_late is (today > fresh(claim).due_on and not stands_still)
    assert len(narrowed(reviewer, "asked", today)) == int(stands_still)
    assert len(narrowed(reviewer, "late", today)) == int(is_late)


def narrowed(reviewer, due, today):
    claims = queries.claims_to_list(reviewer, today)
    return queries.claims_chosen(claims, {"due": due}, user=reviewer, today=today)


def test_nothing_is_late_that_the_calendar_says_nothing_of():
    claim = submitted_claim()

    assert (claim.due_on, escalate(in_days(60))) == (None, 0)


def test_the_last_day_is_set_once_the_calendar_is_published():
    claim = submitted_claim()
    known_years(2026)

    assert escalate(NOW) == 0
    assert fresh(claim).due_on == date(2026, 11, 3)


def test_a_changed_calendar_moves_the_last_day():
    known_years(2026)
    claim = submitted_claim()
    CalendarDay.objects.filter(day=date(2026, 11, 3)).update(is_working=False)

    escalate(NOW)
    assert fresh(claim).due_on == date(2026, 11, 4)


def test_whoever_gets_a_claim_has_their_whole_time():
    known_years(2026)
    claim = recommended_claim()
    escalate(TOO_LATE)

    return_claim_to_district(
        claim_id=claim.pk, reason="Again.", confirmer=municipal_reviewer(), now=in_days(15)
    )

    claim = fresh(claim)
    # Ten working days after 4 November.
    assert (claim.due_on, claim.escalated_at) == (date(2026, 11, 18), None)
    escalate(in_days(15))
    assert fresh(claim).due_on == date(2026, 11, 18)


def test_the_first_of_two_signatures_begins_nothing_anew():
    known_years(2026)
    claim = recommended_claim(one_signature_limit="0.00")
    confirmed(claim, now=in_days(3))

    escalate(in_days(3))

    assert fresh(claim).due_on == date(2026, 11, 3)


def test_the_institutions_own_delay_goes_up_to_nobody():
    known_years(2026)
    claim = submitted_claim()
    return_claim(claim_id=claim.pk, reason="No receipt.", reviewer=reviewer_of(claim), now=NOW)

    assert escalate(in_days(60)) == 0
    assert tell_offices_of_late_claims(now=in_days(60)) == 0


def test_nothing_is_ever_decided_by_silence():
    known_years(2026)
    with_district, with_the_city = submitted_claim(), recommended_claim()

    for days in (15, 30, 60):
        escalate(in_days(days))
        tell_offices_of_late_claims(now=in_days(days))

    assert fresh(with_district).status == ClaimStatus.SUBMITTED
    assert fresh(with_the_city).status == ClaimStatus.RECOMMENDED
    assert not SubsidyClaim.objects.filter(payment_due=True).exists()


def test_offices_are_told_once_a_day_with_how_many_claims_they_are_late():
    known_years(2026)
    first, second = submitted_claim(), submitted_claim()
    recommended_claim()

    assert tell_offices_of_late_claims(now=TOO_LATE) == 4
    assert tell_offices_of_late_claims(now=TOO_LATE) == 4

    told = Notification.objects.filter(kind=NotificationKind.CLAIMS_LATE)
    offices = {(message.role, message.district_id): message.facts["waiting"] for message in told}
    assert told.count() == 4
    assert offices == {
        (Role.DISTRICT_LEAD, first.district_id): 1,
        (Role.DISTRICT_LEAD, second.district_id): 1,
        (Role.MUNICIPAL_REVIEWER, None): 2,
        (Role.MUNICIPAL_ADMINISTRATOR, None): 1,
    }
    with override("en"):
        assert "2 claims" in sentence(told.get(role=Role.MUNICIPAL_REVIEWER))
    tell_offices_of_late_claims(now=in_days(16))
    assert told.all().count() == 8


def test_clocks_of_many_claims_are_looked_at_in_a_few_queries(django_assert_max_num_queries):
    known_years(2026)
    for _ in range(4):
        asked(submitted_claim())

    with django_assert_max_num_queries(9):
        escalate(NOW)


def test_the_task_without_work_does_nothing():
    tasks.watch_claim_clocks_task(something_that_a_later_version_sends=True)

    assert not Notification.objects.exists()
