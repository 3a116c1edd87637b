"""From an institution's plan for a class to a filing that its district answers."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone

from chongqing_dte.foundation.audit import record_event
from chongqing_dte.foundation.errors import DomainError, InvalidTransition
from chongqing_dte.foundation.sentences import gettext as _
from chongqing_dte.foundation.transitions import check_transition
from enrollment import policies, queries
from enrollment.enums import ClassStatus
from enrollment.models import ClassStep, ClassTrainer, TrainingClass
from enrollment.models.training_class import IN_THE_INSTITUTIONS_HANDS
from enrollment.services.class_steps import move_class
from enrollment.services.filing_checks import PlanRefused, check_near_duplicates, filing_of, problems_of
from enrollment.services.plan_checks import ClassPlan, checked_plan
from enrollment.transitions import CLASS_TRANSITIONS
from institutions.models import FundedQuota, User
from institutions.queries import lock_institution, lock_quota, working_day_after
from institutions.services.quota_steps import QuotaExceeded, reserve_seats

PLANNED = (
    "occupation_id",
    "direction",
    "level",
    "starts_on",
    "ends_on",
    "venue",
    "plan",
    "planned_hours",
    "seat_count",
    "intended_evaluator_id",
)


class PlanIsFiled(InvalidTransition):
    """The bureau has the plan in its hands, or has answered it."""

    def __init__(self) -> None:
        super().__init__(_("The class is filed. Its plan cannot be changed any more."))


@transaction.atomic(durable=True)
def draft_class(*, plan: ClassPlan, drafter: User, now: datetime) -> TrainingClass:
    """Write down a plan that nobody has been asked about yet. It may be incomplete.

    Raises NotPermitted unless the drafter works for a training institution, and PlanRefused if the plan
    contradicts itself, says what cannot be, or has a reference that is taken.
    """
    policies.check_can_draft_class(drafter)
    institution = drafter.institution
    if institution is None:
        raise ValueError("a training role has an institution")
    plan = checked_plan(plan, institution_id=institution.pk, former_reference="")
    training_class = TrainingClass(
        reference=plan.reference,
        institution=institution,
        district_id=institution.district_id,
        drafted_by=drafter,
        drafted_at=now,
    )
    _take_over(training_class, plan)
    if not plan.reference:
        training_class.reference = training_class.public_id.hex
    _save_reference(training_class, None)
    if not plan.reference:
        training_class.reference = f"TC-{plan.starts_on.year}-{training_class.pk:06d}"
        training_class.save(update_fields=["reference"])
    _name_trainers(training_class, plan)
    ClassStep.objects.create(
        training_class=training_class, to_status=ClassStatus.DRAFT, actor=drafter, at=now
    )
    record_event("class.draft", subject=training_class, actor_id=drafter.pk, at=now)
    return training_class


@transaction.atomic(durable=True)
def change_draft(*, class_id: int, plan: ClassPlan, editor: User, now: datetime) -> TrainingClass:
    """Write another plan over one that is not filed, or that was returned. Safe to repeat.

    Raises NotPermitted for another institution, InvalidTransition once it is filed, and PlanRefused.
    """
    training_class = queries.lock_class(class_id)
    policies.check_can_file_class(editor, training_class)
    if training_class.status not in IN_THE_INSTITUTIONS_HANDS:
        raise PlanIsFiled
    plan = checked_plan(
        plan, institution_id=training_class.institution_id, former_reference=training_class.reference
    )
    training_class.reference = plan.reference or training_class.reference
    _take_over(training_class, plan)
    _save_reference(training_class, ["reference", *PLANNED])
    ClassTrainer.objects.filter(training_class=training_class).delete()
    _name_trainers(training_class, plan)
    record_event("class.changed", subject=training_class, actor_id=editor.pk, at=now)
    return training_class


@transaction.atomic(durable=True)
def file_class(
    *, class_id: int, filer: User, now: datetime, accepts_near_duplicates: bool = False
) -> TrainingClass:
    """Hand a plan to the district bureau and reserve its funded seats.

    Raises NotPermitted for another institution, InvalidTransition if it is filed already, PlanRefused with
    everything that stands against it, and NearDuplicateFilings unless those are accepted.
    """
    training_class = queries.lock_class(class_id)
    policies.check_can_file_class(filer, training_class)
    check_transition(CLASS_TRANSITIONS, current=ClassStatus(training_class.status), target=ClassStatus.FILED)
    today = timezone.localdate(now)
    # Whoever files for the same institution at this moment waits here, and then sees this filing. The quota would
    # not do: around New Year two classes that look alike take their seats from two years.
    lock_institution(training_class.institution_id)
    quota = lock_quota(institution_id=training_class.institution_id, year=training_class.starts_on.year)
    filing, problems = filing_of(training_class, filed_on=today)
    problems += [*problems_of(filing), *_reserve(training_class, quota)]
    if problems or filing.policy is None:
        raise PlanRefused(problems)
    if not accepts_near_duplicates:
        check_near_duplicates(filing)
    training_class.district_id = training_class.institution.district_id
    training_class.filed_by = filer
    training_class.filed_at = now
    training_class.answer_due_on = working_day_after(today, filing.policy.answer_working_days)
    training_class.escalated_at = None
    training_class.status_reason = ""
    move_class(
        training_class,
        target=ClassStatus.FILED,
        actor=filer,
        now=now,
        changed=(
            "district",
            "filed_by",
            "filed_at",
            "answer_due_on",
            "escalated_at",
            "status_reason",
            "quota",
            "reserved_seat_count",
        ),
    )
    return training_class


def _reserve(training_class: TrainingClass, quota: FundedQuota | None) -> list[DomainError]:
    """Take the class's seats from the locked quota, or return why they cannot be had."""
    if quota is None:
        message = _("Your institution has no funded seats in %(year)s, the year in which the class starts.")
        return [DomainError(message % {"year": training_class.starts_on.year}, code="no_funded_quota")]
    try:
        reserve_seats(quota, training_class.seat_count)
    except QuotaExceeded as exceeded:
        return [exceeded]
    training_class.quota = quota
    training_class.reserved_seat_count = training_class.seat_count
    return []


def _take_over(training_class: TrainingClass, plan: ClassPlan) -> None:
    for field in PLANNED:
        setattr(training_class, field, getattr(plan, field))


def _save_reference(training_class: TrainingClass, changed: list[str] | None) -> None:
    """Save the class. A reference that another class has is the user's business, anything else is not."""
    try:
        training_class.save(update_fields=changed)
    except IntegrityError as refusal:
        if "enrollment_trainingclass_reference_key" not in str(refusal):
            raise
        taken = DomainError(_("Another class has this reference already."), code="reference_taken")
        raise PlanRefused([taken]) from refusal


def _name_trainers(training_class: TrainingClass, plan: ClassPlan) -> None:
    # Whoever is entered twice in the same words is one person.
    ClassTrainer.objects.bulk_create(
        ClassTrainer(training_class=training_class, name=trainer.name, qualification=trainer.qualification)
        for trainer in dict.fromkeys(plan.trainers)
    )
