"""Who corrects, merges and sees whole what identifies a person: every role, in its own office and in another."""

import pytest

from chongqing_dte.foundation.errors import NotPermitted
from enrollment import policies, queries
from enrollment.models import (
    Enrollment,
    EvidenceCorrection,
    Export,
    IdentityCorrection,
    TraineeMerge,
    TrainingClass,
)
from institutions.enums import DISTRICT_ROLES, EVALUATION_ROLES, MUNICIPAL_ROLES, TRAINING_ROLES, Role
from institutions.models import User
from tests.factories.identity import (
    EvidenceCorrectionFactory,
    ExportFactory,
    IdentityCorrectionFactory,
    RevealFactory,
    TraineeMergeFactory,
)
from tests.factories.institutions import UserFactory

OWN, OTHER = 1, 2
SOMEBODY_ELSE, MYSELF = 9, 7
CLASS = TrainingClass(institution_id=OWN, district_id=OWN)
ENROLLMENT = Enrollment(training_class=CLASS)

SEES_WHOLE = {"reveal", "export", "open_evidence", "download_export"}
# What a district does for the classes of those that it answers for.
BY_DISTRICT = {*SEES_WHOLE, "decide_correction"}
ALLOWED = {
    Role.MUNICIPAL_OPERATOR: {*SEES_WHOLE, "see_merges", "propose_merge"},
    Role.MUNICIPAL_REVIEWER: {*SEES_WHOLE, "see_merges", "decide_merge"},
    Role.MUNICIPAL_FINANCE: {*SEES_WHOLE, "see_merges"},
    Role.MUNICIPAL_AUDITOR: {*SEES_WHOLE, "see_merges"},
    Role.MUNICIPAL_ADMINISTRATOR: {"see_merges", "decide_merge"},
    Role.DISTRICT_REVIEWER: {*SEES_WHOLE, "decide_correction"},
    Role.DISTRICT_LEAD: {*SEES_WHOLE, "decide_correction"},
    Role.TRAINING_OPERATOR: {*SEES_WHOLE, "propose_correction"},
    Role.TRAINING_MANAGER: {*SEES_WHOLE, "propose_correction"},
    Role.EVALUATION_OPERATOR: set(),
    Role.REGISTER_OPERATOR: set(),
}
# What was proposed by somebody else, and lists that were made for oneself.
SUBJECTS = {
    "propose_correction": (ENROLLMENT,),
    "decide_correction": (IdentityCorrection(enrollment=ENROLLMENT, proposed_by_id=SOMEBODY_ELSE),),
    "open_evidence": (IdentityCorrection(enrollment=ENROLLMENT, proposed_by_id=SOMEBODY_ELSE),),
    "see_merges": (),
    "propose_merge": (),
    "decide_merge": (TraineeMerge(proposed_by_id=SOMEBODY_ELSE),),
    "reveal": (CLASS,),
    "export": (CLASS,),
    "download_export": (Export(training_class=CLASS, requested_by_id=MYSELF),),
}
# Nobody decides what they have proposed, or takes a list that was made for another.
NEVER = {
    "decide_correction": EvidenceCorrection(enrollment=ENROLLMENT, proposed_by_id=MYSELF),
    "decide_merge": TraineeMerge(proposed_by_id=MYSELF),
    "download_export": Export(training_class=CLASS, requested_by_id=SOMEBODY_ELSE),
}


def somebody(role: Role, office: int) -> User:
    in_district, in_municipality = role in DISTRICT_ROLES, role in MUNICIPAL_ROLES
    return User(
        pk=MYSELF,
        role=role,
        district_id=office if in_district else None,
        institution_id=None if in_district or in_municipality else office,
    )


TRUTH = [
    (role, office, act, act in ALLOWED[role] and (office == OWN or role in MUNICIPAL_ROLES))
    for role in Role
    for office in (OWN, OTHER)
    for act in SUBJECTS
]


@pytest.mark.parametrize(("role", "office", "act", "is_allowed"), TRUTH)
def test_truth_table(role, office, act, is_allowed):
    asked = (somebody(role, office), *SUBJECTS[act], *([{office}] if act in BY_DISTRICT else []))

    assert getattr(policies, f"can_{act}")(*asked) is is_allowed
    if is_allowed:
        getattr(policies, f"check_can_{act}")(*asked)
    else:
        with pytest.raises(NotPermitted):
            getattr(policies, f"check_can_{act}")(*asked)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("act", NEVER)
def test_nobody_does_this(role, act):
    asked = (somebody(role, OWN), NEVER[act], *([{OWN}] if act in BY_DISTRICT else []))

    assert getattr(policies, f"can_{act}")(*asked) is False


def of_office(role: Role, training_class: TrainingClass) -> User:
    if role in DISTRICT_ROLES:
        return UserFactory(**{role.lower(): True}, district=training_class.district)
    if role in (*TRAINING_ROLES, *EVALUATION_ROLES):
        return UserFactory(**{role.lower(): True}, institution=training_class.institution)
    return UserFactory(**{role.lower(): True})


@pytest.mark.django_db
@pytest.mark.parametrize("role", Role)
def test_corrections_and_exports_are_seen_in_ones_own_office(role):
    correction, elsewhere = IdentityCorrectionFactory(), IdentityCorrectionFactory()
    evidence = EvidenceCorrectionFactory(enrollment=correction.enrollment)
    evidence_elsewhere = EvidenceCorrectionFactory()
    export = ExportFactory(training_class=correction.enrollment.training_class)
    other_export = ExportFactory()
    user = of_office(role, correction.enrollment.training_class)

    sees_all, sees_own = role in MUNICIPAL_ROLES, role in (*DISTRICT_ROLES, *TRAINING_ROLES)
    for rows, own, other in (
        (queries.corrections_visible_to(IdentityCorrection, user), correction, elsewhere),
        (queries.corrections_visible_to(EvidenceCorrection, user), evidence, evidence_elsewhere),
        (queries.exports_visible_to(user), export, other_export),
    ):
        expected = {own.pk, other.pk} if sees_all else {own.pk} if sees_own else set()
        assert {row.pk for row in rows} == expected


@pytest.mark.django_db
@pytest.mark.parametrize("role", Role)
def test_merges_are_seen_at_the_municipal_bureau(role):
    TraineeMergeFactory()

    assert queries.merges_visible_to(UserFactory(**{role.lower(): True})).exists() is (
        role in MUNICIPAL_ROLES
    )


@pytest.mark.django_db
@pytest.mark.parametrize("role", Role)
def test_reveals_are_overseen_by_auditors_by_heads_of_an_office_and_by_oneself(role):
    correction = IdentityCorrectionFactory()
    user = of_office(role, correction.enrollment.training_class)
    own = RevealFactory(revealed_to=user)
    colleague = RevealFactory(revealed_to=of_office(role, correction.enrollment.training_class))
    stranger = RevealFactory(revealed_to=UserFactory(district_reviewer=True))

    expected = {own.pk}
    if role in (Role.DISTRICT_LEAD, Role.TRAINING_MANAGER):
        expected |= {colleague.pk}
    if role in (Role.MUNICIPAL_AUDITOR, Role.MUNICIPAL_ADMINISTRATOR):
        expected |= {colleague.pk, stranger.pk}
    assert {row.pk for row in queries.reveals_visible_to(user)} == expected
