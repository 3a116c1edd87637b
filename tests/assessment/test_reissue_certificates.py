from datetime import date, timedelta

import pytest

from assessment.enums import CertificateOrigin, CertificateStatus
from assessment.models import LevelCertificate
from assessment.services.reissues import Reissue, reissue_certificate
from chongqing_dte.foundation.errors import DomainError, InvalidTransition, NotPermitted
from chongqing_dte.foundation.models import AuditEvent
from chongqing_dte.foundation.proposals import RequestStatus
from tests.clock import NOW
from tests.factories.assessment import (
    AssessmentPolicyFactory,
    AttemptCorrectionFactory,
    AttemptFactory,
    CertificateRevocationFactory,
    LevelCertificateFactory,
    MarkReviewFactory,
)
from tests.factories.enrollment import TraineeFactory
from tests.factories.institutions import UserFactory
from tests.factories.subsidies import granted_certificate, revoke

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _policy():
    AssessmentPolicyFactory(certificate_number_pattern=r"[A-Z]+-[0-9A-Z]+")


def reissue(certificate, *, operator=None, now=NOW, **changed):
    wanted = {"why": "LOST", "issued_on": NOW.date(), "number": "NEW-1", **changed}
    return reissue_certificate(
        certificate_id=certificate.pk,
        reissue=Reissue(**wanted),
        operator=operator or certificate.attempt.session.filed_by,
        now=now,
    )


def corrected(attempt, **result):
    """Return the attempt that came of an approved correction."""
    correction = AttemptCorrectionFactory(
        attempt=attempt,
        **result,
        status=RequestStatus.APPROVED,
        decided_by=UserFactory(municipal_reviewer=True),
        decided_at=NOW,
    )
    return AttemptFactory(
        session=attempt.session,
        enrollment=attempt.enrollment,
        row_number=attempt.row_number,
        results_upload=None,
        supersedes=attempt,
        correction=correction,
        **result,
    )


def nothing_happened(certificate):
    certificate.refresh_from_db()
    return certificate.status == CertificateStatus.VALID and LevelCertificate.objects.count() == 1


def test_other_certificate_takes_the_place_of_the_former():
    former = granted_certificate()
    operator = former.attempt.session.filed_by

    other = reissue(former, note="The folder was stolen.")

    former.refresh_from_db()
    other.refresh_from_db()
    assert (former.status, former.ended_by, former.ended_at) == (CertificateStatus.SUPERSEDED, operator, NOW)
    assert former.end_reason.endswith("The folder was stolen.")
    assert (other.status, other.number, other.supersedes) == (CertificateStatus.VALID, "NEW-1", former)
    assert (former.decision_due, other.decision_due) == (True, True)
    for same in ("attempt_id", "trainee_id", "institution_id", "occupation_id", "direction", "level"):
        assert getattr(other, same) == getattr(former, same)


def test_each_step_of_a_reissue_has_its_event():
    former = LevelCertificateFactory()

    other = reissue(former)

    events = AuditEvent.objects.filter(subject_type="assessment.levelcertificate").order_by("id")
    assert [(event.name, event.subject_id, event.actor_id) for event in events] == [
        ("certificate.superseded", former.pk, former.attempt.session.filed_by_id),
        ("certificate.reissued", other.pk, former.attempt.session.filed_by_id),
    ]
    assert events[1].facts == {"why": "LOST", "former": former.pk}


def test_other_certificate_hangs_on_the_attempt_that_counts():
    former = LevelCertificateFactory()
    counting = corrected(former.attempt, outcome="PASSED", theory_score="91.0", practice_score="88.0")

    assert reissue(former).attempt == counting


def test_portal_numbers_where_it_numbers_the_session():
    former = LevelCertificateFactory(attempt__session__certificate_origin=CertificateOrigin.PORTAL)

    other = reissue(former, number="")

    assert other.number.startswith("DTE-2026-")
    assert other.origin == CertificateOrigin.PORTAL


def test_certificate_may_be_issued_again_and_again():
    first = LevelCertificateFactory()
    second = reissue(first)

    third = reissue(second, number="NEW-2", why="MISPRINT")

    assert (third.supersedes, LevelCertificate.objects.filter(status="VALID").get()) == (second, third)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"why": "BORED"}, "why_unknown"),
        ({"issued_on": NOW.date() + timedelta(days=1)}, "issued_in_the_future"),
        ({"issued_on": date(2026, 7, 19)}, "issued_before_the_former"),
        ({"number": " "}, "number_missing"),
        ({"number": "A.1234567"}, "certificate_number_pattern"),
        ({"number": "DTE-2026"}, "certificate_number_reserved"),
        ({"number": "dte- 2026"}, "certificate_number_reserved"),
    ],
)
def test_what_cannot_be_is_refused(changed, code):
    former = LevelCertificateFactory()

    with pytest.raises(DomainError) as refusal:
        reissue(former, **changed)

    assert refusal.value.code == code
    assert nothing_happened(former)


def test_number_of_another_certificate_is_refused():
    former, other = LevelCertificateFactory(), LevelCertificateFactory()

    with pytest.raises(DomainError) as refusal:
        reissue(former, number=other.number)

    former.refresh_from_db()
    assert (refusal.value.code, former.status) == ("certificate_number_used", CertificateStatus.VALID)


def test_number_is_not_given_where_the_portal_numbers():
    former = LevelCertificateFactory(attempt__session__certificate_origin=CertificateOrigin.PORTAL)

    with pytest.raises(DomainError) as refusal:
        reissue(former)

    assert refusal.value.code == "number_not_wanted"
    assert nothing_happened(former)


@pytest.mark.parametrize("traits", [{"evaluation_operator": True}, {"municipal_reviewer": True}], ids=str)
def test_nobody_else_issues_it_again(traits):
    former = LevelCertificateFactory()

    with pytest.raises(NotPermitted):
        reissue(former, operator=UserFactory(**traits))

    assert nothing_happened(former)


def test_second_call_finds_it_superseded():
    former = LevelCertificateFactory()
    reissue(former)

    with pytest.raises(InvalidTransition):
        reissue(former, number="NEW-2")

    assert LevelCertificate.objects.count() == 2


def test_revoked_certificate_is_not_issued_again():
    former = revoke(LevelCertificateFactory())

    with pytest.raises(InvalidTransition):
        reissue(former)

    assert LevelCertificate.objects.count() == 1


def test_result_that_is_no_pass_any_more_gives_no_certificate():
    former = LevelCertificateFactory()
    corrected(former.attempt, outcome="FAILED", theory_score="80.0", practice_score="41.0")

    with pytest.raises(InvalidTransition):
        reissue(former)

    assert nothing_happened(former)


@pytest.mark.parametrize(
    "question",
    [
        lambda former: MarkReviewFactory(attempt=former.attempt),
        lambda former: AttemptCorrectionFactory(attempt=former.attempt),
        lambda former: CertificateRevocationFactory(certificate=former),
    ],
    ids=["review", "correction", "revocation"],
)
def test_person_in_question_gets_no_certificate(question):
    former = LevelCertificateFactory()
    question(former)

    with pytest.raises(InvalidTransition):
        reissue(former)

    assert nothing_happened(former)


def test_question_about_a_merged_row_of_the_person_counts_too():
    former = LevelCertificateFactory()
    former.trainee.merged_into = TraineeFactory()
    former.trainee.save()
    MarkReviewFactory(attempt=former.attempt)

    with pytest.raises(InvalidTransition):
        reissue(former)

    assert nothing_happened(former)
