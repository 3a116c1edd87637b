from datetime import datetime

from django.db import transaction

from chongqing_dte.foundation.jobs import nudge_after_commit
from enrollment import policies, queries
from enrollment.enums import EnrollmentAct, EnrollmentStatus
from enrollment.models import Enrollment
from enrollment.services.enrollment_steps import check_has_reason, leave_class
from institutions.models import User


@transaction.atomic(durable=True)
def withdraw_enrollment(*, enrollment_id: int, withdrawer: User, reason: str, now: datetime) -> Enrollment:
    """Record that somebody has left the class for good. Who was there at the roster lock keeps counting.

    Raises NotPermitted for another institution, InvalidTransition if the person is not in training any more, and
    DomainError without a reason.
    """
    queries.lock_class(queries.class_id_of(enrollment_id))
    enrollment = queries.lock_enrollment(enrollment_id)
    policies.check_can_withdraw_enrollment(withdrawer, enrollment)
    check_has_reason(reason)
    leave_class(
        enrollment,
        target=EnrollmentStatus.WITHDRAWN,
        act=EnrollmentAct.WITHDRAWAL,
        leaver=(withdrawer, reason),
        now=now,
    )
    nudge_after_commit("classes_changed")
    return enrollment
