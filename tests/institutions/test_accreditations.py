from dataclasses import replace
from datetime import date

import pytest
from django.db import IntegrityError
from django.db.backends.postgresql.psycopg_any import DateRange

from chongqing_dte.foundation.errors import DomainError, NotPermitted
from chongqing_dte.foundation.models import AuditEvent
from institutions.enums import AccreditationKind, Level
from institutions.models import Accreditation
from institutions.queries import is_accredited
from institutions.services.accreditations import AccreditationGrant, end_accreditation, grant_accreditation
from tests.clock import NOW
from tests.factories.institutions import (
    AccreditationFactory,
    InstitutionFactory,
    OccupationFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db

TODAY = date(2026, 10, 20)
SOURCE = "目录第三批"


@pytest.fixture
def administrator():
    return UserFactory(municipal_administrator=True)


@pytest.fixture
def grant_of_today():
    return AccreditationGrant(
        institution_id=InstitutionFactory().pk,
        kind=AccreditationKind.TRAINING,
        occupation_id=OccupationFactory().pk,
        level=Level.JUNIOR,
        starts_on=TODAY,
        ends_before=date(2028, 1, 1),
    )


def give(grant, administrator, source=SOURCE):
    return grant_accreditation(grant=grant, source=source, administrator=administrator, now=NOW)


def end(accreditation, administrator, **changes):
    given = {"ends_before": date(2026, 11, 1), "reason": "The institution gave it up.", **changes}
    return end_accreditation(accreditation_id=accreditation.pk, administrator=administrator, now=NOW, **given)


def holds(accreditation, on: date, direction: str = "") -> bool:
    return is_accredited(
        institution_id=accreditation.institution_id,
        kind=AccreditationKind.TRAINING,
        occupation_id=accreditation.occupation_id,
        level=Level.JUNIOR,
        on=on,
        direction=direction,
    )


@pytest.mark.parametrize(
    ("granted", "asked", "answer"),
    [
        pytest.param("", "", True, id="all, and none is asked for"),
        pytest.param("", "视觉", True, id="all cover one"),
        pytest.param("视觉", "视觉", True, id="the same"),
        pytest.param("视觉", "语音", False, id="another"),
        pytest.param("视觉", "", False, id="one does not cover all"),
    ],
)
def test_direction_is_covered(granted, asked, answer):
    assert holds(AccreditationFactory(direction=granted), TODAY, asked) is answer


def test_granted_accreditation_holds_over_its_days_with_an_event(grant_of_today, administrator):
    accreditation = give(grant_of_today, administrator)

    assert [holds(accreditation, day) for day in (date(2026, 10, 19), TODAY, date(2028, 1, 1))] == [
        False,
        True,
        False,
    ]
    event = AuditEvent.objects.get(name="accreditation.granted")
    assert (event.actor, event.subject_id, event.reason) == (administrator, accreditation.pk, SOURCE)


def test_granted_accreditation_for_one_direction_is_for_that_one(grant_of_today, administrator):
    accreditation = give(replace(grant_of_today, direction=" 视觉 ", ends_before=None), administrator)

    assert accreditation.direction == "视觉"
    assert holds(accreditation, date(2040, 1, 1), "视觉")


def test_accreditation_that_the_institution_has_is_not_granted_again(grant_of_today, administrator):
    give(grant_of_today, administrator)

    with pytest.raises(DomainError) as refusal:
        give(replace(grant_of_today, starts_on=date(2027, 12, 31), ends_before=None), administrator)

    assert refusal.value.code == "accredited_already"
    assert Accreditation.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "source", "code"),
    [
        ({"ends_before": TODAY}, SOURCE, "days_out_of_order"),
        ({}, " ", "source_missing"),
        ({}, "\u200b\u3000", "source_missing"),
        ({"starts_on": date(1999, 12, 31)}, SOURCE, "day_unthinkable"),
        ({"ends_before": date(2100, 1, 2)}, SOURCE, "day_unthinkable"),
        ({"starts_on": date.max, "ends_before": None}, SOURCE, "day_unthinkable"),
        ({"level": "MASTER"}, SOURCE, "kind_or_level_unknown"),
        ({"kind": "TEACHING"}, SOURCE, "kind_or_level_unknown"),
        ({"institution_id": 10**10}, SOURCE, "institution_unknown"),
        ({"occupation_id": 10**30}, SOURCE, "occupation_unknown"),
        ({"direction": "向" * 65}, SOURCE, "direction_too_long"),
    ],
)
def test_refused_grant_leaves_nothing(grant_of_today, administrator, changes, source, code):
    with pytest.raises(DomainError) as refusal:
        give(replace(grant_of_today, **changes), administrator, source)

    assert refusal.value.code == code
    assert not Accreditation.objects.exists()
    assert not AuditEvent.objects.exists()


def test_ended_accreditation_holds_to_the_day_before_and_keeps_its_row(administrator):
    accreditation = AccreditationFactory()

    end(accreditation, administrator)

    assert holds(accreditation, date(2026, 10, 31))
    assert not holds(accreditation, date(2026, 11, 1))
    event = AuditEvent.objects.get(name="accreditation.ended")
    assert (event.actor, event.reason) == (administrator, "The institution gave it up.")
    assert event.facts == {"ends_before": "2026-11-01", "former_ends_before": "2031-01-01"}


def test_accreditation_may_end_with_yesterday(administrator):
    accreditation = AccreditationFactory(in_force=DateRange(date(2026, 1, 1), None))

    end(accreditation, administrator, ends_before=TODAY)

    assert not holds(accreditation, TODAY)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"ends_before": date(2026, 10, 19)}, "ends_in_the_past"),
        ({"ends_before": date(2027, 1, 1)}, "day_out_of_range"),
        ({"ends_before": date.max}, "day_unthinkable"),
        ({"reason": ""}, "reason_missing"),
        ({"reason": "\u3000\u200b\x00"}, "reason_missing"),
    ],
)
def test_refused_end_changes_nothing(administrator, changes, code):
    accreditation = AccreditationFactory(in_force=DateRange(date(2026, 1, 1), date(2027, 1, 1)))

    with pytest.raises(DomainError) as refusal:
        end(accreditation, administrator, **changes)

    accreditation.refresh_from_db()
    assert refusal.value.code == code
    assert accreditation.in_force.upper == date(2027, 1, 1)
    assert not AuditEvent.objects.exists()


def test_accreditation_that_has_not_begun_keeps_a_day(administrator):
    accreditation = AccreditationFactory(in_force=DateRange(date(2026, 12, 1), None))

    with pytest.raises(DomainError) as refusal:
        end(accreditation, administrator, ends_before=date(2026, 12, 1))

    assert refusal.value.code == "day_out_of_range"


def test_whoever_may_not_accredit_changes_nothing(grant_of_today):
    reviewer = UserFactory(municipal_reviewer=True)
    accreditation = AccreditationFactory()

    with pytest.raises(NotPermitted):
        give(grant_of_today, reviewer)
    with pytest.raises(NotPermitted):
        end(accreditation, reviewer)

    assert not AuditEvent.objects.exists()


def test_level_that_nobody_knows_is_refused_by_the_database():
    with pytest.raises(IntegrityError, match="accreditation_level_known"):
        AccreditationFactory(level="MASTER")
