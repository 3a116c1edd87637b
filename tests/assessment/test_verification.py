import re

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from assessment.enums import CertificateStatus
from assessment.queries import certificate_under_name
from tests.assessment.public_checks import checked, link
from tests.clock import NOW
from tests.factories.assessment import LevelCertificateFactory
from tests.factories.enrollment import TraineeFactory
from tests.factories.identity import IdentityCorrectionFactory
from tests.factories.institutions import UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
REASON = "Somebody else sat the examination."


def end(certificate, status):
    """Make a certificate one that is not valid any more."""
    certificate.status, certificate.ended_at, certificate.end_reason = status, NOW, REASON
    certificate.ended_by = UserFactory(municipal_reviewer=True)
    certificate.save()


@pytest.mark.parametrize(
    ("number", "name", "is_known"),
    [
        pytest.param("CQ-AI-2026-000123", "欧阳·娜", True, id="as printed"),
        pytest.param(" cq-ai-2026-000123 ", "欧阳·娜", True, id="small letters"),
        pytest.param("ＣＱ－AI－2026－000123", "欧阳·娜", True, id="full width"),
        pytest.param("CQ-AI-2026-000123", "欧阳•娜", True, id="another dot"),
        pytest.param("CQ-AI-2026-000123", " 欧 阳·娜 ", True, id="spaces"),
        pytest.param("CQ-AI-2026-000123", "欧阳娜", False, id="no dot"),
        pytest.param("CQ-AI-2026-000123", "欧阳", False, id="part of the name"),
        pytest.param("CQ-AI-2026-000123", "欧＊＊＊", False, id="masked name"),
        pytest.param("CQ-AI-2026-000124", "欧阳·娜", False, id="another number"),
        pytest.param("CQ-AI-2026-00012", "欧阳·娜", False, id="part of the number"),
        pytest.param("%", "欧阳·娜", False, id="wildcard"),
    ],
)
def test_certificate_is_known_by_its_number_and_its_holder_s_name(certificate, number, name, is_known):
    found = certificate_under_name(number=number, name=name)

    assert found == (certificate if is_known else None)


def test_latin_name_is_known_in_any_case():
    certificate = LevelCertificateFactory(attempt__enrollment__trainee__name="Anna Schmidt")

    assert certificate_under_name(number=certificate.number, name="ANNA  schmidt") == certificate


def test_name_of_another_certificate_is_not_this_one_s(certificate):
    other = LevelCertificateFactory(attempt__enrollment__trainee__name="李四")

    assert certificate_under_name(number=certificate.number, name=other.trainee.name) is None


@pytest.mark.parametrize("name", ["李留名", "李去名", "李又一"])
def test_every_row_of_a_merged_person_lends_its_name(name):
    kept = TraineeFactory(name="李留名")
    TraineeFactory(name="李又一", merged_into=kept)
    certificate = LevelCertificateFactory(
        attempt__enrollment__trainee__name="李去名", attempt__enrollment__trainee__merged_into=kept
    )

    assert certificate_under_name(number=certificate.number, name=name) == certificate


def correct_name(certificate, **state):
    IdentityCorrectionFactory(enrollment=certificate.attempt.enrollment, former_value="欧阳旧名", **state)


def test_name_before_a_correction_is_known_too(certificate):
    correct_name(certificate, approved=True)

    assert certificate_under_name(number=certificate.number, name="欧阳旧名") == certificate


@pytest.mark.parametrize("state", [{}, {"refused": True}], ids=["proposed", "refused"])
def test_name_of_a_correction_that_was_not_approved_is_none(certificate, state):
    correct_name(certificate, **state)

    assert certificate_under_name(number=certificate.number, name="欧阳旧名") is None


@pytest.mark.parametrize(
    ("status", "words", "day"),
    [
        pytest.param(CertificateStatus.VALID, "This certificate is valid", "", id="valid"),
        pytest.param(
            CertificateStatus.SUPERSEDED,
            "This certificate was replaced by another",
            "Replaced on",
            id="replaced",
        ),
        pytest.param(CertificateStatus.REVOKED, "This certificate is revoked", "Revoked on", id="revoked"),
    ],
)
@pytest.mark.parametrize("by_link", [True, False], ids=["by link", "by number and name"])
def test_answer_says_what_became_of_the_certificate(visitor, certificate, status, words, day, by_link):
    if status != CertificateStatus.VALID:
        end(certificate, status)

    answer = visitor.get(link(certificate)) if by_link else checked(visitor, certificate.number, "欧阳·娜")

    text = answer.content.decode()
    assert answer.status_code == 200
    assert words in text
    assert day in text
    assert ("2026-10-20" in text) == bool(day)


@pytest.mark.parametrize("by_link", [True, False], ids=["by link", "by number and name"])
def test_answer_shows_the_paper_and_hides_the_person(visitor, certificate, by_link):
    answer = visitor.get(link(certificate)) if by_link else checked(visitor, certificate.number, "欧阳·娜")

    text, trainee = answer.content.decode(), certificate.trainee
    for shown in (
        certificate.number,
        certificate.occupation.name_en,
        certificate.institution.name_en,
        "Junior",
        "2026-07-20",
        "欧＊＊＊",
    ):
        assert shown in text
    for hidden in (
        trainee.name,
        trainee.id_number,
        trainee.id_number[-4:],
        trainee.mobile,
        str(trainee.public_id),
    ):
        assert hidden not in text


def test_reason_of_a_revocation_is_nobody_else_s_matter(visitor, certificate):
    end(certificate, CertificateStatus.REVOKED)

    assert REASON not in visitor.get(link(certificate)).content.decode()


def without_what_was_typed(answer, *typed):
    text = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", answer.content.decode())
    for entry in typed:
        text = text.replace(f'value="{entry}"', "")
    return text


def test_wrong_number_and_wrong_name_get_the_same_answer(visitor, certificate):
    wrong_number = checked(visitor, "CQ-AI-2026-999999", "欧阳·娜")
    wrong_name = checked(visitor, certificate.number, "欧阳·丽")

    texts = [
        without_what_was_typed(wrong_number, "CQ-AI-2026-999999", "欧阳·娜"),
        without_what_was_typed(wrong_name, certificate.number, "欧阳·丽"),
    ]
    assert "We know no such certificate under this name" in texts[0]
    assert texts[0] == texts[1]
    assert wrong_number.status_code == wrong_name.status_code == 200


def test_wrong_number_and_wrong_name_take_the_same_queries(visitor, certificate):
    shapes = []

    for number, name in (("CQ-AI-2026-999999", "欧阳·娜"), (certificate.number, "欧阳·丽")):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            checked(visitor, number, name)
        shapes.append([re.sub(r"= (?:\d+|'[^']*')", "= ?", query["sql"]) for query in queries])

    assert len(shapes[0]) == 3
    assert shapes[0] == shapes[1]


@pytest.mark.parametrize("entry", [{}, {"number": "X"}, {"name": "X"}, {"number": " ", "name": " "}])
def test_entry_with_something_missing_is_asked_for_again(visitor, entry):
    answer = visitor.post(reverse("verify"), entry)

    assert answer.status_code == 422
    assert "This field is required." in answer.content.decode()


def test_name_in_the_address_is_not_read(visitor, certificate):
    answer = visitor.get(reverse("verify"), {"number": certificate.number, "name": "欧阳·娜"})

    assert "This certificate is valid" not in answer.content.decode()


def test_entry_from_another_site_is_refused(certificate):
    browser = Client(enforce_csrf_checks=True)

    assert checked(browser, certificate.number, "欧阳·娜").status_code == 403


def test_answer_is_kept_nowhere(visitor, certificate):
    for answer in (checked(visitor, certificate.number, "欧阳·娜"), visitor.get(link(certificate))):
        assert "no-store" in answer["Cache-Control"]
        assert answer["X-Robots-Tag"] == "noindex"
    assert not Session.objects.exists()
