from datetime import date, timedelta

import pytest

from assessment.models import ProgressCount
from assessment.queries import programme_progress
from assessment.services.progress import refresh_progress
from institutions.models import ProgrammeYear
from tests.clock import NOW
from tests.factories.assessment import AssessmentSessionFactory, AttemptFactory, LevelCertificateFactory
from tests.factories.enrollment import EnrollmentFactory, TrainingClassFactory
from tests.factories.institutions import DistrictFactory, FieldFactory, UserFactory
from tests.factories.subsidies import revoke

pytestmark = pytest.mark.django_db


def refreshed(year=2026):
    refresh_progress(year=year, now=NOW)
    return programme_progress(year)


def figures(progress):
    return (progress.enrolled, progress.completed, progress.certified)


def test_year_without_anybody_counts_nobody():
    assert figures(refreshed()) == (0, 0, 0)


def test_enrolled_completed_and_certified_are_counted_apart():
    EnrollmentFactory()
    EnrollmentFactory(completed=True)
    LevelCertificateFactory()

    assert figures(refreshed()) == (3, 2, 1)


@pytest.mark.parametrize(
    ("status", "enrolled"),
    [("ENROLLED", 1), ("NOT_COMPLETED", 1), ("WITHDRAWN", 0), ("TRANSFERRED", 0)],
)
def test_whoever_left_a_class_is_not_enrolled_there(status, enrolled):
    left = {"left_at": NOW} if status in {"WITHDRAWN", "TRANSFERRED"} else {}
    EnrollmentFactory(status=status, **left)

    assert figures(refreshed()) == (enrolled, 0, 0)


def test_whoever_was_transferred_counts_in_the_new_class_only():
    before = EnrollmentFactory(status="TRANSFERRED", left_at=NOW)
    EnrollmentFactory(trainee=before.trainee, roster_row=None, transferred_from=before)

    progress = refreshed()

    assert progress.enrolled == 1
    assert {line.enrolled for line in progress.by_district} == {0, 1}


def test_two_classes_of_one_person_are_two_enrollments():
    first = EnrollmentFactory(completed=True)
    EnrollmentFactory(
        trainee=first.trainee,
        training_class__institution=first.training_class.institution,
        training_class__occupation=first.training_class.occupation,
        training_class__starts_on=date(2026, 8, 3),
        training_class__ends_on=date(2026, 9, 4),
    )

    assert figures(refreshed()) == (2, 1, 0)


def test_whoever_withdraws_leaves_the_figures_at_the_next_refresh():
    enrollment = EnrollmentFactory()
    before = figures(refreshed())
    enrollment.status, enrollment.left_at = "WITHDRAWN", NOW
    enrollment.save()

    assert (before, figures(refreshed())) == ((1, 0, 0), (0, 0, 0))


def test_failed_attempt_certifies_nobody():
    AttemptFactory(failed=True)

    assert figures(refreshed()) == (1, 1, 0)


@pytest.mark.parametrize("status", ["SUPERSEDED", "REVOKED"])
def test_certificate_that_is_no_longer_valid_certifies_nobody(status):
    LevelCertificateFactory(
        status=status, ended_by=UserFactory(municipal_reviewer=True), ended_at=NOW, end_reason="Lost."
    )

    assert figures(refreshed()) == (1, 1, 0)


def test_revoked_certificate_leaves_the_figures_at_the_next_refresh():
    certificate = LevelCertificateFactory()
    before = figures(refreshed())
    revoke(certificate)

    assert (before, figures(refreshed())) == ((1, 1, 1), (1, 1, 0))


def test_person_with_two_attempts_counts_once():
    failed = AttemptFactory(failed=True)
    session = AssessmentSessionFactory(
        occupation=failed.session.occupation, institution=failed.session.institution, recorded=True
    )
    LevelCertificateFactory(attempt=AttemptFactory(session=session, enrollment=failed.enrollment))

    assert figures(refreshed()) == (1, 1, 1)


@pytest.mark.parametrize(
    ("starts_on", "counted"),
    [(date(2025, 12, 31), 0), (date(2026, 1, 1), 1), (date(2026, 12, 31), 1), (date(2027, 1, 1), 0)],
)
def test_class_counts_in_the_year_in_which_it_starts(starts_on, counted):
    training_class = TrainingClassFactory(
        confirmed=True, starts_on=starts_on, ends_on=starts_on + timedelta(days=60)
    )
    EnrollmentFactory(training_class=training_class)

    assert refreshed().enrolled == counted


def test_lines_of_fields_and_districts_add_up_to_the_whole():
    EnrollmentFactory.create_batch(3)

    progress = refreshed()

    assert sum(line.enrolled for line in progress.by_field) == progress.enrolled == 3
    assert sum(line.enrolled for line in progress.by_district) == progress.enrolled


def test_key_field_without_anybody_is_shown():
    FieldFactory(code="quantum", is_key=True)

    assert ("quantum", 0) in [(line.code, line.enrolled) for line in refreshed().by_field]


def test_retired_district_is_shown_as_long_as_people_count_there():
    with_people = EnrollmentFactory().training_class.district
    without = DistrictFactory()
    for district in (with_people, without):
        district.in_force = (date(2025, 1, 1), date(2026, 6, 1))
        district.save()

    codes = [line.code for line in refreshed().by_district]

    assert with_people.code in codes
    assert without.code not in codes


def test_target_is_that_of_the_year():
    ProgrammeYear.objects.create(year=2026, target=3000, source="the Plan")

    assert (refreshed().target, programme_progress(2027).target) == (3000, 0)


def test_page_says_how_fresh_its_figures_are():
    EnrollmentFactory()

    assert refreshed().refreshed_at == NOW


def test_second_refresh_changes_nothing_but_the_time():
    EnrollmentFactory()
    before = refreshed()

    refresh_progress(year=2026, now=NOW + timedelta(minutes=1))

    assert figures(programme_progress(2026)) == figures(before)
    assert ProgressCount.objects.get().refreshed_at == NOW + timedelta(minutes=1)


def test_figures_cost_the_same_however_many_people_there_are(django_assert_num_queries):
    EnrollmentFactory.create_batch(3)
    refresh_progress(year=2026, now=NOW)

    with django_assert_num_queries(6):
        programme_progress(2026)
