from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.password_validation import validate_password
from django.db import IntegrityError, transaction

from chongqing_dte.foundation.audit import record_event
from chongqing_dte.foundation.errors import DomainError
from chongqing_dte.foundation.sentences import gettext as _
from institutions.models import District, Institution, User


@dataclass(frozen=True)
class Office:
    """Where a person works: in a district's bureau, in an institution, or, with neither, in the municipal bureau."""

    district: District | None = None
    institution: Institution | None = None


class UserNameTaken(DomainError):
    """Another person signs in with this name."""

    code = "user_name_taken"

    def __init__(self) -> None:
        super().__init__(_("This user name is taken. Choose another."))


@transaction.atomic(durable=True)
def create_user(
    *,
    username: str,
    full_name: str,
    role: str,
    password: str,
    now: datetime,
    office: Office | None = None,
) -> User:
    """Create a person's account.

    Raises ValidationError for a weak password, UserNameTaken, and IntegrityError `user_role_has_its_office`.
    """
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
    try:
        user.save(force_insert=True)
    except IntegrityError as refusal:
        # PostgreSQL names the column of a unique field in the constraint's name.
        if "institutions_user_username" not in str(refusal):
            raise
        raise UserNameTaken from refusal
    record_event("user.created", subject=user, at=now, facts={"role": role})
    return user
