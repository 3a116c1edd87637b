"""The queue of a bureau on screen: what it shows first, how it is narrowed, what it costs, and as a file."""

import io
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override
from openpyxl import load_workbook

from chongqing_dte.foundation.models import AuditEvent
from institutions.delegation_queries import working_days_away
from institutions.enums import Role
from institutions.models import District
from subsidies.claim_clock_words import clock_words
from subsidies.models import SubsidyClaim
from subsidies.rules.facts import FAILED
from subsidies.views.queue_places import name_of, place_of
from tests.clock import NOW
from tests.factories.claim_reviews import TODAY
from tests.factories.claims import ClaimQueryFactory, ClaimReckoningFactory, SubsidyClaimFactory
from tests.factories.institutions import DistrictFactory
from tests.factories.standing import known_years

pytestmark = pytest.mark.django_db

QUEUE, EXPORT, NEXT = (reverse(name) for name in ("claim-queue", "claim-queue-export", "claim-queue-next"))
UNDEFINED = "UNDEFINED_TEMPLATE_VARIABLE"
FLAGGED = [{"name": "shared_accounts", "outcome": FAILED, "facts": {"people": 2, "accounts": 1}}]


@pytest.fixture(autouse=True)
def _today(monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def district() -> District:
    return DistrictFactory()


@pytest.fixture
def reviewer(client_as, district) -> Client:
    client = client_as(Role.DISTRICT_REVIEWER, district=district)
    client.cookies["django_language"] = "en"
    return client


def waiting(district, *, due: int | None = 0, flags=(), **values) -> SubsidyClaim:
    """Return a submitted claim of the district whose answer is due in so many days."""
    due_on = None if due is None else TODAY + timedelta(days=due)
    claim = SubsidyClaimFactory(submitted=True, district=district, due_on=due_on, **values)
    if flags:
        claim.reckoning = ClaimReckoningFactory(claim=claim, flags=list(flags))
        claim.save(update_fields=["reckoning"])
    return claim


def text_of(client: Client, **asked: object) -> str:
    response = client.get(QUEUE, asked)
    text = response.content.decode()
    assert response.status_code == 200
    assert UNDEFINED not in text
    return text


def page_of(claim: SubsidyClaim) -> str:
    return reverse("claim-detail", args=[claim.public_id])


def place(claim: SubsidyClaim) -> str:
    return name_of(place_of(claim))


# ── What it shows ────────────────────────────────────────────────────────────────────────────────────────
def test_the_queue_shows_the_most_urgent_first_and_nothing_of_another_district(reviewer, district):
    known_years(2026)
    later, late = waiting(district, due=3), waiting(district, due=-5)
    foreign = waiting(DistrictFactory())

    text = text_of(reviewer)

    assert text.index(late.reference) < text.index(later.reference)
    assert foreign.reference not in text
    assert "3 working days overdue" in text
    assert "Due in 3 working days" in text


@pytest.mark.parametrize(
    ("due_on", "is_asked", "working_days", "words"),
    [
        (date(2026, 10, 21), False, 1, "Due in 1 working day"),
        (date(2026, 10, 23), False, 3, "Due in 3 working days"),
        (date(2026, 10, 20), False, 0, "Due today"),
        (date(2026, 10, 16), False, -2, "2 working days overdue"),
        (date(2026, 10, 16), False, None, "Overdue since 2026-10-16"),
        (date(2026, 10, 17), False, 0, "Overdue since 2026-10-17"),
        (date(2027, 1, 4), False, None, "Due on 2027-01-04"),
        (None, False, None, "No day yet: the calendar of that year is not published"),
        (date(2026, 10, 16), True, -2, "Waits for the institution's answer"),
    ],
)
def test_the_clock_is_told_in_working_days(due_on, is_asked, working_days, words):
    claim = SubsidyClaim(due_on=due_on)

    with override("en"):
        said = clock_words(claim, is_asked=is_asked, today=TODAY, working_days=working_days)

    assert said.text == words


def test_working_days_are_counted_both_ways_in_one_query(django_assert_num_queries):
    known_years(2026)
    days = {TODAY, date(2026, 10, 26), date(2026, 10, 16), date(2027, 1, 4)}

    with django_assert_num_queries(1):
        away = working_days_away(days, TODAY)

    assert away == {TODAY: 0, date(2026, 10, 26): 4, date(2026, 10, 16): -2, date(2027, 1, 4): None}


def test_the_figures_stand_above_the_queue(reviewer, district):
    waiting(district, due=-1, flags=FLAGGED)
    ClaimQueryFactory(claim=waiting(district))

    text = " ".join(text_of(reviewer).split())

    assert "<dt>Wait for your office</dt><dd>2</dd>" in text
    assert '<div class="is-bad"><dt>Overdue</dt><dd>1</dd></div>' in text


def test_whoever_has_nothing_to_do_is_told_so(reviewer):
    assert "No claim waits for your office." in text_of(reviewer)


def test_the_municipal_bureau_sees_what_is_recommended_and_what_went_up(client_as, district):
    recommended = SubsidyClaimFactory(recommended=True)
    late = waiting(district, due=-1, escalated_at=NOW)
    own = waiting(district)
    client = client_as(Role.MUNICIPAL_REVIEWER)

    text = text_of(client)

    assert recommended.reference in text
    assert late.reference in text
    assert own.reference not in text
    assert late.reference not in text_of(client, status="RECOMMENDED")


@pytest.mark.parametrize("url", [QUEUE, EXPORT, NEXT])
def test_institutions_have_no_queue(client_as, url):
    assert client_as(Role.TRAINING_MANAGER).get(url).status_code == 403


# ── What it is narrowed to ───────────────────────────────────────────────────────────────────────────────
def test_the_queue_is_searched_by_reference_and_institution(reviewer, district):
    wanted, other = waiting(district), waiting(district)

    for words in (wanted.reference.lower(), wanted.institution.name_zh):
        text = text_of(reviewer, q=words)
        assert page_of(wanted) in text
        assert page_of(other) not in text


def test_the_queue_is_narrowed_to_what_is_flagged(reviewer, district):
    flagged, other = waiting(district, flags=FLAGGED), waiting(district)

    text = text_of(reviewer, flagged="yes")

    assert page_of(flagged) in text
    assert page_of(other) not in text


@pytest.mark.parametrize("key", ["", "x", "9" * 30, "-1", "\x00"])
def test_the_queue_is_asked_for_with_anything(reviewer, key):
    names = ("q", "after", "due", "flagged", "status", "institution", "district", "worked_on")

    assert text_of(reviewer, **dict.fromkeys(names, key))


def test_the_queue_is_read_page_by_page(reviewer, district, monkeypatch):
    monkeypatch.setattr("subsidies.views.claim_queue.PAGE_SIZE", 2)
    first, second, third = (waiting(district, due=due) for due in (1, 2, 3))

    whole = text_of(reviewer)
    rest = text_of(reviewer, after=place(second))

    assert f"after={place(second)}" in whole
    assert page_of(third) not in whole
    assert page_of(third) in rest
    assert page_of(first) not in rest


@pytest.mark.parametrize("day", [2, None])
def test_the_page_behind_a_claim_that_was_decided_meanwhile_goes_on_where_that_was(reviewer, district, day):
    first, second, third = waiting(district, due=1), waiting(district, due=day), waiting(district, due=None)
    behind = place(second)
    SubsidyClaim.objects.filter(pk=second.pk).update(status="WITHDRAWN", status_reason="Ours.", due_on=None)

    rest = text_of(reviewer, after=behind)

    assert page_of(third) in rest
    assert page_of(first) not in rest
    assert reviewer.get(NEXT, {"after": behind}).url == page_of(third)


@pytest.mark.parametrize(
    "nonsense", ["5", "2026-10-22", "2026-13-40.5", "none.x", "none.", ".5", "²026-10-22.5"]
)
def test_a_place_that_is_none_is_the_beginning(reviewer, district, nonsense):
    only = waiting(district)

    assert page_of(only) in text_of(reviewer, after=nonsense)


def test_a_queue_costs_the_same_however_long(reviewer, district):
    known_years(2026)
    waiting(district)
    text_of(reviewer)
    with CaptureQueriesContext(
        connection,
    ) as few:
        text_of(reviewer)
    for due in (-9, -2, 4, None):
        waiting(district, due=due, flags=FLAGGED)

    with CaptureQueriesContext(connection) as many:
        text_of(reviewer)

    assert len(many) == len(few)
    assert len(many) <= 15


# ── On to the next ───────────────────────────────────────────────────────────────────────────────────────
def test_the_next_claim_comes_out_of_the_queue_as_it_was_narrowed(reviewer, district):
    flagged = [waiting(district, due=due, flags=FLAGGED) for due in (1, 5)]
    waiting(district, due=3)
    text_of(reviewer, flagged="yes")

    response = reviewer.get(NEXT, {"after": place(flagged[0])})

    assert response.url == page_of(flagged[1])


def test_behind_the_last_claim_comes_the_first_again(reviewer, district):
    first, last = waiting(district, due=1), waiting(district, due=5)

    assert reviewer.get(NEXT, {"after": place(last)}).url == page_of(first)


def test_an_empty_queue_leads_back_to_itself(reviewer, district):
    only = waiting(district)

    assert reviewer.get(NEXT, {"after": place(only)}).url == QUEUE


# ── As a file ────────────────────────────────────────────────────────────────────────────────────────────
def test_the_queue_leaves_as_a_workbook_and_who_took_it_is_recorded(reviewer, district):
    claim = waiting(district, flags=FLAGGED)
    waiting(district)

    response = reviewer.get(EXPORT, {"flagged": "yes", "q": claim.reference})

    rows = list(load_workbook(io.BytesIO(b"".join(response))).active.values)
    assert [row[0] for row in rows[1:]] == [claim.reference]
    facts = AuditEvent.objects.get(name="list.exported").facts
    assert facts == {
        "list": "claim_queue",
        "narrowed_to": {"flagged": "yes", "q": "*"},
        "rows": 1,
        "format": "xlsx",
    }


def test_the_queue_leaves_as_a_csv_file(reviewer, district):
    claim = waiting(district)

    response = reviewer.get(EXPORT, {"as": "csv"})

    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert claim.reference in response.content.decode()
