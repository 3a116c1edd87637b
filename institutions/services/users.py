from dataclasses import dataclass

from django.contrib.auth.password_validation import validate_password
from django.db import transaction

from institutions.models import District, Institution, User


@dataclass(frozen=True)
class Office:
    """Where a person works: in a district's bureau, in an institution, or, with neither, in the municipal bureau."""

    district: District | None = None
    institution: Institution | None = None


@transaction.atomic(durable=True)
def create_user(
    *, username: str, full_name: str, role: str, password: str, office: Office | None = None
) -> User:
    """Create a person's account. Raises ValidationError for a weak password, IntegrityError for a wrong office."""
    where = office or Office()
    user = User(
        username=username,
        full_name=full_name,
        role=role,
        district=where.district,
        institution=where.institution,
    )
    validate_password(password, user)
    user.set_password(password)
    user.save()
    return user
