"""What the routes about partners' systems answer: the administrator keeps them, the auditor looks at them."""

from institutions.enums import Role
from tests.interfaces.expected import NOBODY, Answers
from tests.interfaces.scope import OFFICES

UNSEEN = dict.fromkeys(OFFICES, 404)


def _kept(method: str, *, keeper: int, auditor: int) -> Answers:
    by_role = ((Role.MUNICIPAL_ADMINISTRATOR, keeper), (Role.MUNICIPAL_AUDITOR, auditor))
    return Answers(method, UNSEEN, row="partner_client", by_role=by_role)


PARTNER_ROUTES = {
    "partner-client-list": Answers(
        "GET", NOBODY, by_role=((Role.MUNICIPAL_ADMINISTRATOR, 200), (Role.MUNICIPAL_AUDITOR, 200))
    ),
    # No role is chosen, so the administrator is led back; test_client_pages.py chooses.
    "partner-client-issue": Answers("GET", NOBODY, by_role=((Role.MUNICIPAL_ADMINISTRATOR, 302),)),
    "partner-client": _kept("GET", keeper=200, auditor=200),
    # The secret is shown on the answer, this once.
    "partner-client-rotate": _kept("POST", keeper=200, auditor=403),
    "partner-client-change": _kept("POST", keeper=302, auditor=403),
    "partner-client-revoke": _kept("POST", keeper=302, auditor=403),
}
PARTNER_FORMS: dict[str, dict[str, object]] = {
    "partner-client-rotate": {"overlap": "24"},
    "partner-client-change": {
        "scopes": ["classes:read"],
        "requests_per_minute": 60,
        "reason": "The partner asked for it.",
    },
    "partner-client-revoke": {"reason": "The contract has ended."},
}
