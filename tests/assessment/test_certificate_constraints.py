import pytest
from django.db import IntegrityError, InternalError

from assessment.enums import CertificateStatus
from assessment.models import CertificateRevocation, LevelCertificate
from chongqing_dte.foundation.proposals import RequestStatus
from tests.clock import NOW
from tests.factories.assessment import (
    AttemptCorrectionFactory,
    AttemptFactory,
    CertificateRevocationFactory,
    LevelCertificateFactory,
)
from tests.factories.enrollment import TraineeFactory
from tests.factories.institutions import InstitutionFactory, OccupationFactory, UserFactory

pytestmark = pytest.mark.django_db


def ended(certificate, status=CertificateStatus.SUPERSEDED):
    """Return the certificate, not valid any more."""
    certificate.status = status
    certificate.ended_by, certificate.ended_at = certificate.attempt.session.filed_by, NOW
    certificate.end_reason = "Lost."
    certificate.save()
    return certificate


def in_the_place_of(former, **fields):
    """Return another certificate for the same sitting."""
    return LevelCertificateFactory(attempt=former.attempt, supersedes=former, **fields)


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"number": ""}, "certificate_number_present"),
        ({"number": "cq-1"}, "certificate_number_normalized"),
        ({"number": "CQ 1"}, "certificate_number_normalized"),
        ({"number": "CQ\u30001"}, "certificate_number_normalized"),
        ({"origin": "PRINTER"}, "certificate_origin_known"),
        ({"ended_at": NOW}, "certificate_ending_complete"),
        ({"status": "REVOKED"}, "certificate_ended_for_a_reason"),
        ({"status": "SUPERSEDED", "end_reason": "Lost."}, "certificate_ended_for_a_reason"),
    ],
)
def test_certificate_is_refused_by(fields, constraint):
    with pytest.raises(IntegrityError, match=constraint):
        LevelCertificateFactory(**fields)


def test_status_of_a_certificate_is_known():
    somebody = UserFactory(municipal_reviewer=True)

    with pytest.raises(IntegrityError, match="certificate_status_known"):
        LevelCertificateFactory(status="LOST", ended_by=somebody, ended_at=NOW, end_reason="Lost.")


def test_ended_certificate_has_a_reason():
    with pytest.raises(IntegrityError, match="certificate_ended_for_a_reason"):
        LevelCertificateFactory(status="REVOKED", ended_by=UserFactory(municipal_reviewer=True), ended_at=NOW)


def test_valid_certificate_has_not_ended():
    with pytest.raises(IntegrityError, match="certificate_valid_until_it_ended"):
        LevelCertificateFactory(
            ended_by=UserFactory(municipal_reviewer=True), ended_at=NOW, end_reason="Lost."
        )


def test_unknown_level_of_a_certificate_is_refused():
    attempt = AttemptFactory()

    # The trigger that compares it with the session comes after the constraint.
    with pytest.raises(IntegrityError, match="certificate_level_known"):
        LevelCertificateFactory(attempt=attempt, level="MASTER")


def test_attempt_has_one_valid_certificate():
    certificate = LevelCertificateFactory()

    with pytest.raises(IntegrityError, match="certificate_one_valid_per_attempt"):
        LevelCertificateFactory(attempt=certificate.attempt)


def test_attempt_may_have_another_certificate_once_the_former_has_ended():
    former = ended(LevelCertificateFactory())

    assert in_the_place_of(former).status == CertificateStatus.VALID


def test_number_is_given_once_in_the_whole_programme():
    certificate = LevelCertificateFactory()

    with pytest.raises(IntegrityError, match="certificate_number_once"):
        LevelCertificateFactory(number=certificate.number)


def test_certificate_is_superseded_by_one():
    former = ended(LevelCertificateFactory())
    ended(in_the_place_of(former))

    with pytest.raises(IntegrityError, match="supersedes_id"):
        in_the_place_of(former)


@pytest.mark.parametrize("traits", [{"failed": True}, {"absent": True}], ids=["failed", "absent"])
def test_database_refuses_a_certificate_without_a_pass(traits):
    with pytest.raises(IntegrityError, match="certificate_follows_a_pass"):
        LevelCertificateFactory(attempt=AttemptFactory(**traits))


@pytest.mark.parametrize(
    "fields",
    [
        {"trainee": TraineeFactory},
        {"institution": InstitutionFactory},
        {"occupation": OccupationFactory},
        {"level": lambda: "SENIOR"},
    ],
    ids=lambda fields: next(iter(fields)),
)
def test_database_refuses_a_certificate_of_something_else_than_its_attempt(fields):
    with pytest.raises(IntegrityError, match="certificate_follows_a_pass"):
        LevelCertificateFactory(**{name: make() for name, make in fields.items()})


def test_database_refuses_a_certificate_of_an_attempt_that_was_corrected():
    former = AttemptFactory()
    correction = AttemptCorrectionFactory(
        attempt=former,
        outcome="PASSED",
        practice_score="99.0",
        status=RequestStatus.APPROVED,
        decided_by=UserFactory(municipal_reviewer=True),
        decided_at=NOW,
    )
    AttemptFactory(
        session=former.session,
        enrollment=former.enrollment,
        row_number=former.row_number,
        results_upload=None,
        supersedes=former,
        correction=correction,
        practice_score="99.0",
    )

    with pytest.raises(IntegrityError, match="certificate_follows_the_attempt_that_counts"):
        LevelCertificateFactory(attempt=former)


def test_database_refuses_to_supersede_a_certificate_that_is_valid():
    former = LevelCertificateFactory()

    with pytest.raises(IntegrityError, match="certificate_supersedes_its_own_kind"):
        LevelCertificateFactory(supersedes=former)


def test_database_refuses_to_supersede_somebody_else_s_certificate():
    former = ended(LevelCertificateFactory())

    with pytest.raises(IntegrityError, match="certificate_supersedes_its_own_kind"):
        LevelCertificateFactory(supersedes=former)


def test_certificate_never_comes_to_supersede_another():
    former, other = ended(LevelCertificateFactory()), LevelCertificateFactory()

    with pytest.raises(InternalError, match="Cannot update"):
        LevelCertificate.objects.filter(pk=other.pk).update(supersedes=former)


DECIDED = {"decided_at": NOW, "status": RequestStatus.APPROVED}


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"reason": ""}, "certificate_revocation_has_reason"),
        ({"decided_at": NOW}, "certificate_revocation_decision_complete"),
        ({"status": RequestStatus.REFUSED}, "certificate_revocation_decided_by_somebody"),
    ],
)
def test_revocation_is_refused_by(fields, constraint):
    with pytest.raises(IntegrityError, match=constraint):
        CertificateRevocationFactory(**fields)


def test_status_of_a_revocation_is_known():
    somebody = UserFactory(municipal_reviewer=True)

    with pytest.raises(IntegrityError, match="certificate_revocation_status_known"):
        CertificateRevocationFactory(status="LOST", decided_by=somebody, decided_at=NOW)


def test_nobody_decides_their_own_revocation():
    reviewer = UserFactory(municipal_reviewer=True)

    with pytest.raises(IntegrityError, match="certificate_revocation_decided_by_someone_else"):
        CertificateRevocationFactory(proposed_by=reviewer, decided_by=reviewer, **DECIDED)


@pytest.mark.parametrize(
    "fields",
    [{}, {"decided_by": lambda: UserFactory(municipal_reviewer=True), **DECIDED}],
    ids=["proposed", "approved"],
)
def test_certificate_has_one_revocation_that_was_not_refused(fields):
    made = {name: value() if callable(value) else value for name, value in fields.items()}
    revocation = CertificateRevocationFactory(**made)

    with pytest.raises(IntegrityError, match="certificate_revocation_one_open"):
        CertificateRevocationFactory(certificate=revocation.certificate)


def test_revocation_may_be_proposed_again_after_a_refusal():
    refused = CertificateRevocationFactory(
        status=RequestStatus.REFUSED, decided_by=UserFactory(municipal_reviewer=True), decided_at=NOW
    )

    assert CertificateRevocationFactory(certificate=refused.certificate).pk


@pytest.mark.parametrize(
    ("field", "value"),
    [("reason", "Another."), ("proposed_at", NOW), ("certificate", LevelCertificateFactory)],
    ids=lambda part: part if isinstance(part, str) else "",
)
def test_what_was_proposed_never_changes(field, value):
    revocation = CertificateRevocationFactory()
    other = value() if callable(value) else value

    with pytest.raises(InternalError, match="Cannot update"):
        CertificateRevocation.objects.filter(pk=revocation.pk).update(**{field: other})


def test_revocation_is_never_deleted():
    revocation = CertificateRevocationFactory()

    with pytest.raises(InternalError, match="Cannot delete"):
        CertificateRevocation.objects.filter(pk=revocation.pk)._raw_delete("default")
