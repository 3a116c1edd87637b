"""What every route answers to each kind of office. Routes of assessments stand in expected_assessment.py."""

from dataclasses import dataclass

from institutions.enums import Role
from tests.interfaces.scope import OFFICES, kind_of

ANYBODY = dict.fromkeys(OFFICES, 200)
NOBODY = dict.fromkeys(OFFICES, 403)
SIGN_IN = 302


@dataclass(frozen=True)
class Answers:
    """What a route answers. `own` is by the kind of office, with exceptions by role; `public` is without a name."""

    method: str
    own: dict[str, int]
    row: str = ""
    by_role: tuple[tuple[Role, int], ...] = ()
    public: int = SIGN_IN

    def to(self, role: Role, *, is_own: bool) -> int:
        """Return the expected answer to this role, in the office of the row or in another."""
        expected = dict(self.by_role).get(role) or self.own[kind_of(role)]
        if is_own or not self.row or kind_of(role) == "municipal":
            return expected
        return 404


def to_class(**changes: int) -> dict[str, int]:
    return {"municipal": 200, "district": 200, "training": 200, "evaluation": 404, **changes}


def to_session(**changes: int) -> dict[str, int]:
    return {"municipal": 200, "district": 404, "training": 404, "evaluation": 200, **changes}


def to_decision(**changes: int) -> dict[str, int]:
    return {"municipal": 200, "district": 200, "training": 404, "evaluation": 404, **changes}


def to_money(**changes: int) -> dict[str, int]:
    return {"municipal": 200, "district": 404, "training": 404, "evaluation": 404, **changes}


# The class is completed, its roster confirmed, the results recorded, the certificate granted and its payment in a
# batch that waits for its first signature.
ROUTES = {
    "healthz": Answers("GET", ANYBODY, public=200),
    # No beat runs beside the tests.
    "readyz": Answers("GET", dict.fromkeys(OFFICES, 503), public=503),
    "set_language": Answers("POST", dict.fromkeys(OFFICES, 302), public=302),
    "home": Answers("GET", ANYBODY, public=200),
    "desk": Answers("GET", dict.fromkeys(OFFICES, 302)),
    "login": Answers("GET", dict.fromkeys(OFFICES, 302), public=200),
    "logout": Answers("POST", dict.fromkeys(OFFICES, 302)),
    "class-list": Answers("GET", ANYBODY),
    "class-detail": Answers("GET", to_class(), row="class"),
    "class-draft": Answers("GET", {**NOBODY, "training": 200}),
    "class-edit": Answers("GET", to_class(municipal=403, district=403, training=409), row="class"),
    "class-file": Answers("POST", to_class(municipal=403, district=403, training=409), row="class"),
    "class-return": Answers("POST", to_class(municipal=403, district=409, training=403), row="class"),
    "class-cancel": Answers("POST", to_class(municipal=403, district=403, training=409), row="class"),
    "filing-list": Answers("GET", ANYBODY),
    # Nothing is chosen, so everybody is led back; test_filing_pages.py chooses.
    "filings-confirm": Answers("POST", dict.fromkeys(OFFICES, 302)),
    "class-confirm": Answers("POST", to_class(municipal=403, district=409, training=403), row="class"),
    "class-complete": Answers("POST", to_class(municipal=403, district=403, training=409), row="class"),
    **dict.fromkeys(
        ("class-people", "class-certificates", "class-attendance"), Answers("GET", to_class(), row="class")
    ),
    "attendance-sheet": Answers("GET", to_class(municipal=403, district=403), row="class"),
    "class-lessons": Answers("POST", to_class(municipal=403, district=403, training=422), row="class"),
    "lesson-cancel": Answers("POST", to_class(municipal=403, district=403, training=409), row="lesson"),
    "enrollment-detail": Answers("GET", to_class(), row="enrollment"),
    "registers-ask-again": Answers(
        "POST",
        to_class(municipal=403, district=302, training=403),
        row="enrollment",
        by_role=((Role.MUNICIPAL_OPERATOR, 302), (Role.MUNICIPAL_REVIEWER, 302)),
    ),
    "enrollment-withdraw": Answers(
        "POST", to_class(municipal=403, district=403, training=409), row="enrollment"
    ),
    "enrollment-transfer": Answers(
        "POST", to_class(municipal=403, district=409, training=409), row="enrollment"
    ),
    "class-rosters": Answers("GET", to_class(), row="class"),
    "roster-template": Answers("GET", to_class(), row="class"),
    "roster-detail": Answers("GET", to_class(), row="roster"),
    "roster-file": Answers("GET", to_class(municipal=403, district=403), row="roster"),
    # No row of this roster was refused.
    "roster-problems": Answers("GET", to_class(municipal=403, district=403, training=422), row="roster"),
    "roster-confirm": Answers("POST", to_class(municipal=403, district=403, training=409), row="roster"),
    "roster-reject": Answers("POST", to_class(municipal=403, district=403, training=409), row="roster"),
    "class-exports": Answers("GET", to_class(), row="class"),
    # Each list was made for one person, who is none of these.
    "export-download": Answers("GET", to_class(municipal=403, district=403, training=403), row="export"),
    "trainee-reveal": Answers(
        "POST", to_class(), row="enrollment", by_role=((Role.MUNICIPAL_ADMINISTRATOR, 403),)
    ),
    "reveal-list": Answers("GET", ANYBODY),
    "identity-correction-propose": Answers(
        "POST", to_class(municipal=403, district=403, training=422), row="enrollment"
    ),
    "identity-correction-list": Answers("GET", ANYBODY),
    "identity-correction-detail": Answers("GET", to_class(), row="correction"),
    "identity-correction-evidence": Answers(
        "GET", to_class(), row="correction", by_role=((Role.MUNICIPAL_ADMINISTRATOR, 403),)
    ),
    "identity-correction-whole": Answers(
        "POST", to_class(), row="correction", by_role=((Role.MUNICIPAL_ADMINISTRATOR, 403),)
    ),
    # The first of the district decides, and the second comes too late.
    "identity-correction-approve": Answers(
        "POST",
        to_class(municipal=403, district=302, training=403),
        row="correction",
        by_role=((Role.DISTRICT_LEAD, 409),),
    ),
    "identity-correction-refuse": Answers(
        "POST", to_class(municipal=403, district=422, training=403), row="correction"
    ),
    # The roster of this class is locked: what is sent is not filled in.
    "evidence-correction-propose": Answers(
        "POST", to_class(municipal=403, district=403, training=422), row="enrollment"
    ),
    "evidence-correction-list": Answers("GET", ANYBODY),
    "evidence-correction-detail": Answers("GET", to_class(), row="evidence_correction"),
    "evidence-correction-evidence": Answers(
        "GET", to_class(), row="evidence_correction", by_role=((Role.MUNICIPAL_ADMINISTRATOR, 403),)
    ),
    "evidence-correction-approve": Answers(
        "POST",
        to_class(municipal=403, district=302, training=403),
        row="evidence_correction",
        by_role=((Role.DISTRICT_LEAD, 409),),
    ),
    "evidence-correction-refuse": Answers(
        "POST", to_class(municipal=403, district=422, training=403), row="evidence_correction"
    ),
    "merge-list": Answers("GET", {**NOBODY, "municipal": 200}),
    "merge-propose": Answers("POST", NOBODY, by_role=((Role.MUNICIPAL_OPERATOR, 422),)),
    "merge-detail": Answers("GET", to_money(), row="merge"),
    "merge-approve": Answers(
        "POST",
        to_money(municipal=403),
        row="merge",
        by_role=((Role.MUNICIPAL_REVIEWER, 302), (Role.MUNICIPAL_ADMINISTRATOR, 409)),
    ),
    "merge-refuse": Answers(
        "POST",
        to_money(municipal=403),
        row="merge",
        by_role=((Role.MUNICIPAL_REVIEWER, 422), (Role.MUNICIPAL_ADMINISTRATOR, 422)),
    ),
    "changed-trainee-numbers": Answers("GET", dict.fromkeys(OFFICES, 308), public=308),
    "session-list": Answers("GET", ANYBODY),
    "session-detail": Answers("GET", to_session(), row="session"),
    "certificate-list": Answers("GET", ANYBODY),
    "certificate-detail": Answers("GET", to_decision(), row="certificate"),
    "account-correction": Answers(
        "POST",
        to_decision(municipal=403, district=403),
        row="certificate",
        # Nothing of these certificates waits for an account; test_pages.py corrects one that does.
        by_role=((Role.MUNICIPAL_OPERATOR, 409),),
    ),
    "setup": Answers("GET", ANYBODY),
    "calendar": Answers("GET", ANYBODY),
    "calendar-day": Answers("POST", NOBODY, by_role=((Role.MUNICIPAL_ADMINISTRATOR, 302),)),
    "delegation-list": Answers("GET", {**NOBODY, "municipal": 200, "district": 200}),
    # A colleague's absence: whoever leads the district ends it, and the city sees it and leaves it alone.
    "delegation-end": Answers(
        "POST",
        to_decision(municipal=404, district=403),
        row="delegation",
        by_role=(
            (Role.MUNICIPAL_AUDITOR, 403),
            (Role.MUNICIPAL_ADMINISTRATOR, 403),
            (Role.DISTRICT_LEAD, 302),
        ),
    ),
    "institution-list": Answers("GET", {**ANYBODY, "training": 302, "evaluation": 302}),
    "institution-detail": Answers("GET", to_class(), row="institution"),
    **dict.fromkeys(
        ("accreditation-grant", "accreditation-end", "quota-set"),
        Answers(
            "POST",
            to_class(municipal=403, district=403, training=403),
            row="institution",
            by_role=((Role.MUNICIPAL_ADMINISTRATOR, 302),),
        ),
    ),
    **dict.fromkeys(
        ("institution-suspend", "suspension-lift"),
        Answers(
            "POST",
            to_class(municipal=403, district=403, training=403),
            row="institution",
            by_role=((Role.MUNICIPAL_REVIEWER, 302), (Role.MUNICIPAL_ADMINISTRATOR, 302)),
        ),
    ),
    "intake-policy-list": Answers("GET", ANYBODY),
    "intake-policy-draft": Answers("GET", NOBODY, by_role=((Role.MUNICIPAL_ADMINISTRATOR, 200),)),
    # Nobody outside the municipal bureau sees a draft.
    "intake-policy-approve": Answers(
        "POST",
        {**dict.fromkeys(OFFICES, 404), "municipal": 403},
        by_role=((Role.MUNICIPAL_REVIEWER, 302),),
    ),
    "intake-policy-end": Answers("POST", NOBODY, by_role=((Role.MUNICIPAL_REVIEWER, 302),)),
    "batch-list": Answers("GET", ANYBODY),
    "recovery-list": Answers("GET", ANYBODY),
    "batch-detail": Answers("GET", to_money(), row="batch"),
    "batch-release": Answers(
        # What this world's rows say of money does not add up, and then nobody signs.
        "POST",
        to_money(municipal=403),
        row="batch",
        by_role=((Role.MUNICIPAL_FINANCE, 422),),
    ),
}
