"""The pages on which the finance office decides where an institution is paid to."""

import pytest
from django.urls import reverse

from chongqing_dte.foundation.models import AuditEvent
from chongqing_dte.foundation.proposals import RequestStatus
from institutions.enums import Role
from tests.factories.institutions import InstitutionAccountFactory
from tests.interfaces.setup_forms import text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def finance(client_as):
    client = client_as(Role.MUNICIPAL_FINANCE)
    client.cookies["django_language"] = "en"
    return client


def at(act, account):
    return reverse(f"institution-account-{act}", args=[account.public_id])


def test_a_proposed_account_is_approved_and_takes_the_former_one_s_place(finance):
    former = InstitutionAccountFactory(approved=True)
    account = InstitutionAccountFactory(institution=former.institution)

    page = text_of(finance.get(reverse("institution-account-list")))
    answer = finance.post(at("approve", account), {"reason": ""})

    assert at("detail", account) in page
    assert answer.url == reverse("institution-account-list")
    account.refresh_from_db()
    former.refresh_from_db()
    assert account.status == RequestStatus.APPROVED
    assert former.replaced_at is not None
    assert "Replaced" in text_of(finance.get(answer.url))


def test_an_account_is_refused_for_a_reason_only(finance):
    account = InstitutionAccountFactory()

    page = text_of(finance.post(at("refuse", account), {"reason": " "}), 422)
    finance.post(at("refuse", account), {"reason": "The holder is somebody else."})

    assert "Say why it is refused." in page
    account.refresh_from_db()
    assert (account.status, account.decision_reason) == (
        RequestStatus.REFUSED,
        "The holder is somebody else.",
    )


def test_a_number_is_shown_whole_once_and_for_a_reason(finance):
    account = InstitutionAccountFactory()

    masked = text_of(finance.get(at("detail", account)))
    refused = text_of(finance.post(at("reveal", account), {"reason": " "}), 422)
    shown = text_of(finance.post(at("reveal", account), {"reason": "Compared with the bank's letter."}))

    assert account.number not in masked + refused
    assert account.number in shown
    assert AuditEvent.objects.filter(name="institution_account.revealed", subject_id=account.pk).count() == 1


@pytest.mark.parametrize("role", [Role.MUNICIPAL_REVIEWER, Role.MUNICIPAL_AUDITOR])
def test_others_of_the_bureau_look_and_decide_nothing(client_as, role):
    client, account = client_as(role), InstitutionAccountFactory()

    page = text_of(client.get(at("detail", account)))

    assert at("approve", account) not in page
    for act in ("approve", "refuse", "reveal"):
        assert client.post(at(act, account), {"reason": "No."}).status_code == 403


def test_a_decided_account_is_not_decided_again(finance):
    account = InstitutionAccountFactory(approved=True)

    assert finance.post(at("approve", account), {"reason": "Again."}).status_code == 409


def test_an_institution_has_a_page_of_its_own(client_as):
    account = InstitutionAccountFactory()
    client = client_as(Role.TRAINING_MANAGER, institution=account.institution)

    assert client.get(at("detail", account)).status_code == 403
    assert client_as(Role.TRAINING_MANAGER).get(at("detail", account)).status_code == 404
