from datetime import date
from functools import partial

import pytest

from chongqing_dte.foundation.errors import DomainError, InvalidTransition, NotPermitted
from chongqing_dte.foundation.models import AuditEvent
from demo.identifiers import make_resident_id
from enrollment.enums import IdentityField, RequestStatus
from enrollment.models import Enrollment, IdentityCorrection, Reveal
from enrollment.queries import id_number_hash
from enrollment.rules.evidence import EVIDENCE_MAX_BYTES, evidence_kind
from enrollment.services.corrections import open_evidence, refuse_correction
from enrollment.services.identity_corrections import (
    Correction,
    Evidence,
    approve_identity_correction,
    propose_identity_correction,
    reveal_correction,
)
from tests.clock import NOW
from tests.factories.enrollment import EnrollmentFactory, TraineeFactory
from tests.factories.identity import JPEG, PDF, PNG, IdentityCorrectionFactory
from tests.factories.institutions import UserFactory

pytestmark = pytest.mark.django_db

refuse = partial(refuse_correction, kind=IdentityCorrection)
look = partial(open_evidence, kind=IdentityCorrection)

RIGHT_NUMBER = make_resident_id(born_on=date(2002, 2, 3), sequence=77)


@pytest.fixture
def enrollment():
    return EnrollmentFactory()


def reviewer_of(enrollment, **role):
    return UserFactory(**(role or {"district_reviewer": True}), district=enrollment.training_class.district)


def propose(enrollment, field=IdentityField.NAME, value="欧阳更正", **changed):
    return propose_identity_correction(
        **{
            "enrollment_id": enrollment.pk,
            "correction": Correction(field, value, "Mistyped in the roster."),
            "evidence": Evidence("id-card.jpg", JPEG),
            "proposer": enrollment.training_class.drafted_by,
            "now": NOW,
            **changed,
        }
    )


def decide(service, correction, **changed):
    return service(
        **{
            "correction_id": correction.pk,
            "decider": reviewer_of(correction.enrollment),
            "reason": "As on the card.",
            "now": NOW,
            **changed,
        }
    )


# ── Proposing ────────────────────────────────────────────────────────────────────────────────────────────
def test_a_proposal_changes_nothing_yet(enrollment):
    correction = propose(enrollment, IdentityField.ID_NUMBER, RIGHT_NUMBER)

    correction.refresh_from_db()
    trainee = enrollment.trainee
    former = trainee.id_number
    trainee.refresh_from_db()
    assert trainee.id_number == former
    assert (correction.status, correction.former_value, correction.corrected_value) == (
        RequestStatus.PROPOSED,
        former,
        RIGHT_NUMBER,
    )
    assert (bytes(correction.evidence), correction.evidence_name) == (JPEG, "id-card.jpg")


def test_a_proposal_leaves_an_event_without_the_value(enrollment):
    correction = propose(enrollment, IdentityField.ID_NUMBER, RIGHT_NUMBER)

    event = AuditEvent.objects.get()
    assert (event.name, event.subject_id) == ("identity_correction.proposed", correction.pk)
    assert RIGHT_NUMBER not in f"{event.facts}{event.reason}"


def test_what_was_typed_is_cleaned_as_in_rosters(enrollment):
    typed = "".join(chr(ord(c) + 0xFEE0) for c in RIGHT_NUMBER[:3]) + " " + RIGHT_NUMBER[3:].lower()

    assert propose(enrollment, IdentityField.ID_NUMBER, typed).corrected_value == RIGHT_NUMBER
    assert propose(enrollment, IdentityField.NAME, " 买买提•艾力 ").corrected_value == "买买提·艾力"


REFUSED = {
    "name_length": {"value": "  "},
    "id_length": {"field": IdentityField.ID_NUMBER, "value": "5002"},
    "id_check_character": {
        "field": IdentityField.ID_NUMBER,
        "value": RIGHT_NUMBER[:17] + ("1" if RIGHT_NUMBER[17] != "1" else "2"),
    },
    "field_unknown": {"field": "MOBILE", "value": "13800000000"},
    "evidence_kind": {"evidence": Evidence("card.jpg", b"GIF89a")},
    "evidence_too_large": {"evidence": Evidence("card.jpg", JPEG + b" " * EVIDENCE_MAX_BYTES)},
    "reason_missing": {"correction": Correction(IdentityField.NAME, "欧阳更正", " ")},
}


@pytest.mark.parametrize("code", REFUSED)
def test_a_proposal_is_refused_and_nothing_is_written(enrollment, code):
    with pytest.raises(DomainError) as refusal:
        propose(enrollment, **REFUSED[code])

    assert refusal.value.code == code
    assert not IdentityCorrection.objects.exists()
    assert not AuditEvent.objects.exists()


def test_what_is_known_already_is_no_correction(enrollment):
    with pytest.raises(DomainError) as refusal:
        propose(enrollment, value=enrollment.trainee.name)

    assert refusal.value.code == "nothing_corrected"


def test_a_second_proposal_waits_for_the_first(enrollment):
    propose(enrollment)

    with pytest.raises(DomainError) as refusal:
        propose(enrollment, value="欧阳又错")

    assert refusal.value.code == "correction_waits_already"


def test_the_number_of_another_row_leads_to_a_merge(enrollment):
    holder = TraineeFactory()

    with pytest.raises(DomainError) as refusal:
        propose(enrollment, IdentityField.ID_NUMBER, holder.id_number)

    assert refusal.value.code == "id_number_taken"
    assert holder.id_number not in str(refusal.value)


def test_only_the_institution_proposes(enrollment):
    for stranger in (reviewer_of(enrollment), UserFactory(training_operator=True)):
        with pytest.raises(NotPermitted):
            propose(enrollment, proposer=stranger)


@pytest.mark.parametrize(("content", "kind"), [(JPEG, "jpg"), (PNG, "png"), (PDF, "pdf")])
def test_evidence_is_known_by_its_first_bytes(content, kind):
    assert evidence_kind(content)[1] == kind
    assert evidence_kind(b" " + content) is None


# ── Deciding ─────────────────────────────────────────────────────────────────────────────────────────────
def test_an_approved_name_is_the_persons_name(enrollment):
    correction = propose(enrollment)

    approved = decide(approve_identity_correction, correction)

    enrollment.trainee.refresh_from_db()
    assert enrollment.trainee.name == "欧阳更正"
    assert (approved.status, approved.decided_at, approved.decision_reason) == (
        RequestStatus.APPROVED,
        NOW,
        "As on the card.",
    )


def test_an_approved_id_number_brings_its_hash_and_birth_date(enrollment):
    decide(approve_identity_correction, propose(enrollment, IdentityField.ID_NUMBER, RIGHT_NUMBER))

    trainee = enrollment.trainee
    trainee.refresh_from_db()
    assert (trainee.id_number, trainee.id_number_hash, trainee.birth_date) == (
        RIGHT_NUMBER,
        id_number_hash(RIGHT_NUMBER),
        date(2002, 2, 3),
    )


@pytest.mark.parametrize("left", ["WITHDRAWN", "TRANSFERRED"])
def test_registers_are_asked_again_about_whoever_is_corrected(enrollment, left):
    trainee = enrollment.trainee
    over = EnrollmentFactory(
        trainee=trainee,
        completed=True,
        training_class__starts_on=date(2025, 3, 3),
        training_class__ends_on=date(2025, 4, 4),
    )
    gone = EnrollmentFactory(
        trainee=trainee,
        status=left,
        left_at=NOW,
        training_class__starts_on=date(2025, 6, 2),
        training_class__ends_on=date(2025, 7, 4),
    )
    other_row = EnrollmentFactory(trainee__merged_into=trainee)
    stranger = EnrollmentFactory()

    decide(approve_identity_correction, propose(enrollment))

    due = dict(Enrollment.objects.values_list("pk", "registers_due_at"))
    assert due == {
        enrollment.pk: NOW,
        over.pk: NOW,
        other_row.pk: NOW,
        gone.pk: None,
        stranger.pk: None,
    }


def test_refused_correction_asks_no_register(enrollment):
    decide(refuse, propose(enrollment))

    assert not Enrollment.objects.filter(registers_due_at__isnull=False).exists()


def test_an_approval_leaves_events_without_values(enrollment):
    decide(approve_identity_correction, propose(enrollment, IdentityField.ID_NUMBER, RIGHT_NUMBER))

    events = AuditEvent.objects.order_by("id")
    assert [event.name for event in events] == [
        "identity_correction.proposed",
        "identity_correction.approved",
        "trainee.corrected",
    ]
    assert RIGHT_NUMBER not in "".join(f"{event.facts}{event.reason}" for event in events)


def test_a_refusal_leaves_the_person_and_says_why(enrollment):
    correction = propose(enrollment)
    former = enrollment.trainee.name

    refused = decide(refuse, correction, reason="The card is unreadable.")

    enrollment.trainee.refresh_from_db()
    assert enrollment.trainee.name == former
    assert (refused.status, refused.decision_reason) == (RequestStatus.REFUSED, "The card is unreadable.")


def test_a_refusal_needs_its_reason(enrollment):
    correction = propose(enrollment)

    with pytest.raises(DomainError) as refusal:
        decide(refuse, correction, reason=" ")

    correction.refresh_from_db()
    assert (refusal.value.code, correction.status) == ("reason_missing", RequestStatus.PROPOSED)


@pytest.mark.parametrize("service", [approve_identity_correction, refuse])
def test_nobody_decides_but_the_class_s_district(enrollment, service):
    correction = propose(enrollment)

    for stranger in (UserFactory(district_reviewer=True), correction.proposed_by):
        with pytest.raises(NotPermitted):
            decide(service, correction, decider=stranger)

    correction.refresh_from_db()
    enrollment.trainee.refresh_from_db()
    assert correction.status == RequestStatus.PROPOSED
    assert enrollment.trainee.name == correction.former_value


@pytest.mark.parametrize("service", [approve_identity_correction, refuse])
def test_what_is_decided_is_not_decided_again(enrollment, service):
    correction = propose(enrollment)
    decide(approve_identity_correction, correction)

    with pytest.raises(InvalidTransition):
        decide(service, correction)


def test_what_has_changed_since_is_not_written_over(enrollment):
    correction = propose(enrollment)
    elsewhere = EnrollmentFactory(
        trainee=enrollment.trainee,
        training_class__starts_on=date(2026, 8, 3),
        training_class__ends_on=date(2026, 9, 3),
    )
    decide(approve_identity_correction, propose(elsewhere, value="欧阳正确"))

    with pytest.raises(InvalidTransition):
        decide(approve_identity_correction, correction)

    enrollment.trainee.refresh_from_db()
    assert enrollment.trainee.name == "欧阳正确"


def test_a_number_that_another_row_has_taken_since_is_refused(enrollment):
    correction = propose(enrollment, IdentityField.ID_NUMBER, RIGHT_NUMBER)
    TraineeFactory(id_number=RIGHT_NUMBER)

    with pytest.raises(DomainError) as refusal:
        decide(approve_identity_correction, correction)

    correction.refresh_from_db()
    assert (refusal.value.code, correction.status) == ("id_number_taken", RequestStatus.PROPOSED)


# ── Looking ──────────────────────────────────────────────────────────────────────────────────────────────
def test_looking_at_the_evidence_is_noted():
    correction = IdentityCorrectionFactory()
    viewer = reviewer_of(correction.enrollment)

    evidence = look(correction_id=correction.pk, viewer=viewer, now=NOW)

    event = AuditEvent.objects.get()
    assert evidence.content == JPEG
    assert (event.name, event.actor_id) == ("identity_correction.evidence_opened", viewer.pk)


def test_seeing_the_whole_id_number_is_noted_as_a_reveal(enrollment):
    correction = propose(enrollment, IdentityField.ID_NUMBER, RIGHT_NUMBER)
    viewer = reviewer_of(enrollment)

    reveal_correction(correction_id=correction.pk, viewer=viewer, now=NOW)

    reveal = Reveal.objects.get()
    assert (reveal.trainee, reveal.revealed_to, reveal.field) == (enrollment.trainee, viewer, "ID_NUMBER")


@pytest.mark.parametrize("service", [look, reveal_correction])
def test_a_stranger_sees_neither_evidence_nor_values(service):
    correction = IdentityCorrectionFactory()

    with pytest.raises(NotPermitted):
        service(correction_id=correction.pk, viewer=UserFactory(evaluation_operator=True), now=NOW)

    assert not AuditEvent.objects.exists()
