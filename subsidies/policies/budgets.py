from chongqing_dte.foundation.errors import NotPermitted
from institutions.enums import DISTRICT_ROLES, MUNICIPAL_ROLES, Role
from institutions.models import User
from subsidies.models import BudgetChange


def can_see_budgets(user: User) -> bool:
    """Test whether this person sees budgets and statements: the city all of them, a district its own."""
    return user.role in (*MUNICIPAL_ROLES, *DISTRICT_ROLES)


def can_propose_budget_change(user: User) -> bool:
    """Test whether this person proposes what is allotted."""
    return user.role == Role.MUNICIPAL_ADMINISTRATOR


def check_can_propose_budget_change(user: User) -> None:
    """Raise NotPermitted unless this person proposes what is allotted."""
    if not can_propose_budget_change(user):
        raise NotPermitted


def can_decide_budget_changes(user: User) -> bool:
    """Test whether this person decides what others proposed to allot."""
    return user.role == Role.MUNICIPAL_REVIEWER


def can_decide_budget_change(user: User, change: BudgetChange) -> bool:
    """Test whether this person decides this change: a reviewer, and never whoever proposed it."""
    return can_decide_budget_changes(user) and change.proposed_by_id != user.pk


def check_can_decide_budget_change(user: User, change: BudgetChange) -> None:
    """Raise NotPermitted unless this person decides this change."""
    if not can_decide_budget_change(user, change):
        raise NotPermitted
