"""A decided set is written: decisions, reservations, payments, journal. Steps: they need the decision's transaction."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from assessment.models import LevelCertificate
from chongqing_dte.foundation.audit import record_events_of
from chongqing_dte.foundation.bulk import copy_rows, copy_unless_doubled, next_ids
from chongqing_dte.foundation.jobs import nudge_after_commit
from subsidies.enums import Decision, JournalAccount, JournalKind, PaymentStatus
from subsidies.models import Budget, Entitlement, Payment
from subsidies.rules.eligibility import claimed_key
from subsidies.rules.limits import competent_district
from subsidies.rules.sequence import Decided
from subsidies.services.journal import Move, record_moves


class NewPayment(NamedTuple):
    """The row of one payment, column by column."""

    id: int
    public_id: uuid.UUID
    entitlement_id: int
    payee_id: int
    district_id: int | None
    budget_id: int | None
    notice_working_days: int
    amount: Decimal
    status: PaymentStatus
    opened_at: datetime


@dataclass(frozen=True, slots=True)
class Case:
    """One certificate, what was decided about it, the decision that stood, and the budget that it is paid from."""

    certificate: LevelCertificate
    decided: Decided
    former: Entitlement | None
    budget_id: int | None
    # Whether the person's objection to the decision that stood was upheld, or the evidence that it saw was corrected:
    # they are answered by another one, whatever it says.
    is_reopened: bool


class NewEntitlement(NamedTuple):
    """The row of one decision, column by column; a set has very many."""

    id: int
    public_id: uuid.UUID
    certificate_id: int
    person_id: int
    district_id: int | None
    decision: str
    reason: str
    first_pass_key: str
    amount: Decimal
    policy_version_id: int | None
    fee_schedule_id: int | None
    budget_id: int | None
    bank_account_id: int | None
    lifetime_slot: int | None
    yearly_slot: int | None
    slot_year: int | None
    checks: list[dict[str, Any]]
    decided_at: datetime
    held_since: datetime | None
    supersedes_id: int | None


def write_entitlements(changed: Sequence[Case], now: datetime) -> dict[int, NewEntitlement]:
    """Write the decisions and return those that stand, by certificate.

    One whose first pass, or whose place among the person's grants, another worker has taken at this moment is left
    out: its certificate stays due under the decision it had, and the next sweep sees the other's.
    """
    superseded = [case.former.pk for case in changed if case.former is not None]
    Entitlement.objects.filter(pk__in=superseded).update(superseded_at=now)
    ids = next_ids(Entitlement, len(changed))
    rows = [new_entitlement(case, pk, now) for case, pk in zip(changed, ids, strict=True)]
    # Hardly ever does anybody stand in the way, and then all go in at a stroke.
    if not copy_unless_doubled(Entitlement, NewEntitlement._fields, rows):
        rows = _write_all_but_doubled(rows, superseded)
    for decision in Decision:
        record_events_of(
            f"entitlement.{decision.lower()}",
            subject_type=Entitlement,
            subject_ids=[row.id for row in rows if row.decision == decision],
            at=now,
        )
    return {row.certificate_id: row for row in rows}


def _write_all_but_doubled(rows: Sequence[NewEntitlement], superseded: Sequence[int]) -> list[NewEntitlement]:
    Entitlement.objects.bulk_create(
        [Entitlement(**row._asdict()) for row in rows],
        ignore_conflicts=True,
    )
    found = set(Entitlement.objects.filter(pk__in=[row.id for row in rows]).values_list("pk", flat=True))
    written = [row for row in rows if row.id in found]
    # Otherwise what is held again would have lost since when.
    kept = Entitlement.objects.filter(pk__in=superseded)
    kept.exclude(certificate_id__in={row.certificate_id for row in written}).update(superseded_at=None)
    return written


def new_entitlement(case: Case, pk: int, now: datetime) -> NewEntitlement:
    """Return the row of one decision, with its checks as they are kept."""
    facts, ruling, grant, former = case.decided.facts, case.decided.ruling, case.decided.grant, case.former
    return NewEntitlement(
        id=pk,
        public_id=uuid.uuid4(),
        certificate_id=case.certificate.pk,
        person_id=facts.person_id,
        district_id=competent_district(facts),
        decision=ruling.decision,
        reason=ruling.reason,
        first_pass_key=claimed_key(facts, ruling),
        amount=ruling.amount,
        policy_version_id=facts.policy.version_id if facts.policy else None,
        fee_schedule_id=facts.fee.schedule_id if facts.fee else None,
        budget_id=case.budget_id,
        bank_account_id=facts.bank_account_id,
        lifetime_slot=grant.lifetime_slot if grant else None,
        yearly_slot=grant.yearly_slot if grant else None,
        slot_year=grant.year if grant else None,
        checks=[check.as_kept() for check in ruling.checks],
        decided_at=now,
        held_since=_held_since(case, now),
        supersedes_id=former.pk if former is not None else None,
    )


def _held_since(case: Case, now: datetime) -> datetime | None:
    """Return since when something is missing, whatever it was first."""
    if case.decided.ruling.decision != Decision.HELD:
        return None
    former = case.former
    return former.held_since if former is not None and former.held_since is not None else now


# ── Money ────────────────────────────────────────────────────────────────────────────────────────────────
def open_payments(
    cases: Iterable[Case],
    written: Mapping[int, NewEntitlement],
    budgets: Mapping[int | None, Budget],
    now: datetime,
) -> None:
    """Reserve the money, open one payment for each grant that was written and record it in the journal."""
    granted = [case for case in cases if case.decided.grant is not None and case.certificate.pk in written]
    if not granted:
        return
    _reserve(granted, budgets)
    entitlements = [written[case.certificate.pk] for case in granted]
    ids = next_ids(Payment, len(granted))
    copy_rows(
        Payment,
        NewPayment._fields,
        (_new_payment(case, row, pk, now) for pk, row, case in zip(ids, entitlements, granted, strict=True)),
    )
    debit, credit = JournalAccount.SUBSIDY_EXPENSE, JournalAccount.SUBSIDIES_PAYABLE
    record_moves(
        key=f"grant:{entitlements[0].public_id}",
        kind=JournalKind.GRANT,
        moves=[
            Move(pk, row.amount, debit, credit, "granted") for pk, row in zip(ids, entitlements, strict=True)
        ],
        now=now,
    )
    nudge_after_commit("entitlements_granted")


def _new_payment(case: Case, granted: NewEntitlement, pk: int, now: datetime) -> NewPayment:
    policy = case.decided.facts.policy
    notice_working_days = policy.notice_working_days if policy is not None else 0
    return NewPayment(
        id=pk,
        public_id=uuid.uuid4(),
        entitlement_id=granted.id,
        payee_id=granted.person_id,
        district_id=granted.district_id,
        budget_id=granted.budget_id,
        notice_working_days=notice_working_days,
        amount=granted.amount,
        status=PaymentStatus.TO_NOTICE if notice_working_days else PaymentStatus.READY,
        opened_at=now,
    )


def _reserve(granted: Sequence[Case], budgets: Mapping[int | None, Budget]) -> None:
    by_id = {budget.pk: budget for budget in budgets.values()}
    for case in granted:
        if case.budget_id is not None:
            by_id[case.budget_id].reserved += case.decided.ruling.amount
    touched = {case.budget_id for case in granted}
    Budget.objects.bulk_update([by_id[pk] for pk in by_id if pk in touched], ["reserved"])
