"""What comes after the decision: revocations, money that comes back, corrections, certificates issued again."""

from tests.scenarios.acts import (
    account,
    correct,
    decide,
    reissue,
    revoke,
    sweep,
)
from tests.scenarios.banking import ask_for, bank_says, batch, given_up, pay, repaid, with_the_bank
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
    # ── Revoked ──
    Scenario(
        "Revoked before the decision: refused, and nothing was ever owed",
        (programme(), certificate("Li"), revoke("Li"), sweep()),
        Expect(decisions={"Li": REVOKED}, payments={"Li": "none"}, journal={}),
    ),
    granted(
        "Revoked before the payment: cancelled, and the money is free again",
        revoke("Li"),
        sweep(),
        expect=Expect(
            decisions={"Li": REVOKED}, payments={"Li": "CANCELLED"}, journal={}, budgets={"city": NOTHING}
        ),
    ),
    granted(
        "Revoked while the money is with the bank: it waits for the bank's word",
        with_the_bank(),
        revoke("Li"),
        sweep(),
        expect=Expect(decisions={"Li": GRANTED}, payments={"Li": "INSTRUCTED"}, journal=ON_ITS_WAY),
    ),
    granted(
        "Revoked while the money is with the bank, which pays: it is asked back",
        with_the_bank(),
        revoke("Li"),
        sweep(),
        bank_says("PAID"),
        sweep(),
        expect=Expect(
            payments={"Li": "PAID"},
            recoveries={"Li": "OPEN 800.00, back 0.00, given up 0.00"},
            journal=ASKED_BACK,
        ),
    ),
    granted(
        "Revoked while the money is with the bank, which returns it: cancelled",
        with_the_bank(),
        revoke("Li"),
        sweep(),
        bank_says("RETURNED"),
        sweep(),
        expect=Expect(
            decisions={"Li": REVOKED}, payments={"Li": "CANCELLED"}, journal={}, budgets={"city": NOTHING}
        ),
    ),
    granted(
        "Returned, and revoked before the account was corrected: never sent again",
        pay("RETURNED"),
        revoke("Li"),
        sweep(),
        account("Li"),
        sweep(),
        batch(),
        expect=Expect(payments={"Li": "CANCELLED"}, instructions={"Li": "RETURNED"}, journal={}),
    ),
    revoked_after_payment(
        "Revoked after the payment: the money is asked back, and the grant stands until it came",
        expect=Expect(
            decisions={"Li": GRANTED},
            payments={"Li": "PAID"},
            recoveries={"Li": "OPEN 800.00, back 0.00, given up 0.00"},
            journal=ASKED_BACK,
            budgets={"city": "reserved 0.00, paid 800.00, recovered 0.00"},
        ),
    ),
    # ── What came back ──
    revoked_after_payment(
        "All of it comes back: the decision is a refusal, and the budget has the money",
        ask_for("Li", until="2026-11-20"),
        repaid("Li", "800.00"),
        expect=Expect(
            decisions={"Li": REVOKED},
            recoveries={"Li": "SETTLED 800.00, back 800.00, given up 0.00"},
            journal={},
            budgets={"city": "reserved 0.00, paid 800.00, recovered 800.00"},
        ),
    ),
    revoked_after_payment(
        "A part comes back: the rest is still owed",
        repaid("Li", "300.00"),
        expect=Expect(
            decisions={"Li": GRANTED},
            recoveries={"Li": "OPEN 800.00, back 300.00, given up 0.00"},
            journal={"FUND_AT_BANK": "-500.00", "RECOVERIES_RECEIVABLE": "500.00"},
            budgets={"city": "reserved 0.00, paid 800.00, recovered 300.00"},
        ),
    ),
    revoked_after_payment(
        "It comes back in two parts",
        repaid("Li", "300.00", "LINE-1"),
        repaid("Li", "500.00", "LINE-2"),
        expect=Expect(
            decisions={"Li": REVOKED},
            recoveries={"Li": "SETTLED 800.00, back 800.00, given up 0.00"},
            journal={},
        ),
    ),
    revoked_after_payment(
        "All of it is given up: the grant stays as it is",
        given_up("Li", "800.00"),
        expect=Expect(
            decisions={"Li": GRANTED},
            recoveries={"Li": "SETTLED 800.00, back 0.00, given up 800.00"},
            journal={"FUND_AT_BANK": "-800.00", "RECOVERIES_WRITTEN_OFF": "800.00"},
            budgets={"city": "reserved 0.00, paid 800.00, recovered 0.00"},
        ),
    ),
    revoked_after_payment(
        "A part comes back and the rest is given up",
        repaid("Li", "799.99"),
        given_up("Li", "0.01"),
        expect=Expect(
            decisions={"Li": GRANTED},
            recoveries={"Li": "SETTLED 800.00, back 799.99, given up 0.01"},
            journal={"FUND_AT_BANK": "-0.01", "RECOVERIES_WRITTEN_OFF": "0.01"},
        ),
    ),
    revoked_after_payment(
        "No more comes back than was paid",
        refused("more_than_is_left", repaid("Li", "800.01")),
        expect=Expect(recoveries={"Li": "OPEN 800.00, back 0.00, given up 0.00"}),
    ),
    revoked_after_payment(
        "One line of the bank's statement is money once",
        repaid("Li", "300.00", "LINE-1"),
        refused("statement_line_used", repaid("Li", "300.00", "LINE-1")),
        expect=Expect(recoveries={"Li": "OPEN 800.00, back 300.00, given up 0.00"}),
    ),
    Scenario(
        "Repaid money opens a place in the lifetime for another certificate",
        (
            programme(**BY_LEVEL, lifetime_cap=1),
            certificate("Li", on="2026-05-09", occupation="IoT"),
            certificate("Li second"),
            decide(),
            pay(),
            revoke("Li"),
            sweep(),
            repaid("Li", "800.00"),
            sweep(),
        ),
        Expect(decisions={"Li": REVOKED, "Li second": GRANTED}, payments={"Li second": "READY"}),
    ),
    Scenario(
        "Money that is still out opens no place",
        (
            programme(**BY_LEVEL, lifetime_cap=1),
            certificate("Li", on="2026-05-09", occupation="IoT"),
            certificate("Li second"),
            decide(),
            pay(),
            revoke("Li"),
            sweep(),
            repaid("Li", "799.99"),
            sweep(),
        ),
        Expect(decisions={"Li": GRANTED, "Li second": "REFUSED within_lifetime_cap"}),
    ),
    # ── Corrected and issued again ──
    granted(
        "A pass is corrected to a fail before the payment: cancelled",
        correct("Li", "FAILED"),
        sweep(),
        expect=Expect(decisions={"Li": REVOKED}, payments={"Li": "CANCELLED"}, journal={}),
    ),
    granted(
        "A pass is corrected to a fail before the payment, and back: granted for the new certificate",
        correct("Li", "FAILED"),
        sweep(),
        correct("Li", "PASSED", "Li anew"),
        sweep(),
        pay(),
        expect=Expect(
            decisions={"Li": REVOKED, "Li anew": GRANTED},
            payments={"Li": "CANCELLED", "Li anew": "PAID"},
            journal=PAID_OUT,
        ),
    ),
    granted(
        "A pass is corrected to a fail after the payment: the money is asked back",
        pay(),
        correct("Li", "FAILED"),
        sweep(),
        expect=Expect(
            payments={"Li": "PAID"},
            recoveries={"Li": "OPEN 800.00, back 0.00, given up 0.00"},
            journal=ASKED_BACK,
        ),
    ),
    granted(
        "A pass is corrected to a fail after the payment, and back: the money stays where it is",
        pay(),
        correct("Li", "FAILED"),
        sweep(),
        correct("Li", "PASSED", "Li anew"),
        sweep(),
        expect=Expect(
            decisions={"Li": GRANTED, "Li anew": CLAIMED},
            payments={"Li": "PAID", "Li anew": "none"},
            recoveries={"Li": "WITHDRAWN 800.00, back 0.00, given up 0.00"},
            journal=PAID_OUT,
        ),
    ),
    granted(
        "A pass is corrected to a fail, the money comes back, and the pass stands again: paid anew",
        pay(),
        correct("Li", "FAILED"),
        sweep(),
        repaid("Li", "800.00"),
        correct("Li", "PASSED", "Li anew"),
        sweep(),
        pay(),
        expect=Expect(
            decisions={"Li": REVOKED, "Li anew": GRANTED},
            payments={"Li": "PAID", "Li anew": "PAID"},
            journal=PAID_OUT,
            budgets={"city": "reserved 0.00, paid 1600.00, recovered 800.00"},
        ),
    ),
    Scenario(
        "A fail that is corrected to a pass is paid like any other",
        (
            programme(),
            certificate("Wang"),
            correct("Wang", "FAILED"),
            correct("Wang", "PASSED", "Wang anew"),
            sweep(),
        ),
        Expect(decisions={"Wang": REVOKED, "Wang anew": GRANTED}, payments={"Wang anew": "READY"}),
    ),
    granted(
        "Issued again between grant and payment: paid once, for the first one's grant",
        reissue("Li", "Li again"),
        sweep(),
        pay(),
        expect=Expect(
            decisions={"Li": GRANTED, "Li again": CLAIMED},
            payments={"Li": "PAID", "Li again": "none"},
            journal=PAID_OUT,
        ),
    ),
    granted(
        "Issued again after the payment, and the new one revoked: the money is asked back",
        pay(),
        reissue("Li", "Li again"),
        sweep(),
        revoke("Li again"),
        sweep(),
        expect=Expect(
            decisions={"Li again": REVOKED},
            recoveries={"Li": "OPEN 800.00, back 0.00, given up 0.00"},
            journal=ASKED_BACK,
        ),
    ),
)
