"""What a claim is reckoned from, and what a reviewer looks at first."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateRange
from django.test.utils import CaptureQueriesContext

from assessment.models import Attempt, IntegritySignal
from enrollment.enums import Presence
from enrollment.models import ClassTrainer, Trainee, TrainingClass
from institutions.models import FeeSchedule, Suspension
from subsidies.enums import StandardRule, TrainingScope
from subsidies.models import SubsidyClaim, TrainingPolicyVersion
from subsidies.queries import gather_claim_facts
from subsidies.rules.claim_checks import DaySpan, look_at
from subsidies.services.claim_sweeps import open_due_claims
from tests.clock import NOW
from tests.factories.assessment import MarkReviewFactory
from tests.factories.claims import (
    AdvanceFactory,
    ClaimEvidenceFactory,
    LineReviewFactory,
    TrainingStandardFactory,
    TrainingSubsidyFactory,
    class_with_results,
    enroll,
    open_training,
    session_for,
)
from tests.factories.enrollment import BankAccountFactory
from tests.factories.institutions import FundedQuotaFactory, UserFactory
from tests.factories.training import AttendanceDeliveryFactory, AttendanceMarkFactory, LessonFactory

pytestmark = pytest.mark.django_db

TODAY = NOW.date()


def facts_of(training_class: TrainingClass):
    return gather_claim_facts([training_class.pk], today=TODAY)[training_class.pk]


def outcomes_of(training_class: TrainingClass) -> dict[str, str]:
    return {check.name: check.outcome for check in look_at(facts_of(training_class).around)}


def claim_of(*passes: bool, **values: object) -> SubsidyClaim:
    """Return an open claim, opened by the sweep, of a class for which enough was advanced."""
    AdvanceFactory(training_class=class_with_results(*passes, **values))
    open_due_claims(now=NOW)
    return SubsidyClaim.objects.select_related("reckoning", "training_class").get()


# ── The facts ────────────────────────────────────────────────────────────────────────────────────────────
def test_a_sitting_has_its_day_its_institution_and_its_certificates():
    open_training()
    facts = facts_of(class_with_results(True, False))

    passed, failed = facts.trainees
    assert (passed.sittings[0].outcome, passed.sittings[0].certificates) == ("PASSED", ("VALID",))
    assert (failed.sittings[0].outcome, failed.sittings[0].certificates) == ("FAILED", ())
    assert passed.sittings[0].held_on == date(2026, 7, 11)
    assert passed.fee is not None
    assert passed.fee.total == Decimal("800.00")


def test_a_review_puts_the_sitting_in_question():
    open_training()
    training_class = class_with_results(False)
    MarkReviewFactory(attempt=Attempt.objects.get())

    assert facts_of(training_class).trainees[0].sittings[0].is_under_review


def test_whoever_never_sat_has_the_fee_of_the_intended_evaluator():
    open_training()
    training_class = class_with_results(locked_count=1)
    enroll(training_class)
    session = session_for(training_class)
    TrainingClass.objects.filter(pk=training_class.pk).update(status="DRAFT")
    TrainingClass.objects.filter(pk=training_class.pk).update(intended_evaluator=session.institution)
    TrainingClass.objects.filter(pk=training_class.pk).update(status="COMPLETED")

    assert facts_of(training_class).trainees[0].fee is not None


def test_a_gap_in_the_fees_leaves_the_standard_unknown():
    open_training()
    training_class = class_with_results(True)
    FeeSchedule.objects.update(in_force=DateRange(date(2025, 1, 1), date(2026, 7, 11)))

    assert facts_of(training_class).trainees[0].fee is None


def test_attendance_is_a_share_of_what_was_taught():
    open_training()
    training_class = class_with_results(True)
    enrollment = training_class.enrollments.get()
    delivery = AttendanceDeliveryFactory(training_class=training_class)
    for number, presence in enumerate([Presence.PRESENT, Presence.PRESENT, Presence.ABSENT], start=1):
        AttendanceMarkFactory(
            enrollment=enrollment,
            lesson=LessonFactory(training_class=training_class, number=number),
            delivery=delivery,
            presence=presence,
        )

    facts = facts_of(training_class)

    assert facts.class_.hours_taught == Decimal("12.0")
    assert facts.trainees[0].attended_share == Decimal("0.6666")
    assert facts.class_.is_attendance_reported
    assert facts.around.marks_without_lesson_count == 0


def test_what_was_never_reported_is_not_known():
    open_training()
    training_class = class_with_results(True)
    LessonFactory(training_class=training_class)

    facts = facts_of(training_class)

    assert facts.trainees[0].attended_share is None
    assert not facts.class_.is_attendance_reported


def test_a_mark_on_a_lesson_that_did_not_take_place_is_seen():
    open_training()
    training_class = class_with_results(True)
    AttendanceMarkFactory(
        enrollment=training_class.enrollments.get(),
        lesson=LessonFactory(training_class=training_class, cancelled=True),
        delivery=AttendanceDeliveryFactory(training_class=training_class),
    )

    assert facts_of(training_class).around.marks_without_lesson_count == 1


def test_the_table_of_a_policy_is_read_with_it():
    training_class = class_with_results(True)
    entry = TrainingStandardFactory(occupation=training_class.occupation)
    TrainingPolicyVersion.objects.filter(pk=entry.policy_version_id).update(
        approved_by=UserFactory(municipal_reviewer=True), approved_at=NOW
    )

    policy = facts_of(training_class).policy

    assert policy is not None
    assert policy.standard_rule == StandardRule.TABLE
    assert policy.standards == {(training_class.occupation_id, "JUNIOR"): Decimal("600.00")}


def test_a_refused_line_is_known_by_its_latest_review():
    open_training()
    claim = claim_of(True)
    line = claim.reckoning.lines.get()
    LineReviewFactory(line=line, refused=True)
    assert facts_of(claim.training_class).trainees[0].refused_in_review == "CHARGED_TO_THE_TRAINEE"

    LineReviewFactory(line=line)

    assert facts_of(claim.training_class).trainees[0].refused_in_review == ""


@pytest.mark.parametrize(
    ("scope", "is_claimed"), [(TrainingScope.ENROLLMENT, False), (TrainingScope.PERSON, True)]
)
def test_a_subsidy_of_the_same_person_is_seen_where_the_policy_counts_people(scope, is_claimed):
    open_training(subsidized_once_per=scope)
    training_class = class_with_results(True)
    earlier = TrainingSubsidyFactory()
    # Another row that turned out to be the same person.
    Trainee.objects.filter(pk=earlier.enrollment.trainee_id).update(
        merged_into=training_class.enrollments.get().trainee_id
    )

    claimed = facts_of(training_class).trainees[0].claimed_elsewhere

    assert claimed == (earlier.enrollment_id if is_claimed else None)


def test_what_was_voided_claims_nothing():
    open_training(subsidized_once_per=TrainingScope.PERSON)
    training_class = class_with_results(True)
    earlier = TrainingSubsidyFactory(voided=True)
    Trainee.objects.filter(pk=earlier.enrollment.trainee_id).update(
        merged_into=training_class.enrollments.get().trainee_id
    )

    assert facts_of(training_class).trainees[0].claimed_elsewhere is None


# ── What a reviewer looks at first ───────────────────────────────────────────────────────────────────────
def test_a_class_of_which_nothing_is_odd_has_no_flag():
    open_training()
    training_class = class_with_results(True, True)
    AdvanceFactory(training_class=training_class)
    ClaimEvidenceFactory(training_class=training_class)

    outcomes = outcomes_of(training_class)

    assert outcomes.pop("attendance_against_timetable") == "UNKNOWN"
    assert set(outcomes.values()) == {"PASSED"}
    assert facts_of(training_class).around.accreditations == (DaySpan(date(2025, 1, 1), date(2030, 12, 31)),)


def test_an_account_that_two_people_name_is_a_flag():
    open_training()
    training_class = class_with_results(True, True)
    first = BankAccountFactory(trainee=training_class.enrollments.first().trainee)
    BankAccountFactory(trainee=training_class.enrollments.last().trainee, number=first.number)

    assert outcomes_of(training_class)["shared_accounts"] == "FAILED"
    assert facts_of(training_class).around.sharing_people_count == 2


def test_a_suspended_institution_is_a_flag():
    open_training()
    training_class = class_with_results(True)
    Suspension.objects.create(
        institution=training_class.institution,
        in_force=DateRange(date(2026, 9, 1), None),
        reason="Attendance records were not handed in.",
        imposed_by=UserFactory(municipal_reviewer=True),
        imposed_at=NOW,
    )

    assert outcomes_of(training_class)["institution_in_good_standing"] == "FAILED"


def test_a_signal_in_a_session_of_the_class_is_a_flag():
    open_training()
    training_class = class_with_results(True)
    session_id = facts_of(training_class).trainees[0].sittings[0].session_id
    IntegritySignal.objects.create(kind="IDENTICAL_SCORES", session_id=session_id, measured={}, found_at=NOW)

    assert outcomes_of(training_class)["assessment_signals"] == "FAILED"


@pytest.mark.parametrize(
    ("days", "overlaps"), [(0, "FAILED"), (200, "PASSED")], ids=["same days", "other days"]
)
def test_a_trainer_in_two_classes_at_one_time_is_a_flag(days, overlaps):
    open_training()
    training_class = class_with_results(True)
    other = class_with_results(
        True,
        starts_on=training_class.starts_on + timedelta(days=days),
        ends_on=training_class.ends_on + timedelta(days=days),
    )
    for each in (training_class, other):
        TrainingClass.objects.filter(pk=each.pk).update(status="DRAFT")
        ClassTrainer.objects.create(training_class=each, name="王老师", qualification="高级工程师")
        TrainingClass.objects.filter(pk=each.pk).update(status="COMPLETED")

    assert outcomes_of(training_class)["overlapping_classes"] == overlaps


def test_more_people_than_funded_seats_is_a_flag():
    open_training()
    training_class = class_with_results(True, True)
    quota = FundedQuotaFactory(institution=training_class.institution)
    TrainingClass.objects.filter(pk=training_class.pk).update(quota=quota, reserved_seat_count=1)

    assert outcomes_of(training_class)["class_within_quota"] == "FAILED"


# ── How much is asked of the database ────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("scope", [TrainingScope.ENROLLMENT, TrainingScope.OCCUPATION_AND_LEVEL])
@pytest.mark.parametrize("size", [1, 5])
def test_facts_take_twelve_queries_at_most_whatever_the_number_of_people_and_classes(scope, size):
    open_training(subsidized_once_per=scope, pass_rate_distance=20)
    classes = [class_with_results(*([True] * size)) for _ in range(size)]
    kept = classes[0].enrollments.first().trainee
    # Somebody who has another row.
    Trainee.objects.filter(pk=enroll(classes[0]).trainee_id).update(merged_into=kept)

    with CaptureQueriesContext(connection) as asked:
        gather_claim_facts([each.pk for each in classes], today=TODAY)

    assert len(asked) <= 12
