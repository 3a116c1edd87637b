from decimal import Decimal

import pytest
from django.db import IntegrityError, InternalError, transaction

from subsidies.models import BankFormat, PaymentBatch
from tests.clock import NOW
from tests.factories.bank_formats import BankFormatFactory
from tests.factories.institutions import UserFactory
from tests.factories.subsidies import PaymentBatchFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"payment_format": "FAX"}, "bank_format_format_known"),
        ({"side": "LEFT", "own_bank_code": "999"}, "bank_format_side_known"),
        ({"delivery": "PIGEON"}, "bank_format_delivery_known"),
        ({"approved_at": NOW}, "bank_format_approval_complete"),
        ({"side": "OWN"}, "bank_format_side_told_by_its_code"),
        ({"side": "OTHER"}, "bank_format_side_told_by_its_code"),
        ({"line_limit": 0}, "bank_format_limits_positive"),
        ({"amount_limit": Decimal("0.00")}, "bank_format_limits_positive"),
    ],
)
def test_bank_format_is_refused_by(fields, constraint):
    with pytest.raises(IntegrityError, match=f'"{constraint}"'), transaction.atomic():
        BankFormatFactory(**fields)


def test_nobody_approves_a_format_of_their_own():
    author = UserFactory(municipal_finance=True)

    with pytest.raises(IntegrityError, match='"bank_format_approved_by_someone_else"'), transaction.atomic():
        BankFormatFactory(drafted_by=author, approved_by=author, approved_at=NOW)


def test_there_is_one_open_format_for_each_side():
    BankFormatFactory(approved=True)
    BankFormatFactory(approved=True, own=True)
    BankFormatFactory(approved=True, other=True)
    BankFormatFactory(approved=True, closed_at=NOW)

    with pytest.raises(IntegrityError, match='"bank_format_one_open_per_side"'), transaction.atomic():
        BankFormatFactory(approved=True)


def test_the_open_sides_tell_one_bank_by_the_same_digits():
    BankFormatFactory(approved=True, own=True)
    BankFormatFactory(other=True, own_bank_code="104")
    BankFormatFactory(approved=True, closed_at=NOW, other=True, own_bank_code="104")

    with pytest.raises(IntegrityError, match='"bank_format_open_sides_of_one_bank"'), transaction.atomic():
        BankFormatFactory(approved=True, other=True, own_bank_code="104")


@pytest.mark.parametrize(
    "change",
    [
        {"name": "Another"},
        {"payment_format": "TEMPLATE"},
        {"side": "OWN", "own_bank_code": "999"},
        {"payer_name": "Another"},
        {"payer_account": "11112222333344"},
        {"payer_cnaps": "999653000009"},
        {"line_limit": 3},
        {"amount_limit": Decimal("1.00")},
        {"delivery": "SFTP"},
        {"layout": {"kind": "CSV"}},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_format_never_changes(change):
    bank_format = BankFormatFactory(pain=True)

    with pytest.raises(InternalError, match=r"bank_?format"), transaction.atomic():
        BankFormat.objects.filter(pk=bank_format.pk).update(**change)


@pytest.mark.parametrize(
    ("made", "change", "trigger"),
    [
        ({"approved": True}, {"approved_at": None, "approved_by": None}, "bank_format_stays_approved"),
        ({"closed_at": NOW}, {"closed_at": None}, "bank_format_stays_closed"),
    ],
)
def test_what_became_of_a_format_stays(made, change, trigger):
    bank_format = BankFormatFactory(**made)

    with pytest.raises(InternalError, match=trigger), transaction.atomic():
        BankFormat.objects.filter(pk=bank_format.pk).update(**change)


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [({"payment_format": "FAX"}, "batch_format_known"), ({"side": "LEFT"}, "batch_side_known")],
)
def test_batch_is_refused_by(fields, constraint):
    with pytest.raises(IntegrityError, match=f'"{constraint}"'), transaction.atomic():
        PaymentBatchFactory(**fields)


@pytest.mark.parametrize("change", [{"payment_format": "PAIN_001"}, {"side": "OWN"}])
def test_what_a_batch_was_written_by_stays(change):
    batch = PaymentBatchFactory()

    with pytest.raises(InternalError), transaction.atomic():
        PaymentBatch.objects.filter(pk=batch.pk).update(**change)


def test_the_bank_format_of_a_batch_stays():
    batch = PaymentBatchFactory(bank_format=BankFormatFactory(approved=True))

    with pytest.raises(InternalError), transaction.atomic():
        PaymentBatch.objects.filter(pk=batch.pk).update(bank_format=None)
