"""Why payments that are ready are in no batch. Accounts are read for it, and shown nowhere."""

from collections.abc import Collection, Sequence
from decimal import Decimal

from chongqing_dte.foundation.crypto import DAMAGED
from enrollment.models import BankAccount
from enrollment.queries import account_number_hash
from subsidies.bank.files import BatchLine
from subsidies.bank.formats import spec_of, unwritable
from subsidies.models import BankFormat, Payment
from subsidies.queries.bank_formats import open_bank_formats
from subsidies.queries.payments import accounts_to_pay
from subsidies.rules.bank_sides import reaches


def why_in_no_batch(payments: Sequence[Payment]) -> dict[int, str]:
    """Return why these payments get into no batch, by payment; what nothing is known against is left out.

    The reason is "no_account", "account_unreadable", "account_altered" or a key of bank.formats.UNWRITABLE.
    """
    accounts, reasons = _accounts_read({payment.payee_id for payment in payments})
    reasons |= _why_not_written(accounts)
    return {payment.pk: reasons[payment.payee_id] for payment in payments if payment.payee_id in reasons}


def _accounts_read(payee_ids: Collection[int]) -> tuple[dict[int, BankAccount], dict[int, str]]:
    """Return the accounts that can be paid to, and why the others cannot, both by payee."""
    try:
        found = accounts_to_pay(payee_ids)
    except DAMAGED:
        if len(payee_ids) == 1:
            return {}, dict.fromkeys(payee_ids, "account_unreadable")
        # One damaged row among many is found by halves.
        ordered = sorted(payee_ids)
        first, second = (
            _accounts_read(half) for half in (ordered[: len(ordered) // 2], ordered[len(ordered) // 2 :])
        )
        return first[0] | second[0], first[1] | second[1]
    reasons = dict.fromkeys(set(payee_ids) - found.keys(), "no_account")
    for payee_id, account in found.items():
        if account_number_hash(account.number) != account.number_hash:
            reasons[payee_id] = "account_altered"
    return {payee_id: account for payee_id, account in found.items() if payee_id not in reasons}, reasons


def _why_not_written(accounts: dict[int, BankAccount]) -> dict[int, str]:
    """Return why no file can hold lines to these accounts, by payee."""
    formats: dict[str, BankFormat | None] = {each.side: each for each in open_bank_formats()}
    own_codes = {side: each.own_bank_code for side, each in formats.items() if each is not None}
    reasons: dict[int, str] = {}
    rest = dict(accounts)
    for side, reach in reaches(own_codes).items():
        covered = {payee_id: each for payee_id, each in rest.items() if reach.covers(each.cnaps)}
        rest = {payee_id: each for payee_id, each in rest.items() if payee_id not in covered}
        reasons |= unwritable(spec_of(formats.get(side)), [_line(*each) for each in covered.items()])
    return reasons | dict.fromkeys(rest, "no_format")


def _line(payee_id: int, account: BankAccount) -> BatchLine:
    return BatchLine(
        line_number=payee_id,
        reference="",
        payee_name=account.trainee.name,
        account="",
        bank_name=account.bank_name,
        cnaps=account.cnaps,
        amount=Decimal("0.00"),
    )
