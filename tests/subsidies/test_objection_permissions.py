"""Who records an objection, who decides it, and who reads what was said."""

import pytest

from chongqing_dte.foundation.errors import NotPermitted
from institutions.enums import DISTRICT_ROLES, Role
from subsidies import policies
from tests.factories.institutions import DistrictFactory, UserFactory
from tests.factories.notices import ObjectionFactory
from tests.factories.subsidies import EntitlementFactory

pytestmark = pytest.mark.django_db

RECORDS = {Role.MUNICIPAL_OPERATOR, Role.MUNICIPAL_REVIEWER, *DISTRICT_ROLES}
DECIDES = {Role.MUNICIPAL_REVIEWER, *DISTRICT_ROLES}
READS = {Role.MUNICIPAL_REVIEWER, Role.MUNICIPAL_AUDITOR, *DISTRICT_ROLES}


def is_allowed(check, *arguments) -> bool:
    try:
        check(*arguments)
    except NotPermitted:
        return False
    return True


@pytest.mark.parametrize("role", Role)
def test_who_records_objections(role):
    user = UserFactory(**{role.lower(): True})

    assert policies.can_record_objections(user) == (role in RECORDS)
    assert is_allowed(policies.check_can_record_objections, user) == (role in RECORDS)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("is_own", [True, False], ids=["own", "other"])
def test_who_does_what_with_an_objection(role, is_own):
    district = DistrictFactory()
    entitlement = EntitlementFactory(district=district)
    objection = ObjectionFactory(entitlement=entitlement)
    user = UserFactory(**{role.lower(): True})
    districts = {district.pk} if is_own else {DistrictFactory().pk}
    is_competent = is_own or role not in DISTRICT_ROLES

    records = role in RECORDS and is_competent
    assert policies.can_record_objection(user, entitlement, districts) == records
    assert is_allowed(policies.check_can_record_objection, user, entitlement, districts) == records
    decides = role in DECIDES and is_competent
    assert policies.can_decide_objection(user, objection, districts) == decides
    assert is_allowed(policies.check_can_decide_objection, user, objection, districts) == decides
    assert policies.can_read_objection(user, objection, districts) == (role in READS and is_competent)


@pytest.mark.parametrize("role", sorted(DECIDES))
def test_nobody_decides_what_they_recorded_but_they_read_it(role):
    district = DistrictFactory()
    user = UserFactory(**{role.lower(): True})
    objection = ObjectionFactory(office=True, raised_by=user, entitlement__district=district)

    assert not policies.can_decide_objection(user, objection, {district.pk})
    assert policies.can_read_objection(user, objection, {district.pk})
