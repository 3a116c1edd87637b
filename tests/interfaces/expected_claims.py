"""What the routes of the reimbursement claims answer to each kind of office."""

from institutions.enums import Role
from tests.interfaces.expected import NOBODY, OFFICES, Answers, to_class, to_money
from tests.interfaces.expected_assessment import PRINTED

# What a well-meant form of these routes holds.
CLAIM_FORMS: dict[str, dict[str, object]] = {
    "claim-answer": {"answer-answer": "The trainer was paid in July."},
    "claim-ask": {"question": "Who taught on 9 March?"},
    "claim-recommend": {"sha256": "0" * 64},
    "claim-return": {"reason": "The receipts cannot be read."},
    "claim-refuse": {"reason": "The class was not held."},
    "claim-withdraw": {"withdrawal-reason": "Opened by mistake."},
    "advance-withdraw": {"withdrawal-reason": "Counted twice."},
    "claim-send-back": {"reason": "The receipts are of another class."},
    "institution-account-reveal": {"reason": "Compared with the bank's letter."},
}
OWN_INSTITUTION = to_class(municipal=403, district=403)
# The operator does it first, and the manager comes too late.
ONCE = ((Role.TRAINING_OPERATOR, 302), (Role.TRAINING_MANAGER, 409))
SIGNED_BY_THE_CITY = to_class(municipal=403, district=403, training=403)


def _reviewer(answer: int) -> tuple[tuple[Role, int], ...]:
    return ((Role.MUNICIPAL_REVIEWER, answer),)


OWN_DISTRICT = to_class(municipal=403, district=302, training=403)
# And the reviewer of the district before its lead.
FIRST_IN_THE_DISTRICT = ((Role.DISTRICT_REVIEWER, 302), (Role.DISTRICT_LEAD, 409))

CLAIM_ROUTES = {
    "claim-list": Answers("GET", {**NOBODY, "municipal": 200, "district": 200, "training": 200}),
    **dict.fromkeys(
        ("claim-statement", "advance-list", "advance-export"),
        Answers("GET", {**NOBODY, "municipal": 200, "district": 200, "training": 200}),
    ),
    # A bureau names an institution.
    "claim-statement-xlsx": Answers("GET", {**NOBODY, "municipal": 404, "district": 404, "training": 200}),
    "claim-statement-pdf": Answers("GET", {**NOBODY, "municipal": 404, "district": 404, "training": PRINTED}),
    "institution-account": Answers("GET", {**NOBODY, "training": 200}),
    "claim-detail": Answers("GET", to_class(), row="claim"),
    "class-advances": Answers("GET", to_class(), row="class"),
    "claim-evidence": Answers("GET", to_class(), row="claim_evidence"),
    "claim-open": Answers("GET", OWN_INSTITUTION, row="class"),
    # Nothing stands in the form.
    **dict.fromkeys(
        ("advance-record", "claim-evidence-hand-in"),
        Answers("POST", {**OWN_INSTITUTION, "training": 422}, row="class"),
    ),
    # No policy covers the class, and nothing was advanced.
    "claim-submit": Answers("POST", {**OWN_INSTITUTION, "training": 422}, row="claim"),
    "claim-withdraw": Answers("POST", OWN_INSTITUTION, row="claim", by_role=ONCE),
    "advance-withdraw": Answers("POST", OWN_INSTITUTION, row="advance", by_role=ONCE),
    "claim-evidence-withdraw": Answers("POST", OWN_INSTITUTION, row="claim_evidence", by_role=ONCE),
    "claim-answer": Answers("POST", OWN_INSTITUTION, row="claim_question", by_role=ONCE),
    # The municipal bureau's own.
    "claim-confirmations": Answers("GET", NOBODY, by_role=((Role.MUNICIPAL_REVIEWER, 200),)),
    # Nothing is chosen.
    "claims-confirm": Answers("POST", NOBODY, by_role=((Role.MUNICIPAL_REVIEWER, 302),)),
    # The hash of another page is sent.
    "claim-confirm": Answers("POST", SIGNED_BY_THE_CITY, row="recommended_claim", by_role=_reviewer(409)),
    "claim-send-back": Answers("POST", SIGNED_BY_THE_CITY, row="recommended_claim", by_role=_reviewer(302)),
    # Without a reason.
    "claim-refuse-recommended": Answers(
        "POST", SIGNED_BY_THE_CITY, row="recommended_claim", by_role=_reviewer(422)
    ),
    "claim-handover": Answers("GET", {**NOBODY, "municipal": 200}),
    # The district still exists.
    "claims-hand-over": Answers("POST", dict.fromkeys(OFFICES, 404), row="live_district"),
    "institution-account-list": Answers("GET", {**NOBODY, "municipal": 200}),
    "institution-account-detail": Answers("GET", to_money(training=403), row="institution_account"),
    "institution-account-reveal": Answers(
        "POST",
        to_money(municipal=403, training=403),
        row="institution_account",
        by_role=((Role.MUNICIPAL_FINANCE, 200),),
    ),
    "institution-account-approve": Answers(
        "POST",
        to_money(municipal=403, training=403),
        row="institution_account",
        by_role=((Role.MUNICIPAL_FINANCE, 302),),
    ),
    # A refusal has its reason.
    "institution-account-refuse": Answers(
        "POST",
        to_money(municipal=403, training=403),
        row="institution_account",
        by_role=((Role.MUNICIPAL_FINANCE, 422),),
    ),
    "training-policy-list": Answers("GET", {**NOBODY, "municipal": 200, "district": 200, "training": 200}),
    "training-policy-draft": Answers("GET", NOBODY, by_role=((Role.MUNICIPAL_ADMINISTRATOR, 200),)),
    # Nobody outside the municipal bureau sees a draft.
    "training-policy-approve": Answers(
        "POST", {**dict.fromkeys(OFFICES, 404), "municipal": 403}, by_role=_reviewer(302)
    ),
    "training-policy-end": Answers("POST", {**NOBODY, "evaluation": 404}, by_role=_reviewer(302)),
    "training-policy-simulation": Answers("GET", {**NOBODY, "municipal": 200}),
    # Without a version and a period there is nothing to export.
    "training-policy-simulation-export": Answers("GET", {**NOBODY, "municipal": 422}),
    "training-policy-simulation-again": Answers("POST", {**NOBODY, "municipal": 422}),
    **dict.fromkeys(
        ("claim-queue", "claim-queue-export"), Answers("GET", {**NOBODY, "municipal": 200, "district": 200})
    ),
    # To the next claim, or to the queue.
    "claim-queue-next": Answers("GET", {**NOBODY, "municipal": 302, "district": 302}),
    # Nothing is said of any line.
    "claim-lines-review": Answers("POST", {**OWN_DISTRICT, "district": 422}, row="submitted_claim"),
    # It was reckoned anew since.
    **dict.fromkeys(
        ("claim-lines-accept", "claim-recommend"),
        Answers("POST", {**OWN_DISTRICT, "district": 409}, row="submitted_claim"),
    ),
    "claim-ask": Answers("POST", OWN_DISTRICT, row="submitted_claim"),
    **dict.fromkeys(
        ("claim-return", "claim-refuse"),
        Answers("POST", OWN_DISTRICT, row="submitted_claim", by_role=FIRST_IN_THE_DISTRICT),
    ),
}
