"""Reimbursement claims: which there are for whom, what is due of them, and their locks.

Whoever locks a class and its claim locks the class first.
"""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet

from assessment.enums import CertificateStatus, Outcome
from assessment.models import (
    Attempt,
    AttemptCorrection,
    CertificateRevocation,
    LevelCertificate,
    MarkReview,
)
from chongqing_dte.foundation.lookups import Among
from chongqing_dte.foundation.proposals import RequestStatus
from enrollment.enums import IN_TRAINING, ClassStatus
from enrollment.models import Enrollment, EvidenceCorrection, TraineeMerge, TrainingClass
from enrollment.queries import classes_visible_to
from institutions.enums import DISTRICT_ROLES, MUNICIPAL_ROLES, TRAINING_ROLES
from institutions.models import User
from institutions.queries import AnsweredForBy, current_institution_accounts
from subsidies.enums import CLAIM_ENDED, CLAIM_WITH_THE_INSTITUTION, ClaimStatus, PassRule
from subsidies.models import (
    ClaimLine,
    ClaimReckoning,
    ClaimStep,
    SubsidyClaim,
    TrainingPolicyVersion,
)

# What its facts may still change before it is confirmed.
MOVING = (*CLAIM_WITH_THE_INSTITUTION, ClaimStatus.SUBMITTED, ClaimStatus.RECOMMENDED)


# What a list of people does not need, and would be decrypted for nothing.
SECRETS = ("id_number", "mobile", "merged_into__id_number", "merged_into__mobile")


# ── What exists for whom ─────────────────────────────────────────────────────────────────────────────────
def claims_visible_to(user: User) -> QuerySet[SubsidyClaim]:
    """Return the claims that this person may see, newest first. A role that is not named here sees none."""
    claims = SubsidyClaim.objects.select_related(
        "training_class__occupation", "institution", "district", "reckoning"
    )
    if user.role in MUNICIPAL_ROLES:
        return claims
    if user.role in DISTRICT_ROLES and user.district_id is not None:
        # A district that took over from another one answers for its claims.
        return claims.filter(AnsweredForBy("district_id", user.district_id))
    if user.role in TRAINING_ROLES and user.institution_id is not None:
        return claims.filter(institution=user.institution_id)
    return claims.none()


def claim_lines_visible_to(user: User) -> QuerySet[ClaimLine]:
    """Return the lines of the live reckonings that this person may see. No ID number comes along."""
    live = claims_visible_to(user).order_by().values("reckoning")
    lines = ClaimLine.objects.filter(reckoning__in=live).select_related("enrollment__trainee__merged_into")
    return lines.defer(*(f"enrollment__trainee__{path}" for path in SECRETS))


def steps_of_claim(claim: SubsidyClaim) -> QuerySet[ClaimStep]:
    """Return what became of a claim, in order."""
    return ClaimStep.objects.filter(claim=claim).select_related("actor", "on_behalf_of").order_by("pk")


def reckonings_of_claim(claim: SubsidyClaim) -> QuerySet[ClaimReckoning]:
    """Return what a claim came to over the time, newest first."""
    return ClaimReckoning.objects.filter(claim=claim).select_related("policy_version").order_by("-number")


def classes_without_training_policy(user: User) -> QuerySet[TrainingClass]:
    """Return the completed classes that this person may see for whose last day no training policy is approved.

    No claim can open for them, so that somebody has to look.
    """
    return (
        classes_visible_to(user)
        .filter(~Exists(_policy_of_class()), status=ClassStatus.COMPLETED, locked_count__gt=0)
        .select_related("institution", "occupation")
        .order_by("ends_on", "pk")
    )


# ── Opening ──────────────────────────────────────────────────────────────────────────────────────────────
def class_ids_to_claim(*, cut_off_before: date, after: int, limit: int) -> list[int]:
    """Return completed classes that never had a claim and whose claim may be able to open, from behind this one on.

    Left out are those for which no policy stands, and those of which somebody has not sat yet, or not passed where any
    sitting counts, while sittings may count: `cut_off_before` is the day before which a class ended of which none does.
    """
    people = Enrollment.objects.filter(
        training_class=OuterRef("pk"), locked_at__isnull=False, status__in=IN_TRAINING
    )
    sat = Attempt.objects.filter(enrollment=OuterRef("pk"))
    never_sat = people.filter(~Exists(sat))
    never_passed = people.filter(~Exists(sat.filter(outcome=Outcome.PASSED)))
    can_still_pass = Exists(_policy_of_class().filter(pass_rule=PassRule.ANY_ATTEMPT)) & Exists(never_passed)
    classes = (
        _never_claimed()
        .filter(Exists(_policy_of_class()), pk__gt=after)
        .filter(Q(ends_on__lt=cut_off_before) | ~(Q(Exists(never_sat)) | Q(can_still_pass)))
    )
    return list(classes.order_by("pk").values_list("pk", flat=True)[:limit])


def lock_classes_to_claim(class_ids: Collection[int]) -> list[TrainingClass]:
    """Return those of these classes that still never had a claim, locked; what others hold is left out."""
    return list(
        _never_claimed()
        .filter(Among("pk", class_ids))
        .select_for_update(of=("self",), skip_locked=True, no_key=True)
        .order_by("pk")
    )


def lock_class_to_claim(class_id: int) -> TrainingClass:
    """Return one class whose claim, advances and files nobody else changes until this transaction ends."""
    return TrainingClass.objects.select_for_update(of=("self",), no_key=True).get(pk=class_id)


def lock_live_claim_of(training_class: TrainingClass) -> SubsidyClaim | None:
    """Return the class's claim that has not ended, locked, if there is one. The class is locked before."""
    live = SubsidyClaim.objects.filter(training_class=training_class).exclude(status__in=CLAIM_ENDED)
    return live.select_for_update(of=("self",), no_key=True).select_related("training_class").first()


def claim_counts_of(class_ids: Collection[int]) -> dict[int, int]:
    """Return how many claims each of these classes has had, by class."""
    claims = SubsidyClaim.objects.filter(Among("training_class_id", class_ids))
    counted = claims.order_by().values_list("training_class_id").annotate(number=Count("pk"))
    return dict(counted)


def _never_claimed() -> QuerySet[TrainingClass]:
    claims = SubsidyClaim.objects.filter(training_class=OuterRef("pk"))
    return TrainingClass.objects.filter(~Exists(claims), status=ClassStatus.COMPLETED, locked_count__gt=0)


def _policy_of_class() -> QuerySet[TrainingPolicyVersion]:
    return TrainingPolicyVersion.objects.filter(
        approved_at__isnull=False, in_force__contains=OuterRef("ends_on")
    )


# ── Reckoning ────────────────────────────────────────────────────────────────────────────────────────────
def lock_claim(claim_id: int) -> SubsidyClaim:
    """Return one claim that no other transaction can change until this one ends."""
    return (
        SubsidyClaim.objects.select_for_update(of=("self",), no_key=True)
        # Not its reckoning: whoever waited for the lock would get the claim as it is now beside rows of before.
        .select_related("training_class", "institution")
        .get(pk=claim_id)
    )


def reckonings_by_id(reckoning_ids: Collection[int]) -> dict[int, ClaimReckoning]:
    """Return these reckonings by their keys."""
    return {found.pk: found for found in ClaimReckoning.objects.filter(Among("pk", reckoning_ids))}


def lines_of_reckonings(reckoning_ids: Collection[int]) -> QuerySet[ClaimLine]:
    """Return the lines of these reckonings, in their order."""
    lines = ClaimLine.objects.filter(Among("reckoning_id", reckoning_ids))
    return lines.order_by("reckoning_id", "line_number")


def claim_ids_to_reckon(*, now: datetime, after: int, limit: int) -> list[int]:
    """Return claims whose facts are to be looked at anew by now, from behind this one on."""
    due = SubsidyClaim.objects.filter(reckoning_due_at__lte=now, status__in=MOVING, pk__gt=after)
    return list(due.order_by("pk").values_list("pk", flat=True)[:limit])


def lock_claims_to_reckon(claim_ids: Collection[int], *, now: datetime) -> list[SubsidyClaim]:
    """Return those of these claims that are still to be looked at, locked; what others hold is left out."""
    due = SubsidyClaim.objects.filter(Among("pk", claim_ids), reckoning_due_at__lte=now, status__in=MOVING)
    return list(
        due.select_for_update(of=("self",), skip_locked=True, no_key=True)
        .select_related("training_class", "reckoning")
        .order_by("pk")
    )


def lock_claims_that_moved(
    *, since: datetime, looked_at_after: timedelta, statuses: Collection[str] = MOVING
) -> list[SubsidyClaim]:
    """Return the claims in these states of whose people a result, certificate or evidence was questioned or ended.

    Only of those that happened `since`, which are few, and after the claim was looked at last: that is
    `looked_at_after` before it is looked at next. One that is looked at more rarely is due whatever the day of its
    last look. Locked; what others hold is left out.
    """
    moved = classes_moved(since)
    if not moved:
        return []
    claims = SubsidyClaim.objects.filter(Among("training_class_id", moved), status__in=statuses)
    locked = claims.select_for_update(of=("self",), skip_locked=True, no_key=True).order_by("pk")
    return [
        claim
        for claim in locked
        if claim.reckoning_due_at is None
        or claim.reckoning_due_at - looked_at_after > since + looked_at_after
        or claim.reckoning_due_at - looked_at_after < moved[claim.training_class_id]
    ]


def classes_moved(since: datetime) -> dict[int, datetime]:
    """Return when something last happened to the people of each class, in two queries."""
    of_attempt = "attempt__enrollment__training_class_id"
    of_certificate = "certificate__attempt__enrollment__training_class_id"
    ended = LevelCertificate.objects.filter(~Q(status=CertificateStatus.VALID), ended_at__gte=since)
    evidence = EvidenceCorrection.objects.filter(status=RequestStatus.APPROVED, decided_at__gte=since)
    rows = _said(ended, of_attempt, "ended_at").union(
        _said(evidence, "enrollment__training_class_id", "decided_at"),
        _said(MarkReview.objects.filter(opened_at__gte=since), of_attempt, "opened_at"),
        _said(MarkReview.objects.filter(closed_at__gte=since), of_attempt, "closed_at"),
        _said(AttemptCorrection.objects.filter(proposed_at__gte=since), of_attempt, "proposed_at"),
        _said(AttemptCorrection.objects.filter(decided_at__gte=since), of_attempt, "decided_at"),
        _said(CertificateRevocation.objects.filter(proposed_at__gte=since), of_certificate, "proposed_at"),
        _said(CertificateRevocation.objects.filter(decided_at__gte=since), of_certificate, "decided_at"),
        all=True,
    )
    moved: dict[int, datetime] = {}
    for class_id, at in [*rows, *_classes_of_merged_people(since)]:
        # Whoever was trained outside the programme is in no class.
        if class_id is not None:
            moved[class_id] = max(at, moved.get(class_id, at))
    return moved


def _said(rows: QuerySet[Any], class_path: str, at: str) -> QuerySet[Any, Any]:
    return rows.order_by().values_list(class_path, at)


def _classes_of_merged_people(since: datetime) -> list[tuple[int, datetime]]:
    merges = TraineeMerge.objects.filter(status=RequestStatus.APPROVED, decided_at__gte=since)
    enrollments = Enrollment.objects.filter(
        Q(trainee__merges_kept__in=merges) | Q(trainee__merges_merged__in=merges)
    )
    decided = Max("trainee__merges_kept__decided_at"), Max("trainee__merges_merged__decided_at")
    rows = (
        enrollments.order_by().values_list("training_class_id").annotate(kept=decided[0], merged=decided[1])
    )
    return [(class_id, max(at for at in ats if at)) for class_id, *ats in rows]


# ── Submitting and lapsing ───────────────────────────────────────────────────────────────────────────────
def has_account_to_be_paid_to(institution_id: int) -> bool:
    """Test whether an account of the institution is approved."""
    return current_institution_accounts().filter(institution=institution_id).exists()


def claim_ids_to_lapse(*, today: date, after: int, limit: int) -> list[int]:
    """Return claims that the institution did not submit in time, from behind this one on."""
    return list(_late(today).filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)[:limit])


def lock_claims_to_lapse(claim_ids: Collection[int], *, today: date) -> list[SubsidyClaim]:
    """Return those of these claims that are still too late, locked; what others hold is left out."""
    late = _late(today).filter(Among("pk", claim_ids))
    return list(late.select_for_update(of=("self",), skip_locked=True, no_key=True).order_by("pk"))


def _late(today: date) -> QuerySet[SubsidyClaim]:
    return SubsidyClaim.objects.filter(status__in=CLAIM_WITH_THE_INSTITUTION, submit_until__lt=today)
