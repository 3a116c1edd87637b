from datetime import timedelta

import pytest

from enrollment.views.next_steps import next_step_of
from institutions.enums import Role
from tests.clock import NOW
from tests.factories.enrollment import TrainingClassFactory
from tests.factories.institutions import UserFactory

pytestmark = pytest.mark.django_db
TODAY = NOW.date()


def route_for(user, training_class, today=TODAY):
    step = next_step_of(user, training_class, today)
    return step.route if step else None


@pytest.mark.parametrize(
    ("state", "days_to_the_end", "route"),
    [
        ("draft", 30, None),
        ("confirmed", 30, "class-rosters"),
        ("running", 30, "class-rosters"),
        ("locked", 30, "class-attendance"),
        ("locked", 1, "class-attendance"),
        ("locked", 0, "class-complete"),
        ("completed", 0, "class-certificates"),
    ],
)
def test_institution_is_led_to_what_it_does_next(state, days_to_the_end, route):
    training_class = TrainingClassFactory(**{state: True}, ends_on=TODAY + timedelta(days=days_to_the_end))

    assert route_for(training_class.drafted_by, training_class) == route


@pytest.mark.parametrize(
    ("state", "route"), [("confirmed", None), ("locked", None), ("completed", "class-certificates")]
)
def test_bureau_is_led_to_nothing_that_the_institution_does(state, route):
    training_class = TrainingClassFactory(**{state: True}, ends_on=TODAY)
    reviewer = UserFactory(district_reviewer=True, district=training_class.district)

    assert reviewer.role == Role.DISTRICT_REVIEWER
    assert route_for(reviewer, training_class) == route
