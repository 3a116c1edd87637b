from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import translation

from assessment import queries
from assessment.models import LevelCertificate
from assessment.printing.certificate import Sheet, certificate_pdf
from assessment.services.hand_out_steps import check_can_be_handed_out
from assessment.verification import verification_link
from chongqing_dte.foundation.audit import record_event
from institutions.enums import Level
from institutions.models import User


@transaction.atomic(durable=True)
def print_certificate(*, certificate_id: int, printer: User, now: datetime) -> bytes:
    """Return a certificate as PDF, and note who printed it: it holds the person's name in full.

    Raises NotPermitted for whoever sees masked names, InvalidTransition unless the certificate is valid and nothing
    about the person is in question, and PrintingNotSetUp where no PDF can be made.
    """
    certificate = queries.certificates_as_shown().get(pk=certificate_id)
    check_can_be_handed_out(certificate, printer)
    pdf = certificate_pdf(_sheet_of(certificate))
    record_event("certificate.printed", subject=certificate, actor_id=printer.pk, at=now)
    return pdf


def _sheet_of(certificate: LevelCertificate) -> Sheet:
    holder = certificate.trainee.merged_into or certificate.trainee
    return Sheet(
        name=holder.name,
        number=certificate.number,
        occupation=(certificate.occupation.name_zh, certificate.occupation.name_en),
        direction=certificate.direction,
        level=(_level_in(certificate.level, "zh-hans"), _level_in(certificate.level, "en")),
        institution=(certificate.institution.name_zh, certificate.institution.name_en),
        issued_on=certificate.issued_on.isoformat(),
        link=verification_link(certificate.public_id),
        check_address=settings.PORTAL_ORIGIN + reverse("verify"),
    )


def _level_in(level: str, language: str) -> str:
    with translation.override(language):
        return str(Level(level).label)
