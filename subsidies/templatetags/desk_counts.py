from typing import Any

from django import template
from django.conf import settings
from django.utils import timezone

from chongqing_dte.foundation.kept import kept_number
from institutions.enums import Role
from institutions.models import User
from subsidies import policies, queries

register = template.Library()


@register.simple_tag(takes_context=True)
def waiting_for_me(context: Any) -> str:
    """Return how much is stuck until this person acts; nothing for whoever has nothing to do.

    It may be some seconds old, but not on the page that says to somebody what they have just done.
    """
    request: Any = getattr(context, "request", None)
    user = getattr(request, "user", None)
    if (
        not isinstance(user, User)
        or not policies.can_see_decisions(user)
        or user.role == Role.MUNICIPAL_AUDITOR
    ):
        return ""
    count = kept_number(
        f"desk:{user.pk}",
        seconds=settings.DESK_NUMBER_SECONDS,
        count=lambda: queries.waiting_count(queries.Desk(user, timezone.now())),
        anew=request.method == "POST" or bool(context.get("messages")),
    )
    if count > queries.MANY_WAITING:
        return f"{queries.MANY_WAITING}+"
    return str(count) if count else ""
