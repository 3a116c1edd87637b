from functools import partial

import pytest

from assessment import policies, queries
from assessment.models import CertificateRevocation, LevelCertificate
from assessment.services import reissues, revocations
from tests.assessment.test_reissue_certificates import reissue
from tests.assessment.test_revoke_certificates import decide, propose
from tests.enrollment.interleaving import rival_in_the_middle
from tests.factories.assessment import (
    AssessmentPolicyFactory,
    CertificateRevocationFactory,
    LevelCertificateFactory,
)
from tests.factories.institutions import UserFactory

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


@pytest.fixture(autouse=True)
def _policy():
    AssessmentPolicyFactory(certificate_number_pattern=r"[A-Z]+-[0-9A-Z]+")


def statuses():
    return sorted(LevelCertificate.objects.values_list("status", flat=True))


def test_two_reissues_at_once_leave_one_valid(monkeypatch):
    former = LevelCertificateFactory()

    outcomes = rival_in_the_middle(
        monkeypatch,
        (policies, "check_can_reissue_certificate"),
        partial(reissue, former, number="NEW-1"),
        partial(reissue, former, number="NEW-2"),
    )

    assert outcomes == ["done", "invalid_transition"]
    assert statuses() == ["SUPERSEDED", "VALID"]


def test_two_people_give_one_number_at_once(monkeypatch):
    former, other = LevelCertificateFactory(), LevelCertificateFactory()

    # The rival has looked for the number, and has not found it, when the first one stores it.
    outcomes = rival_in_the_middle(
        monkeypatch,
        (queries, "certificate_number_is_used"),
        partial(reissue, former, number="NEW-1"),
        partial(reissue, other, number="NEW-1"),
    )

    assert sorted(outcomes) == ["certificate_number_used", "done"]
    assert statuses() == ["SUPERSEDED", "VALID", "VALID"]


def test_two_approvals_at_once_are_one(monkeypatch):
    revocation = CertificateRevocationFactory()
    approve = partial(decide, revocations.approve_revocation, revocation)
    reviewers = [UserFactory(municipal_reviewer=True) for _ in range(2)]

    outcomes = rival_in_the_middle(
        monkeypatch,
        (policies, "check_can_decide_revocation"),
        partial(approve, decider=reviewers[0]),
        partial(approve, decider=reviewers[1]),
    )

    assert outcomes == ["done", "invalid_transition"]
    assert CertificateRevocation.objects.get().decided_by == reviewers[0]
    assert statuses() == ["REVOKED"]


def test_reissue_beside_an_approval_finds_the_certificate_revoked(monkeypatch):
    revocation = CertificateRevocationFactory()

    outcomes = rival_in_the_middle(
        monkeypatch,
        (revocations, "end_certificate"),
        partial(decide, revocations.approve_revocation, revocation),
        partial(reissue, revocation.certificate),
    )

    assert outcomes == ["done", "invalid_transition"]
    assert statuses() == ["REVOKED"]


def test_approval_that_begins_beside_a_reissue_takes_both_certificates(monkeypatch):
    """The proposal comes from a time before the freeze: it waits while the reissue is under way."""
    former = LevelCertificateFactory()
    reviewer = UserFactory(municipal_reviewer=True)

    def revoke():
        revocation = propose(former)
        decide(revocations.approve_revocation, revocation, decider=reviewer)

    outcomes = rival_in_the_middle(
        monkeypatch, (reissues, "end_certificate"), partial(reissue, former), revoke
    )

    assert outcomes == ["done", "done"]
    assert statuses() == ["REVOKED", "REVOKED"]


def test_two_proposals_at_once_leave_one(monkeypatch):
    certificate = LevelCertificateFactory()

    outcomes = rival_in_the_middle(
        monkeypatch,
        (queries, "revocation_waits_for_the_sitting"),
        partial(propose, certificate),
        partial(propose, certificate, proposer=UserFactory(municipal_operator=True)),
    )

    assert outcomes == ["done", "revocation_waits_already"]
    assert CertificateRevocation.objects.count() == 1
