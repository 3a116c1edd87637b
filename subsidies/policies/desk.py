"""Who looks at what is stuck."""

from chongqing_dte.foundation.errors import NotPermitted
from institutions.models import User
from subsidies.policies.money import can_see_decisions


def check_can_see_desk(user: User) -> None:
    """Raise NotPermitted unless this person's office looks after what is stuck: the bureau, or a district."""
    if not can_see_decisions(user):
        raise NotPermitted
