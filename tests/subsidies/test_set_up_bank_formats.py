from dataclasses import asdict, replace
from decimal import Decimal

import pytest
from django.db import connection

from chongqing_dte.foundation.audit import AuditEvent
from chongqing_dte.foundation.errors import DomainError, InvalidTransition, NotPermitted
from institutions.enums import Role
from institutions.models import User
from subsidies import policies
from subsidies.models import BankFormat
from subsidies.services import bank_formats
from subsidies.services.bank_formats import (
    FormatDraft,
    approve_bank_format,
    close_bank_format,
    draft_bank_format,
)
from tests.clock import NOW
from tests.factories.bank_formats import BankFormatFactory
from tests.factories.institutions import UserFactory
from tests.subsidies.bank_examples import PAYER, TXT_LAYOUT
from tests.subsidies.interleaving import is_kept_waiting, paused, rivals

pytestmark = pytest.mark.django_db(transaction=True)

DRAFT = FormatDraft(
    name="示范银行代发",
    payment_format="PAIN_001",
    side="ANY",
    delivery="FOLDER",
    own_bank_code="",
    line_limit=None,
    amount_limit=None,
    layout={},
    **PAYER,
)


HEADED = [{**column, "header": "a|b"} for column in TXT_LAYOUT["columns"]]
PAYER_IN_HEAD = {**TXT_LAYOUT, "head": [{"field": "payer_name"}]}


def drafted(draft: FormatDraft = DRAFT) -> BankFormat:
    return draft_bank_format(draft=draft, author=UserFactory(municipal_administrator=True), now=NOW)


def finance() -> User:
    return UserFactory(municipal_finance=True)


def approve(bank_format: BankFormat) -> BankFormat:
    return approve_bank_format(format_id=bank_format.pk, approver=finance(), now=NOW)


# ── Who may ──────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("role", Role)
def test_role_may(role):
    user = User(pk=1, role=role)

    assert policies.can_draft_bank_format(user) == (role == Role.MUNICIPAL_ADMINISTRATOR)
    assert policies.can_close_bank_format(user) == (role == Role.MUNICIPAL_FINANCE)
    assert policies.can_approve_bank_format(user, BankFormat(drafted_by_id=2)) == (
        role == Role.MUNICIPAL_FINANCE
    )
    assert not policies.can_approve_bank_format(user, BankFormat(drafted_by_id=1))


# ── Draft ────────────────────────────────────────────────────────────────────────────────────────────────
def test_draft_holds_what_was_said_and_counts_for_nothing():
    bank_format = drafted(replace(DRAFT, line_limit=500, amount_limit=Decimal("100000.00")))

    bank_format.refresh_from_db()
    assert {name: getattr(bank_format, name) for name in asdict(DRAFT)} == {
        **asdict(DRAFT),
        "line_limit": 500,
        "amount_limit": Decimal("100000.00"),
    }
    assert (bank_format.approved_at, bank_format.closed_at) == (None, None)
    event = AuditEvent.objects.get(name="bank_format.drafted")
    assert PAYER["payer_account"] not in str(event.facts)


def test_the_account_is_not_to_be_read_in_the_database():
    drafted()

    with connection.cursor() as cursor:
        cursor.execute("SELECT bank_format::text FROM subsidies_bankformat bank_format")
        assert PAYER["payer_account"] not in cursor.fetchone()[0]


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"payer_name": ""}, "payer_name"),
        ({"payer_name": "a\nb"}, "payer_name"),
        ({"payment_format": "BEPS_382", "payer_name": "长" * 61}, "payer_name"),
        ({"payer_account": "12"}, "payer_account"),
        ({"payer_cnaps": ""}, "payer_cnaps"),
        ({"side": "OWN"}, "own_bank_code"),
        ({"side": "OTHER", "own_bank_code": "ABC"}, "own_bank_code"),
        ({"layout": {"columns": []}}, "layout"),
        ({"layout": {"also_paid": ["RJCT"]}}, "layout"),
        ({"layout": {"whole_counts": "yes"}}, "layout"),
        ({"layout": {"whole_counts": True, "part_counts": 1}}, "layout"),
        ({"layout": {"part_counts": True}}, "layout"),
        ({"layout": {"part_counts": True, "whole_counts": False}}, "layout"),
        ({"layout": {"whole": True}}, "layout"),
        ({"payment_format": "AGENT_LIST", "layout": TXT_LAYOUT}, "layout"),
        ({"payment_format": "TEMPLATE"}, "layout"),
        ({"payment_format": "TEMPLATE", "layout": {**TXT_LAYOUT, "delimiter": "a"}}, "layout"),
        (
            {"payment_format": "TEMPLATE", "layout": {**TXT_LAYOUT, "trailer": [{"value": "𠮷"}]}},
            "layout",
        ),
        ({"payment_format": "TEMPLATE", "layout": {**TXT_LAYOUT, "kind": ["x" * 30_000]}}, "layout"),
        ({"payment_format": "TEMPLATE", "layout": {**TXT_LAYOUT, "trailer": [{"value": "a|b"}]}}, "layout"),
        ({"payment_format": "TEMPLATE", "layout": {**TXT_LAYOUT, "head": [{"value": "|"}]}}, "layout"),
        (
            {"payment_format": "TEMPLATE", "layout": {**TXT_LAYOUT, "columns": HEADED, "header_row": True}},
            "layout",
        ),
        ({"payment_format": "TEMPLATE", "layout": PAYER_IN_HEAD, "payer_name": "A|B"}, "layout"),
        (
            {
                "payment_format": "TEMPLATE",
                "layout": {**PAYER_IN_HEAD, "delimiter": "||"},
                "payer_name": "A|",
            },
            "layout",
        ),
    ],
)
def test_format_that_no_file_could_be_written_by_is_refused(changed, code):
    with pytest.raises(DomainError) as refusal:
        drafted(replace(DRAFT, **changed))

    assert refusal.value.code == code
    assert not BankFormat.objects.exists()


@pytest.mark.parametrize(
    "changed",
    [
        {"layout": {**TXT_LAYOUT, "columns": HEADED}},
        {"layout": TXT_LAYOUT, "payer_name": "A|B"},
        {"layout": {**PAYER_IN_HEAD, "kind": "CSV"}, "payer_name": "A|B"},
    ],
    ids=["headers that are not written", "a payer who is not written", "a CSV file quotes"],
)
def test_a_sign_of_the_delimiter_that_breaks_no_column_is_allowed(changed):
    assert drafted(replace(DRAFT, payment_format="TEMPLATE", **changed)).pk


def test_finance_does_not_set_up_formats():
    with pytest.raises(NotPermitted):
        draft_bank_format(draft=DRAFT, author=finance(), now=NOW)


# ── Approve ──────────────────────────────────────────────────────────────────────────────────────────────
def test_approved_format_is_in_use():
    bank_format = approve(drafted())

    assert (bank_format.approved_at, bank_format.closed_at) == (NOW, None)
    assert AuditEvent.objects.filter(name="bank_format.approved").count() == 1


def test_the_one_in_use_until_then_is_closed():
    former = BankFormatFactory(approved=True)
    own = BankFormatFactory(approved=True, own=True)

    approve(drafted())

    former.refresh_from_db()
    own.refresh_from_db()
    assert (former.closed_at, own.closed_at) == (NOW, None)


@pytest.mark.parametrize("made", [{"approved": True}, {"closed_at": NOW}])
def test_what_is_in_use_or_closed_is_not_approved_again(made):
    bank_format = BankFormatFactory(**made)

    with pytest.raises(InvalidTransition):
        approve(bank_format)


def test_two_sides_have_to_tell_the_bank_by_the_same_digits():
    BankFormatFactory(approved=True, own=True)
    other = BankFormatFactory(other=True, own_bank_code="104")

    with pytest.raises(DomainError) as refusal:
        approve(other)

    assert refusal.value.code == "own_bank_code"
    other.refresh_from_db()
    assert other.approved_at is None


@pytest.mark.parametrize("first_is_own", [True, False])
def test_of_two_sides_that_are_approved_at_once_both_tell_the_bank_alike(monkeypatch, first_is_own):
    own, other = BankFormatFactory(own=True), BankFormatFactory(other=True, own_bank_code="104")
    first, second = (own, other) if first_is_own else (other, own)
    approvers = [finance(), finance()]
    with rivals() as others:
        with paused(monkeypatch, bank_formats, "record_event") as reached:
            early = others.start(
                lambda: approve_bank_format(format_id=first.pk, approver=approvers[0], now=NOW)
            )
            assert reached.wait(30)
            late = others.start(
                lambda: approve_bank_format(format_id=second.pk, approver=approvers[1], now=NOW)
            )
            assert is_kept_waiting(late)
        problems = [early.exception(30), late.exception(30)]

    assert [type(problem).__name__ for problem in problems] == ["NoneType", "InvalidTransition"]
    assert BankFormat.objects.get(approved_at__isnull=False).pk == first.pk


def test_who_set_it_up_does_not_approve_it():
    author = finance()

    with pytest.raises(NotPermitted):
        approve_bank_format(format_id=BankFormatFactory(drafted_by=author).pk, approver=author, now=NOW)


# ── Close ────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("made", [{}, {"approved": True}], ids=["draft", "in use"])
def test_closed_format_is_used_no_more(made):
    bank_format = close_bank_format(format_id=BankFormatFactory(**made).pk, closer=finance(), now=NOW)

    assert bank_format.closed_at == NOW
    with pytest.raises(InvalidTransition):
        close_bank_format(format_id=bank_format.pk, closer=finance(), now=NOW)
    assert AuditEvent.objects.filter(name="bank_format.closed").count() == 1


def test_only_finance_closes():
    bank_format = BankFormatFactory(approved=True)

    with pytest.raises(NotPermitted):
        close_bank_format(format_id=bank_format.pk, closer=bank_format.drafted_by, now=NOW)
