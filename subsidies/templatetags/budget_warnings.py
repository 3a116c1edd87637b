from typing import Any

from django import template

from institutions.models import User
from subsidies import policies, queries
from subsidies.budget_words import queue_text

register = template.Library()


@register.simple_tag(takes_context=True)
def budget_warning(context: Any) -> str:
    """Return what waits for budget, to whoever sees the money; nothing to anybody else, or if nothing does."""
    user = getattr(getattr(context, "request", None), "user", None)
    if not isinstance(user, User) or not policies.can_see_money(user):
        return ""
    return queue_text(queries.everybody_waiting_for_budget())
