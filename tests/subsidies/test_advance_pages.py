"""What a class has cost, on screen: advances, files, and the account that the institution is paid to."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from enrollment.models import TrainingClass
from institutions.models import InstitutionAccount, User
from subsidies.enums import AdvanceBasis, EvidenceKind
from subsidies.models import Advance, ClaimEvidence
from tests.clock import NOW
from tests.factories.claims import (
    AdvanceFactory,
    ClaimEvidenceFactory,
    SubsidyClaimFactory,
    enroll,
    institution_user,
)
from tests.factories.enrollment import TrainingClassFactory
from tests.factories.institutions import UserFactory

pytestmark = pytest.mark.django_db

COST = {
    "advance-basis": "PER_TRAINEE",
    "advance-unit_cost": "1,200.50",
    "advance-unit_count": "2",
    "advance-spent_on": "2026-06-26",
    "advance-note": "Teachers and rooms.",
}
ACCOUNT = {
    "holder_name": "重庆示范职业培训学校",
    "number": "6222 0200 1234 5678",
    "bank_name": "中国银行重庆分行",
    "cnaps": "104653010016",
    "reason": "The first one.",
}


@pytest.fixture(autouse=True)
def _today(monkeypatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def training_class() -> TrainingClass:
    """A completed class of two."""
    found = TrainingClassFactory(completed=True, locked_count=2)
    enroll(found)
    enroll(found)
    return found


@pytest.fixture
def manager(training_class: TrainingClass) -> User:
    return institution_user(training_class)


def browser_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    client.cookies["django_language"] = "en"
    return client


def page_of(user: User, training_class: TrainingClass) -> str:
    return browser_of(user).get(reverse("class-advances", args=[training_class.public_id])).content.decode()


def record(user: User, training_class: TrainingClass, **changes: str):
    form = {**COST, **{f"advance-{name}": value for name, value in changes.items()}}
    return browser_of(user).post(reverse("advance-record", args=[training_class.public_id]), form)


def hand_in(user: User, training_class: TrainingClass, content: bytes = b"%PDF-1.7 receipt"):
    file = SimpleUploadedFile("receipt.pdf", content)
    form = {"evidence-kind": "RECEIPT", "evidence-file": file}
    return browser_of(user).post(reverse("claim-evidence-hand-in", args=[training_class.public_id]), form)


# ── Advances ─────────────────────────────────────────────────────────────────────────────────────────────
def test_cost_per_trainee_is_recorded(training_class, manager):
    response = record(manager, training_class)

    advance = Advance.objects.get()
    assert response.status_code == 302
    assert (advance.basis, advance.amount) == (AdvanceBasis.PER_TRAINEE, Decimal("2401.00"))
    assert advance.spent_on == date(2026, 6, 26)
    assert "¥1,200.50 × 2 trainees" in page_of(manager, training_class)


def test_cost_of_the_class_counts_once_whatever_stands_beside_it(training_class, manager):
    record(manager, training_class, basis="PER_CLASS")

    assert Advance.objects.get().unit_count == 1


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"unit_count": ""}, "Say for how many trainees."),
        ({"unit_count": "3"}, "Not more people can have been paid for than were in the class."),
        ({"spent_on": "1999-12-31"}, "A day lies between 2000-01-01 and 2099-12-31."),
        ({"spent_on": "2099-01-01"}, "What was advanced was spent by today at the latest."),
    ],
)
def test_refused_cost_comes_back_as_typed_with_its_reason(training_class, manager, changes, told):
    response = record(manager, training_class, **changes)

    text = response.content.decode()
    assert response.status_code == 422
    assert told in text
    assert "1,200.50" in text
    assert "Teachers and rooms." in text
    assert not Advance.objects.exists()


def test_advance_is_taken_back_for_a_reason(training_class, manager):
    advance = AdvanceFactory(training_class=training_class)
    url = reverse("advance-withdraw", args=[advance.public_id])

    refused = browser_of(manager).post(url, {"withdrawal-reason": ""})
    done = browser_of(manager).post(url, {"withdrawal-reason": "Counted twice."})

    advance.refresh_from_db()
    assert (refused.status_code, done.status_code) == (422, 302)
    assert advance.withdrawal_reason == "Counted twice."


def test_costs_cannot_be_changed_while_a_bureau_has_the_claim(training_class, manager):
    SubsidyClaimFactory(training_class=training_class, submitted=True)

    text = page_of(manager, training_class)

    assert "A bureau has the claim" in text
    assert reverse("advance-record", args=[training_class.public_id]) not in text
    assert reverse("claim-evidence-hand-in", args=[training_class.public_id]) in text
    assert record(manager, training_class).status_code == 409


def test_bureau_reads_the_costs_and_records_none(training_class):
    district = UserFactory(district_reviewer=True, district=training_class.district)

    assert reverse("advance-record", args=[training_class.public_id]) not in page_of(district, training_class)
    assert record(district, training_class).status_code == 403


def test_class_that_has_not_begun_has_no_such_page(training_class):
    draft = TrainingClassFactory(institution=training_class.institution)

    response = browser_of(institution_user(draft)).get(reverse("class-advances", args=[draft.public_id]))

    assert response.status_code == 404


# ── Files ────────────────────────────────────────────────────────────────────────────────────────────────
def test_type_and_size_are_said_before_a_file_is_chosen(training_class, manager):
    assert "PDF, OFD, PNG, JPEG or Excel (.xlsx), 10 MB at most." in page_of(manager, training_class)


def test_file_is_handed_in_and_opened_again(training_class, manager):
    response = hand_in(manager, training_class)

    evidence = ClaimEvidence.objects.get()
    assert response.status_code == 302
    assert evidence.kind == EvidenceKind.RECEIPT
    assert reverse("claim-evidence", args=[evidence.public_id]) in page_of(manager, training_class)


def test_file_of_another_type_is_refused_beside_the_field(training_class, manager):
    response = hand_in(manager, training_class, b"MZ a program")

    assert response.status_code == 422
    assert "Hand in a PDF, OFD, PNG, JPEG or XLSX file." in response.content.decode()
    assert not ClaimEvidence.objects.exists()


def test_file_that_is_being_scanned_has_no_link(training_class, manager):
    evidence = ClaimEvidenceFactory(training_class=training_class, waiting=True)

    assert reverse("claim-evidence", args=[evidence.public_id]) + '"' not in page_of(manager, training_class)


def test_file_is_taken_back(training_class, manager):
    evidence = ClaimEvidenceFactory(training_class=training_class)

    response = browser_of(manager).post(reverse("claim-evidence-withdraw", args=[evidence.public_id]))

    evidence.refresh_from_db()
    assert response.status_code == 302
    assert evidence.withdrawn_by == manager
    assert evidence.file_name not in page_of(manager, training_class)


# ── The account ──────────────────────────────────────────────────────────────────────────────────────────
def test_manager_proposes_the_account_and_reads_only_how_it_ends(manager):
    client, url = browser_of(manager), reverse("institution-account")

    response = client.post(url, ACCOUNT)

    text = client.get(url).content.decode()
    assert response.status_code == 302
    assert InstitutionAccount.objects.get().number == "6222020012345678"
    assert "5678" in text
    assert "62220200" not in text
    assert "An account waits for the approval of the municipal bureau." in text


def test_refused_account_comes_back_as_typed_with_its_reason(manager):
    response = browser_of(manager).post(reverse("institution-account"), {**ACCOUNT, "cnaps": "12"})

    text = response.content.decode()
    assert response.status_code == 422
    assert "A CNAPS code has 12 digits." in text
    assert "重庆示范职业培训学校" in text


def test_operator_reads_the_account_and_proposes_none(training_class):
    operator = institution_user(training_class, training_manager=False, training_operator=True)
    client, url = browser_of(operator), reverse("institution-account")

    assert client.get(url).status_code == 200
    assert client.post(url, ACCOUNT).status_code == 403


def test_bureau_has_no_account_of_its_own():
    bureau = UserFactory(municipal_operator=True)

    assert browser_of(bureau).get(reverse("institution-account")).status_code == 403
