"""Why payments that are ready are in no batch. Accounts are read for it, and shown nowhere."""

from collections.abc import Callable, Collection, Mapping, Sequence
from decimal import Decimal

from chongqing_dte.foundation.crypto import DAMAGED
from enrollment.queries import account_number_hash
from subsidies.bank.files import BatchLine
from subsidies.bank.formats import spec_of, unwritable
from subsidies.models import BankFormat, Payment
from subsidies.queries.bank_formats import open_bank_formats
from subsidies.queries.payments import (
    Account,
    account_holder,
    accounts_to_pay,
    institution_accounts_to_pay,
)
from subsidies.rules.bank_sides import reaches

Find = Callable[[Collection[int]], Mapping[int, Account]]


def why_in_no_batch(payments: Sequence[Payment]) -> dict[int, str]:
    """Return why these payments get into no batch, by payment; what nothing is known against is left out.

    The reason is "no_account", "account_unreadable", "account_altered" or a key of bank.formats.UNWRITABLE.
    """
    of_people = {each.pk: each.payee_id for each in payments if each.payee_id is not None}
    of_claims = {each.pk: each.institution_id for each in payments if each.institution_id is not None}
    found: dict[int, str] = {}
    for payees, find in ((of_people, accounts_to_pay), (of_claims, institution_accounts_to_pay)):
        accounts, reasons = _accounts_read(set(payees.values()), find)
        reasons |= _why_not_written(accounts)
        found |= {pk: reasons[payee_id] for pk, payee_id in payees.items() if payee_id in reasons}
    return found


def _accounts_read(payee_ids: Collection[int], find: Find) -> tuple[dict[int, Account], dict[int, str]]:
    """Return the accounts that can be paid to, and why the others cannot, both by payee."""
    if not payee_ids:
        return {}, {}
    try:
        found = find(payee_ids)
    except DAMAGED:
        if len(payee_ids) == 1:
            return {}, dict.fromkeys(payee_ids, "account_unreadable")
        # One damaged row among many is found by halves.
        ordered = sorted(payee_ids)
        first, second = (
            _accounts_read(half, find)
            for half in (ordered[: len(ordered) // 2], ordered[len(ordered) // 2 :])
        )
        return first[0] | second[0], first[1] | second[1]
    reasons = dict.fromkeys(set(payee_ids) - found.keys(), "no_account")
    for payee_id, account in found.items():
        if account_number_hash(account.number) != account.number_hash:
            reasons[payee_id] = "account_altered"
    return {payee_id: account for payee_id, account in found.items() if payee_id not in reasons}, reasons


def _why_not_written(accounts: dict[int, Account]) -> dict[int, str]:
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


def _line(payee_id: int, account: Account) -> BatchLine:
    return BatchLine(
        line_number=payee_id,
        reference="",
        payee_name=account_holder(account),
        account="",
        bank_name=account.bank_name,
        cnaps=account.cnaps,
        amount=Decimal("0.00"),
    )
