"""What the routes of the money answer to each kind of office."""

from institutions.enums import Role
from tests.interfaces.expected import ANYBODY, NOBODY, OFFICES, SIGN_IN, Answers, to_decision, to_money

# What a well-meant form of these routes holds.
MONEY_FORMS: dict[str, dict[str, object]] = {
    "bank-result-dismiss": {"reason": "A test file of the bank."},
    "bank-exception-propose": {"outcome": "NO_EFFECT", "reason": "Told on the telephone."},
    "sending-stop": {"reason": "The bank reports a break-in."},
    "sending-lift-propose": {"kind": "MANUAL", "reason": "All is well again."},
    "sending-lift": {"kind": "MANUAL", "lift_reason": "All is well again."},
    "recovery-ask": {"ask-due_on": "2099-12-31"},
    "settlement-propose": {"kind": "WRITE_OFF", "amount": "1.00", "reason": "Nobody can be found."},
    "settlement-refuse": {"decision-reason": "Another person paid this."},
    "budget-change-refuse": {"reason": "Not in the document."},
    "objection-decide": {"outcome": "DISMISSED", "reason": "Unfounded."},
}

MONEY_ROUTES = {
    # Institutions decide nothing by the policy versions; the districts see those that are approved.
    "policy-version-list": Answers("GET", {**NOBODY, "municipal": 200, "district": 200}),
    "policy-version-draft": Answers("GET", NOBODY, by_role=((Role.MUNICIPAL_ADMINISTRATOR, 200),)),
    # Nobody outside the municipal bureau sees a draft.
    "policy-version-approve": Answers(
        "POST",
        {**dict.fromkeys(OFFICES, 404), "municipal": 403},
        by_role=((Role.MUNICIPAL_REVIEWER, 302),),
    ),
    "policy-version-end": Answers(
        "POST",
        {**NOBODY, "training": 404, "evaluation": 404},
        by_role=((Role.MUNICIPAL_REVIEWER, 302),),
    ),
    "policy-simulation": Answers("GET", {**NOBODY, "municipal": 200}),
    # Without a version and a period there is nothing to export.
    "policy-simulation-export": Answers("GET", {**NOBODY, "municipal": 422}),
    "policy-simulation-again": Answers("POST", {**NOBODY, "municipal": 422}),
    # A counter hands out links: whoever sits there sees who stands before it.
    "self-check-link-handout": Answers(
        "GET",
        to_decision(municipal=403, district=403),
        row="certificate",
        by_role=((Role.MUNICIPAL_OPERATOR, 200), (Role.DISTRICT_REVIEWER, 200)),
    ),
    "self-check": Answers("GET", ANYBODY, public=200),
    "self-check-link": Answers("GET", ANYBODY, public=200),
    # Whoever has shown no key is led to where one is asked for.
    **dict.fromkeys(
        (
            "self-check-code",
            "self-check-own",
            "own-account",
            "own-account-confirmation",
            "own-objection",
        ),
        Answers("GET", dict.fromkeys(OFFICES, SIGN_IN)),
    ),
    "self-check-leave": Answers("POST", dict.fromkeys(OFFICES, SIGN_IN)),
    "notice-list": Answers("GET", ANYBODY, public=200),
    "notices-waiting": Answers("GET", {**NOBODY, "municipal": 200, "district": 200}),
    # What stands in the address here is no notice's reference, nor an objection's receipt.
    **dict.fromkeys(
        ("notice-detail", "notice-content", "notice-objection", "objection-receipt"),
        Answers("GET", dict.fromkeys(OFFICES, 404), row="certificate", public=404),
    ),
    "notice-search": Answers("POST", dict.fromkeys(OFFICES, 404), row="certificate", public=404),
    **dict.fromkeys(
        ("objection-list", "objection-export"),
        Answers("GET", {**NOBODY, "municipal": 200, "district": 200}),
    ),
    "objection-record": Answers(
        "GET",
        {**NOBODY, "district": 200},
        by_role=((Role.MUNICIPAL_OPERATOR, 200), (Role.MUNICIPAL_REVIEWER, 200)),
    ),
    "objection-detail": Answers("GET", to_decision(), row="objection"),
    # The reviewer of the bureau decides first, and the district comes too late.
    "objection-decide": Answers(
        "POST",
        to_decision(municipal=403, district=409),
        row="objection",
        by_role=((Role.MUNICIPAL_REVIEWER, 302),),
    ),
    **dict.fromkeys(("certificate-export", "batch-export"), Answers("GET", ANYBODY)),
    "batch-lines-export": Answers("GET", to_money(), row="batch"),
    "recovery-export": Answers("GET", ANYBODY),
    "recovery-detail": Answers("GET", to_money(), row="recovery"),
    # It names the person in full: only whoever sends it reads it.
    "recovery-letter": Answers(
        "GET", to_money(municipal=403), row="recovery", by_role=((Role.MUNICIPAL_FINANCE, 200),)
    ),
    **dict.fromkeys(
        ("recovery-ask", "settlement-propose"),
        Answers("POST", to_money(municipal=403), row="recovery", by_role=((Role.MUNICIPAL_FINANCE, 302),)),
    ),
    **dict.fromkeys(
        ("settlement-approve", "settlement-refuse"),
        Answers("POST", to_money(municipal=403), row="settlement", by_role=((Role.MUNICIPAL_FINANCE, 302),)),
    ),
    "inbox": Answers("GET", {**NOBODY, "municipal": 200, "district": 200, "training": 200}),
    "inbox-read": Answers(
        "POST",
        {**NOBODY, "municipal": 302, "district": 302, "training": 302},
        by_role=((Role.MUNICIPAL_AUDITOR, 403),),
    ),
    "bank-format-list": Answers("GET", {**NOBODY, "municipal": 200}),
    "bank-format-draft": Answers("GET", NOBODY, by_role=((Role.MUNICIPAL_ADMINISTRATOR, 200),)),
    **dict.fromkeys(
        ("bank-format-detail", "bank-format-example"), Answers("GET", to_money(), row="bank_format")
    ),
    **dict.fromkeys(
        ("bank-format-approve", "bank-format-close"),
        Answers("POST", to_money(municipal=403), row="bank_format", by_role=((Role.MUNICIPAL_FINANCE, 302),)),
    ),
    **dict.fromkeys(("bank-result-list", "bank-exception-list"), Answers("GET", ANYBODY)),
    "bank-result-hand-in": Answers("GET", NOBODY, by_role=((Role.MUNICIPAL_FINANCE, 200),)),
    "bank-result-detail": Answers("GET", to_money(), row="bank_result"),
    **dict.fromkeys(
        ("bank-result-read-again", "bank-result-dismiss"),
        Answers("POST", to_money(municipal=403), row="bank_result", by_role=((Role.MUNICIPAL_FINANCE, 302),)),
    ),
    "bank-result-confirm": Answers(
        "POST", to_money(municipal=403), row="brought_file", by_role=((Role.MUNICIPAL_FINANCE, 302),)
    ),
    # A refusal has its reason.
    "bank-result-refuse": Answers(
        "POST", to_money(municipal=403), row="brought_file", by_role=((Role.MUNICIPAL_FINANCE, 422),)
    ),
    "bank-exception-detail": Answers("GET", to_money(), row="bank_line"),
    # One finding waits already.
    "bank-exception-propose": Answers(
        "POST", to_money(municipal=403), row="bank_line", by_role=((Role.MUNICIPAL_FINANCE, 409),)
    ),
    **dict.fromkeys(
        ("bank-exception-approve", "bank-exception-refuse"),
        Answers("POST", to_money(municipal=403), row="bank_line", by_role=((Role.MUNICIPAL_FINANCE, 302),)),
    ),
    # A machine sends this batch.
    **dict.fromkeys(
        ("batch-download-offer", "batch-handed-over"),
        Answers("POST", to_money(municipal=403), row="batch", by_role=((Role.MUNICIPAL_FINANCE, 422),)),
    ),
    "batch-download": Answers("GET", to_money(), row="download"),
    # Its batch is not on its way any more.
    "batch-download-file": Answers(
        "POST", to_money(municipal=403), row="download", by_role=((Role.MUNICIPAL_FINANCE, 409),)
    ),
    # The password is for one person, who is none of these.
    "batch-download-password": Answers("GET", to_money(municipal=403), row="download"),
    "sending": Answers("GET", to_money()),
    # The operator stops first, and finance comes too late.
    "sending-stop": Answers(
        "POST", NOBODY, by_role=((Role.MUNICIPAL_OPERATOR, 302), (Role.MUNICIPAL_FINANCE, 409))
    ),
    # Nothing is stopped.
    **dict.fromkeys(
        ("sending-lift-propose", "sending-lift"),
        Answers("POST", NOBODY, by_role=((Role.MUNICIPAL_FINANCE, 409),)),
    ),
    # The city sees every budget, a district its own and its own statement.
    **dict.fromkeys(
        ("budget-list", "budget-export", "statement", "statement-lines", "statement-export"),
        Answers("GET", {**NOBODY, "municipal": 200, "district": 200}),
    ),
    # A desk that names no matter leads to all of them.
    **dict.fromkeys(
        ("subsidy-desk", "subsidy-desk-export"), Answers("GET", {**NOBODY, "municipal": 200, "district": 200})
    ),
    "subsidy-desk-list": Answers("GET", {**NOBODY, "municipal": 302, "district": 302}),
    "failed-message": Answers("GET", to_money(), row="failed_message"),
    "reconciliation": Answers("GET", {**NOBODY, "municipal": 200}),
    "budget-detail": Answers("GET", to_decision(), row="budget"),
    "budget-change-detail": Answers("GET", to_decision(), row="budget_change"),
    "budget-allotment": Answers("GET", NOBODY, by_role=((Role.MUNICIPAL_ADMINISTRATOR, 200),)),
    "budget-change-propose": Answers(
        "GET",
        to_decision(municipal=403, district=403),
        row="budget",
        by_role=((Role.MUNICIPAL_ADMINISTRATOR, 200),),
    ),
    **dict.fromkeys(
        ("budget-change-approve", "budget-change-refuse"),
        Answers(
            "POST",
            to_decision(municipal=403, district=403),
            row="budget_change",
            by_role=((Role.MUNICIPAL_REVIEWER, 302),),
        ),
    ),
    "other-subsidy-list": Answers("GET", {**NOBODY, "municipal": 200}),
    # Nothing stands in the form.
    **dict.fromkeys(
        ("other-subsidy-record", "other-subsidy-upload"),
        Answers("POST", NOBODY, by_role=((Role.MUNICIPAL_OPERATOR, 422),)),
    ),
    "other-subsidy-template": Answers("GET", NOBODY, by_role=((Role.MUNICIPAL_OPERATOR, 200),)),
    # Nobody names which.
    "other-subsidy-withdraw": Answers("GET", dict.fromkeys(OFFICES, 404)),
}
