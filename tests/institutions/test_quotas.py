from functools import partial

import pytest
from django.db import IntegrityError, transaction
from django.utils.translation import override

from chongqing_dte.foundation.errors import DomainError, NotPermitted
from chongqing_dte.foundation.models import AuditEvent
from institutions import queries
from institutions.models import FundedQuota, Institution
from institutions.services.quota_steps import QuotaExceeded, release_seats, reserve_seats
from institutions.services.quotas import QuotaBelowReserved, set_funded_quota
from tests.clock import NOW
from tests.enrollment.interleaving import rival_in_the_middle
from tests.factories.institutions import FundedQuotaFactory, InstitutionFactory, UserFactory

pytestmark = pytest.mark.django_db


def set_quota(institution, administrator, **changes):
    given = {"year": 2026, "seat_count": 120, "source": "渝人社发〔2026〕3号", **changes}
    return set_funded_quota(institution_id=institution.pk, administrator=administrator, now=NOW, **given)


@pytest.fixture
def administrator():
    return UserFactory(municipal_administrator=True)


def test_quota_is_set_for_the_first_time_with_an_event(administrator):
    quota = set_quota(InstitutionFactory(), administrator)

    assert (quota.seat_count, quota.reserved_count, quota.free_count) == (120, 0, 120)
    event = AuditEvent.objects.get(name="quota.set")
    assert (event.actor, event.subject_id, event.reason) == (administrator, quota.pk, "渝人社发〔2026〕3号")
    assert event.facts == {"year": 2026, "seat_count": 120, "former_seat_count": None}


def test_quota_is_changed_and_keeps_what_is_reserved(administrator):
    quota = FundedQuotaFactory(seat_count=100, reserved_count=60)

    set_quota(quota.institution, administrator, seat_count=60)

    quota.refresh_from_db()
    assert (quota.seat_count, quota.reserved_count) == (60, 60)
    assert AuditEvent.objects.get().facts["former_seat_count"] == 100


def test_quota_below_what_is_reserved_is_refused_with_both_numbers(administrator):
    quota = FundedQuotaFactory(seat_count=100, reserved_count=61)

    with pytest.raises(QuotaBelowReserved, match=r"60.*61"):
        set_quota(quota.institution, administrator, seat_count=60)

    quota.refresh_from_db()
    assert quota.seat_count == 100
    assert not AuditEvent.objects.exists()


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"year": 2024}, "year_outside_the_plan"),
        ({"year": 2031}, "year_outside_the_plan"),
        ({"seat_count": -1}, "seats_out_of_range"),
        ({"seat_count": 10**10}, "seats_out_of_range"),
        ({"source": "\u3000\u200b\x00"}, "source_missing"),
    ],
)
def test_quota_that_cannot_be_is_refused_and_nothing_is_written(administrator, changes, code):
    with pytest.raises(DomainError) as refusal:
        set_quota(InstitutionFactory(), administrator, **changes)

    assert refusal.value.code == code
    assert not FundedQuota.objects.exists()
    assert not AuditEvent.objects.exists()


@pytest.mark.parametrize("institution_id", [0, 10**10, 10**30])
def test_quota_of_nobody_is_refused(administrator, institution_id):
    with pytest.raises(DomainError) as refusal:
        set_quota(Institution(pk=institution_id), administrator)

    assert refusal.value.code == "institution_unknown"
    assert not AuditEvent.objects.exists()


def test_quota_needs_a_source(administrator):
    with pytest.raises(DomainError) as refusal:
        set_quota(InstitutionFactory(), administrator, source=" ")

    assert refusal.value.code == "source_missing"
    assert not FundedQuota.objects.exists()


def test_quota_is_set_by_the_administrator_only():
    with pytest.raises(NotPermitted):
        set_quota(InstitutionFactory(), UserFactory(municipal_finance=True))

    assert not FundedQuota.objects.exists()


def test_quota_of_another_year_or_institution_is_another():
    quota = FundedQuotaFactory()

    with transaction.atomic():
        assert queries.lock_quota(institution_id=quota.institution_id, year=2026) == quota
        assert queries.lock_quota(institution_id=quota.institution_id, year=2027) is None
        assert queries.lock_quota(institution_id=InstitutionFactory().pk, year=2026) is None


def test_seats_are_held_and_given_back():
    quota = FundedQuotaFactory(seat_count=50)

    reserve_seats(quota, 50)
    release_seats(quota, 20)

    quota.refresh_from_db()
    assert (quota.reserved_count, quota.free_count) == (30, 20)


def test_more_seats_than_are_free_hold_none():
    quota = FundedQuotaFactory(seat_count=50, reserved_count=20)

    with override("en"), pytest.raises(QuotaExceeded, match=r"31.*30.*2026"):
        reserve_seats(quota, 31)

    quota.refresh_from_db()
    assert quota.reserved_count == 20


def test_more_seats_than_are_held_are_not_given_back():
    quota = FundedQuotaFactory(reserved_count=20)

    with pytest.raises(ValueError, match="21 seats"):
        release_seats(quota, 21)


def take_seats(institution_id: int, count: int) -> None:
    """Reserve seats as the filing of a class does."""
    with transaction.atomic(durable=True):
        quota = queries.lock_quota(institution_id=institution_id, year=2026)
        reserve_seats(quota, count)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_last_seat_is_given_once(monkeypatch):
    quota = FundedQuotaFactory(seat_count=40, reserved_count=39)
    take = partial(take_seats, quota.institution_id, 1)

    outcomes = rival_in_the_middle(monkeypatch, (queries, "lock_quota"), take, take)

    quota.refresh_from_db()
    assert outcomes == ["done", "quota_exceeded"]
    assert quota.reserved_count == 40


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_quota_is_not_lowered_under_a_class_that_is_taking_its_seats(monkeypatch):
    quota = FundedQuotaFactory(seat_count=40)
    administrator = UserFactory(municipal_administrator=True)
    lower = partial(set_quota, quota.institution, administrator, seat_count=10)

    outcomes = rival_in_the_middle(
        monkeypatch, (queries, "lock_quota"), partial(take_seats, quota.institution_id, 30), lower
    )

    quota.refresh_from_db()
    assert outcomes == ["done", "quota_below_reserved"]
    assert (quota.seat_count, quota.reserved_count) == (40, 30)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_two_administrators_who_set_the_same_quota_set_it_once(monkeypatch):
    institution, administrator = InstitutionFactory(), UserFactory(municipal_administrator=True)

    outcomes = rival_in_the_middle(
        monkeypatch,
        (queries, "lock_quota"),
        partial(set_quota, institution, administrator, seat_count=10),
        partial(set_quota, institution, administrator, seat_count=20),
    )

    assert outcomes == ["quota_set_just_now", "done"]
    assert FundedQuota.objects.get().seat_count == 20


def test_year_outside_the_plan_is_refused_by_the_database():
    with pytest.raises(IntegrityError, match="funded_quota_in_the_plan"):
        FundedQuotaFactory(year=2024)
