"""Which rows the routes of the partner API show, and to whose systems. Scopes stand on the endpoints themselves."""

from collections.abc import Collection
from dataclasses import dataclass

LEARNING = frozenset({"municipal", "district", "training"})
ASSESSING = frozenset({"municipal", "evaluation"})
DECISIONS = frozenset({"municipal", "district"})
EVERYBODY = frozenset({"municipal", "district", "training", "evaluation", "register"})


@dataclass(frozen=True)
class Line:
    """One route: the row in its address, the kinds of office that see it in their own, and what follows in the address.

    Without a row it is a list, or an act on nothing yet. `is_public`: there is no token to be shown.
    `is_for_any_token`: it asks for no scope, on purpose. `is_shared`: every office sees the same rows.
    `is_clients_own`: no office, but the system itself has the row.
    """

    row: str = ""
    sees: Collection[str] = EVERYBODY
    more: tuple[str, ...] = ()
    is_public: bool = False
    is_for_any_token: bool = False
    is_shared: bool = False
    is_clients_own: bool = False


PUBLIC = Line(is_public=True)
LIST = Line()
SHARED = Line("first", is_shared=True)

API_ROUTES: dict[str, Line] = {
    **dict.fromkeys(
        (
            "api-token",
            "api-token-revocation",
            "api-problems",
            "api-versions",
            "api-document",
            "api-document-yaml",
            "api-docs",
            "api-changed-trainee-numbers",
            "^.*$",
        ),
        PUBLIC,
    ),
    **dict.fromkeys(
        (
            "api-districts",
            "api-fields",
            "api-occupations",
            "api-programme-years",
            "api-institutions",
            "api-fee-schedules",
            "api-classes",
            "api-rosters",
            "api-enrollments",
            "api-attendance",
            "api-register-answers",
            "api-entitlements",
            "api-claims",
            "api-payments",
            "api-statements",
            "api-webhook-endpoints",
            "api-webhook-deliveries",
            "api-webhook-replays",
        ),
        LIST,
    ),
    **dict.fromkeys(
        (
            "api-district",
            "api-field",
            "api-occupation",
            "api-programme-year",
            "api-fee-schedule",
        ),
        SHARED,
    ),
    **dict.fromkeys(
        (
            "api-class",
            "api-class-filing",
            "api-class-completion",
            "api-class-attendance",
            "api-class-rosters",
        ),
        Line("class", LEARNING),
    ),
    **dict.fromkeys(
        ("api-roster", "api-roster-problems", "api-roster-confirmation", "api-roster-rejection"),
        Line("roster", LEARNING),
    ),
    **dict.fromkeys(("api-enrollment", "api-withdrawal"), Line("enrollment", LEARNING)),
    "api-lesson": Line("lesson", LEARNING),
    "api-register-answer": Line("register_answer", LEARNING),
    "api-entitlement": Line("entitlement", DECISIONS),
    "api-claim": Line("submitted_claim", LEARNING),
    # Of a person: the institution that trained them has nothing to do with it.
    "api-payment": Line("payment", DECISIONS),
    # What everybody sees on the front page.
    "api-statistics": Line(is_for_any_token=True),
    "api-institution": Line("institution", LEARNING),
    "api-statement": Line("institution", LEARNING, more=("2026-10",)),
    **dict.fromkeys(
        ("api-webhook-endpoint", "api-webhook-test", "api-webhook-rotation", "api-webhook-closing"),
        Line("endpoint", is_clients_own=True),
    ),
    "api-webhook-replay": Line("delivery", is_clients_own=True),
}
