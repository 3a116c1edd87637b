"""Which scopes fit which role: no client is given one under which its office could see or do nothing."""

from institutions.enums import DISTRICT_ROLES, EVALUATION_ROLES, MUNICIPAL_ROLES, TRAINING_ROLES, Role
from partners.enums import Scope

EVERYBODY = frozenset(
    {
        Scope.DIRECTORIES_READ,
        Scope.FEES_READ,
        Scope.REFERENCE_READ,
        Scope.STATISTICS_READ,
        Scope.VERIFICATION_READ,
        Scope.WEBHOOKS_READ,
        Scope.WEBHOOKS_WRITE,
    }
)
_LEARNING = frozenset(
    {
        Scope.CLASSES_READ,
        Scope.ROSTERS_READ,
        Scope.ENROLLMENTS_READ,
        Scope.ATTENDANCE_READ,
        Scope.REGISTER_ANSWERS_READ,
    }
)
_ASSESSING = frozenset({Scope.SESSIONS_READ, Scope.RESULTS_READ, Scope.CERTIFICATES_READ})
_MONEY = frozenset({Scope.CLAIMS_READ, Scope.STATEMENTS_READ, Scope.PAYMENTS_READ})
# What bureaus decide, people decide: their machines read.
_MUNICIPAL = EVERYBODY | _LEARNING | _ASSESSING | _MONEY | {Scope.ENTITLEMENTS_READ}
_DISTRICT = EVERYBODY | _LEARNING | _MONEY | {Scope.CERTIFICATES_READ, Scope.ENTITLEMENTS_READ}
_TRAINING = (
    EVERYBODY
    | _LEARNING
    | _MONEY
    | {
        Scope.CLASSES_WRITE,
        Scope.ROSTERS_WRITE,
        Scope.ENROLLMENTS_WRITE,
        Scope.ATTENDANCE_WRITE,
        Scope.CLAIMS_WRITE,
    }
)
_EVALUATION = (
    EVERYBODY
    | _ASSESSING
    | {Scope.SESSIONS_WRITE, Scope.RESULTS_WRITE, Scope.CERTIFICATES_WRITE, Scope.FEES_WRITE}
)

SCOPES_OF_ROLE: dict[Role, frozenset[Scope]] = {
    **dict.fromkeys(MUNICIPAL_ROLES, _MUNICIPAL),
    **dict.fromkeys(DISTRICT_ROLES, _DISTRICT),
    **dict.fromkeys(TRAINING_ROLES, _TRAINING),
    **dict.fromkeys(EVALUATION_ROLES, _EVALUATION),
    Role.REGISTER_OPERATOR: EVERYBODY | {Scope.REGISTER_ANSWERS_READ, Scope.REGISTER_ANSWERS_WRITE},
}


def scopes_of_role(role: str) -> frozenset[Scope]:
    """Return the scopes that a client of this role can have; none for a role that is not in the table."""
    return SCOPES_OF_ROLE.get(Role(role), frozenset())
