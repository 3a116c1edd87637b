from django.db.models import QuerySet

from assessment.credentials.status_list import LIST_LENGTH
from assessment.enums import CertificateStatus
from assessment.models import CredentialKey, LevelCertificate


def credential_keys() -> list[CredentialKey]:
    """Return every key under which the portal ever signed, oldest first."""
    return list(CredentialKey.objects.order_by("version"))


def lock_credential_keys() -> list[CredentialKey]:
    """Return all keys, oldest first, that no other transaction can change until this one ends."""
    return list(CredentialKey.objects.select_for_update(of=("self",)).order_by("version"))


def present_credential_key() -> CredentialKey | None:
    """Return the key that signs at present, if any was ever registered."""
    return CredentialKey.objects.filter(used_until=None).order_by("-version").first()


def certificate_to_sign(certificate_id: int) -> LevelCertificate:
    """Return one certificate with all that its credential names."""
    return LevelCertificate.objects.select_related("trainee__merged_into", "institution", "occupation").get(
        pk=certificate_id
    )


def certificates_of_list(number: int) -> QuerySet[LevelCertificate]:
    """Return the certificates whose bits stand in this status list."""
    first = number * LIST_LENGTH
    return LevelCertificate.objects.filter(pk__gte=first, pk__lt=first + LIST_LENGTH)


def status_list_begun(number: int) -> bool:
    """Test whether any certificate has its bit in this list. The next one begins by itself when this is full."""
    return certificates_of_list(number).exists()


def indexes_not_valid(number: int) -> list[int]:
    """Return which bits of this list are set. Reads an index of those that ended, and no certificate."""
    ended = certificates_of_list(number).exclude(status=CertificateStatus.VALID)
    return [pk % LIST_LENGTH for pk in ended.order_by("pk").values_list("pk", flat=True)]
