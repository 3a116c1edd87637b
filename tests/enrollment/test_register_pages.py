"""What people read of the registers, and who may have them asked again."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation

from enrollment.enums import EnrollmentStatus, RegisterReason, RegisterVerdict
from enrollment.models import Enrollment
from enrollment.views.registers import registers_context
from institutions.enums import DISTRICT_ROLES, MUNICIPAL_ROLES, TRAINING_ROLES, Role
from institutions.queries import districts_answered_for
from tests.clock import NOW
from tests.factories.enrollment import EnrollmentFactory
from tests.factories.institutions import UserFactory
from tests.factories.registers import RegisterAnswerFactory

pytestmark = pytest.mark.django_db
CONNECTED = {"STUDENT_STATUS": {}, "EMPLOYMENT_INSURANCE": {}}
ASKING = {Role.MUNICIPAL_OPERATOR, Role.MUNICIPAL_REVIEWER, *DISTRICT_ROLES}


@pytest.fixture(autouse=True)
def _connected(settings):
    settings.REGISTERS = CONNECTED


def reader(enrollment, role=Role.DISTRICT_REVIEWER):
    office = {}
    if role in DISTRICT_ROLES:
        office = {"district": enrollment.training_class.district}
    elif role in TRAINING_ROLES:
        office = {"institution": enrollment.training_class.institution}
    return UserFactory(**{role.lower(): True}, **office)


def text_of(enrollment, role=Role.DISTRICT_REVIEWER):
    """Return the fragment as one line of English text."""
    with translation.override("en"):
        user = reader(enrollment, role)
        context = registers_context(user, enrollment, districts_answered_for(user))
        html = render_to_string("enrollment/_register_answers.html", {**context, "csrf_token": "x"})
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def test_answer_is_shown_with_its_day_and_reference():
    enrollment = EnrollmentFactory()
    RegisterAnswerFactory(enrollment=enrollment)

    text = text_of(enrollment)

    assert "Student status Yes" in text
    assert "2026-03-09" in text
    assert "XJ-1" in text
    assert "asked again" not in text


@pytest.mark.parametrize("reason", RegisterReason)
def test_the_portal_s_own_reason_is_shown_in_words(reason):
    enrollment = EnrollmentFactory()
    RegisterAnswerFactory(enrollment=enrollment, verdict="NO", reference=reason)

    text = text_of(enrollment)

    with translation.override("en"):
        assert str(reason.label) in text
    assert reason.value not in text


def test_outage_is_shown_as_no_answer_with_the_next_time():
    due_at = timezone.now() + timedelta(hours=2)
    enrollment = EnrollmentFactory(registers_due_at=due_at)
    RegisterAnswerFactory(enrollment=enrollment, unreachable=True)

    text = text_of(enrollment)

    assert "Unreachable, try again" in text
    assert f"asked again at {timezone.localtime(due_at):%Y-%m-%d %H:%M}" in text


def test_earlier_answers_stay_in_a_list():
    enrollment = EnrollmentFactory()
    for verdict in (RegisterVerdict.UNREACHABLE, RegisterVerdict.NOT_FOUND, RegisterVerdict.YES):
        RegisterAnswerFactory(enrollment=enrollment, verdict=verdict)

    text = text_of(enrollment)

    assert text.index("Student status Yes") < text.index("2 earlier answers") < text.index("Not found")
    assert text.index("Not found") < text.index("Unreachable")


def test_register_that_is_not_connected_says_so(settings):
    settings.REGISTERS = {}
    enrollment = EnrollmentFactory(registers_due_at=NOW)

    text = text_of(enrollment)

    assert "not connected" in text
    assert "Ask again" not in text


@pytest.mark.parametrize(
    ("hours", "has_answer", "words"),
    [
        (-1, False, "is asked now"),
        (1, False, "is being asked"),
        (1, True, "asked once more"),
        (None, False, "not asked about"),
    ],
)
def test_what_comes_next_is_said(hours, has_answer, words):
    due_at = None if hours is None else timezone.now() + timedelta(hours=hours)
    enrollment = EnrollmentFactory(registers_due_at=due_at)
    if has_answer:
        RegisterAnswerFactory(enrollment=enrollment)

    assert words in text_of(enrollment)


def test_register_of_a_former_category_is_shown_below_the_own():
    enrollment = EnrollmentFactory(employee=True)
    RegisterAnswerFactory(enrollment=enrollment)

    text = text_of(enrollment)

    assert text.index("Employment insurance") < text.index("Student status Yes")


def test_long_history_costs_one_query(django_assert_num_queries):
    enrollment = EnrollmentFactory()
    RegisterAnswerFactory.create_batch(5, enrollment=enrollment)
    user = reader(enrollment)
    districts = districts_answered_for(user)

    with django_assert_num_queries(1):
        registers_context(user, enrollment, districts)


@pytest.mark.parametrize("role", Role)
def test_button_is_for_who_may_press_it(role):
    assert ("Ask again" in text_of(EnrollmentFactory(), role)) is (role in ASKING)


def test_nobody_is_offered_to_ask_about_who_left():
    enrollment = EnrollmentFactory(status=EnrollmentStatus.WITHDRAWN, left_at=NOW)

    assert "Ask again" not in text_of(enrollment)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("role", [*MUNICIPAL_ROLES, *DISTRICT_ROLES, *TRAINING_ROLES])
def test_pressing_it_makes_due(client_of, role):
    enrollment = EnrollmentFactory()

    response = client_of(reader(enrollment, role)).post(
        reverse("registers-ask-again", args=[enrollment.public_id])
    )

    assert response.status_code == (302 if role in ASKING else 403)
    due_at = Enrollment.objects.get(pk=enrollment.pk).registers_due_at
    assert (due_at is not None) is (role in ASKING)


@pytest.mark.django_db(transaction=True)
def test_row_of_another_district_does_not_exist(client_as):
    enrollment = EnrollmentFactory()

    response = client_as(Role.DISTRICT_REVIEWER).post(
        reverse("registers-ask-again", args=[enrollment.public_id])
    )

    assert response.status_code == 404


def test_addresses_hold_nothing_personal():
    enrollment = EnrollmentFactory()

    url = reverse("registers-ask-again", args=[enrollment.public_id])

    assert re.fullmatch(r"/enrollments/[0-9a-f-]{36}/register-questions/", url)
