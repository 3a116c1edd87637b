from collections.abc import Callable
from datetime import datetime
from typing import Final

from django.db import transaction

from chongqing_dte.foundation.audit import record_event
from chongqing_dte.foundation.errors import DomainError
from chongqing_dte.foundation.sentences import gettext as _
from chongqing_dte.foundation.words import stated
from enrollment import policies, queries
from enrollment.enums import RevealedField
from enrollment.models import Enrollment, Reveal
from institutions.models import User
from institutions.queries import districts_answered_for


@transaction.atomic(durable=True)
def reveal_field(*, enrollment_id: int, field: str, reason: str, viewer: User, now: datetime) -> str:
    """Return one masked value of an enrolled person whole, once. That it was shown is committed before it is.

    Raises NotPermitted, and DomainError without a reason, for an unknown field, or if there is no such value.
    """
    enrollment = queries.lock_enrollment_with_class(enrollment_id)
    policies.check_can_reveal(viewer, enrollment.training_class, districts_answered_for(viewer))
    if field not in RevealedField.values:
        raise DomainError(_("Choose what is to be shown."), code="field_unknown")
    if not stated(reason):
        raise DomainError(_("Say why you need to see it."), code="reason_missing")
    value = VALUES[RevealedField(field)](enrollment)
    if not value:
        raise DomainError(_("No account is known of this person."), code="no_account")
    Reveal.objects.create(
        trainee_id=enrollment.trainee_id,
        field=field,
        reason=stated(reason),
        revealed_to=viewer,
        revealed_at=now,
    )
    record_event(
        "trainee.revealed",
        subject=enrollment.trainee,
        actor_id=viewer.pk,
        at=now,
        reason=stated(reason),
        facts={"field": field, "enrollment": enrollment.pk},
    )
    return value


def _account_of(enrollment: Enrollment) -> str:
    account = queries.current_account_of(enrollment.trainee_id)
    return account.number if account else ""


VALUES: Final[dict[RevealedField, Callable[[Enrollment], str]]] = {
    RevealedField.ID_NUMBER: lambda enrollment: enrollment.trainee.id_number,
    RevealedField.MOBILE: lambda enrollment: enrollment.trainee.mobile,
    RevealedField.BANK_ACCOUNT: _account_of,
}
