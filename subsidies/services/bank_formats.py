"""How files for a bank are written, set up by one person and let into use by another."""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from django.db import IntegrityError, transaction

from chongqing_dte.foundation.audit import record_event
from chongqing_dte.foundation.errors import DomainError, InvalidTransition
from chongqing_dte.foundation.sentences import gettext as _
from enrollment.rules.identifiers import cnaps_is_valid, is_account_shape
from institutions.models import User
from subsidies import policies, queries
from subsidies.bank import beps, pain, template
from subsidies.bank.example import example_file
from subsidies.bank.files import FormatSpec
from subsidies.bank.layout import read_layout
from subsidies.bank.xml_writing import NOT_WRITABLE
from subsidies.enums import BankSide, PaymentFormat
from subsidies.models import BankFormat

OWN_CODE: Final = re.compile(r"[0-9]{3,12}\Z")
NAMES_A_PAYER: Final = (PaymentFormat.PAIN_001, PaymentFormat.BEPS_382)
LONGEST_PAYER: Final = {PaymentFormat.PAIN_001: pain.LONGEST_NAME, PaymentFormat.BEPS_382: beps.LONGEST_NAME}
LARGEST_LAYOUT: Final = 20_000
# What refuses a format beside another one that was approved at the same moment.
HELD_BY: Final = ("bank_format_one_open_per_side", "bank_format_open_sides_of_one_bank")


@dataclass(frozen=True)
class FormatDraft:
    """The values of a bank format. Amounts in yuan."""

    name: str
    payment_format: str
    side: str
    delivery: str
    own_bank_code: str
    payer_name: str
    payer_account: str
    payer_cnaps: str
    line_limit: int | None
    amount_limit: Decimal | None
    layout: Mapping[str, Any]

    @property
    def spec(self) -> FormatSpec:
        """What the files are written by."""
        return FormatSpec(
            payment_format=self.payment_format,
            payer_name=self.payer_name,
            payer_account=self.payer_account,
            payer_cnaps=self.payer_cnaps,
            layout=self.layout,
        )


@transaction.atomic(durable=True)
def draft_bank_format(*, draft: FormatDraft, author: User, now: datetime) -> BankFormat:
    """Write down a bank format by which nothing is written until somebody else approves it.

    Raises NotPermitted unless the author sets up bank formats, and DomainError, with the field as its code, for one
    that no file could be written by.
    """
    policies.check_can_draft_bank_format(author)
    check_draft(draft=draft)
    drafted = BankFormat.objects.create(drafted_by=author, drafted_at=now, **asdict(draft))
    record_event(
        "bank_format.drafted",
        subject=drafted,
        actor_id=author.pk,
        at=now,
        facts={"format": drafted.payment_format, "side": drafted.side, "delivery": drafted.delivery},
    )
    return drafted


@transaction.atomic(durable=True)
def approve_bank_format(*, format_id: int, approver: User, now: datetime) -> BankFormat:
    """Let batches be written by a format from now on. The one in use for the same accounts is closed by it.

    Raises NotPermitted for whoever set it up, InvalidTransition if it is approved or closed already, and DomainError
    if the format for the other accounts tells them apart by other digits.
    """
    approved = queries.lock_bank_format(format_id)
    policies.check_can_approve_bank_format(approver, approved)
    if approved.approved_at is not None or approved.closed_at is not None:
        raise InvalidTransition(_("This bank format is in use or closed already."))
    for other in queries.open_bank_formats():
        if other.side == approved.side:
            _close(other, approver, now)
        elif {other.side, approved.side} == {BankSide.OWN, BankSide.OTHER}:
            _check_same_bank(other, approved)
    approved.approved_by = approver
    approved.approved_at = now
    try:
        approved.save(update_fields=["approved_by", "approved_at"])
    except IntegrityError as refusal:
        # Somebody approved another one at this moment.
        if any(name in str(refusal) for name in HELD_BY):
            raise InvalidTransition(
                _("Another bank format for the same bank was approved meanwhile. Look at it first.")
            ) from refusal
        raise
    record_event("bank_format.approved", subject=approved, actor_id=approver.pk, at=now)
    return approved


@transaction.atomic(durable=True)
def close_bank_format(*, format_id: int, closer: User, now: datetime) -> BankFormat:
    """End the use of a format, or put a draft away. What was written by it stays as it is, and can be answered.

    Raises NotPermitted unless this person closes bank formats, and InvalidTransition if it is closed already.
    """
    closed = queries.lock_bank_format(format_id)
    policies.check_can_close_bank_format(closer)
    if closed.closed_at is not None:
        raise InvalidTransition(_("This bank format is closed already."))
    _close(closed, closer, now)
    return closed


def check_draft(*, draft: FormatDraft) -> None:
    """Raise DomainError, with the field as its code, for a format that no file could be written by."""
    if draft.side != BankSide.ANY and not OWN_CODE.match(draft.own_bank_code):
        raise DomainError(
            _("Name the first digits of the bank's own CNAPS codes: three to twelve digits."),
            code="own_bank_code",
        )
    _check_payer(draft)
    _check_layout(draft)
    try:
        example_file(draft.spec)
    except UnicodeEncodeError as problem:
        raise DomainError(
            _("The payer's name or a text of the layout has a sign that the file's encoding does not have."),
            code="layout",
        ) from problem


def _check_payer(draft: FormatDraft) -> None:
    if NOT_WRITABLE.search(draft.payer_name) or len(draft.payer_name) > LONGEST_PAYER.get(
        PaymentFormat(draft.payment_format), 128
    ):
        raise DomainError(_("The payer's name cannot be written in this format."), code="payer_name")
    is_needed = draft.payment_format in NAMES_A_PAYER
    if is_needed and not draft.payer_name:
        raise DomainError(_("This format needs the payer's name."), code="payer_name")
    if (is_needed or draft.payer_account) and not is_account_shape(draft.payer_account):
        raise DomainError(_("The payer's account is 8 to 32 digits."), code="payer_account")
    if (is_needed or draft.payer_cnaps) and not cnaps_is_valid(draft.payer_cnaps):
        raise DomainError(_("The payer's CNAPS code is 12 digits."), code="payer_cnaps")


def _check_layout(draft: FormatDraft) -> None:
    if len(json.dumps(draft.layout)) > LARGEST_LAYOUT:
        raise DomainError(_("The layout is larger than any template needs."), code="layout")
    if draft.payment_format == PaymentFormat.TEMPLATE:
        read_layout(draft.layout)
        template.check_texts(draft.spec)
    elif draft.payment_format == PaymentFormat.PAIN_001:
        pain.check_layout(draft.layout)
    elif draft.layout:
        raise DomainError(
            _("Only ISO 20022 and a bank's own template have a layout. Leave it empty."), code="layout"
        )


def _check_same_bank(one: BankFormat, other: BankFormat) -> None:
    if one.own_bank_code != other.own_bank_code:
        raise DomainError(
            _("“%(name)s” tells the bank's own accounts by other digits. Close it first.")
            % {"name": one.name},
            code="own_bank_code",
        )


def _close(bank_format: BankFormat, closer: User, now: datetime) -> None:
    bank_format.closed_at = now
    bank_format.save(update_fields=["closed_at"])
    record_event("bank_format.closed", subject=bank_format, actor_id=closer.pk, at=now)
