from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import template
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from institutions.models import User
from subsidies.policies import (
    can_see_budgets,
    can_see_claim_queue,
    can_see_decisions,
    can_see_money,
    can_see_other_subsidies,
)

register = template.Library()

# The pages about money, in the order of the money's way: what a page is called, its route, and who works with it.
PAGES: tuple[tuple[Promise, str, Callable[[User], bool]], ...] = (
    (gettext_lazy("What is stuck"), "subsidy-desk", can_see_decisions),
    (gettext_lazy("Claims to review"), "claim-queue", can_see_claim_queue),
    (gettext_lazy("Decisions"), "certificate-list", can_see_decisions),
    (gettext_lazy("Public notices"), "notice-list", can_see_decisions),
    (gettext_lazy("Objections"), "objection-list", can_see_decisions),
    (gettext_lazy("Payment batches"), "batch-list", can_see_money),
    (gettext_lazy("Bank results"), "bank-result-list", can_see_money),
    (gettext_lazy("Recoveries"), "recovery-list", can_see_money),
    (gettext_lazy("Budgets"), "budget-list", can_see_budgets),
    (gettext_lazy("Statements"), "statement", can_see_budgets),
    (gettext_lazy("Reconciliation"), "reconciliation", can_see_money),
    (gettext_lazy("Other subsidies"), "other-subsidy-list", can_see_other_subsidies),
    (gettext_lazy("Accounts of institutions"), "institution-account-list", can_see_money),
    (gettext_lazy("Subsidy policies"), "policy-version-list", can_see_decisions),
    (gettext_lazy("Training policies"), "training-policy-list", can_see_decisions),
    (gettext_lazy("Bank formats"), "bank-format-list", can_see_money),
)


@dataclass(frozen=True)
class MoneyTab:
    label: str
    url: str
    is_current: bool


@register.simple_tag(takes_context=True)
def money_pages(context: Any, current: str) -> list[MoneyTab]:
    """Return the pages about money that this person works with; `current` is the route of the one shown."""
    user = getattr(getattr(context, "request", None), "user", None)
    if not isinstance(user, User):
        return []
    return [
        MoneyTab(str(label), reverse(route), route == current)
        for label, route, works_with in PAGES
        if works_with(user)
    ]
