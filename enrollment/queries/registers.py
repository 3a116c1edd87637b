from collections.abc import Collection, Sequence
from datetime import datetime

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from enrollment.enums import ParticipantCategory, RegisterName, RegisterVerdict
from enrollment.models import Enrollment, RegisterAnswer
from enrollment.queries.classes import classes_visible_to
from enrollment.rules.registers import REGISTER_OF
from institutions.models import User


def lock_enrollments_due_at_registers(
    *, category: ParticipantCategory, now: datetime, limit: int
) -> list[Enrollment]:
    """Return the enrollments of one category that a register is to be asked about, longest due first.

    What others have locked is left to them.
    """
    due = Enrollment.objects.select_for_update(of=("self",), no_key=True, skip_locked=True).filter(
        category=category, registers_due_at__lte=now
    )
    return list(due.order_by("registers_due_at").only("id", "status")[:limit])


def lock_enrollments_still_due_at(ids: Collection[int], due_at: datetime) -> set[int]:
    """Return which of these enrollments are due at exactly this moment: nobody has changed that meanwhile."""
    still = Enrollment.objects.select_for_update(of=("self",), no_key=True).filter(
        pk__in=ids, registers_due_at=due_at
    )
    return set(still.order_by("pk").values_list("pk", flat=True))


def lock_enrollment_for_registers(enrollment_id: int) -> Enrollment:
    """Return one enrollment that no other transaction can change until this one ends."""
    return (
        Enrollment.objects.select_for_update(of=("self",), no_key=True)
        .select_related("training_class")
        .get(pk=enrollment_id)
    )


def enrollments_to_ask_about(
    ids: Collection[int], *, category: ParticipantCategory, due_at: datetime
) -> list[Enrollment]:
    """Return those of the enrollments that are still what they were, with everything that a question needs."""
    return list(
        Enrollment.objects.filter(pk__in=ids, category=category, registers_due_at=due_at)
        .select_related("trainee__merged_into", "training_class")
        .order_by("pk")
    )


def misses_in_a_row(ids: Collection[int], register: RegisterName) -> dict[int, int]:
    """Return how often a register could not be reached about each enrollment since it last answered."""
    later_word = RegisterAnswer.objects.filter(
        enrollment_id=OuterRef("enrollment_id"), register=register, pk__gt=OuterRef("pk")
    ).exclude(verdict=RegisterVerdict.UNREACHABLE)
    misses = RegisterAnswer.objects.filter(
        ~Exists(later_word), enrollment_id__in=ids, register=register, verdict=RegisterVerdict.UNREACHABLE
    )
    return dict(
        misses.order_by()
        .values("enrollment_id")
        .annotate(count=Count("pk"))
        .values_list("enrollment_id", "count")
    )


def register_answers_visible_to(user: User) -> QuerySet[RegisterAnswer]:
    """Return what the registers said about the people of the classes that this person may see."""
    visible = RegisterAnswer.objects.filter(enrollment__training_class__in=classes_visible_to(user))
    return visible.select_related("enrollment__training_class")


def register_answers_of(enrollment: Enrollment) -> QuerySet[RegisterAnswer]:
    """Return everything that the registers said about one enrollment, newest first."""
    return RegisterAnswer.objects.filter(enrollment=enrollment).order_by("-asked_at", "-pk")


def latest_answers(enrollment_ids: Sequence[int]) -> dict[int, RegisterAnswer]:
    """Return the newest answer of the register that knows about each of these enrollments, in one query.

    Whoever was not asked about yet is left out. A register that could not be reached said nothing.
    """
    about_the_category = Q()
    for category, register in REGISTER_OF.items():
        about_the_category |= Q(enrollment__category=category, register=register)
    newest = (
        RegisterAnswer.objects.filter(about_the_category, enrollment_id__in=enrollment_ids)
        .order_by("enrollment_id", "-asked_at", "-pk")
        .distinct("enrollment_id")
    )
    return {answer.enrollment_id: answer for answer in newest}
