"""What anybody may ask of a certificate, without a name of their own."""

from uuid import UUID

from django.db.models import QuerySet

from assessment.models import LevelCertificate
from enrollment.queries import names_of_person
from enrollment.rules.identifiers import normalize_identifier, normalize_name

NOBODY = 0


def certificate_under_name(*, number: str, name: str) -> LevelCertificate | None:
    """Return the certificate with this number, if its holder has or had this name.

    Both wrong numbers and wrong names take the same queries, so that neither answer comes sooner.
    """
    found = certificates_as_shown().filter(number=normalize_identifier(number)).first()
    names = names_of_person(found.trainee.person_id if found else NOBODY)
    return found if _comparable(name) in {_comparable(known) for known in names} else None


def certificate_of_link(public_id: UUID) -> LevelCertificate | None:
    """Return the certificate that a signed link names."""
    return certificates_as_shown().filter(public_id=public_id).first()


def certificates_as_shown() -> QuerySet[LevelCertificate]:
    """Return certificates with what stands on their paper, and without ID and mobile numbers."""
    return LevelCertificate.objects.select_related("trainee__merged_into", "occupation", "institution").only(
        "public_id",
        "number",
        "direction",
        "level",
        "issued_on",
        "status",
        "ended_at",
        "trainee__name",
        "trainee__merged_into__name",
        "occupation__name_zh",
        "occupation__name_en",
        "institution__name_zh",
        "institution__name_en",
    )


def _comparable(name: str) -> str:
    return normalize_name(name).casefold()
