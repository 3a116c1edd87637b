from dataclasses import dataclass, replace
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from chongqing_dte.foundation.audit import record_event
from chongqing_dte.foundation.errors import DomainError
from chongqing_dte.foundation.jobs import nudge_after_commit
from chongqing_dte.foundation.tabular import clean_text
from chongqing_dte.foundation.words import stated
from enrollment import policies, queries
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


@transaction.atomic(durable=True)
def correct_bank_account(
    *, trainee_id: int, operator: User, account: AccountDetails, reason: str, now: datetime
) -> BankAccount:
    """Record a new current account for a person. The former one stays with the payments that used it.

    The same account may be recorded again: once its card is activated, what the bank returned can be paid to it.
    Raises NotPermitted unless the operator records accounts, and DomainError if the account cannot be one or no
    reason is given.
    """
    policies.check_can_correct_bank_account(operator)
    # One line of visible text: the bank's name goes into the bank's file.
    account = replace(account, bank_name=clean_text(account.bank_name))
    _check_details(account)
    reason = stated(reason)
    if not reason:
        raise DomainError(_("Say why the account is changed."), code="reason_missing")
    trainee = queries.lock_person(trainee_id)
    number_hash = queries.account_number_hash(account.number)
    current = BankAccount.objects.filter(trainee=trainee, replaced_at__isnull=True).first()
    if current is not None:
        current.replaced_at = now
        current.save(update_fields=["replaced_at"])
    corrected = BankAccount.objects.create(
        trainee=trainee,
        number=account.number,
        number_hash=number_hash,
        last_four=account.number[-4:],
        bank_name=account.bank_name,
        cnaps=account.cnaps,
        source=AccountSource.CORRECTION,
        reason=reason,
        recorded_by=operator,
        recorded_at=now,
    )
    record_event("bank_account.corrected", subject=corrected, actor_id=operator.pk, at=now, reason=reason)
    nudge_after_commit("bank_account_recorded")
    return corrected


def _check_details(account: AccountDetails) -> None:
    if not is_account_shape(account.number):
        raise DomainError(_("An account number has 8 to 32 digits."), code="account_malformed")
    if not cnaps_is_valid(account.cnaps):
        raise DomainError(_("A CNAPS code has 12 digits."), code="cnaps_malformed")
    if not account.bank_name.strip():
        raise DomainError(_("Name the bank."), code="bank_missing")
