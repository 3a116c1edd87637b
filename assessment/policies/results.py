from assessment.models import AssessmentSession
from chongqing_dte.foundation.errors import NotPermitted
from institutions.enums import EVALUATION_ROLES
from institutions.models import User


def can_record_results(user: User, session: AssessmentSession) -> bool:
    """Test whether this person submits the session's results: only its evaluation institution does."""
    return user.role in EVALUATION_ROLES and user.institution_id == session.institution_id


def check_can_record_results(user: User, session: AssessmentSession) -> None:
    """Raise NotPermitted unless this person submits the session's results."""
    if not can_record_results(user, session):
        raise NotPermitted
