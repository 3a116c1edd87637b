from datetime import datetime

from django.db import transaction

from chongqing_dte.foundation.errors import DomainError
from chongqing_dte.foundation.sentences import gettext as _
from chongqing_dte.foundation.words import stated
from enrollment import policies
from enrollment.models import BankAccount
from enrollment.services.account_steps import AccountDetails, checked_account, record_correction
from institutions.models import User

__all__ = ["AccountDetails", "correct_bank_account"]


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
    account = checked_account(account)
    reason = stated(reason)
    if not reason:
        raise DomainError(_("Say why the account is changed."), code="reason_missing")
    return record_correction(
        trainee_id=trainee_id, account=account, operator=operator, reason=reason, now=now
    )
