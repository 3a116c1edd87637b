"""What the routes of level assessments answer to each kind of office."""

from institutions.enums import Role
from tests.interfaces.expected import ANYBODY, NOBODY, OFFICES, Answers, to_session
from tests.printing import printing_works

# A machine without a Chinese font says that it cannot print.
PRINTED = 200 if printing_works() else 503

# The session's results are recorded, so that its candidates stay as they are.
RUN_BY_ITS_INSTITUTION = to_session(municipal=403, evaluation=409)

# What a well-meant form of these routes holds.
ASSESSMENT_FORMS: dict[str, dict[str, object]] = {
    "revocation-propose": {"reason": "Somebody else sat."},
    "revocation-approve": {"reason": "Somebody else sat."},
    "revocation-refuse": {"reason": "Somebody else sat."},
    "correction-approve": {"reason": "Compared with the sheets."},
    "correction-refuse": {"reason": "Compared with the sheets."},
    "correction-propose": {
        "correction-outcome": "FAILED",
        "correction-theory_score": "80",
        "correction-practice_score": "50",
        "correction-reason": "Counted twice.",
    },
    "review-open": {"kind": "APPEAL", "reason": "A second page."},
    "review-close": {"note": "Counted again."},
}

ASSESSMENT_ROUTES = {
    "session-file": Answers("GET", {**NOBODY, "evaluation": 200}),
    **dict.fromkeys(
        ("session-reschedule", "candidates-draw"), Answers("GET", RUN_BY_ITS_INSTITUTION, row="session")
    ),
    **dict.fromkeys(
        ("session-cancel", "session-admit", "candidate-add", "candidates-upload", "candidates-remove"),
        Answers("POST", RUN_BY_ITS_INSTITUTION, row="session"),
    ),
    **dict.fromkeys(
        ("session-candidates", "candidates-template", "candidates-print"),
        Answers("GET", to_session(), row="session"),
    ),
    "candidate-list": Answers("GET", to_session(municipal=403), row="session"),
    "verify": Answers("GET", ANYBODY, public=200),
    # What stands in the address here is a public number, which is no signed link.
    "verify-link": Answers("GET", dict.fromkeys(OFFICES, 404), row="certificate", public=404),
    "certificate-pdf": Answers(
        "GET",
        {"municipal": 403, "district": 403, "training": 404, "evaluation": PRINTED},
        row="certificate",
        by_role=((Role.MUNICIPAL_OPERATOR, PRINTED), (Role.MUNICIPAL_REVIEWER, PRINTED)),
    ),
    "fee-list": Answers("GET", ANYBODY, public=200),
    "fee-publication": Answers(
        "GET", {**NOBODY, "evaluation": 200}, by_role=((Role.MUNICIPAL_OPERATOR, 200),)
    ),
    "site-list": Answers("GET", ANYBODY),
    "site-close": Answers("POST", {**NOBODY, "evaluation": 422}),
    "assessment-policy-list": Answers("GET", ANYBODY),
    "assessment-policy-draft": Answers("GET", NOBODY, by_role=((Role.MUNICIPAL_ADMINISTRATOR, 200),)),
    # Nobody outside the municipal bureau sees a draft.
    "assessment-policy-approve": Answers(
        "POST",
        {**dict.fromkeys(OFFICES, 404), "municipal": 403},
        by_role=((Role.MUNICIPAL_REVIEWER, 302),),
    ),
    "assessment-policy-end": Answers("POST", NOBODY, by_role=((Role.MUNICIPAL_REVIEWER, 302),)),
    "certificate-credential": Answers(
        "GET",
        {"municipal": 403, "district": 403, "training": 404, "evaluation": 200},
        row="certificate",
        by_role=((Role.MUNICIPAL_OPERATOR, 200), (Role.MUNICIPAL_REVIEWER, 200)),
    ),
    "credential-keys": Answers("GET", ANYBODY, public=200),
    "credential-status": Answers("GET", ANYBODY, public=200),
    "level-certificate-list": Answers("GET", ANYBODY),
    "level-certificate-detail": Answers(
        "GET", {"municipal": 200, "district": 200, "training": 404, "evaluation": 200}, row="certificate"
    ),
    "level-certificate-reissue": Answers(
        "GET", {"municipal": 403, "district": 403, "training": 404, "evaluation": 200}, row="certificate"
    ),
    # The first to propose is the municipal operator, and for everybody after that the proposal waits already.
    "revocation-propose": Answers(
        "POST",
        {"municipal": 403, "district": 403, "training": 404, "evaluation": 422},
        row="certificate",
        by_role=((Role.MUNICIPAL_OPERATOR, 302), (Role.MUNICIPAL_REVIEWER, 422)),
    ),
    "revocation-list": Answers("GET", ANYBODY),
    "revocation-detail": Answers("GET", to_session(), row="revocation"),
    "revocation-approve": Answers(
        "POST",
        to_session(municipal=403, evaluation=403),
        row="revocation",
        by_role=((Role.MUNICIPAL_REVIEWER, 302),),
    ),
    "revocation-refuse": Answers(
        "POST",
        to_session(municipal=403, evaluation=403),
        row="revocation",
        by_role=((Role.MUNICIPAL_REVIEWER, 302),),
    ),
    "candidate-detail": Answers("GET", to_session(), row="candidate"),
    # The municipal operator takes the appeal down, and the reviewer finds it open.
    "review-open": Answers(
        "POST",
        to_session(municipal=403, evaluation=403),
        row="candidate",
        by_role=((Role.MUNICIPAL_OPERATOR, 302), (Role.MUNICIPAL_REVIEWER, 422)),
    ),
    "review-list": Answers("GET", ANYBODY),
    # The municipal reviewer closes it, and the institution comes too late.
    "review-close": Answers(
        "POST",
        to_session(municipal=403, evaluation=409),
        row="review",
        by_role=((Role.MUNICIPAL_REVIEWER, 302),),
    ),
    "correction-propose": Answers("POST", to_session(municipal=403, evaluation=302), row="candidate"),
    "correction-list": Answers("GET", ANYBODY),
    "correction-detail": Answers("GET", to_session(), row="result_correction"),
    **dict.fromkeys(
        ("correction-approve", "correction-refuse"),
        Answers(
            "POST",
            to_session(municipal=403, evaluation=403),
            row="result_correction",
            by_role=((Role.MUNICIPAL_REVIEWER, 302),),
        ),
    ),
    "signal-list": Answers("GET", {**NOBODY, "municipal": 200}),
    "session-results": Answers("GET", to_session(), row="session"),
    # These results are recorded already, as they stand.
    "results-template": Answers("GET", to_session(municipal=403, evaluation=409), row="session"),
    "results-detail": Answers("GET", to_session(), row="results"),
    "results-recording": Answers("POST", to_session(municipal=403, evaluation=302), row="results"),
    "results-discard": Answers("POST", to_session(municipal=403, evaluation=409), row="results"),
    "results-problems": Answers("GET", to_session(municipal=403, evaluation=422), row="results"),
    # A form is no JSON; test_results_api.py sends some.
    "api-session-results": Answers(
        "POST", to_session(municipal=403, evaluation=415), row="session", public=403
    ),
}
