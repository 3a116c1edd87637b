"""Fees are published, followed by others, and never changed."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError
from django.db.backends.postgresql.psycopg_any import DateRange
from django.urls import reverse
from django.utils import timezone

from chongqing_dte.foundation.errors import DomainError, NotPermitted
from chongqing_dte.foundation.models import AuditEvent
from institutions import policies
from institutions.enums import EVALUATION_ROLES, Level, Role
from institutions.models import FeeSchedule
from institutions.services.fees import FeeOverlap, FeePublication, publish_fee_schedule
from tests.clock import NOW
from tests.factories.institutions import (
    AccreditationFactory,
    FeeScheduleFactory,
    InstitutionFactory,
    OccupationFactory,
    UserFactory,
)
from tests.interfaces.setup_forms import in_days, text_of

pytestmark = pytest.mark.django_db

TODAY = date(2026, 10, 20)


@pytest.fixture
def accreditation():
    return AccreditationFactory(evaluation=True)


@pytest.fixture
def publisher(accreditation):
    return UserFactory(evaluation_operator=True, institution=accreditation.institution)


@pytest.fixture
def fee(accreditation):
    return FeePublication(
        institution_id=accreditation.institution_id,
        occupation_id=accreditation.occupation_id,
        level=Level.JUNIOR,
        theory_fee=Decimal("400.00"),
        practice_fee=Decimal("680.00"),
        review_fee=Decimal("0.00"),
        announcement_url="https://example.org/fees",
        starts_on=TODAY,
    )


def publish(fee, publisher):
    return publish_fee_schedule(publication=fee, publisher=publisher, now=NOW)


def test_published_fee_has_its_total_and_who_published_it(fee, publisher):
    schedule = publish(fee, publisher)

    schedule.refresh_from_db()
    assert schedule.total == Decimal("1080.00")
    assert (schedule.published_by, schedule.published_at) == (publisher, NOW)
    assert schedule.in_force == DateRange(TODAY, None)
    assert AuditEvent.objects.get().name == "fee_schedule.published"


def test_fee_that_follows_ends_the_one_before_it(fee, publisher):
    former = publish(fee, publisher)
    follower = publish(replace(fee, starts_on=date(2027, 1, 1), theory_fee=Decimal("500.00")), publisher)

    former.refresh_from_db()
    assert former.in_force == DateRange(TODAY, date(2027, 1, 1))
    assert former.total == Decimal("1080.00")
    assert follower.total == Decimal("1180.00")
    assert AuditEvent.objects.filter(name="fee_schedule.ended", subject_id=former.pk).count() == 1


@pytest.mark.parametrize(
    ("starts_on", "days_later"), [(TODAY, 0), (date(2027, 1, 1), -30)], ids=["today", "begins before it"]
)
def test_fee_that_cannot_give_way_stops_the_other(fee, publisher, starts_on, days_later):
    former = publish(replace(fee, starts_on=starts_on), publisher)

    with pytest.raises(FeeOverlap):
        publish(replace(fee, starts_on=starts_on + timedelta(days=days_later)), publisher)

    former.refresh_from_db()
    assert former.in_force.upper is None
    assert FeeSchedule.objects.count() == 1


def test_direction_has_a_fee_of_its_own(fee, publisher):
    publish(fee, publisher)
    publish(replace(fee, direction="计算机视觉"), publisher)

    assert FeeSchedule.objects.count() == 2


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"theory_fee": Decimal("-1.00")}, "theory_fee"),
        ({"practice_fee": Decimal("1.005")}, "practice_fee"),
        ({"theory_fee": Decimal(0), "practice_fee": Decimal(0)}, "theory_fee"),
        ({"announcement_url": "see the wall"}, "announcement_url"),
        ({"announcement_url": "javascript:alert(1)"}, "announcement_url"),
        ({"direction": "向" * 65}, "direction"),
        ({"starts_on": TODAY - timedelta(days=1)}, "starts_in_the_past"),
        ({"ends_before": TODAY}, "days_out_of_order"),
        ({"level": Level.SENIOR}, "not_accredited"),
        ({"starts_on": date(2035, 1, 1)}, "not_accredited"),
    ],
)
def test_refused_fee_leaves_nothing(fee, publisher, changes, code):
    with pytest.raises(DomainError) as refusal:
        publish(replace(fee, **changes), publisher)

    assert refusal.value.code == code
    assert not FeeSchedule.objects.exists()
    assert not AuditEvent.objects.exists()


def test_bureau_writes_down_what_was_announced_earlier(fee):
    operator = UserFactory(municipal_operator=True)

    schedule = publish(replace(fee, starts_on=date(2025, 3, 1), ends_before=date(2025, 9, 1)), operator)

    assert schedule.in_force == DateRange(date(2025, 3, 1), date(2025, 9, 1))


def test_institution_publishes_its_own_fees_only(fee):
    other = UserFactory(evaluation_operator=True, institution=InstitutionFactory())

    with pytest.raises(NotPermitted):
        publish(fee, other)

    assert not FeeSchedule.objects.exists()


@pytest.mark.parametrize("role", Role)
def test_who_may_publish(role):
    user = UserFactory(**{role.lower(): True})
    expected = role == Role.MUNICIPAL_OPERATOR or role in EVALUATION_ROLES

    assert policies.can_publish_fees(user) is expected
    assert policies.can_publish_fee(user, user.institution_id or 1) is expected


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"published_by": None}, "fee_schedule_publication_complete"),
        ({"total": Decimal("1.00")}, "fee_schedule_total_is_sum_of_parts"),
    ],
)
def test_schedule_is_refused_by(fields, constraint):
    publisher = UserFactory(evaluation_operator=True)

    with pytest.raises(IntegrityError, match=constraint):
        FeeScheduleFactory(**{"published_by": publisher, "published_at": NOW, **fields})


@pytest.mark.parametrize("ends_before", [None, date(2032, 1, 1)], ids=["for ever", "later"])
def test_published_fee_may_end_earlier_and_never_later(ends_before):
    schedule = FeeScheduleFactory(in_force=DateRange(date(2026, 1, 1), date(2027, 1, 1)))

    with pytest.raises(Exception, match="fee_schedule_only_shortened"):
        FeeSchedule.objects.filter(pk=schedule.pk).update(in_force=DateRange(date(2026, 1, 1), ends_before))


def test_public_sees_the_fees_of_today_and_past_ones_when_asked(client):
    today = timezone.localdate()
    past = FeeScheduleFactory(
        institution__name_zh="过去评价中心", in_force=DateRange(date(2025, 1, 1), today)
    )
    present = FeeScheduleFactory(institution__name_zh="现在评价中心", in_force=DateRange(today, None))

    shown, with_past = (text_of(client.get(reverse("fee-list"), query)) for query in ({}, {"past": "1"}))

    assert present.institution.name_zh in shown
    assert past.institution.name_zh not in shown
    assert past.institution.name_zh in with_past
    assert reverse("fee-publication") not in shown


def test_institution_publishes_on_its_page_and_is_told_what_is_wrong(client_of, publisher, accreditation):
    client, url = client_of(publisher), reverse("fee-publication")
    sent = {
        "institution": accreditation.institution_id,
        "occupation": accreditation.occupation_id,
        "level": Level.JUNIOR,
        "theory_fee": "300",
        "practice_fee": "200.50",
        "review_fee": "0",
        "announcement_url": "https://example.org/a",
        "first_day": in_days(1),
        "last_day": "",
    }

    refused = client.post(url, {**sent, "first_day": in_days(-1)})
    done = client.post(url, sent)

    assert refused.status_code == 422
    assert done.url == reverse("fee-list")
    assert FeeSchedule.objects.get().total == Decimal("500.50")
    assert FeeSchedule.objects.get().published_by == publisher


def test_occupation_is_found_under_either_code(client):
    occupation = OccupationFactory(code="2-02-99-01", former_code="2-02-10-99")
    FeeScheduleFactory(occupation=occupation, institution__name_zh="编码评价中心")

    pages = [text_of(client.get(reverse("fee-list"), {"q": code})) for code in ("2-02-99-01", "2-02-10-99")]

    assert all("编码评价中心" in page for page in pages)
