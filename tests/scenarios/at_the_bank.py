"""Batches, signatures, files, and the accounts that they go to."""

from tests.scenarios.acts import account, alter_the_budget, decide, on, revoke, sweep
from tests.scenarios.banking import (
    bank_format,
    batch,
    lift,
    pay,
    send,
    sign,
    stop,
    with_the_bank,
)
from tests.scenarios.given import certificate, person, programme
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
    # ── Batches ──
    granted(
        "A batch holds no more payments than the policy says",
        batch(),
        people="Li Wang Zhao",
        batch_line_limit=2,
        expect=Expect(batches=("ASSEMBLED 2 1600.00", "ASSEMBLED 1 800.00")),
    ),
    granted(
        "A batch holds no larger sum than the policy says",
        batch(),
        people="Li Wang Zhao",
        batch_amount_limit="1600.00",
        expect=Expect(batches=("ASSEMBLED 2 1600.00", "ASSEMBLED 1 800.00")),
    ),
    granted(
        "A cent less in a batch, and each goes alone",
        batch(),
        people="Li Wang",
        batch_amount_limit="1599.99",
        expect=Expect(batches=("ASSEMBLED 1 800.00", "ASSEMBLED 1 800.00")),
    ),
    granted(
        "One payment above the sum of a batch goes alone: waiting would not make it smaller",
        batch(),
        batch_amount_limit="799.99",
        expect=Expect(batches=("ASSEMBLED 1 800.00",)),
    ),
    granted(
        "On a weekday without batches nothing is put into one",
        on("2026-10-21"),
        batch(),
        batch_weekdays=[2],
        expect=Expect(batches=(), payments={"Li": "READY"}),
    ),
    granted(
        "On the weekday of batches it is",
        on("2026-10-27"),
        batch(),
        batch_weekdays=[2],
        expect=Expect(batches=("ASSEMBLED 1 800.00",), payments={"Li": "INSTRUCTED"}),
    ),
    Scenario(
        "The agent bank's own accounts and those of others go in files of their own",
        (
            programme(),
            bank_format("OWN"),
            bank_format("OTHER"),
            certificate("Li"),
            account("Li", cnaps="999653000016"),
            certificate("Wang"),
            account("Wang", cnaps="105653000017"),
            decide(),
            batch(),
        ),
        Expect(batches=("ASSEMBLED 1 800.00 OWN", "ASSEMBLED 1 800.00 OTHER")),
    ),
    Scenario(
        "With a file for the bank's own accounts alone, another bank's account waits",
        (
            programme(),
            bank_format("OWN"),
            bank_format("ANY", line_limit=1),
            certificate("Li"),
            account("Li", cnaps="999653000016"),
            certificate("Wang"),
            account("Wang", cnaps="105653000017"),
            certificate("Zhao"),
            account("Zhao", cnaps="105653000017"),
            decide(),
            batch(),
        ),
        Expect(batches=("ASSEMBLED 1 800.00 OWN", "ASSEMBLED 1 800.00", "ASSEMBLED 1 800.00")),
    ),
    # ── Release ──
    granted(
        "One signature is not enough: nothing is sent",
        batch(),
        sign(),
        send(),
        expect=Expect(batches=("ASSEMBLED 1 800.00",), sent="0.00", journal=OWED),
    ),
    granted(
        "Nobody signs twice",
        batch(),
        sign(),
        refused("not_permitted", sign()),
        expect=Expect(batches=("ASSEMBLED 1 800.00",), sent="0.00"),
    ),
    granted(
        "Two signatures release the batch, and it is sent",
        with_the_bank(),
        expect=Expect(batches=("DELIVERED 1 800.00",), sent="800.00", journal=ON_ITS_WAY, budgets=RESERVED),
    ),
    granted(
        "Whoever looked at another file does not release this one",
        batch(),
        refused("other_file", sign(sha256="0" * 64)),
        expect=Expect(batches=("ASSEMBLED 1 800.00",)),
    ),
    granted(
        "Up to the policy's limit a batch leaves by itself",
        batch(),
        send(),
        automatic_release_limit="800.00",
        expect=Expect(batches=("DELIVERED 1 800.00",), sent="800.00", journal=ON_ITS_WAY),
    ),
    granted(
        "A cent above the policy's limit it does not",
        batch(),
        send(),
        automatic_release_limit="799.99",
        expect=Expect(batches=("ASSEMBLED 1 800.00",), sent="0.00"),
    ),
    granted(
        "Release is refused while the books do not agree, and it is told",
        batch(),
        alter_the_budget(paid="0.01"),
        refused("books_differ", sign()),
        expect=Expect(
            batches=("ASSEMBLED 1 800.00",),
            sent="0.00",
            broken=("budget_is_the_sum_of_its_payments",),
        ),
    ),
    granted(
        "While sending is stopped nobody releases anything",
        batch(),
        stop(),
        refused("sending_stopped", sign()),
        expect=Expect(batches=("ASSEMBLED 1 800.00",), sent="0.00"),
    ),
    granted(
        "What was released stays here while sending is stopped",
        batch(),
        sign(by=0),
        sign(by=1),
        stop(),
        send(),
        expect=Expect(batches=("RELEASED 1 800.00",), sent="0.00", journal=ON_ITS_WAY),
    ),
    granted(
        "Two people lift the stop, and it is sent",
        batch(),
        sign(by=0),
        sign(by=1),
        stop(),
        send(),
        lift(),
        send(),
        expect=Expect(batches=("DELIVERED 1 800.00",), sent="800.00"),
    ),
    granted(
        "An account is replaced in a batch that waits: it is withdrawn, and another one goes to the new account",
        batch(),
        account("Li"),
        refused("account_replaced", sign()),
        sweep(),
        pay(),
        expect=Expect(
            instructions={"Li": "WITHDRAWN, PAID"},
            batches=("WITHDRAWN 1 800.00", "SETTLED 1 800.00"),
            journal=PAID_OUT,
        ),
    ),
    granted(
        "A certificate is revoked between the release and the sending: nothing of the file leaves, the others are paid",
        batch(),
        sign(by=0),
        sign(by=1),
        revoke("Li"),
        send(),
        sweep(),
        pay(),
        people="Li Wang",
        expect=Expect(
            payments={"Li": "CANCELLED", "Wang": "PAID"},
            instructions={"Li": "WITHDRAWN", "Wang": "WITHDRAWN, PAID"},
            batches=("WITHDRAWN 2 1600.00", "SETTLED 1 800.00"),
            journal=PAID_OUT,
            budgets=PAID,
            sent="800.00",
        ),
    ),
    granted(
        "An account is replaced between the release and the sending: another file goes to the new account",
        batch(),
        sign(by=0),
        sign(by=1),
        account("Li"),
        send(),
        pay(),
        expect=Expect(
            instructions={"Li": "WITHDRAWN, PAID"},
            batches=("WITHDRAWN 1 800.00", "SETTLED 1 800.00"),
            journal=PAID_OUT,
            sent="800.00",
        ),
    ),
    granted(
        "A certificate in a batch is revoked: the batch is withdrawn, and the others go out in another one",
        batch(),
        revoke("Li"),
        refused("certificate_revoked", sign()),
        sweep(),
        pay(),
        people="Li Wang",
        expect=Expect(
            payments={"Li": "CANCELLED", "Wang": "PAID"},
            batches=("WITHDRAWN 2 1600.00", "SETTLED 1 800.00"),
            journal=PAID_OUT,
            budgets=PAID,
        ),
    ),
    # ── Accounts ──
    Scenario(
        "The account is missing: it is asked for, and paid once it arrives",
        (
            programme(),
            person("Li", account=False),
            certificate("Li"),
            decide(),
            account("Li"),
            sweep(),
            pay(),
        ),
        Expect(decisions={"Li": "GRANTED 800.00"}, payments={"Li": "PAID"}, journal=PAID_OUT),
    ),
    Scenario(
        "The account is missing: nothing is reserved and nothing refused",
        (programme(), person("Li", account=False), certificate("Li"), decide(), batch()),
        Expect(
            decisions={"Li": "HELD account_is_known"},
            payments={"Li": "none"},
            batches=(),
            budgets={"city": "reserved 0.00, paid 0.00, recovered 0.00"},
        ),
    ),
    Scenario(
        "The account cannot be one: it is not taken down, and goes on missing",
        (
            programme(),
            person("Li", account=False),
            certificate("Li"),
            decide(),
            refused("account_malformed", account("Li", number="1234")),
            sweep(),
        ),
        Expect(decisions={"Li": "HELD account_is_known"}),
    ),
    granted(
        "Two people share one account: each is paid what is theirs",
        account("Wang", same_as="Li"),
        pay(),
        people="Li Wang",
        expect=Expect(
            payments={"Li": "PAID", "Wang": "PAID"}, batches=("SETTLED 2 1600.00",), sent="1600.00"
        ),
    ),
)
