"""What the pages of an institution's claims show beside the claims themselves."""

from collections.abc import Collection, Iterable
from datetime import date, timedelta

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery

from enrollment.enums import ClassStatus
from enrollment.models import TrainingClass
from enrollment.queries import classes_visible_to
from institutions.models import User
from institutions.queries import current_institution_accounts
from subsidies.enums import CLAIM_ENDED, ClaimStatus, EvidenceKind, PaymentStatus, ScanStatus
from subsidies.models import ClaimEvidence, ClaimLine, ClaimQuery, ClaimReckoning, Payment, SubsidyClaim
from subsidies.queries.claims import claims_visible_to
from subsidies.queries.training_policies import (
    policy_on,
    training_policies_in_force,
    values_of_training_policy,
)
from subsidies.rules.claim_days import last_opening_day
from subsidies.rules.claim_facts import (
    ClassFacts,
    LineRuling,
    ReckonedLine,
    Reckoning,
    TrainingPolicyValues,
)
from subsidies.rules.facts import UNKNOWN, Check
from subsidies.rules.pass_rates import NOTHING

# No policy gives more time than that; a longer one only hides the offer, and not the page behind it.
LOOKED_BACK = timedelta(days=3 * 366)
LISTED_AT_MOST = 50


def claim_counts_by_status(user: User) -> dict[str, int]:
    """Return how many claims of each state this person may see."""
    claims = claims_visible_to(user).order_by().values_list("status")
    return dict(claims.annotate(number=Count("pk")))


def is_reimbursed() -> Q:
    """Return the condition on a claim that nobody waits for it any more: it was paid, or confirmed at nothing."""
    paid = Payment.objects.filter(claim=OuterRef("pk"), status=PaymentStatus.PAID)
    return Q(Exists(paid)) | Q(status=ClaimStatus.CONFIRMED, reckoning__amount=0)


def paid_at() -> Subquery:
    """Return the expression for when a claim was paid; empty for one that was not, or comes to nothing."""
    paid = Payment.objects.filter(claim=OuterRef("pk"), status=PaymentStatus.PAID)
    return Subquery(paid.order_by("-pk").values("paid_at")[:1])


def claim_questions_visible_to(user: User) -> QuerySet[ClaimQuery]:
    """Return what was asked about the claims that this person may see."""
    claims = claims_visible_to(user).order_by().values("pk")
    return ClaimQuery.objects.filter(claim__in=claims).select_related("claim")


def live_claim_of_class(user: User, training_class: TrainingClass) -> SubsidyClaim | None:
    """Return the class's claim that has not ended, as far as this person may see it."""
    claims = claims_visible_to(user).filter(training_class=training_class)
    return claims.exclude(status__in=CLAIM_ENDED).first()


def classes_open_to_claims(user: User, today: date) -> list[TrainingClass]:
    """Return the completed classes without a live claim for which somebody can still open one, the latest first."""
    live = SubsidyClaim.objects.filter(training_class=OuterRef("pk")).exclude(status__in=CLAIM_ENDED)
    classes = classes_visible_to(user).filter(
        ~Exists(live), status=ClassStatus.COMPLETED, locked_count__gt=0, ends_on__gte=today - LOOKED_BACK
    )
    in_force = training_policies_in_force()
    found = []
    for each in classes.select_related("occupation").order_by("-ends_on", "-pk")[: 4 * LISTED_AT_MOST]:
        policy = policy_on(each.ends_on, in_force)
        if policy is not None and today <= last_opening_day(_dated(each), policy):
            found.append(each)
    return found[:LISTED_AT_MOST]


def classes_costing_money(user: User) -> QuerySet[TrainingClass]:
    """Return the classes that this person may see on which money may have been spent, the latest first."""
    classes = classes_visible_to(user).filter(status__in=(ClassStatus.RUNNING, ClassStatus.COMPLETED))
    return classes.select_related("occupation", "institution", "district").order_by("-ends_on", "-pk")


def infected_files(files: Collection[ClaimEvidence]) -> list[ClaimEvidence]:
    """Return those of these files in which malware was found."""
    return [each for each in files if each.scan_status == ScanStatus.INFECTED]


def shows_a_receipt(files: Collection[ClaimEvidence]) -> bool:
    """Test whether one of these files is a receipt in which no malware was found."""
    return any(
        each.kind == EvidenceKind.RECEIPT and each.scan_status != ScanStatus.INFECTED for each in files
    )


def account_ending_of(institution_id: int) -> str:
    """Return how the account ends that an institution is paid to; nothing where none is approved."""
    account = current_institution_accounts().filter(institution=institution_id).first()
    return account.last_four if account else ""


def reckoning_as_ruled(
    reckoning: ClaimReckoning, lines: Iterable[ClaimLine]
) -> tuple[Reckoning, TrainingPolicyValues]:
    """Return a reckoning with its lines as the rules wrote it, and the policy that it was made by. Reads nothing.

    Of the checks only the outcomes, and of the policy no table: what was reckoned stands in the lines.
    """
    policy = values_of_training_policy(reckoning.policy_version, {})
    ruled_lines = tuple(
        ReckonedLine(
            line.line_number,
            LineRuling(
                enrollment_id=line.enrollment_id,
                in_rate=line.in_rate,
                is_pass=line.is_pass,
                counts=line.counts,
                reason=line.reason,
                standard=line.standard,
                attempt_id=line.attempt_id,
                fee_schedule_id=line.fee_schedule_id,
                checks=tuple(Check(each["name"], each["outcome"]) for each in line.checks),
                open_checks=tuple(each["name"] for each in line.checks if each["outcome"] == UNKNOWN),
            ),
            line.amount,
        )
        for line in lines
    )
    ruled = Reckoning(
        lines=ruled_lines,
        pass_count=reckoning.pass_count,
        rate_count=reckoning.rate_count,
        factor=reckoning.factor,
        counted_count=reckoning.counted_count,
        standard_total=reckoning.standard_total,
        advance_cap=reckoning.advance_cap,
        amount=reckoning.amount,
        missing=(),
        facts_sha256=reckoning.facts_sha256,
    )
    return ruled, policy


def _dated(training_class: TrainingClass) -> ClassFacts:
    """Return a class as far as its last day to open a claim hangs on it."""
    return ClassFacts(
        class_id=training_class.pk,
        institution_id=training_class.institution_id,
        occupation_id=training_class.occupation_id,
        level=training_class.level,
        direction=training_class.direction,
        ends_on=training_class.ends_on,
        status=training_class.status,
        locked_count=training_class.locked_count,
        hours_taught=NOTHING,
        is_attendance_reported=False,
    )
