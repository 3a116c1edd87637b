"""The bank's word: paid, returned, unknown, what does not fit, and what it says later."""

from tests.scenarios.acts import account, decide, on, sweep
from tests.scenarios.banking import (
    bank_answers_for,
    bank_format,
    bank_repeats,
    bank_says,
    bank_says_of_all,
    batch,
    finding,
    pay,
    repaid,
    with_the_bank,
)
from tests.scenarios.given import certificate, programme
from tests.scenarios.story import Expect, Scenario, Step, refused

OWED = {"SUBSIDY_EXPENSE": "800.00", "SUBSIDIES_PAYABLE": "-800.00"}
ON_ITS_WAY = {"SUBSIDY_EXPENSE": "800.00", "PAYMENTS_IN_TRANSIT": "-800.00"}
PAID_OUT = {"SUBSIDY_EXPENSE": "800.00", "FUND_AT_BANK": "-800.00"}
RESERVED = {"city": "reserved 800.00, paid 0.00, recovered 0.00"}
PAID = {"city": "reserved 0.00, paid 800.00, recovered 0.00"}


def granted(name: str, *steps: Step, expect: Expect, people: str = "Li", **policy: object) -> Scenario:
    """What happens to the payments of one or more people, each of 800 yuan."""
    certificates = [certificate(each) for each in people.split()]
    return Scenario(name, (programme(**policy), *certificates, decide(), *steps), expect)


SCENARIOS = (
    # ── Returned ──
    granted(
        "The account is wrong: the money comes back and is owed again",
        pay("RETURNED"),
        sweep(),
        batch(),
        expect=Expect(
            payments={"Li": "RETURNED"}, batches=("SETTLED 1 800.00",), journal=OWED, budgets=RESERVED
        ),
    ),
    granted(
        "The account is wrong and corrected: the money goes to the right one",
        pay("RETURNED"),
        account("Li"),
        pay(),
        expect=Expect(
            payments={"Li": "PAID"}, instructions={"Li": "RETURNED, PAID"}, journal=PAID_OUT, budgets=PAID
        ),
    ),
    granted(
        "Returned twice, paid the third time",
        pay("RETURNED"),
        account("Li", number="6222021234567890128"),
        pay("RETURNED"),
        account("Li", number="6222021234567890136"),
        pay(),
        expect=Expect(
            instructions={"Li": "RETURNED, RETURNED, PAID"}, payments={"Li": "PAID"}, journal=PAID_OUT
        ),
    ),
    granted(
        "The card was not activated: the same account is recorded again, and paid",
        pay("RETURNED"),
        account("Li", same_as="Li"),
        pay(),
        expect=Expect(instructions={"Li": "RETURNED, PAID"}, journal=PAID_OUT),
    ),
    granted(
        "One is returned, the other paid",
        pay("RETURNED", "PAID"),
        people="Li Wang",
        expect=Expect(
            payments={"Li": "RETURNED", "Wang": "PAID"},
            batches=("SETTLED 2 1600.00",),
            budgets={"city": "reserved 800.00, paid 800.00, recovered 0.00"},
            journal={"SUBSIDY_EXPENSE": "1600.00", "SUBSIDIES_PAYABLE": "-800.00", "FUND_AT_BANK": "-800.00"},
        ),
    ),
    # ── Unknown ──
    granted(
        "Unknown: nothing is sent again, whatever account arrives and however long it takes",
        with_the_bank(),
        bank_says("UNKNOWN"),
        account("Li"),
        on("2026-12-20"),
        sweep(),
        batch(),
        expect=Expect(
            payments={"Li": "INSTRUCTED"},
            instructions={"Li": "UNKNOWN"},
            batches=("DELIVERED 1 800.00",),
            journal=ON_ITS_WAY,
        ),
    ),
    granted(
        "Unknown, then paid",
        with_the_bank(),
        bank_says("UNKNOWN"),
        bank_says("PAID"),
        expect=Expect(instructions={"Li": "PAID"}, batches=("SETTLED 1 800.00",), journal=PAID_OUT),
    ),
    granted(
        "Unknown, then returned, then paid to another account",
        with_the_bank(),
        bank_says("UNKNOWN"),
        bank_says("RETURNED"),
        account("Li"),
        pay(),
        expect=Expect(instructions={"Li": "RETURNED, PAID"}, journal=PAID_OUT, budgets=PAID),
    ),
    granted(
        "An older unknown after the payment changes nothing",
        pay(),
        bank_says("UNKNOWN"),
        expect=Expect(instructions={"Li": "PAID"}, batches=("SETTLED 1 800.00",), journal=PAID_OUT),
    ),
    # ── Answers that do not fit ──
    granted(
        "The bank answers one line of two: the batch stays open for the other",
        with_the_bank(),
        bank_says("PAID", "-"),
        people="Li Wang",
        expect=Expect(
            payments={"Li": "PAID", "Wang": "INSTRUCTED"},
            batches=("DELIVERED 2 1600.00",),
            journal={
                "SUBSIDY_EXPENSE": "1600.00",
                "FUND_AT_BANK": "-800.00",
                "PAYMENTS_IN_TRANSIT": "-800.00",
            },
        ),
    ),
    granted(
        "The bank names another amount: nothing moves, and the batch stays open",
        with_the_bank(),
        bank_says("PAID", amount="700.00"),
        expect=Expect(payments={"Li": "INSTRUCTED"}, batches=("DELIVERED 1 800.00",), journal=ON_ITS_WAY),
    ),
    granted(
        "The bank names another amount and then the right one: two people find the first to mean nothing",
        with_the_bank(),
        bank_says("PAID", amount="700.00"),
        bank_says("PAID"),
        finding("NO_EFFECT"),
        expect=Expect(payments={"Li": "PAID"}, batches=("SETTLED 1 800.00",), journal=PAID_OUT),
    ),
    granted(
        "The bank names a payment that nobody ordered: it waits for two people",
        with_the_bank(),
        bank_says("PAID", reference="UNHEARD-OF"),
        expect=Expect(payments={"Li": "INSTRUCTED"}, batches=("DELIVERED 1 800.00",), journal=ON_ITS_WAY),
    ),
    granted(
        "The bank goes on naming another amount: two people find ours on its statement, and the batch is done",
        with_the_bank(),
        bank_says("PAID", amount="700.00"),
        refused("no_end_yet", finding("NO_EFFECT")),
        finding("FOUND_PAID"),
        expect=Expect(payments={"Li": "PAID"}, batches=("SETTLED 1 800.00",), journal=PAID_OUT, budgets=PAID),
    ),
    granted(
        "The bank goes on naming another amount and paid none: it is owed again, and paid to another account",
        with_the_bank(),
        bank_says("PAID", amount="700.00"),
        finding("FOUND_RETURNED"),
        account("Li"),
        pay(),
        expect=Expect(
            payments={"Li": "PAID"}, instructions={"Li": "RETURNED, PAID"}, journal=PAID_OUT, budgets=PAID
        ),
    ),
    granted(
        "The bank names one payment twice in a file, and says the same: it is said once",
        with_the_bank(),
        bank_repeats("PAID", "PAID"),
        expect=Expect(payments={"Li": "PAID"}, batches=("SETTLED 1 800.00",), journal=PAID_OUT, budgets=PAID),
    ),
    granted(
        "The bank names one payment twice in a file, and not alike: neither line moves anything",
        with_the_bank(),
        bank_repeats("PAID", "RETURNED"),
        expect=Expect(payments={"Li": "INSTRUCTED"}, batches=("DELIVERED 1 800.00",), journal=ON_ITS_WAY),
    ),
    granted(
        "The bank names one payment twice and not alike: two people find how it ended, and the batch stays open for "
        "the other line",
        with_the_bank(),
        bank_repeats("PAID", "RETURNED"),
        finding("FOUND_PAID"),
        expect=Expect(
            payments={"Li": "PAID"}, batches=("DELIVERED 1 800.00",), journal=PAID_OUT, budgets=PAID
        ),
    ),
    granted(
        "The bank sends the same file twice: it is one file",
        with_the_bank(),
        bank_says("PAID"),
        bank_says("PAID"),
        expect=Expect(files=("APPLIED",), journal=PAID_OUT, batches=("SETTLED 1 800.00",)),
    ),
    granted(
        "The bank answers a batch that nobody knows: the file is set aside",
        with_the_bank(),
        bank_answers_for("20261020-UNHEARD-OF"),
        expect=Expect(files=("QUARANTINED batch_unknown",), journal=ON_ITS_WAY),
    ),
    granted(
        "The bank answers a batch that was not sent: the file is set aside",
        batch(),
        bank_says("PAID"),
        expect=Expect(files=("QUARANTINED batch_not_sent",), payments={"Li": "INSTRUCTED"}, journal=OWED),
    ),
    # ── Answers for a whole file ──
    granted(
        "The bank says of the whole file that it is settled, and its format says that this counts: all are paid",
        bank_format(pain=True, layout={"whole_counts": True}),
        with_the_bank(),
        bank_says_of_all("ACSC"),
        people="Li Wang",
        expect=Expect(
            payments={"Li": "PAID", "Wang": "PAID"},
            batches=("SETTLED 2 1600.00",),
            journal={"SUBSIDY_EXPENSE": "1600.00", "FUND_AT_BANK": "-1600.00"},
            budgets={"city": "reserved 0.00, paid 1600.00, recovered 0.00"},
        ),
    ),
    granted(
        "The bank says of the whole file that it is settled, and its format says nothing of that: nothing moves",
        bank_format(pain=True),
        with_the_bank(),
        bank_says_of_all("ACSC"),
        expect=Expect(files=("QUARANTINED no_lines",), payments={"Li": "INSTRUCTED"}, journal=ON_ITS_WAY),
    ),
    granted(
        "The bank names the refused one of a part, and its format says that this counts: the others are paid",
        bank_format(pain=True, layout={"whole_counts": True, "part_counts": True}),
        with_the_bank(),
        bank_says_of_all("PART", 1),
        people="Li Wang",
        expect=Expect(
            payments={"Li": "RETURNED", "Wang": "PAID"},
            batches=("SETTLED 2 1600.00",),
            budgets={"city": "reserved 800.00, paid 800.00, recovered 0.00"},
        ),
    ),
    granted(
        "The bank names the refused one of a part, and its format says nothing of that: the others stay open",
        bank_format(pain=True, layout={"whole_counts": True}),
        with_the_bank(),
        bank_says_of_all("PART", 1),
        people="Li Wang",
        expect=Expect(payments={"Li": "RETURNED", "Wang": "INSTRUCTED"}, batches=("DELIVERED 2 1600.00",)),
    ),
    # ── The bank's later word ──
    granted(
        "Paid, and taken back later: owed again once two people have found so",
        pay(),
        bank_says("RETURNED"),
        finding("TAKEN_BACK"),
        expect=Expect(
            payments={"Li": "RETURNED"}, journal=OWED, budgets=RESERVED, batches=("SETTLED 1 800.00",)
        ),
    ),
    granted(
        "Paid, and taken back later: until two people have looked, it counts as paid",
        pay(),
        bank_says("RETURNED"),
        expect=Expect(
            payments={"Li": "PAID"}, journal=PAID_OUT, budgets=PAID, batches=("DELIVERED 1 800.00",)
        ),
    ),
    granted(
        "Taken back, and paid to another account",
        pay(),
        bank_says("RETURNED"),
        finding("TAKEN_BACK"),
        account("Li"),
        pay(),
        expect=Expect(instructions={"Li": "RETURNED, PAID"}, journal=PAID_OUT, budgets=PAID),
    ),
    granted(
        "Returned, and paid after all: two people find so, and nothing is sent again",
        pay("RETURNED"),
        bank_says("PAID"),
        finding("PAID_AFTER_ALL"),
        account("Li"),
        sweep(),
        batch(),
        expect=Expect(payments={"Li": "PAID"}, journal=PAID_OUT, budgets=PAID, batches=("SETTLED 1 800.00",)),
    ),
    granted(
        "Returned, and said to be paid: until two people have looked, nothing is sent to another account",
        pay("RETURNED"),
        bank_says("PAID"),
        account("Li"),
        sweep(),
        batch(),
        expect=Expect(payments={"Li": "RETURNED"}, batches=("DELIVERED 1 800.00",), journal=OWED),
    ),
    granted(
        "The bank paid two instructions for one payment: that is told of",
        pay("RETURNED"),
        account("Li"),
        pay(),
        bank_says("PAID", of=1),
        expect=Expect(
            instructions={"Li": "RETURNED, PAID"}, broken=("bank_paid_one_instruction_of_a_payment",)
        ),
    ),
    granted(
        "The bank paid two instructions for one payment: two people find so, and the second amount is asked back",
        pay("RETURNED"),
        account("Li"),
        pay(),
        bank_says("PAID", of=1),
        finding("PAID_AFTER_ALL"),
        expect=Expect(
            decisions={"Li": "GRANTED 800.00"},
            recoveries={"Li": "OPEN 800.00, back 0.00, given up 0.00"},
            journal={
                "SUBSIDY_EXPENSE": "800.00",
                "FUND_AT_BANK": "-1600.00",
                "RECOVERIES_RECEIVABLE": "800.00",
            },
            budgets={"city": "reserved 0.00, paid 1600.00, recovered 0.00"},
        ),
    ),
    granted(
        "What the bank paid a second time comes back: paid once, and granted as before",
        pay("RETURNED"),
        account("Li"),
        pay(),
        bank_says("PAID", of=1),
        finding("PAID_AFTER_ALL"),
        repaid("Li", "800.00"),
        expect=Expect(
            decisions={"Li": "GRANTED 800.00"},
            payments={"Li": "PAID"},
            recoveries={"Li": "SETTLED 800.00, back 800.00, given up 0.00"},
            journal=PAID_OUT,
            budgets={"city": "reserved 0.00, paid 1600.00, recovered 800.00"},
        ),
    ),
)
