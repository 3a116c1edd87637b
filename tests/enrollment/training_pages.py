"""Browsers and pages for the tests of what a class shows about its training, in English."""

import pytest
from django.urls import reverse

from institutions.enums import Role
from tests.enrollment.training import DATES, people_of, running_class
from tests.factories.training import AttendanceMarkFactory, LessonFactory

UNDEFINED = "UNDEFINED_TEMPLATE_VARIABLE"
FIRST_DAY = DATES["starts_on"]


@pytest.fixture
def training_class():
    return running_class(2)


@pytest.fixture
def client(client_of, training_class):
    """A browser of the institution that runs the class, in English."""
    browser = client_of(training_class.drafted_by)
    browser.cookies["django_language"] = "en"
    return browser


@pytest.fixture
def bureau(client_as, training_class):
    browser = client_as(Role.DISTRICT_REVIEWER, district=training_class.district)
    browser.cookies["django_language"] = "en"
    return browser


def url(name, row):
    return reverse(name, args=[row.public_id])


def page(client, address, status=200, **fields):
    response = client.post(address, fields) if fields else client.get(address)
    text = response.content.decode()
    assert response.status_code == status
    assert UNDEFINED not in text
    return text


def mark_present(training_class, place=0):
    lesson = LessonFactory(training_class=training_class, held_on=FIRST_DAY)
    AttendanceMarkFactory(enrollment=people_of(training_class)[place], lesson=lesson)
    return lesson
