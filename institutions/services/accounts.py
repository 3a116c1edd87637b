"""Where institutions are paid to: proposed by the institution, decided by the municipal bureau's finance office."""

from dataclasses import dataclass, replace
from datetime import datetime

from django.db import IntegrityError, transaction

from chongqing_dte.foundation.audit import record_event
from chongqing_dte.foundation.errors import DomainError, InvalidTransition
from chongqing_dte.foundation.jobs import nudge_after_commit
from chongqing_dte.foundation.proposal_steps import decide_proposal
from chongqing_dte.foundation.proposals import RequestStatus
from chongqing_dte.foundation.sentences import gettext as _
from chongqing_dte.foundation.words import one_code, one_line, stated
from institutions import policies, queries
from institutions.models import InstitutionAccount, User
from institutions.rules.accounts import cnaps_is_valid, is_account_shape
from institutions.transitions import ACCOUNT_TRANSITIONS

LONGEST_NAME = 128


@dataclass(frozen=True)
class AccountEntry:
    """An account as somebody typed it: whose it is as the bank knows them, its number, the bank and its CNAPS code."""

    holder_name: str
    number: str
    bank_name: str
    cnaps: str


def propose_institution_account(
    *, institution_id: int, entry: AccountEntry, reason: str, proposer: User, now: datetime
) -> InstitutionAccount:
    """Propose the account that an institution is paid to. Nothing goes there before the bureau has approved it.

    The same account may be proposed again: what the bank returned can then be paid to it. Raises NotPermitted,
    InvalidTransition while another proposal waits, and DomainError if the account cannot be one or no reason is given.
    """
    try:
        return _propose(institution_id, entry, reason, proposer, now)
    except IntegrityError as race:
        if "institution_account_one_proposal" not in str(race):
            raise
        raise InvalidTransition(
            _("An account of this institution waits for approval already."), code="proposed_already"
        ) from race


@transaction.atomic(durable=True)
def approve_institution_account(
    *, account_id: int, decider: User, reason: str, now: datetime
) -> InstitutionAccount:
    """Let an institution be paid to a proposed account from now on. The former one stays with the payments it took.

    Payments that came back are paid to it by themselves. Raises NotPermitted for whoever proposed it, and
    InvalidTransition if it is decided.
    """
    account = _lock_to_decide(account_id, decider)
    InstitutionAccount.objects.filter(
        institution=account.institution_id, status=RequestStatus.APPROVED, replaced_at__isnull=True
    ).update(replaced_at=now)
    _decide(account, RequestStatus.APPROVED, (decider, reason, now))
    nudge_after_commit("bank_account_recorded")
    return account


@transaction.atomic(durable=True)
def refuse_institution_account(
    *, account_id: int, decider: User, reason: str, now: datetime
) -> InstitutionAccount:
    """Refuse a proposed account, for a reason that the institution reads.

    Raises NotPermitted, InvalidTransition if it is decided, and DomainError without a reason.
    """
    account = _lock_to_decide(account_id, decider)
    if not stated(reason):
        raise DomainError(_("Say why it is refused."), code="reason_missing")
    _decide(account, RequestStatus.REFUSED, (decider, reason, now))
    return account


@transaction.atomic(durable=True)
def reveal_institution_account(*, account_id: int, reason: str, viewer: User, now: datetime) -> str:
    """Return the number of an account whole, once. That it was shown is committed before it is.

    Raises NotPermitted, and DomainError without a reason.
    """
    account = queries.lock_institution_account(account_id)
    policies.check_can_reveal_account(viewer)
    if not stated(reason):
        raise DomainError(_("Say why you need to see it."), code="reason_missing")
    record_event(
        "institution_account.revealed", subject=account, actor_id=viewer.pk, at=now, reason=stated(reason)
    )
    return account.number


@transaction.atomic(durable=True)
def _propose(
    institution_id: int, entry: AccountEntry, reason: str, proposer: User, now: datetime
) -> InstitutionAccount:
    policies.check_can_propose_account(proposer, institution_id)
    entry = _checked(entry)
    if not stated(reason):
        raise DomainError(_("Say why the account is given or changed."), code="reason_missing")
    queries.lock_institution(institution_id)
    account = InstitutionAccount.objects.create(
        institution_id=institution_id,
        holder_name=entry.holder_name,
        number=entry.number,
        number_hash=queries.institution_account_hash(entry.number),
        last_four=entry.number[-4:],
        bank_name=entry.bank_name,
        cnaps=entry.cnaps,
        reason=stated(reason),
        proposed_by=proposer,
        proposed_at=now,
    )
    record_event(
        "institution_account.proposed",
        subject=account,
        actor_id=proposer.pk,
        at=now,
        reason=account.reason,
        facts=_facts_of(account),
    )
    return account


def _checked(entry: AccountEntry) -> AccountEntry:
    """Return the entry as it goes into the bank's file. Raises DomainError if it can be no account."""
    entry = replace(
        entry,
        holder_name=one_line(entry.holder_name),
        number=one_code(entry.number).replace(" ", ""),
        bank_name=one_line(entry.bank_name),
        cnaps=one_code(entry.cnaps).replace(" ", ""),
    )
    if not entry.holder_name:
        raise DomainError(_("Give the name that the bank knows the account by."), code="holder_name")
    if not is_account_shape(entry.number):
        raise DomainError(_("An account number has 8 to 32 digits."), code="number")
    if not entry.bank_name:
        raise DomainError(_("Name the bank."), code="bank_name")
    if not cnaps_is_valid(entry.cnaps):
        raise DomainError(_("A CNAPS code has 12 digits."), code="cnaps")
    if max(len(entry.holder_name), len(entry.bank_name)) > LONGEST_NAME:
        raise DomainError(_("The name is too long."), code="holder_name")
    return entry


def _lock_to_decide(account_id: int, decider: User) -> InstitutionAccount:
    """Return a proposed account, locked behind its institution: two that are decided at once come one after another."""
    queries.lock_institution(queries.institution_of_account(account_id))
    account = queries.lock_institution_account(account_id)
    policies.check_can_decide_account(decider, account)
    return account


def _decide(account: InstitutionAccount, target: RequestStatus, decision: tuple[User, str, datetime]) -> None:
    decide_proposal(
        account,
        target,
        event="institution_account",
        table=ACCOUNT_TRANSITIONS,
        decision=decision,
        facts=_facts_of(account),
    )


def _facts_of(account: InstitutionAccount) -> dict[str, str | int]:
    return {"institution": account.institution_id, "ends_in": account.last_four}
