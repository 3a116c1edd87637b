"""An account was recorded by an office, or given by the person: never both, never neither."""

import pytest
from django.db import IntegrityError

from enrollment.enums import AccountSource
from enrollment.models import BankAccount
from tests.factories.enrollment import BankAccountFactory
from tests.factories.institutions import UserFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("source", [AccountSource.ROSTER, AccountSource.CORRECTION])
def test_account_that_nobody_recorded_is_refused(source):
    with pytest.raises(IntegrityError, match="bank_account_recorded_by_an_office_or_the_person"):
        BankAccountFactory(source=source, recorded_by=None, reason="Told.")


def test_own_account_that_an_office_recorded_is_refused():
    with pytest.raises(IntegrityError, match="bank_account_recorded_by_an_office_or_the_person"):
        BankAccountFactory(source=AccountSource.PERSON, recorded_by=UserFactory(municipal_operator=True))


def test_own_account_is_recorded_by_nobody_else():
    account = BankAccountFactory(source=AccountSource.PERSON, recorded_by=None)

    assert BankAccount.objects.get(pk=account.pk).recorded_by is None
