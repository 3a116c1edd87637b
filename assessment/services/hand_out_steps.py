from assessment import policies, queries
from assessment.enums import CertificateStatus
from assessment.models import LevelCertificate
from chongqing_dte.foundation.errors import InvalidTransition
from chongqing_dte.foundation.sentences import gettext as _
from institutions.models import User


def check_can_be_handed_out(certificate: LevelCertificate, recipient: User) -> None:
    """Raise unless this person may take the certificate now, printed or signed: one rule for both.

    Raises NotPermitted for whoever sees masked names, and InvalidTransition unless the certificate is valid and
    nothing about the person is in question.
    """
    policies.check_can_hand_out_certificate(recipient, certificate)
    if certificate.status != CertificateStatus.VALID:
        raise InvalidTransition(_("A certificate that is no longer valid is not handed out."))
    if queries.frozen_persons([certificate.trainee.person_id]):
        raise InvalidTransition(
            _(
                "A result or certificate of this person is under review. It is handed out once that is decided."
            )
        )
