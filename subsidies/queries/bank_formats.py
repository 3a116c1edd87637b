from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery

from enrollment.models import BankAccount
from enrollment.queries import account_id_of, person_of
from institutions.models import InstitutionAccount, User
from institutions.queries import current_institution_accounts
from subsidies.bank.files import BatchLine, FormatSpec
from subsidies.bank.formats import spec_of, unwritable
from subsidies.enums import PaymentStatus
from subsidies.models import BankFormat, Payment
from subsidies.policies import can_see_money
from subsidies.queries.payments import Account, account_holder
from subsidies.rules.bank_sides import reaches

# As many as a person looks at; there are hardly ever any.
LOOKED_AT = 2000


@dataclass(frozen=True)
class LeftOut:
    """One payment that waits because no file can hold it. `reason` is a key of bank.formats.UNWRITABLE."""

    payment: Payment
    reason: str


def open_bank_formats() -> list[BankFormat]:
    """Return the formats that payment files are written by now, at most one for each side."""
    approved = BankFormat.objects.filter(approved_at__isnull=False, closed_at__isnull=True)
    return list(approved.order_by("side"))


def lock_bank_format(format_id: int) -> BankFormat:
    """Return one format that no other transaction can change until this one ends."""
    return BankFormat.objects.select_for_update(of=("self",)).get(pk=format_id)


def bank_formats_visible_to(user: User) -> QuerySet[BankFormat]:
    """Return the bank formats, newest first, for those who see the money."""
    formats = BankFormat.objects.all() if can_see_money(user) else BankFormat.objects.none()
    return formats.select_related("drafted_by", "approved_by")


def payments_left_out() -> list[LeftOut]:
    """Return the payments that are ready and that no file can hold, oldest first: no format is for them, or a name."""
    formats: dict[str, BankFormat | None] = {each.side: each for each in open_bank_formats()}
    own_codes = {side: each.own_bank_code for side, each in formats.items() if each is not None}
    found: list[LeftOut] = []
    for waiting, rest in (_people_waiting(), _institutions_waiting()):
        for side, reach in reaches(own_codes).items():
            covered = [account for account in rest if reach.covers(account.cnaps)]
            rest = [account for account in rest if not reach.covers(account.cnaps)]
            reasons = _unwritable(spec_of(formats.get(side)), covered)
            found += [
                LeftOut(each, why) for account_id, why in reasons.items() for each in waiting[account_id]
            ]
        found += [LeftOut(each, "no_format") for account in rest for each in waiting[account.pk]]
    return sorted(found, key=lambda left_out: left_out.payment.pk)


def _people_waiting() -> tuple[dict[int, list[Payment]], list[Account]]:
    """Return the payments to people that are ready, by account, and these accounts. No number is read."""
    ready = (
        Payment.objects.filter(status=PaymentStatus.READY)
        .select_related("entitlement__certificate", "payee")
        .defer("payee__id_number", "payee__mobile")
        .annotate(person=person_of("payee"))
        .annotate(account=account_id_of("person"))
        .filter(account__isnull=False)
        .order_by("pk")[:LOOKED_AT]
    )
    waiting = _by_account(ready)
    accounts = BankAccount.objects.filter(pk__in=waiting).select_related("trainee")
    return waiting, list(accounts.only("cnaps", "bank_name", "trainee__name"))


def _institutions_waiting() -> tuple[dict[int, list[Payment]], list[Account]]:
    """Return the same of payments to institutions."""
    current = current_institution_accounts().filter(institution=OuterRef("institution"))
    ready = (
        Payment.objects.filter(status=PaymentStatus.READY, claim__isnull=False)
        .select_related("claim", "institution")
        .annotate(account=Subquery(current.values("pk")[:1]))
        .filter(account__isnull=False)
        .order_by("pk")[:LOOKED_AT]
    )
    waiting = _by_account(ready)
    accounts = InstitutionAccount.objects.filter(pk__in=waiting)
    return waiting, list(accounts.only("cnaps", "bank_name", "holder_name"))


def _by_account(ready: Iterable[Any]) -> dict[int, list[Payment]]:
    waiting: dict[int, list[Payment]] = {}
    for payment in ready:
        waiting.setdefault(payment.account, []).append(payment)
    return waiting


def _unwritable(spec: FormatSpec, accounts: Sequence[Account]) -> dict[int, str]:
    """Return why lines to these accounts cannot be written, by account. No number is looked at."""
    lines = [
        BatchLine(
            line_number=account.pk,
            reference="",
            payee_name=account_holder(account),
            account="",
            bank_name=account.bank_name,
            cnaps=account.cnaps,
            amount=Decimal("0.00"),
        )
        for account in accounts
    ]
    return unwritable(spec, lines)
