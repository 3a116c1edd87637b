"""Messages that were given up, and the office that lets them be tried again."""

from datetime import timedelta

import pytest
from django.core import mail
from django.urls import reverse

from chongqing_dte.foundation.errors import DomainError, InvalidTransition, NotPermitted
from chongqing_dte.foundation.models import AuditEvent
from institutions.enums import Role
from institutions.models import User
from subsidies import policies
from subsidies.enums import NotificationStatus
from subsidies.gateways.file_gateway import FileGateway
from subsidies.models import Notification
from subsidies.services.notifications import MOST_REFUSALS, MOST_TRIES, send_again, send_notifications
from tests.clock import NOW
from tests.factories.institutions import UserFactory
from tests.factories.notifications import NotificationFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def given_up() -> Notification:
    """Return a mail to an office in which nobody has an address."""
    return NotificationFactory(
        mailed=True,
        status=NotificationStatus.FAILED,
        problem="address_missing",
        tried_count=MOST_REFUSALS,
        next_try_at=NOW + timedelta(days=9),
    )


def again(message: Notification, sender: User | None = None) -> Notification:
    sender = sender or UserFactory(municipal_operator=True)
    return send_again(public_id=message.public_id, sender=sender, now=NOW)


def sweep(tmp_path) -> None:
    send_notifications(gateway=FileGateway(tmp_path), now=NOW)


def test_it_leaves_once_the_cause_is_gone(given_up, tmp_path):
    UserFactory(municipal_finance=True, email="a@example.org")
    operator = UserFactory(municipal_operator=True)

    again(given_up, operator)
    sweep(tmp_path)

    given_up.refresh_from_db()
    assert (given_up.status, given_up.problem) == (NotificationStatus.SENT, "")
    assert [message.to for message in mail.outbox] == [["a@example.org"]]
    event = AuditEvent.objects.get(name="notification.sent_again")
    assert (event.actor_id, event.facts) == (
        operator.pk,
        {"problem": "address_missing", "tried": MOST_REFUSALS},
    )


def test_each_time_is_one_more_try_and_there_is_an_end_to_them(given_up, tmp_path):
    for tried in range(MOST_REFUSALS, MOST_TRIES):
        again(given_up)
        sweep(tmp_path)
        given_up.refresh_from_db()
        assert (given_up.status, given_up.tried_count) == (NotificationStatus.FAILED, tried + 1)

    with pytest.raises(DomainError) as refusal:
        again(given_up)

    assert refusal.value.code == "tried_often_enough"


@pytest.mark.parametrize("status", [NotificationStatus.QUEUED, NotificationStatus.SENT])
def test_only_what_was_given_up_is_sent_again(status):
    message = NotificationFactory(status=status, sent_at=NOW if status == NotificationStatus.SENT else None)

    with pytest.raises(InvalidTransition):
        again(message)


@pytest.mark.parametrize("role", Role)
def test_role_may(role):
    assert policies.can_send_again(User(role=role)) == (role == Role.MUNICIPAL_OPERATOR)


def test_others_do_not(given_up):
    with pytest.raises(NotPermitted):
        again(given_up, UserFactory(municipal_finance=True))

    given_up.refresh_from_db()
    assert given_up.status == NotificationStatus.FAILED


# ── Pages ────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.fixture
def browser(client_as):
    def look(role: Role):
        client = client_as(role)
        client.cookies["django_language"] = "en"
        return client

    return look


def test_the_desk_leads_to_it_and_its_office_sends_it(given_up, browser):
    operator = browser(Role.MUNICIPAL_OPERATOR)
    address = reverse("failed-message", args=[given_up.public_id])
    desk = operator.get(reverse("subsidy-desk-list"), {"matter": "messages-failed"}).content.decode()
    shown = operator.get(address).content.decode()

    sent = operator.post(address, follow=True).content.decode()

    assert address in desk
    assert "Nobody in the office has an e-mail address." in desk
    assert "Send it again" in shown
    assert "It is tried again within minutes." in sent
    given_up.refresh_from_db()
    assert given_up.status == NotificationStatus.QUEUED


def test_who_only_looks_is_shown_no_button_and_may_not(given_up, browser):
    finance = browser(Role.MUNICIPAL_FINANCE)
    address = reverse("failed-message", args=[given_up.public_id])

    assert "Send it again</button>" not in finance.get(address).content.decode()
    assert finance.post(address).status_code == 403


def test_what_cannot_be_sent_again_says_so(given_up, browser):
    Notification.objects.update(tried_count=MOST_TRIES)
    operator = browser(Role.MUNICIPAL_OPERATOR)

    answer = operator.post(reverse("failed-message", args=[given_up.public_id]))

    assert "It was tried 10 times. Reach them in another way." in answer.content.decode()


def test_messages_are_for_those_who_see_the_money(given_up, browser):
    district = browser(Role.DISTRICT_REVIEWER)

    assert district.get(reverse("failed-message", args=[given_up.public_id])).status_code == 404
