"""From a received file to checked rows: what a check leaves behind, whole or cut off."""

import json
from datetime import timedelta

import pytest

from chongqing_dte.foundation.models import AuditEvent
from enrollment import tasks
from enrollment.enums import RosterStatus, RowOutcome
from enrollment.models import RosterRow, RosterUpload
from enrollment.queries import CHECK_IS_STALE_AFTER, IntakePolicyMissing, rosters_to_check
from enrollment.services import roster_checks
from enrollment.services.roster_checks import check_roster
from tests.clock import NOW
from tests.enrollment.rosters import (
    check,
    confirm,
    known_trainee,
    nobody_holds_one,
    nobody_is_enrolled,
    person,
    received,
    roster_of,
    sent,
)
from tests.factories.enrollment import (
    BankAccountFactory,
    EnrollmentFactory,
    IntakePolicyFactory,
    TrainingClassFactory,
)

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

BAD_MOBILE = {"mobile": "123"}
LATER = NOW + CHECK_IS_STALE_AFTER + timedelta(seconds=1)


class Killed(BaseException):
    """What a killed worker leaves: nothing is caught and nothing tidied up."""


def codes_of(row):
    return [problem["code"] for problem in row.problems]


def outcomes_of(upload):
    return list(upload.rows.values_list("number", "outcome"))


def test_checked_roster_waits_with_every_row_and_enrolls_nobody():
    upload = received(None, person(1), person(2, **BAD_MOBILE))

    assert (upload.status, upload.new_count, upload.refused_count) == (RosterStatus.READY, 1, 1)
    assert (upload.row_count, upload.checked_count, upload.checked_at) == (2, 2, NOW)
    assert outcomes_of(upload) == [(2, RowOutcome.NEW), (3, RowOutcome.REFUSED)]
    assert nobody_is_enrolled()


def test_check_leaves_an_event_without_personal_data():
    upload = received(None, person(1), person(2, **BAD_MOBILE))

    event = AuditEvent.objects.get(name="roster.checked")
    assert (event.subject_id, event.actor_id, event.at) == (upload.pk, None, NOW)
    assert event.facts == {"NEW": 1, "REFUSED": 1, "warned": 0}


def test_row_can_be_found_by_the_hash_of_its_id_number():
    upload = received(None, person(1))

    assert upload.rows.get().id_number_hash == known_trainee(person(1)).id_number_hash


def test_problems_are_kept_as_codes_and_hold_no_personal_data():
    upload = received(None, person(1, mobile="19912"), person(2))

    (problem,) = upload.rows.get(number=2).problems
    assert (problem["column"], problem["code"], problem["severity"]) == ("mobile", "mobile_format", "error")
    assert "19912" not in json.dumps(problem)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"%PDF-1.7 not a list", "not_a_spreadsheet"),
        ("姓名,身份证号,爱好\r\n李一,1,2".encode(), "wrong_columns"),
        (roster_of(), "no_rows"),
    ],
    ids=["no workbook", "wrong columns", "no rows"],
)
def test_file_that_is_no_roster_has_failed_with_its_reason(content, code):
    upload = received(content=content)

    assert (upload.status, upload.failure_code) == (RosterStatus.FAILED, code)
    assert not RosterRow.objects.exists()
    assert AuditEvent.objects.get(name="roster.failed").facts == {"code": code}


def test_names_of_wrong_columns_are_kept_for_the_message():
    upload = received(content="姓名,身份证号,爱好\r\n李一,1,2".encode())

    assert upload.failure_parameters["extra"] == ["爱好"]


def test_roster_without_one_good_row_is_put_aside_at_once():
    upload = received(None, person(1, **BAD_MOBILE))

    assert (upload.status, upload.accepted_count, upload.rows.count()) == (RosterStatus.REJECTED, 0, 1)


def test_roster_that_says_nothing_new_is_put_aside_at_once():
    first = received(None, person(1), person(2))
    confirm(first)

    again = received(first.training_class, person(2), person(1))

    assert (again.status, again.unchanged_count) == (RosterStatus.REJECTED, 2)


def test_warning_alone_keeps_no_row_out_but_asks_for_a_tick():
    upload = received(None, person(1, bank_account="", bank_name="", bank_cnaps=""), person(2))

    row = upload.rows.get(number=2)
    assert (row.outcome, row.has_warnings) == (RowOutcome.NEW, True)
    assert (upload.new_count, upload.warned_count) == (2, 1)


def test_person_who_is_in_the_class_as_the_row_says_is_unchanged():
    first = received(None, person(1))
    confirm(first)

    second = received(first.training_class, person(1), person(2))

    assert outcomes_of(second) == [(2, RowOutcome.UNCHANGED), (3, RowOutcome.NEW)]
    assert (second.unchanged_count, second.new_count, second.refused_count) == (1, 1, 0)


@pytest.mark.parametrize(
    ("column", "said"),
    [
        ("education", "MASTER"),
        ("school", "西南大学"),
        ("student_number", "77"),
        ("graduated_on", "2026-07-01"),
        ("mobile", "13812345678"),
        ("employer_name", "重庆数字科技有限公司"),
    ],
)
def test_row_that_says_otherwise_than_is_known_is_changed(column, said):
    first = received(None, person(1))
    confirm(first)

    second = received(first.training_class, person(1, **{column: said}))

    assert [(row.outcome, row.changed_columns) for row in second.rows.all()] == [
        (RowOutcome.CHANGED, [column])
    ]
    assert second.changed_count == 1


def test_empty_cell_says_nothing():
    first = received(None, person(1, employer_name="重庆数字科技有限公司"))
    confirm(first)

    second = received(first.training_class, person(1))

    assert outcomes_of(second) == [(2, RowOutcome.UNCHANGED)]


def test_first_account_of_somebody_in_the_class_is_a_change():
    first = received(None, person(1, bank_account="", bank_name="", bank_cnaps=""))
    confirm(first)

    second = received(first.training_class, person(1))

    assert second.rows.get().changed_columns == ["bank_account"]


def test_other_account_than_the_one_on_record_is_warned_of_and_no_change():
    first = received(None, person(1))
    confirm(first)
    other = {key: person(2)[key] for key in ("bank_account", "bank_name", "bank_cnaps")}

    second = received(first.training_class, person(1, **other))

    row = second.rows.get()
    assert (row.outcome, row.has_warnings) == (RowOutcome.UNCHANGED, True)
    assert "account_differs" in codes_of(row)


def test_person_who_is_known_under_another_name_is_refused():
    known_trainee(person(1), name="王五")

    upload = received(None, person(1), person(2))

    row = upload.rows.get(number=2)
    assert (row.outcome, codes_of(row)) == (RowOutcome.REFUSED, ["name_differs"])


def test_person_in_another_class_on_the_same_days_is_refused():
    EnrollmentFactory(trainee=known_trainee(person(1)))

    row = received(None, person(1), person(2)).rows.get(number=2)

    assert (row.outcome, codes_of(row)) == (RowOutcome.REFUSED, ["class_overlaps"])


def test_person_who_holds_the_certificate_is_refused():
    trainee = known_trainee(person(1))
    upload = sent(None, person(1), person(2))
    asked = []

    def holders_of(**of_what):
        asked.append(of_what)
        return {trainee.id_number_hash}

    check(upload, holders_of=holders_of)

    assert codes_of(upload.rows.get(number=2)) == ["certificate_held"]
    training_class = upload.training_class
    assert (asked[0]["occupation_id"], asked[0]["level"]) == (
        training_class.occupation_id,
        training_class.level,
    )


def test_account_and_mobile_that_somebody_else_has_are_warned_of():
    other = known_trainee(person(2), mobile=person(1)["mobile"])
    BankAccountFactory(trainee=other, number=person(1)["bank_account"])

    row = received(None, person(1)).rows.get()

    assert row.has_warnings
    assert set(codes_of(row)) == {"account_known_elsewhere", "mobile_known_elsewhere"}


def test_person_who_has_left_the_class_is_refused():
    first = received(None, person(1))
    confirm(first)
    first.training_class.enrollments.update(status="WITHDRAWN", left_at=NOW)

    row = received(first.training_class, person(1), person(2)).rows.get(number=2)

    assert (row.outcome, codes_of(row)) == (RowOutcome.REFUSED, ["left_class"])


def test_after_the_roster_lock_what_is_new_or_changed_is_refused():
    first = received(TrainingClassFactory(running=True), person(1), person(2))
    confirm(first)
    training_class = first.training_class
    training_class.roster_locked_at, training_class.locked_count = NOW, 2
    training_class.save()

    upload = received(training_class, person(1), person(2, school="西南大学"), person(3))

    assert [row.outcome for row in upload.rows.all()] == ["UNCHANGED", "REFUSED", "REFUSED"]
    assert [codes_of(row) for row in upload.rows.all()] == [[], ["roster_locked"], ["roster_locked"]]
    assert upload.status == RosterStatus.REJECTED


def test_ages_are_those_of_the_policy_in_force():
    IntakePolicyFactory(min_age=30)

    row = received(None, person(1)).rows.get()

    assert codes_of(row) == ["age_out_of_range"]


def test_second_check_finds_nothing_to_do():
    upload = received()
    again = check_roster(upload_id=upload.pk, now=LATER, holders_of=nobody_holds_one)

    assert again is None
    assert (upload.rows.count(), AuditEvent.objects.filter(name="roster.checked").count()) == (1, 1)


def test_check_that_somebody_has_begun_is_theirs():
    upload = sent()
    RosterUpload.objects.update(status=RosterStatus.CHECKING, checking_since=NOW, check_attempt_count=1)

    check(upload, now=NOW + timedelta(seconds=30))

    assert (upload.status, upload.check_attempt_count) == (RosterStatus.CHECKING, 1)


@pytest.mark.parametrize("step", ["read_again", "_look_up", "find_problems", "copy_rows"])
def test_worker_killed_in_the_middle_leaves_a_check_that_is_begun_again(monkeypatch, step):
    upload = sent(None, person(1), person(2))

    def die(*_args, **_kwargs):
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(roster_checks, step, die)
        with pytest.raises(Killed):
            check(upload)

    upload.refresh_from_db()
    assert (upload.status, upload.check_attempt_count) == (RosterStatus.CHECKING, 1)
    assert not RosterRow.objects.exists()
    assert rosters_to_check(NOW + timedelta(minutes=1)) == []
    assert rosters_to_check(LATER) == [upload.pk]

    check(upload, now=LATER)

    assert (upload.status, upload.check_attempt_count, upload.rows.count()) == (RosterStatus.READY, 2, 2)


def test_file_that_has_killed_its_worker_three_times_is_given_up(monkeypatch):
    upload = sent()
    now = NOW

    def die(*_args, **_kwargs):
        raise Killed

    monkeypatch.setattr(roster_checks, "read_again", die)
    for _ in range(3):
        with pytest.raises(Killed):
            check(upload, now=now)
        now += CHECK_IS_STALE_AFTER + timedelta(seconds=1)

    check(upload, now=now)

    assert (upload.status, upload.failure_code) == (RosterStatus.FAILED, "worker_died")
    assert rosters_to_check(now + CHECK_IS_STALE_AFTER * 2) == []


def test_slow_worker_whose_check_was_taken_over_writes_nothing(monkeypatch):
    upload = sent()
    find_problems = roster_checks.find_problems

    def be_overtaken(rows, given):
        monkeypatch.setattr(roster_checks, "find_problems", find_problems)
        check(upload, now=LATER)
        return find_problems(rows, given)

    monkeypatch.setattr(roster_checks, "find_problems", be_overtaken)
    slow = check_roster(upload_id=upload.pk, now=NOW, holders_of=nobody_holds_one)

    upload.refresh_from_db()
    assert slow is None
    assert (upload.status, upload.checked_at, upload.rows.count()) == (RosterStatus.READY, LATER, 1)


def test_progress_can_be_watched_while_the_check_goes_on(monkeypatch):
    monkeypatch.setattr(roster_checks, "ROWS_AT_ONCE", 2)
    upload = sent(None, *(person(number) for number in range(5)))
    seen = []
    note_progress = roster_checks._note_progress

    def note_and_look(check, **counts):
        note_progress(check, **counts)
        seen.append(tuple(RosterUpload.objects.values_list("row_count", "checked_count").get()))

    monkeypatch.setattr(roster_checks, "_note_progress", note_and_look)
    check(upload)

    assert seen == [(5, 0), (5, 2), (5, 4), (5, 5)]


@pytest.mark.usefixtures("_clock_stands_still")
def test_roster_that_no_policy_covers_any_more_keeps_no_other_waiting(monkeypatch):
    uncovered, covered = sent(None, person(1)), sent(None, person(2))
    original = tasks.check_roster

    def refuse_the_first(*, upload_id, **given):
        if upload_id == uncovered.pk:
            raise IntakePolicyMissing
        return original(upload_id=upload_id, **given)

    monkeypatch.setattr(tasks, "check_roster", refuse_the_first)

    tasks.check_received_rosters_task()

    statuses = dict(RosterUpload.objects.values_list("pk", "status"))
    assert statuses == {uncovered.pk: RosterStatus.RECEIVED, covered.pk: RosterStatus.READY}
