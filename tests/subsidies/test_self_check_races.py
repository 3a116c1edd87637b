"""Two browsers with one key at one moment: a code or a link opens once, and records one account."""

import pytest

from chongqing_dte.foundation.models import AuditEvent
from demo.identifiers import make_card_number, make_cnaps
from enrollment.enums import AccountSource
from enrollment.models import BankAccount
from institutions.enums import Role
from subsidies.models import SelfCheckAccess
from subsidies.services import self_checks
from subsidies.services.self_checks import (
    KeyDoesNotOpen,
    ask_for_code,
    ask_to_change_account,
    code_of,
    confirm_own_account,
    hand_out_link,
    open_with_code,
    open_with_link,
)
from tests.clock import NOW
from tests.factories.assessment import LevelCertificateFactory
from tests.factories.institutions import UserFactory
from tests.factories.self_checks import code_key, opened, what_they_know, wrong
from tests.factories.subsidies import granted_certificate
from tests.subsidies.interleaving import PATIENCE, is_kept_waiting, paused, rivals

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

FIRST = self_checks.AccountDetails(make_card_number(987), "重庆银行", make_cnaps(7))
SECOND = self_checks.AccountDetails(make_card_number(654), "重庆银行", make_cnaps(7))


def succeeds(act, **given) -> bool:
    try:
        act(**given, now=NOW)
    except KeyDoesNotOpen:
        return False
    return True


def events(name: str) -> int:
    return AuditEvent.objects.filter(name=name).count()


def both_at_once(monkeypatch, function: str, first_act, second_act) -> list[bool]:
    """Start the second while the first stands in the middle, and return which of them succeeded."""
    with rivals() as others:
        with paused(monkeypatch, self_checks, function) as reached:
            first = others.start(first_act)
            assert reached.wait(PATIENCE)
            second = others.start(second_act)
            assert is_kept_waiting(second)
        return [first.result(PATIENCE), second.result(PATIENCE)]


def test_one_code_that_confirms_in_two_browsers_at_once_records_one_account(monkeypatch):
    certificate = granted_certificate()
    page = opened(certificate)
    code_id = ask_to_change_account(opened_id=page.pk, account=FIRST, now=NOW)
    code = code_of(key=SelfCheckAccess.objects.get(pk=code_id))

    def confirm(account: self_checks.AccountDetails) -> bool:
        return succeeds(confirm_own_account, opened_id=page.pk, key_id=code_id, code=code, account=account)

    outcomes = both_at_once(monkeypatch, "give_own_account", lambda: confirm(FIRST), lambda: confirm(SECOND))

    assert outcomes == [True, False]
    (own,) = BankAccount.objects.filter(trainee=certificate.trainee, source=AccountSource.PERSON)
    assert (own.number, own.replaced_at) == (FIRST.number, None)
    assert events("bank_account.given_by_the_person") == 1


def test_one_code_opens_one_of_two_browsers(monkeypatch):
    key = code_key(LevelCertificateFactory())

    def try_it() -> bool:
        return succeeds(open_with_code, key_id=key.pk, code=code_of(key=key))

    assert both_at_once(monkeypatch, "_is_opened", try_it, try_it) == [True, False]
    assert events("self_check.opened") == 1


def test_one_link_opens_one_of_two_browsers(monkeypatch):
    certificate = LevelCertificateFactory()
    issuer = UserFactory(**{Role.MUNICIPAL_OPERATOR.lower(): True})
    token = hand_out_link(certificate_id=certificate.pk, issuer=issuer, reason="Passport shown.", now=NOW)

    def try_it() -> bool:
        return succeeds(open_with_link, token=token, **what_they_know(certificate))

    assert both_at_once(monkeypatch, "_is_opened", try_it, try_it) == [True, False]
    assert events("self_check.opened") == 1


def test_a_right_code_beside_the_last_wrong_try_opens_nothing(monkeypatch):
    key = code_key(LevelCertificateFactory())
    code = code_of(key=key)
    SelfCheckAccess.objects.filter(pk=key.pk).update(wrong_tries=self_checks.MOST_WRONG_TRIES - 1)

    outcomes = both_at_once(
        monkeypatch,
        "_is_opened",
        lambda: succeeds(open_with_code, key_id=key.pk, code=wrong(code)),
        lambda: succeeds(open_with_code, key_id=key.pk, code=code),
    )

    assert outcomes == [False, False]


def test_codes_that_are_asked_for_at_once_are_counted_one_after_the_other(monkeypatch):
    monkeypatch.setattr(self_checks, "MOST_CODES_A_DAY", 1)
    certificate = LevelCertificateFactory()

    def ask() -> bool:
        return ask_for_code(**what_they_know(certificate), now=NOW) != self_checks.NOBODY

    assert both_at_once(monkeypatch, "_create_code", ask, ask) == [True, False]
    assert SelfCheckAccess.objects.count() == 1
