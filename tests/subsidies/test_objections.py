"""What is said against a decision holds its money, is decided for a reason, and is followed once."""

import uuid

import pytest

from assessment.models import LevelCertificate
from chongqing_dte.foundation.errors import DomainError, InvalidTransition, NotPermitted
from chongqing_dte.foundation.models import AuditEvent
from institutions.models import DistrictSuccession
from subsidies import queries
from subsidies.enums import Decision, ObjectionKind, ObjectionStatus, PaymentStatus
from subsidies.models import Objection, Recovery
from subsidies.services.decisions import decide_due_certificates
from subsidies.services.notices import close_notices
from subsidies.services.objections import (
    ObjectionEntry,
    ReceiptUsed,
    decide_objection,
    follow_upheld_objections,
    raise_objection,
)
from tests.clock import NOW
from tests.factories.institutions import DistrictFactory, UserFactory
from tests.factories.notices import (
    AFTERWARDS,
    ON_LAST_DAY,
    ObjectionFactory,
    decided,
    line_of,
    payment_on_notice,
    said_against,
)
from tests.factories.subsidies import (
    EntitlementFactory,
    decision_on,
    delivered_batch,
    granted_certificate,
    hear_from_bank,
    next_batch,
    payment_of,
    revoke,
    settled_batch,
)
from tests.subsidies.books import balances, budget, payment_statuses
from tests.subsidies.database import triggers_off
from tests.subsidies.following import batch_payments, follow

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("promises_hold")]


def entry(kind: ObjectionKind = ObjectionKind.PUBLIC, **changes: object) -> ObjectionEntry:
    words = {"statement": "She never came.", "objector_name": "李四", "contact": "13800000000"}
    return ObjectionEntry(kind=kind, **{**words, **changes})


def raised(payment, kind=ObjectionKind.PUBLIC, *, now=NOW, **changes) -> Objection:
    line_id = line_of(payment).pk if kind == ObjectionKind.PUBLIC else None
    return raise_objection(
        entitlement_id=payment.entitlement_id, entry=entry(kind, **changes), notice_line_id=line_id, now=now
    )


# ── Raising ──────────────────────────────────────────────────────────────────────────────────────────────
def test_the_public_objects_until_the_end_of_the_last_day():
    payment = payment_on_notice()

    objection = raised(payment, now=ON_LAST_DAY)

    assert objection.status == ObjectionStatus.RAISED
    assert (objection.statement, objection.objector_name) == ("She never came.", "李四")
    event = AuditEvent.objects.get(name="objection.raised")
    assert event.facts == {"kind": "PUBLIC", "entitlement": payment.entitlement_id}


def test_the_public_comes_too_late_on_the_day_after():
    payment = payment_on_notice()

    with pytest.raises(InvalidTransition) as refusal:
        raised(payment, now=AFTERWARDS)

    assert refusal.value.code == "period_over"
    assert not Objection.objects.exists()


@pytest.mark.parametrize("kind", [ObjectionKind.PERSON, ObjectionKind.OFFICE])
def test_the_person_and_an_office_object_at_any_time(kind):
    payment = payment_on_notice()
    close_notices(now=AFTERWARDS)

    said_against(payment, kind)

    assert next_batch(AFTERWARDS) is None


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"statement": "  "}, "statement_missing"),
        ({"objector_name": " "}, "name_missing"),
        ({"contact": ""}, "contact_missing"),
    ],
)
def test_what_the_public_says_is_complete(changes, code):
    payment = payment_on_notice()

    with pytest.raises(DomainError) as refusal:
        raised(payment, **changes)

    assert refusal.value.code == code
    assert not Objection.objects.exists()


def test_the_public_names_a_line_and_the_right_one():
    payment, other = payment_on_notice(), payment_on_notice()

    for line_id, code in ((None, "line_missing"), (line_of(other).pk, "other_line")):
        with pytest.raises(DomainError) as refusal:
            raise_objection(
                entitlement_id=payment.entitlement_id, entry=entry(), notice_line_id=line_id, now=NOW
            )
        assert refusal.value.code == code


def test_a_form_sent_twice_is_one_objection():
    payment, receipt = payment_on_notice(), uuid.uuid4()
    raised(payment, receipt=receipt)

    with pytest.raises(ReceiptUsed):
        raised(payment, receipt=receipt)

    assert Objection.objects.get().public_id == receipt


def test_the_person_objects_once_at_a_time():
    payment = payment_of(granted_certificate())
    raised(payment, ObjectionKind.PERSON)

    with pytest.raises(InvalidTransition) as refusal:
        raised(payment, ObjectionKind.PERSON)

    assert refusal.value.code == "already_raised"


def test_nobody_objects_to_a_decision_that_was_replaced():
    certificate = granted_certificate()
    payment = payment_of(certificate)
    revoke(certificate)
    follow()

    with pytest.raises(InvalidTransition) as refusal:
        raised(payment, ObjectionKind.PERSON)

    assert refusal.value.code == "replaced"


def test_an_office_signs_and_nobody_else_does():
    payment = payment_of(granted_certificate())
    clerk = UserFactory(municipal_operator=True)

    for kind, raised_by, code in (
        (ObjectionKind.OFFICE, None, "unsigned"),
        (ObjectionKind.PERSON, clerk, "signed"),
    ):
        with pytest.raises(DomainError) as refusal:
            raise_objection(
                entitlement_id=payment.entitlement_id, entry=entry(kind), raised_by=raised_by, now=NOW
            )
        assert refusal.value.code == code


def test_another_district_records_nothing():
    payment = payment_of(granted_certificate())
    outsider = UserFactory(district_reviewer=True)

    with pytest.raises(NotPermitted):
        raise_objection(
            entitlement_id=payment.entitlement_id,
            entry=entry(ObjectionKind.OFFICE),
            raised_by=outsider,
            now=NOW,
        )

    assert not Objection.objects.exists()


# ── What it holds ────────────────────────────────────────────────────────────────────────────────────────
def test_an_objection_holds_exactly_its_own_money():
    held, other = payment_of(granted_certificate()), payment_of(granted_certificate())
    raised(held, ObjectionKind.PERSON)

    batch = next_batch()

    assert batch_payments(batch) == [other]


def test_a_batch_that_was_not_released_is_taken_back():
    held, other = payment_of(granted_certificate()), payment_of(granted_certificate())
    batch = next_batch()
    raised(held, ObjectionKind.PERSON)

    follow()

    batch.refresh_from_db()
    assert batch.status == "WITHDRAWN"
    assert batch_payments(next_batch()) == [other]


# ── Deciding ─────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("outcome", [ObjectionStatus.UPHELD, ObjectionStatus.DISMISSED])
def test_a_decision_is_signed_and_says_why(outcome):
    objection = ObjectionFactory()
    decider = UserFactory(municipal_reviewer=True)

    decide_objection(
        objection_id=objection.pk, decider=decider, outcome=outcome, reason=" It was checked. ", now=NOW
    )

    objection.refresh_from_db()
    assert (objection.status, objection.decided_by, objection.decision_reason) == (
        outcome,
        decider,
        "It was checked.",
    )
    event = AuditEvent.objects.get(name=f"objection.{outcome.lower()}")
    assert (event.subject_id, event.actor_id) == (objection.pk, decider.pk)


def test_an_objection_is_not_decided_without_a_reason():
    objection = ObjectionFactory()

    with pytest.raises(DomainError) as refusal:
        decide_objection(
            objection_id=objection.pk,
            decider=UserFactory(municipal_reviewer=True),
            outcome=ObjectionStatus.UPHELD,
            reason=" ",
            now=NOW,
        )

    assert refusal.value.code == "reason_missing"
    objection.refresh_from_db()
    assert objection.status == ObjectionStatus.RAISED


def test_an_objection_is_decided_once():
    objection = decided(ObjectionFactory(), ObjectionStatus.DISMISSED)

    with pytest.raises(InvalidTransition):
        decided(objection, ObjectionStatus.UPHELD)


def test_another_district_decides_nothing():
    objection = ObjectionFactory(entitlement__district=DistrictFactory())

    with pytest.raises(NotPermitted):
        decide_objection(
            objection_id=objection.pk,
            decider=UserFactory(district_reviewer=True),
            outcome=ObjectionStatus.UPHELD,
            reason="Mine.",
            now=NOW,
        )

    objection.refresh_from_db()
    assert objection.status == ObjectionStatus.RAISED


def test_a_district_does_the_work_of_those_it_took_over_from():
    heir, former, first = DistrictFactory.create_batch(3)
    DistrictSuccession.objects.create(predecessor=former, successor=heir)
    DistrictSuccession.objects.create(predecessor=first, successor=former)
    objection = ObjectionFactory(entitlement__district=first)
    reviewer = UserFactory(district_reviewer=True, district=heir)

    assert list(queries.objections_visible_to(reviewer)) == [objection]
    assert list(queries.objections_visible_to(UserFactory(district_reviewer=True))) == []
    decide_objection(
        objection_id=objection.pk,
        decider=reviewer,
        outcome=ObjectionStatus.DISMISSED,
        reason="Unfounded.",
        now=NOW,
    )


# ── What follows ─────────────────────────────────────────────────────────────────────────────────────────
def follow_objections() -> int:
    return follow_upheld_objections(now=NOW)


def test_an_unpaid_grant_falls_and_its_money_is_free_again():
    payment = payment_on_notice()
    objection = decided(said_against(payment), ObjectionStatus.UPHELD)

    assert follow_objections() == 1
    assert follow_objections() == 0

    assert payment_statuses() == [PaymentStatus.CANCELLED]
    assert balances() == {}
    assert budget() == (0, 0)
    refusal = decision_on(payment.entitlement.certificate)
    assert (refusal.decision, refusal.reason) == (Decision.REFUSED, "no_objection_was_upheld")
    (check,) = [each for each in refusal.checks if each["name"] == "no_objection_was_upheld"]
    assert (check["outcome"], check["facts"]["objection"]) == ("FAILED", objection.pk)


def test_what_fell_by_an_objection_is_not_granted_again():
    payment = payment_of(granted_certificate())
    decided(said_against(payment, ObjectionKind.OFFICE), ObjectionStatus.UPHELD)
    follow_objections()
    LevelCertificate.objects.update(decision_due=True)

    decide_due_certificates(now=NOW)

    assert decision_on(payment.entitlement.certificate).decision == Decision.REFUSED


def test_money_goes_nowhere_between_the_decision_and_what_follows():
    payment = payment_of(granted_certificate())
    decided(said_against(payment, ObjectionKind.OFFICE), ObjectionStatus.UPHELD)

    assert next_batch() is None


def test_what_was_paid_is_asked_back_once():
    (payment,) = batch_payments(settled_batch())
    objection = decided(said_against(payment, ObjectionKind.OFFICE), ObjectionStatus.UPHELD)

    assert follow_objections() == 1
    assert follow_objections() == 0

    recovery = Recovery.objects.get()
    assert (recovery.payment, recovery.amount, recovery.reason) == (
        payment,
        payment.amount,
        "objection_upheld",
    )
    assert recovery.facts["objection"] == objection.pk
    assert follow() == 0


def test_what_is_with_the_bank_waits_for_its_word():
    batch = delivered_batch()
    (payment,) = batch_payments(batch)
    decided(said_against(payment, ObjectionKind.OFFICE), ObjectionStatus.UPHELD)

    assert follow_objections() == 0
    assert payment_statuses() == [PaymentStatus.INSTRUCTED]

    hear_from_bank(batch)
    assert follow_objections() == 1
    assert Recovery.objects.count() == 1


def test_what_the_bank_returned_is_cancelled():
    batch = delivered_batch()
    (payment,) = batch_payments(batch)
    decided(said_against(payment, ObjectionKind.OFFICE), ObjectionStatus.UPHELD)
    hear_from_bank(batch, "RETURNED")

    assert follow_objections() == 1
    assert payment_statuses() == [PaymentStatus.CANCELLED]
    assert not Recovery.objects.exists()


def test_a_dismissed_objection_is_followed_by_nothing():
    payment = payment_of(granted_certificate())
    decided(said_against(payment, ObjectionKind.PERSON), ObjectionStatus.DISMISSED)

    assert follow_objections() == 0
    assert batch_payments(next_batch()) == [payment]


@pytest.mark.parametrize("reason", [{}, {"held": True}], ids=["refused", "held"])
def test_what_a_person_says_against_not_being_paid_is_decided_again(reason):
    entitlement = EntitlementFactory(**reason)
    with triggers_off():
        LevelCertificate.objects.update(decision_due=False)

    decided(ObjectionFactory(entitlement=entitlement), ObjectionStatus.UPHELD)

    entitlement.certificate.refresh_from_db()
    assert entitlement.certificate.decision_due
    assert follow_objections() == 0


def test_a_dismissed_objection_to_a_refusal_changes_nothing():
    entitlement = EntitlementFactory()
    with triggers_off():
        LevelCertificate.objects.update(decision_due=False)

    decided(ObjectionFactory(entitlement=entitlement), ObjectionStatus.DISMISSED)

    entitlement.certificate.refresh_from_db()
    assert not entitlement.certificate.decision_due
