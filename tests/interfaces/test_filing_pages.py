"""The pages on which a filing is answered, and where everybody sees the classes."""

import re

import pytest
from django.urls import reverse
from django.utils import timezone

from enrollment.enums import ClassStatus
from enrollment.services.deadlines import escalate_overdue_filings
from institutions.enums import Role
from tests.clock import NOW
from tests.enrollment.filings import (
    ENDS_ON,
    STARTS_ON,
    filed_class,
    reviewer_of,
    status_of,
)
from tests.factories.enrollment import TrainingClassFactory
from tests.interfaces.test_pages import page, queries_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _today(monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: NOW)


def address(name, training_class):
    return reverse(name, args=[training_class.public_id])


def waiting_class(**changed):
    """Return a filing whose first day is to come."""
    return TrainingClassFactory(starts_on=STARTS_ON, ends_on=ENDS_ON, **changed)


def test_selection_tells_of_a_class_that_has_begun(client_as):
    begun = TrainingClassFactory(starts_on=NOW.date(), ends_on=ENDS_ON)
    client = client_as(Role.DISTRICT_REVIEWER, district=begun.district)

    response = client.post(reverse("filings-confirm"), {"filing": [begun.public_id]})

    ((filing, reason),) = response.context["refused"]
    assert (filing.pk, NOW.date().isoformat() in reason) == (begun.pk, True)
    assert status_of(begun) == ClassStatus.FILED


def test_most_urgent_filing_comes_first_and_says_how_late_it_is(client_as):
    soon = TrainingClassFactory(answer_due_on=NOW.date().replace(day=23))
    district, institution = soon.district, soon.institution
    late = TrainingClassFactory(
        district=district, institution=institution, answer_due_on=NOW.date().replace(day=17)
    )
    unknown = TrainingClassFactory(district=district, institution=institution)

    client = client_as(Role.DISTRICT_REVIEWER, district=district)
    client.post(reverse("set_language"), {"language": "en"})
    text = page(client, reverse("filing-list"))

    places = [text.index(f">{row.reference}<") for row in (late, soon, unknown)]
    assert places == sorted(places)
    assert text.count("3 days overdue") == 1


def test_waiting_list_goes_on_where_the_page_before_ended(client_as, monkeypatch):
    monkeypatch.setattr("enrollment.views.filings.FILINGS_ON_A_PAGE", 2)
    first = TrainingClassFactory(answer_due_on=NOW.date())
    same = {"district": first.district, "institution": first.institution}
    others = [
        TrainingClassFactory(**same, answer_due_on=due)
        for due in (NOW.date(), NOW.date().replace(day=30), NOW.date().replace(day=22), None, None)
    ]
    client = client_as(Role.DISTRICT_REVIEWER, district=first.district)
    url, seen = reverse("filing-list"), []

    while url:
        response = client.get(url)
        seen += [row.filing.pk for row in response.context["rows"]]
        following = response.context["page"].next_key
        url = f"{reverse('filing-list')}?after={following}" if following else None

    in_order = [first, others[0], others[2], others[1], others[3], others[4]]
    assert seen == [row.pk for row in in_order]


def test_whole_page_can_be_chosen_with_one_click(client_as):
    training_class = TrainingClassFactory()
    client = client_as(Role.DISTRICT_REVIEWER, district=training_class.district)

    none, every = page(client, reverse("filing-list")), page(client, reverse("filing-list") + "?chosen=all")

    assert (len(re.findall(" checked>", none)), len(re.findall(" checked>", every))) == (0, 1)


def test_selection_is_confirmed_each_on_its_own_and_refusals_are_listed(client_as):
    first = waiting_class()
    second = waiting_class(district=first.district)
    answered = TrainingClassFactory(confirmed=True, district=first.district)
    client = client_as(Role.DISTRICT_REVIEWER, district=first.district)

    response = client.post(
        reverse("filings-confirm"), {"filing": [row.public_id for row in (first, answered, second)]}
    )

    assert {status_of(row) for row in (first, second)} == {ClassStatus.CONFIRMED}
    assert response.status_code == 409
    assert [filing.pk for filing, _reason in response.context["refused"]] == [answered.pk]


def test_selection_without_a_refusal_leads_back_to_the_list(client_as):
    training_class = waiting_class()
    client = client_as(Role.DISTRICT_LEAD, district=training_class.district)

    response = client.post(reverse("filings-confirm"), {"filing": [training_class.public_id]})

    assert response.url == reverse("filing-list")
    assert status_of(training_class) == ClassStatus.CONFIRMED


@pytest.mark.parametrize("chosen", [[], ["no-number"], ["00000000-0000-4000-8000-000000000000"]])
def test_empty_selection_confirms_nothing(client_as, chosen):
    training_class = TrainingClassFactory()
    client = client_as(Role.DISTRICT_LEAD, district=training_class.district)

    assert client.post(reverse("filings-confirm"), {"filing": chosen}).url == reverse("filing-list")
    assert status_of(training_class) == ClassStatus.FILED


def test_selection_reaches_no_other_district(client_as):
    training_class = TrainingClassFactory()

    client_as(Role.DISTRICT_LEAD).post(reverse("filings-confirm"), {"filing": [training_class.public_id]})

    assert status_of(training_class) == ClassStatus.FILED


def test_filing_is_returned_with_a_reason_that_its_institution_reads(client_of):
    training_class = filed_class()

    client_of(reviewer_of(training_class)).post(
        address("class-return", training_class), {"reason": "No fire certificate."}
    )

    assert status_of(training_class) == ClassStatus.RETURNED
    text = page(client_of(training_class.drafted_by), address("class-detail", training_class))
    assert text.count("No fire certificate.") == 2


@pytest.mark.django_db(transaction=True)
def test_late_filing_reaches_the_municipal_reviewer_who_may_answer_it(client_as):
    training_class = waiting_class(answer_due_on=NOW.date().replace(day=16))
    client = client_as(Role.MUNICIPAL_REVIEWER)
    before = page(client, reverse("filing-list"))

    escalate_overdue_filings(now=NOW)
    after = page(client, reverse("filing-list"))
    client.post(address("class-confirm", training_class))

    assert (training_class.reference in before, training_class.reference in after) == (False, True)
    assert status_of(training_class) == ClassStatus.CONFIRMED


def test_list_shows_one_state_with_the_numbers_of_the_open_ones(client_of):
    draft = TrainingClassFactory(draft=True)
    same = {"institution": draft.institution, "drafted_by": draft.drafted_by}
    filed, done = TrainingClassFactory(**same), TrainingClassFactory(**same, completed=True)
    client = client_of(draft.drafted_by)

    text = page(client, reverse("class-list") + "?status=FILED")
    tabs = {tab.query: tab.count for tab in client.get(reverse("class-list")).context["tabs"]}

    assert [f">{row.reference}<" in text for row in (draft, filed, done)] == [False, True, False]
    assert (tabs["status=DRAFT"], tabs["status=FILED"], tabs["status=RETURNED"]) == (1, 1, 0)
    assert (tabs["status=COMPLETED"], tabs[""]) == (None, None)


def test_list_is_searched_by_the_beginning_of_a_reference(client_of):
    wanted = TrainingClassFactory(reference="AI-2026-1")
    other = TrainingClassFactory(reference="AI-2025-1", institution=wanted.institution)

    text = page(client_of(wanted.drafted_by), reverse("class-list") + "?q=AI-2026")

    assert (f">{wanted.reference}<" in text, f">{other.reference}<" in text) == (True, False)


def test_overview_tells_the_way_of_the_class_with_its_actors(client_of):
    training_class = filed_class()

    text = page(client_of(reviewer_of(training_class)), address("class-detail", training_class))

    assert str(training_class.drafted_by) in text
    assert training_class.trainers.get().name in text
    assert training_class.answer_due_on.isoformat() in text


@pytest.mark.parametrize(
    ("state", "role", "acts"),
    [
        ({"draft": True}, Role.TRAINING_OPERATOR, {"class-file", "class-cancel"}),
        ({}, Role.TRAINING_OPERATOR, {"class-cancel"}),
        ({}, Role.DISTRICT_REVIEWER, {"class-confirm", "class-return"}),
        ({}, Role.MUNICIPAL_REVIEWER, set()),
        ({"escalated_at": NOW}, Role.MUNICIPAL_REVIEWER, {"class-confirm", "class-return"}),
        ({"escalated_at": NOW}, Role.MUNICIPAL_AUDITOR, set()),
        ({"running": True}, Role.TRAINING_OPERATOR, set()),
        ({"running": True}, Role.DISTRICT_LEAD, {"class-cancel"}),
        ({"completed": True}, Role.DISTRICT_LEAD, set()),
    ],
)
def test_overview_offers_the_acts_that_are_open(client_as, state, role, acts):
    training_class = TrainingClassFactory(**state)
    office = {
        Role.TRAINING_OPERATOR: {"institution": training_class.institution},
        Role.DISTRICT_REVIEWER: {"district": training_class.district},
        Role.DISTRICT_LEAD: {"district": training_class.district},
    }.get(role, {})

    text = page(client_as(role, **office), address("class-detail", training_class))

    names = ("class-file", "class-confirm", "class-return", "class-cancel")
    assert {name for name in names if f'action="{address(name, training_class)}"' in text} == acts


@pytest.mark.parametrize("name", ["filing-list", "class-list"])
def test_lists_cost_the_same_for_more_rows(client_as, name):
    training_class = TrainingClassFactory()
    client = client_as(Role.DISTRICT_REVIEWER, district=training_class.district)
    few = queries_of(client, reverse(name))
    for _ in range(4):
        TrainingClassFactory(district=training_class.district)

    assert queries_of(client, reverse(name)) == few
