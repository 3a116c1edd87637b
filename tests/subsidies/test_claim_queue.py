"""Which claims wait for whose answer, in which order, and as a file."""

import csv
import io
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils.translation import override

from institutions.enums import Role
from subsidies import queries
from subsidies.claim_queue_files import HEADS, queue_rows
from subsidies.enums import ClaimStatus
from subsidies.models import SubsidyClaim
from subsidies.queries.claim_queue import QueueFigures, QueuePlace
from subsidies.rules.facts import FAILED, PASSED
from subsidies.statement_files import as_csv, as_workbook
from tests.clock import NOW
from tests.factories.claim_reviews import TODAY, retire
from tests.factories.claims import (
    ClaimLineFactory,
    ClaimQueryFactory,
    ClaimReckoningFactory,
    LineReviewFactory,
    SubsidyClaimFactory,
)
from tests.factories.institutions import DistrictFactory, UserFactory

pytestmark = pytest.mark.django_db

FLAGGED = [{"name": "shared_accounts", "outcome": FAILED, "facts": {}}]
UNFLAGGED = [{"name": "shared_accounts", "outcome": PASSED, "facts": {}}]


@pytest.fixture
def district():
    return DistrictFactory()


@pytest.fixture
def reviewer(district):
    return UserFactory(district_reviewer=True, district=district)


def waiting(district, *, due: int | None = 0, flags=(), **values) -> SubsidyClaim:
    """Return a submitted claim of the district whose answer is due in so many days."""
    due_on = None if due is None else TODAY + timedelta(days=due)
    claim = SubsidyClaimFactory(submitted=True, district=district, due_on=due_on, **values)
    if flags:
        claim.reckoning = ClaimReckoningFactory(claim=claim, flags=list(flags))
        claim.save(update_fields=["reckoning"])
    return claim


def listed(user, **chosen) -> list[int]:
    claims = queries.claims_chosen(queries.claims_to_list(user, TODAY), chosen, user=user, today=TODAY)
    return [claim.pk for claim in claims]


# ── Whose ────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_district_sees_what_waits_for_it(district, reviewer):
    own = waiting(district)
    waiting(DistrictFactory())
    SubsidyClaimFactory(district=district)
    SubsidyClaimFactory(district=district, recommended=True)
    SubsidyClaimFactory(district=district, refused=True)

    assert listed(reviewer) == [own.pk]
    assert listed(UserFactory(district_lead=True, district=district)) == [own.pk]


def test_what_a_retired_district_has_waits_for_its_successor_only_once_it_is_handed_over(district):
    waiting(district)
    heir = retire(district)

    assert listed(UserFactory(district_reviewer=True, district=heir)) == []


@pytest.mark.parametrize("role", [role for role in Role if role.startswith("MUNICIPAL")])
def test_the_municipal_bureau_sees_what_is_recommended_and_what_districts_are_late_with(district, role):
    recommended = SubsidyClaimFactory(recommended=True)
    late = waiting(district, due=-1, escalated_at=NOW)
    waiting(district)

    assert set(listed(UserFactory(**{role.lower(): True}))) == {recommended.pk, late.pk}


@pytest.mark.parametrize("role", ["training_manager", "training_operator", "evaluation_operator"])
def test_institutions_have_no_queue(district, role):
    waiting(district)

    assert listed(UserFactory(**{role: True})) == []


# ── Order and filters ────────────────────────────────────────────────────────────────────────────────────
def test_the_most_urgent_come_first_and_those_without_a_day_last(district, reviewer):
    unknown, later, sooner = (waiting(district, due=due) for due in (None, 3, -3))

    assert listed(reviewer) == [sooner.pk, later.pk, unknown.pk]


def test_pages_follow_each_other_without_gaps(district, reviewer):
    for due in (2, None, 1, 2, None, 0, 2):
        waiting(district, due=due)
    claims = queries.claims_to_list(reviewer, TODAY)
    whole, pages, place = [claim.pk for claim in claims], [], None
    while page := list(queries.claims_behind(claims, place)[:2]):
        pages += [claim.pk for claim in page]
        place = QueuePlace(page[-1].due_on, page[-1].pk)

    assert pages == whole
    assert len(whole) == 7


def test_a_queue_is_narrowed(district, reviewer):
    late = waiting(district, due=-1, flags=UNFLAGGED)
    today = waiting(district, flags=FLAGGED)
    asked = waiting(district, due=-1)
    ClaimQueryFactory(claim=asked)
    unknown = waiting(district, due=None)

    assert listed(reviewer, due="late") == [late.pk]
    assert listed(reviewer, due="today") == [today.pk]
    assert listed(reviewer, due="asked") == [asked.pk]
    assert listed(reviewer, due="no_day") == [unknown.pk]
    assert listed(reviewer, flagged="yes") == [today.pk]
    assert today.pk not in listed(reviewer, flagged="no")
    assert listed(reviewer, institution=late.institution_id) == [late.pk]
    assert listed(reviewer, status=ClaimStatus.RECOMMENDED) == []
    assert listed(reviewer, status="", due="", flagged="") == listed(reviewer)
    assert listed(reviewer, district="000000") == []


def test_a_queue_is_narrowed_to_what_somebody_works_on(district, reviewer):
    colleague = UserFactory(district_reviewer=True, district=district)
    mine, asked_by_me, others, nobodys = (waiting(district, due=due) for due in range(4))
    for claim, person in ((mine, reviewer), (others, colleague)):
        line = ClaimLineFactory(reckoning=claim.reckoning, out=True, in_rate=False)
        LineReviewFactory(claim=claim, line=line, reviewed_by=person)
    ClaimQueryFactory(claim=asked_by_me, asked_by=reviewer)

    assert listed(reviewer, worked_on="me") == [mine.pk, asked_by_me.pk]
    assert listed(reviewer, worked_on="others") == [others.pk]
    assert listed(reviewer, worked_on="nobody") == [nobodys.pk]


def test_the_figures_of_a_queue(district, reviewer):
    waiting(district, due=-1)
    waiting(district, flags=FLAGGED)
    ClaimQueryFactory(claim=waiting(district, due=-1))
    waiting(district, due=None)

    assert queries.queue_figures(reviewer, TODAY) == QueueFigures(
        waiting=4, late=1, due_today=1, asked=1, flagged=1, without_due_day=1, total=Decimal("0.00")
    )
    assert queries.overseen_late_count(reviewer, TODAY) == 1
    assert queries.overseen_late_count(UserFactory(municipal_auditor=True), TODAY) == 0


def test_the_filters_name_what_is_there(district, reviewer):
    claim = waiting(district)
    other = waiting(DistrictFactory(), due=-1, escalated_at=NOW)

    assert queries.institutions_in_queue(reviewer) == [claim.institution]
    assert queries.districts_in_queue(reviewer) == []
    assert queries.districts_in_queue(UserFactory(municipal_reviewer=True)) == [other.district]


def test_a_queue_opens_in_a_few_queries_however_long_it_is(district, reviewer, django_assert_max_num_queries):
    for due in range(12):
        ClaimQueryFactory(claim=waiting(district, due=due, flags=FLAGGED))

    with django_assert_max_num_queries(5):
        page = queries.claims_chosen(queries.claims_to_list(reviewer, TODAY), {}, user=reviewer, today=TODAY)[
            :50
        ]
        rows = list(queue_rows(page, TODAY))
        queries.queue_figures(reviewer, TODAY)
        queries.institutions_in_queue(reviewer)
        queries.districts_in_queue(reviewer)

    assert len(rows) == 13


# ── As a file ────────────────────────────────────────────────────────────────────────────────────────────
def test_a_queue_leaves_as_a_file_without_anybodys_name(district, reviewer):
    claim = waiting(district, due=-2, flags=FLAGGED)

    with override("en"):
        heads, row = queue_rows(queries.claims_to_list(reviewer, TODAY), TODAY)
        shown = dict(zip(map(str, HEADS), row, strict=True))

    assert heads == list(shown)
    assert (shown["Reference"], shown["Days late"]) == (claim.reference, "2")
    assert shown["A check failed"] == "Yes"
    assert shown["Waits for an answer of the institution"] == ""
    assert shown["Amount"] == Decimal("0.00")
    table = list(csv.reader(io.StringIO(as_csv([heads, row]).decode("utf-8-sig"))))
    assert table[1][0] == claim.reference
    assert as_workbook("Claims", [heads, row]).startswith(b"PK")


def test_a_claim_about_which_something_is_asked_is_not_late(district, reviewer):
    ClaimQueryFactory(claim=waiting(district, due=-2))

    with override("en"):
        _heads, row = queue_rows(queries.claims_to_list(reviewer, TODAY), date(2027, 1, 1))
        shown = dict(zip(map(str, HEADS), row, strict=True))

    assert (shown["Days late"], shown["Waits for an answer of the institution"]) == ("", "Yes")
