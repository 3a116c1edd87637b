"""One person of an office does the work of another one who is absent, over some days."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, InternalError
from django.db.backends.postgresql.psycopg_any import DateRange

from chongqing_dte.foundation.errors import DomainError, InvalidTransition, NotPermitted
from chongqing_dte.foundation.models import AuditEvent
from institutions.delegation_queries import (
    acting_as,
    colleagues_of,
    delegations_visible_to,
    stood_in_for,
    working_days_between,
)
from institutions.enums import Role
from institutions.models import Delegation
from institutions.services.delegations import Absence, end_delegation, give_delegation
from tests.clock import NOW
from tests.factories.institutions import DistrictFactory, UserFactory
from tests.factories.standing import CalendarDayFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]


TODAY = NOW.date()
TOMORROW, NEXT_WEEK = TODAY + timedelta(days=1), TODAY + timedelta(days=7)


@pytest.fixture
def district():
    return DistrictFactory()


@pytest.fixture
def absent(district):
    return UserFactory(district_reviewer=True, district=district)


@pytest.fixture
def stand_in(district):
    return UserFactory(district_reviewer=True, district=district)


def give(absent, stand_in, giver=None, **changes) -> Delegation:
    given = {"first": TODAY, "last": NEXT_WEEK, "reason": "Annual leave.", **changes}
    absence = Absence(absent.pk, stand_in.pk, **given)
    return give_delegation(absence=absence, giver=giver or absent, now=NOW)


def code_of(act) -> str:
    with pytest.raises(DomainError) as refusal:
        act()
    return refusal.value.code


# ── Giving ───────────────────────────────────────────────────────────────────────────────────────────────
def test_somebody_stands_in_from_the_first_day_to_the_last(absent, stand_in):
    delegation = give(absent, stand_in, first=TOMORROW)

    assert delegation.in_force == DateRange(TOMORROW, NEXT_WEEK + timedelta(days=1))
    assert stood_in_for(stand_in, TODAY) == []
    assert stood_in_for(stand_in, TOMORROW) == stood_in_for(stand_in, NEXT_WEEK) == [absent]
    assert stood_in_for(stand_in, NEXT_WEEK + timedelta(days=1)) == []
    assert acting_as(stand_in, TOMORROW) == [stand_in, absent]
    assert stood_in_for(absent, TOMORROW) == []
    event = AuditEvent.objects.get(name="delegation.given")
    assert (event.actor, event.reason) == (absent, "Annual leave.")
    assert event.facts["delegate"] == stand_in.pk


def test_the_districts_lead_gives_the_work_of_an_absent_colleague(district, absent, stand_in):
    lead = UserFactory(district_lead=True, district=district)

    give(absent, stand_in, lead)

    assert stood_in_for(stand_in, TODAY) == [absent]


def test_the_administrator_gives_the_work_of_the_municipal_bureau():
    absent, stand_in = UserFactory(municipal_reviewer=True), UserFactory(municipal_operator=True)

    give(absent, stand_in, UserFactory(municipal_administrator=True))

    assert stood_in_for(stand_in, TODAY) == [absent]


@pytest.mark.parametrize("role", list(Role))
def test_nobody_else_gives_the_work_of_a_district(absent, stand_in, role):
    with pytest.raises(NotPermitted):
        give(absent, stand_in, UserFactory(**{role.lower(): True}))

    assert not Delegation.objects.exists()


def test_a_colleague_does_not_take_the_work_of_another(absent, stand_in):
    with pytest.raises(NotPermitted):
        give(absent, stand_in, stand_in)


def test_institutions_have_no_delegations():
    manager = UserFactory(training_manager=True)
    colleague = UserFactory(training_operator=True, institution=manager.institution)

    with pytest.raises(NotPermitted):
        give(manager, colleague)


def test_nobody_gives_themselves_the_work_of_others(district, absent):
    lead = UserFactory(district_lead=True, district=district)
    administrator = UserFactory(municipal_administrator=True)

    assert code_of(lambda: give(absent, lead, lead)) == "given_to_oneself"
    assert (
        code_of(lambda: give(UserFactory(municipal_reviewer=True), administrator, administrator))
        == "given_to_oneself"
    )


def test_only_somebody_of_the_same_office_stands_in(absent):
    elsewhere = UserFactory(district_reviewer=True)

    assert code_of(lambda: give(absent, elsewhere)) == "other_office"
    assert code_of(lambda: give(absent, UserFactory(municipal_reviewer=True))) == "other_office"
    assert code_of(lambda: give(absent, absent)) == "same_person"


def test_an_auditor_and_a_closed_account_stand_in_for_nobody(absent, stand_in):
    reviewer = UserFactory(municipal_reviewer=True)
    stand_in.is_active = False
    stand_in.save()

    assert code_of(lambda: give(reviewer, UserFactory(municipal_auditor=True))) == "auditor"
    assert code_of(lambda: give(absent, stand_in)) == "account_closed"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"last": TODAY - timedelta(days=1)}, "days_out_of_order"),
        ({"first": TODAY - timedelta(days=1)}, "starts_in_the_past"),
        ({"last": date.max}, "day_unthinkable"),
        ({"reason": "\u3000\u200b"}, "reason_missing"),
    ],
)
def test_an_absence_has_its_days_and_its_reason(absent, stand_in, changes, code):
    assert code_of(lambda: give(absent, stand_in, **changes)) == code
    assert not Delegation.objects.exists()


def test_a_person_that_nobody_knows_is_refused(absent, stand_in):
    stand_in.pk = 10**10

    assert code_of(lambda: give(absent, stand_in)) == "person_unknown"


def test_the_same_days_are_given_once(absent, stand_in):
    delegation = give(absent, stand_in)

    assert code_of(lambda: give(absent, stand_in, first=NEXT_WEEK)) == "stands_in_already"
    end_delegation(delegation_id=delegation.pk, ender=absent, now=NOW)
    give(absent, stand_in, first=NEXT_WEEK)


# ── Ending ───────────────────────────────────────────────────────────────────────────────────────────────
def test_a_delegation_ends_at_once(absent, stand_in):
    delegation = give(absent, stand_in)

    end_delegation(delegation_id=delegation.pk, ender=stand_in, now=NOW)

    assert stood_in_for(stand_in, TODAY) == []
    assert AuditEvent.objects.filter(name="delegation.ended", actor=stand_in).exists()
    with pytest.raises(InvalidTransition, match="ended already"):
        end_delegation(delegation_id=delegation.pk, ender=absent, now=NOW)


def test_a_delegation_that_is_over_is_not_ended(absent, stand_in):
    delegation = give(absent, stand_in)

    with pytest.raises(InvalidTransition, match="over already"):
        end_delegation(delegation_id=delegation.pk, ender=absent, now=NOW + timedelta(days=8))


def test_a_stranger_ends_no_delegation(absent, stand_in):
    delegation = give(absent, stand_in)

    with pytest.raises(NotPermitted):
        end_delegation(delegation_id=delegation.pk, ender=UserFactory(district_lead=True), now=NOW)


# ── In whose place ───────────────────────────────────────────────────────────────────────────────────────
def test_what_somebody_was_given_is_not_given_on(district, absent, stand_in):
    third = UserFactory(district_reviewer=True, district=district)
    give(absent, stand_in)
    give(stand_in, third)

    assert stood_in_for(third, TODAY) == [stand_in]


def test_whoever_left_or_moved_leaves_nothing_behind(absent, stand_in):
    give(absent, stand_in)
    absent.district = DistrictFactory()
    absent.save()
    assert stood_in_for(stand_in, TODAY) == []

    absent.district, absent.is_active = stand_in.district, False
    absent.save()
    assert stood_in_for(stand_in, TODAY) == []


def test_everybody_sees_their_own_and_the_administrator_all(district, absent, stand_in):
    delegation = give(absent, stand_in)
    other = give(UserFactory(municipal_reviewer=True), UserFactory(municipal_operator=True))

    assert list(delegations_visible_to(UserFactory(district_lead=True, district=district))) == [delegation]
    assert list(delegations_visible_to(UserFactory(district_lead=True))) == []
    assert list(delegations_visible_to(other.delegate)) == [other]
    assert set(delegations_visible_to(UserFactory(municipal_auditor=True))) == {delegation, other}
    assert list(delegations_visible_to(UserFactory(training_manager=True))) == []


def test_colleagues_who_can_stand_in(absent, stand_in):
    reviewer, auditor = UserFactory(municipal_reviewer=True), UserFactory(municipal_auditor=True)
    UserFactory(district_reviewer=True)

    assert list(colleagues_of(absent)) == [stand_in]
    assert auditor not in colleagues_of(reviewer)
    assert reviewer in colleagues_of(UserFactory(municipal_operator=True))
    assert list(colleagues_of(UserFactory(training_manager=True))) == []


def test_working_days_between_two_days():
    for number in range(7):
        CalendarDayFactory(day=date(2026, 10, 19) + timedelta(days=number), is_working=number < 5)
    monday, friday = date(2026, 10, 19), date(2026, 10, 23)

    assert working_days_between(monday, friday) == 4
    assert working_days_between(monday, date(2026, 10, 25)) == 4
    assert working_days_between(friday, monday) == 0
    assert working_days_between(monday, monday) == 0
    assert working_days_between(monday, date(2026, 10, 26)) is None


# ── What the database refuses ────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"reason": ""}, "delegation_has_reason"),
        ({"in_force": DateRange(TODAY, None)}, "delegation_has_its_days"),
        ({"in_force": DateRange(None, TODAY)}, "delegation_has_its_days"),
        ({"in_force": DateRange(TODAY, TODAY)}, "delegation_has_its_days"),
        ({"ended_at": NOW}, "delegation_end_complete"),
    ],
)
def test_delegation_is_refused_by(absent, stand_in, fields, constraint):
    row = {
        "delegator": absent,
        "delegate": stand_in,
        "in_force": DateRange(TODAY, NEXT_WEEK),
        "reason": "Annual leave.",
        "given_by": absent,
        "given_at": NOW,
    }
    with pytest.raises(IntegrityError, match=constraint):
        Delegation.objects.create(**{**row, **fields})


def test_a_row_of_two_offices_is_refused(absent):
    row = {"in_force": DateRange(TODAY, NEXT_WEEK), "reason": "Leave.", "given_by": absent, "given_at": NOW}

    with pytest.raises(IntegrityError, match="delegation_within_one_office"):
        Delegation.objects.create(delegator=absent, delegate=UserFactory(district_reviewer=True), **row)


def test_a_row_of_one_person_is_refused(absent):
    row = {"in_force": DateRange(TODAY, NEXT_WEEK), "reason": "Leave.", "given_by": absent, "given_at": NOW}

    with pytest.raises(IntegrityError, match="delegation_to_someone_else"):
        Delegation.objects.create(delegator=absent, delegate=absent, **row)


def test_what_was_given_stays(absent, stand_in):
    delegation = give(absent, stand_in)

    with pytest.raises(InternalError, match="Cannot update"):
        Delegation.objects.filter(pk=delegation.pk).update(reason="Another one.")


def test_an_ended_delegation_stays_ended(absent, stand_in):
    delegation = give(absent, stand_in)
    end_delegation(delegation_id=delegation.pk, ender=absent, now=NOW)

    with pytest.raises(InternalError, match="delegation_stays_ended"):
        Delegation.objects.filter(pk=delegation.pk).update(ended_by=None, ended_at=None)


def test_a_delegation_is_never_deleted(absent, stand_in):
    delegation = give(absent, stand_in)

    with pytest.raises(InternalError, match="Cannot delete"):
        Delegation.objects.filter(pk=delegation.pk).delete()
