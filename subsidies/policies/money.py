from collections.abc import Collection

from chongqing_dte.foundation.errors import NotPermitted
from chongqing_dte.foundation.sentences import gettext as _
from institutions.enums import DISTRICT_ROLES, MUNICIPAL_ROLES, Role
from institutions.models import User
from subsidies.models import PaymentBatch


def can_see_decisions(user: User) -> bool:
    """Test whether this person's office looks into decisions on certificates."""
    return user.role in (*MUNICIPAL_ROLES, *DISTRICT_ROLES)


def can_see_money(user: User) -> bool:
    """Test whether this person sees batches, budget and journal, which belong to no single district."""
    return user.role in MUNICIPAL_ROLES


def check_can_see_money(user: User) -> None:
    """Raise NotPermitted unless this person sees what belongs to no single district."""
    if not can_see_money(user):
        raise NotPermitted


def can_release_batches(user: User) -> bool:
    """Test whether this person signs for money to leave."""
    return user.role == Role.MUNICIPAL_FINANCE


def can_release(user: User, batch: PaymentBatch) -> bool:
    """Test whether this person may add the next signature to this batch: each of the two is somebody else's."""
    return can_release_batches(user) and batch.first_released_by_id != user.pk


def is_behind_its_claims(user: User, behind: Collection[int]) -> bool:
    """Test whether this person submitted, reviewed, recommended or confirmed a claim in a batch; `behind` all did."""
    return user.pk in behind


def check_is_not_behind_its_claims(user: User, behind: Collection[int]) -> None:
    """Raise NotPermitted for whoever answers for a claim in the batch: somebody else lets its money go."""
    if is_behind_its_claims(user, behind):
        raise NotPermitted(
            _(
                "You submitted, reviewed, recommended or confirmed a claim in this batch. Somebody else releases it."
            )
        )


def check_can_release(user: User, batch: PaymentBatch) -> None:
    """Raise NotPermitted unless this person may add the next signature to this batch."""
    if not can_release(user, batch):
        raise NotPermitted
