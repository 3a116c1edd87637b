from assessment.models import CertificateRevocation, LevelCertificate
from chongqing_dte.foundation.errors import NotPermitted
from institutions.enums import DISTRICT_ROLES, EVALUATION_ROLES, MUNICIPAL_ROLES, Role
from institutions.models import User


def can_propose_revocation(user: User, certificate: LevelCertificate) -> bool:
    """Test whether this person proposes to revoke the certificate: its own institution and the municipal bureau do."""
    if user.role in EVALUATION_ROLES:
        return user.institution_id == certificate.institution_id
    return user.role in (Role.MUNICIPAL_OPERATOR, Role.MUNICIPAL_REVIEWER)


def check_can_propose_revocation(user: User, certificate: LevelCertificate) -> None:
    """Raise NotPermitted unless this person proposes to revoke the certificate."""
    if not can_propose_revocation(user, certificate):
        raise NotPermitted


def can_decide_revocation(user: User, revocation: CertificateRevocation) -> bool:
    """Test whether this person decides on the proposal: a municipal reviewer does, and never on their own."""
    return user.role == Role.MUNICIPAL_REVIEWER and user.pk != revocation.proposed_by_id


def check_can_decide_revocation(user: User, revocation: CertificateRevocation) -> None:
    """Raise NotPermitted unless this person decides on the proposal."""
    if not can_decide_revocation(user, revocation):
        raise NotPermitted


def can_hand_out_certificate(user: User, certificate: LevelCertificate) -> bool:
    """Test whether this person takes the certificate as a paper or a signed file, which bear the whole name.

    Its own institution hands it to its holder, and so does the municipal bureau's desk. Everybody else sees masks.
    """
    if user.role in EVALUATION_ROLES:
        return user.institution_id == certificate.institution_id
    return user.role in (Role.MUNICIPAL_OPERATOR, Role.MUNICIPAL_REVIEWER)


def check_can_hand_out_certificate(user: User, certificate: LevelCertificate) -> None:
    """Raise NotPermitted unless this person takes the certificate as a paper or a signed file."""
    if not can_hand_out_certificate(user, certificate):
        raise NotPermitted


def can_reissue_certificate(user: User, certificate: LevelCertificate) -> bool:
    """Test whether this person issues another certificate in place of this one: its own institution does."""
    return user.role in EVALUATION_ROLES and user.institution_id == certificate.institution_id


def check_can_reissue_certificate(user: User, certificate: LevelCertificate) -> None:
    """Raise NotPermitted unless this person issues another certificate in place of this one."""
    if not can_reissue_certificate(user, certificate):
        raise NotPermitted


def sees_names_of_certificates(user: User) -> bool:
    """Test whether the certificates that this person may see show whole names: those of their own institution do."""
    return user.role in EVALUATION_ROLES


def sees_money_of_certificates(user: User) -> bool:
    """Test whether the page on which a certificate's decision and payment stand is open to this person's office."""
    return user.role in (*MUNICIPAL_ROLES, *DISTRICT_ROLES)
