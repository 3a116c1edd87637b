"""From a recorded certificate to a decision, a reservation, a payment and a journal entry, in sets."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import partial

from django.db import IntegrityError, transaction
from django.utils import timezone

from assessment.models import LevelCertificate
from assessment.queries import due_certificate_ids, lock_certificates_due
from assessment.services.certificates import make_due_again, mark_decided
from chongqing_dte.foundation.bulk import without_search_for_cycles
from chongqing_dte.foundation.errors import POISON
from chongqing_dte.foundation.sets import act_or_isolate, unless_deadlocked
from enrollment.queries import lock_trainees, rows_of_persons
from subsidies import queries
from subsidies.enums import Decision, SubsidyKind
from subsidies.models import Budget, Entitlement
from subsidies.rules.eligibility import MAY_TURN_ROUND, claimed_key
from subsidies.rules.limits import competent_district
from subsidies.rules.reservations import Purse, Reservations
from subsidies.rules.sequence import decide_in_order
from subsidies.services.decision_steps import Case, NewEntitlement, open_payments, write_entitlements
from subsidies.services.evidence import gather_facts

# A set costs some forty queries, however large it is; its rows and its people stay locked for about a second.
BATCH_SIZE = 2000
CLAIMED = "is_not_claimed_already"


def decide_due_certificates(*, now: datetime) -> int:
    """Decide every certificate that waits, in sets, and return how many decisions were written.

    Safe to repeat, early, late or beside itself: a certificate is locked while it is decided, workers leave out
    what others have locked, and a decision that was killed before its commit leaves the certificate due.
    """
    unless_deadlocked(_take_up_corrected_evidence, complaint="corrections_cannot_be_taken_up")
    decided_count = 0
    last_hold: int | None = 0
    while last_hold is not None:
        take_up = partial(_take_up_held_decisions, after=last_hold, now=now)
        last_hold = unless_deadlocked(take_up, complaint="holds_cannot_be_taken_up")
        decided_count += _decide_all_due(now)
    return decided_count


def _decide_all_due(now: datetime) -> int:
    decided_count, last_id = 0, 0
    # What cannot be decided alone stays due, and each sweep says so again until somebody has looked. Until then nobody
    # waits behind it for money.
    undecidable: set[int] = set()

    def decide(ids: Sequence[int]) -> int:
        try:
            with without_search_for_cycles():
                return _decide_one_set(ids, passing=undecidable, now=now)
        except POISON:
            undecidable.update(ids if len(ids) == 1 else ())
            raise

    while due := due_certificate_ids(after=last_id, limit=BATCH_SIZE):
        last_id = due[-1]
        decided_count += act_or_isolate(due, decide, complaint="certificate_cannot_be_decided")
    return decided_count


@transaction.atomic(durable=True)
def _take_up_corrected_evidence() -> None:
    """Make certificates due again that were decided by other evidence than stands by now. Safe to repeat."""
    decided = queries.lock_decided_by_other_evidence(limit=BATCH_SIZE)
    make_due_again([entitlement.certificate_id for entitlement in decided])


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
def _decide_one_set(due: Sequence[int], *, passing: Collection[int], now: datetime) -> int:
    certificates = _with_what_hangs_on_them(lock_certificates_due(due))
    if not certificates:
        return 0
    # Whoever is merged at this moment is one person before the decision or after it, and never in the middle.
    lock_trainees(rows_of_persons({certificate.trainee_id for certificate in certificates}))
    former = queries.live_entitlements_of([certificate.pk for certificate in certificates])
    reopened = queries.reopened_by_objections(_refused(former)) | queries.reopened_by_corrections(former)
    stands = _decided_for_good(former, reopened)
    open_ones = [certificate for certificate in certificates if certificate.pk not in stands]
    facts = gather_facts(open_ones)
    budgets = queries.lock_budgets_of_year(year=timezone.localdate(now).year, kind=SubsidyKind.ASSESSMENT)
    reservations = _reservations(budgets, {*passing, *(certificate.pk for certificate in open_ones)})
    decided = decide_in_order([facts[each.pk] for each in open_ones], reservations.reserve)
    cases = [
        Case(
            certificate,
            each,
            former.get(certificate.pk),
            reservations.budget_ids.get(certificate.pk),
            certificate.pk in reopened,
        )
        for certificate, each in zip(open_ones, decided, strict=True)
    ]
    written = write_entitlements([case for case in cases if not _says_the_same(case)], now)
    _check_nobody_counted_what_was_left_out(cases, written)
    open_payments(cases, written, budgets, now)
    unchanged = {case.certificate.pk for case in cases if _says_the_same(case)}
    done = (
        {*stands, *unchanged, *written}
        - _refused_for_holds_that_ended(cases)
        - _held_before_new_claims(cases)
    )
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
    taken = _with_what_was_refused(taken, rows_of_persons(claiming)) if claiming else taken
    make_due_again(taken.keys() - {certificate.pk for certificate in due})
    return [taken[certificate_id] for certificate_id in sorted(taken)]


def _with_what_was_refused(
    taken: Mapping[int, LevelCertificate], claiming: Mapping[int, int]
) -> dict[int, LevelCertificate]:
    """Take up what people were refused for their holds, and leave out whoever somebody else is just busy with.

    Whoever looks at such a refusal at this moment would not see that the hold ends; and to wait for them here, with
    other certificates locked, could be to wait for somebody who waits for those. They stay due.
    """
    refused = queries.lock_refused_for_claims(claiming)
    taken = {**taken, **{entitlement.certificate_id: entitlement.certificate for entitlement in refused}}
    busy = queries.trainees_refused_elsewhere(claiming, except_certificates=taken)
    persons = {claiming[trainee_id] for trainee_id in busy}
    return {key: each for key, each in taken.items() if claiming.get(each.trainee_id) not in persons}


# ── What was decided before ──────────────────────────────────────────────────────────────────────────────
def _refused(former: Mapping[int, Entitlement]) -> list[int]:
    return [
        certificate_id
        for certificate_id, entitlement in former.items()
        if entitlement.decision == Decision.REFUSED
    ]


def _decided_for_good(former: Mapping[int, Entitlement], reopened: Collection[int]) -> set[int]:
    """Return the certificates whose decision stands, whatever is known by now.

    A granted one is never decided twice. A refused one is, if what it hung on may have turned round, if the person's
    objection to it was upheld, or if the evidence that it saw was corrected since.
    """
    return {
        certificate_id
        for certificate_id, entitlement in former.items()
        if entitlement.decision == Decision.GRANTED
        or (
            entitlement.decision == Decision.REFUSED
            and entitlement.reason not in MAY_TURN_ROUND
            and certificate_id not in reopened
        )
    }


def _says_the_same(case: Case) -> bool:
    """Test whether a decision would only be written again."""
    former, ruling = case.former, case.decided.ruling
    if (
        former is None
        or case.is_reopened
        or (ruling.decision, ruling.reason) != (former.decision, former.reason)
    ):
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


def _held_before_new_claims(cases: Sequence[Case]) -> set[int]:
    """Return the certificates that were held here before a later one of the same person claimed a first pass.

    They stay due: it may be the one they were held for, and they could not see that.
    """
    claiming: set[int] = set()
    held: set[int] = set()
    for case in reversed(cases):
        person_id = case.decided.facts.person_id
        if case.decided.ruling.decision == Decision.HELD and person_id in claiming:
            held.add(case.certificate.pk)
        if case.decided.claim is not None and not _claimed_before(case.former):
            claiming.add(person_id)
    return held


def _claimed_before(former: Entitlement | None) -> bool:
    return former is not None and former.first_pass_key.startswith("person:")


def _check_nobody_counted_what_was_left_out(
    cases: Sequence[Case], written: Mapping[int, NewEntitlement]
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
def _reservations(budgets: Mapping[int | None, Budget], passing: Collection[int]) -> Reservations:
    """Return the purses to reserve from. Whoever waits for a budget is served first, but for those passed over."""
    first_waiting = queries.first_certificates_waiting(
        own_districts=[district_id for district_id in budgets if district_id is not None],
        except_certificates=passing,
    )
    return Reservations(
        {
            district_id: Purse(budget.pk, budget.available, first_waiting.get(district_id))
            for district_id, budget in budgets.items()
        }
    )
