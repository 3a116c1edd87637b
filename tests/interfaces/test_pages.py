"""Who reaches which page, what it answers, and that its cost does not grow with its rows."""

import json
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from enrollment.enums import ClassStatus, RosterStatus
from enrollment.roster.columns import ROSTER_COLUMNS
from institutions.enums import PEOPLE_ROLES, Role
from tests.factories.assessment import AssessmentSessionFactory, AttemptFactory
from tests.factories.enrollment import (
    EnrollmentFactory,
    RosterRowFactory,
    RosterUploadFactory,
    TrainingClassFactory,
)
from tests.factories.institutions import PASSWORD, DistrictFactory, InstitutionFactory, UserFactory
from tests.factories.subsidies import (
    assembled_batch,
    delivered_batch,
    due_certificate,
    granted_certificate,
    hear_from_bank,
)

pytestmark = pytest.mark.django_db

UNDEFINED = "UNDEFINED_TEMPLATE_VARIABLE"
LISTS = ("class-list", "filing-list", "session-list", "certificate-list", "batch-list", "recovery-list")
FIRST_LIST = {
    Role.TRAINING_OPERATOR: "class-list",
    Role.TRAINING_MANAGER: "class-list",
    Role.DISTRICT_REVIEWER: "filing-list",
    Role.DISTRICT_LEAD: "filing-list",
    Role.EVALUATION_OPERATOR: "session-list",
}
CELLS = {column.key: "" for column in ROSTER_COLUMNS}


def page(client, url: str) -> str:
    """Return a page as text, after a look at what is true of every page."""
    response = client.get(url)
    text = response.content.decode()
    assert response.status_code == 200
    assert UNDEFINED not in text
    return text


def queries_of(client, url: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        page(client, url)
    return len(queries)


@pytest.mark.parametrize("role", PEOPLE_ROLES)
def test_every_role_sees_every_list_and_its_own_desk(client_as, role) -> None:
    client = client_as(role)

    for name in LISTS:
        page(client, reverse(name))

    assert client.get(reverse("desk")).url == reverse(FIRST_LIST.get(role, "certificate-list"))


@pytest.mark.parametrize("name", ["desk", *LISTS])
def test_who_has_not_signed_in_is_asked_to(client, name) -> None:
    assert client.get(reverse(name)).url.startswith(reverse("login"))


def test_home_page_is_for_everybody_and_strict_about_content(client) -> None:
    response = client.get("/")

    assert UNDEFINED not in response.content.decode()
    assert "default-src 'self'" in response.headers["Content-Security-Policy"]
    assert "unsafe" not in response.headers["Content-Security-Policy"]


def test_admin_is_less_strict_about_content_and_loads_nothing_from_elsewhere(client_as) -> None:
    policy = client_as(Role.MUNICIPAL_AUDITOR).get("/admin/").headers["Content-Security-Policy"]

    assert "default-src 'self'" in policy
    assert "http" not in policy


@pytest.mark.parametrize(
    ("make", "url_name"),
    [
        (TrainingClassFactory, "class-detail"),
        (RosterUploadFactory, "roster-detail"),
        (AssessmentSessionFactory, "session-detail"),
        (due_certificate, "certificate-detail"),
    ],
)
@pytest.mark.parametrize("role", [Role.DISTRICT_REVIEWER, Role.TRAINING_OPERATOR, Role.EVALUATION_OPERATOR])
def test_row_of_another_office_does_not_exist(client_as, make, url_name, role) -> None:
    url = reverse(url_name, args=[make().public_id])

    assert client_as(role).get(url).status_code == 404


def test_class_shows_its_own_institution_full_names_and_the_district_masked_ones(client_of) -> None:
    enrollment = EnrollmentFactory(trainee__name="欧阳娜娜")
    training_class = enrollment.training_class
    reviewer = UserFactory(district_reviewer=True, district=training_class.district)
    url = reverse("class-people", args=[training_class.public_id])

    own, district = page(client_of(training_class.filed_by), url), page(client_of(reviewer), url)

    assert ("欧阳娜娜" in own, "欧阳娜娜" in district) == (True, False)
    assert enrollment.trainee.id_number not in own + district


def test_district_confirms_a_filed_class(client_as) -> None:
    starts_on = timezone.localdate() + timedelta(days=30)
    training_class = TrainingClassFactory(starts_on=starts_on, ends_on=starts_on + timedelta(days=30))
    client = client_as(Role.DISTRICT_REVIEWER, district=training_class.district)

    response = client.post(reverse("class-confirm", args=[training_class.public_id]))

    training_class.refresh_from_db()
    assert response.url == reverse("class-detail", args=[training_class.public_id])
    assert training_class.status == ClassStatus.CONFIRMED


def test_act_of_another_role_is_refused_with_a_reason(client_of) -> None:
    training_class = TrainingClassFactory()

    response = client_of(training_class.filed_by).post(
        reverse("class-confirm", args=[training_class.public_id])
    )

    assert response.status_code == 403
    assert UNDEFINED not in response.content.decode()


def test_act_in_the_wrong_state_is_refused_with_a_reason(client_as) -> None:
    training_class = TrainingClassFactory(completed=True)
    client = client_as(Role.DISTRICT_REVIEWER, district=training_class.district)

    assert client.post(reverse("class-confirm", args=[training_class.public_id])).status_code == 409


def test_problem_is_told_in_the_language_of_the_page_with_identifiers_masked(client_of) -> None:
    wrong, hidden = "500101200305061234", "13800138000"
    cells = {**CELLS, "name": hidden, "id_number": wrong, "mobile": "12345678901"}
    problems = [
        {"column": column, "code": code, "severity": "error", "parameters": {}}
        for column, code in [
            ("id_number", "id_check_character"),
            ("mobile", "mobile_format"),
            ("name", "name_characters"),
        ]
    ]
    row = RosterRowFactory(outcome="REFUSED", cells=json.dumps(cells), problems=problems)
    client = client_of(row.upload.uploaded_by)
    url = reverse("roster-detail", args=[row.upload.public_id])

    chinese = page(client, url)
    client.post(reverse("set_language"), {"language": "en"})
    english = page(client, url)

    assert "身份证号校验码不正确" in chinese
    assert "The last character of the ID number does not fit" in english
    assert not any(text in chinese + english for text in (wrong, hidden, "12345678901"))


def test_filter_leaves_only_the_refused_rows(client_of) -> None:
    upload = RosterUploadFactory()
    RosterRowFactory(upload=upload, number=11, outcome="REFUSED", cells=json.dumps(CELLS))
    RosterRowFactory(upload=upload, number=12, outcome="NEW", cells=json.dumps(CELLS))
    url = reverse("roster-detail", args=[upload.public_id])

    text = page(client_of(upload.uploaded_by), f"{url}?show=refused")

    assert ('id="row-11"' in text, 'id="row-12"' in text) == (True, False)


def test_roster_is_put_aside(client_of) -> None:
    upload = RosterUploadFactory()

    client_of(upload.uploaded_by).post(reverse("roster-reject", args=[upload.public_id]))

    upload.refresh_from_db()
    assert upload.status == RosterStatus.REJECTED


@pytest.mark.parametrize(
    ("make", "url_name", "editor"),
    [
        (lambda: TrainingClassFactory(confirmed=True), "roster-template", "filed_by"),
        (lambda: AssessmentSessionFactory(admitted=True), "results-template", "filed_by"),
    ],
)
def test_template_is_a_workbook_to_save(client_of, make, url_name, editor) -> None:
    row = make()

    response = client_of(getattr(row, editor)).get(reverse(url_name, args=[row.public_id]))

    assert response.headers["Content-Disposition"].startswith("attachment")
    assert b"".join(response.streaming_content).startswith(b"PK")


def test_certificate_explains_itself_until_it_is_decided(client_as) -> None:
    certificate = due_certificate()

    text = page(
        client_as(Role.MUNICIPAL_AUDITOR), reverse("certificate-detail", args=[certificate.public_id])
    )

    assert certificate.number in text
    assert certificate.trainee.id_number not in text


def test_returned_payment_asks_the_operator_for_an_account_and_nobody_else(client_as) -> None:
    batch = delivered_batch()
    hear_from_bank(batch, "RETURNED")
    certificate = batch.attempts.get().payment.entitlement.certificate
    url = reverse("certificate-detail", args=[certificate.public_id])
    correction = reverse("account-correction", args=[certificate.public_id])

    operator = client_as(Role.MUNICIPAL_OPERATOR)

    assert correction in page(operator, url)
    assert correction not in page(client_as(Role.MUNICIPAL_FINANCE), url)
    wrong = operator.post(
        correction, {"number": "12", "bank_name": "示范银行", "cnaps": "1", "reason": "来电"}
    )
    assert wrong.status_code == 422
    assert wrong.context["form"].errors.keys() == {"number"}


def test_certificate_is_found_by_its_number_and_by_its_decision(client_as) -> None:
    granted = granted_certificate()
    waiting = due_certificate()
    client = client_as(Role.MUNICIPAL_AUDITOR)
    url = reverse("certificate-list")

    assert waiting.number not in page(client, f"{url}?q={granted.number}")
    assert waiting.number not in page(client, f"{url}?decision=GRANTED")
    assert granted.number in page(client, f"{url}?decision=GRANTED")


def test_list_goes_on_where_the_page_before_ended(client_as) -> None:
    older, *_, newest = TrainingClassFactory.create_batch(
        52, institution=InstitutionFactory(), filed_by=UserFactory()
    )
    client = client_as(Role.MUNICIPAL_AUDITOR)

    first = page(client, reverse("class-list"))
    last = page(client, reverse("class-list") + f"?after={newest.pk - 49}")

    assert (newest.reference in first, f"after={newest.pk - 49}" in first) == (True, True)
    assert f">{older.reference}<" in last


@pytest.mark.parametrize(
    ("make", "url_name"),
    [
        (TrainingClassFactory, "class-list"),
        (AssessmentSessionFactory, "session-list"),
        (due_certificate, "certificate-list"),
    ],
)
def test_list_costs_the_same_for_more_rows(client_as, make, url_name) -> None:
    client = client_as(Role.MUNICIPAL_AUDITOR)
    make()
    few = queries_of(client, reverse(url_name))
    for _ in range(4):
        make()

    assert queries_of(client, reverse(url_name)) == few


def test_class_costs_the_same_for_more_people(client_of) -> None:
    training_class = TrainingClassFactory(confirmed=True)
    client = client_of(training_class.filed_by)
    url = reverse("class-detail", args=[training_class.public_id])
    EnrollmentFactory(training_class=training_class)
    few = queries_of(client, url)
    EnrollmentFactory.create_batch(4, training_class=training_class)

    assert queries_of(client, url) == few


def test_session_costs_the_same_for_more_attempts(client_of) -> None:
    session = AssessmentSessionFactory(recorded=True)
    client = client_of(session.filed_by)
    url = reverse("session-detail", args=[session.public_id])
    AttemptFactory(session=session)
    few = queries_of(client, url)
    AttemptFactory.create_batch(4, session=session)

    assert queries_of(client, url) == few


def test_home_page_costs_the_same_for_more_districts(client) -> None:
    few = queries_of(client, "/")
    DistrictFactory.create_batch(5)

    assert queries_of(client, "/") == few


def test_whoever_signs_in_again_in_the_middle_of_a_form_comes_to_its_page(client) -> None:
    user, batch = UserFactory(municipal_finance=True), assembled_batch()

    asked = client.post(reverse("batch-release", args=[batch.public_id]), {"sha256": batch.sha256})
    led = client.post(asked.url, {"username": user.username, "password": PASSWORD}, follow=True)

    assert led.redirect_chain[-1][0] == reverse("batch-detail", args=[batch.public_id])
    assert led.status_code == 200
