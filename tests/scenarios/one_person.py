"""What is in question, and two rows that turn out to be one person."""

from tests.scenarios.acts import (
    appeal,
    correct,
    decide,
    dismiss_appeal,
    merge,
    question,
    revoke,
    sweep,
)
from tests.scenarios.banking import bank_says, batch, pay, sign, with_the_bank
from tests.scenarios.given import certificate, programme
from tests.scenarios.story import Expect, Scenario, Step, refused

GRANTED = "GRANTED 800.00"
REVOKED = "REFUSED certificate_is_valid"
CLAIMED = "REFUSED is_not_claimed_already"
NOTHING = "reserved 0.00, paid 0.00, recovered 0.00"
PAID_OUT = {"SUBSIDY_EXPENSE": "800.00", "FUND_AT_BANK": "-800.00"}
ON_ITS_WAY = {"SUBSIDY_EXPENSE": "800.00", "PAYMENTS_IN_TRANSIT": "-800.00"}
ASKED_BACK = {"FUND_AT_BANK": "-800.00", "RECOVERIES_RECEIVABLE": "800.00"}
BY_LEVEL = {"first_pass_scope": "OCCUPATION_AND_LEVEL"}


def granted(name: str, *steps: Step, expect: Expect) -> Scenario:
    """What happens to one granted certificate."""
    return Scenario(name, (programme(), certificate("Li"), decide(), *steps), expect)


def revoked_after_payment(name: str, *steps: Step, expect: Expect) -> Scenario:
    """What happens to money that is asked back."""
    return granted(name, pay(), revoke("Li"), sweep(), *steps, expect=expect)


def two_rows(name: str, *steps: Step, expect: Expect) -> Scenario:
    """Two rows of one person, granted before anybody knew: Li passed in May, Lee in July."""
    both = (certificate("Li", on="2026-05-09"), certificate("Lee"))
    return Scenario(name, (programme(), *both, decide(), *steps), expect)


SCENARIOS = (
    # ── In question ──
    Scenario(
        "An appeal is open before the decision: it waits",
        (programme(), certificate("Li"), appeal("Li"), decide()),
        Expect(decisions={"Li": "HELD nothing_is_under_review"}, payments={"Li": "none"}),
    ),
    Scenario(
        "An appeal is closed: the decision follows by itself",
        (programme(), certificate("Li"), appeal("Li"), decide(), dismiss_appeal("Li"), sweep()),
        Expect(decisions={"Li": GRANTED}),
    ),
    Scenario(
        "Somebody proposes to revoke the certificate: it waits",
        (programme(), certificate("Li"), question("Li"), decide()),
        Expect(decisions={"Li": "HELD nothing_is_under_review"}),
    ),
    Scenario(
        "An appeal about one certificate makes the person's others wait, and nobody else's",
        (
            programme(**BY_LEVEL),
            certificate("Li", on="2026-05-09", occupation="IoT"),
            certificate("Li second"),
            certificate("Wang"),
            appeal("Li"),
            decide(),
        ),
        Expect(
            decisions={
                "Li": "HELD nothing_is_under_review",
                "Li second": "HELD nothing_is_under_review",
                "Wang": GRANTED,
            }
        ),
    ),
    Scenario(
        "Whoever is refused for an earlier pass waits while that pass is in question",
        (
            programme(),
            certificate("Li", on="2026-05-09"),
            certificate("Li second"),
            appeal("Li"),
            decide(),
        ),
        Expect(decisions={"Li second": "HELD nothing_is_under_review"}),
    ),
    Scenario(
        "The earlier pass is corrected away by the review: the later one is paid",
        (
            programme(),
            certificate("Li", on="2026-05-09"),
            certificate("Li second"),
            appeal("Li"),
            decide(),
            correct("Li", "FAILED"),
            sweep(),
        ),
        Expect(decisions={"Li": REVOKED, "Li second": GRANTED}),
    ),
    granted(
        "An appeal is opened while the payment is in a batch: nobody signs, and it is withdrawn",
        batch(),
        appeal("Li"),
        refused("payee_frozen", sign()),
        sweep(),
        batch(),
        expect=Expect(payments={"Li": "READY"}, batches=("WITHDRAWN 1 800.00",)),
    ),
    granted(
        "The appeal is closed: the payment goes out in another batch",
        batch(),
        appeal("Li"),
        sweep(),
        dismiss_appeal("Li"),
        pay(),
        expect=Expect(
            payments={"Li": "PAID"},
            instructions={"Li": "WITHDRAWN, PAID"},
            batches=("WITHDRAWN 1 800.00", "SETTLED 1 800.00"),
        ),
    ),
    # ── Merged ──
    two_rows(
        "Two rows of one person, neither paid before the merge: the later pass is cancelled",
        merge("Lee", "Li"),
        sweep(),
        pay(),
        expect=Expect(
            decisions={"Li": GRANTED, "Lee": CLAIMED},
            payments={"Li": "PAID", "Lee": "CANCELLED"},
            journal=PAID_OUT,
        ),
    ),
    two_rows(
        "Two rows of one person, both paid before the merge: both stay paid, and the later one is on a desk",
        pay(),
        merge("Lee", "Li"),
        sweep(),
        expect=Expect(
            decisions={"Li": GRANTED, "Lee": GRANTED},
            payments={"Li": "PAID", "Lee": "PAID"},
            journal={"SUBSIDY_EXPENSE": "1600.00", "FUND_AT_BANK": "-1600.00"},
            desk=("paid-before-a-merge 1",),
        ),
    ),
    two_rows(
        "Two rows of one person, the later pass paid before the merge: the earlier one is cancelled",
        pay("RETURNED", "PAID"),
        merge("Lee", "Li"),
        sweep(),
        expect=Expect(
            decisions={"Li": CLAIMED, "Lee": GRANTED},
            payments={"Li": "CANCELLED", "Lee": "PAID"},
            journal=PAID_OUT,
        ),
    ),
    two_rows(
        "Two rows of one person, both with the bank at the merge: both wait for its word",
        with_the_bank(),
        merge("Lee", "Li"),
        sweep(),
        bank_says("PAID", "RETURNED"),
        sweep(),
        expect=Expect(
            decisions={"Li": GRANTED, "Lee": CLAIMED},
            payments={"Li": "PAID", "Lee": "CANCELLED"},
            journal=PAID_OUT,
        ),
    ),
    two_rows(
        "Two rows of one person in one batch at the merge: the batch goes out without the second",
        batch(),
        merge("Lee", "Li"),
        sweep(),
        pay(),
        expect=Expect(payments={"Li": "PAID", "Lee": "CANCELLED"}, journal=PAID_OUT),
    ),
    Scenario(
        "Two rows of one person, together above the cap of a lifetime: the later pass is cancelled",
        (
            programme(**BY_LEVEL, lifetime_cap=1),
            certificate("Li", on="2026-05-09", occupation="IoT"),
            certificate("Lee"),
            decide(),
            merge("Lee", "Li"),
            sweep(),
        ),
        Expect(
            decisions={"Li": GRANTED, "Lee": "REFUSED within_lifetime_cap"},
            payments={"Li": "READY", "Lee": "CANCELLED"},
        ),
    ),
    Scenario(
        "Two rows of one person, together above the cap of a lifetime, and both paid: both stay paid",
        (
            programme(**BY_LEVEL, lifetime_cap=1),
            certificate("Li", on="2026-05-09", occupation="IoT"),
            certificate("Lee"),
            decide(),
            pay(),
            merge("Lee", "Li"),
            sweep(),
        ),
        Expect(decisions={"Li": GRANTED, "Lee": GRANTED}, payments={"Li": "PAID", "Lee": "PAID"}),
    ),
    Scenario(
        "Two rows of one person, a lower level granted after a higher one: the lower one is cancelled",
        (
            programme(**BY_LEVEL, ladder_rule="ANY_OCCUPATION"),
            certificate("Li", on="2026-05-09", occupation="IoT", level="SENIOR"),
            certificate("Lee"),
            decide(),
            merge("Lee", "Li"),
            sweep(),
        ),
        Expect(
            decisions={"Li": GRANTED, "Lee": "REFUSED ladder_is_kept"},
            payments={"Li": "READY", "Lee": "CANCELLED"},
        ),
    ),
)
