from typing import Any

from django import template
from django.utils import timezone

from institutions.enums import Role
from institutions.models import User
from subsidies import policies, queries

register = template.Library()


@register.simple_tag(takes_context=True)
def waiting_for_me(context: Any) -> str:
    """Return how much is stuck until this person acts; nothing for whoever has nothing to do."""
    user = getattr(getattr(context, "request", None), "user", None)
    if (
        not isinstance(user, User)
        or not policies.can_see_decisions(user)
        or user.role == Role.MUNICIPAL_AUDITOR
    ):
        return ""
    count = queries.waiting_count(queries.Desk(user, timezone.now()))
    if count > queries.MANY_WAITING:
        return f"{queries.MANY_WAITING}+"
    return str(count) if count else ""
