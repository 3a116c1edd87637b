"""Who may do what with classes, rosters and accounts: every role, in its own office and in another."""

from types import SimpleNamespace

import pytest

from chongqing_dte.foundation.errors import NotPermitted
from enrollment import policies, queries
from enrollment.models import Enrollment, IntakePolicy, RosterUpload, TrainingClass
from institutions.enums import DISTRICT_ROLES, MACHINE_ROLES, MUNICIPAL_ROLES, TRAINING_ROLES, Role
from institutions.models import User
from tests.enrollment.test_identity_permissions import SUBJECTS as IDENTITY_ACTS
from tests.factories.enrollment import RosterUploadFactory, TrainingClassFactory
from tests.factories.institutions import UserFactory

OWN, OTHER = 1, 2
AUTHOR = 3
CLASS = TrainingClass(institution_id=OWN, district_id=OWN)
UPLOAD = RosterUpload(training_class=CLASS)

ENROLLMENT = Enrollment(training_class=CLASS)
# Of the same institution, and of another one.
SISTER = TrainingClass(institution_id=OWN, district_id=OWN)
ELSEWHERE = TrainingClass(institution_id=OTHER, district_id=OTHER)

INSTITUTION_ACTS = ("draft_class", "file_class", "cancel_class")
TRAINING_ACTS = ("withdraw_enrollment", "transfer_enrollment", "report_attendance")

# Role -> the acts that this role may do in its own office. In another office nobody may do any of them.
ALLOWED = {
    Role.MUNICIPAL_OPERATOR: {"ask_registers", "correct_bank_account"},
    Role.MUNICIPAL_REVIEWER: {"ask_registers", "approve_intake_policy", "end_intake_policies"},
    Role.MUNICIPAL_FINANCE: set(),
    Role.MUNICIPAL_AUDITOR: set(),
    Role.MUNICIPAL_ADMINISTRATOR: {"draft_intake_policy"},
    Role.DISTRICT_REVIEWER: {"ask_registers", "answer_filing"},
    Role.DISTRICT_LEAD: {"ask_registers", "answer_filing"},
    Role.TRAINING_OPERATOR: {
        *INSTITUTION_ACTS,
        *TRAINING_ACTS,
        "upload_roster",
        "confirm_roster",
        "complete_class",
    },
    Role.TRAINING_MANAGER: {
        *INSTITUTION_ACTS,
        *TRAINING_ACTS,
        "upload_roster",
        "confirm_roster",
        "complete_class",
    },
    # An evaluation institution has institution_id too, and trains nobody.
    Role.EVALUATION_OPERATOR: set(),
    Role.REGISTER_OPERATOR: set(),
}
SUBJECTS = {
    "ask_registers": (CLASS,),
    "answer_filing": (CLASS,),
    "cancel_class": (CLASS,),
    "draft_class": (),
    "file_class": (CLASS,),
    "upload_roster": (CLASS,),
    "confirm_roster": (UPLOAD,),
    "complete_class": (CLASS,),
    "withdraw_enrollment": (ENROLLMENT,),
    "transfer_enrollment": (ENROLLMENT, SISTER),
    "report_attendance": (CLASS,),
    "correct_bank_account": (),
    "draft_intake_policy": (),
    # Of another author: nobody approves their own.
    "approve_intake_policy": (IntakePolicy(drafted_by_id=AUTHOR),),
    "end_intake_policies": (),
}
# What a district does for the classes of those that it answers for.
BY_DISTRICT = {"ask_registers", "answer_filing", "cancel_class", "transfer_enrollment"}


def somebody(role: Role, office: int) -> User:
    in_district, in_municipality = role in DISTRICT_ROLES, role in MUNICIPAL_ROLES
    return User(
        role=role,
        district_id=office if in_district else None,
        institution_id=None if in_district or in_municipality else office,
    )


TRUTH = [
    (
        role,
        office,
        act,
        act in ALLOWED[role] and (office == OWN or role in MUNICIPAL_ROLES or not SUBJECTS[act]),
    )
    for role in Role
    for office in (OWN, OTHER)
    for act in SUBJECTS
]


def test_every_role_appears():
    assert set(ALLOWED) == set(Role)


def test_every_act_appears():
    acts = {name.removeprefix("can_") for name in vars(policies) if name.startswith("can_")}

    assert acts == set(SUBJECTS) | set(IDENTITY_ACTS)


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
def test_bureau_of_the_district_that_somebody_leaves_moves_them_to_another_institution(role):
    is_bureau = role in DISTRICT_ROLES

    assert policies.can_transfer_enrollment(somebody(role, OWN), ENROLLMENT, ELSEWHERE, {OWN}) is is_bureau
    assert policies.can_transfer_enrollment(somebody(role, OTHER), ENROLLMENT, ELSEWHERE, {OTHER}) is False


@pytest.mark.parametrize("role", Role)
def test_whoever_moves_people_at_all_sees_the_form(role):
    may = role in DISTRICT_ROLES or role in TRAINING_ROLES

    assert policies.may_move_people_of(somebody(role, OWN), CLASS, {OWN}) is may
    assert policies.may_move_people_of(somebody(role, OTHER), CLASS, {OTHER}) is False


@pytest.mark.parametrize("role", Role)
def test_full_names_are_for_the_trainees_own_institution(role):
    assert policies.works_for(somebody(role, OWN), CLASS) is (role in TRAINING_ROLES)
    assert policies.works_for(somebody(role, OTHER), CLASS) is False


@pytest.mark.django_db
@pytest.mark.parametrize("role", Role)
def test_list_shows_the_classes_and_rosters_of_ones_own_office(role):
    upload, elsewhere = RosterUploadFactory(), RosterUploadFactory()
    own_class = upload.training_class
    office = {}
    if role in DISTRICT_ROLES:
        office = {"district": own_class.district}
    elif role not in (*MUNICIPAL_ROLES, *MACHINE_ROLES):
        office = {"institution": own_class.institution}
    user = UserFactory(**{role.lower(): True}, **office)

    if role in MUNICIPAL_ROLES:
        expected = {upload.pk, elsewhere.pk}
    else:
        expected = {upload.pk} if role in (*DISTRICT_ROLES, *TRAINING_ROLES) else set()

    assert {found.pk for found in queries.roster_uploads_visible_to(user)} == expected
    visible = {found.pk for found in queries.classes_with_counts_visible_to(user)}
    assert visible == {found.training_class_id for found in (upload, elsewhere) if found.pk in expected}


@pytest.mark.django_db
@pytest.mark.parametrize("role", [*MUNICIPAL_ROLES, *DISTRICT_ROLES, *TRAINING_ROLES])
def test_draft_is_seen_by_its_own_institution_alone(role):
    draft = TrainingClassFactory(draft=True)
    offices = {"district": draft.district} if role in DISTRICT_ROLES else {}
    own = {"institution": draft.institution} if role in TRAINING_ROLES else {}

    user = UserFactory(**{role.lower(): True}, **offices, **own)

    assert queries.classes_visible_to(user).exists() is (role in TRAINING_ROLES)


@pytest.mark.django_db
def test_role_that_no_list_names_sees_nothing():
    RosterUploadFactory()
    stranger = SimpleNamespace(role="JOURNALIST", district_id=None, institution_id=None)

    assert not queries.classes_visible_to(stranger).exists()
    assert not queries.roster_uploads_visible_to(stranger).exists()


@pytest.mark.django_db
@pytest.mark.parametrize("role", [*DISTRICT_ROLES, *TRAINING_ROLES])
def test_role_without_an_office_sees_nothing(role):
    RosterUploadFactory()

    assert not queries.classes_visible_to(User(role=role)).exists()
