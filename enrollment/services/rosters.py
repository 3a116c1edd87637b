import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from chongqing_dte.foundation.audit import record_event
from chongqing_dte.foundation.errors import DomainError, NotPermitted
from chongqing_dte.foundation.jobs import nudge_after_commit
from chongqing_dte.foundation.transitions import check_transition
from enrollment import policies, queries
from enrollment.enums import AccountSource, ClassStatus, RosterStatus, RowOutcome
from enrollment.models import BankAccount, Enrollment, RosterRow, RosterUpload, Trainee, TrainingClass
from enrollment.roster.checks import RosterProblem, find_problems
from enrollment.roster.columns import ROSTER_COLUMNS
from enrollment.roster.reading import read_roster
from enrollment.roster.rows import RosterRow as ReadRow
from enrollment.rules.identifiers import birth_date_of
from enrollment.transitions import ROSTER_TRANSITIONS
from institutions.models import User

Cells = dict[str, str]


def receive_roster(
    *, class_id: int, uploader: User, file_name: str, content: bytes, now: datetime
) -> RosterUpload:
    """Read and check a roster, and keep it with every problem found. Nobody is enrolled before it is confirmed.

    Safe to repeat: the same file for the same class is the same upload. Raises NotPermitted for another
    institution, InvalidTransition if the class takes no rosters, and UnreadableWorkbook, WrongColumns or NoRows,
    after which nothing is written.
    """
    # Nobody's file is read who may not submit one. The locked row is asked again.
    if not policies.can_upload_roster(uploader, TrainingClass.objects.get(pk=class_id)):
        raise NotPermitted
    # Reading takes a child process and seconds, so it is done before any row is locked.
    rows = read_roster(content)
    problems = find_problems(rows, today=timezone.localdate(now))
    return _store_roster(class_id, uploader, file_name, content, rows, problems, now)


@transaction.atomic(durable=True)
def confirm_roster(*, upload_id: int, confirmer: User, now: datetime) -> RosterUpload:
    """Enroll everybody in the roster's accepted rows, at one stroke. Nobody is removed because a file is silent.

    Raises NotPermitted for another institution, InvalidTransition if it was confirmed or rejected already, and
    DomainError if the class has not enough seats.
    """
    upload = queries.lock_roster_upload(upload_id)
    policies.check_can_confirm_roster(confirmer, upload)
    target = RosterStatus.PARTLY_CONFIRMED if upload.refused_count else RosterStatus.CONFIRMED
    check_transition(ROSTER_TRANSITIONS, current=RosterStatus(upload.status), target=target)
    training_class = queries.lock_class(upload.training_class_id)
    _check_takes_rosters(training_class)

    enrolled_count = _enroll_accepted_rows(upload, training_class, confirmer, now)
    upload.status = target
    upload.confirmed_by = confirmer
    upload.confirmed_at = now
    upload.save(update_fields=["status", "confirmed_by", "confirmed_at"])
    record_event(
        "roster.confirmed", subject=upload, actor_id=confirmer.pk, at=now, facts={"enrolled": enrolled_count}
    )
    nudge_after_commit("classes_changed")
    return upload


@transaction.atomic(durable=True)
def reject_roster(*, upload_id: int, rejecter: User, now: datetime) -> RosterUpload:
    """Put a roster aside without enrolling anybody. Raises as confirm_roster does."""
    upload = queries.lock_roster_upload(upload_id)
    policies.check_can_confirm_roster(rejecter, upload)
    check_transition(ROSTER_TRANSITIONS, current=RosterStatus(upload.status), target=RosterStatus.REJECTED)
    upload.status = RosterStatus.REJECTED
    upload.save(update_fields=["status"])
    record_event("roster.rejected", subject=upload, actor_id=rejecter.pk, at=now)
    return upload


@transaction.atomic(durable=True)
def _store_roster(  # noqa: PLR0913 - one private step of receive_roster, with all that it has found
    class_id: int,
    uploader: User,
    file_name: str,
    content: bytes,
    rows: Sequence[ReadRow],
    problems: Sequence[RosterProblem],
    now: datetime,
) -> RosterUpload:
    training_class = queries.lock_class(class_id)
    policies.check_can_upload_roster(uploader, training_class)
    sha256 = hashlib.sha256(content).hexdigest()
    same_file = RosterUpload.objects.filter(training_class=training_class, sha256=sha256)
    existing = same_file.exclude(status=RosterStatus.REJECTED).first()
    if existing is not None:
        return existing
    _check_takes_rosters(training_class)

    judged = _judge_rows(training_class, rows, problems)
    refused_count = sum(row.outcome == RowOutcome.REFUSED for row in judged)
    accepted_count = sum(row.outcome == RowOutcome.ACCEPTED for row in judged)
    upload = RosterUpload.objects.create(
        training_class=training_class,
        file_name=file_name[:255],
        content=content,
        sha256=sha256,
        status=RosterStatus.READY if accepted_count else RosterStatus.REJECTED,
        accepted_count=accepted_count,
        refused_count=refused_count,
        uploaded_by=uploader,
        uploaded_at=now,
    )
    for row in judged:
        row.upload = upload
    RosterRow.objects.bulk_create(judged, batch_size=2000)
    record_event(
        "roster.received",
        subject=upload,
        actor_id=uploader.pk,
        at=now,
        facts={"accepted": accepted_count, "refused": refused_count},
    )
    return upload


def _check_takes_rosters(training_class: TrainingClass) -> None:
    if training_class.status != ClassStatus.CONFIRMED:
        raise DomainError(
            _(
                "The class is %(status)s; a roster can be submitted once it is confirmed, until it is completed."
            )
            % {"status": training_class.get_status_display()},
            code="class_takes_no_rosters",
        )


def _judge_rows(
    training_class: TrainingClass, rows: Sequence[ReadRow], problems: Sequence[RosterProblem]
) -> list[RosterRow]:
    """Set each row's outcome from its own problems and from what the database knows of the person."""
    hashes = {row.number: queries.id_number_hash(row.id_number) for row in rows}
    known = queries.trainees_by_hash(hashes.values())
    enrolled = queries.enrolled_hashes(training_class, hashes.values())
    by_row: dict[int, list[RosterProblem]] = {row.number: [] for row in rows}
    for problem in problems:
        by_row[problem.row_number].append(problem)

    judged = []
    for row in rows:
        trainee = known.get(hashes[row.number])
        found = by_row[row.number]
        if trainee is not None and trainee.name != row.name:
            found.append(RosterProblem(row.number, "name", "name_differs"))
        if any(problem.severity == "error" for problem in found):
            outcome = RowOutcome.REFUSED
        elif hashes[row.number] in enrolled:
            outcome = RowOutcome.UNCHANGED
        else:
            outcome = RowOutcome.ACCEPTED
        cells = {column.key: row.value(column.key) for column in ROSTER_COLUMNS}
        judged.append(
            RosterRow(
                number=row.number,
                outcome=outcome,
                cells=json.dumps(cells, ensure_ascii=False),
                problems=[
                    {key: value for key, value in asdict(problem).items() if key != "row_number"}
                    for problem in found
                ],
            )
        )
    return judged


def _enroll_accepted_rows(
    upload: RosterUpload, training_class: TrainingClass, confirmer: User, now: datetime
) -> int:
    rows = {
        queries.id_number_hash(cells["id_number"]): (row, cells)
        for row in queries.roster_rows_of(upload).filter(outcome=RowOutcome.ACCEPTED)
        for cells in [json.loads(row.cells)]
    }
    # Another roster may have enrolled some of them since this one was checked.
    for already in queries.enrolled_hashes(training_class, rows.keys()):
        del rows[already]
    _check_seats(training_class, len(rows))

    # In one order for everybody: two rosters with the same people must not wait for each other.
    people = {number_hash: rows[number_hash][1] for number_hash in sorted(rows)}
    trainees = _trainees_for(people, now)
    _check_names(trainees, people)
    _record_first_accounts(trainees, people, confirmer, now)
    Enrollment.objects.bulk_create(
        _enrollment(training_class, trainees[number_hash], row, cells, now)
        for number_hash, (row, cells) in rows.items()
    )
    return len(rows)


def _check_seats(training_class: TrainingClass, newcomer_count: int) -> None:
    taken = queries.enrollments_of(training_class).count()
    free = training_class.seat_count - taken
    if newcomer_count > free:
        raise DomainError(
            _("The class has %(free)s free seats and the roster enrolls %(count)s people.")
            % {"free": free, "count": newcomer_count},
            code="seats_short",
        )


def _check_names(trainees: Mapping[str, Trainee], people: Mapping[str, Cells]) -> None:
    # Another class may have enrolled somebody under this ID number since the roster was checked.
    if any(trainees[number_hash].name != cells["name"] for number_hash, cells in people.items()):
        raise DomainError(
            _("The person with this ID number is known under another name."), code="name_differs"
        )


def _trainees_for(people: Mapping[str, Cells], now: datetime) -> dict[str, Trainee]:
    """Return one trainee for each ID number hash, creating those that nobody has enrolled before."""
    known = queries.trainees_by_hash(people.keys())
    Trainee.objects.bulk_create(
        (
            Trainee(
                name=cells["name"],
                id_number=cells["id_number"],
                id_number_hash=number_hash,
                birth_date=_birth_date(cells["id_number"]),
                mobile=cells["mobile"],
                recorded_at=now,
            )
            for number_hash, cells in people.items()
            if number_hash not in known
        ),
        # Another class may be enrolling the same person at this moment; then theirs is the row.
        ignore_conflicts=True,
    )
    return queries.trainees_by_hash(people.keys())


def _birth_date(id_number: str) -> date:
    born_on = birth_date_of(id_number)
    if born_on is None:
        raise ValueError("An accepted row has no birth date in its ID number.")
    return born_on


def _record_first_accounts(
    trainees: Mapping[str, Trainee], people: Mapping[str, Cells], recorder: User, now: datetime
) -> None:
    """Record the account of everybody who has none. A roster never replaces an account: a correction does."""
    known = queries.current_account_ids([trainee.pk for trainee in trainees.values()])
    BankAccount.objects.bulk_create(
        (
            BankAccount(
                trainee=trainees[number_hash],
                number=cells["bank_account"],
                number_hash=queries.account_number_hash(cells["bank_account"]),
                last_four=cells["bank_account"][-4:],
                bank_name=cells["bank_name"],
                cnaps=cells["bank_cnaps"],
                source=AccountSource.ROSTER,
                recorded_by=recorder,
                recorded_at=now,
            )
            for number_hash, cells in people.items()
            if cells["bank_account"] and trainees[number_hash].pk not in known
        ),
        ignore_conflicts=True,
    )


def _enrollment(
    training_class: TrainingClass, trainee: Trainee, row: RosterRow, cells: Cells, now: datetime
) -> Enrollment:
    return Enrollment(
        training_class=training_class,
        trainee=trainee,
        roster_row=row,
        category=cells["category"],
        education=cells["education"],
        school=cells["school"],
        student_number=cells["student_number"],
        graduated_on=cells["graduated_on"] or None,
        employer_name=cells["employer_name"],
        employer_credit_code=cells["employer_credit_code"],
        enrolled_at=now,
    )
