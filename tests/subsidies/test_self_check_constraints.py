"""A key to somebody's own decision opens once, in time, and after few wrong tries; the table itself sees to it."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, InternalError, transaction

from subsidies.enums import AccessPurpose
from subsidies.models import SelfCheckAccess
from tests.clock import NOW
from tests.factories.self_checks import SelfCheckAccessFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"kind": "PIGEON"}, "self_check_kind_known"),
        ({"purpose": "ANYTHING"}, "self_check_purpose_known"),
        ({"wrong_tries": 6}, "self_check_few_wrong_tries"),
        ({"used_at": NOW, "wrong_tries": 5}, "self_check_used_while_it_held"),
        ({"used_at": NOW + timedelta(minutes=11)}, "self_check_used_while_it_held"),
        ({"link": True, "reason": ""}, "self_check_link_handed_out_for_a_reason"),
        ({"link": True, "issued_by": None}, "self_check_link_handed_out_for_a_reason"),
        ({"link": True, "purpose": AccessPurpose.ACCOUNT}, "self_check_link_only_looks"),
        ({"account_ends_in": "0123"}, "self_check_account_only_where_one_is_confirmed"),
    ],
)
def test_key_is_refused_by(fields, constraint):
    with pytest.raises(IntegrityError, match=constraint):
        SelfCheckAccessFactory(**fields)


def test_code_that_an_office_signed_is_refused():
    issuer = SelfCheckAccessFactory(link=True).issued_by

    with pytest.raises(IntegrityError, match="self_check_link_handed_out_for_a_reason"):
        SelfCheckAccessFactory(issued_by=issuer)


def test_one_secret_is_one_key():
    key = SelfCheckAccessFactory()

    with pytest.raises(IntegrityError, match="secret_hash"):
        SelfCheckAccessFactory(secret_hash=key.secret_hash)


@pytest.mark.parametrize("change", [{"used_at": None}, {"wrong_tries": 0}, {"used_at": NOW}])
def test_used_key_stays_used(change):
    key = SelfCheckAccessFactory(used_at=NOW - timedelta(minutes=1), wrong_tries=1)

    with pytest.raises(InternalError, match="self_check_used_once"), transaction.atomic():
        SelfCheckAccess.objects.filter(pk=key.pk).update(**change)


@pytest.mark.parametrize(
    "change",
    [
        {"expires_at": NOW + timedelta(days=9)},
        {"secret_hash": "0" * 64},
        {"purpose": AccessPurpose.ACCOUNT},
        {"reason": "Another."},
    ],
)
def test_what_a_key_opens_stays(change):
    key = SelfCheckAccessFactory()

    with pytest.raises(InternalError, match="Cannot update"), transaction.atomic():
        SelfCheckAccess.objects.filter(pk=key.pk).update(**change)
