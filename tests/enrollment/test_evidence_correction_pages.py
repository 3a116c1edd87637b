"""What the pages of corrected evidence show, and to whom."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from chongqing_dte.foundation.models import AuditEvent
from demo.identifiers import make_credit_code
from enrollment.evidence_words import evidence_values
from enrollment.models import Enrollment, EvidenceCorrection
from institutions.enums import Role
from tests.factories.enrollment import EnrollmentFactory
from tests.factories.identity import PDF, EvidenceCorrectionFactory, IdentityCorrectionFactory
from tests.factories.institutions import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def enrollment():
    return EnrollmentFactory(completed=True)


@pytest.fixture
def correction(enrollment):
    return EvidenceCorrectionFactory(enrollment=enrollment)


def url(route, row):
    return reverse(route, args=[row.public_id])


def reviewer(correction):
    return UserFactory(district_reviewer=True, district=correction.enrollment.training_class.district)


def text_of(response):
    return response.content.decode()


def send(client, enrollment, **changed):
    data = {
        **evidence_values(enrollment),
        "category": "ENTERPRISE_EMPLOYEE",
        "employer_name": "示范数字科技有限公司",
        "employer_credit_code": make_credit_code(1),
        "reason": "The wrong box was ticked.",
        "evidence": SimpleUploadedFile("contract.pdf", PDF),
        **changed,
    }
    return client.post(url("evidence-correction-propose", enrollment), data)


def test_evidence_goes_from_the_institution_to_the_district(client_of, enrollment):
    institution = client_of(enrollment.training_class.drafted_by)
    sent = send(institution, enrollment)
    correction = EvidenceCorrection.objects.get()
    client = client_of(reviewer(correction))
    waiting = text_of(client.get(reverse("evidence-correction-list")))
    approved = client.post(url("evidence-correction-approve", correction), {"reason": "As in the contract."})

    assert sent.url == approved.url == url("evidence-correction-detail", correction)
    assert url("evidence-correction-detail", correction) in waiting
    assert sent.url not in text_of(client.get(reverse("evidence-correction-list")))
    assert sent.url in text_of(client.get(reverse("evidence-correction-list") + "?show=all"))
    assert Enrollment.objects.get().category == "ENTERPRISE_EMPLOYEE"
    page = text_of(institution.get(url("enrollment-detail", enrollment)))
    assert sent.url in page
    assert "The wrong box was ticked." in page


def test_the_form_begins_with_what_stands(client_of, enrollment):
    page = client_of(enrollment.training_class.drafted_by).get(url("evidence-correction-propose", enrollment))

    form = page.context["form"]
    assert {name: form[name].value() for name in evidence_values(enrollment)} == evidence_values(enrollment)


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"evidence": SimpleUploadedFile("contract.gif", b"GIF89a")}, "evidence"),
        ({"employer_name": ""}, "employer_name"),
        ({"employer_credit_code": "915"}, "employer_credit_code"),
        ({"graduated_on": "some day"}, "graduated_on"),
        ({"reason": ""}, "reason"),
        ({"category": "EARLIER_GRADUATE", "graduated_on": ""}, "graduated_on"),
    ],
)
def test_a_mistake_in_the_evidence_is_shown_at_its_field(client_of, enrollment, changed, field):
    response = send(client_of(enrollment.training_class.drafted_by), enrollment, **changed)

    assert response.status_code == 422
    assert response.context["form"].errors.keys() == {field}
    assert not EvidenceCorrection.objects.exists()


def test_a_second_proposal_is_told_so_above_the_form(client_of, correction):
    response = send(client_of(correction.proposed_by), correction.enrollment)

    assert response.status_code == 422
    assert response.context["form"].non_field_errors()


def test_nobody_is_led_to_correct_what_a_roster_can_still_say(client_of):
    enrollment = EnrollmentFactory()
    client = client_of(enrollment.training_class.drafted_by)

    assert url("evidence-correction-propose", enrollment) not in text_of(
        client.get(url("enrollment-detail", enrollment))
    )
    assert send(client, enrollment).status_code == 409


def test_the_institution_is_led_to_correct_what_is_locked_and_nobody_else(client_of, enrollment):
    path = url("evidence-correction-propose", enrollment)
    district = UserFactory(district_reviewer=True, district=enrollment.training_class.district)

    assert path in text_of(
        client_of(enrollment.training_class.drafted_by).get(url("enrollment-detail", enrollment))
    )
    assert path not in text_of(client_of(district).get(url("enrollment-detail", enrollment)))


def test_the_page_shows_what_changes_and_nothing_else(client_of, correction):
    response = client_of(reviewer(correction)).get(url("evidence-correction-detail", correction))

    assert [(former, now) for _label, former, now in response.context["changes"]] == [
        ("毕业年度高校毕业生", "企业职工"),
        ("", correction.employer_name),
        ("", correction.employer_credit_code),
    ]
    assert url("evidence-correction-approve", correction) in text_of(response)


def test_another_office_finds_no_correction(client_of, correction):
    strangers = [
        UserFactory(district_reviewer=True),
        UserFactory(training_operator=True),
        UserFactory(evaluation_operator=True),
    ]

    for stranger in strangers:
        client = client_of(stranger)
        for route in ("evidence-correction-detail", "evidence-correction-evidence"):
            assert client.get(url(route, correction)).status_code == 404
        for route in ("evidence-correction-approve", "evidence-correction-refuse"):
            assert client.post(url(route, correction), {"reason": "No."}).status_code == 404
    correction.refresh_from_db()
    assert correction.status == "PROPOSED"


def test_the_scan_is_a_file_under_a_name_of_the_portals(client_of, correction):
    response = client_of(reviewer(correction)).get(url("evidence-correction-evidence", correction))

    assert b"".join(response.streaming_content) == PDF
    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"] == f'attachment; filename="evidence-{correction.public_id}.pdf"'
    assert "no-store" in response["Cache-Control"]
    assert AuditEvent.objects.filter(name="evidence_correction.evidence_opened").count() == 1


def test_a_refused_correction_of_evidence_reaches_the_institution_with_its_reason(client_of, correction):
    client_of(reviewer(correction)).post(
        url("evidence-correction-refuse", correction), {"reason": "The contract is unreadable."}
    )

    page = client_of(correction.proposed_by).get(url("evidence-correction-detail", correction))

    assert "The contract is unreadable." in text_of(page)


@pytest.mark.parametrize("route", ["identity-correction-list", "evidence-correction-list"])
def test_each_list_says_how_many_wait_in_the_other(client_of, correction, route):
    IdentityCorrectionFactory.create_batch(
        2, enrollment__training_class__district=correction.enrollment.training_class.district
    )

    kinds = client_of(reviewer(correction)).get(reverse(route)).context["kinds"]

    assert {kind["route"]: kind["waiting"] for kind in kinds} == {
        "identity-correction-list": 2,
        "evidence-correction-list": 1,
    }
    assert [kind["route"] for kind in kinds if kind["is_current"]] == [route]


def test_the_list_of_evidence_corrections_costs_the_same_for_many(client_as, django_assert_max_num_queries):
    EvidenceCorrectionFactory.create_batch(8)
    client = client_as(Role.MUNICIPAL_AUDITOR)

    with django_assert_max_num_queries(6):
        client.get(reverse("evidence-correction-list"))
