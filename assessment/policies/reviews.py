"""Who asks for a result to be looked at again, who corrects it, and who decides."""

from assessment.enums import ReviewKind
from assessment.models import AssessmentSession, AttemptCorrection, MarkReview
from chongqing_dte.foundation.errors import NotPermitted
from institutions.enums import EVALUATION_ROLES, MUNICIPAL_ROLES, Role
from institutions.models import User

# Who takes down an appeal against the evaluation institution.
APPEAL_CLERKS = (Role.MUNICIPAL_OPERATOR, Role.MUNICIPAL_REVIEWER)


def can_open_review(user: User, session: AssessmentSession, kind: str) -> bool:
    """Test whether this person takes down a candidate's request: an appeal is not made to whom it is against."""
    if kind == ReviewKind.APPEAL:
        return user.role in APPEAL_CLERKS
    return _assesses(user, session) or user.role == Role.MUNICIPAL_REVIEWER


def check_can_open_review(user: User, session: AssessmentSession, kind: str) -> None:
    """Raise NotPermitted unless this person takes down a candidate's request of this kind."""
    if not can_open_review(user, session, kind):
        raise NotPermitted


def can_close_review(user: User, review: MarkReview) -> bool:
    """Test whether this person says what came of a review, and did not open it. An appeal is the bureau's."""
    if user.pk == review.opened_by_id:
        return False
    is_its_own = review.kind == ReviewKind.REVIEW and _assesses(user, review.attempt.session)
    return is_its_own or user.role == Role.MUNICIPAL_REVIEWER


def check_can_close_review(user: User, review: MarkReview) -> None:
    """Raise NotPermitted unless this person says what came of a review, and did not open it."""
    if not can_close_review(user, review):
        raise NotPermitted


def can_propose_correction(user: User, session: AssessmentSession) -> bool:
    """Test whether this person proposes to correct the session's results: only its evaluation institution does."""
    return _assesses(user, session)


def check_can_propose_correction(user: User, session: AssessmentSession) -> None:
    """Raise NotPermitted unless this person proposes to correct the session's results."""
    if not can_propose_correction(user, session):
        raise NotPermitted


def can_decide_correction(user: User, correction: AttemptCorrection) -> bool:
    """Test whether this person decides corrections of results, and did not propose this one."""
    return user.role == Role.MUNICIPAL_REVIEWER and user.pk != correction.proposed_by_id


def check_can_decide_correction(user: User, correction: AttemptCorrection) -> None:
    """Raise NotPermitted unless this person decides corrections of results, and did not propose this one."""
    if not can_decide_correction(user, correction):
        raise NotPermitted


def can_see_signals(user: User) -> bool:
    """Test whether this person sees the signs that somebody should look: whom they speak of does not."""
    return user.role in MUNICIPAL_ROLES


def check_can_see_signals(user: User) -> None:
    """Raise NotPermitted unless this person sees the signs that somebody should look."""
    if not can_see_signals(user):
        raise NotPermitted


def _assesses(user: User, session: AssessmentSession) -> bool:
    return user.role in EVALUATION_ROLES and user.institution_id == session.institution_id
