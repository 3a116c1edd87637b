from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import IntegrityError, transaction
from django.utils.functional import Promise

from chongqing_dte.foundation.audit import record_event
from chongqing_dte.foundation.errors import DomainError
from chongqing_dte.foundation.jobs import nudge_after_commit
from chongqing_dte.foundation.sentences import gettext as _
from chongqing_dte.foundation.sentences import gettext_lazy
from chongqing_dte.foundation.transitions import check_transition
from enrollment import policies, queries
from enrollment.enums import RosterStatus
from enrollment.models import RosterUpload, TrainingClass
from enrollment.services.roster_staging import Staging, first_numbers
from enrollment.services.roster_staging_rows import stage_rows
from enrollment.services.roster_steps import check_roster_is_open, check_takes_rosters
from enrollment.transitions import ROSTER_TRANSITIONS
from institutions.models import User

# What has become of people since the roster was checked.
MEANWHILE: Final[dict[str, Promise]] = {
    "name_differs": gettext_lazy(
        "Since the check, the people in these rows have become known under other names: %(rows)s."
    ),
    "id_number_corrected": gettext_lazy(
        "Since the check, the ID numbers of the people in these rows have been corrected: %(rows)s."
    ),
    "same_person": gettext_lazy("These rows name one person under two ID numbers: %(rows)s."),
    "left_class": gettext_lazy("Since the check, the people in these rows have left the class: %(rows)s."),
    "enrolled_elsewhere": gettext_lazy(
        "Since the check, the people in these rows have been enrolled in another class on the same days: %(rows)s."
    ),
    "certificate_held": gettext_lazy(
        "Since the check, the people in these rows have got a certificate of this occupation and level: %(rows)s."
    ),
}
WHAT_TO_DO: Final = gettext_lazy(
    "Nothing was put in. Discard this roster and upload the file again: the rows are then shown with their reasons."
)


class ChangedMeanwhile(DomainError):
    """Something that was true when the roster was checked is so no more. Names the rows."""

    def __init__(self, code: str, numbers: Sequence[int]) -> None:
        text = MEANWHILE[code] % {"rows": first_numbers(numbers)}
        super().__init__(f"{text} {WHAT_TO_DO}", code=code)


@dataclass(frozen=True)
class Confirmation:
    """Who confirms a roster, when, and whether they take the rows with warnings on."""

    confirmer: User
    takes_warned_rows: bool
    holders_of: queries.HoldersOf
    now: datetime


def confirm_roster(
    *,
    upload_id: int,
    confirmer: User,
    takes_warned_rows: bool,
    holders_of: queries.HoldersOf,
    now: datetime,
) -> RosterUpload:
    """Put the good rows of a roster in, all or none; those with warnings only if somebody takes them on.

    Newcomers are enrolled, and what a row says otherwise about somebody in the class is changed. Nobody is removed
    because a file is silent, and no account is replaced. Raises NotPermitted for another institution,
    InvalidTransition if the roster was confirmed or rejected already, and DomainError if the class takes no rosters,
    its roster is locked, it has not enough seats, or something has changed since the check; then nothing is written.
    """
    try:
        return _confirm(upload_id, Confirmation(confirmer, takes_warned_rows, holders_of, now))
    except IntegrityError as race:
        # Another institution enrolled one of these people at this very moment.
        if "enrollment_one_class_at_a_time" not in str(race):
            raise
    raise ChangedMeanwhile("enrolled_elsewhere", _rows_elsewhere(upload_id))


@transaction.atomic(durable=True)
def reject_roster(*, upload_id: int, rejecter: User, now: datetime) -> RosterUpload:
    """Put a roster aside, and nothing of it in. Raises as confirm_roster does."""
    upload = queries.lock_roster_upload(upload_id)
    policies.check_can_confirm_roster(rejecter, upload)
    check_transition(ROSTER_TRANSITIONS, current=RosterStatus(upload.status), target=RosterStatus.REJECTED)
    upload.status = RosterStatus.REJECTED
    upload.save(update_fields=["status"])
    record_event("roster.rejected", subject=upload, actor_id=rejecter.pk, at=now)
    return upload


@transaction.atomic(durable=True)
def _confirm(upload_id: int, given: Confirmation) -> RosterUpload:
    upload = queries.lock_roster_upload(upload_id)
    policies.check_can_confirm_roster(given.confirmer, upload)
    held_back_count = 0 if given.takes_warned_rows else upload.warned_count
    is_partly = upload.refused_count > 0 or held_back_count > 0
    target = RosterStatus.PARTLY_CONFIRMED if is_partly else RosterStatus.CONFIRMED
    check_transition(ROSTER_TRANSITIONS, current=RosterStatus(upload.status), target=target)
    training_class = queries.lock_class(upload.training_class_id)
    check_takes_rosters(training_class)
    check_roster_is_open(training_class)
    if held_back_count == upload.accepted_count:
        raise DomainError(
            _(
                "Every row that could go in has a warning. Tick that rows with warnings go in, or correct them."
            ),
            code="only_warned_rows",
        )

    upload.put_in_count = _put_in(upload, training_class, given)
    upload.takes_warned_rows = given.takes_warned_rows
    upload.status = target
    upload.confirmed_by = given.confirmer
    upload.confirmed_at = given.now
    upload.save(update_fields=["put_in_count", "takes_warned_rows", "status", "confirmed_by", "confirmed_at"])
    record_event(
        "roster.confirmed",
        subject=upload,
        actor_id=given.confirmer.pk,
        at=given.now,
        facts={"put_in": upload.put_in_count, "takes_warned_rows": given.takes_warned_rows},
    )
    nudge_after_commit("classes_changed")
    nudge_after_commit("roster_confirmed")
    return upload


def _put_in(upload: RosterUpload, training_class: TrainingClass, given: Confirmation) -> int:
    staging = Staging(training_class, confirmer_id=given.confirmer.pk, now=given.now)
    found: dict[str, list[int]] = defaultdict(list)
    rows = queries.roster_rows_to_put_in(upload, takes_warned_rows=given.takes_warned_rows)
    for some in queries.in_batches(rows):
        for code, numbers in stage_rows(some, training_class, given.holders_of).items():
            found[code] += numbers
    staging.add_people()
    # Two rosters at once, with one person who is known: the second waits here, and then sees the first one's work.
    queries.lock_trainees(staging.known_trainees())
    staging.name_people()
    for code, numbers in (
        *found.items(),
        ("name_differs", staging.known_otherwise()),
        ("same_person", staging.one_person()),
        ("left_class", staging.have_left()),
        ("enrolled_elsewhere", staging.elsewhere()),
    ):
        if numbers:
            raise ChangedMeanwhile(code, numbers)
    staging.leave_out_enrolled()
    _check_seats(training_class, staging.newcomer_count())
    return staging.put_in()


def _check_seats(training_class: TrainingClass, newcomer_count: int) -> None:
    # The class is locked: nobody takes a seat between this count and the enrollments.
    free = training_class.seat_count - queries.seats_taken(training_class)
    if newcomer_count > free:
        raise DomainError(
            _("The class has %(free)s free seats and the roster enrolls %(count)s people.")
            % {"free": max(free, 0), "count": newcomer_count},
            code="seats_short",
        )


def _rows_elsewhere(upload_id: int) -> list[int]:
    """Return the numbers of the rows whose people are in another class by now."""
    upload = RosterUpload.objects.select_related("training_class").defer("content").get(pk=upload_id)
    numbers: list[int] = []
    for some in queries.in_batches(queries.roster_rows_to_put_in(upload, takes_warned_rows=True)):
        people = queries.known_people([row.id_number_hash for row in some])
        busy = queries.overlapping_classes(upload.training_class, people, queries.rows_of_people(people))
        numbers += [row.number for row in some if row.id_number_hash in busy]
    return numbers
