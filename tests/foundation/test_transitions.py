from enum import StrEnum

import pytest

from chongqing_dte.foundation.errors import InvalidTransition
from chongqing_dte.foundation.transitions import check_transition
from enrollment.enums import ClassStatus
from enrollment.transitions import CLASS_TRANSITIONS


class Light(StrEnum):
    RED = "red"
    GREEN = "green"


TABLE = {Light.RED: frozenset({Light.GREEN}), Light.GREEN: frozenset()}


def test_transition_in_the_table_is_let_through():
    check_transition(TABLE, current=Light.RED, target=Light.GREEN)


@pytest.mark.parametrize(
    ("current", "target"), [(Light.GREEN, Light.RED), (Light.RED, Light.RED), (Light.GREEN, Light.GREEN)]
)
def test_transition_outside_the_table_is_refused(current, target):
    with pytest.raises(InvalidTransition):
        check_transition(TABLE, current=current, target=target)


def test_refusal_names_both_statuses_in_words():
    with pytest.raises(InvalidTransition) as refusal:
        check_transition(CLASS_TRANSITIONS, current=ClassStatus.COMPLETED, target=ClassStatus.FILED)

    assert str(ClassStatus.COMPLETED.label) in str(refusal.value)
    assert str(ClassStatus.FILED.label) in str(refusal.value)
