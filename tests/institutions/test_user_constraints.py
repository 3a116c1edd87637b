import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import IntegrityError
from django.utils.translation import override

from chongqing_dte.foundation.models import AuditEvent
from institutions.enums import DISTRICT_ROLES, MACHINE_ROLES, MUNICIPAL_ROLES, Role
from institutions.models import User
from institutions.services.users import Office, UserNameTaken, create_user
from tests.clock import NOW
from tests.factories.institutions import DistrictFactory, InstitutionFactory, UserFactory

pytestmark = pytest.mark.django_db

OFFICES = ("none", "district", "institution", "both")


def office_of(role: Role) -> str:
    if role in (*MUNICIPAL_ROLES, *MACHINE_ROLES):
        return "none"
    return "district" if role in DISTRICT_ROLES else "institution"


def fields_of(office: str) -> dict[str, object]:
    return {
        "district": DistrictFactory() if office in {"district", "both"} else None,
        "institution": InstitutionFactory() if office in {"institution", "both"} else None,
    }


@pytest.mark.parametrize("role", Role)
def test_role_works_in_its_office(role):
    UserFactory(role=role, machine=role in MACHINE_ROLES, **fields_of(office_of(role)))


@pytest.mark.parametrize(
    ("role", "office"), [(role, office) for role in Role for office in OFFICES if office != office_of(role)]
)
def test_role_works_in_no_other_office(role, office):
    with pytest.raises(IntegrityError, match="user_role_has_its_office"):
        UserFactory(role=role, machine=role in MACHINE_ROLES, **fields_of(office))


def test_unknown_role_is_refused():
    with pytest.raises(IntegrityError, match="user_role"):
        UserFactory(role="SUPERUSER")


def test_user_name_belongs_to_one_person():
    UserFactory(username="li.wei")

    with pytest.raises(IntegrityError, match="username"):
        UserFactory(username="li.wei")


@pytest.mark.parametrize("role", Role)
def test_only_the_municipal_bureau_opens_the_admin(role):
    user = User(username="a", role=role)

    assert user.is_staff == user.has_module_perms("subsidies") == (role in MUNICIPAL_ROLES)


def test_person_who_left_opens_nothing():
    assert not User(username="a", role=Role.MUNICIPAL_OPERATOR, is_active=False).is_staff


def test_created_person_can_sign_in():
    user = create_user(
        username="li.wei",
        full_name="Li Wei",
        role=Role.DISTRICT_REVIEWER,
        password="a long enough pass phrase",
        now=NOW,
        office=Office(district=DistrictFactory()),
    )

    assert User.objects.get(pk=user.pk).check_password("a long enough pass phrase")


def test_account_leaves_an_event_without_a_name():
    user = create_user(
        username="li.wei",
        full_name="Li Wei",
        role=Role.MUNICIPAL_AUDITOR,
        password="a long enough pass phrase",
        now=NOW,
    )

    event = AuditEvent.objects.get(name="user.created")
    assert (event.subject_type, event.subject_id, event.at) == ("institutions.user", user.pk, NOW)
    assert event.facts == {"role": "MUNICIPAL_AUDITOR"}


def test_name_that_is_taken_creates_nobody_and_says_so():
    UserFactory(username="li.wei")

    with pytest.raises(UserNameTaken):
        create_user(
            username="li.wei",
            full_name="Li Wei",
            role=Role.MUNICIPAL_AUDITOR,
            password="a long enough pass phrase",
            now=NOW,
        )

    assert User.objects.count() == 1
    assert not AuditEvent.objects.exists()


def test_command_says_that_the_name_is_taken(monkeypatch):
    UserFactory(username="li.wei")
    monkeypatch.setenv("NEW_USER_PASSWORD", "a long enough pass phrase")

    with override("en"), pytest.raises(CommandError, match="taken"):
        call_command("create_user", "li.wei", "Li Wei", "MUNICIPAL_AUDITOR")


def test_command_creates_an_account_and_says_what_office_a_role_needs(monkeypatch, capsys):
    monkeypatch.setenv("NEW_USER_PASSWORD", "a long enough pass phrase")

    call_command("create_user", "li.wei", "Li Wei", "MUNICIPAL_AUDITOR")
    with pytest.raises(CommandError, match="does not fit the office"):
        call_command("create_user", "wang.li", "Wang Li", "DISTRICT_LEAD")

    assert "li.wei can sign in." in capsys.readouterr().out


@pytest.mark.parametrize("weak", ["short", "password1234", "li.wei.li.wei."])
def test_weak_password_creates_nobody(weak):
    with pytest.raises(ValidationError):
        create_user(
            username="li.wei.li.wei",
            full_name="Li",
            role=Role.MUNICIPAL_OPERATOR,
            password=weak,
            now=NOW,
        )

    assert not User.objects.exists()


def test_wrong_office_creates_nobody():
    with pytest.raises(IntegrityError, match="user_role_has_its_office"):
        create_user(
            username="li.wei",
            full_name="Li Wei",
            role=Role.DISTRICT_LEAD,
            password="a long enough pass phrase",
            now=NOW,
        )
