import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError

from institutions.enums import DISTRICT_ROLES, MUNICIPAL_ROLES, Role
from institutions.models import User
from institutions.services.users import Office, create_user
from tests.factories.institutions import DistrictFactory, InstitutionFactory, UserFactory

pytestmark = pytest.mark.django_db

OFFICES = ("none", "district", "institution", "both")


def office_of(role: Role) -> str:
    if role in MUNICIPAL_ROLES:
        return "none"
    return "district" if role in DISTRICT_ROLES else "institution"


def fields_of(office: str) -> dict[str, object]:
    return {
        "district": DistrictFactory() if office in {"district", "both"} else None,
        "institution": InstitutionFactory() if office in {"institution", "both"} else None,
    }


@pytest.mark.parametrize("role", Role)
def test_role_works_in_its_office(role):
    UserFactory(role=role, **fields_of(office_of(role)))


@pytest.mark.parametrize(
    ("role", "office"), [(role, office) for role in Role for office in OFFICES if office != office_of(role)]
)
def test_role_works_in_no_other_office(role, office):
    with pytest.raises(IntegrityError, match="user_role_has_its_office"):
        UserFactory(role=role, **fields_of(office))


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
        office=Office(district=DistrictFactory()),
    )

    assert User.objects.get(pk=user.pk).check_password("a long enough pass phrase")


@pytest.mark.parametrize("weak", ["short", "password1234", "li.wei.li.wei."])
def test_weak_password_creates_nobody(weak):
    with pytest.raises(ValidationError):
        create_user(username="li.wei.li.wei", full_name="Li", role=Role.MUNICIPAL_OPERATOR, password=weak)

    assert not User.objects.exists()


def test_wrong_office_creates_nobody():
    with pytest.raises(IntegrityError, match="user_role_has_its_office"):
        create_user(
            username="li.wei",
            full_name="Li Wei",
            role=Role.DISTRICT_LEAD,
            password="a long enough pass phrase",
        )
