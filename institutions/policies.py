from chongqing_dte.foundation.errors import NotPermitted
from chongqing_dte.foundation.versions import Version
from institutions.enums import EVALUATION_ROLES, Role
from institutions.models import User


def can_set_calendar(user: User) -> bool:
    """Test whether this person says which days are worked. Deadlines follow from it."""
    return user.role == Role.MUNICIPAL_ADMINISTRATOR


def check_can_set_calendar(user: User) -> None:
    """Raise NotPermitted unless this person says which days are worked."""
    if not can_set_calendar(user):
        raise NotPermitted


def can_set_quota(user: User) -> bool:
    """Test whether this person says how many seats of an institution the fund pays for."""
    return user.role == Role.MUNICIPAL_ADMINISTRATOR


def check_can_set_quota(user: User) -> None:
    """Raise NotPermitted unless this person says how many seats of an institution the fund pays for."""
    if not can_set_quota(user):
        raise NotPermitted


def can_accredit(user: User) -> bool:
    """Test whether this person grants and ends accreditations."""
    return user.role == Role.MUNICIPAL_ADMINISTRATOR


def check_can_accredit(user: User) -> None:
    """Raise NotPermitted unless this person grants and ends accreditations."""
    if not can_accredit(user):
        raise NotPermitted


def can_suspend(user: User) -> bool:
    """Test whether this person suspends institutions and lifts it.

    The reviewer judges what came to light, and the administrator acts when no reviewer is there: a suspension must
    not wait for one person. It only stops what is new and takes nothing away, so one person is enough.
    """
    return user.role in (Role.MUNICIPAL_REVIEWER, Role.MUNICIPAL_ADMINISTRATOR)


def check_can_suspend(user: User) -> None:
    """Raise NotPermitted unless this person suspends institutions and lifts it."""
    if not can_suspend(user):
        raise NotPermitted


def can_draft_version(user: User) -> bool:
    """Test whether this person drafts the figures that others work by."""
    return user.role == Role.MUNICIPAL_ADMINISTRATOR


def check_can_draft_version(user: User) -> None:
    """Raise NotPermitted unless this person drafts the figures that others work by."""
    if not can_draft_version(user):
        raise NotPermitted


def can_approve_version(user: User, version: Version) -> bool:
    """Test whether this person approves this draft: a reviewer, and never its author."""
    return user.role == Role.MUNICIPAL_REVIEWER and version.drafted_by_id != user.pk


def check_can_approve_version(user: User, version: Version) -> None:
    """Raise NotPermitted unless this person approves this draft."""
    if not can_approve_version(user, version):
        raise NotPermitted


def can_end_versions(user: User) -> bool:
    """Test whether this person lets an approved version end earlier: those who approve."""
    return user.role == Role.MUNICIPAL_REVIEWER


def check_can_end_versions(user: User) -> None:
    """Raise NotPermitted unless this person lets an approved version end earlier."""
    if not can_end_versions(user):
        raise NotPermitted


def can_publish_fee(user: User, institution_id: int) -> bool:
    """Test whether this person publishes an institution's fees: its own operator, or the bureau for it."""
    if user.role == Role.MUNICIPAL_OPERATOR:
        return True
    return user.role in EVALUATION_ROLES and user.institution_id == institution_id


def check_can_publish_fee(user: User, institution_id: int) -> None:
    """Raise NotPermitted unless this person publishes the institution's fees."""
    if not can_publish_fee(user, institution_id):
        raise NotPermitted


def can_publish_fees(user: User) -> bool:
    """Test whether this person publishes the fees of any institution."""
    return user.role == Role.MUNICIPAL_OPERATOR or user.role in EVALUATION_ROLES


def check_can_publish_fees(user: User) -> None:
    """Raise NotPermitted unless this person publishes the fees of any institution."""
    if not can_publish_fees(user):
        raise NotPermitted


def can_keep_sites(user: User) -> bool:
    """Test whether this person opens and closes the sites of their own institution."""
    return user.role in EVALUATION_ROLES


def check_can_keep_sites(user: User) -> None:
    """Raise NotPermitted unless this person opens and closes the sites of their own institution."""
    if not can_keep_sites(user):
        raise NotPermitted
