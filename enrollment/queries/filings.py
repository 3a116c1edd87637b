from collections.abc import Collection
from datetime import date
from uuid import UUID

from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import Count, F, Q, QuerySet

from enrollment.enums import ClassStatus
from enrollment.models import ClassStep, ClassTrainer, TrainingClass
from enrollment.queries.classes import classes_visible_to
from institutions.enums import MUNICIPAL_ROLES, AccreditationKind
from institutions.models import Accreditation, District, DistrictSuccession, FundedQuota, Occupation, User

# What still asks somebody for something. The classes of past years are in none of these states.
OPEN_STATES = (
    ClassStatus.DRAFT,
    ClassStatus.FILED,
    ClassStatus.RETURNED,
    ClassStatus.CONFIRMED,
    ClassStatus.RUNNING,
)
LIVE = (ClassStatus.FILED, ClassStatus.RETURNED, ClassStatus.CONFIRMED, ClassStatus.RUNNING)


def open_class_counts_visible_to(user: User) -> dict[str, int]:
    """Return how many classes are in each state that asks for something. Does not grow with the years."""
    counted = classes_visible_to(user).filter(status__in=OPEN_STATES).order_by().values("status")
    return {row["status"]: row["number"] for row in counted.annotate(number=Count("id"))}


def filings_waiting_visible_to(user: User) -> QuerySet[TrainingClass]:
    """Return the filings that wait for an answer, the most urgent first; for the municipal bureau the escalated."""
    waiting = classes_visible_to(user).filter(status=ClassStatus.FILED)
    if user.role in MUNICIPAL_ROLES:
        waiting = waiting.filter(escalated_at__isnull=False)
    return waiting.select_related("institution", "district", "occupation").order_by(
        F("answer_due_on").asc(nulls_last=True), "id"
    )


def filings_after(waiting: QuerySet[TrainingClass], last_id: int) -> QuerySet[TrainingClass]:
    """Return those of the waiting filings that come after this one in their order."""
    last = TrainingClass.objects.filter(pk=last_id).values_list("answer_due_on", flat=True).first()
    if last is None:
        return waiting.filter(answer_due_on__isnull=True, pk__gt=last_id)
    later = Q(answer_due_on__gt=last) | Q(answer_due_on__isnull=True)
    return waiting.filter(later | Q(answer_due_on=last, pk__gt=last_id))


def filings_chosen(user: User, public_ids: Collection[UUID]) -> QuerySet[TrainingClass]:
    """Return the classes with these public numbers that this person may see, in the order of their deadlines."""
    chosen = classes_visible_to(user).filter(public_id__in=public_ids)
    return chosen.order_by(F("answer_due_on").asc(nulls_last=True), "id")


def steps_of(training_class: TrainingClass) -> QuerySet[ClassStep]:
    """Return every change of the class's state with its actor, oldest first."""
    return ClassStep.objects.filter(training_class=training_class).select_related("actor").order_by("id")


def trainers_of(training_class: TrainingClass) -> list[ClassTrainer]:
    """Return the trainers that the class's plan names."""
    return list(ClassTrainer.objects.filter(training_class=training_class).order_by("id"))


def live_classes_like(training_class: TrainingClass) -> QuerySet[TrainingClass]:
    """Return the institution's other live classes for the same occupation, direction and level."""
    return TrainingClass.objects.filter(
        institution_id=training_class.institution_id,
        occupation_id=training_class.occupation_id,
        direction=training_class.direction,
        level=training_class.level,
        status__in=LIVE,
    ).exclude(pk=training_class.pk)


def funded_quota_of(institution_id: int, year: int) -> FundedQuota | None:
    """Return the institution's funded seats of one year, to show them."""
    return FundedQuota.objects.filter(institution_id=institution_id, year=year).first()


def funded_quotas_from(institution_id: int, year: int) -> list[FundedQuota]:
    """Return the institution's funded seats of this year and later ones."""
    return list(FundedQuota.objects.filter(institution_id=institution_id, year__gte=year).order_by("year"))


def districts_in_place_of(district: District, on: date) -> list[District]:
    """Return the districts that took over from a retired one and exist on that day, also by way of others."""
    found: dict[int, District] = {}
    asked = {district.pk}
    heirs = _successors_of(asked)
    while heirs:
        found.update({heir.pk: heir for heir in heirs if on in heir.in_force})
        retired = {heir.pk for heir in heirs if on not in heir.in_force} - asked
        asked |= retired
        heirs = _successors_of(retired)
    return sorted(found.values(), key=lambda heir: heir.code)


def occupations_to_train(institution_id: int, on: date) -> list[Occupation]:
    """Return the occupations that the institution may train now or will be allowed to."""
    return list(
        Occupation.objects.filter(
            pk__in=_accreditations_from(on)
            .filter(institution_id=institution_id, kind=AccreditationKind.TRAINING)
            .values("occupation_id")
        ).order_by("code")
    )


def directions_to_train(institution_id: int, on: date) -> list[str]:
    """Return the directions that the institution's accreditations to train name."""
    named = _accreditations_from(on).filter(institution_id=institution_id, kind=AccreditationKind.TRAINING)
    return list(
        named.exclude(direction="").values_list("direction", flat=True).order_by("direction").distinct()
    )


def evaluators_of(occupation_ids: Collection[int], on: date) -> list[Accreditation]:
    """Return an accreditation for each body that assesses these occupations now or will be allowed to."""
    return list(
        _accreditations_from(on)
        .filter(kind=AccreditationKind.EVALUATION, occupation_id__in=occupation_ids)
        .select_related("institution", "occupation")
        .order_by("occupation__code", "institution_id")
        .distinct("occupation__code", "institution_id")
    )


def overdue_filing_ids(today: date, *, after: int, limit: int) -> list[int]:
    """Return filings whose answer is late and that have not gone up to the municipal bureau yet."""
    return _next_ids(_overdue(today), after, limit)


def lock_overdue_filings(ids: Collection[int], today: date) -> list[TrainingClass]:
    """Return those of these filings that are still overdue, locked; what others hold is left out."""
    return _locked(_overdue(today), ids)


def waiting_filings(*, after: int, limit: int) -> list[TrainingClass]:
    """Return the filings that wait for an answer, with what their last day is counted from."""
    waiting = _waiting().filter(pk__gt=after).only("id", "filed_at", "answer_due_on")
    return list(waiting.order_by("pk")[:limit])


def lock_waiting_filings(ids: Collection[int]) -> list[TrainingClass]:
    """Return those of these filings that still wait, locked; what others hold is left out."""
    return _locked(_waiting(), ids)


def due_class_ids(today: date, *, after: int, limit: int) -> list[int]:
    """Return confirmed classes whose first day has come."""
    return _next_ids(_due_to_start(today), after, limit)


def lock_due_classes(ids: Collection[int], today: date) -> list[TrainingClass]:
    """Return those of these classes that still wait for their start, locked; what others hold is left out."""
    return _locked(_due_to_start(today), ids)


def _overdue(today: date) -> QuerySet[TrainingClass]:
    return TrainingClass.objects.filter(
        status=ClassStatus.FILED, answer_due_on__lt=today, escalated_at__isnull=True
    )


def _waiting() -> QuerySet[TrainingClass]:
    return TrainingClass.objects.filter(status=ClassStatus.FILED)


def _due_to_start(today: date) -> QuerySet[TrainingClass]:
    return TrainingClass.objects.filter(status=ClassStatus.CONFIRMED, starts_on__lte=today)


def _next_ids(classes: QuerySet[TrainingClass], after: int, limit: int) -> list[int]:
    return list(classes.filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)[:limit])


def _locked(classes: QuerySet[TrainingClass], ids: Collection[int]) -> list[TrainingClass]:
    held = classes.select_for_update(of=("self",), skip_locked=True)
    return list(held.filter(pk__in=ids).order_by("pk"))


def _successors_of(district_ids: Collection[int]) -> list[District]:
    successions = DistrictSuccession.objects.filter(predecessor_id__in=district_ids)
    return [succession.successor for succession in successions.select_related("successor")]


def _accreditations_from(on: date) -> QuerySet[Accreditation]:
    return Accreditation.objects.filter(in_force__overlap=DateRange(on, None))
