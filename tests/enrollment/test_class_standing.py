"""What an institution and the body that is to assess must be allowed to do on the days of a class."""

from datetime import date, timedelta

import pytest
from django.db.backends.postgresql.psycopg_any import DateRange

from enrollment.enums import ClassStatus
from institutions.enums import AccreditationKind
from institutions.models import Accreditation
from tests.clock import NOW
from tests.enrollment.filings import ENDS_ON, STARTS_ON, codes_of_filing, draft_to_file, file_it
from tests.factories.filings import SuspendedFactory
from tests.factories.institutions import AccreditationFactory, UserFactory

pytestmark = pytest.mark.django_db

TODAY = NOW.date()


def end_accreditations(institution, on):
    for accreditation in Accreditation.objects.filter(institution=institution):
        accreditation.in_force = DateRange(accreditation.in_force.lower, on)
        accreditation.save()


def test_institution_suspended_on_the_day_of_filing_files_nothing():
    training_class = draft_to_file()
    SuspendedFactory(institution=training_class.institution)

    assert codes_of_filing(training_class) == ["institution_suspended"]


@pytest.mark.parametrize("lifted", [False, True])
def test_institution_suspended_on_the_first_day_of_the_class_files_nothing(lifted):
    training_class = draft_to_file()
    lifting = {"lifted_by": UserFactory(municipal_reviewer=True), "lifted_at": NOW, "lift_reason": "Settled."}
    SuspendedFactory(
        institution=training_class.institution,
        in_force=DateRange(STARTS_ON, STARTS_ON + timedelta(days=1)),
        **(lifting if lifted else {}),
    )

    if lifted:
        assert file_it(training_class).status == ClassStatus.FILED
    else:
        assert codes_of_filing(training_class) == ["institution_suspended"]


@pytest.mark.parametrize(
    ("days", "codes"),
    [
        pytest.param((TODAY, TODAY + timedelta(days=1)), ["evaluator_suspended"], id="today"),
        pytest.param((ENDS_ON, None), ["evaluator_suspended"], id="when the class ends"),
        pytest.param((TODAY - timedelta(days=9), TODAY), [], id="until yesterday"),
    ],
)
def test_suspended_body_is_not_intended_to_assess(days, codes):
    training_class = draft_to_file()
    SuspendedFactory(institution=training_class.intended_evaluator, in_force=DateRange(*days))

    if codes:
        assert codes_of_filing(training_class) == codes
    else:
        assert file_it(training_class).status == ClassStatus.FILED


@pytest.mark.parametrize(
    ("gap", "codes"), [(0, []), (1, ["not_accredited"])], ids=["without a gap", "with a gap"]
)
def test_accreditations_that_follow_each_other_count_together(gap, codes):
    training_class = draft_to_file()
    middle = STARTS_ON + timedelta(days=20)
    end_accreditations(training_class.institution, middle)
    AccreditationFactory(
        institution=training_class.institution,
        occupation=training_class.occupation,
        in_force=DateRange(middle + timedelta(days=gap), None),
    )

    if codes:
        assert codes_of_filing(training_class) == codes
    else:
        assert file_it(training_class).status == ClassStatus.FILED


def test_class_that_never_ends_is_not_filed():
    training_class = draft_to_file(
        ends_on=date(9999, 12, 31),
        to_train={"in_force": DateRange(date(2026, 1, 1), None)},
        to_assess={"in_force": DateRange(date(2026, 1, 1), None)},
    )

    assert codes_of_filing(training_class) == ["class_too_long"]


def test_past_suspension_is_no_obstacle():
    training_class = draft_to_file()
    SuspendedFactory(
        institution=training_class.institution, in_force=DateRange(date(2026, 9, 1), date(2026, 10, 20))
    )

    assert file_it(training_class).status == ClassStatus.FILED


@pytest.mark.parametrize(
    "ends", [STARTS_ON, ENDS_ON], ids=["before the first day", "between the first day and the last"]
)
def test_accreditation_that_lapses_before_the_class_is_over_is_not_enough(ends):
    training_class = draft_to_file()
    end_accreditations(training_class.institution, ends)

    assert codes_of_filing(training_class) == ["not_accredited"]


def test_accreditation_up_to_the_last_day_is_enough():
    training_class = draft_to_file()
    end_accreditations(training_class.institution, ENDS_ON + timedelta(days=1))

    assert file_it(training_class).status == ClassStatus.FILED


def test_accreditation_for_one_direction_covers_no_other():
    training_class = draft_to_file(direction="计算机视觉", to_train={"direction": "自然语言处理"})

    assert codes_of_filing(training_class) == ["not_accredited"]


def test_evaluator_must_be_accredited_when_the_class_ends():
    training_class = draft_to_file()
    end_accreditations(training_class.intended_evaluator, ENDS_ON)

    assert codes_of_filing(training_class) == ["evaluator_not_accredited"]


def test_accreditation_to_train_is_none_to_assess():
    training_class = draft_to_file(to_assess={"kind": AccreditationKind.TRAINING})

    assert codes_of_filing(training_class) == ["evaluator_not_accredited"]
