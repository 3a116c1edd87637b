"""The pages of a class about its people: who sees what on them, and what their forms do."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from enrollment.enums import ClassStatus, EnrollmentAct, EnrollmentStatus
from enrollment.models import Enrollment, EnrollmentChange, TrainingCertificate
from institutions.enums import Role
from tests.clock import NOW
from tests.enrollment.training import (
    DATES,
    complete,
    finished_class,
    people_of,
    running_class,
    sister_of,
    statuses_of,
    transfer,
    withdraw,
)
from tests.enrollment.training_pages import FIRST_DAY, bureau, client, mark_present, page, training_class, url
from tests.factories.enrollment import EnrollmentFactory, TrainingClassFactory
from tests.factories.training import LessonFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_clock_stands_still")]
__all__ = ["bureau", "client", "training_class"]


# ── People ───────────────────────────────────────────────────────────────────────────────────────────────
def test_people_are_listed_with_attendance_and_what_is_not_reported(client, training_class):
    mark_present(training_class)

    text = page(client, url("class-people", training_class))

    for enrollment in people_of(training_class):
        assert enrollment.trainee.name in text
        assert enrollment.trainee.id_number not in text
    assert "100.0 %" in text
    # Of the second person nothing is known: no rate, and four hours that nobody reported.
    assert '<td class="numeric" data-label="Attendance rate">—</td>' in text
    assert '<td class="numeric" data-label="Hours not reported">4</td>' in text


def test_bureau_sees_rates_and_masked_names(bureau, training_class):
    mark_present(training_class)

    text = page(bureau, url("class-people", training_class))

    assert "100.0 % (4 of 4 hours)" in text
    assert "50.0 % (4 of 8 hours)" in text
    assert not any(enrollment.trainee.name in text for enrollment in people_of(training_class))


def test_people_are_narrowed_by_status(client, training_class):
    gone, stays = people_of(training_class)
    withdraw(gone)

    text = page(client, url("class-people", training_class) + "?status=WITHDRAWN")

    assert (url("enrollment-detail", gone) in text, url("enrollment-detail", stays) in text) == (True, False)


def test_page_of_people_costs_the_same_for_many(client, training_class):
    def statements():
        with CaptureQueriesContext(connection) as captured:
            page(client, url("class-people", training_class))
        return len(captured)

    mark_present(training_class)
    before = statements()
    EnrollmentFactory.create_batch(5, training_class=training_class)

    assert statements() == before


# ── One person ───────────────────────────────────────────────────────────────────────────────────────────
def test_page_of_a_person_shows_facts_lessons_and_history(client, training_class):
    lesson = mark_present(training_class)
    LessonFactory(training_class=training_class, held_on=FIRST_DAY, number=2)
    enrollment = people_of(training_class)[0]

    text = page(client, url("enrollment-detail", enrollment))

    for shown in (enrollment.trainee.name, enrollment.school, lesson.held_on.isoformat(), "Not reported"):
        assert shown in text
    assert enrollment.trainee.id_number not in text
    assert enrollment.trainee.mobile not in text


def test_change_by_a_roster_names_the_columns_and_not_what_stood_there(client, training_class):
    enrollment = people_of(training_class)[0]
    EnrollmentChange.objects.create(
        enrollment=enrollment,
        act=EnrollmentAct.ROSTER_CHANGE,
        roster_row=enrollment.roster_row,
        fields=["mobile", "school"],
        former_values='{"mobile": "13900000000", "school": "Another school"}',
        done_by=training_class.drafted_by,
        done_at=NOW,
    )

    text = page(client, url("enrollment-detail", enrollment))

    assert "Changed by a roster" in text
    assert "13900000000" not in text
    assert "Another school" not in text


def test_bureau_sees_no_whole_name_and_no_withdrawal(bureau, training_class):
    enrollment = people_of(training_class)[0]

    text = page(bureau, url("enrollment-detail", enrollment))

    assert enrollment.trainee.name not in text
    assert url("enrollment-withdraw", enrollment) not in text


def test_withdrawal_by_form_stands_in_the_history(client, training_class):
    enrollment = people_of(training_class)[0]

    client.post(url("enrollment-withdraw", enrollment), {"reason": "Moved to Chengdu."})

    enrollment.refresh_from_db()
    assert enrollment.status == EnrollmentStatus.WITHDRAWN
    text = page(client, url("enrollment-detail", enrollment))
    assert "Moved to Chengdu." in text
    assert url("enrollment-withdraw", enrollment) not in text


def test_withdrawal_without_a_reason_comes_back(client, training_class):
    enrollment = people_of(training_class)[0]

    page(client, url("enrollment-withdraw", enrollment), 422, reason=" ")

    assert set(statuses_of(training_class)) == {EnrollmentStatus.ENROLLED}


def test_bureau_records_no_withdrawal(bureau, training_class):
    page(bureau, url("enrollment-withdraw", people_of(training_class)[0]), 403, reason="Moved.")


def test_transfer_by_form_stands_in_the_history_of_both(client, training_class):
    enrollment, to_class = people_of(training_class)[0], sister_of(training_class)
    assert to_class.reference in page(client, url("enrollment-detail", enrollment))

    client.post(
        url("enrollment-transfer", enrollment), {"to_class": to_class.public_id, "reason": "Evenings."}
    )

    moved = Enrollment.objects.get(transferred_from=enrollment)
    assert to_class.reference in page(client, url("enrollment-detail", enrollment))
    assert training_class.reference in page(client, url("enrollment-detail", moved))


def test_bureau_transfers_to_another_institution(bureau, training_class):
    enrollment = people_of(training_class)[0]
    elsewhere = sister_of(training_class, institution=TrainingClassFactory().institution)

    response = bureau.post(
        url("enrollment-transfer", enrollment), {"to_class": elsewhere.public_id, "reason": "Moved."}
    )

    assert response.status_code == 302
    assert elsewhere.enrollments.get().transferred_from == enrollment


@pytest.mark.parametrize("reason", ["", "Evenings."])
def test_transfer_to_what_is_no_choice_comes_back(client, training_class, reason):
    elsewhere = sister_of(training_class, level="SENIOR")
    fields = {"to_class": str(elsewhere.public_id), "reason": reason}

    page(client, url("enrollment-transfer", people_of(training_class)[0]), 422, **fields)

    assert not elsewhere.enrollments.exists()


def test_transfer_that_the_class_refuses_comes_back_with_why(client, training_class):
    enrollment, to_class = people_of(training_class)[0], sister_of(training_class, starts_on=DATES["ends_on"])
    EnrollmentFactory(
        trainee=enrollment.trainee,
        training_class=TrainingClassFactory(
            running=True, starts_on=to_class.ends_on.replace(day=25), ends_on=to_class.ends_on.replace(day=28)
        ),
    )
    long_class = sister_of(training_class, ends_on=to_class.ends_on.replace(day=26))

    text = page(
        client,
        url("enrollment-transfer", enrollment),
        422,
        to_class=str(long_class.public_id),
        reason="Evenings.",
    )

    assert "in training elsewhere" in text


def test_who_has_left_is_not_transferred_by_form(client, training_class):
    gone = people_of(training_class)[0]
    withdraw(gone)

    page(client, url("enrollment-transfer", gone), 409, to_class="", reason="Evenings.")


def test_page_of_who_came_over_names_where_from(client, training_class):
    moved = transfer(people_of(training_class)[0], sister_of(training_class))

    text = page(client, url("enrollment-detail", moved))

    assert training_class.reference in text
    assert "Works in the daytime now." in text


# ── Completion ───────────────────────────────────────────────────────────────────────────────────────────
def completion(training_class, completed, **reasons):
    return {"completed": [str(enrollment.public_id) for enrollment in completed], **reasons}


def test_completion_asks_with_everybody_ticked(client_of):
    training_class = finished_class(2)

    text = page(client_of(training_class.drafted_by), url("class-complete", training_class))

    assert text.count(" checked>") == 2


def test_completion_by_form_issues_certificates_to_those_who_are_ticked(client_of):
    training_class = finished_class(2)
    first, second = people_of(training_class)
    client = client_of(training_class.drafted_by)

    response = client.post(
        url("class-complete", training_class),
        completion(training_class, [first], **{f"reason-{second.public_id}": "Missed the practice."}),
    )

    assert response.url == url("class-certificates", training_class)
    assert statuses_of(training_class) == [EnrollmentStatus.COMPLETED, EnrollmentStatus.NOT_COMPLETED]
    number = TrainingCertificate.objects.get().number
    for name, row in (
        ("class-certificates", training_class),
        ("class-people", training_class),
        ("enrollment-detail", first),
    ):
        text = page(client, url(name, row))
        assert number in text or name == "class-people"


def test_completion_without_a_reason_comes_back_as_it_was_sent(client_of):
    training_class = finished_class(3)
    first, second, third = people_of(training_class)

    text = page(
        client_of(training_class.drafted_by),
        url("class-complete", training_class),
        422,
        **completion(training_class, [first], **{f"reason-{second.public_id}": "Missed the practice."}),
    )

    assert (text.count(" checked>"), text.count('aria-invalid="true"')) == (1, 1)
    assert "Missed the practice." in text
    training_class.refresh_from_db()
    assert training_class.status == ClassStatus.RUNNING
    assert third.status == EnrollmentStatus.ENROLLED


def test_class_that_is_not_over_offers_no_completion(client, training_class):
    text = page(client, url("class-people", training_class))

    assert url("class-complete", training_class) not in text
    page(client, url("class-complete", training_class), 422, completed=[])


def test_bureau_completes_nothing_and_reads_the_certificates(client_as):
    training_class = finished_class(1)
    complete(training_class)
    bureau = client_as(Role.DISTRICT_LEAD, district=training_class.district)

    page(bureau, url("class-complete", training_class), 403)
    text = page(bureau, url("class-certificates", training_class))
    assert f"{training_class.reference}-001" in text
    assert people_of(training_class)[0].trainee.name not in text


def test_locked_roster_says_since_when_and_for_how_many(client_of):
    training_class = running_class(0, locked=True, roster_locked_at=NOW, locked_count=7)

    text = page(client_of(training_class.drafted_by), url("class-people", training_class))

    assert "2026-10-20" in text
    assert "<dd>7</dd>" in text
