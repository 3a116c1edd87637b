from dataclasses import dataclass
from typing import Any

from django import template
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from assessment.policies import can_see_signals
from institutions.enums import DISTRICT_ROLES, EVALUATION_ROLES, MUNICIPAL_ROLES
from institutions.models import User

register = template.Library()

CERTIFICATES = (gettext_lazy("Level certificates"), "level-certificate-list")
SIGNALS = (gettext_lazy("Integrity signals"), "signal-list")
FEES = (gettext_lazy("Assessment fees"), "fee-list")
POLICIES = (gettext_lazy("Assessment policies"), "assessment-policy-list")
LISTS = (
    (gettext_lazy("Assessment sessions"), "session-list"),
    CERTIFICATES,
    (gettext_lazy("Reviews"), "review-list"),
    (gettext_lazy("Result corrections"), "correction-list"),
    (gettext_lazy("Revocations"), "revocation-list"),
    SIGNALS,
    FEES,
    (gettext_lazy("Assessment sites"), "site-list"),
    POLICIES,
)


@dataclass(frozen=True)
class Tab:
    label: str
    url: str
    is_current: bool


@register.simple_tag(takes_context=True)
def assessment_lists(context: Any, current: str) -> list[Tab]:
    """Return the lists of the assessments that this person works with; `current` is the route of the one shown."""
    user = getattr(getattr(context, "request", None), "user", None)
    return [Tab(str(label), reverse(route), route == current) for label, route in _lists_for(user)]


def _lists_for(user: User | None) -> list[tuple[Promise, str]]:
    role = getattr(user, "role", None)
    if user is None or role is None:
        return []
    if role in DISTRICT_ROLES:
        return [CERTIFICATES, FEES]
    if role in EVALUATION_ROLES:
        return [place for place in LISTS if place not in (SIGNALS, POLICIES)]
    if role in MUNICIPAL_ROLES:
        return [place for place in LISTS if place != SIGNALS or can_see_signals(user)]
    return []
