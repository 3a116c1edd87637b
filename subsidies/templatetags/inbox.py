from typing import Any

from django import template

from institutions.models import User
from subsidies import policies, queries

register = template.Library()


@register.simple_tag(takes_context=True)
def unread_messages(context: Any) -> str | None:
    """Return how many messages to this person's office nobody has read, or None for whoever has no inbox."""
    user = getattr(getattr(context, "request", None), "user", None)
    if not isinstance(user, User) or not policies.can_have_inbox(user):
        return None
    count = queries.unread_count(user)
    return f"{queries.MANY_UNREAD}+" if count > queries.MANY_UNREAD else str(count)
