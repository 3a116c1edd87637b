"""What waits for a public notice stands on one, masked, hashed and once a day, and goes on when its days are over."""

import hashlib
import json
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from chongqing_dte.foundation.models import AuditEvent
from enrollment.models import Trainee
from institutions.models import CalendarDay, District
from subsidies import queries
from subsidies.enums import NotificationKind, ObjectionKind, ObjectionStatus, PaymentStatus
from subsidies.models import NoticeLine, Notification, Payment, PublicNotice
from subsidies.rules.notices import in_order
from subsidies.services.decisions import decide_due_certificates
from subsidies.services.notices import close_notices, publish_notices
from tests.clock import NOW
from tests.factories.assessment import MarkReviewFactory
from tests.factories.enrollment import TraineeFactory
from tests.factories.institutions import DistrictFactory, UserFactory
from tests.factories.notices import (
    AFTERWARDS,
    LAST_DAY,
    NOTICE_DAYS,
    ON_LAST_DAY,
    NoticeEntryFactory,
    decided,
    payment_on_notice,
    payment_to_notice,
    said_against,
)
from tests.factories.notifications import NotificationFactory
from tests.factories.subsidies import FEE, due_certificate, next_batch, revoke
from tests.subsidies.books import OWED, balances, payment_statuses
from tests.subsidies.database import triggers_off

YESTERDAY = NOW - timedelta(days=1)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("promises_hold")]


def notice() -> PublicNotice:
    return PublicNotice.objects.get()


def published_lines() -> list[dict[str, object]]:
    return json.loads(notice().content)["lines"]


# ── Publishing ───────────────────────────────────────────────────────────────────────────────────────────
def test_a_notice_counts_working_days_from_the_day_after():
    payment = payment_to_notice()

    assert publish_notices(now=NOW) == 1

    payment.refresh_from_db()
    assert payment.status == PaymentStatus.ON_NOTICE
    assert (notice().opens_on, notice().closes_on) == (NOW.date(), LAST_DAY)
    assert notice().working_days == NOTICE_DAYS
    district = payment.entitlement.district
    code = district.code if district else "500000"
    assert notice().reference == f"ASSESSMENT-{code}-20261020"


def test_a_notice_shows_masked_names_and_the_ends_of_numbers_only():
    payment = payment_on_notice(attempt__enrollment__trainee__name="欧阳娜")
    certificate = payment.entitlement.certificate

    (line,) = published_lines()

    assert line["name"] == "欧＊＊"
    assert line["id_ending"] == payment.payee.id_number[-4:]
    assert line["certificate"].endswith(certificate.number[-4:])
    assert line["amount"] == "800.00"
    content = notice().content
    assert "欧阳娜" not in content
    assert payment.payee.id_number not in content
    assert payment.payee.mobile not in content
    assert certificate.number not in content
    assert payment.entitlement.bank_account.number[-8:] not in content


def test_the_hash_is_of_the_content_and_the_content_is_canonical():
    payment_on_notice()

    content = notice().content

    assert notice().sha256 == hashlib.sha256(content.encode()).hexdigest()
    again = json.dumps(json.loads(content), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    assert again == content


def test_the_lines_of_a_notice_are_numbered_by_certificate():
    district = DistrictFactory()
    payments = [payment_to_notice(**in_district(district)) for _ in range(3)]

    publish_notices(now=NOW)

    entries = in_order(
        [
            NoticeEntryFactory(
                certificate_number=payment.entitlement.certificate.number,
                institution=payment.entitlement.certificate.institution.name_zh,
            )
            for payment in payments
        ]
    )
    endings = [line["certificate"][-4:] for line in published_lines()]
    assert endings == [entry.certificate_number[-4:] for entry in entries]
    assert (notice().line_count, notice().total) == (3, 3 * FEE)


def test_a_district_has_one_notice_a_day_and_the_next_on_the_next():
    district = DistrictFactory()
    payment_on_notice(**in_district(district))
    payment_to_notice(**in_district(district))

    assert publish_notices(now=NOW) == 0
    assert publish_notices(now=NOW + timedelta(days=1)) == 1

    assert payment_statuses() == [PaymentStatus.ON_NOTICE, PaymentStatus.ON_NOTICE]
    assert PublicNotice.objects.filter(district=district).count() == 2


def test_districts_have_notices_of_their_own():
    payment_to_notice(**in_district(DistrictFactory()))
    payment_to_notice(**in_district(DistrictFactory()))

    assert publish_notices(now=NOW) == 2
    assert publish_notices(now=NOW) == 0


def test_the_longest_period_of_the_policies_on_a_notice_holds_for_all_of_it():
    district = DistrictFactory()
    first = payment_to_notice(**in_district(district))
    second = payment_to_notice(**in_district(district))
    with triggers_off():
        Payment.objects.filter(pk=second.pk).update(notice_working_days=7)

    publish_notices(now=NOW)

    assert first.notice_working_days == NOTICE_DAYS
    assert (notice().working_days, notice().closes_on) == (7, date(2026, 10, 29))


def test_nothing_is_published_before_the_calendar_is():
    payment = payment_to_notice()
    with triggers_off():
        CalendarDay.objects.filter(day__gte=date(2026, 10, 25)).delete()

    assert publish_notices(now=NOW) == 0

    payment.refresh_from_db()
    assert payment.status == PaymentStatus.TO_NOTICE
    assert not queries.calendar_reaches(NOW.date())


def test_a_notice_waits_for_the_decisions_that_are_under_way_and_not_for_one_that_stays_due():
    payment = payment_to_notice()
    due_certificate()

    assert publish_notices(now=NOW + timedelta(minutes=1)) == 0
    assert publish_notices(now=NOW + timedelta(minutes=2)) == 1

    payment.refresh_from_db()
    assert payment.status == PaymentStatus.ON_NOTICE


@pytest.mark.parametrize(("minutes", "is_published"), [(59, False), (60, True)])
def test_a_notice_waits_an_hour_at_most_in_a_steady_stream_of_decisions(minutes, is_published):
    now = NOW + timedelta(minutes=minutes)
    payment_to_notice()
    due_certificate()
    decide_due_certificates(now=now)
    due_certificate()

    assert bool(publish_notices(now=now)) == is_published


@pytest.mark.parametrize(
    ("hold", "cause"),
    [
        (lambda payment: revoke(payment.entitlement.certificate), "revoked"),
        (lambda payment: MarkReviewFactory(attempt=payment.entitlement.certificate.attempt), "frozen"),
        (lambda payment: said_against(payment, ObjectionKind.OFFICE), "objection"),
    ],
    ids=["revoked", "frozen", "objection"],
)
def test_what_is_held_up_stays_behind_and_says_why(hold, cause):
    district = DistrictFactory()
    held, other = (payment_to_notice(**in_district(district)) for _ in range(2))
    hold(held)

    publish_notices(now=NOW + timedelta(hours=1))

    assert [line.payment for line in NoticeLine.objects.all()] == [other]
    (waiting,) = queries.payments_waiting_for_notice(UserFactory(municipal_operator=True))
    assert (waiting.cause, waiting.payment_count, waiting.total) == (cause, 1, FEE)


def test_an_unreadable_id_number_keeps_only_its_own_payment_waiting():
    district = DistrictFactory()
    damaged, *others = (payment_to_notice(**in_district(district)) for _ in range(3))
    damage(damaged.payee)

    publish_notices(now=NOW)

    assert {line.payment for line in NoticeLine.objects.all()} == set(others)


def test_a_merged_person_stands_under_the_name_that_stands_for_them():
    payment = payment_to_notice()
    kept = TraineeFactory(name="赵敏")
    with triggers_off():
        Trainee.objects.filter(pk=payment.payee_id).update(merged_into=kept)

    publish_notices(now=NOW)

    (line,) = published_lines()
    assert (line["name"], line["id_ending"]) == ("赵＊", kept.id_number[-4:])


def test_publishing_leaves_an_event_for_the_notice_and_each_payment():
    payment = payment_on_notice()

    events = AuditEvent.objects.filter(name__in=["notice.published", "payment.on_notice"])
    assert sorted(events.values_list("name", "subject_id")) == [
        ("notice.published", notice().pk),
        ("payment.on_notice", payment.pk),
    ]


def test_publishing_asks_the_database_as_often_for_many_as_for_one():
    district = DistrictFactory()
    payment_to_notice(**in_district(district))
    with CaptureQueriesContext(connection) as for_one:
        publish_notices(now=NOW)
    for _ in range(3):
        payment_to_notice(**in_district(district))

    with CaptureQueriesContext(connection) as for_three:
        publish_notices(now=NOW + timedelta(days=1))

    assert [each.line_count for each in PublicNotice.objects.order_by("pk")] == [1, 3]
    assert len(for_three) == len(for_one)


@pytest.mark.parametrize("table", ["subsidies_noticeline", "foundation_auditevent", "subsidies_notification"])
def test_what_is_written_for_each_payment_goes_in_at_a_stroke(table):
    payment_to_notice()

    with CaptureQueriesContext(connection) as asked:
        publish_notices(now=NOW)

    assert [each["sql"] for each in asked if each["sql"].startswith(f'COPY "{table}"')]
    # The one event of the notice itself is of ordinary make.
    written = [each["sql"] for each in asked if each["sql"].startswith(f'INSERT INTO "{table}"')]
    assert all("notice.published" in sql for sql in written)


def test_whoever_was_told_before_is_not_told_again_and_the_others_are():
    district = DistrictFactory()
    told, not_told = (payment_to_notice(**in_district(district)) for _ in range(2))
    before = NotificationFactory(
        key=f"on_notice:{told.pk}",
        kind=NotificationKind.ON_NOTICE,
        entitlement=told.entitlement,
        created_at=YESTERDAY,
    )

    publish_notices(now=NOW)

    said = Notification.objects.filter(kind=NotificationKind.ON_NOTICE).order_by("pk")
    assert [(each.key, each.created_at) for each in said] == [
        (before.key, YESTERDAY),
        (f"on_notice:{not_told.pk}", NOW),
    ]


# ── Closing ──────────────────────────────────────────────────────────────────────────────────────────────
def test_a_payment_leaves_its_notice_on_the_day_after_the_last():
    payment_on_notice()

    assert close_notices(now=ON_LAST_DAY) == 0
    assert payment_statuses() == [PaymentStatus.ON_NOTICE]
    assert close_notices(now=AFTERWARDS) == 1

    assert payment_statuses() == [PaymentStatus.READY]
    assert notice().closed_at == AFTERWARDS
    assert next_batch(AFTERWARDS) is not None


def test_closing_again_does_nothing():
    payment_on_notice()
    close_notices(now=AFTERWARDS)
    events = AuditEvent.objects.count()

    assert close_notices(now=AFTERWARDS) == 0
    assert AuditEvent.objects.count() == events


def test_nothing_on_a_notice_is_put_into_a_batch():
    payment_on_notice()

    assert next_batch(AFTERWARDS) is None


def test_a_line_with_an_open_objection_stays_and_the_others_go_on():
    district = DistrictFactory()
    payment_to_notice(**in_district(district))
    held = payment_on_notice(**in_district(district))
    objection = said_against(held)

    assert close_notices(now=AFTERWARDS) == 1
    assert payment_statuses() == [PaymentStatus.READY, PaymentStatus.ON_NOTICE]

    decided(objection, ObjectionStatus.DISMISSED)
    assert close_notices(now=AFTERWARDS) == 1
    assert payment_statuses() == [PaymentStatus.READY, PaymentStatus.READY]


def test_a_dismissed_objection_does_not_shorten_the_period():
    payment = payment_on_notice()
    decided(said_against(payment), ObjectionStatus.DISMISSED)

    assert close_notices(now=ON_LAST_DAY) == 0
    assert payment_statuses() == [PaymentStatus.ON_NOTICE]


def test_the_journal_does_not_hear_of_notices():
    payment_to_notice()
    before = balances()

    publish_notices(now=NOW)
    close_notices(now=AFTERWARDS)

    assert balances() == before == OWED


def in_district(district: District) -> dict[str, object]:
    return {"attempt__enrollment__training_class__district": district}


def damage(person: Trainee) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(
            "UPDATE enrollment_trainee SET id_number = %s WHERE id = %s", [b"\x01" + bytes(40), person.pk]
        )
        cursor.execute("SET session_replication_role = origin")
