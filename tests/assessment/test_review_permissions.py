"""Who may do what with reviews, corrections and signals: every role, in its own office and in another."""

import pytest

from assessment import policies, queries
from assessment.enums import ReviewKind
from assessment.models import AssessmentSession, Attempt, AttemptCorrection, MarkReview
from chongqing_dte.foundation.errors import NotPermitted
from institutions.enums import EVALUATION_ROLES, MUNICIPAL_ROLES, Role
from tests.assessment.test_assessment_permissions import OTHER, OWN, somebody
from tests.factories.assessment import AttemptCorrectionFactory, MarkReviewFactory
from tests.factories.institutions import UserFactory

FIRST, SOMEBODY_ELSE = 7, 8
SESSION = AssessmentSession(institution_id=OWN)
REVIEW, APPEAL = (
    MarkReview(attempt=Attempt(session=SESSION), kind=kind, opened_by_id=FIRST) for kind in ReviewKind
)
CORRECTION = AttemptCorrection(proposed_by_id=FIRST)
# What each act is done to.
ACTS = {
    "open_review": (SESSION, ReviewKind.REVIEW),
    "open_appeal": (SESSION, ReviewKind.APPEAL),
    "close_review": (REVIEW,),
    "close_appeal": (APPEAL,),
    "propose_correction": (SESSION,),
    "decide_correction": (CORRECTION,),
    "see_signals": (),
}
ALLOWED = {
    Role.MUNICIPAL_OPERATOR: {"open_appeal", "see_signals"},
    Role.MUNICIPAL_REVIEWER: {
        "open_review",
        "open_appeal",
        "close_review",
        "close_appeal",
        "decide_correction",
        "see_signals",
    },
    Role.MUNICIPAL_FINANCE: {"see_signals"},
    Role.MUNICIPAL_AUDITOR: {"see_signals"},
    Role.MUNICIPAL_ADMINISTRATOR: {"see_signals"},
    Role.DISTRICT_REVIEWER: set(),
    Role.DISTRICT_LEAD: set(),
    # A training institution has institution_id too, and assesses nobody.
    Role.TRAINING_OPERATOR: set(),
    Role.TRAINING_MANAGER: set(),
    Role.EVALUATION_OPERATOR: {"open_review", "close_review", "propose_correction"},
    Role.REGISTER_OPERATOR: set(),
}
NOT_BY_THE_FIRST = {"close_review", "close_appeal", "decide_correction"}


def test_every_role_appears():
    assert set(ALLOWED) == set(Role)


@pytest.mark.parametrize("person", [FIRST, SOMEBODY_ELSE])
@pytest.mark.parametrize("office", [OWN, OTHER])
@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("role", Role)
def test_truth_table(role, act, office, person):
    user, name = somebody(role, office), act.replace("appeal", "review")
    user.pk = person
    is_near = office == OWN or role in MUNICIPAL_ROLES
    is_allowed = act in ALLOWED[role] and is_near and (person != FIRST or act not in NOT_BY_THE_FIRST)
    can, check = getattr(policies, f"can_{name}"), getattr(policies, f"check_can_{name}")

    assert can(user, *ACTS[act]) is is_allowed
    if is_allowed:
        check(user, *ACTS[act])
    else:
        with pytest.raises(NotPermitted):
            check(user, *ACTS[act])


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("factory", "query"),
    [(MarkReviewFactory, "reviews_visible_to"), (AttemptCorrectionFactory, "corrections_visible_to")],
)
@pytest.mark.parametrize("role", Role)
def test_lists_show_what_is_of_ones_own_sessions(role, factory, query):
    own, other = factory.create_batch(2)
    institution = own.attempt.session.institution
    works_there = role.startswith(("TRAINING", "EVALUATION"))
    office = {"institution": institution} if works_there else {}
    expected = {own, other} if role in MUNICIPAL_ROLES else {own} if role in EVALUATION_ROLES else set()

    found = getattr(queries, query)(UserFactory(**{role.lower(): True}, **office))

    assert set(found) == expected
