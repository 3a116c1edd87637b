from datetime import date

import pytest
from django.db.backends.postgresql.psycopg_any import DateRange

from institutions.enums import AccreditationKind, Level
from institutions.queries import fee_schedules_of, is_accredited
from tests.factories.institutions import AccreditationFactory, FeeScheduleFactory, InstitutionFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def accreditation():
    return AccreditationFactory(in_force=DateRange(date(2026, 1, 1), date(2027, 1, 1)))


def asked(accreditation, **changed):
    question = {
        "institution_id": accreditation.institution_id,
        "kind": AccreditationKind.TRAINING,
        "occupation_id": accreditation.occupation_id,
        "level": Level.JUNIOR,
        "on": date(2026, 6, 1),
    }
    return is_accredited(**{**question, **changed})


@pytest.mark.parametrize(
    ("day", "answer"),
    [
        (date(2025, 12, 31), False),
        (date(2026, 1, 1), True),
        (date(2026, 12, 31), True),
        (date(2027, 1, 1), False),
    ],
)
def test_accreditation_holds_from_its_first_day_to_the_day_before_its_end(accreditation, day, answer):
    assert asked(accreditation, on=day) is answer


@pytest.mark.parametrize(
    "changed",
    [
        {"kind": AccreditationKind.EVALUATION},
        {"level": Level.SENIOR},
        {"occupation_id": 0},
        {"institution_id": 0},
    ],
    ids=["kind", "level", "occupation", "institution"],
)
def test_accreditation_is_for_one_thing(accreditation, changed):
    assert asked(accreditation, **changed) is False


def test_fee_schedules_are_those_of_the_institutions_asked_for():
    mine = FeeScheduleFactory()
    FeeScheduleFactory(institution=InstitutionFactory())

    assert fee_schedules_of({mine.institution_id}) == [mine]
