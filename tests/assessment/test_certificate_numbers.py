"""The numbers of certificates: those that institutions give, and those that the portal gives."""

import time
from types import SimpleNamespace

import pytest

from assessment.results.messages import RESULT_MESSAGES
from assessment.rules.certificate_numbers import number_flaw, pattern_is_bounded
from assessment.services.certificate_numbers import number_problem, portal_numbers
from tests.factories.assessment import (
    AssessmentPolicyFactory,
    AssessmentSessionFactory,
    LevelCertificateFactory,
)


@pytest.mark.parametrize(
    ("number", "pattern", "code"),
    [
        ("CQ2026000001", r"CQ[0-9]{10}", None),
        ("CQ20260000011", r"CQ[0-9]{10}", "certificate_number_pattern"),
        ("XCQ2026000001", r"CQ[0-9]{10}", "certificate_number_pattern"),
        ("A" * 40, "", None),
        ("A" * 41, "", "certificate_number_pattern"),
        ("A" * 41, "A+", "certificate_number_pattern"),
        ("DTE-2026-00001-000001", "", "certificate_number_reserved"),
        ("dte-2026-00001-000001", "", "certificate_number_reserved"),
        ("DTE2026", "", None),
        # A pattern that is none lets nothing pass, and fails nobody's page.
        ("A", "(", "certificate_number_pattern"),
    ],
)
def test_number_has_the_whole_form_of_the_pattern(number, pattern, code):
    assert number_flaw(number, pattern) == code
    assert code is None or code in RESULT_MESSAGES


@pytest.mark.parametrize(
    "pattern",
    [
        "[A-Z0-9-]{6,40}",
        r"CQ\d{4}-?\d{6,8}",
        "(?:CQ|YZ)[0-9]{10}",
        "(CQ)?[0-9]{10}",
        r"\(A\)*[0-9]+",
        "[)*+]{3}",
        "[]*+?{1,2}|]+",
    ],
)
def test_ordinary_pattern_is_bounded(pattern):
    assert pattern_is_bounded(pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        "(A+)+B",
        "(A|A)*B",
        "(A+){20}B",
        "(?:A?){30}B",
        "A?" * 20 + "A" * 20,
        "A*" * 10 + "B",
        "(A|A)" * 20 + "B",
        r"(A+)\1",
        "(?P<a>A+)(?P=a)",
        "(?=A*)A",
    ],
)
def test_pattern_that_could_take_forever_is_not_bounded_and_lets_nothing_pass(pattern):
    started = time.monotonic()

    assert not pattern_is_bounded(pattern)
    assert number_flaw("A" * 40, pattern) == "certificate_number_pattern"
    assert time.monotonic() - started < 1


@pytest.mark.parametrize("pattern", ["A*A*A*A*A*A*B", "A{1,40}A{1,40}A{1,40}A{1,40}A?A?B"])
def test_slowest_pattern_that_is_allowed_answers_in_a_moment(pattern):
    started = time.monotonic()

    assert pattern_is_bounded(pattern)
    assert number_flaw("A" * 40, pattern) == "certificate_number_pattern"
    assert time.monotonic() - started < 5


def test_number_is_held_against_the_policy():
    policy = AssessmentPolicyFactory.build(certificate_number_pattern="CQ[0-9]{2}")

    assert number_problem("CQ01", policy) is None
    assert number_problem("CQ1", policy) == "certificate_number_pattern"
    assert number_problem("CQ1", None) is None


@pytest.mark.django_db
def test_portal_numbers_go_on_behind_the_highest_of_the_institution_and_the_year():
    session = AssessmentSessionFactory()
    prefix = f"DTE-2026-{session.institution_id:05d}-"
    first = portal_numbers(session=session, count=2, year=2026)
    LevelCertificateFactory(attempt__session=session, number=f"{prefix}000009", origin="PORTAL")
    LevelCertificateFactory(number=f"DTE-2026-{session.institution_id + 1:05d}-000050", origin="PORTAL")
    LevelCertificateFactory(number=f"{prefix}00000X")

    then = portal_numbers(session=session, count=2, year=2026)

    assert first == [f"{prefix}000001", f"{prefix}000002"]
    assert then == [f"{prefix}000010", f"{prefix}000011"]
    assert portal_numbers(session=session, count=1, year=2027)[0].endswith("000001")
    assert portal_numbers(session=session, count=0, year=2026) == []
    assert all(len(number) <= 40 for number in then)


@pytest.mark.django_db
def test_portal_numbers_grow_longer_when_all_are_used():
    session = AssessmentSessionFactory()
    prefix = f"DTE-2026-{session.institution_id:05d}-"
    LevelCertificateFactory(attempt__session=session, number=f"{prefix}999998", origin="PORTAL")

    over = portal_numbers(session=session, count=3, year=2026)
    for number in over:
        LevelCertificateFactory(attempt__session=session, number=number, origin="PORTAL")
    then = portal_numbers(session=session, count=1, year=2026)

    assert over == [f"{prefix}999999", f"{prefix}1000000", f"{prefix}1000001"]
    assert then == [f"{prefix}1000002"]


def test_step_needs_no_lock_for_nothing():
    assert portal_numbers(session=SimpleNamespace(), count=0, year=2026) == []
