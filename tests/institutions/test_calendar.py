from datetime import date
from functools import partial

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, InternalError
from django.utils.translation import override

from chongqing_dte.foundation.errors import DomainError, NotPermitted
from chongqing_dte.foundation.models import AuditEvent
from institutions import queries, state_council
from institutions.models import CalendarDay
from institutions.rules.working_days import PublishedDay
from institutions.services.calendar import load_calendar_year, set_calendar_day
from institutions.state_council import CalendarNotPublished, published_days
from tests.clock import NOW
from tests.enrollment.interleaving import rival_in_the_middle
from tests.factories.institutions import UserFactory
from tests.factories.standing import CalendarDayFactory, known_years

pytestmark = pytest.mark.django_db

NOTICE = "渝府办发〔2026〕1号"


@pytest.fixture
def administrator():
    return UserFactory(municipal_administrator=True)


def every_day() -> list[tuple[object, ...]]:
    return list(CalendarDay.objects.values_list("day", "is_working", "name", "source"))


def set_day(day, administrator, **changes):
    given = {"is_working": True, "name": "调休上班", "source": NOTICE, **changes}
    return set_calendar_day(day=day, administrator=administrator, now=NOW, **given)


def test_year_2026_is_as_the_state_council_published_it():
    days = {one.day: one for one in published_days(2026)}

    assert len(days) == 365
    assert sum(one.is_working for one in days.values()) == 248
    assert [day for day, one in days.items() if one.is_working and day.weekday() > 4] == [
        date(2026, 1, 4),
        date(2026, 2, 14),
        date(2026, 2, 28),
        date(2026, 5, 9),
        date(2026, 9, 20),
        date(2026, 10, 10),
    ]
    assert [days[date(2026, 2, n)].name for n in (14, 15, 23, 24)] == ["春节", "春节", "春节", ""]


def test_year_that_is_not_published_says_so():
    with pytest.raises(CalendarNotPublished, match="2099"):
        published_days(2099)


def test_year_of_which_only_new_year_is_known_is_not_known(monkeypatch):
    monkeypatch.setattr(
        state_council.chinese_calendar,
        "get_holiday_detail",
        lambda day: (day.weekday() > 4 or day.day == 1, "New Year's Day" if day.month == 1 else None),
    )

    with pytest.raises(CalendarNotPublished):
        published_days(2027)


def test_loaded_year_is_known_and_counted_over():
    loaded = load_calendar_year(year=2026, now=NOW, loader=published_days)

    assert (loaded.written_count, loaded.kept_count) == (365, 0)
    assert queries.calendar_years() == [2026]
    assert queries.working_day_after(date(2026, 9, 30), 5) == date(2026, 10, 13)
    event = AuditEvent.objects.get(name="calendar.loaded")
    assert (event.actor_id, event.facts["year"], event.facts["written"]) == (None, 2026, 365)


def test_count_that_leaves_the_calendar_has_no_answer():
    known_years(2026)

    assert queries.working_day_after(date(2026, 12, 30), 1) == date(2026, 12, 31)
    assert queries.working_day_after(date(2026, 12, 30), 2) is None


def test_count_goes_on_from_one_year_to_the_next():
    known_years(2025, 2026)

    assert queries.working_day_after(date(2025, 12, 30), 2) == date(2026, 1, 4)


def test_year_with_a_day_missing_is_not_known():
    CalendarDayFactory(day=date(2027, 1, 1))

    assert queries.calendar_years() == []


def test_leap_year_needs_its_366_days():
    known_years(2024)

    assert queries.calendar_years() == [2024]
    assert CalendarDay.objects.count() == 366


def test_loading_again_changes_nothing_and_leaves_no_event():
    known_years(2026)
    before = every_day()

    loaded = load_calendar_year(year=2026, now=NOW, loader=published_days)

    assert (loaded.written_count, every_day()) == (0, before)
    assert AuditEvent.objects.count() == 1


def test_day_that_the_bureau_has_set_survives_the_next_loading(administrator):
    known_years(2026)
    set_day(date(2026, 11, 14), administrator)

    loaded = load_calendar_year(year=2026, now=NOW, loader=published_days)

    assert (loaded.written_count, loaded.kept_count) == (0, 1)
    assert CalendarDay.objects.get(day=date(2026, 11, 14)).source == NOTICE


def test_day_that_the_library_knows_better_now_is_brought_up():
    known_years(2026)
    corrected = [PublishedDay(date(2026, 12, 31), False, "元旦", "chinesecalendar 1.12.0")]

    loaded = load_calendar_year(year=2026, now=NOW, loader=lambda _year: corrected)

    day = CalendarDay.objects.get(day=date(2026, 12, 31))
    assert (loaded.written_count, day.is_working, day.name) == (1, False, "元旦")


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_day_that_is_set_while_the_year_is_loaded_again_stays_as_it_was_set(monkeypatch):
    known_years(2026)
    corrected = [PublishedDay(date(2026, 12, 31), False, "元旦", "chinesecalendar 1.12.0")]
    administrator = UserFactory(municipal_administrator=True)

    outcomes = rival_in_the_middle(
        monkeypatch,
        (queries, "lock_calendar_year"),
        partial(load_calendar_year, year=2026, now=NOW, loader=lambda _year: corrected),
        partial(set_day, date(2026, 12, 31), administrator),
    )

    assert outcomes == ["done", "done"]
    assert CalendarDay.objects.get(day=date(2026, 12, 31)).source == NOTICE


def test_year_that_is_not_published_writes_nothing():
    with pytest.raises(CalendarNotPublished):
        load_calendar_year(year=2099, now=NOW, loader=published_days)

    assert every_day() == []
    assert not AuditEvent.objects.exists()


def test_day_that_is_set_counts_and_leaves_an_event(administrator):
    known_years(2026)

    set_day(date(2026, 10, 24), administrator)

    assert queries.working_day_after(date(2026, 10, 23), 1) == date(2026, 10, 24)
    event = AuditEvent.objects.get(name="calendar.day_set")
    assert (event.actor, event.reason) == (administrator, NOTICE)
    assert event.facts["day"] == "2026-10-24"
    assert (event.facts["was_working"], event.facts["is_working"]) == (False, True)


def test_day_that_the_bureau_has_set_can_be_set_again(administrator):
    known_years(2026)
    set_day(date(2026, 10, 24), administrator)

    set_day(date(2026, 10, 24), administrator, is_working=False, source="Notice 2")

    day = CalendarDay.objects.get(day=date(2026, 10, 24))
    assert (day.is_working, day.source) == (False, "Notice 2")


@pytest.mark.parametrize(
    ("day", "changes", "code"),
    [
        (date(2026, 10, 24), {"source": " "}, "source_missing"),
        # It would be taken for the library's own and overwritten.
        (date(2026, 10, 24), {"source": "chinesecalendar"}, "source_missing"),
        (date(2027, 10, 24), {}, "calendar_year_unknown"),
    ],
)
def test_refused_day_changes_nothing(administrator, day, changes, code):
    known_years(2026)
    before = every_day()

    with pytest.raises(DomainError) as refusal:
        set_day(day, administrator, **changes)

    assert refusal.value.code == code
    assert every_day() == before
    assert not AuditEvent.objects.filter(name="calendar.day_set").exists()


def test_day_is_set_by_the_administrator_only():
    known_years(2026)
    before = every_day()

    with pytest.raises(NotPermitted):
        set_day(date(2026, 10, 24), UserFactory(municipal_reviewer=True))

    assert every_day() == before


def test_command_loads_every_known_year_and_names_the_first_unknown(capsys):
    with override("en"):
        call_command("load_calendar")

    known, shown = queries.calendar_years(), capsys.readouterr().out
    assert known[:2] == [2025, 2026]
    assert "2026: 365 days written" in shown
    assert f"{known[-1] + 1}: The holidays of {known[-1] + 1} are not known yet." in shown


@pytest.mark.parametrize(("year", "message"), [(2099, "Nothing was written for 2099"), (0, "no year")])
def test_command_fails_for_a_year_that_was_asked_for_and_is_unknown(year, message):
    with pytest.raises(CommandError, match=message):
        call_command("load_calendar", year)

    assert every_day() == []


def test_prepare_loads_the_calendar_too():
    call_command("prepare", verbosity=0)

    assert 2026 in queries.calendar_years()


def test_day_is_there_once():
    CalendarDayFactory(day=date(2026, 1, 1))

    with pytest.raises(IntegrityError, match="day"):
        CalendarDayFactory(day=date(2026, 1, 1))


def test_day_without_a_source_is_refused():
    with pytest.raises(IntegrityError, match="calendar_day_has_source"):
        CalendarDayFactory(source="")


def test_day_is_never_deleted():
    row = CalendarDayFactory()

    with pytest.raises(InternalError, match="Cannot delete"):
        CalendarDay.objects.filter(pk=row.pk)._raw_delete("default")


@pytest.mark.parametrize("days", [1, 30, 200])
def test_count_costs_one_query(django_assert_num_queries, days):
    known_years(2026)
    count = partial(queries.working_day_after, date(2026, 1, 1), days)

    with django_assert_num_queries(1):
        assert count() is not None
