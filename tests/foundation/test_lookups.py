import pytest

from enrollment.models import Trainee
from tests.factories.enrollment import TraineeFactory

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
