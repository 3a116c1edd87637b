import pytest

from chongqing_dte.foundation.lookups import Among
from enrollment.models import Enrollment, Trainee
from tests.factories.enrollment import EnrollmentFactory, TraineeFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("container", [list, set, tuple])
def test_rows_with_one_of_many_hashes_are_found(container):
    first, second, _third = TraineeFactory.create_batch(3)

    found = Trainee.objects.filter(
        id_number_hash__one_of=container([first.id_number_hash, second.id_number_hash])
    )

    assert set(found) == {first, second}


def test_no_hash_finds_nobody():
    TraineeFactory()

    assert not Trainee.objects.filter(id_number_hash__one_of=[]).exists()


def test_a_thousand_hashes_are_one_parameter():
    statement, parameters = Trainee.objects.filter(
        id_number_hash__one_of=["ab"] * 1000
    ).query.sql_with_params()

    assert len(parameters) == 1
    assert statement.count("%s") == 1


@pytest.mark.parametrize("container", [list, set, iter])
def test_rows_with_one_of_many_ids_are_found(container):
    first, second, _third = TraineeFactory.create_batch(3)

    found = Trainee.objects.filter(Among("pk", container([first.pk, second.pk])))

    assert set(found) == {first, second}


def test_rows_beside_one_of_many_ids_are_left():
    first, second, third = TraineeFactory.create_batch(3)

    assert set(Trainee.objects.exclude(Among("pk", [first.pk, second.pk]))) == {third}


def test_no_id_finds_nobody():
    TraineeFactory()

    assert not Trainee.objects.filter(Among("pk", [])).exists()


def test_an_id_of_another_table_finds_who_points_at_it():
    enrollment, _other = EnrollmentFactory.create_batch(2)

    found = Enrollment.objects.filter(Among("trainee_id", [enrollment.trainee_id]))

    assert list(found) == [enrollment]


def test_a_thousand_ids_are_one_parameter():
    statement, parameters = Trainee.objects.filter(Among("pk", range(1000))).query.sql_with_params()

    assert len(parameters) == 1
    assert statement.count("%s") == 1
