"""The account that a person is paid to, replaced in the transaction of whoever knows why."""

from dataclasses import dataclass, replace
from datetime import datetime

from chongqing_dte.foundation.audit import record_event
from chongqing_dte.foundation.errors import DomainError
from chongqing_dte.foundation.jobs import nudge_after_commit
from chongqing_dte.foundation.sentences import gettext as _
from chongqing_dte.foundation.tabular import clean_text
from enrollment import queries
from enrollment.enums import AccountSource
from enrollment.models import BankAccount
from enrollment.rules.identifiers import cnaps_is_valid, is_account_shape
from institutions.models import User


@dataclass(frozen=True)
class AccountDetails:
    """A bank account as somebody gave it: the number, the bank's name, and its 12-digit CNAPS code."""

    number: str
    bank_name: str
    cnaps: str


def checked_account(account: AccountDetails) -> AccountDetails:
    """Return the account with its bank's name as one line of visible text. Raises DomainError if it can be none."""
    # The bank's name goes into the bank's file.
    account = replace(account, bank_name=clean_text(account.bank_name))
    if not is_account_shape(account.number):
        raise DomainError(_("An account number has 8 to 32 digits."), code="account_malformed")
    if not cnaps_is_valid(account.cnaps):
        raise DomainError(_("A CNAPS code has 12 digits."), code="cnaps_malformed")
    if not account.bank_name.strip():
        raise DomainError(_("Name the bank."), code="bank_missing")
    return account


def record_correction(
    *, trainee_id: int, account: AccountDetails, operator: User, reason: str, now: datetime
) -> BankAccount:
    """Record the account that an office was told."""
    recorded = _replace(
        trainee_id, account, now, source=AccountSource.CORRECTION, reason=reason, recorded_by=operator
    )
    record_event("bank_account.corrected", subject=recorded, actor_id=operator.pk, at=now, reason=reason)
    return recorded


def give_own_account(*, trainee_id: int, account: AccountDetails, now: datetime) -> BankAccount:
    """Record the account that the person gave themselves. Raises DomainError if the account cannot be one."""
    recorded = _replace(trainee_id, checked_account(account), now, source=AccountSource.PERSON)
    record_event("bank_account.given_by_the_person", subject=recorded, at=now)
    return recorded


def _replace(trainee_id: int, account: AccountDetails, now: datetime, **origin: object) -> BankAccount:
    """Record a new current account. The former one stays with the payments that used it."""
    trainee = queries.lock_person(trainee_id)
    BankAccount.objects.filter(trainee=trainee, replaced_at__isnull=True).update(replaced_at=now)
    recorded = BankAccount.objects.create(
        trainee=trainee,
        number=account.number,
        number_hash=queries.account_number_hash(account.number),
        last_four=account.number[-4:],
        bank_name=account.bank_name,
        cnaps=account.cnaps,
        recorded_at=now,
        **origin,
    )
    nudge_after_commit("bank_account_recorded")
    return recorded
