"""From a recorded certificate to a decision, a reservation, a payment and a journal entry, in sets."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import partial

from django.db import IntegrityError, transaction
from django.utils import timezone

from assessment.models import LevelCertificate
from assessment.queries import due_certificate_ids, lock_certificates_due
from assessment.services.certificates import make_due_again, mark_decided
from chongqing_dte.foundation.audit import record_events
from chongqing_dte.foundation.jobs import nudge_after_commit
from chongqing_dte.foundation.sets import act_or_isolate, unless_deadlocked
from enrollment.queries import lock_trainees, rows_of_persons
from subsidies import queries
from subsidies.enums import Decision, JournalAccount, JournalKind, PaymentStatus, SubsidyKind
from subsidies.models import Budget, Entitlement, Payment
from subsidies.rules.eligibility import MAY_TURN_ROUND, claimed_key
from subsidies.rules.limits import competent_district
from subsidies.rules.reservations import Purse, Reservations
from subsidies.rules.sequence import Decided, decide_in_order
from subsidies.services.evidence import gather_facts
from subsidies.services.journal import Posting, record_entry

BATCH_SIZE = 500
CLAIMED = "is_not_claimed_already"


@dataclass(frozen=True)
class Case:
    """One certificate, what was decided about it, the decision that stood, and the budget that it is paid from."""

    certificate: LevelCertificate
    decided: Decided
    former: Entitlement | None
    budget_id: int | None


def decide_due_certificates(*, now: datetime) -> int:
    """Decide every certificate that waits, in sets of 500, and return how many decisions were written.

    Safe to repeat, early, late or beside itself: a certificate is locked while it is decided, workers leave out
    what others have locked, and a decision that was killed before its commit leaves the certificate due.
    """
    decided_count = 0
    last_hold: int | None = 0
    while last_hold is not None:
        take_up = partial(_take_up_held_decisions, after=last_hold, now=now)
        last_hold = unless_deadlocked(take_up, complaint="holds_cannot_be_taken_up")
        decided_count += _decide_all_due(now)
    return decided_count


def _decide_all_due(now: datetime) -> int:
    decided_count, last_id = 0, 0
    while due := due_certificate_ids(after=last_id, limit=BATCH_SIZE):
        last_id = due[-1]
        # What cannot be decided alone stays due, and each sweep says so again until somebody has looked.
        decided_count += act_or_isolate(
            due, lambda ids: _decide_one_set(ids, now=now), complaint="certificate_cannot_be_decided"
        )
    return decided_count


@transaction.atomic(durable=True)
def _take_up_held_decisions(*, after: int, now: datetime) -> int | None:
    """Make certificates from behind this one on due again whose missing fact has arrived. Safe to repeat.

    Returns the last of them, or None if there are no more: what is held again holds up nobody behind it.
    """
    year = timezone.localdate(now).year
    held = queries.lock_held_that_can_go_on(year=year, after=after, limit=BATCH_SIZE)
    make_due_again([entitlement.certificate_id for entitlement in held])
    return held[-1].certificate_id if len(held) == BATCH_SIZE else None


@transaction.atomic(durable=True)
def _decide_one_set(due: Sequence[int], *, now: datetime) -> int:
    certificates = _with_what_hangs_on_them(lock_certificates_due(due))
    if not certificates:
        return 0
    # Whoever is merged at this moment is one person before the decision or after it, and never in the middle.
    lock_trainees(rows_of_persons({certificate.trainee_id for certificate in certificates}))
    former = queries.live_entitlements_of([certificate.pk for certificate in certificates])
    stands = _decided_for_good(former)
    open_ones = [certificate for certificate in certificates if certificate.pk not in stands]
    facts = gather_facts(open_ones)
    budgets = queries.lock_budgets_of_year(year=timezone.localdate(now).year, kind=SubsidyKind.ASSESSMENT)
    reservations = _reservations(budgets, open_ones)
    decided = decide_in_order([facts[each.pk] for each in open_ones], reservations.reserve)
    cases = [
        Case(certificate, each, former.get(certificate.pk), reservations.budget_ids.get(certificate.pk))
        for certificate, each in zip(open_ones, decided, strict=True)
    ]
    written = _write_entitlements([case for case in cases if not _says_the_same(case)], now)
    _check_nobody_counted_what_was_left_out(cases, written)
    _open_payments([case for case in cases if case.certificate.pk in written], written, budgets, now)
    unchanged = {case.certificate.pk for case in cases if _says_the_same(case)}
    done = {*stands, *unchanged, *written} - _refused_for_holds_that_ended(cases)
    mark_decided(done)
    return len(done)


def _with_what_hangs_on_them(due: Sequence[LevelCertificate]) -> list[LevelCertificate]:
    """Take up what these people are held for, too, and what was refused for a hold that is decided again.

    Otherwise a hold would keep an earlier pass that arrived late from being paid, and then be refused for it; and
    one that comes to nothing would go on standing in the way of another certificate.
    """
    rows = rows_of_persons({certificate.trainee_id for certificate in due})
    holds = queries.lock_holds_of(rows, except_certificates=[certificate.pk for certificate in due])
    taken = {each.pk: each for each in (*due, *(entitlement.certificate for entitlement in holds))}
    claiming = queries.trainees_whose_holds_claim(taken.keys())
    refused = queries.lock_refused_for_claims(rows_of_persons(claiming)) if claiming else []
    taken |= {entitlement.certificate_id: entitlement.certificate for entitlement in refused}
    make_due_again(taken.keys() - {certificate.pk for certificate in due})
    return [taken[certificate_id] for certificate_id in sorted(taken)]


# ── What was decided before ──────────────────────────────────────────────────────────────────────────────
def _decided_for_good(former: Mapping[int, Entitlement]) -> set[int]:
    """Return the certificates whose decision stands, whatever is known by now.

    A granted one is never decided twice. A refused one is, if what it hung on may have turned round, or if the
    person's objection to it was upheld.
    """
    refused = {
        entitlement.pk
        for entitlement in former.values()
        if entitlement.decision == Decision.REFUSED and entitlement.reason not in MAY_TURN_ROUND
    }
    reopened = queries.reopened_by_objections(refused)
    return {
        certificate_id
        for certificate_id, entitlement in former.items()
        if entitlement.decision == Decision.GRANTED
        or (entitlement.pk in refused and entitlement.pk not in reopened)
    }


def _says_the_same(case: Case) -> bool:
    """Test whether a decision would only be written again."""
    former, ruling = case.former, case.decided.ruling
    if former is None or (ruling.decision, ruling.reason) != (former.decision, former.reason):
        return False
    return ruling.amount == former.amount and (ruling.decision != Decision.HELD or _waits_alike(case, former))


def _waits_alike(case: Case, former: Entitlement) -> bool:
    """Test whether a hold claims the same, and waits in the same queue, as before."""
    facts = case.decided.facts
    claims = claimed_key(facts, case.decided.ruling) == former.first_pass_key
    policy_id = facts.policy.version_id if facts.policy else None
    return claims and (competent_district(facts), policy_id) == (former.district_id, former.policy_version_id)


def _refused_for_holds_that_ended(cases: Sequence[Case]) -> set[int]:
    """Return the certificates that were refused here for a hold which, later in this set, came to nothing.

    They stay due: what stood in their way is gone.
    """
    ended = {case.certificate.pk for case in cases if case.former is not None and case.decided.claim is None}
    return {
        case.certificate.pk
        for case in cases
        if case.decided.ruling.reason == CLAIMED and case.decided.facts.claimed_by_certificate_id in ended
    }


def _check_nobody_counted_what_was_left_out(
    cases: Sequence[Case], written: Mapping[int, Entitlement]
) -> None:
    """Raise IntegrityError if a decision that could not be written counted for a later one of the same person.

    The set is taken apart then, and each is decided from what stands.
    """
    left_out: set[int] = set()
    for case in cases:
        facts = case.decided.facts
        if facts.person_id in left_out:
            raise IntegrityError(
                "A decision that another worker stood in the way of counted for a later one."
            )
        is_left_out = case.certificate.pk not in written and not _says_the_same(case)
        if is_left_out and case.decided.claim is not None:
            left_out.add(facts.person_id)


# ── Deciding ─────────────────────────────────────────────────────────────────────────────────────────────
def _reservations(budgets: Mapping[int | None, Budget], deciding: Sequence[LevelCertificate]) -> Reservations:
    """Return the purses to reserve from. Whoever waits for a budget, and is not decided now, is served first."""
    first_waiting = queries.first_certificates_waiting(
        own_districts=[district_id for district_id in budgets if district_id is not None],
        except_certificates=[certificate.pk for certificate in deciding],
    )
    return Reservations(
        {
            district_id: Purse(budget.pk, budget.available, first_waiting.get(district_id))
            for district_id, budget in budgets.items()
        }
    )


def _write_entitlements(changed: Sequence[Case], now: datetime) -> dict[int, Entitlement]:
    """Write the decisions and return those that stand, by certificate.

    One whose first pass, or whose place among the person's grants, another worker has taken at this moment is left
    out: its certificate stays due, and the next sweep sees the other's.
    """
    superseded = [case.former.pk for case in changed if case.former is not None]
    Entitlement.objects.filter(pk__in=superseded).update(superseded_at=now)
    entitlements = [_entitlement(case, now) for case in changed]
    Entitlement.objects.bulk_create(entitlements, ignore_conflicts=True)
    ids = dict(
        Entitlement.objects.filter(
            certificate_id__in=[entitlement.certificate_id for entitlement in entitlements],
            public_id__in=[entitlement.public_id for entitlement in entitlements],
        ).values_list("public_id", "pk")
    )
    written = [entitlement for entitlement in entitlements if entitlement.public_id in ids]
    for entitlement in written:
        entitlement.pk = ids[entitlement.public_id]
    for decision in Decision:
        record_events(
            f"entitlement.{decision.lower()}",
            subjects=[entitlement for entitlement in written if entitlement.decision == decision],
            at=now,
        )
    return {entitlement.certificate_id: entitlement for entitlement in written}


def _entitlement(case: Case, now: datetime) -> Entitlement:
    facts, ruling, grant = case.decided.facts, case.decided.ruling, case.decided.grant
    return Entitlement(
        public_id=uuid.uuid4(),
        certificate=case.certificate,
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
        checks=[asdict(check) for check in ruling.checks],
        decided_at=now,
        held_since=_held_since(case, now),
        supersedes=case.former,
    )


def _held_since(case: Case, now: datetime) -> datetime | None:
    """Return since when something is missing, whatever it was first."""
    if case.decided.ruling.decision != Decision.HELD:
        return None
    former = case.former
    return former.held_since if former is not None and former.held_since is not None else now


# ── Money ────────────────────────────────────────────────────────────────────────────────────────────────
def _open_payments(
    cases: Sequence[Case],
    written: Mapping[int, Entitlement],
    budgets: Mapping[int | None, Budget],
    now: datetime,
) -> None:
    """Reserve the money, open one payment for each grant and record it in the journal."""
    granted = [case for case in cases if case.decided.grant is not None]
    if not granted:
        return
    _reserve(granted, budgets)
    payments = Payment.objects.bulk_create(
        Payment(
            entitlement=written[case.certificate.pk],
            payee_id=case.decided.facts.person_id,
            amount=case.decided.ruling.amount,
            status=_first_status(case),
            opened_at=now,
        )
        for case in granted
    )
    record_entry(
        key=f"grant:{payments[0].entitlement.public_id}",
        kind=JournalKind.GRANT,
        postings=[
            Posting(payment, JournalAccount.SUBSIDY_EXPENSE, JournalAccount.SUBSIDIES_PAYABLE, "granted")
            for payment in payments
        ],
        now=now,
    )
    nudge_after_commit("entitlements_granted")


def _first_status(case: Case) -> PaymentStatus:
    policy = case.decided.facts.policy
    has_notice = policy is not None and policy.notice_working_days > 0
    return PaymentStatus.TO_NOTICE if has_notice else PaymentStatus.READY


def _reserve(granted: Sequence[Case], budgets: Mapping[int | None, Budget]) -> None:
    by_id = {budget.pk: budget for budget in budgets.values()}
    for case in granted:
        if case.budget_id is not None:
            by_id[case.budget_id].reserved += case.decided.ruling.amount
    touched = {case.budget_id for case in granted}
    Budget.objects.bulk_update([by_id[pk] for pk in by_id if pk in touched], ["reserved"])
