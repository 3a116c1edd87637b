"""Machines of partners' systems among the users. Steps of other services, which say for which system."""

import uuid

from django.contrib.auth.hashers import make_password
from django.db import IntegrityError

from chongqing_dte.foundation.errors import DomainError
from chongqing_dte.foundation.sentences import gettext as _
from institutions.models import User


def create_machine(*, name: str, role: str, district_id: int | None, institution_id: int | None) -> User:
    """Create the user that a partner's system acts as. It has no password, and signs in nowhere.

    Raises DomainError if the role does not belong to that office.
    """
    machine = User(
        username=f"machine-{uuid.uuid4().hex[:16]}",
        full_name=name,
        role=role,
        district_id=district_id,
        institution_id=institution_id,
        is_machine=True,
        password=make_password(None),
    )
    try:
        machine.save(force_insert=True)
    except IntegrityError as refusal:
        if "user_role_has_its_office" not in str(refusal):
            raise
        raise DomainError(_("This role belongs to another kind of office."), code="office_wrong") from refusal
    return machine


def retire_machine(machine: User) -> None:
    """Close the user of a partner's system for good. What it did stays under its name."""
    machine.is_active = False
    machine.save(update_fields=["is_active"])
