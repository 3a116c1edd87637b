from datetime import date

from assessment.enums import SessionStatus
from assessment.models import AssessmentSession
from chongqing_dte.foundation.errors import NotPermitted
from chongqing_dte.foundation.sentences import gettext as _
from institutions.enums import EVALUATION_ROLES, Role
from institutions.models import User


def can_file_session(user: User) -> bool:
    """Test whether this person files assessment sessions: evaluation institutions do."""
    return user.role in EVALUATION_ROLES and user.institution_id is not None


def check_can_file_session(user: User) -> None:
    """Raise NotPermitted unless this person files assessment sessions."""
    if not can_file_session(user):
        raise NotPermitted


def can_run_session(user: User, session: AssessmentSession) -> bool:
    """Test whether this person runs the session, from its candidates to its admission: its own institution does."""
    return user.role in EVALUATION_ROLES and user.institution_id == session.institution_id


def check_can_run_session(user: User, session: AssessmentSession) -> None:
    """Raise NotPermitted unless this person runs the session."""
    if not can_run_session(user, session):
        raise NotPermitted


def only_bureau_cancels(session: AssessmentSession, today: date) -> bool:
    """Test whether the session may have been held: who cancels it now could make results disappear."""
    return session.status == SessionStatus.ADMITTED and today >= session.held_on


def can_cancel_session(user: User, session: AssessmentSession, today: date) -> bool:
    """Test whether this person calls the session off: its institution does, and once it may be held the bureau."""
    if only_bureau_cancels(session, today):
        return user.role in (Role.MUNICIPAL_OPERATOR, Role.MUNICIPAL_REVIEWER)
    return can_run_session(user, session)


def check_can_cancel_session(user: User, session: AssessmentSession, today: date) -> None:
    """Raise NotPermitted, with who can, unless this person calls the session off."""
    if can_cancel_session(user, session, today):
        return
    if only_bureau_cancels(session, today):
        raise NotPermitted(
            _(
                "From its day on, a session is cancelled by an operator or reviewer of the municipal bureau only."
            )
        )
    raise NotPermitted
