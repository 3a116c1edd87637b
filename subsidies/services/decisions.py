"""From a recorded certificate to a decision, a reservation, a payment and a journal entry, in sets."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from assessment.models import LevelCertificate
from assessment.queries import due_certificate_ids, lock_certificates_due
from assessment.services.certificates import make_due_again, mark_decided
from chongqing_dte.foundation.audit import record_events
from chongqing_dte.foundation.jobs import nudge_after_commit
from chongqing_dte.foundation.sets import act_or_isolate, unless_deadlocked
from enrollment.queries import lock_trainees, rows_of_persons
from subsidies import queries
from subsidies.enums import Decision, JournalAccount, JournalKind, SubsidyKind
from subsidies.models import Budget, Entitlement, Payment
from subsidies.rules.eligibility import (
    HANGS_ON_RESULTS,
    CertificateFacts,
    Check,
    Ruling,
    claimed_key,
    decide,
)
from subsidies.services.evidence import gather_facts
from subsidies.services.journal import Posting, record_entry

BATCH_SIZE = 500

NO_BUDGET = Check("budget_has_room", "UNKNOWN")


@dataclass(frozen=True)
class Case:
    """One certificate with its facts and the ruling on them."""

    certificate: LevelCertificate
    facts: CertificateFacts
    ruling: Ruling


def decide_due_certificates(*, now: datetime) -> int:
    """Decide every certificate that waits, in sets of 500, and return how many decisions were written.

    Safe to repeat, early, late or beside itself: a certificate is locked while it is decided, workers leave out
    what others have locked, and a decision that was killed before its commit leaves the certificate due.
    """
    unless_deadlocked(lambda: _take_up_held_decisions(now=now), complaint="holds_cannot_be_taken_up")
    decided_count, last_id = 0, 0
    while due := due_certificate_ids(after=last_id, limit=BATCH_SIZE):
        last_id = due[-1]
        # What cannot be decided alone stays due, and each sweep says so again until somebody has looked.
        decided_count += act_or_isolate(
            due, lambda ids: _decide_one_set(ids, now=now), complaint="certificate_cannot_be_decided"
        )
    return decided_count


@transaction.atomic(durable=True)
def _take_up_held_decisions(*, now: datetime) -> int:
    """Make the certificates due again whose missing fact has arrived, and return how many. Safe to repeat."""
    held = queries.lock_held_that_can_go_on(year=timezone.localdate(now).year, limit=BATCH_SIZE)
    make_due_again([entitlement.certificate_id for entitlement in held])
    return len(held)


@transaction.atomic(durable=True)
def _decide_one_set(due: Sequence[int], *, now: datetime) -> int:
    certificates = _with_holds_of_the_same_people(lock_certificates_due(due))
    if not certificates:
        return 0
    # Whoever is merged at this moment is one person before the decision or after it, and never in the middle.
    lock_trainees({certificate.trainee_id for certificate in certificates})
    former = queries.live_entitlements_of([certificate.pk for certificate in certificates])
    facts = gather_facts(certificates)
    cases = [
        Case(certificate, facts[certificate.pk], decide(facts[certificate.pk]))
        for certificate in certificates
    ]
    budget = queries.lock_budget(year=timezone.localdate(now).year, kind=SubsidyKind.ASSESSMENT)
    cases = _reserve_in_order(cases, budget)
    entitlements = _write_entitlements(cases, former, budget, now)
    # A grant that stood before has its payment already.
    standing = {entitlement.pk for entitlement in former.values()}
    granted = [
        entitlement
        for entitlement in entitlements
        if entitlement.decision == Decision.GRANTED and entitlement.pk not in standing
    ]
    _open_payments(granted, facts, budget, now)
    mark_decided([entitlement.certificate_id for entitlement in entitlements])
    return len(entitlements)


def _with_holds_of_the_same_people(due: Sequence[LevelCertificate]) -> list[LevelCertificate]:
    """Take up what these people are held for, too: another pass of theirs may stand before it by now.

    Otherwise a hold would keep an earlier pass that arrived late from being paid, and then be refused for it.
    """
    rows = rows_of_persons({certificate.trainee_id for certificate in due})
    holds = queries.lock_holds_of(rows, except_certificates=[certificate.pk for certificate in due])
    held = [entitlement.certificate for entitlement in holds]
    make_due_again([certificate.pk for certificate in held])
    return sorted([*due, *held], key=lambda certificate: certificate.pk)


# ── Money ────────────────────────────────────────────────────────────────────────────────────────────────
def _reserve_in_order(cases: Sequence[Case], budget: Budget | None) -> list[Case]:
    """Hold what the budget has no room for. Whoever waits for it is served first: later ones wait behind."""
    left = budget.available if budget else Decimal("0.00")
    first_waiting = queries.first_certificate_waiting_for_budget({case.certificate.pk for case in cases})
    reserved = []
    is_short = budget is None
    for case in cases:
        if case.ruling.decision != Decision.GRANTED:
            reserved.append(case)
            continue
        is_behind = first_waiting is not None and case.certificate.pk > first_waiting
        is_short = is_short or is_behind or case.ruling.amount > left
        if is_short:
            ruling = replace(
                case.ruling,
                decision=Decision.HELD,
                reason=NO_BUDGET.name,
                checks=(*case.ruling.checks, NO_BUDGET),
            )
            reserved.append(replace(case, ruling=ruling))
            continue
        left -= case.ruling.amount
        passed = Check(NO_BUDGET.name, "PASSED", {"budget": budget.pk if budget else None})
        reserved.append(replace(case, ruling=replace(case.ruling, checks=(*case.ruling.checks, passed))))
    return reserved


def _write_entitlements(
    cases: Sequence[Case], former: Mapping[int, Entitlement], budget: Budget | None, now: datetime
) -> list[Entitlement]:
    """Write the decisions and return those that stand.

    One whose first pass another worker has claimed at this moment is left out: its certificate stays due, and
    the next sweep sees the other claim.
    """
    changed = [case for case in cases if not _says_the_same(case, former.get(case.certificate.pk))]
    Entitlement.objects.filter(
        pk__in=[former[case.certificate.pk].pk for case in changed if case.certificate.pk in former]
    ).update(superseded_at=now)
    entitlements = [_entitlement(case, former.get(case.certificate.pk), budget, now) for case in changed]
    Entitlement.objects.bulk_create(entitlements, ignore_conflicts=True)
    written = list(
        Entitlement.objects.filter(
            certificate_id__in=[case.certificate.pk for case in changed],
            public_id__in=[entitlement.public_id for entitlement in entitlements],
        )
        .select_related("certificate")
        .order_by("certificate_id")
    )
    for decision in Decision:
        record_events(
            f"entitlement.{decision.lower()}",
            subjects=[entitlement for entitlement in written if entitlement.decision == decision],
            at=now,
        )
    changed_ids = {case.certificate.pk for case in changed}
    unchanged = [former[case.certificate.pk] for case in cases if case.certificate.pk not in changed_ids]
    return written + unchanged


def _says_the_same(case: Case, former: Entitlement | None) -> bool:
    """Test whether a decision would only be written again.

    A granted one is never decided twice, and a refused one only if it hung on results, which may have changed.
    """
    if former is None:
        return False
    if former.decision != Decision.HELD and former.reason not in HANGS_ON_RESULTS:
        return True
    ruling = case.ruling
    return (ruling.decision, ruling.reason, ruling.amount) == (former.decision, former.reason, former.amount)


def _entitlement(case: Case, former: Entitlement | None, budget: Budget | None, now: datetime) -> Entitlement:
    granted = case.ruling.decision == Decision.GRANTED
    return Entitlement(
        public_id=uuid.uuid4(),
        certificate=case.certificate,
        decision=case.ruling.decision,
        reason=case.ruling.reason,
        first_pass_key=claimed_key(case.facts, case.ruling),
        amount=case.ruling.amount,
        policy_version_id=case.facts.policy.version_id if case.facts.policy else None,
        fee_schedule_id=case.facts.fee.schedule_id if case.facts.fee else None,
        budget=budget if granted else None,
        bank_account_id=case.facts.bank_account_id,
        checks=[asdict(check) for check in case.ruling.checks],
        decided_at=now,
        supersedes=former,
    )


def _open_payments(
    granted: Sequence[Entitlement],
    facts: Mapping[int, CertificateFacts],
    budget: Budget | None,
    now: datetime,
) -> None:
    """Reserve the money, open one payment for each grant and record it in the journal."""
    if not granted or budget is None:
        return
    budget.reserved += sum((entitlement.amount for entitlement in granted), Decimal("0.00"))
    budget.save(update_fields=["reserved"])
    payments = Payment.objects.bulk_create(
        Payment(
            entitlement=entitlement,
            payee_id=facts[entitlement.certificate_id].person_id,
            amount=entitlement.amount,
            opened_at=now,
        )
        for entitlement in granted
    )
    record_entry(
        key=f"grant:{granted[0].public_id}",
        kind=JournalKind.GRANT,
        postings=[
            Posting(payment, JournalAccount.SUBSIDY_EXPENSE, JournalAccount.SUBSIDIES_PAYABLE, "granted")
            for payment in payments
        ],
        now=now,
    )
    nudge_after_commit("entitlements_granted")
