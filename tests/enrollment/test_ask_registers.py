"""From an enrollment that is due to a recorded answer, whatever happens on the way."""

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pytest
from django.db import IntegrityError, InternalError, connection
from django.test.utils import CaptureQueriesContext

from enrollment import queries, tasks
from enrollment.enums import EnrollmentStatus, RegisterVerdict
from enrollment.models import RegisterAnswer
from enrollment.rules.registers import wait_after
from enrollment.services import registers as service
from enrollment.services.registers import BATCHES_A_RUN, GONE
from tests.clock import NOW
from tests.enrollment.asking import INSURED, STUDENTS, ask, due, due_at, saying, verdicts
from tests.factories.enrollment import EnrollmentFactory, TraineeFactory, TrainingClassFactory
from tests.factories.registers import RegisterAnswerFactory
from tests.fakes.registers import FakeRegister, Known, RegisterServer, extract_of, put_down, serving


# ── What must never be ───────────────────────────────────────────────────────────────────────────────────
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"register": "PENSION"}, "register_answer_register_known"),
        ({"verdict": "PERHAPS"}, "register_answer_verdict_known"),
    ],
)
def test_answer_is_refused_by(fields, constraint):
    with pytest.raises(IntegrityError, match=constraint):
        RegisterAnswerFactory(**fields)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("act", "trigger"),
    [
        (lambda answer: RegisterAnswer.objects.filter(pk=answer.pk).update(verdict="NO"), "no_update"),
        (lambda answer: RegisterAnswer.objects.filter(pk=answer.pk).delete(), "no_delete"),
    ],
)
def test_answer_stays_as_it_was_given(act, trigger):
    answer = RegisterAnswerFactory()

    with pytest.raises(InternalError, match=trigger.replace("no_", "Cannot ")):
        act(answer)


# ── Asking ───────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("verdict", ["YES", "NO", "NOT_FOUND"])
def test_answer_is_recorded_and_ends_the_waiting(verdict):
    enrollment = due()

    assert ask(saying(RegisterVerdict(verdict))) == 1

    answer = RegisterAnswer.objects.get()
    assert (answer.enrollment_id, answer.register, answer.verdict) == (enrollment.pk, STUDENTS, verdict)
    assert (answer.as_of, answer.reference, answer.adapter) == (date(2026, 3, 9), "R-1", "fake")
    assert answer.asked_at == NOW
    assert due_at(enrollment) is None


@pytest.mark.django_db(transaction=True)
def test_nobody_is_asked_about_twice():
    due()
    register = saying()

    assert [ask(register), ask(register)] == [1, 0]
    assert register.calls == 1


@pytest.mark.django_db(transaction=True)
def test_each_category_has_its_register_and_each_register_learns_only_what_it_needs():
    due(student_number="S-7")
    due(earlier_graduate=True)
    employee = due(employee=True)
    students, insured = saying(), saying()

    ask(students, insured)

    assert {(q.school, q.student_number, q.employer_credit_code) for q in students.asked} == {
        ("示范大学", "S-7", ""),
        ("示范大学", "", ""),
    }
    (question,) = insured.asked
    assert (question.school, question.student_number) == ("", "")
    assert question.employer_credit_code == employee.employer_credit_code
    assert question.reference == str(employee.public_id)


@pytest.mark.django_db(transaction=True)
def test_who_graduated_before_the_class_is_asked_about_as_of_the_graduation():
    due(earlier_graduate=True)
    register = saying()

    ask(register)

    assert register.asked[0].as_of == date(2023, 6, 30)


@pytest.mark.django_db(transaction=True)
def test_class_that_has_not_begun_is_looked_at_early_and_asked_about_again_at_its_start():
    start = date(2026, 11, 2)
    enrollment = due(
        employee=True, training_class=TrainingClassFactory(confirmed=True, starts_on=start, ends_on=start)
    )
    insured = saying()

    ask(saying(), insured)
    begins_at = due_at(enrollment)
    ask(saying(), insured, now=begins_at)

    assert begins_at == datetime(2026, 11, 1, 16, tzinfo=UTC)
    assert [question.as_of for question in insured.asked] == [date(2026, 10, 20), start]
    assert due_at(enrollment) is None


@pytest.mark.django_db(transaction=True)
def test_merged_person_is_asked_about_as_who_stays():
    stays = TraineeFactory()
    due(trainee__merged_into=stays)
    register = saying()

    ask(register)

    assert register.asked[0].id_number == stays.id_number


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("status", GONE)
def test_who_left_the_class_is_asked_about_no_more(status):
    enrollment = due(status=status, left_at=NOW)
    register = saying()

    assert ask(register) == 0
    assert (register.asked, due_at(enrollment)) == ([], None)


@pytest.mark.django_db(transaction=True)
def test_no_transaction_is_open_while_a_register_is_asked():
    due()
    open_ones = []

    ask(saying(meanwhile=lambda: open_ones.append(connection.in_atomic_block)))

    assert open_ones == [False]


# ── An outage ────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.django_db(transaction=True)
def test_outage_is_recorded_and_asked_again_after_longer_and_longer():
    enrollment, now, waits = due(), NOW, []

    for _time in range(4):
        ask(FakeRegister(is_away=True), now=now)
        waits.append(due_at(enrollment) - now)
        now = due_at(enrollment)
    ask(saying(), now=now)

    assert waits == [wait_after(misses) for misses in (1, 2, 3, 4)]
    assert verdicts() == ["UNREACHABLE"] * 4 + ["YES"]
    assert due_at(enrollment) is None


@pytest.mark.django_db(transaction=True)
def test_an_answer_ends_the_counting_of_outages():
    enrollment = due()
    for verdict in (RegisterVerdict.UNREACHABLE, RegisterVerdict.UNREACHABLE, RegisterVerdict.YES):
        RegisterAnswerFactory(enrollment=enrollment, verdict=verdict)
    RegisterAnswerFactory(enrollment=enrollment, register=INSURED, unreachable=True)

    ask(FakeRegister(is_away=True))

    assert due_at(enrollment) == NOW + wait_after(1)


@pytest.mark.django_db(transaction=True)
def test_outage_of_one_register_keeps_the_other_going():
    student, employee = due(), due(employee=True)

    ask(FakeRegister(is_away=True), saying())

    assert (due_at(student), due_at(employee)) == (NOW + wait_after(1), None)


@pytest.mark.django_db(transaction=True)
def test_register_that_is_away_is_tried_once_a_run(monkeypatch):
    monkeypatch.setattr(service, "BATCH_SIZE", 2)
    enrollments = [due() for _ in range(5)]
    register = FakeRegister(is_away=True)

    ask(register)

    assert (register.calls, len(register.asked)) == (1, 2)
    assert [due_at(enrollment) <= NOW for enrollment in enrollments] == [False, False, True, True, True]


@pytest.mark.django_db(transaction=True)
def test_run_ends_after_so_many_batches_and_the_next_goes_on(monkeypatch):
    monkeypatch.setattr(service, "BATCH_SIZE", 1)
    for _ in range(BATCHES_A_RUN + 2):
        due()

    assert [ask(saying()), ask(saying())] == [BATCHES_A_RUN, 2]


# ── A register that is not connected ─────────────────────────────────────────────────────────────────────
@pytest.mark.django_db(transaction=True)
def test_without_a_register_everybody_stays_due_and_nothing_is_queried():
    enrollment = due()

    with CaptureQueriesContext(connection) as captured:
        assert ask() == 0

    assert len(captured) == 0
    assert due_at(enrollment) <= NOW


@pytest.mark.django_db(transaction=True)
def test_cost_does_not_grow_with_who_waits_for_a_register_that_is_not_connected():
    for _ in range(3):
        due(employee=True)

    with CaptureQueriesContext(connection) as captured:
        ask(saying())

    looks = [query["sql"] for query in captured if "SELECT" in query["sql"]]
    assert [("FOR NO KEY UPDATE" in sql, "category" in sql) for sql in looks] == [(True, True)] * 2
    assert not any("UPDATE" in query["sql"].split()[0] for query in captured)


# ── What the lists read ──────────────────────────────────────────────────────────────────────────────────
@pytest.mark.django_db
def test_latest_answers_are_those_of_the_own_register_by_the_moment_of_asking(django_assert_num_queries):
    enrollment, silent = EnrollmentFactory(), EnrollmentFactory()
    newest = RegisterAnswerFactory(enrollment=enrollment, verdict="NO", asked_at=NOW)
    RegisterAnswerFactory(enrollment=enrollment, asked_at=NOW - timedelta(hours=1))
    RegisterAnswerFactory(enrollment=enrollment, register=INSURED, asked_at=NOW + timedelta(hours=1))

    with django_assert_num_queries(1):
        found = queries.latest_answers([enrollment.pk, silent.pk])

    assert found == {enrollment.pk: newest}


# ── The task ─────────────────────────────────────────────────────────────────────────────────────────────
def connection_to(url, **changes):
    return {
        "url": url,
        "token": "token",
        "token_file": "",
        "ca_file": "",
        "longest_age_days": 7,
        **changes,
    }


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_token_there", [True, False])
def test_task_asks_the_connected_registers(settings, tmp_path, is_token_there):
    student, employee = due(), due(employee=True)
    places = SimpleNamespace(**{STUDENTS: "示范大学", INSURED: employee.employer_credit_code})
    known = [
        Known(each.trainee.id_number, each.trainee.name, place, date(2020, 1, 1))
        for each, place in ((student, places.STUDENT_STATUS), (employee, places.EMPLOYMENT_INSURANCE))
    ]
    put_down(tmp_path / "extracts", service.timezone.localdate(), extract_of(known, STUDENTS))
    token_file = tmp_path / "token"
    if is_token_there:
        token_file.write_text("token-of-the-file\n")

    with serving(RegisterServer(INSURED, known)) as server:
        settings.REGISTERS = {
            "STUDENT_STATUS": connection_to(f"file://{tmp_path}/extracts"),
            "EMPLOYMENT_INSURANCE": connection_to(server.url, token_file=str(token_file)),
        }
        tasks.ask_registers_task()

    found = {answer.register: answer for answer in RegisterAnswer.objects.all()}
    assert (found[STUDENTS].verdict, found[STUDENTS].adapter) == ("YES", "file")
    assert (found[INSURED].verdict, found[INSURED].adapter) == (
        "YES" if is_token_there else "UNREACHABLE",
        "http",
    )
    sent = [headers["Authorization"] for headers in server.headers_seen]
    assert sent == (["Bearer token-of-the-file"] if is_token_there else [])


@pytest.mark.django_db(transaction=True)
def test_task_without_a_register_does_nothing():
    enrollment = due(status=EnrollmentStatus.ENROLLED)

    tasks.ask_registers_task()

    assert (verdicts(), due_at(enrollment) <= NOW) == ([], True)
