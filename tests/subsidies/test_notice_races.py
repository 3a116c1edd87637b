"""Two workers at one notice, and an objection at the moment at which money would leave."""

import pytest

from chongqing_dte.foundation.errors import DomainError
from subsidies import queries
from subsidies.enums import BatchStatus, ObjectionKind, ObjectionStatus, PaymentStatus
from subsidies.invariants import find_violations
from subsidies.models import NoticeLine, Objection, PublicNotice, Recovery
from subsidies.services import batches, notices, objections
from subsidies.services.batches import release_batch
from subsidies.services.notices import close_notices, publish_notices
from subsidies.services.objections import decide_objection, follow_upheld_objections
from tests.clock import NOW
from tests.factories.institutions import UserFactory
from tests.factories.notices import AFTERWARDS, decided, payment_on_notice, payment_to_notice, said_against
from tests.factories.subsidies import assembled_batch, granted_certificate, payment_of, settled_batch
from tests.subsidies.books import payment_statuses
from tests.subsidies.following import batch_payments, sign_once
from tests.subsidies.interleaving import PATIENCE, is_kept_waiting, paused, rivals

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


def test_two_workers_publish_one_notice(monkeypatch):
    payment_to_notice()

    with rivals() as others:
        with paused(monkeypatch, notices, "_head") as reached:
            first = others.start(lambda: publish_notices(now=NOW))
            assert reached.wait(PATIENCE)
            second = others.start(lambda: publish_notices(now=NOW))
            assert is_kept_waiting(second)
        assert (first.result(PATIENCE), second.result(PATIENCE)) == (1, 0)

    assert (PublicNotice.objects.count(), NoticeLine.objects.count()) == (1, 1)
    assert find_violations() == []


def test_two_workers_close_one_notice_once(monkeypatch):
    payment_on_notice()

    with rivals() as others:
        with paused(monkeypatch, queries, "entitlements_objected_to") as reached:
            first = others.start(lambda: close_notices(now=AFTERWARDS))
            assert reached.wait(PATIENCE)
            assert others.run(lambda: close_notices(now=AFTERWARDS)) == 0
        assert first.result(PATIENCE) == 1

    assert payment_statuses() == [PaymentStatus.READY]


def test_an_objection_under_way_keeps_its_payment_on_the_notice(monkeypatch):
    payment = payment_on_notice()

    with rivals() as others:
        with paused(monkeypatch, objections, "record_event") as reached:
            objection = others.start(lambda: said_against(payment))
            assert reached.wait(PATIENCE)
            assert others.run(lambda: close_notices(now=AFTERWARDS)) == 0
        objection.result(PATIENCE)

    assert close_notices(now=AFTERWARDS) == 0
    assert payment_statuses() == [PaymentStatus.ON_NOTICE]


def test_an_objection_is_seen_by_whoever_found_the_payment_before_it(monkeypatch):
    payment = payment_on_notice()

    with rivals() as others:
        with paused(monkeypatch, queries, "lock_payments_off_notice") as reached:
            closing = others.start(lambda: close_notices(now=AFTERWARDS))
            assert reached.wait(PATIENCE)
            others.run(lambda: said_against(payment, ObjectionKind.PERSON))
        assert closing.result(PATIENCE) == 0

    assert payment_statuses() == [PaymentStatus.ON_NOTICE]


def test_an_objection_waits_for_the_release_that_is_under_way(monkeypatch):
    batch = assembled_batch()
    sign_once(batch)
    (payment,) = batch_payments(batch)
    signer = UserFactory(municipal_finance=True)

    with rivals() as others:
        with paused(monkeypatch, batches, "_record_release") as reached:
            release = others.start(
                lambda: release_batch(batch_id=batch.pk, releaser=signer, sha256=batch.sha256, now=NOW).status
            )
            assert reached.wait(PATIENCE)
            objection = others.start(lambda: said_against(payment, ObjectionKind.PERSON))
            assert is_kept_waiting(objection)
        assert release.result(PATIENCE) == BatchStatus.RELEASED
        objection.result(PATIENCE)

    assert payment_statuses() == [PaymentStatus.INSTRUCTED]
    assert Objection.objects.count() == 1
    assert find_violations() == []


def test_no_signature_releases_what_is_being_objected_to(monkeypatch):
    batch = assembled_batch()
    sign_once(batch)
    (payment,) = batch_payments(batch)
    signer = UserFactory(municipal_finance=True)

    def sign() -> str:
        try:
            return release_batch(batch_id=batch.pk, releaser=signer, sha256=batch.sha256, now=NOW).status
        except DomainError as refusal:
            return refusal.code

    with rivals() as others:
        with paused(monkeypatch, objections, "record_event") as reached:
            objection = others.start(lambda: said_against(payment, ObjectionKind.PERSON))
            assert reached.wait(PATIENCE)
            release = others.start(sign)
            assert is_kept_waiting(release)
        objection.result(PATIENCE)
        outcome = release.result(PATIENCE)

    batch.refresh_from_db()
    assert outcome != BatchStatus.RELEASED
    assert batch.status == BatchStatus.ASSEMBLED


@pytest.mark.parametrize("is_paid", [True, False], ids=["paid", "unpaid"])
def test_two_workers_follow_an_upheld_objection_once(monkeypatch, is_paid):
    payment = batch_payments(settled_batch())[0] if is_paid else payment_of(granted_certificate())
    decided(said_against(payment, ObjectionKind.OFFICE), ObjectionStatus.UPHELD)

    with rivals() as others:
        with paused(monkeypatch, queries, "upheld_objections_of") as reached:
            first = others.start(lambda: follow_upheld_objections(now=NOW))
            assert reached.wait(PATIENCE)
            assert others.run(lambda: follow_upheld_objections(now=NOW)) == 0
        assert first.result(PATIENCE) == 1

    assert follow_upheld_objections(now=NOW) == 0
    assert Recovery.objects.count() == int(is_paid)
    assert payment_statuses() == [PaymentStatus.PAID if is_paid else PaymentStatus.CANCELLED]
    assert find_violations() == []


def test_two_people_decide_an_objection_once(monkeypatch):
    payment = payment_of(granted_certificate())
    objection = said_against(payment, ObjectionKind.PERSON)
    first, second = UserFactory.create_batch(2, municipal_reviewer=True)

    def decide(decider, outcome) -> str:
        try:
            return decide_objection(
                objection_id=objection.pk, decider=decider, outcome=outcome, reason="Checked.", now=NOW
            ).status
        except DomainError as refusal:
            return refusal.code

    with rivals() as others:
        with paused(monkeypatch, objections, "check_transition") as reached:
            dismissal = others.start(lambda: decide(first, ObjectionStatus.DISMISSED))
            assert reached.wait(PATIENCE)
            upholding = others.start(lambda: decide(second, ObjectionStatus.UPHELD))
            assert is_kept_waiting(upholding)
        assert dismissal.result(PATIENCE) == ObjectionStatus.DISMISSED
        assert upholding.result(PATIENCE) == "invalid_transition"
