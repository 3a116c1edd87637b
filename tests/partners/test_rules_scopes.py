import pytest

from institutions.enums import DISTRICT_ROLES, EVALUATION_ROLES, MUNICIPAL_ROLES, TRAINING_ROLES, Role
from partners.enums import Scope
from partners.rules.networks import certificate_checksum, network_of
from partners.rules.scopes import EVERYBODY, SCOPES_OF_ROLE, scopes_of_role

BUREAUS = (*MUNICIPAL_ROLES, *DISTRICT_ROLES)
WRITES = {
    **dict.fromkeys(BUREAUS, "webhooks"),
    **dict.fromkeys(TRAINING_ROLES, "webhooks classes rosters enrollments attendance claims"),
    **dict.fromkeys(EVALUATION_ROLES, "webhooks assessment-sessions results certificates fee-schedules"),
    Role.REGISTER_OPERATOR: "webhooks register-answers",
}
READS_NOT = {
    **dict.fromkeys(MUNICIPAL_ROLES, ""),
    **dict.fromkeys(DISTRICT_ROLES, "assessment-sessions results"),
    **dict.fromkeys(TRAINING_ROLES, "assessment-sessions results certificates entitlements"),
    **dict.fromkeys(
        EVALUATION_ROLES,
        "classes rosters enrollments attendance register-answers entitlements claims statements payments",
    ),
    Role.REGISTER_OPERATOR: (
        "classes rosters enrollments attendance assessment-sessions results certificates entitlements claims"
        " statements payments"
    ),
}
READ = {scope.removesuffix(":read") for scope in Scope.values if scope.endswith(":read")}


def with_ending(role: Role, ending: str) -> set[str]:
    return {scope.removesuffix(ending) for scope in scopes_of_role(role) if scope.endswith(ending)}


def test_every_role_stands_in_the_table() -> None:
    assert set(SCOPES_OF_ROLE) == set(Role)


@pytest.mark.parametrize("role", Role)
def test_role_writes_only_what_its_office_does(role: Role) -> None:
    assert with_ending(role, ":write") == set(WRITES[role].split())


@pytest.mark.parametrize("role", Role)
def test_role_reads_only_what_its_office_sees(role: Role) -> None:
    assert with_ending(role, ":read") == READ - set(READS_NOT[role].split())


@pytest.mark.parametrize("role", Role)
def test_what_is_public_is_for_every_role(role: Role) -> None:
    assert scopes_of_role(role) >= EVERYBODY


def test_every_scope_fits_some_role() -> None:
    assert frozenset().union(*SCOPES_OF_ROLE.values()) == set(Scope)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        (" 192.0.2.0/24 ", "192.0.2.0/24"),
        ("192.0.2.7", "192.0.2.7/32"),
        ("2001:DB8::/32", "2001:db8::/32"),
        ("192.0.2.7/24", None),
        ("example.org", None),
        ("", None),
    ],
)
def test_network_is_kept_in_one_way(written: str, kept: str | None) -> None:
    assert network_of(written) == kept


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("", ""),
        ("AB:" * 31 + "CD", "ab" * 31 + "cd"),
        ("ab" * 32, "ab" * 32),
        ("ab" * 31, None),
        ("zz" * 32, None),
    ],
)
def test_checksum_of_a_certificate_is_kept_in_one_way(written: str, kept: str | None) -> None:
    assert certificate_checksum(written) == kept
