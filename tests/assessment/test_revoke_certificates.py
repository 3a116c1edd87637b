import pytest

from assessment.enums import CertificateStatus
from assessment.models import CertificateRevocation
from assessment.queries import frozen_persons
from assessment.services.revocations import approve_revocation, propose_revocation, refuse_revocation
from chongqing_dte.foundation.errors import DomainError, InvalidTransition, NotPermitted
from chongqing_dte.foundation.models import AuditEvent
from chongqing_dte.foundation.proposals import RequestStatus
from tests.clock import NOW
from tests.factories.assessment import CertificateRevocationFactory, LevelCertificateFactory
from tests.factories.institutions import UserFactory
from tests.factories.subsidies import granted_certificate, reissue

pytestmark = pytest.mark.django_db(transaction=True)


def propose(certificate, **changed):
    return propose_revocation(
        **{
            "certificate_id": certificate.pk,
            "reason": "Somebody else sat.",
            "proposer": certificate.attempt.session.filed_by,
            "now": NOW,
            **changed,
        }
    )


def decide(service, revocation, **changed):
    return service(
        **{
            "revocation_id": revocation.pk,
            "decider": UserFactory(municipal_reviewer=True),
            "reason": "The photographs differ.",
            "now": NOW,
            **changed,
        }
    )


def events_of(row):
    found = AuditEvent.objects.filter(subject_type=row._meta.label_lower, subject_id=row.pk)
    return [(event.name, event.actor_id, event.reason) for event in found.order_by("id")]


def test_proposal_waits_and_freezes_the_person():
    certificate = LevelCertificateFactory()

    revocation = propose(certificate)

    certificate.refresh_from_db()
    assert (revocation.status, certificate.status) == (RequestStatus.PROPOSED, CertificateStatus.VALID)
    assert frozen_persons({certificate.trainee_id}) == {certificate.trainee_id}
    assert events_of(revocation) == [
        ("certificate_revocation.proposed", revocation.proposed_by_id, "Somebody else sat.")
    ]


def test_approved_revocation_revokes_for_the_proposed_reason(waiting_messages):
    certificate = granted_certificate()
    revocation = propose(certificate)
    reviewer = UserFactory(municipal_reviewer=True)

    decide(approve_revocation, revocation, decider=reviewer)

    certificate.refresh_from_db()
    revocation.refresh_from_db()
    assert (certificate.status, certificate.ended_by, certificate.ended_at) == (
        CertificateStatus.REVOKED,
        reviewer,
        NOW,
    )
    assert (certificate.end_reason, certificate.decision_due) == ("Somebody else sat.", True)
    assert (revocation.status, revocation.decided_by) == (RequestStatus.APPROVED, reviewer)
    assert frozen_persons({certificate.trainee_id}) == set()
    assert events_of(certificate) == [("certificate.revoked", reviewer.pk, "Somebody else sat.")]
    assert events_of(revocation)[1:] == [
        ("certificate_revocation.approved", reviewer.pk, "The photographs differ.")
    ]


@pytest.mark.parametrize("which", [0, 1], ids=["the former", "the other"])
def test_revocation_takes_every_certificate_of_the_sitting_along(which):
    former = LevelCertificateFactory()
    other = reissue(former)
    revocation = propose([former, other][which])

    decide(approve_revocation, revocation)

    for certificate in (former, other):
        certificate.refresh_from_db()
        assert certificate.status == CertificateStatus.REVOKED
        assert certificate.end_reason == "Somebody else sat."
        assert events_of(certificate)[-1][0] == "certificate.revoked"


def test_revocation_leaves_the_certificates_of_other_sittings():
    other = LevelCertificateFactory()
    certificate = LevelCertificateFactory(
        attempt__session=other.attempt.session,
    )

    decide(approve_revocation, propose(certificate))

    other.refresh_from_db()
    assert other.status == CertificateStatus.VALID


def test_refused_revocation_leaves_the_certificate():
    certificate = granted_certificate()
    revocation = propose(certificate)

    decide(refuse_revocation, revocation)

    certificate.refresh_from_db()
    revocation.refresh_from_db()
    assert (certificate.status, certificate.decision_due) == (CertificateStatus.VALID, False)
    assert (revocation.status, revocation.decision_reason) == (
        RequestStatus.REFUSED,
        "The photographs differ.",
    )
    assert frozen_persons({certificate.trainee_id}) == set()
    assert events_of(revocation)[-1][0] == "certificate_revocation.refused"


def test_refused_revocation_may_be_proposed_again():
    certificate = LevelCertificateFactory()
    decide(refuse_revocation, propose(certificate))

    assert propose(certificate).status == RequestStatus.PROPOSED


def test_another_institution_proposes_nothing():
    certificate = LevelCertificateFactory()

    with pytest.raises(NotPermitted):
        propose(certificate, proposer=UserFactory(evaluation_operator=True))

    assert not CertificateRevocation.objects.exists()


def test_proposal_needs_a_reason():
    with pytest.raises(DomainError) as refusal:
        propose(LevelCertificateFactory(), reason=" \u200b ")

    assert refusal.value.code == "reason_missing"
    assert not CertificateRevocation.objects.exists()


def test_revoked_certificate_is_not_proposed_again():
    certificate = LevelCertificateFactory()
    decide(approve_revocation, propose(certificate))

    with pytest.raises(InvalidTransition):
        propose(certificate)


def test_sitting_has_one_proposal_that_waits():
    former = LevelCertificateFactory()
    other = reissue(former)
    propose(other)

    for certificate in (former, other):
        with pytest.raises(DomainError) as refusal:
            propose(certificate)
        assert refusal.value.code == "revocation_waits_already"
    assert CertificateRevocation.objects.count() == 1


@pytest.mark.parametrize("service", [approve_revocation, refuse_revocation])
def test_nobody_decides_their_own_proposal(service):
    reviewer = UserFactory(municipal_reviewer=True)
    revocation = CertificateRevocationFactory(proposed_by=reviewer)

    with pytest.raises(NotPermitted):
        decide(service, revocation, decider=reviewer)

    revocation.refresh_from_db()
    revocation.certificate.refresh_from_db()
    assert revocation.status == RequestStatus.PROPOSED
    assert revocation.certificate.status == CertificateStatus.VALID


@pytest.mark.parametrize("second", [approve_revocation, refuse_revocation])
@pytest.mark.parametrize("first", [approve_revocation, refuse_revocation])
def test_decision_stands(first, second):
    revocation = decide(first, CertificateRevocationFactory())
    status = revocation.certificate.__class__.objects.get(pk=revocation.certificate_id).status

    with pytest.raises(InvalidTransition):
        decide(second, revocation, reason="Another.")

    revocation.refresh_from_db()
    revocation.certificate.refresh_from_db()
    assert (revocation.decision_reason, revocation.certificate.status) == ("The photographs differ.", status)


def test_refusal_needs_a_reason():
    revocation = CertificateRevocationFactory()

    with pytest.raises(DomainError) as refusal:
        decide(refuse_revocation, revocation, reason="\n")

    revocation.refresh_from_db()
    assert (refusal.value.code, revocation.status) == ("reason_missing", RequestStatus.PROPOSED)


def test_approval_of_what_was_revoked_in_another_way_changes_nothing():
    decider = UserFactory(municipal_reviewer=True)
    revocation = CertificateRevocationFactory(proposed_by=decider)
    other = CertificateRevocationFactory(
        certificate=reissue(revocation.certificate), proposed_by=UserFactory(municipal_operator=True)
    )
    decide(approve_revocation, other, decider=decider)

    with pytest.raises(InvalidTransition):
        decide(approve_revocation, revocation)

    revocation.refresh_from_db()
    assert revocation.status == RequestStatus.PROPOSED
    assert decide(refuse_revocation, revocation).status == RequestStatus.REFUSED


def test_approval_settles_every_proposal_about_the_sitting():
    former = CertificateRevocationFactory()
    revocation = CertificateRevocationFactory(certificate=reissue(former.certificate))
    reviewer = UserFactory(municipal_reviewer=True)

    decide(approve_revocation, revocation, decider=reviewer)

    former.refresh_from_db()
    assert (former.status, former.decided_by) == (RequestStatus.APPROVED, reviewer)
    assert revocation.reason in former.decision_reason
    assert frozen_persons({former.certificate.trainee_id}) == set()
