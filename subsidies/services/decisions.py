"""From a recorded certificate to a decision, a reservation, a payment and a journal entry, in sets."""

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from decimal import Decimal

import structlog
from django.db import transaction
from django.utils import timezone

from assessment.enums import CertificateStatus, Outcome
from assessment.models import Attempt, LevelCertificate
from assessment.queries import attempts_of_trainees, due_certificate_ids, lock_certificates_due
from assessment.services.certificates import make_due_again, mark_decided
from chongqing_dte.foundation.audit import record_events
from chongqing_dte.foundation.errors import POISON
from chongqing_dte.foundation.jobs import nudge_after_commit
from enrollment.models import Enrollment
from enrollment.queries import account_ids_by_person, lock_trainees, rows_of_persons
from institutions.models import FeeSchedule
from institutions.queries import fee_schedules_of
from subsidies import queries
from subsidies.enums import Decision, JournalAccount, JournalKind, SubsidyKind
from subsidies.models import Budget, Entitlement, Payment, PolicyVersion
from subsidies.rules.eligibility import (
    CertificateFacts,
    Check,
    PolicyValues,
    PublishedFee,
    Ruling,
    Sitting,
    decide,
    first_pass_key,
    is_same_first_pass,
)
from subsidies.services.journal import Posting, record_entry

BATCH_SIZE = 500
log = structlog.get_logger(__name__)

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
    _take_up_held_decisions(now=now)
    decided_count, last_id = 0, 0
    while due := due_certificate_ids(after=last_id, limit=BATCH_SIZE):
        last_id = due[-1]
        decided_count += _decide_or_isolate(due, now=now)
    return decided_count


def _decide_or_isolate(due: Sequence[int], *, now: datetime) -> int:
    """Decide a set at one stroke. If one of them makes that fail, decide them one by one: the others go on."""
    try:
        return _decide_one_set(due, now=now)
    except POISON:
        if len(due) == 1:
            # It stays due, and each sweep says so again until somebody has looked.
            log.exception("certificate_cannot_be_decided", certificate=due[0])
            return 0
    return sum(_decide_or_isolate([certificate_id], now=now) for certificate_id in due)


@transaction.atomic(durable=True)
def _take_up_held_decisions(*, now: datetime) -> int:
    """Make the certificates due again whose missing fact has arrived, and return how many. Safe to repeat."""
    held = queries.lock_held_that_can_go_on(year=timezone.localdate(now).year, limit=BATCH_SIZE)
    make_due_again([entitlement.certificate_id for entitlement in held])
    return len(held)


@transaction.atomic(durable=True)
def _decide_one_set(due: Sequence[int], *, now: datetime) -> int:
    certificates = lock_certificates_due(due)
    if not certificates:
        return 0
    # Whoever is merged at this moment is one person before the decision or after it, and never in the middle.
    lock_trainees({certificate.trainee_id for certificate in certificates})
    former = queries.live_entitlements_of([certificate.pk for certificate in certificates])
    facts = _gather_facts(certificates)
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


# ── Facts ────────────────────────────────────────────────────────────────────────────────────────────────
def _gather_facts(certificates: Sequence[LevelCertificate]) -> dict[int, CertificateFacts]:
    """Read everything that the decisions need, in a constant number of queries.

    A person counts as one, whichever of their rows a certificate was issued under.
    """
    persons = rows_of_persons({certificate.trainee_id for certificate in certificates})
    sittings: dict[int, list[Sitting]] = defaultdict(list)
    attempts: dict[int, Attempt] = {}
    for attempt in attempts_of_trainees(persons):
        # Whoever stayed away did not sit.
        if attempt.outcome != Outcome.ABSENT:
            sittings[persons[attempt.trainee_id]].append(_sitting(attempt))
        attempts[attempt.pk] = attempt
    enrollments = Enrollment.objects.in_bulk(
        {attempts[certificate.attempt_id].enrollment_id for certificate in certificates}
    )
    policies = queries.approved_policies()
    fees = fee_schedules_of({certificate.institution_id for certificate in certificates})
    accounts = account_ids_by_person(persons)

    facts = {}
    for certificate in certificates:
        own, person_id = attempts[certificate.attempt_id], persons[certificate.trainee_id]
        enrollment = enrollments[own.enrollment_id]
        fee = _fee_in_force(certificate, own.session.held_on, fees)
        facts[certificate.pk] = CertificateFacts(
            certificate_id=certificate.pk,
            is_valid=certificate.status == CertificateStatus.VALID,
            issued_on=certificate.issued_on,
            person_id=person_id,
            category=enrollment.category,
            graduated_on=enrollment.graduated_on,
            sitting=_sitting(own),
            other_sittings=tuple(sitting for sitting in sittings[person_id] if sitting.attempt_id != own.pk),
            policy=_policy_in_force(certificate.issued_on, policies),
            fee=PublishedFee(fee.pk, fee.total) if fee else None,
            bank_account_id=accounts.get(person_id),
            claimed_by_certificate_id=None,
        )
    return _with_claims(facts, persons)


def _with_claims(
    facts: Mapping[int, CertificateFacts], persons: Mapping[int, int]
) -> dict[int, CertificateFacts]:
    claims: dict[int, list[Entitlement]] = defaultdict(list)
    for claim in queries.claims_of(persons):
        claims[persons[claim.certificate.trainee_id]].append(claim)
    return {
        certificate_id: replace(fact, claimed_by_certificate_id=_claimed_by(fact, claims[fact.person_id]))
        for certificate_id, fact in facts.items()
    }


def _claimed_by(fact: CertificateFacts, claims: Sequence[Entitlement]) -> int | None:
    """Return the certificate that has used up this first pass, as this policy counts it or as its own did."""
    own = (fact.sitting.occupation_id, fact.sitting.level)
    for claim in claims:
        other = (claim.certificate.occupation_id, claim.certificate.level)
        scopes = {policy.first_pass_scope for policy in (fact.policy, claim.policy_version) if policy}
        if claim.certificate_id != fact.certificate_id and any(
            is_same_first_pass(scope, own, other) for scope in scopes
        ):
            return claim.certificate_id
    return None


def _sitting(attempt: Attempt) -> Sitting:
    return Sitting(
        attempt_id=attempt.pk,
        held_on=attempt.session.held_on,
        occupation_id=attempt.session.occupation_id,
        level=attempt.session.level,
        is_pass=attempt.outcome == "PASSED",
    )


def _policy_in_force(on: date, policies: Sequence[PolicyVersion]) -> PolicyValues | None:
    policy = next((policy for policy in policies if on in policy.in_force), None)
    if policy is None:
        return None
    return PolicyValues(
        version_id=policy.pk,
        first_pass_scope=policy.first_pass_scope,
        first_pass_rule=policy.first_pass_rule,
        eligible_categories=frozenset(policy.eligible_categories),
        graduation_year_rule=policy.graduation_year_rule,
        fee_share=policy.fee_share,
        ceiling=policy.ceiling,
    )


def _fee_in_force(
    certificate: LevelCertificate, held_on: date, fees: Sequence[FeeSchedule]
) -> FeeSchedule | None:
    """Return the fee of the certificate's direction, or else the one published for the occupation as a whole."""
    found = [
        fee
        for fee in fees
        if fee.institution_id == certificate.institution_id
        and fee.occupation_id == certificate.occupation_id
        and fee.level == certificate.level
        and fee.direction in (certificate.direction, "")
        and held_on in fee.in_force
    ]
    return max(found, key=lambda fee: fee.direction, default=None)


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
    """Test whether a held decision would only be written again. A granted or refused one is never decided twice."""
    if former is None:
        return False
    if former.decision != Decision.HELD:
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
        first_pass_key=first_pass_key(case.facts),
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
