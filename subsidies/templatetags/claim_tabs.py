from collections.abc import Callable
from typing import Any

from django import template
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from institutions.enums import TRAINING_ROLES
from institutions.models import User
from subsidies.policies import can_see_claim_queue
from subsidies.policies.claims import can_see_claims
from subsidies.templatetags.money_tabs import MoneyTab

register = template.Library()


def _is_paid_to(user: User) -> bool:
    return user.role in TRAINING_ROLES


# The pages about claims: what a page is called, its route, and who works with it.
PAGES: tuple[tuple[Promise, str, Callable[[User], bool]], ...] = (
    (gettext_lazy("Claims to review"), "claim-queue", can_see_claim_queue),
    (gettext_lazy("Claims"), "claim-list", can_see_claims),
    (gettext_lazy("Advances"), "advance-list", can_see_claims),
    (gettext_lazy("Statement of claims"), "claim-statement", can_see_claims),
    (gettext_lazy("Our account"), "institution-account", _is_paid_to),
)


@register.simple_tag(takes_context=True)
def claim_pages(context: Any, current: str) -> list[MoneyTab]:
    """Return the pages about claims that this person works with; `current` is the route of the one shown."""
    user = getattr(getattr(context, "request", None), "user", None)
    if not isinstance(user, User):
        return []
    return [
        MoneyTab(str(label), reverse(route), route == current)
        for label, route, works_with in PAGES
        if works_with(user)
    ]
