"""The account that a person gives themselves, confirmed by a fresh code."""

from datetime import timedelta

import pytest

from chongqing_dte.foundation.errors import DomainError, InvalidTransition
from chongqing_dte.foundation.models import AuditEvent
from demo.identifiers import make_card_number, make_cnaps
from enrollment.enums import AccountSource, ParticipantCategory
from enrollment.models import BankAccount
from enrollment.queries import current_account_of
from enrollment.services.accounts import AccountDetails
from subsidies.enums import AccessPurpose
from subsidies.models import SelfCheckAccess
from subsidies.services.self_checks import (
    KeyDoesNotOpen,
    ask_to_change_account,
    code_of,
    confirm_own_account,
)
from tests.clock import NOW
from tests.factories.self_checks import code_key, opened, wrong
from tests.factories.subsidies import granted_certificate

pytestmark = pytest.mark.django_db
OTHER_ACCOUNT = AccountDetails(make_card_number(987), "重庆银行", make_cnaps(7))
OTHER_PERSON = "110101199003070000"


def events():
    return list(AuditEvent.objects.filter(name__startswith="self_check").values_list("name", flat=True))


# ── The account ──────────────────────────────────────────────────────────────────────────────────────────
def account_key(key, account=OTHER_ACCOUNT):
    return SelfCheckAccess.objects.get(pk=ask_to_change_account(opened_id=key.pk, account=account, now=NOW))


def confirm(key, code_key_, code, now=NOW):
    return confirm_own_account(
        opened_id=key.pk, key_id=code_key_.pk, code=code, account=OTHER_ACCOUNT, now=now
    )


def test_account_is_recorded_once_the_code_confirms_it():
    certificate = granted_certificate()
    key = opened(certificate)
    fresh = account_key(key)
    assert current_account_of(certificate.trainee_id).number != OTHER_ACCOUNT.number

    account = confirm(key, fresh, code_of(key=fresh))

    assert (account.source, account.recorded_by) == (AccountSource.PERSON, None)
    assert current_account_of(certificate.trainee_id) == account
    assert BankAccount.objects.filter(trainee=certificate.trainee, replaced_at=None).count() == 1
    event = AuditEvent.objects.get(name="bank_account.given_by_the_person")
    assert (event.subject_id, event.actor, event.facts) == (account.pk, None, {})


def test_wrong_code_records_no_account_and_is_counted():
    key = opened(granted_certificate())
    fresh = account_key(key)

    with pytest.raises(KeyDoesNotOpen):
        confirm(key, fresh, wrong(code_of(key=fresh)))

    fresh.refresh_from_db()
    assert fresh.wrong_tries == 1
    assert not BankAccount.objects.filter(source=AccountSource.PERSON).exists()


def test_code_that_opened_the_page_confirms_no_account():
    key = opened(granted_certificate())
    spare = code_key(key.certificate)

    with pytest.raises(KeyDoesNotOpen):
        confirm(key, spare, code_of(key=spare))


def test_code_of_another_person_confirms_no_account():
    key, other = opened(granted_certificate()), opened(granted_certificate())
    theirs = account_key(other)

    with pytest.raises(KeyDoesNotOpen):
        confirm(key, theirs, code_of(key=theirs))
    assert not BankAccount.objects.filter(source=AccountSource.PERSON).exists()


def test_page_that_was_opened_too_long_ago_changes_nothing():
    key = opened(granted_certificate())

    with pytest.raises(KeyDoesNotOpen):
        ask_to_change_account(
            opened_id=key.pk, account=OTHER_ACCOUNT, now=NOW + timedelta(minutes=15, seconds=1)
        )
    assert not SelfCheckAccess.objects.filter(purpose=AccessPurpose.ACCOUNT).exists()


def test_key_that_was_never_used_changes_nothing():
    unused = code_key(granted_certificate())

    with pytest.raises(KeyDoesNotOpen):
        ask_to_change_account(opened_id=unused.pk, account=OTHER_ACCOUNT, now=NOW)


@pytest.mark.parametrize(
    ("account", "code"),
    [
        (AccountDetails("1234567", "A", make_cnaps(1)), "account_malformed"),
        (AccountDetails(OTHER_ACCOUNT.number, "A", "123"), "cnaps_malformed"),
        (AccountDetails(OTHER_ACCOUNT.number, " ", make_cnaps(1)), "bank_missing"),
    ],
)
def test_what_cannot_be_an_account_gets_no_code(account, code):
    key = opened(granted_certificate())

    with pytest.raises(DomainError) as refusal:
        account_key(key, account)

    assert refusal.value.code == code
    assert not SelfCheckAccess.objects.filter(purpose=AccessPurpose.ACCOUNT).exists()


def test_account_of_somebody_who_is_refused_matters_no_more():
    refused = granted_certificate(attempt__enrollment__category=ParticipantCategory.EARLIER_GRADUATE)

    with pytest.raises(InvalidTransition):
        account_key(opened(refused))
