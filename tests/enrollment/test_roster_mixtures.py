from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from enrollment.models import BankAccount, Enrollment, Trainee
from enrollment.queries import rosters
from enrollment.services import roster_checks
from tests.enrollment.rosters import (
    check,
    confirm,
    person,
    sent,
)

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

BAD_MOBILE = {"mobile": "123"}
NO_ACCOUNT = {"bank_account": "", "bank_name": "", "bank_cnaps": ""}


BAD_ROWS = [
    {"mobile": "123"},
    {"id_number": "500101200305010000"},
    {"name": ""},
    {"category": "x"},
    {"graduated_on": "soon"},
    {"education": "BELOW_ASSOCIATE"},
    {"bank_cnaps": "12"},
]


# Every example has people of its own: what an earlier one put in stays there until the test ends.
NUMBERS = count(100)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    mixture=st.lists(st.none() | st.sampled_from(BAD_ROWS), min_size=1, max_size=12),
    rows_at_once=st.sampled_from([1, 2, 5_000]),
)
def test_any_mixture_of_good_and_bad_rows_ends_with_exactly_the_good_ones_in(
    mixture, rows_at_once, monkeypatch
):
    monkeypatch.setattr(roster_checks, "ROWS_AT_ONCE", rows_at_once)
    monkeypatch.setattr(rosters, "ROWS_READ_AT_ONCE", rows_at_once)
    people = [person(next(NUMBERS), **(bad or {})) for bad in mixture]
    good = {cells["id_number"] for cells, bad in zip(people, mixture, strict=True) if bad is None}
    known_before = Trainee.objects.count()

    upload = check(sent(None, *people))
    if good:
        confirm(upload)

    enrolled = Enrollment.objects.filter(training_class=upload.training_class).select_related("trainee")
    assert {enrollment.trainee.id_number for enrollment in enrolled} == good
    assert Trainee.objects.count() - known_before == len(enrolled) == len(good)
    assert BankAccount.objects.filter(trainee__enrollments__in=enrolled).count() == len(good)
    assert (upload.new_count, upload.refused_count) == (len(good), len(mixture) - len(good))
