from collections.abc import Collection

from django.db.models import QuerySet

from assessment.models import CertificateRevocation, LevelCertificate
from assessment.queries.certificates import lock_certificate
from chongqing_dte.foundation.proposals import RequestStatus
from institutions.enums import EVALUATION_ROLES, MUNICIPAL_ROLES
from institutions.models import User


def revocations_visible_to(user: User) -> QuerySet[CertificateRevocation]:
    """Return the proposals of revocation that this person may see, newest first, with all that is shown of them.

    The municipal bureau sees them all, an evaluation institution those of its own certificates.
    """
    revocations = (
        CertificateRevocation.objects.select_related(
            "certificate__institution",
            "certificate__occupation",
            "certificate__trainee__merged_into",
            "proposed_by",
            "decided_by",
        )
        .defer(
            "certificate__trainee__id_number",
            "certificate__trainee__mobile",
            "certificate__trainee__merged_into__id_number",
            "certificate__trainee__merged_into__mobile",
        )
        .order_by("-id")
    )
    if user.role in MUNICIPAL_ROLES:
        return revocations
    if user.role in EVALUATION_ROLES and user.institution_id is not None:
        return revocations.filter(certificate__institution_id=user.institution_id)
    return revocations.none()


def revocations_waiting(user: User) -> QuerySet[CertificateRevocation]:
    """Return the proposals that wait for a decision and that this person may see."""
    return revocations_visible_to(user).filter(status=RequestStatus.PROPOSED)


def revocation_waits_for_the_sitting(certificate: LevelCertificate) -> bool:
    """Test whether somebody proposed to revoke this certificate or another of the same sitting."""
    return CertificateRevocation.objects.filter(
        certificate__attempt__session__attempts=certificate.attempt_id,
        certificate__trainee=certificate.trainee_id,
        status=RequestStatus.PROPOSED,
    ).exists()


def lock_open_revocations_of(certificates: Collection[LevelCertificate]) -> list[CertificateRevocation]:
    """Return the proposals about these certificates that wait, oldest first, locked.

    Whoever locks certificates too locks those first.
    """
    return list(
        CertificateRevocation.objects.select_for_update(of=("self",))
        .filter(certificate__in=certificates, status=RequestStatus.PROPOSED)
        .order_by("pk")
    )


def lock_certificate_of_revocation(revocation_id: int) -> LevelCertificate:
    """Return the certificate that a proposal is about, locked as `lock_certificate` does."""
    found = CertificateRevocation.objects.values_list("certificate_id", flat=True)
    return lock_certificate(found.get(pk=revocation_id))


def lock_revocation(revocation_id: int) -> CertificateRevocation:
    """Return one proposal of revocation that no other transaction can change until this one ends."""
    return CertificateRevocation.objects.select_for_update(of=("self",)).get(pk=revocation_id)
