"""Results of people with two rows: a former ID number leads to the same person."""

from datetime import date

import pytest

from assessment.enums import ResultsStatus
from assessment.models import Attempt, LevelCertificate
from enrollment.models import Enrollment, Trainee
from enrollment.queries import completed_enrollments, id_number_hash, persons_by_hash, rows_of_persons
from tests.assessment.result_lists import absent, codes, list_of, passed
from tests.assessment.result_lists import record as record_list
from tests.factories.assessment import AssessmentSessionFactory, admit
from tests.factories.enrollment import EnrollmentFactory, TraineeFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def session():
    return AssessmentSessionFactory()


def completed(session, trainee) -> Enrollment:
    return EnrollmentFactory(
        completed=True,
        trainee=trainee,
        training_class__occupation=session.occupation,
        training_class__level=session.level,
    )


def record(session, *lines):
    return record_list(session, list_of(*lines))


def line_of(enrollment, number, *, as_known: Trainee):
    """Return a passed line that names the person as this row of theirs does."""
    return {**passed(enrollment, number), "id_number": as_known.id_number, "name": as_known.name}


@pytest.mark.parametrize("enrolled", ["kept", "merged"])
@pytest.mark.parametrize("named", ["kept", "merged"])
def test_either_id_number_finds_the_enrollment_of_either_row(session, enrolled, named):
    kept = TraineeFactory()
    rows = {"kept": kept, "merged": TraineeFactory(merged_into=kept)}
    enrollment = completed(session, rows[enrolled])
    admit(session, enrollment)

    record(session, line_of(enrollment, 1, as_known=rows[named]))

    attempt = Attempt.objects.get()
    assert (attempt.enrollment, attempt.trainee) == (enrollment, rows[enrolled])
    assert LevelCertificate.objects.get().trainee == rows[enrolled]


def test_another_name_is_refused_though(session):
    kept = TraineeFactory()
    TraineeFactory(merged_into=kept)
    enrollment = completed(session, kept)
    admit(session, enrollment)

    upload = record(session, {**passed(enrollment, 1), "name": "欧阳别人"})

    assert codes(upload) == {(2, "name", "name_differs")}


def test_one_person_under_two_numbers_sits_once(session):
    kept = TraineeFactory()
    merged = TraineeFactory(merged_into=kept)
    enrollment = completed(session, kept)

    admit(session, enrollment)

    upload = record(session, line_of(enrollment, 1, as_known=kept), line_of(enrollment, 2, as_known=merged))

    assert codes(upload) == {(2, "id_number", "candidate_repeated"), (3, "id_number", "candidate_repeated")}
    assert not Attempt.objects.exists()


@pytest.mark.parametrize("is_absent", [True, False], ids=["came once", "came twice"])
def test_one_person_who_was_admitted_as_two_came_once(session, is_absent):
    kept, merged = TraineeFactory.create_batch(2)
    first, second = completed(session, kept), completed(session, merged)
    admit(session, first, second)
    Trainee.objects.filter(pk=merged.pk).update(merged_into=kept)

    upload = record(session, passed(first, 1), absent(second) if is_absent else passed(second, 2))

    if is_absent:
        assert upload.status == ResultsStatus.RECORDED
        assert Attempt.objects.get(outcome="ABSENT").trainee == merged
    else:
        assert {code for _row, _column, code in codes(upload)} == {"person_sat_twice"}


def test_two_people_stay_two(session):
    first, second = TraineeFactory.create_batch(2)
    enrollments = [completed(session, first), completed(session, second)]
    admit(session, *enrollments)

    record(session, *(passed(enrollment, number) for number, enrollment in enumerate(enrollments)))

    assert {attempt.trainee for attempt in Attempt.objects.all()} == {first, second}


def test_the_latest_class_of_the_person_counts(session):
    kept = TraineeFactory()
    merged = TraineeFactory(merged_into=kept)
    completed(session, kept)
    later = EnrollmentFactory(
        completed=True,
        trainee=merged,
        training_class__occupation=session.occupation,
        training_class__level=session.level,
        training_class__starts_on=date(2026, 7, 1),
        training_class__ends_on=date(2026, 7, 5),
    )

    hashes = [id_number_hash(trainee.id_number) for trainee in (kept, merged)]
    found = completed_enrollments(occupation_id=session.occupation_id, level=session.level, hashes=hashes)

    assert found == dict.fromkeys(hashes, later)


def test_finding_people_costs_the_same_for_many(django_assert_num_queries, session):
    trainees = TraineeFactory.create_batch(4)
    hashes = [trainee.id_number_hash for trainee in trainees]

    for asked in (hashes[:1], hashes):
        with django_assert_num_queries(4):
            completed_enrollments(occupation_id=session.occupation_id, level=session.level, hashes=asked)
    assert set(persons_by_hash(hashes)) == set(hashes)
    assert rows_of_persons([]) == {}
