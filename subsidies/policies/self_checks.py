from chongqing_dte.foundation.errors import NotPermitted
from institutions.enums import Role
from institutions.models import User

# Whoever sits at a counter, and can see who stands before it.
LINK_ROLES = (Role.MUNICIPAL_OPERATOR, Role.DISTRICT_REVIEWER)


def can_hand_out_links(user: User) -> bool:
    """Test whether this person hands out one-time links to people's own decisions."""
    return user.role in LINK_ROLES


def check_can_hand_out_links(user: User) -> None:
    """Raise NotPermitted unless this person hands out one-time links."""
    if not can_hand_out_links(user):
        raise NotPermitted
