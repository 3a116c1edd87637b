"""Every list of payments names a claim and its institution where it names a certificate and its holder."""

import pytest
from django.urls import reverse
from django.utils import timezone

from institutions.enums import Role
from subsidies import queries
from subsidies.enums import BankAnswer, ObjectionKind, ObjectionStatus, PaymentStatus
from subsidies.models import NoticeLine, Objection, Payment, PublicNotice
from subsidies.paid_for import paid_for
from subsidies.services.deliveries import deliver_released_batches
from tests.clock import NOW
from tests.factories.bank_formats import BankFormatFactory
from tests.factories.claim_payments import (
    batch_of_claims,
    opened_payment,
    payment_on_claim_notice,
    said_against_claim,
)
from tests.factories.institutions import UserFactory
from tests.factories.subsidies import (
    RecoveryFactory,
    granted_certificate,
    hear_from_bank,
    payment_of,
    sign_twice,
)
from tests.fakes.bank import FakeBank

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _today(monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def clerk(client_as):
    return in_english(client_as(Role.MUNICIPAL_FINANCE))


@pytest.fixture
def anybody(client):
    return in_english(client)


def in_english(client):
    client.cookies["django_language"] = "en"
    return client


def text_of(response) -> str:
    assert response.status_code == 200
    return response.content.decode()


def names(text: str, payment: Payment) -> bool:
    """Test whether a page names the claim and the institution of a payment."""
    return payment.claim.reference in text and payment.institution.name_en in text


def answered_batch():
    batch = sign_twice(batch_of_claims())
    deliver_released_batches(channel=FakeBank(), now=NOW)
    hear_from_bank(batch, BankAnswer.PAID)
    return batch


# ── What a payment is for ────────────────────────────────────────────────────────────────────────────────
def test_a_payment_is_for_a_claim_or_a_certificate():
    payment, certificate = opened_payment(), granted_certificate()

    of_claim, of_person = paid_for(payment), paid_for(payment_of(certificate))

    assert (of_claim.number, of_claim.payee) == (payment.claim.reference, payment.institution.name)
    assert of_claim.district == payment.district
    assert of_person.number == certificate.number
    assert "＊" in of_person.payee


# ── The lists ────────────────────────────────────────────────────────────────────────────────────────────
def test_a_batch_lists_its_claims(clerk):
    batch = batch_of_claims()

    text = text_of(clerk.get(reverse("batch-detail", args=[batch.public_id])))

    payment = Payment.objects.get()
    assert names(text, payment)
    assert str(batch.attempts.get().institution_account) in text
    assert "Training subsidy" in text


def test_the_list_of_batches_is_narrowed_to_a_subsidy(clerk):
    batch = batch_of_claims()

    assert batch.reference in text_of(clerk.get(reverse("batch-list"), {"kind": "TRAINING"}))
    assert batch.reference not in text_of(clerk.get(reverse("batch-list"), {"kind": "ASSESSMENT"}))


def test_the_lines_of_a_batch_of_claims_are_handed_out(clerk):
    batch = batch_of_claims()

    assert clerk.get(reverse("batch-lines-export", args=[batch.public_id])).status_code == 200


def test_the_signature_is_not_offered_to_whoever_confirmed_a_claim(client, clerk):
    batch = batch_of_claims()
    signer = Payment.objects.get().claim.first_confirmed_by
    signer.role = Role.MUNICIPAL_FINANCE
    signer.save()
    page = reverse("batch-detail", args=[batch.public_id])
    client.force_login(signer)

    assert "Sign for release" in text_of(clerk.get(page))
    assert "Sign for release" not in text_of(in_english(client).get(page))


def test_the_statement_lists_claims(clerk):
    payment = opened_payment()

    text = text_of(clerk.get(reverse("statement-lines"), {"month": f"{NOW:%Y-%m}"}))

    assert payment.claim.reference in text


def test_the_recoveries_list_a_claim(clerk):
    answered_batch()
    payment = Payment.objects.get()
    recovery = RecoveryFactory(payment=payment, amount=payment.amount)

    assert names(text_of(clerk.get(reverse("recovery-list"))), payment)
    assert names(text_of(clerk.get(reverse("recovery-detail", args=[recovery.public_id]))), payment)


def test_what_no_file_can_hold_is_listed_with_its_claim(clerk):
    BankFormatFactory(approved=True, own=True, own_bank_code="105290")
    payment = opened_payment()

    assert [(each.payment, each.reason) for each in queries.payments_left_out()] == [(payment, "no_format")]
    assert names(text_of(clerk.get(reverse("bank-format-list"))), payment)


def test_the_desk_says_why_a_claim_gets_into_no_batch():
    payment = opened_payment()
    payment.institution.accounts.update(replaced_at=NOW)

    assert queries.why_in_no_batch([payment]) == {payment.pk: "no_account"}


def test_the_desk_lists_a_returned_claim(clerk):
    batch = sign_twice(batch_of_claims())
    deliver_released_batches(channel=FakeBank(), now=NOW)
    hear_from_bank(batch, BankAnswer.RETURNED)

    text = text_of(clerk.get(reverse("subsidy-desk-list"), {"matter": "returned"}))

    assert Payment.objects.get().status == PaymentStatus.RETURNED
    assert Payment.objects.get().claim.reference in text


# ── For anybody ──────────────────────────────────────────────────────────────────────────────────────────
def test_anybody_reads_the_notice_of_claims(anybody):
    payment = payment_on_claim_notice(3)
    notice = PublicNotice.objects.get()

    text = text_of(anybody.get(reverse("notice-detail", args=[notice.reference])))

    assert payment.institution.name_zh in text
    assert payment.claim.training_class.reference in text
    assert "Public notice of the training subsidy" in text
    assert "ID number" not in text


def test_anybody_objects_to_a_claim(anybody):
    payment_on_claim_notice()
    notice = PublicNotice.objects.get()
    page = f"{reverse('notice-objection', args=[notice.reference])}?line=1"
    form = anybody.get(page).context["form"]

    response = anybody.post(
        page,
        {
            "receipt": form["receipt"].value(),
            "statement": "Half of the class never came.",
            "objector_name": "李四",
            "contact": "13800000000",
        },
    )

    assert response.status_code == 302
    assert Objection.objects.get().claim == NoticeLine.objects.get().payment.claim


def test_the_office_reads_and_decides_an_objection_to_a_claim(client_as):
    payment = payment_on_claim_notice()
    objection = said_against_claim(payment)
    reviewer = in_english(client_as(Role.MUNICIPAL_REVIEWER))

    assert names(text_of(reviewer.get(reverse("objection-list"))), payment)
    text = text_of(reviewer.get(reverse("objection-detail", args=[objection.public_id])))
    assert names(text, payment)
    assert "goes back to the institution" in text
    reviewer.post(
        reverse("objection-decide", args=[objection.public_id]),
        {"outcome": "DISMISSED", "reason": "We looked into it."},
    )
    objection.refresh_from_db()
    assert objection.status == ObjectionStatus.DISMISSED


def test_an_office_objects_to_a_claim_by_its_reference(client_as):
    payment = opened_payment()
    operator = in_english(client_as(Role.MUNICIPAL_OPERATOR))

    operator.post(
        reverse("objection-record"),
        {"number": payment.claim.reference, "statement": "The class was shorter than planned."},
    )

    objection = Objection.objects.get()
    assert (objection.claim, objection.kind) == (payment.claim, ObjectionKind.OFFICE)


def test_what_waits_for_a_notice_is_counted_with_its_cause():
    payment = opened_payment()
    Payment.objects.filter(pk=payment.pk).update(status=PaymentStatus.TO_NOTICE)
    said_against_claim(payment, ObjectionKind.OFFICE)

    (waiting,) = queries.payments_waiting_for_notice(UserFactory(municipal_operator=True))

    assert (waiting.cause, waiting.payment_count) == ("objection", 1)


def test_a_training_institution_reads_its_messages(client):
    payment = opened_payment()
    client.force_login(UserFactory(training_manager=True, institution=payment.institution))

    assert payment.claim.reference in text_of(in_english(client).get(reverse("inbox")))
