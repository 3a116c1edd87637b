"""Who may do what with level certificates: every role, in its own office and in another."""

import pytest

from assessment import policies, queries
from assessment.models import CertificateRevocation, LevelCertificate
from chongqing_dte.foundation.errors import NotPermitted
from institutions.enums import DISTRICT_ROLES, EVALUATION_ROLES, MUNICIPAL_ROLES, Role
from institutions.models import User
from tests.assessment.test_assessment_permissions import OTHER, OWN, somebody, user_with
from tests.factories.assessment import CertificateRevocationFactory

PROPOSER, SOMEBODY_ELSE = 7, 8
CERTIFICATE = LevelCertificate(institution_id=OWN)
REVOCATION = CertificateRevocation(certificate=CERTIFICATE, proposed_by_id=PROPOSER)
# Role -> which acts, where its office is nobody's own: everywhere for the bureau, own institution for others.
ALLOWED = {
    Role.MUNICIPAL_OPERATOR: {"propose_revocation", "hand_out_certificate"},
    Role.MUNICIPAL_REVIEWER: {"propose_revocation", "hand_out_certificate"},
    Role.MUNICIPAL_FINANCE: set(),
    Role.MUNICIPAL_AUDITOR: set(),
    Role.MUNICIPAL_ADMINISTRATOR: set(),
    Role.DISTRICT_REVIEWER: set(),
    Role.DISTRICT_LEAD: set(),
    Role.TRAINING_OPERATOR: set(),
    Role.TRAINING_MANAGER: set(),
    Role.EVALUATION_OPERATOR: {"propose_revocation", "reissue_certificate", "hand_out_certificate"},
    Role.REGISTER_OPERATOR: set(),
}


def test_every_role_appears():
    assert set(ALLOWED) == set(Role)


@pytest.mark.parametrize("act", ["propose_revocation", "reissue_certificate", "hand_out_certificate"])
@pytest.mark.parametrize("office", [OWN, OTHER])
@pytest.mark.parametrize("role", Role)
def test_truth_table(role, office, act):
    user = somebody(role, office)
    is_allowed = act in ALLOWED[role] and (office == OWN or role in MUNICIPAL_ROLES)
    can, check = getattr(policies, f"can_{act}"), getattr(policies, f"check_can_{act}")

    assert can(user, CERTIFICATE) is is_allowed
    if is_allowed:
        check(user, CERTIFICATE)
    else:
        with pytest.raises(NotPermitted):
            check(user, CERTIFICATE)


@pytest.mark.parametrize("person", [PROPOSER, SOMEBODY_ELSE])
@pytest.mark.parametrize("role", Role)
def test_only_a_municipal_reviewer_who_did_not_propose_decides(role, person):
    user = somebody(role, OWN)
    user.pk = person
    is_allowed = role == Role.MUNICIPAL_REVIEWER and person == SOMEBODY_ELSE

    assert policies.can_decide_revocation(user, REVOCATION) is is_allowed
    if is_allowed:
        policies.check_can_decide_revocation(user, REVOCATION)
    else:
        with pytest.raises(NotPermitted):
            policies.check_can_decide_revocation(user, REVOCATION)


@pytest.mark.parametrize("role", Role)
def test_bureaus_see_the_money_of_certificates(role):
    expected = role in (*MUNICIPAL_ROLES, *DISTRICT_ROLES)

    assert policies.sees_money_of_certificates(somebody(role, OWN)) is expected


@pytest.mark.parametrize("role", Role)
def test_names_are_whole_for_evaluation_institutions(role):
    assert policies.sees_names_of_certificates(somebody(role, OWN)) is (role in EVALUATION_ROLES)


@pytest.mark.django_db
@pytest.mark.parametrize("role", Role)
def test_lists_show_the_revocations_of_ones_own_office(role):
    own, other = CertificateRevocationFactory.create_batch(2)
    user = user_with(role, own.certificate)
    expected = {own, other} if role in MUNICIPAL_ROLES else {own} if role in EVALUATION_ROLES else set()

    assert set(queries.revocations_visible_to(user)) == expected
    assert set(queries.revocations_waiting(user)) == expected


@pytest.mark.django_db
@pytest.mark.parametrize("role", [*DISTRICT_ROLES, *EVALUATION_ROLES])
def test_who_has_no_office_sees_no_revocation(role):
    CertificateRevocationFactory()

    assert not queries.revocations_visible_to(User(role=role)).exists()
