"""What a filing must fulfill, what it reserves and by when it is answered."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db.backends.postgresql.psycopg_any import DateRange

from chongqing_dte.foundation.errors import InvalidTransition, NotPermitted
from chongqing_dte.foundation.models import AuditEvent
from enrollment.enums import ClassStatus
from enrollment.models import ClassStep, TrainingClass
from enrollment.services.answers import cancel_class, return_class
from enrollment.services.filing_checks import FILING_CHECKS, NearDuplicateFilings, PlanRefused
from institutions.models import CalendarDay, FundedQuota, Institution
from tests.clock import NOW
from tests.enrollment.filings import (
    ENDS_ON,
    SEATS,
    codes_of_filing,
    draft_to_file,
    file_it,
    filed_class,
    publish_calendar,
    quota_of,
    reviewer_of,
    status_of,
    twin_of,
)
from tests.factories.enrollment import IntakePolicyFactory, TrainingClassFactory
from tests.factories.filings import DistrictSuccessionFactory, SuspendedFactory
from tests.factories.institutions import (
    AccreditationFactory,
    DistrictFactory,
    InstitutionFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db

TODAY = NOW.date()
LEAD = timedelta(days=15)


def test_filed_class_waits_for_the_bureau_with_its_seats_reserved():
    training_class = filed_class()

    training_class.refresh_from_db()
    assert (training_class.status, training_class.filed_by_id, training_class.filed_at) == (
        ClassStatus.FILED,
        training_class.drafted_by_id,
        NOW,
    )
    assert (training_class.reserved_seat_count, quota_of(training_class).reserved_count) == (SEATS, SEATS)
    assert training_class.quota == quota_of(training_class)


def test_filing_leaves_a_step_and_an_event():
    training_class = filed_class()

    step, event = ClassStep.objects.get(), AuditEvent.objects.get()
    assert (step.from_status, step.to_status, step.actor_id, step.at) == (
        "DRAFT",
        "FILED",
        training_class.drafted_by_id,
        NOW,
    )
    assert (event.name, event.subject_id, event.actor_id, event.at) == (
        "class.filed",
        training_class.pk,
        training_class.drafted_by_id,
        NOW,
    )


def test_answer_is_due_after_the_policy_s_working_days():
    # A Tuesday, and five working days later.
    assert filed_class().answer_due_on == date(2026, 10, 27)


def test_make_up_day_brings_the_deadline_forward_and_a_holiday_puts_it_back():
    training_class = draft_to_file()
    CalendarDay.objects.filter(day=date(2026, 10, 24)).update(is_working=True)
    CalendarDay.objects.filter(day__in=[date(2026, 10, 21), date(2026, 10, 22)]).update(is_working=False)

    assert file_it(training_class).answer_due_on == date(2026, 10, 28)


def test_deadline_stays_open_where_the_calendar_does_not_reach():
    IntakePolicyFactory()
    publish_calendar(last=date(2026, 10, 26))

    assert filed_class().answer_due_on is None


def test_class_is_filed_with_the_district_in_which_its_institution_is_now():
    training_class = draft_to_file(district=DistrictFactory())

    assert file_it(training_class).district_id == training_class.institution.district_id


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"venue": ""}, "venue_missing"),
        ({"plan": ""}, "training_plan_missing"),
        ({"planned_hours": Decimal(0)}, "hours_missing"),
        ({"with_trainer": False}, "trainers_missing"),
        ({"intended_evaluator": None}, "evaluator_missing"),
        ({"starts_on": TODAY + LEAD - timedelta(days=1)}, "filed_too_late"),
        ({"level": "SENIOR"}, "not_accredited"),
        ({"funded": SEATS - 1}, "quota_exceeded"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_filing_is_refused_for(changes, code):
    training_class = draft_to_file(**changes)

    found = codes_of_filing(training_class)

    assert code in found
    assert len(found) == 1 or code == "not_accredited"
    assert status_of(training_class) == ClassStatus.DRAFT
    assert quota_of(training_class).reserved_count == 0


def test_filing_on_the_last_possible_day_is_taken():
    assert file_it(draft_to_file(starts_on=TODAY + LEAD)).status == ClassStatus.FILED


def test_last_free_seats_can_be_had():
    assert quota_of(filed_class(funded=SEATS)).free_count == 0


def test_all_problems_are_told_at_once():
    training_class = draft_to_file(
        venue="", plan="", planned_hours=Decimal(0), intended_evaluator=None, with_trainer=False, funded=1
    )
    SuspendedFactory(institution=training_class.institution)

    assert codes_of_filing(training_class) == [
        "venue_missing",
        "training_plan_missing",
        "hours_missing",
        "trainers_missing",
        "evaluator_missing",
        "institution_suspended",
        "quota_exceeded",
    ]


def test_nothing_is_filed_while_no_policy_is_in_force():
    training_class = draft_to_file()

    # The day before the first policy.
    codes = codes_of_filing(training_class, now=NOW.replace(year=2024))

    assert codes[0] == "intake_policy_missing"


def test_institution_without_funded_seats_in_the_year_of_the_start_files_nothing():
    training_class = draft_to_file(starts_on=date(2027, 1, 4), ends_on=date(2027, 2, 12))

    assert codes_of_filing(training_class) == ["no_funded_quota"]


def test_refused_filing_leaves_no_trace():
    training_class = draft_to_file(venue="")

    codes_of_filing(training_class)

    assert not ClassStep.objects.exists()
    assert not AuditEvent.objects.exists()


# ── Districts that are no more ───────────────────────────────────────────────────────────────────────────
def test_retired_district_names_who_took_over():
    heir = DistrictSuccessionFactory()
    training_class = draft_to_file()
    Institution.objects.filter(pk=training_class.institution_id).update(district=heir.predecessor)

    with pytest.raises(PlanRefused) as refusal:
        file_it(training_class)

    (problem,) = refusal.value.problems
    assert problem.code == "district_retired"
    assert heir.successor.name in str(problem)


def test_successor_that_retired_too_leads_on_to_its_own():
    middle = DistrictSuccessionFactory(
        successor=DistrictFactory(in_force=DateRange(date(2024, 1, 1), date(2026, 1, 1)))
    )
    last = DistrictSuccessionFactory(predecessor=middle.successor)
    training_class = draft_to_file()
    Institution.objects.filter(pk=training_class.institution_id).update(district=middle.predecessor)

    with pytest.raises(PlanRefused) as refusal:
        file_it(training_class)

    assert last.successor.name in str(refusal.value)
    assert middle.successor.name not in str(refusal.value)


# ── Who, when, and a second time ─────────────────────────────────────────────────────────────────────────
def test_another_institution_files_nothing():
    training_class = draft_to_file()
    stranger = UserFactory(training_manager=True, institution=InstitutionFactory())

    with pytest.raises(NotPermitted):
        file_it(training_class, filer=stranger)

    assert status_of(training_class) == ClassStatus.DRAFT


@pytest.mark.parametrize("state", [{}, {"confirmed": True}, {"running": True}, {"completed": True}])
def test_filed_class_is_not_filed_again(state):
    with pytest.raises(InvalidTransition):
        file_it(TrainingClassFactory(**state))


def test_second_filing_reserves_nothing_more():
    training_class = filed_class()

    with pytest.raises(InvalidTransition):
        file_it(training_class)

    assert quota_of(training_class).reserved_count == SEATS


def test_returned_class_is_filed_again_with_a_deadline_of_its_own():
    training_class = filed_class()
    return_class(class_id=training_class.pk, returner=reviewer_of(training_class), reason="Dates.", now=NOW)

    again = file_it(training_class, now=NOW + timedelta(days=1))

    assert (again.status, again.answer_due_on) == (ClassStatus.FILED, date(2026, 10, 28))
    assert (again.status_reason, again.escalated_at) == ("", None)
    assert quota_of(training_class).reserved_count == SEATS


# ── Filings that look alike ──────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    "dates",
    [
        {},
        {"starts_on": ENDS_ON, "ends_on": date(2026, 12, 30)},
        {"starts_on": ENDS_ON + timedelta(days=7), "ends_on": date(2026, 12, 30)},
    ],
    ids=["same days", "overlapping", "within the policy's days"],
)
def test_similar_filing_is_a_warning_that_names_the_other(dates):
    first = filed_class()
    second = twin_of(first, **dates)

    with pytest.raises(NearDuplicateFilings) as warning:
        file_it(second)

    assert warning.value.references == (first.reference,)
    assert status_of(second) == ClassStatus.DRAFT
    assert FundedQuota.objects.get().reserved_count == SEATS


def test_similar_filing_goes_on_once_it_is_accepted():
    second = twin_of(filed_class())

    assert file_it(second, accepts_near_duplicates=True).status == ClassStatus.FILED


def test_filing_far_enough_away_is_no_duplicate():
    first = filed_class(ends_on=date(2026, 11, 20))
    second = twin_of(first, starts_on=date(2026, 11, 28), ends_on=date(2026, 12, 18))

    assert file_it(second).status == ClassStatus.FILED


def test_draft_is_no_duplicate():
    draft = draft_to_file()
    twin_of(draft)

    assert file_it(draft).status == ClassStatus.FILED


def test_cancelled_class_is_no_duplicate():
    first = filed_class()
    cancel_class(class_id=first.pk, canceller=first.drafted_by, reason="Twice.", now=NOW)

    assert file_it(twin_of(first)).status == ClassStatus.FILED


def test_another_institution_s_class_is_no_duplicate():
    first, second = filed_class(), draft_to_file()
    for kind, body in (("TRAINING", second.institution), ("EVALUATION", second.intended_evaluator)):
        AccreditationFactory(institution=body, kind=kind, occupation=first.occupation)
    TrainingClass.objects.filter(pk=second.pk).update(occupation=first.occupation)

    assert file_it(second).status == ClassStatus.FILED


def test_every_check_says_what_it_asks():
    assert [check.__name__ for check in FILING_CHECKS if not check.__doc__] == []
