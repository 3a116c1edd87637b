import io
from datetime import timedelta

import openpyxl
import pytest
from django.urls import reverse

from chongqing_dte.foundation.errors import DomainError, NotPermitted
from chongqing_dte.foundation.models import AuditEvent
from enrollment.enums import RevealedField
from enrollment.models import Export, ExportDownload, Reveal
from enrollment.services.exports import download_export, empty_expired_exports, prepare_export
from enrollment.services.reveals import reveal_field
from enrollment.tasks import empty_expired_exports_task
from tests.clock import NOW
from tests.factories.enrollment import (
    BankAccountFactory,
    EnrollmentFactory,
    IntakePolicyFactory,
    TraineeFactory,
)
from tests.factories.identity import ExportFactory
from tests.factories.institutions import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def enrollment():
    return EnrollmentFactory(trainee=TraineeFactory(with_account=True))


def own(enrollment):
    return enrollment.training_class.drafted_by


# ── Reveals ──────────────────────────────────────────────────────────────────────────────────────────────
def reveal(enrollment, field=RevealedField.ID_NUMBER, **changed):
    return reveal_field(
        **{
            "enrollment_id": enrollment.pk,
            "field": field,
            "reason": "The bank asked for it.",
            "viewer": own(enrollment),
            "now": NOW,
            **changed,
        }
    )


def test_each_value_is_returned_whole(enrollment):
    trainee = enrollment.trainee

    values = [reveal(enrollment, field) for field in RevealedField]

    assert values == [trainee.id_number, trainee.mobile, trainee.bank_accounts.get().number]


def test_a_reveal_is_noted_with_its_reason_and_without_the_value(enrollment):
    value = reveal(enrollment)

    noted, event = Reveal.objects.get(), AuditEvent.objects.get()
    assert (noted.trainee, noted.field, noted.reason, noted.revealed_to, noted.revealed_at) == (
        enrollment.trainee,
        "ID_NUMBER",
        "The bank asked for it.",
        own(enrollment),
        NOW,
    )
    assert event.name == "trainee.revealed"
    assert value not in f"{event.facts}{event.reason}{noted.reason}"


@pytest.mark.parametrize(
    ("changed", "code"),
    [({"reason": " "}, "reason_missing"), ({"field": "NAME"}, "field_unknown")],
)
def test_what_is_not_asked_for_properly_is_not_shown(enrollment, changed, code):
    with pytest.raises(DomainError) as refusal:
        reveal(enrollment, **changed)

    assert refusal.value.code == code
    assert not Reveal.objects.exists()


def test_an_account_that_is_not_known_is_not_shown():
    with pytest.raises(DomainError) as refusal:
        reveal(EnrollmentFactory(), RevealedField.BANK_ACCOUNT)

    assert refusal.value.code == "no_account"


def test_a_stranger_is_shown_nothing(enrollment):
    for stranger in (UserFactory(evaluation_operator=True), UserFactory(municipal_administrator=True)):
        with pytest.raises(NotPermitted):
            reveal(enrollment, viewer=stranger)

    assert not Reveal.objects.exists()


def asked(client_of, enrollment, user=None, **form):
    data = {"field": "ID_NUMBER", "reason": "The bank asked for it.", **form}
    return client_of(user or own(enrollment)).post(
        reverse("trainee-reveal", args=[enrollment.public_id]), data
    )


def test_the_value_is_in_this_answer_and_is_kept_by_nobody(client_of, enrollment):
    response = asked(client_of, enrollment)

    assert enrollment.trainee.id_number in response.content.decode()
    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]
    assert not response.has_header("Location")


def test_without_a_reason_the_page_asks_for_one_and_shows_nothing(client_of, enrollment):
    response = asked(client_of, enrollment, reason="")

    assert response.status_code == 422
    assert enrollment.trainee.id_number not in response.content.decode()


def test_the_overseers_page_names_reveals_without_values(client_of, enrollment):
    asked(client_of, enrollment)

    page = client_of(UserFactory(municipal_auditor=True)).get(reverse("reveal-list")).content.decode()

    assert "The bank asked for it." in page
    assert enrollment.trainee.id_number not in page


# ── Exports ──────────────────────────────────────────────────────────────────────────────────────────────
@pytest.fixture
def _policy():
    IntakePolicyFactory(download_hours=24)


def prepare(enrollment, **changed):
    return prepare_export(
        **{
            "class_id": enrollment.training_class_id,
            "reason": "For the insurance.",
            "requester": own(enrollment),
            "now": NOW,
            **changed,
        }
    )


def download(export, **changed):
    return download_export(
        **{"export_id": export.pk, "downloader": export.requested_by, "now": NOW, **changed}
    )


@pytest.mark.usefixtures("_policy")
def test_a_list_holds_everybody_whole_and_as_text(enrollment):
    without_account = EnrollmentFactory(training_class=enrollment.training_class)

    export = prepare(enrollment)

    sheet = openpyxl.load_workbook(io.BytesIO(download(export).content)).worksheets[0]
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)]
    trainee, other = enrollment.trainee, without_account.trainee
    account = trainee.bank_accounts.get()
    assert [row[:3] for row in rows] == [
        [trainee.name, trainee.id_number, trainee.mobile],
        [other.name, other.id_number, other.mobile],
    ]
    assert [row[5] for row in rows] == [account.number, ""]
    assert {cell.data_type for row in sheet.iter_rows(min_row=2, max_row=2) for cell in row} == {"s"}
    assert (export.row_count, export.expires_at) == (2, NOW + timedelta(hours=24))


@pytest.mark.usefixtures("_policy")
def test_a_name_that_looks_like_a_formula_stays_text(enrollment):
    EnrollmentFactory(training_class=enrollment.training_class, trainee__name="=1+1")

    sheet = openpyxl.load_workbook(io.BytesIO(download(prepare(enrollment)).content)).worksheets[0]

    assert (sheet["A3"].value, sheet["A3"].data_type) == ("=1+1", "s")


@pytest.mark.usefixtures("_policy")
def test_the_account_of_the_row_that_stands_for_the_person_is_listed(enrollment):
    kept = TraineeFactory()
    account = BankAccountFactory(trainee=kept)
    merged = EnrollmentFactory(
        training_class=enrollment.training_class, trainee=TraineeFactory(merged_into=kept)
    )

    sheet = openpyxl.load_workbook(io.BytesIO(download(prepare(merged)).content)).worksheets[0]

    assert sheet["F3"].value == account.number


@pytest.mark.usefixtures("_policy")
def test_a_list_and_each_download_are_noted(enrollment):
    export = prepare(enrollment)

    download(export)
    download(export)

    assert [event.name for event in AuditEvent.objects.order_by("id")] == [
        "export.prepared",
        "export.downloaded",
        "export.downloaded",
    ]
    assert ExportDownload.objects.filter(export=export, downloaded_by=own(enrollment)).count() == 2


@pytest.mark.usefixtures("_policy")
def test_a_list_needs_its_reason_and_people(enrollment):
    with pytest.raises(DomainError) as silent:
        prepare(enrollment, reason="")
    empty = ExportFactory().training_class
    with pytest.raises(DomainError) as deserted:
        prepare(enrollment, class_id=empty.pk, requester=empty.drafted_by)

    assert (silent.value.code, deserted.value.code) == ("reason_missing", "nobody_in_class")


def test_only_its_requester_takes_a_list():
    export = ExportFactory()
    colleague = UserFactory(training_operator=True, institution=export.training_class.institution)

    with pytest.raises(NotPermitted):
        download(export, downloader=colleague)

    assert not ExportDownload.objects.exists()


def test_who_left_the_institution_takes_no_list_of_it():
    export = ExportFactory(requested_by=UserFactory(training_operator=True))

    with pytest.raises(NotPermitted):
        download(export)


@pytest.mark.parametrize("late", [timedelta(0), timedelta(days=3)])
def test_a_list_is_not_taken_after_its_time(late):
    export = ExportFactory()

    with pytest.raises(DomainError) as refusal:
        download(export, now=export.expires_at + late)

    assert refusal.value.code == "export_expired"
    assert not ExportDownload.objects.exists()


def test_expired_lists_are_emptied_and_others_are_not():
    expired, standing = ExportFactory(expired=True), ExportFactory()

    assert empty_expired_exports(now=NOW) == 1
    assert empty_expired_exports(now=NOW) == 0

    expired.refresh_from_db()
    standing.refresh_from_db()
    assert (expired.content, bytes(standing.content)) == (None, b"a workbook")
    assert AuditEvent.objects.get().name == "export.emptied"


def test_the_task_empties_what_is_over():
    ExportFactory(expired=True)

    empty_expired_exports_task()

    assert not Export.objects.filter(content__isnull=False).exists()


def test_the_classes_page_offers_the_list_to_its_requester(client_of, enrollment, settings):
    IntakePolicyFactory()
    client = client_of(own(enrollment))
    url = reverse("class-exports", args=[enrollment.training_class.public_id])

    made = client.post(url, {"reason": "For the insurance."})
    page = client.get(url).content.decode()

    export = Export.objects.get()
    link = reverse("export-download", args=[export.public_id])
    assert (made.status_code, made.url) == (302, url)
    assert link in page
    taken = client.get(link)
    assert taken.status_code == 200
    assert "attachment" in taken["Content-Disposition"]
    assert "no-store" in taken["Cache-Control"]
