"""The pages of money that is to come back, and the inbox of an office."""

from datetime import timedelta

import pytest
from django.urls import reverse

from chongqing_dte.foundation.proposals import RequestStatus
from institutions.enums import DISTRICT_ROLES, MUNICIPAL_ROLES, TRAINING_ROLES, Role
from institutions.models import User
from subsidies import policies, queries
from subsidies.enums import NotificationKind
from subsidies.models import Notification, Recovery, RecoverySettlement
from subsidies.services.recoveries import ask_back
from tests.clock import NOW
from tests.factories.institutions import DistrictFactory, UserFactory
from tests.factories.notifications import NotificationFactory
from tests.factories.recoveries import finance, propose, recovery_of_paid_money, repayment, settle, write_off
from tests.factories.subsidies import RecoveryFactory
from tests.interfaces.ids import doubled_ids

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client_as):
    client = client_as(Role.MUNICIPAL_FINANCE)
    client.cookies["django_language"] = "en"
    return client


def page(client, route, *arguments, **query):
    return client.get(reverse(route, args=arguments), query).content.decode()


# ── Who may ──────────────────────────────────────────────────────────────────────────────────────────────
ALLOWED = [
    pytest.param(policies.can_ask_back, {Role.MUNICIPAL_FINANCE}, id="ask back"),
    pytest.param(
        policies.can_have_inbox, {*MUNICIPAL_ROLES, *DISTRICT_ROLES, *TRAINING_ROLES}, id="have an inbox"
    ),
    pytest.param(
        policies.can_mark_read,
        {*MUNICIPAL_ROLES, *DISTRICT_ROLES, *TRAINING_ROLES} - {Role.MUNICIPAL_AUDITOR},
        id="mark as read",
    ),
]


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize(("may", "roles"), ALLOWED)
def test_role_may(may, roles, role):
    assert may(User(role=role)) == (role in roles)


@pytest.mark.parametrize("role", Role)
def test_only_finance_decides_a_settlement_and_never_its_author(role):
    person = User(pk=1, role=role)

    assert policies.can_decide_settlement(person, RecoverySettlement(proposed_by_id=2)) == (
        role == Role.MUNICIPAL_FINANCE
    )
    assert not policies.can_decide_settlement(person, RecoverySettlement(proposed_by_id=1))


# ── The list ─────────────────────────────────────────────────────────────────────────────────────────────
def narrowed(**chosen) -> set[int]:
    found = queries.recoveries_chosen(Recovery.objects.all(), chosen, now=NOW)
    return set(found.values_list("pk", flat=True))


def test_the_list_is_narrowed_by_state_age_amount_and_district():
    old = RecoveryFactory(opened_at=NOW - timedelta(days=40))
    overdue = RecoveryFactory(asked_at=NOW, due_on=NOW.date() - timedelta(days=1))
    district = DistrictFactory()
    of_district = RecoveryFactory(payment__entitlement__district=district)

    assert narrowed() == {old.pk, overdue.pk, of_district.pk}
    assert narrowed(state="not_asked") == {old.pk, of_district.pk}
    assert narrowed(state="overdue") == {overdue.pk}
    assert narrowed(state="settled") == narrowed(state="withdrawn") == narrowed(state="to_decide") == set()
    assert narrowed(state="open", age="30") == {old.pk}
    assert narrowed(district=district.code) == {of_district.pk}
    assert narrowed(least=801) == set()
    assert narrowed(least=800, most=800) == {old.pk, overdue.pk, of_district.pk}


def test_the_list_shows_its_sums_and_leads_to_each(desk):
    recovery = recovery_of_paid_money()
    settle(recovery, repayment("300"))

    text = page(desk, "recovery-list", state="open")

    assert reverse("recovery-detail", args=[recovery.public_id]) in text
    assert "¥300.00" in text
    assert "¥500.00" in text


def test_an_impossible_filter_asks_for_nothing(desk):
    recovery_of_paid_money()

    for query in ({"state": "lost"}, {"least": "x"}, {"age": "-3"}, {"district": "\x00"}):
        assert desk.get(reverse("recovery-list"), query).status_code == 200


def test_the_list_costs_the_same_for_many(desk, django_assert_max_num_queries):
    for _number in range(5):
        RecoveryFactory()

    with django_assert_max_num_queries(10):
        page(desk, "recovery-list")


def test_the_list_is_exported(desk):
    RecoveryFactory()

    response = desk.get(reverse("recovery-export"))

    assert response.status_code == 200
    assert response["Content-Type"].startswith("application/vnd.openxmlformats")


# ── One recovery ─────────────────────────────────────────────────────────────────────────────────────────
def test_the_page_shows_journal_settlements_and_history(desk):
    recovery = recovery_of_paid_money()
    settle(recovery, repayment("300", "LINE-7"))

    text = page(desk, "recovery-detail", recovery.public_id)

    for shown in ("LINE-7", "Recoveries receivable", "Opened by itself", "Settlement approved"):
        assert shown in text
    assert recovery.payment.payee.name not in text


def test_asking_opens_the_letter(desk):
    recovery = recovery_of_paid_money()
    url = reverse("recovery-ask", args=[recovery.public_id])

    response = desk.post(url, {"ask-due_on": "2099-12-31"}, follow=True)

    text = response.content.decode()
    assert recovery.payment.payee.name in text
    assert "2099年12月31日" in text
    assert Recovery.objects.get().due_on.year == 2099


def test_a_day_that_is_past_is_refused_at_its_field(desk):
    recovery = recovery_of_paid_money()

    response = desk.post(reverse("recovery-ask", args=[recovery.public_id]), {"ask-due_on": "2020-01-01"})

    assert response.status_code == 422
    assert "Name a day that is to come." in response.content.decode()


def test_there_is_no_letter_before_anybody_is_asked(desk):
    text = page(desk, "recovery-letter", recovery_of_paid_money().public_id)

    assert "There is no letter" in text


def test_what_is_put_down_wrongly_is_shown_again(desk):
    recovery = recovery_of_paid_money()
    form = {"kind": "REPAYMENT", "amount": "900", "reason": "Paid.", "received_on": "", "bank_reference": ""}

    response = desk.post(reverse("settlement-propose", args=[recovery.public_id]), form)

    assert response.status_code == 422
    assert "Only 800.00 yuan are left" in response.content.decode()
    assert not RecoverySettlement.objects.exists()


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("amount", {"amount": "900"}),
        ("amount", {"amount": "0"}),
        ("received_on", {"received_on": "2099-01-01"}),
        ("reason", {"reason": " \u200b"}),
    ],
)
def test_what_is_wrong_with_a_settlement_stands_at_its_field(desk, field, wrong):
    recovery = recovery_of_paid_money()
    form = {"kind": "REPAYMENT", "amount": "1", "reason": "Paid.", "received_on": "2026-09-01"}

    response = desk.post(
        reverse("settlement-propose", args=[recovery.public_id]), {**form, "bank_reference": "L1", **wrong}
    )

    assert response.status_code == 422
    assert set(response.context["settlement_form"].errors) == {field}


def test_a_line_of_the_statement_that_was_put_down_before_is_refused_at_its_field(desk):
    recovery = recovery_of_paid_money()
    before = propose(recovery, repayment("1", "L1"))
    form = {
        "kind": "REPAYMENT",
        "amount": "1",
        "reason": "Paid.",
        "received_on": before.received_on.isoformat(),
        "bank_reference": "L1",
    }

    response = desk.post(reverse("settlement-propose", args=[recovery.public_id]), form)

    assert set(response.context["settlement_form"].errors) == {"bank_reference"}


def test_asking_comes_first_and_is_open_until_the_person_was_asked(desk):
    recovery = recovery_of_paid_money()

    before = page(desk, "recovery-detail", recovery.public_id)
    ask_back(recovery_id=recovery.pk, due_on=NOW.date() + timedelta(days=30), asker=finance(), now=NOW)
    after = page(desk, "recovery-detail", recovery.public_id)

    assert before.index("Ask the person to pay") < before.index("Put down a repayment")
    assert before.count(" open>\n  <summary>Ask the person") == 1
    assert after.index("Put down a repayment") < after.index("Ask again for a later day")
    assert " open>" not in after


def test_two_people_settle_and_are_led_to_what_waits(desk):
    first, second = recovery_of_paid_money(), recovery_of_paid_money()
    settlement = propose(first, write_off("800"))
    propose(second, write_off("1"))

    response = desk.post(reverse("settlement-approve", args=[settlement.public_id]))

    assert response.url == reverse("recovery-detail", args=[second.public_id])
    settlement.refresh_from_db()
    assert settlement.status == RequestStatus.APPROVED


def test_a_refusal_without_a_reason_is_shown_again(desk):
    settlement = propose(recovery_of_paid_money(), write_off("800"))

    response = desk.post(reverse("settlement-refuse", args=[settlement.public_id]))

    assert response.status_code == 422
    assert "Say why it is refused." in response.content.decode()


def test_two_that_wait_have_a_form_each_and_only_the_one_refused_without_a_reason_is_complained_of(desk):
    recovery = recovery_of_paid_money()
    one, other = (propose(recovery, write_off(amount)) for amount in ("300", "500"))

    response = desk.post(reverse("settlement-refuse", args=[one.public_id]))

    text = response.content.decode()
    assert doubled_ids(text) == []
    assert text.count("Say why it is refused.") == 1
    assert f'id="settlement_{one.pk}_decision-reason_error"' in text
    assert f'for="settlement_{other.pk}_decision-reason"' in text


def test_a_pass_that_stands_again_is_said_on_the_page(desk, monkeypatch):
    recovery = recovery_of_paid_money()
    monkeypatch.setattr(queries, "passes_stand_again", set)

    assert "The sitting has a valid certificate again" in page(desk, "recovery-detail", recovery.public_id)


def test_the_person_s_messages_are_shown(desk):
    recovery = recovery_of_paid_money()
    ask_back(recovery_id=recovery.pk, due_on=NOW.date() + timedelta(days=30), asker=finance(), now=NOW)

    assert "You are asked to pay back 800.00 yuan" in page(desk, "recovery-detail", recovery.public_id)


# ── Inbox ────────────────────────────────────────────────────────────────────────────────────────────────
def test_an_office_sees_what_it_was_told_and_no_other_does():
    NotificationFactory(shown=True)
    NotificationFactory()
    seen = {
        role.value: queries.notifications_visible_to(UserFactory(**{role.lower(): True})).count()
        for role in Role
    }

    expected = dict.fromkeys(Role.values, 0)
    assert seen == {**expected, "MUNICIPAL_FINANCE": 1, "MUNICIPAL_AUDITOR": 1}


def test_a_district_sees_its_own_messages_only():
    reader = UserFactory(district_reviewer=True)
    for district in (reader.district, DistrictFactory()):
        NotificationFactory(
            shown=True, role=Role.DISTRICT_REVIEWER, district=district, kind=NotificationKind.OBJECTION
        )

    (seen,) = queries.notifications_visible_to(reader)
    assert seen.district == reader.district


def test_what_is_marked_as_read_leaves_the_inbox_and_the_counter(desk):
    message = NotificationFactory(shown=True)
    assert '<span class="count">1</span>' in page(desk, "inbox")

    response = desk.post(reverse("inbox-read"), {"chosen": [str(message.public_id), "x"]}, follow=True)

    message.refresh_from_db()
    assert message.read_by.role == Role.MUNICIPAL_FINANCE
    assert message.read_at is not None
    assert '<span class="count">' not in response.content.decode()


def test_all_on_the_page_are_marked_at_once_and_only_once(desk):
    messages = NotificationFactory.create_batch(2, shown=True)
    form = {"all": "1", "shown": [str(message.public_id) for message in messages]}

    desk.post(reverse("inbox-read"), form)
    before = list(Notification.objects.values_list("read_at", flat=True))
    desk.post(reverse("inbox-read"), form)

    assert list(Notification.objects.values_list("read_at", flat=True)) == before


def test_nobody_marks_what_another_office_was_told(client_as):
    message = NotificationFactory(shown=True)

    client_as(Role.MUNICIPAL_REVIEWER).post(reverse("inbox-read"), {"chosen": [str(message.public_id)]})

    message.refresh_from_db()
    assert message.read_at is None


def test_the_inbox_is_narrowed_to_a_kind(desk):
    NotificationFactory(shown=True)

    assert "There is nothing new." in page(desk, "inbox", kind="BATCH_WAITS")
    assert "There is nothing new." not in page(desk, "inbox", kind="BUDGET_SHORT")


def test_the_counter_stops_counting():
    reader = UserFactory(municipal_finance=True)
    NotificationFactory.create_batch(101, shown=True)

    assert queries.unread_count(reader) == queries.MANY_UNREAD + 1


def test_the_inbox_costs_the_same_for_many(desk, django_assert_max_num_queries):
    NotificationFactory.create_batch(5, shown=True)

    with django_assert_max_num_queries(8):
        page(desk, "inbox")
