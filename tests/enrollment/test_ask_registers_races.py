"""Workers that die, workers beside each other, and people who change while they are asked about."""

from datetime import timedelta

import pytest
from django.db import connection, transaction
from structlog.testing import capture_logs

from enrollment import queries
from enrollment.enums import ParticipantCategory
from enrollment.models import Enrollment
from enrollment.rules.registers import wait_after
from enrollment.services import registers as service
from enrollment.services.registers import LEASE
from tests.clock import NOW
from tests.enrollment.asking import ask, due, due_at, saying, verdicts
from tests.fakes.registers import FakeRegister
from tests.subsidies.interleaving import is_kept_waiting, paused, rivals


class Killed(BaseException):
    """What stands for a worker that dies."""


def kill():
    raise Killed


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("step", ["_lease", "_questions_about", "_record", "ask"])
def test_worker_killed_anywhere_loses_nobody(monkeypatch, step):
    enrollment = due()
    register = saying(meanwhile=kill if step == "ask" else None)
    if step != "ask":
        monkeypatch.setattr(service, step, lambda *_: kill())
    with pytest.raises(Killed):
        ask(register)
    monkeypatch.undo()

    assert verdicts() == []
    ask(saying(), now=NOW + LEASE)

    assert verdicts() == ["YES"]
    assert due_at(enrollment) is None


@pytest.mark.django_db(transaction=True)
def test_two_workers_never_ask_about_the_same_person(monkeypatch):
    due()
    register = saying()

    with rivals() as others, paused(monkeypatch, service, "_questions_about") as reached:
        first = others.start(lambda: ask(register))
        assert reached.wait(10)
        assert others.run(lambda: ask(register)) == 0

    assert first.result() == 1
    assert (register.calls, verdicts()) == (1, ["YES"])


@pytest.mark.django_db(transaction=True)
def test_person_whom_somebody_has_locked_keeps_no_worker_waiting():
    locked, free = due(), due()

    with rivals() as others, transaction.atomic():
        queries.lock_enrollment_for_registers(locked.pk)
        worker = others.start(lambda: ask(saying()))
        assert not is_kept_waiting(worker)

    assert worker.result() == 1
    assert (due_at(locked) <= NOW, due_at(free)) == (True, None)


@pytest.mark.django_db(transaction=True)
def test_late_answer_of_a_worker_that_was_given_up_is_kept_and_settles_nothing():
    enrollment = due()
    second = FakeRegister(is_away=True)

    ask(saying(meanwhile=lambda: ask(second, now=NOW + LEASE)))

    assert verdicts() == ["UNREACHABLE", "YES"]
    assert due_at(enrollment) == NOW + LEASE + wait_after(1)
    assert queries.latest_answers([enrollment.pk])[enrollment.pk].verdict == "UNREACHABLE"


@pytest.mark.django_db(transaction=True)
def test_person_made_due_while_being_asked_about_stays_due():
    enrollment, moment = due(), NOW + timedelta(seconds=3)

    def correct():
        Enrollment.objects.filter(pk=enrollment.pk).update(registers_due_at=moment)

    ask(saying(meanwhile=correct))

    assert (verdicts(), due_at(enrollment)) == (["YES"], moment)


@pytest.mark.django_db(transaction=True)
def test_person_whose_category_changed_meanwhile_is_not_asked_about_at_the_wrong_register(monkeypatch):
    enrollment, find = due(), service._questions_about

    def change_then_find(ids, asking):
        Enrollment.objects.filter(pk=enrollment.pk).update(
            category=ParticipantCategory.ENTERPRISE_EMPLOYEE,
            employer_name="甲",
            employer_credit_code="乙",
            registers_due_at=NOW,
        )
        return find(ids, asking)

    students, insured = saying(), saying()

    with monkeypatch.context() as patched:
        patched.setattr(service, "_questions_about", change_then_find)
        ask(students)
    ask(students, insured)

    assert (students.asked, len(insured.asked)) == ([], 1)


@pytest.mark.django_db(transaction=True)
def test_person_who_cannot_be_decrypted_keeps_nobody_waiting():
    enrollments = [due() for _ in range(3)]
    damaged = enrollments[1]
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(
            "UPDATE enrollment_trainee SET id_number = decode('01', 'hex') || id_number WHERE id = %s",
            [damaged.trainee_id],
        )
        cursor.execute("SET session_replication_role = origin")

    with capture_logs() as logged:
        assert ask(saying()) == 2

    assert [due_at(enrollment) for enrollment in enrollments] == [None, NOW + LEASE, None]
    assert [line["enrollment"] for line in logged if line["event"] == "trainee_unreadable"] == [damaged.pk]
