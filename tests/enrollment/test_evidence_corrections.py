"""Wrong evidence of a category, put right by two people."""

import json
from datetime import date
from functools import partial

import pytest

from chongqing_dte.foundation.errors import DomainError, InvalidTransition, NotPermitted
from chongqing_dte.foundation.models import AuditEvent
from demo.identifiers import make_credit_code
from enrollment.enums import EnrollmentAct, RequestStatus
from enrollment.evidence_words import evidence_values
from enrollment.models import Enrollment, EnrollmentChange, EvidenceCorrection
from enrollment.rules.evidence import EVIDENCE_MAX_BYTES
from enrollment.services.corrections import open_evidence, refuse_correction
from enrollment.services.evidence_corrections import (
    CorrectedEvidence,
    Evidence,
    approve_evidence_correction,
    propose_evidence_correction,
)
from tests.clock import NOW
from tests.factories.enrollment import EnrollmentFactory
from tests.factories.identity import PDF, EvidenceCorrectionFactory
from tests.factories.institutions import UserFactory

pytestmark = pytest.mark.django_db

refuse = partial(refuse_correction, kind=EvidenceCorrection)
look = partial(open_evidence, kind=EvidenceCorrection)

EMPLOYED = {
    "category": "ENTERPRISE_EMPLOYEE",
    "employer_name": "示范数字科技有限公司",
    "employer_credit_code": make_credit_code(1),
}


@pytest.fixture
def enrollment():
    return EnrollmentFactory(completed=True, student_number="20220101")


def reviewer_of(enrollment, role="district_reviewer"):
    return UserFactory(**{role: True}, district=enrollment.training_class.district)


def propose(enrollment, values=None, *, reason="The wrong box was ticked.", **changed):
    values = {**evidence_values(enrollment), **(EMPLOYED if values is None else values)}
    return propose_evidence_correction(
        **{
            "enrollment_id": enrollment.pk,
            "correction": CorrectedEvidence(values, reason),
            "evidence": Evidence("contract.pdf", PDF),
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
            "reason": "As in the contract.",
            "now": NOW,
            **changed,
        }
    )


def standing(enrollment):
    return evidence_values(Enrollment.objects.get(pk=enrollment.pk))


# ── Proposing ────────────────────────────────────────────────────────────────────────────────────────────
def test_a_proposed_correction_of_the_evidence_changes_nothing_yet(enrollment):
    before = standing(enrollment)

    correction = propose(enrollment)

    correction.refresh_from_db()
    assert standing(enrollment) == before == json.loads(correction.former_values)
    assert evidence_values(correction) == {**before, **EMPLOYED}
    assert (correction.status, bytes(correction.evidence), correction.evidence_name) == (
        RequestStatus.PROPOSED,
        PDF,
        "contract.pdf",
    )


def test_the_event_names_the_fields_and_no_value(enrollment):
    correction = propose(enrollment)

    event = AuditEvent.objects.get()
    assert (event.name, event.subject_id) == ("evidence_correction.proposed", correction.pk)
    assert event.facts["fields"] == ["category", "employer_name", "employer_credit_code"]
    assert EMPLOYED["employer_name"] not in f"{event.facts}{event.reason}"


def test_evidence_is_cleaned_as_in_rosters(enrollment):
    correction = propose(
        enrollment,
        {"school": " 示范\u200b大学  分校 ", "student_number": "２０22 0102", "graduated_on": "2026/7/1"},
    )

    assert (correction.school, correction.student_number, correction.graduated_on) == (
        "示范大学 分校",
        "20220102",
        date(2026, 7, 1),
    )


REFUSED = {
    "nothing_corrected": {"values": {}},
    "evidence_kind": {"evidence": Evidence("contract.gif", b"GIF89a")},
    "evidence_too_large": {"evidence": Evidence("contract.pdf", PDF + b" " * EVIDENCE_MAX_BYTES)},
    "reason_missing": {"reason": " "},
}


@pytest.mark.parametrize("code", REFUSED)
def test_a_proposal_is_refused_and_nothing_is_written(enrollment, code):
    with pytest.raises(DomainError) as refusal:
        propose(enrollment, **REFUSED[code])

    assert refusal.value.code == code
    assert not EvidenceCorrection.objects.exists()
    assert not AuditEvent.objects.exists()


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"category": "PENSIONER"}, "category"),
        ({"education": ""}, "education"),
        ({"category": "ENTERPRISE_EMPLOYEE"}, "employer_name"),
        ({**EMPLOYED, "employer_credit_code": "915"}, "employer_credit_code"),
        ({"graduated_on": ""}, "graduated_on"),
        ({"graduated_on": "some day"}, "graduated_on"),
        ({"school": "校" * 101}, "school"),
        ({"education": "BELOW_ASSOCIATE"}, "education"),
        ({"category": "EARLIER_GRADUATE", "graduated_on": "2027-06-30"}, "graduated_on"),
    ],
)
def test_evidence_that_no_roster_could_bring_is_refused_at_its_field(enrollment, values, field):
    with pytest.raises(DomainError) as refusal:
        propose(enrollment, values)

    assert (refusal.value.code, refusal.value.field) == ("evidence_cannot_be", field)
    assert not EvidenceCorrection.objects.exists()


def test_a_second_proposal_of_evidence_waits_for_the_first(enrollment):
    propose(enrollment)

    with pytest.raises(DomainError) as refusal:
        propose(enrollment, {"education": "MASTER"})

    assert refusal.value.code == "correction_waits_already"


def test_before_the_lock_the_roster_says_it():
    with pytest.raises(InvalidTransition):
        propose(EnrollmentFactory())


def test_only_the_institution_proposes_evidence(enrollment):
    for stranger in (reviewer_of(enrollment), UserFactory(training_operator=True)):
        with pytest.raises(NotPermitted):
            propose(enrollment, proposer=stranger)


# ── Deciding ─────────────────────────────────────────────────────────────────────────────────────────────
def test_an_approved_correction_is_what_the_enrollment_says(enrollment):
    before = standing(enrollment)

    approved = decide(approve_evidence_correction, propose(enrollment))

    assert standing(enrollment) == {**before, **EMPLOYED}
    assert (approved.status, approved.decided_at, approved.decision_reason) == (
        RequestStatus.APPROVED,
        NOW,
        "As in the contract.",
    )


def test_an_approval_keeps_what_stood_there_before(enrollment):
    approved = decide(approve_evidence_correction, propose(enrollment))

    change = EnrollmentChange.objects.get()
    assert (change.act, change.done_by, change.reason) == (
        EnrollmentAct.CORRECTION,
        approved.decided_by,
        "The wrong box was ticked.",
    )
    assert change.fields == ["category", "employer_credit_code", "employer_name"]
    assert json.loads(change.former_values) == {
        "category": "GRADUATING_STUDENT",
        "employer_name": "",
        "employer_credit_code": "",
    }


def test_an_approval_of_evidence_leaves_events(enrollment):
    decide(approve_evidence_correction, propose(enrollment))

    assert list(AuditEvent.objects.order_by("id").values_list("name", flat=True)) == [
        "evidence_correction.proposed",
        "evidence_correction.approved",
        "enrollment.correction",
    ]


def test_evidence_is_corrected_a_second_time(enrollment):
    decide(approve_evidence_correction, propose(enrollment))

    enrollment.refresh_from_db()
    decide(approve_evidence_correction, propose(enrollment, {"education": "MASTER"}))

    assert standing(enrollment)["education"] == "MASTER"
    assert standing(enrollment)["category"] == "ENTERPRISE_EMPLOYEE"


@pytest.mark.parametrize(
    ("values", "is_asked"),
    [
        (EMPLOYED, True),
        ({"school": "另一大学"}, True),
        ({"student_number": "20220999"}, True),
        ({"graduated_on": "2025-06-30"}, True),
        ({"education": "MASTER"}, False),
        ({"employer_name": "另一公司"}, False),
    ],
)
def test_the_register_is_asked_again_about_what_it_knows_of(enrollment, values, is_asked):
    decide(approve_evidence_correction, propose(enrollment, values))

    enrollment.refresh_from_db()
    assert enrollment.registers_due_at == (NOW if is_asked else None)


@pytest.mark.parametrize("left", ["WITHDRAWN", "TRANSFERRED"])
def test_whoever_has_left_is_corrected_and_no_register_is_asked(enrollment, left):
    Enrollment.objects.filter(pk=enrollment.pk).update(status=left, left_at=NOW)

    decide(approve_evidence_correction, propose(enrollment))

    enrollment.refresh_from_db()
    assert (enrollment.category, enrollment.registers_due_at) == ("ENTERPRISE_EMPLOYEE", None)


def test_an_approval_rings_for_whoever_decides_about_money(
    enrollment, waiting_messages, django_capture_on_commit_callbacks
):
    correction = propose(enrollment)

    with django_capture_on_commit_callbacks(execute=True):
        decide(approve_evidence_correction, correction)

    assert "subsidies.tasks.decide_due_certificates_task" in waiting_messages.names()


def test_a_refusal_leaves_the_evidence_and_says_why(enrollment):
    before = standing(enrollment)

    refused = decide(refuse, propose(enrollment), reason="The contract is unreadable.")

    assert standing(enrollment) == before
    assert (refused.status, refused.decision_reason) == (RequestStatus.REFUSED, "The contract is unreadable.")
    assert not EnrollmentChange.objects.exists()


def test_a_refusal_of_evidence_needs_its_reason(enrollment):
    correction = propose(enrollment)

    with pytest.raises(DomainError) as refusal:
        decide(refuse, correction, reason=" ")

    correction.refresh_from_db()
    assert (refusal.value.code, correction.status) == ("reason_missing", RequestStatus.PROPOSED)


@pytest.mark.parametrize("service", [approve_evidence_correction, refuse])
def test_evidence_is_decided_by_nobody_but_the_class_s_district(enrollment, service):
    correction, before = propose(enrollment), standing(enrollment)

    for stranger in (
        UserFactory(district_reviewer=True),
        UserFactory(municipal_reviewer=True),
        correction.proposed_by,
    ):
        with pytest.raises(NotPermitted):
            decide(service, correction, decider=stranger)

    correction.refresh_from_db()
    assert correction.status == RequestStatus.PROPOSED
    assert standing(enrollment) == before


@pytest.mark.parametrize("service", [approve_evidence_correction, refuse])
def test_a_decided_correction_of_evidence_is_not_decided_again(enrollment, service):
    correction = propose(enrollment)
    decide(approve_evidence_correction, correction)

    with pytest.raises(InvalidTransition):
        decide(service, correction)


# ── Looking ──────────────────────────────────────────────────────────────────────────────────────────────
def test_looking_at_the_scan_is_noted():
    correction = EvidenceCorrectionFactory()
    viewer = reviewer_of(correction.enrollment)

    scan = look(correction_id=correction.pk, viewer=viewer, now=NOW)

    event = AuditEvent.objects.get()
    assert scan.content == PDF
    assert (event.name, event.actor_id) == ("evidence_correction.evidence_opened", viewer.pk)


def test_a_stranger_sees_no_scan():
    correction = EvidenceCorrectionFactory()

    with pytest.raises(NotPermitted):
        look(correction_id=correction.pk, viewer=UserFactory(evaluation_operator=True), now=NOW)

    assert not AuditEvent.objects.exists()
