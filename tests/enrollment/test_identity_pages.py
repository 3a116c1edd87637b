"""What the pages of identity show: numbers masked, and whole only where looking is noted."""

from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from chongqing_dte.foundation.models import AuditEvent
from demo.identifiers import make_resident_id
from enrollment.enums import IdentityField, RequestStatus
from enrollment.models import IdentityCorrection, Reveal, Trainee, TraineeMerge
from tests.factories.enrollment import EnrollmentFactory, TraineeFactory
from tests.factories.identity import JPEG, IdentityCorrectionFactory, TraineeMergeFactory
from tests.factories.institutions import UserFactory

pytestmark = pytest.mark.django_db

RIGHT_NUMBER = make_resident_id(born_on=date(2002, 2, 3), sequence=77)


@pytest.fixture
def enrollment():
    return EnrollmentFactory(trainee=TraineeFactory(with_account=True))


@pytest.fixture
def correction(enrollment):
    return IdentityCorrectionFactory(
        enrollment=enrollment,
        field=IdentityField.ID_NUMBER,
        former_value=enrollment.trainee.id_number,
        corrected_value=RIGHT_NUMBER,
    )


def reviewer(correction):
    return UserFactory(district_reviewer=True, district=correction.enrollment.training_class.district)


def url(route, row):
    return reverse(route, args=[row.public_id])


def secrets_of(trainee):
    return (trainee.id_number, trainee.mobile, trainee.bank_accounts.get().number)


def test_the_persons_page_masks_every_number(client_of, enrollment):
    client = client_of(enrollment.training_class.drafted_by)

    page = client.get(url("enrollment-detail", enrollment)).content.decode()

    assert [value for value in secrets_of(enrollment.trainee) if value in page] == []
    assert enrollment.trainee.id_number[-4:] in page
    assert url("identity-correction-propose", enrollment) in page
    assert url("trainee-reveal", enrollment) in page


def test_who_may_see_nothing_whole_is_offered_nothing(client_of, enrollment):
    client = client_of(UserFactory(municipal_administrator=True))

    page = client.get(url("enrollment-detail", enrollment)).content.decode()

    assert url("trainee-reveal", enrollment) not in page
    assert url("identity-correction-propose", enrollment) not in page


def send(client, enrollment, **changed):
    data = {
        "field": "ID_NUMBER",
        "corrected_value": RIGHT_NUMBER,
        "reason": "Mistyped in the roster.",
        "evidence": SimpleUploadedFile("card.jpg", JPEG),
        **changed,
    }
    return client.post(url("identity-correction-propose", enrollment), data)


def test_a_correction_goes_from_the_institution_to_the_district(client_of, enrollment):
    sent = send(client_of(enrollment.training_class.drafted_by), enrollment)
    correction = IdentityCorrection.objects.get()
    client = client_of(reviewer(correction))
    waiting = client.get(reverse("identity-correction-list")).content.decode()
    approved = client.post(url("identity-correction-approve", correction), {"reason": "As on the card."})

    assert sent.url == approved.url == url("identity-correction-detail", correction)
    assert url("identity-correction-detail", correction) in waiting
    assert (
        url("identity-correction-detail", correction)
        not in client.get(reverse("identity-correction-list")).content.decode()
    )
    assert Trainee.objects.get().id_number == RIGHT_NUMBER


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"evidence": SimpleUploadedFile("card.gif", b"GIF89a")}, "evidence"),
        ({"corrected_value": "5002"}, "corrected_value"),
        ({"reason": ""}, "reason"),
    ],
)
def test_a_mistake_in_the_form_is_shown_at_its_field(client_of, enrollment, changed, field):
    response = send(client_of(enrollment.training_class.drafted_by), enrollment, **changed)

    assert response.status_code == 422
    assert response.context["form"].errors.keys() == {field}
    assert not IdentityCorrection.objects.exists()


def test_a_correction_is_shown_masked_and_whole_only_on_request(client_of, correction):
    client, former = client_of(reviewer(correction)), correction.former_value

    masked = client.get(url("identity-correction-detail", correction)).content.decode()
    assert not Reveal.objects.exists()
    whole = client.post(url("identity-correction-whole", correction))

    assert former not in masked
    assert RIGHT_NUMBER not in masked
    assert former in whole.content.decode()
    assert RIGHT_NUMBER in whole.content.decode()
    assert "no-store" in whole["Cache-Control"]
    assert Reveal.objects.count() == 1


def test_evidence_is_a_file_under_a_name_of_the_portals(client_of, correction):
    response = client_of(reviewer(correction)).get(url("identity-correction-evidence", correction))

    assert b"".join(response.streaming_content) == JPEG
    assert response["Content-Type"] == "image/jpeg"
    assert response["Content-Disposition"] == f'attachment; filename="evidence-{correction.public_id}.jpg"'
    assert "no-store" in response["Cache-Control"]
    assert response["X-Content-Type-Options"] == "nosniff"
    assert AuditEvent.objects.filter(name="identity_correction.evidence_opened").count() == 1


def test_a_refusal_reaches_the_institution_with_its_reason(client_of, correction):
    client_of(reviewer(correction)).post(
        url("identity-correction-refuse", correction), {"reason": "The card is unreadable."}
    )

    page = client_of(correction.proposed_by).get(url("identity-correction-detail", correction))

    assert "The card is unreadable." in page.content.decode()


def test_the_list_of_corrections_costs_the_same_for_many(client_of, django_assert_max_num_queries):
    IdentityCorrectionFactory.create_batch(8)
    client = client_of(UserFactory(municipal_auditor=True))

    with django_assert_max_num_queries(6):
        client.get(reverse("identity-correction-list"))


# ── Merges ───────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("name_by", ["public_id", "id_number"])
def test_a_merge_goes_from_the_operator_to_the_reviewer(client_of, name_by):
    kept, merged = TraineeFactory.create_batch(2)
    data = {
        "kept": str(getattr(kept, name_by)),
        "merged": f" {getattr(merged, name_by)}",
        "reason": "The same card.",
    }

    proposed = client_of(UserFactory(municipal_operator=True)).post(reverse("merge-propose"), data)
    merge = TraineeMerge.objects.get()
    client_of(UserFactory(municipal_reviewer=True)).post(url("merge-approve", merge))

    merged.refresh_from_db()
    assert proposed.url == url("merge-detail", merge)
    assert merged.merged_into == kept


@pytest.mark.parametrize("unknown", ["500299200001010000", "00000000-0000-4000-8000-000000000000"])
def test_whoever_is_not_known_is_named_at_the_field(client_of, unknown):
    data = {"kept": str(TraineeFactory().public_id), "merged": unknown, "reason": "The same card."}

    response = client_of(UserFactory(municipal_operator=True)).post(reverse("merge-propose"), data)

    assert response.status_code == 422
    assert response.context["form"].errors.keys() == {"merged"}


def test_the_comparison_masks_every_number(client_of, enrollment):
    merge = TraineeMergeFactory(kept=enrollment.trainee, merged=TraineeFactory(with_account=True))

    page = client_of(UserFactory(municipal_reviewer=True)).get(url("merge-detail", merge)).content.decode()

    numbers = (*secrets_of(merge.kept), *secrets_of(merge.merged))
    assert [value for value in numbers if value in page] == []
    assert enrollment.training_class.reference in page
    assert url("merge-approve", merge) in page


def test_whoever_proposed_a_merge_is_offered_no_decision(client_of):
    merge = TraineeMergeFactory()

    page = client_of(merge.proposed_by).get(url("merge-detail", merge)).content.decode()

    assert url("merge-approve", merge) not in page
    assert merge.status == RequestStatus.PROPOSED
