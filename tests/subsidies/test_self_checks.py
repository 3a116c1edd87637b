"""Codes, links and accounts given by the person: who gets one, what it opens, and when it opens nothing any more."""

import re
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from chongqing_dte.foundation.errors import DomainError, NotPermitted
from chongqing_dte.foundation.models import AuditEvent
from demo.identifiers import make_card_number, make_cnaps
from enrollment.models import Trainee
from enrollment.services.accounts import AccountDetails
from institutions.enums import Role
from subsidies.enums import AccessKind
from subsidies.models import SelfCheckAccess
from subsidies.queries import NOBODY
from subsidies.services import self_checks
from subsidies.services.self_checks import (
    KeyDoesNotOpen,
    ask_for_code,
    ask_to_change_account,
    code_of,
    hand_out_link,
    open_with_code,
    open_with_link,
    send_self_check_codes,
)
from tests.clock import NOW
from tests.factories.assessment import LevelCertificateFactory
from tests.factories.enrollment import TraineeFactory
from tests.factories.institutions import UserFactory
from tests.factories.self_checks import code_key, opened, what_they_know, wrong
from tests.factories.subsidies import granted_certificate, revoke
from tests.fakes.sms import FakeSms
from tests.subsidies.histories import merge

pytestmark = pytest.mark.django_db
OTHER_ACCOUNT = AccountDetails(make_card_number(987), "重庆银行", make_cnaps(7))
OTHER_PERSON = "110101199003070000"


def try_(key, code, now=NOW):
    with pytest.raises(KeyDoesNotOpen):
        open_with_code(key_id=key.pk, code=code, now=now)


def events():
    return list(AuditEvent.objects.filter(name__startswith="self_check").values_list("name", flat=True))


# ── Codes ────────────────────────────────────────────────────────────────────────────────────────────────
def test_code_opens_once():
    key = code_key(LevelCertificateFactory())

    assert open_with_code(key_id=key.pk, code=code_of(key=key), now=NOW).pk == key.pk
    try_(key, code_of(key=key))
    key.refresh_from_db()
    assert key.used_at == NOW
    assert events() == ["self_check.code_asked", "self_check.opened", "self_check.not_opened"]


def test_codes_have_six_digits_and_differ():
    certificate = LevelCertificateFactory()
    codes = [code_of(key=code_key(certificate)) for _ in range(4)]

    assert all(re.fullmatch(r"\d{6}", code) for code in codes)
    assert len(set(codes)) > 1


def test_code_is_dead_after_ten_minutes():
    key = code_key(LevelCertificateFactory())

    try_(key, code_of(key=key), now=NOW + timedelta(minutes=10, seconds=1))
    assert open_with_code(key_id=key.pk, code=code_of(key=key), now=NOW + timedelta(minutes=10))


def test_code_is_dead_after_five_wrong_tries():
    key = code_key(LevelCertificateFactory())
    code = code_of(key=key)

    for _ in range(5):
        try_(key, wrong(code))
    try_(key, code)

    key.refresh_from_db()
    assert (key.wrong_tries, key.used_at) == (5, None)


def test_fifth_try_may_still_be_right():
    key = code_key(LevelCertificateFactory())
    for _ in range(4):
        try_(key, wrong(code_of(key=key)))

    assert open_with_code(key_id=key.pk, code=code_of(key=key), now=NOW).used_at is None


def test_code_for_an_account_opens_no_page():
    certificate = granted_certificate()
    code_id = ask_to_change_account(opened_id=opened(certificate).pk, account=OTHER_ACCOUNT, now=NOW)
    key = SelfCheckAccess.objects.get(pk=code_id)

    try_(key, code_of(key=key))


def test_so_many_codes_a_day_are_made_for_one_certificate():
    certificate = LevelCertificateFactory()
    keys = [ask_for_code(**what_they_know(certificate), now=NOW) for _ in range(12)]

    assert keys.count(NOBODY) == 2
    assert ask_for_code(**what_they_know(certificate), now=NOW + timedelta(days=1, seconds=1)) != NOBODY


# ── Who gets one ─────────────────────────────────────────────────────────────────────────────────────────
def asked_in_vain(certificate):
    """Return what somebody enters who is not the holder, one for each way of being wrong."""
    stranger = TraineeFactory()
    return [
        {"number": certificate.number, "id_number": stranger.id_number},
        {"number": certificate.number, "id_number": OTHER_PERSON},
        {"number": "NO-SUCH-NUMBER", "id_number": certificate.trainee.id_number},
    ]


def test_whoever_is_not_the_holder_gets_no_key():
    for entered in asked_in_vain(LevelCertificateFactory()):
        assert ask_for_code(**entered, now=NOW) == NOBODY
    assert not SelfCheckAccess.objects.exists()


def test_own_id_number_does_not_open_another_persons_certificate():
    own, other = LevelCertificateFactory(), LevelCertificateFactory()

    assert ask_for_code(number=other.number, id_number=own.trainee.id_number, now=NOW) == NOBODY


def statements(act):
    with CaptureQueriesContext(
        connection,
    ) as queries:
        act()
    return [query["sql"].split()[0] for query in queries.captured_queries]


def test_asking_in_vain_takes_as_many_statements_as_asking_with_success():
    certificate = LevelCertificateFactory()
    known = statements(lambda: ask_for_code(**what_they_know(certificate), now=NOW))

    for entered in asked_in_vain(certificate):
        assert len(statements(lambda asked=entered: ask_for_code(**asked, now=NOW))) == len(known)


def test_trying_a_code_of_nobody_takes_as_many_statements_as_a_wrong_one():
    key = code_key(LevelCertificateFactory())
    for_key = statements(lambda: try_(key, wrong(code_of(key=key))))
    for_nobody = statements(lambda: try_(SimpleNamespace(pk=NOBODY), "123456"))

    assert for_nobody == for_key


def test_nobody_is_opened_by_no_code_at_all():
    nobodys = code_of(key=SelfCheckAccess(secret_hash=""))

    try_(SimpleNamespace(pk=NOBODY), nobodys)


def test_merged_person_is_found_by_each_of_their_id_numbers():
    certificate = LevelCertificateFactory()
    kept = TraineeFactory()
    merge(kept, certificate.trainee)

    for id_number in (kept.id_number, certificate.trainee.id_number):
        key = SelfCheckAccess.objects.get(
            pk=ask_for_code(number=certificate.number, id_number=id_number, now=NOW)
        )
        assert key.trainee == kept


def test_revoked_certificate_can_still_be_looked_up():
    assert opened(revoke(LevelCertificateFactory()))


def test_number_and_id_number_are_read_as_people_type_them():
    certificate = LevelCertificateFactory()
    typed = {"number": f" {certificate.number.lower()} ", "id_number": f"{certificate.trainee.id_number} "}

    assert ask_for_code(**typed, now=NOW) != NOBODY


# ── Sending ──────────────────────────────────────────────────────────────────────────────────────────────
def test_code_is_sent_once_to_the_mobile_that_is_known():
    certificate, sms = LevelCertificateFactory(), FakeSms()
    key = code_key(certificate)

    assert send_self_check_codes(gateway=sms, now=NOW) == 1
    assert send_self_check_codes(gateway=sms, now=NOW) == 0

    ((mobile, text, reference),) = sms.messages
    assert mobile == certificate.trainee.mobile
    assert code_of(key=key) in text
    assert reference == f"self-check:{key.pk}"


def test_message_names_nobody():
    certificate, sms = granted_certificate(), FakeSms()
    ask_to_change_account(opened_id=opened(certificate).pk, account=OTHER_ACCOUNT, now=NOW)
    send_self_check_codes(gateway=sms, now=NOW)

    texts = " ".join(text for _mobile, text, _reference in sms.messages)
    assert len(sms.messages) == 2
    assert re.findall(r"\d{7,}", texts) == []
    assert certificate.trainee.name not in texts


def test_message_that_confirms_an_account_names_its_last_digits():
    certificate, sms = granted_certificate(), FakeSms()
    ask_to_change_account(opened_id=opened(certificate).pk, account=OTHER_ACCOUNT, now=NOW)
    send_self_check_codes(gateway=sms, now=NOW)

    named = [
        OTHER_ACCOUNT.number[-4:] in re.sub(r"\d{6}", "", text) for _mobile, text, _reference in sms.messages
    ]
    assert sorted(named) == [False, True]


def test_merged_persons_code_goes_to_the_mobile_of_the_row_that_stands():
    certificate, kept, sms = LevelCertificateFactory(), TraineeFactory(), FakeSms()
    merge(kept, certificate.trainee)
    ask_for_code(**what_they_know(certificate), now=NOW)

    send_self_check_codes(gateway=sms, now=NOW)

    assert [mobile for mobile, _text, _reference in sms.messages] == [kept.mobile]


def test_person_without_a_mobile_holds_nobody_up():
    without, certificate, sms = LevelCertificateFactory(), LevelCertificateFactory(), FakeSms()
    Trainee.objects.filter(pk=without.trainee_id).update(mobile="")
    assert ask_for_code(**what_they_know(without), now=NOW) != NOBODY
    ask_for_code(**what_they_know(certificate), now=NOW)

    assert send_self_check_codes(gateway=sms, now=NOW) == 1
    assert not SelfCheckAccess.objects.filter(sent_at=None).exists()


def test_gateway_that_is_away_gets_the_same_code_later():
    key, sms = code_key(LevelCertificateFactory()), FakeSms(is_away=True)
    assert send_self_check_codes(gateway=sms, now=NOW) == 0

    sms.is_away = False
    assert send_self_check_codes(gateway=sms, now=NOW + timedelta(minutes=5)) == 1
    assert code_of(key=key) in sms.messages[0][1]


def test_code_that_holds_no_more_is_not_sent():
    code_key(LevelCertificateFactory())
    sms = FakeSms()

    assert send_self_check_codes(gateway=sms, now=NOW + timedelta(minutes=11)) == 0
    assert sms.messages == []


def test_code_whose_sending_was_not_recorded_leaves_again_and_is_the_same(monkeypatch):
    code_key(LevelCertificateFactory())
    sms = FakeSms()

    def die(*_arguments, **_more):
        raise KeyboardInterrupt

    with monkeypatch.context() as killed:
        killed.setattr(self_checks, "_record_sent", die)
        with pytest.raises(KeyboardInterrupt):
            send_self_check_codes(gateway=sms, now=NOW)
    send_self_check_codes(gateway=sms, now=NOW)

    first, second = sms.messages
    assert first == second


# ── Links ────────────────────────────────────────────────────────────────────────────────────────────────
def link_for(certificate, role=Role.MUNICIPAL_OPERATOR):
    issuer = UserFactory(**{role.lower(): True})
    return hand_out_link(certificate_id=certificate.pk, issuer=issuer, reason="Identity card seen.", now=NOW)


def test_link_opens_once_for_its_holder():
    certificate = LevelCertificateFactory()
    token = link_for(certificate)

    key = open_with_link(token=token, **what_they_know(certificate), now=NOW)

    assert (key.certificate, key.kind) == (certificate, AccessKind.LINK)
    with pytest.raises(KeyDoesNotOpen):
        open_with_link(token=token, **what_they_know(certificate), now=NOW)


def test_link_is_dead_after_seven_days():
    certificate = LevelCertificateFactory()
    token = link_for(certificate)

    with pytest.raises(KeyDoesNotOpen):
        open_with_link(token=token, **what_they_know(certificate), now=NOW + timedelta(days=7, seconds=1))


def test_link_opens_nothing_for_another_certificate():
    certificate, other = LevelCertificateFactory(), LevelCertificateFactory()
    token = link_for(certificate)

    with pytest.raises(KeyDoesNotOpen):
        open_with_link(token=token, **what_they_know(other), now=NOW)


def test_found_link_is_dead_after_five_guesses_of_its_holder():
    certificate = LevelCertificateFactory()
    token = link_for(certificate)
    for _ in range(5):
        with pytest.raises(KeyDoesNotOpen):
            open_with_link(token=token, number=certificate.number, id_number=OTHER_PERSON, now=NOW)

    with pytest.raises(KeyDoesNotOpen):
        open_with_link(token=token, **what_they_know(certificate), now=NOW)


def test_token_of_a_link_stands_nowhere():
    token = link_for(LevelCertificateFactory())

    key = SelfCheckAccess.objects.get()
    assert token not in {key.secret_hash, key.reason}
    assert token not in str(list(AuditEvent.objects.values()))


@pytest.mark.parametrize("role", Role)
def test_links_are_handed_out_by(role):
    certificate = LevelCertificateFactory()
    if role in {Role.MUNICIPAL_OPERATOR, Role.DISTRICT_REVIEWER}:
        assert link_for(certificate, role)
        return
    with pytest.raises(NotPermitted):
        link_for(certificate, role)
    assert not SelfCheckAccess.objects.exists()


def test_link_needs_a_reason():
    issuer = UserFactory(municipal_operator=True)

    with pytest.raises(DomainError) as refusal:
        hand_out_link(certificate_id=LevelCertificateFactory().pk, issuer=issuer, reason=" ​", now=NOW)

    assert refusal.value.code == "reason_missing"
    assert not SelfCheckAccess.objects.exists()
