from chongqing_dte.foundation.errors import NotPermitted
from institutions.enums import DISTRICT_ROLES, MUNICIPAL_ROLES, Role
from institutions.models import User
from subsidies.models import PaymentBatch, PolicyVersion


def can_see_decisions(user: User) -> bool:
    """Test whether this person's office looks into decisions on certificates."""
    return user.role in (*MUNICIPAL_ROLES, *DISTRICT_ROLES)


def can_see_money(user: User) -> bool:
    """Test whether this person sees batches, budget and journal, which belong to no single district."""
    return user.role in MUNICIPAL_ROLES


def can_release_batches(user: User) -> bool:
    """Test whether this person signs for money to leave."""
    return user.role == Role.MUNICIPAL_FINANCE


def can_release(user: User, batch: PaymentBatch) -> bool:
    """Test whether this person may add the next signature to this batch: each of the two is somebody else's."""
    return can_release_batches(user) and batch.first_released_by_id != user.pk


def check_can_release(user: User, batch: PaymentBatch) -> None:
    """Raise NotPermitted unless this person may add the next signature to this batch."""
    if not can_release(user, batch):
        raise NotPermitted


def can_draft_policy(user: User) -> bool:
    """Test whether this person drafts policy versions and budgets."""
    return user.role == Role.MUNICIPAL_ADMINISTRATOR


def check_can_draft_policy(user: User) -> None:
    """Raise NotPermitted unless this person drafts policy versions and budgets."""
    if not can_draft_policy(user):
        raise NotPermitted


def can_approve_policy(user: User, version: PolicyVersion) -> bool:
    """Test whether this person approves this draft: a reviewer, and never its author."""
    return user.role == Role.MUNICIPAL_REVIEWER and version.drafted_by_id != user.pk


def check_can_approve_policy(user: User, version: PolicyVersion) -> None:
    """Raise NotPermitted unless this person approves this draft."""
    if not can_approve_policy(user, version):
        raise NotPermitted
