"""When a status may change. The tables themselves live in each app's transitions.py."""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from django.db.models import TextChoices

from chongqing_dte.foundation.errors import InvalidTransition
from chongqing_dte.foundation.sentences import gettext_lazy as _

Status = TypeVar("Status", bound=TextChoices | StrEnum)
Transitions = Mapping[Status, frozenset[Status]]


def check_transition(table: Transitions[Status], *, current: Status, target: Status) -> None:
    """Raise InvalidTransition unless the table lets `current` become `target`."""
    if target == current:
        raise InvalidTransition(
            _("This is %(current)s already: somebody has done it before you.")
            % {"current": getattr(current, "label", current)}
        )
    if target not in table[current]:
        raise InvalidTransition(
            _("This is %(current)s and cannot become %(target)s.")
            % {"current": getattr(current, "label", current), "target": getattr(target, "label", target)}
        )
