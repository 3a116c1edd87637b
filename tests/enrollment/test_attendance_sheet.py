"""The sheet as it goes out and comes back, and every way in which a mark can be wrong."""

from datetime import date

import pytest

from chongqing_dte.foundation.workbooks import UnreadableWorkbook
from enrollment.attendance.marks import KnownClass, KnownLesson, KnownPerson, Mark, ReadMark, judge_marks
from enrollment.attendance.messages import ATTENDANCE_MESSAGES, message_for
from enrollment.attendance.sheet import (
    NotAnAttendanceSheet,
    SheetPerson,
    lesson_heading,
    read_sheet,
    write_sheet,
)
from tests.factories.workbooks import csv_file

MONDAY, TUESDAY, FRIDAY = date(2026, 3, 9), date(2026, 3, 10), date(2026, 3, 13)
KNOWN = KnownClass(
    people={
        "a": KnownPerson(1, "张三"),
        "b": KnownPerson(2, "李四", came_on=TUESDAY),
        "c": KnownPerson(3, "王五", left_on=MONDAY),
    },
    lessons={
        (MONDAY, 1): KnownLesson(11, MONDAY),
        "lesson-1": KnownLesson(11, MONDAY),
        (TUESDAY, 1): KnownLesson(12, TUESDAY),
        (FRIDAY, 1): KnownLesson(13, FRIDAY),
    },
    today=TUESDAY,
)


def sheet_with(heading, *cells):
    return read_sheet(csv_file([["学员编号", "姓名", heading], *cells]))


def mark(person="a", lesson=(MONDAY, 1), presence="PRESENT", row=3):
    return ReadMark(row, "heading", person, lesson, presence)


def codes(*marks):
    return [problem.code for problem in judge_marks(marks, KNOWN)[1]]


# ── Reading ──────────────────────────────────────────────────────────────────────────────────────────────
def test_sheet_that_goes_out_comes_back_as_it_was():
    lessons = [(MONDAY, 1), (MONDAY, 2), (TUESDAY, 1)]
    said = {(MONDAY, 1): "PRESENT", (MONDAY, 2): "ABSENT", (TUESDAY, 1): "ON_LEAVE"}
    people = [SheetPerson("a", "张三", "500***********001X", said), SheetPerson("b", "李四", "500***")]

    sheet = read_sheet(write_sheet("考勤表", people, lessons))

    assert sheet.problems == []
    assert [(m.person, m.lesson, m.presence) for m in sheet.marks] == [
        ("a", lesson, presence) for lesson, presence in said.items()
    ]
    assert set(sheet.names.values()) == {("a", "张三"), ("b", "李四")}


def test_empty_cell_says_nothing():
    assert sheet_with(lesson_heading(MONDAY, 1), ["a", "张三", ""], ["b", "李四", " "]).marks == []


@pytest.mark.parametrize(
    ("written", "presence"),
    [
        ("出勤", "PRESENT"),
        ("√", "PRESENT"),
        ("✓", "PRESENT"),
        ("Present", "PRESENT"),
        ("缺勤", "ABSENT"),
        ("×", "ABSENT"),
        ("X", "ABSENT"),
        ("ABSENT", "ABSENT"),
        ("请假", "ON_LEAVE"),
        ("△", "ON_LEAVE"),
        ("on leave", "ON_LEAVE"),
    ],
)
def test_clerk_writes_as_on_paper(written, presence):
    (found,) = sheet_with(lesson_heading(MONDAY, 1), ["a", "张三", written]).marks

    assert (found.person, found.presence) == ("a", presence)


@pytest.mark.parametrize(
    ("heading", "lesson"),
    [
        ("2026-03-09 第1节", (MONDAY, 1)),
        ("2026-03-09第2节", (MONDAY, 2)),
        ("2026-03-09", (MONDAY, 1)),
        ("2026/3/9 #3", (MONDAY, 3)),
        ("2026年3月9日 第2节（4学时）", (MONDAY, 2)),
    ],
)
def test_lesson_is_read_as_it_is_commonly_written(heading, lesson):
    (found,) = sheet_with(heading, ["a", "张三", "√"]).marks

    assert found.lesson == lesson


# A number without a sign before it could belong to the day.
@pytest.mark.parametrize("heading", ["备注", "2026-3-1 2", "2026-02-30", "第1节"])
def test_column_that_is_no_lesson_is_named(heading):
    sheet = sheet_with(heading, ["a", "张三", "√"])

    assert [(problem.column, problem.code) for problem in sheet.problems] == [(heading, "column_unknown")]
    assert sheet.marks == []


def test_lesson_in_two_columns_is_named():
    heading = lesson_heading(MONDAY, 1)
    sheet = read_sheet(csv_file([["学员编号", heading, "2026/3/9"], ["a", "√", "×"]]))

    assert [(problem.column, problem.code) for problem in sheet.problems] == [(heading, "lesson_repeated")]


def test_mark_beside_no_person_is_not_overlooked():
    (found,) = sheet_with(lesson_heading(MONDAY, 1), ["", "张三", "√"]).marks

    assert codes(found) == ["person_unknown"]


@pytest.mark.parametrize("content", [csv_file([["Name", "2026-03-09"], ["a", "√"]]), csv_file([["x"]])])
def test_file_without_the_number_of_a_person_is_no_sheet(content):
    with pytest.raises(NotAnAttendanceSheet):
        read_sheet(content)


def test_file_that_is_no_list_is_refused():
    with pytest.raises(UnreadableWorkbook):
        read_sheet(b"%PDF-1.7")


# ── Judging ──────────────────────────────────────────────────────────────────────────────────────────────
def test_mark_that_fits_the_class_is_taken():
    good, problems = judge_marks([mark(), mark("b", (TUESDAY, 1), "ABSENT")], KNOWN)

    assert (good, problems) == ([Mark(1, 11, "PRESENT"), Mark(2, 12, "ABSENT")], [])


def test_lesson_goes_by_its_public_number_too():
    assert judge_marks([mark(lesson="lesson-1")], KNOWN)[0] == [Mark(1, 11, "PRESENT")]


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (mark(person="z"), "person_unknown"),
        (mark(lesson=(MONDAY, 9)), "lesson_unknown"),
        (mark(lesson="lesson-9"), "lesson_unknown"),
        (mark(lesson=(FRIDAY, 1)), "lesson_to_come"),
        (mark(presence="ASLEEP"), "presence_unknown"),
        (mark(presence=""), "presence_unknown"),
        (mark(person="b"), "not_in_class_then"),
        (mark(person="c", lesson=(TUESDAY, 1)), "not_in_class_then"),
    ],
)
def test_mark_is_refused_with(wrong, code):
    good, problems = judge_marks([wrong], KNOWN)

    assert ([problem.code for problem in problems], good) == ([code], [])


def test_same_person_and_lesson_twice_is_refused():
    assert codes(mark(), mark(presence="ABSENT", row=4)) == ["mark_repeated"]
    assert codes(mark(), mark(lesson="lesson-1", row=4)) == ["mark_repeated"]


def test_unknown_person_and_unknown_lesson_are_named_once():
    marks = [mark("z", (TUESDAY, 1)), mark("z"), mark("a", (MONDAY, 9), row=4), mark("b", (MONDAY, 9), row=5)]

    assert codes(*marks) == ["person_unknown", "lesson_unknown"]


def test_every_code_has_a_message():
    assert all(message_for(code, {}) for code in ATTENDANCE_MESSAGES)
