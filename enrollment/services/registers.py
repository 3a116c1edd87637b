"""From an enrollment that is due to a register's recorded answer. No transaction is open while a register is asked."""

from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

import structlog
from django.db import transaction
from django.utils import timezone

from chongqing_dte.foundation.audit import record_event
from chongqing_dte.foundation.crypto import DAMAGED
from chongqing_dte.foundation.errors import InvalidTransition
from chongqing_dte.foundation.jobs import nudge_after_commit
from chongqing_dte.foundation.sentences import gettext as _
from enrollment import policies, queries
from enrollment.enums import EnrollmentStatus, ParticipantCategory, RegisterName, RegisterVerdict
from enrollment.models import Enrollment, RegisterAnswer
from enrollment.registers.interface import Register, RegisterQuestion, RegisterReply
from enrollment.rules.registers import REGISTER_OF, day_in_question, next_asking
from institutions.models import User
from institutions.queries import districts_answered_for

log = structlog.get_logger(__name__)

BATCH_SIZE = 200
# With ten seconds of patience each, a run ends well before its time limit. The next one goes on.
BATCHES_A_RUN = 6
# Longer than any run may take: whoever was being asked about when a worker died is due again after it.
LEASE = timedelta(minutes=10)
GONE = (EnrollmentStatus.WITHDRAWN, EnrollmentStatus.TRANSFERRED)


@dataclass(frozen=True)
class Asking:
    """One way to a register, at one moment, about people of one category."""

    category: ParticipantCategory
    name: RegisterName
    register: Register
    now: datetime

    @property
    def lease(self) -> datetime:
        """Until when nobody else asks about the same people."""
        return self.now + LEASE


@dataclass(frozen=True)
class Asked:
    """One enrollment with what was asked about it, and from when on it can be asked about the day in question."""

    enrollment_id: int
    question: RegisterQuestion
    day_comes_at: datetime


def ask_registers(*, now: datetime, registers: Mapping[RegisterName, Register]) -> int:
    """Ask the connected registers about whoever is due, and return how many answers were recorded.

    Safe to repeat, to run beside itself and to kill at any point: the people are leased before anything is asked,
    and stay due until an answer is recorded. A register that cannot be reached is left alone until the next run;
    nobody waits for one that is not connected.
    """
    turns = deque(
        Asking(category, name, registers[name], now)
        for category, name in REGISTER_OF.items()
        if name in registers
    )
    recorded = calls = 0
    while turns and calls < BATCHES_A_RUN:
        asking = turns.popleft()
        leased = _lease(asking)
        asked = _questions_about(leased, asking)
        # No transaction is open here: a slow register must not hold our locks.
        replies = asking.register.ask([each.question for each in asked]) if asked else []
        calls += bool(asked)
        _record(asking, asked, replies)
        recorded += len(replies)
        if len(leased) == BATCH_SIZE and any(
            reply.verdict != RegisterVerdict.UNREACHABLE for reply in replies
        ):
            turns.append(asking)
    return recorded


@transaction.atomic(durable=True)
def ask_again(*, enrollment_id: int, actor: User, now: datetime) -> None:
    """Make one enrollment due at its register at once. Whoever is due already stays so, and nothing is recorded.

    Raises NotPermitted unless the actor may have registers asked, and InvalidTransition for whoever left the class.
    """
    enrollment = queries.lock_enrollment_for_registers(enrollment_id)
    policies.check_can_ask_registers(actor, enrollment.training_class, districts_answered_for(actor))
    if enrollment.status in GONE:
        raise InvalidTransition(
            _("This person has left the class. No register is asked about them any more.")
        )
    if enrollment.registers_due_at is not None and enrollment.registers_due_at <= now:
        return
    enrollment.registers_due_at = now
    enrollment.save(update_fields=["registers_due_at"])
    record_event("enrollment.registers_asked_again", subject=enrollment, actor_id=actor.pk, at=now)
    nudge_after_commit("registers_due")


@transaction.atomic(durable=True)
def _lease(asking: Asking) -> list[int]:
    """Put off the people who are due, so that nobody else asks about them, and return their enrollments.

    Whoever left the class is asked about no more.
    """
    due = queries.lock_enrollments_due_at_registers(
        category=asking.category, now=asking.now, limit=BATCH_SIZE
    )
    gone = [enrollment.pk for enrollment in due if enrollment.status in GONE]
    leased = [enrollment.pk for enrollment in due if enrollment.status not in GONE]
    Enrollment.objects.filter(pk__in=gone).update(registers_due_at=None)
    Enrollment.objects.filter(pk__in=leased).update(registers_due_at=asking.lease)
    return leased


def _questions_about(ids: Sequence[int], asking: Asking) -> list[Asked]:
    """Return the questions. A person whose ID number cannot be decrypted keeps nobody else waiting."""
    if not ids:
        return []
    try:
        found = queries.enrollments_to_ask_about(ids, category=asking.category, due_at=asking.lease)
        return [_asked(enrollment, asking.now) for enrollment in found]
    except DAMAGED:
        if len(ids) == 1:
            # The lease brings it back, and each run says so again until somebody has looked.
            log.exception("trainee_unreadable", enrollment=ids[0])
            return []
    half = len(ids) // 2
    return [*_questions_about(ids[:half], asking), *_questions_about(ids[half:], asking)]


def _asked(enrollment: Enrollment, now: datetime) -> Asked:
    person = enrollment.trainee.merged_into or enrollment.trainee
    is_employee = enrollment.category == ParticipantCategory.ENTERPRISE_EMPLOYEE
    day = day_in_question(
        starts_on=enrollment.training_class.starts_on,
        graduated_on=None if is_employee else enrollment.graduated_on,
    )
    question = RegisterQuestion(
        reference=str(enrollment.public_id),
        as_of=min(day, timezone.localdate(now)),
        id_number=person.id_number,
        name=person.name,
        # A register learns only what it has to find.
        employer_credit_code=enrollment.employer_credit_code if is_employee else "",
        school="" if is_employee else enrollment.school,
        student_number="" if is_employee else enrollment.student_number,
    )
    return Asked(enrollment.pk, question, timezone.make_aware(datetime.combine(day, time.min)))


@transaction.atomic(durable=True)
def _record(asking: Asking, asked: Sequence[Asked], replies: Sequence[RegisterReply]) -> None:
    """Keep every answer, and settle when each person is asked about next.

    Whoever was made due meanwhile, by somebody or by another worker, stays so.
    """
    ours = queries.lock_enrollments_still_due_at([each.enrollment_id for each in asked], asking.lease)
    misses = queries.misses_in_a_row([each.enrollment_id for each in asked], asking.name)
    next_time: dict[datetime | None, list[int]] = defaultdict(list)
    answers = []
    for each, reply in zip(asked, replies, strict=True):
        is_miss = reply.verdict == RegisterVerdict.UNREACHABLE
        again = next_asking(
            misses=misses.get(each.enrollment_id, 0) + 1 if is_miss else 0,
            day_comes_at=each.day_comes_at,
            now=asking.now,
        )
        if each.enrollment_id in ours:
            next_time[again].append(each.enrollment_id)
        answers.append(_answer(asking, each, reply))
    RegisterAnswer.objects.bulk_create(answers)
    for due_at, ids in next_time.items():
        Enrollment.objects.filter(pk__in=ids).update(registers_due_at=due_at)


def _answer(asking: Asking, asked: Asked, reply: RegisterReply) -> RegisterAnswer:
    return RegisterAnswer(
        enrollment_id=asked.enrollment_id,
        register=asking.name,
        verdict=reply.verdict,
        as_of=asked.question.as_of,
        reference=reply.reference,
        adapter=asking.register.adapter,
        asked_at=asking.now,
    )
