"""What a delivered extract says, and what it does not."""

from datetime import date, timedelta

import pytest

from tests.enrollment.register_questions import (
    IDS,
    INSURED,
    START,
    STUDENTS,
    TODAY,
    asked,
    file_register,
    known,
    people_of,
    verdicts,
)
from tests.fakes.registers import extract_of, put_down

pytestmark = pytest.mark.slow


@pytest.fixture
def folder(tmp_path):
    place = tmp_path / "register"
    put_down(place, TODAY, extract_of(people_of(STUDENTS), STUDENTS))
    return place


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_extract_is_read_in_each_encoding(tmp_path, encoding):
    put_down(tmp_path, TODAY, extract_of(people_of(STUDENTS), STUDENTS), encoding=encoding)

    assert verdicts(file_register(STUDENTS, tmp_path).ask([asked(STUDENTS, 0)])) == ["YES"]


def test_newest_extract_counts_and_not_one_of_a_day_to_come(folder):
    put_down(folder, TODAY - timedelta(days=1), extract_of([known(STUDENTS, 4)], STUDENTS))
    put_down(folder, TODAY + timedelta(days=1), extract_of([known(STUDENTS, 4)], STUDENTS))

    assert verdicts(file_register(STUDENTS, folder).ask([asked(STUDENTS, 4)])) == ["NOT_FOUND"]


@pytest.mark.parametrize(("age", "verdict"), [(7, "YES"), (8, "UNREACHABLE")])
def test_extract_serves_up_to_its_longest_age(tmp_path, age, verdict):
    put_down(tmp_path, TODAY - timedelta(days=age), extract_of(people_of(STUDENTS), STUDENTS))

    assert verdicts(file_register(STUDENTS, tmp_path).ask([asked(STUDENTS, 0)])) == [verdict]


def test_extract_knows_nothing_of_a_day_after_it(tmp_path):
    put_down(tmp_path, TODAY - timedelta(days=1), extract_of(people_of(STUDENTS), STUDENTS))

    (reply,) = file_register(STUDENTS, tmp_path).ask([asked(STUDENTS, 0, as_of=TODAY)])

    assert (reply.verdict, reply.reference) == ("UNREACHABLE", "EXTRACT_BEFORE_DAY")


@pytest.mark.parametrize(
    ("changes", "verdict", "reference"),
    [
        ({"name": "李乙"}, "NOT_FOUND", "NAME_DIFFERS"),
        ({"school": "别处"}, "NO", "OTHER_SCHOOL"),
        ({"as_of": date(2022, 8, 31)}, "NO", "OUTSIDE_PERIOD"),
        ({"as_of": date(2022, 9, 1)}, "YES", "R-0"),
        ({"school": " 示范 大学"}, "YES", "R-0"),
    ],
)
def test_extract_says_why(folder, changes, verdict, reference):
    (reply,) = file_register(STUDENTS, folder).ask([asked(STUDENTS, 0, **changes)])

    assert (reply.verdict, reply.reference) == (verdict, reference)


def test_another_employer_is_a_no_with_its_reason(tmp_path):
    put_down(tmp_path, TODAY, extract_of(people_of(INSURED), INSURED))

    (reply,) = file_register(INSURED, tmp_path).ask([asked(INSURED, 3)])

    assert (reply.verdict, reply.reference) == ("NO", "OTHER_EMPLOYER")


def test_one_of_several_periods_is_enough(tmp_path):
    before = known(STUDENTS, 0, begins_on=date(2018, 9, 1), ends_on=date(2022, 6, 30))
    namesake = known(STUDENTS, 0, name="李乙", ends_on=date(2019, 1, 1))
    put_down(tmp_path, TODAY, extract_of([before, namesake, known(STUDENTS, 0)], STUDENTS))

    assert verdicts(file_register(STUDENTS, tmp_path).ask([asked(STUDENTS, 0)])) == ["YES"]


def test_id_number_is_found_however_it_is_written(tmp_path):
    folded = IDS[0].replace("0", "０", 1)
    put_down(tmp_path, TODAY, extract_of([known(STUDENTS, 0, id_number=f"\t{folded}")], STUDENTS))

    assert verdicts(file_register(STUDENTS, tmp_path).ask([asked(STUDENTS, 0)])) == ["YES"]


def test_person_whose_dates_are_damaged_is_unreachable_and_nobody_else(tmp_path):
    text = extract_of([known(STUDENTS, 0), known(STUDENTS, 1, ends_on=START)], STUDENTS)
    put_down(tmp_path, TODAY, text.replace(str(START), "31.12."))

    replies = file_register(STUDENTS, tmp_path).ask([asked(STUDENTS, 0), asked(STUDENTS, 1)])

    assert verdicts(replies) == ["YES", "UNREACHABLE"]
