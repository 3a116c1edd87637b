"""The pages on which an institution plans a class and files it."""

import pytest
from django.urls import reverse
from django.utils import timezone

from enrollment.enums import ClassStatus
from enrollment.models import TrainingClass
from institutions.enums import Role
from tests.clock import NOW
from tests.enrollment.filings import (
    ENDS_ON,
    STARTS_ON,
    draft_to_file,
    filed_class,
    quota_of,
    reviewer_of,
    status_of,
    twin_of,
)
from tests.factories.enrollment import TrainingClassFactory
from tests.factories.institutions import AccreditationFactory, UserFactory
from tests.interfaces.test_pages import page

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _today(monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: NOW)


def address(name, training_class):
    return reverse(name, args=[training_class.public_id])


def plan_form(training_class, **changed):
    """Return what the form of a plan sends."""
    fields = {
        "reference": "",
        "occupation": training_class.occupation_id,
        "direction": "",
        "level": "JUNIOR",
        "starts_on": STARTS_ON.isoformat(),
        "ends_on": ENDS_ON.isoformat(),
        "venue": "示范路1号",
        "plan": "六周。",
        "planned_hours": "180",
        "seat_count": "30",
        "intended_evaluator": training_class.intended_evaluator_id,
        "trainers-TOTAL_FORMS": "10",
        "trainers-INITIAL_FORMS": "0",
        **changed,
    }
    trainers = {f"trainers-{n}-{part}": "" for n in range(10) for part in ("name", "qualification")}
    return {**trainers, "trainers-0-name": "王老师", "trainers-0-qualification": "高级工程师", **fields}


def test_form_offers_what_the_institution_may_train_and_who_may_assess_it(client_of):
    ready = draft_to_file()
    elsewhere = AccreditationFactory()

    text = page(client_of(ready.drafted_by), reverse("class-draft"))

    assert ready.occupation.name_zh in text
    assert ready.intended_evaluator.name_zh in text
    assert elsewhere.occupation.name_zh not in text


def test_form_shows_the_free_funded_seats(client_of):
    ready = draft_to_file(funded=77)

    assert "77" in page(client_of(ready.drafted_by), reverse("class-draft"))


def test_draft_is_saved_and_shown(client_of):
    ready = draft_to_file()

    response = client_of(ready.drafted_by).post(reverse("class-draft"), plan_form(ready))

    saved = TrainingClass.objects.latest("id")
    assert response.url == address("class-detail", saved)
    assert (saved.status, saved.trainers.get().name) == (ClassStatus.DRAFT, "王老师")


def test_draft_can_be_saved_and_filed_at_once(client_of):
    ready = draft_to_file()

    client_of(ready.drafted_by).post(reverse("class-draft"), plan_form(ready, file="1"))

    assert TrainingClass.objects.latest("id").status == ClassStatus.FILED


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"occupation": ""}, "occupation"),
        ({"occupation": "0"}, "occupation"),
        ({"level": "MASTER"}, "level"),
        ({"seat_count": "0"}, "seat_count"),
        ({"ends_on": "2026-11-08"}, "ends_on"),
        ({"starts_on": "tomorrow"}, "starts_on"),
        ({"planned_hours": "-1"}, "planned_hours"),
        ({"reference": "TC-2026-000001"}, "reference"),
    ],
)
def test_wrong_field_is_marked_and_nothing_saved(client_of, changed, field):
    ready = draft_to_file()

    response = client_of(ready.drafted_by).post(reverse("class-draft"), plan_form(ready, **changed))

    assert response.status_code == 422
    assert list(response.context["form"].errors) == [field]
    assert TrainingClass.objects.count() == 1


def test_trainer_without_a_title_is_marked(client_of):
    ready = draft_to_file()

    response = client_of(ready.drafted_by).post(
        reverse("class-draft"), plan_form(ready, **{"trainers-0-qualification": ""})
    )

    assert response.status_code == 422
    assert TrainingClass.objects.count() == 1


def test_eleventh_trainer_is_not_taken(client_of):
    ready = draft_to_file()
    crowd = {f"trainers-{n}-{part}": f"王{n}" for n in range(11) for part in ("name", "qualification")}

    response = client_of(ready.drafted_by).post(
        reverse("class-draft"), plan_form(ready, **crowd, **{"trainers-TOTAL_FORMS": "11"})
    )

    assert response.status_code == 422


def test_plan_is_changed_and_its_form_holds_what_stands(client_of):
    ready = draft_to_file()
    client, url = client_of(ready.drafted_by), address("class-edit", ready)

    before = page(client, url)
    client.post(url, plan_form(ready, venue="新校区", reference=ready.reference))

    ready.refresh_from_db()
    assert ready.venue == "新校区"
    assert (ready.reference in before, ready.trainers.get().name) == (True, "王老师")


def test_reference_of_another_class_is_marked(client_of):
    ready, other = draft_to_file(), TrainingClassFactory()

    response = client_of(ready.drafted_by).post(
        address("class-edit", ready), plan_form(ready, reference=other.reference)
    )

    assert list(response.context["form"].errors) == ["reference"]


def test_every_problem_of_a_filing_is_listed_at_once(client_of):
    ready = draft_to_file(venue="", plan="", funded=1)

    response = client_of(ready.drafted_by).post(address("class-file", ready))

    text = response.content.decode()
    assert response.status_code == 422
    assert len(response.context["problems"]) == 3
    assert all(str(problem) in text for problem in response.context["problems"])


def test_similar_filing_asks_for_a_tick_and_then_goes_through(client_of):
    second = twin_of(filed_class())
    client, url = client_of(second.drafted_by), address("class-file", second)

    warned = client.post(url)
    client.post(url, {"accepts_near_duplicates": "on"})

    assert warned.status_code == 422
    assert "accepts_near_duplicates" in warned.content.decode()
    assert status_of(second) == ClassStatus.FILED


def test_institution_cancels_with_a_reason(client_of):
    training_class = filed_class()

    client_of(training_class.drafted_by).post(address("class-cancel", training_class), {"reason": "Too few."})

    assert status_of(training_class) == ClassStatus.CANCELLED
    assert quota_of(training_class).reserved_count == 0


@pytest.mark.parametrize(
    ("name", "reader"), [("class-cancel", lambda row: row.drafted_by), ("class-return", reviewer_of)]
)
def test_act_without_a_reason_shows_the_page_again(client_of, name, reader):
    training_class = filed_class()

    response = client_of(reader(training_class)).post(address(name, training_class), {"reason": " "})

    assert response.status_code == 422
    assert list(response.context["form"].errors) == ["reason"]
    assert status_of(training_class) == ClassStatus.FILED


def test_filed_plan_has_no_form_any_more(client_of):
    training_class = filed_class()

    response = client_of(training_class.drafted_by).get(address("class-edit", training_class))

    assert response.status_code == 409


def test_training_operator_of_another_institution_changes_no_plan(client_as):
    training_class = draft_to_file()

    assert client_as(Role.TRAINING_OPERATOR).get(address("class-edit", training_class)).status_code == 404


def test_plan_that_was_not_filed_does_not_exist_for_the_district(client_of):
    training_class = draft_to_file()
    reviewer = UserFactory(district_reviewer=True, district=training_class.district)

    assert client_of(reviewer).get(address("class-edit", training_class)).status_code == 404
