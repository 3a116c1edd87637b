from chongqing_dte.foundation.errors import NotPermitted
from chongqing_dte.foundation.versions import Version
from institutions.enums import DISTRICT_ROLES, EVALUATION_ROLES, MUNICIPAL_ROLES, Role
from institutions.models import Delegation, InstitutionAccount, User


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


def can_propose_account(user: User, institution_id: int) -> bool:
    """Test whether this person says where the institution is paid to: its own manager."""
    return user.role == Role.TRAINING_MANAGER and user.institution_id == institution_id


def check_can_propose_account(user: User, institution_id: int) -> None:
    """Raise NotPermitted unless this person says where the institution is paid to."""
    if not can_propose_account(user, institution_id):
        raise NotPermitted


def can_decide_account(user: User, account: InstitutionAccount) -> bool:
    """Test whether this person decides on a proposed account: the finance office, and never whoever proposed it."""
    return user.role == Role.MUNICIPAL_FINANCE and account.proposed_by_id != user.pk


def check_can_decide_account(user: User, account: InstitutionAccount) -> None:
    """Raise NotPermitted unless this person decides on a proposed account."""
    if not can_decide_account(user, account):
        raise NotPermitted


def can_reveal_account(user: User) -> bool:
    """Test whether this person may see an institution's account number whole: the finance office, with a reason."""
    return user.role == Role.MUNICIPAL_FINANCE


def check_can_reveal_account(user: User) -> None:
    """Raise NotPermitted unless this person may see an institution's account number whole."""
    if not can_reveal_account(user):
        raise NotPermitted


def can_give_delegation(user: User, absent: User) -> bool:
    """Test whether this person says who stands in for an absent one: they themselves, or who leads their office.

    For the municipal bureau that is the administrator. Training and evaluation institutions see to it themselves: who
    works for one does there what the others of the same role do.
    """
    if absent.role in MUNICIPAL_ROLES:
        return user.pk == absent.pk or user.role == Role.MUNICIPAL_ADMINISTRATOR
    if absent.role in DISTRICT_ROLES:
        leads = user.role == Role.DISTRICT_LEAD and user.district_id == absent.district_id
        return user.pk == absent.pk or leads
    return False


def check_can_give_delegation(user: User, absent: User) -> None:
    """Raise NotPermitted unless this person says who stands in for an absent one."""
    if not can_give_delegation(user, absent):
        raise NotPermitted


def can_see_delegations(user: User) -> bool:
    """Test whether this person's office has delegations: the bureaus, who decide."""
    return user.role in (*MUNICIPAL_ROLES, *DISTRICT_ROLES)


def check_can_see_delegations(user: User) -> None:
    """Raise NotPermitted unless this person's office has delegations."""
    if not can_see_delegations(user):
        raise NotPermitted


def can_end_delegation(user: User, delegation: Delegation) -> bool:
    """Test whether this person ends a delegation: whoever may give one like it, and whoever has it."""
    return user.pk == delegation.delegate_id or can_give_delegation(user, delegation.delegator)


def check_can_end_delegation(user: User, delegation: Delegation) -> None:
    """Raise NotPermitted unless this person ends the delegation."""
    if not can_end_delegation(user, delegation):
        raise NotPermitted


def can_see_machines(user: User) -> bool:
    """Test whether this person sees which systems of partners have access: who keeps the accounts, and who audits."""
    return user.role in (Role.MUNICIPAL_ADMINISTRATOR, Role.MUNICIPAL_AUDITOR)


def can_keep_machines(user: User) -> bool:
    """Test whether this person gives systems of partners access, and takes it from them. No machine does."""
    return user.role == Role.MUNICIPAL_ADMINISTRATOR and user.is_active and not user.is_machine
