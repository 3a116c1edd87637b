"""How a class changes its state. Steps of other services, which have opened the transaction."""

from collections.abc import Sequence
from datetime import datetime

from chongqing_dte.foundation.audit import record_event, record_events
from chongqing_dte.foundation.transitions import check_transition
from enrollment.enums import ClassStatus
from enrollment.models import ClassStep, TrainingClass
from enrollment.transitions import CLASS_TRANSITIONS
from institutions.models import User
from institutions.queries import lock_quota
from institutions.services.quota_steps import release_seats


def move_class(
    training_class: TrainingClass,
    *,
    target: ClassStatus,
    actor: User | None,
    now: datetime,
    reason: str = "",
    changed: Sequence[str] = (),
) -> None:
    """Bring a locked class into a state, save the fields that `changed` with it, and note who, when and why.

    Raises InvalidTransition. Without an actor the calendar did it.
    """
    current = ClassStatus(training_class.status)
    check_transition(CLASS_TRANSITIONS, current=current, target=target)
    training_class.status = target
    training_class.save(update_fields=["status", *changed])
    ClassStep.objects.create(
        training_class=training_class,
        from_status=current,
        to_status=target,
        actor=actor,
        at=now,
        reason=reason,
    )
    record_event(
        f"class.{target.lower()}",
        subject=training_class,
        actor_id=actor.pk if actor else None,
        at=now,
        reason=reason,
    )


def move_classes(
    classes: Sequence[TrainingClass],
    *,
    target: ClassStatus,
    now: datetime,
    changed: Sequence[str] = (),
) -> None:
    """Bring locked classes into a state because the calendar says so, in a constant number of statements.

    Raises InvalidTransition. The fields that `changed` are saved with the state.
    """
    steps = []
    for training_class in classes:
        current = ClassStatus(training_class.status)
        check_transition(CLASS_TRANSITIONS, current=current, target=target)
        steps.append(ClassStep(training_class=training_class, from_status=current, to_status=target, at=now))
        training_class.status = target
    TrainingClass.objects.bulk_update(classes, ["status", *changed])
    ClassStep.objects.bulk_create(steps)
    record_events(f"class.{target.lower()}", subjects=classes, at=now)


def give_seats_back(training_class: TrainingClass) -> tuple[str, ...]:
    """Let the quota have the seats again that a locked class holds, and return the fields that changed."""
    if training_class.reserved_seat_count:
        quota = lock_quota(institution_id=training_class.institution_id, year=training_class.starts_on.year)
        if quota is not None:
            release_seats(quota, training_class.reserved_seat_count)
    training_class.reserved_seat_count = 0
    training_class.quota = None
    return ("reserved_seat_count", "quota")
