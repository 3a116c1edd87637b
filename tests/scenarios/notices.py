"""Public notices and objections: working days, whose line is held, and what follows from the office's word."""

from tests.scenarios.acts import (
    close,
    decide,
    merge,
    objection_is,
    objects,
    on,
    publish,
    reissue,
    revoke,
    sweep,
)
from tests.scenarios.banking import batch, pay, sign
from tests.scenarios.given import certificate, programme, today_is
from tests.scenarios.story import Expect, Scenario, Step, refused

GRANTED = "GRANTED 800.00"
UPHELD = "REFUSED no_objection_was_upheld"
OWED = {"SUBSIDY_EXPENSE": "800.00", "SUBSIDIES_PAYABLE": "-800.00"}
NOTHING = "reserved 0.00, paid 0.00, recovered 0.00"
# 20 October 2026 is a Tuesday, and the last of five working days after it Tuesday the 27th.
PUBLISHED = (programme(notice_working_days=5), certificate("Li"), decide(), publish())


def closing(name: str, published: str, closed: str, status: str) -> Scenario:
    """A notice of five working days that somebody tries to close on a day."""
    return Scenario(
        name,
        (
            today_is(published),
            programme(notice_working_days=5),
            certificate("Li"),
            decide(),
            publish(),
            on(closed),
            close(),
        ),
        Expect(payments={"Li": status}),
    )


def objected(name: str, *steps: Step, expect: Expect) -> Scenario:
    """What happens to a payment on a notice of 20 October."""
    return Scenario(name, (*PUBLISHED, *steps), expect)


SCENARIOS = (
    # ── Working days ──
    Scenario(
        "Without a public notice the payment is ready at once",
        (programme(notice_working_days=0), certificate("Li"), decide()),
        Expect(payments={"Li": "READY"}),
    ),
    Scenario(
        "With a public notice the payment waits for it",
        (programme(notice_working_days=5), certificate("Li"), decide(), batch()),
        Expect(payments={"Li": "TO_NOTICE"}, batches=(), journal=OWED),
    ),
    closing("On the last of five working days the notice is open", "2026-10-20", "2026-10-27", "ON_NOTICE"),
    closing("On the day after the last the notice is closed", "2026-10-20", "2026-10-28", "READY"),
    closing(
        "Over the National Day holiday the last of five working days is Saturday 10 October, which is worked",
        "2026-09-28",
        "2026-10-10",
        "ON_NOTICE",
    ),
    closing(
        "Over the National Day holiday the notice is closed on 11 October",
        "2026-09-28",
        "2026-10-11",
        "READY",
    ),
    closing(
        "Over the Mid-autumn holiday the notice is open on 8 October", "2026-09-23", "2026-10-08", "ON_NOTICE"
    ),
    closing(
        "Over the Mid-autumn holiday the notice is closed on 9 October", "2026-09-23", "2026-10-09", "READY"
    ),
    Scenario(
        "A notice waits while the calendar does not reach its last day",
        (today_is("2026-12-28"), programme(notice_working_days=5), certificate("Li"), decide(), publish()),
        Expect(payments={"Li": "TO_NOTICE"}),
    ),
    # ── The public ──
    objected(
        "The public objects and is found right: nothing is paid",
        objects("Li"),
        objection_is("UPHELD", "Li"),
        sweep(),
        on("2026-10-28"),
        close(),
        expect=Expect(
            decisions={"Li": UPHELD}, payments={"Li": "CANCELLED"}, journal={}, budgets={"city": NOTHING}
        ),
    ),
    objected(
        "The public objects and is found wrong: it is paid after the notice",
        objects("Li"),
        objection_is("DISMISSED", "Li"),
        on("2026-10-28"),
        close(),
        pay(),
        expect=Expect(decisions={"Li": GRANTED}, payments={"Li": "PAID"}),
    ),
    objected(
        "Nobody has decided about the objection: the line stays though the notice is closed",
        objects("Li"),
        on("2026-10-28"),
        close(),
        expect=Expect(payments={"Li": "ON_NOTICE"}, journal=OWED),
    ),
    objected(
        "An objection is dismissed after the notice was closed: the line goes on by itself",
        objects("Li"),
        on("2026-10-28"),
        close(),
        objection_is("DISMISSED", "Li"),
        close(),
        expect=Expect(payments={"Li": "READY"}),
    ),
    objected(
        "The public objects on the last day",
        on("2026-10-27"),
        objects("Li"),
        on("2026-10-28"),
        close(),
        expect=Expect(payments={"Li": "ON_NOTICE"}),
    ),
    objected(
        "The public comes too late on the day after the last",
        on("2026-10-28"),
        refused("period_over", objects("Li")),
        close(),
        expect=Expect(payments={"Li": "READY"}),
    ),
    Scenario(
        "An objection holds its own line and no other",
        (
            programme(notice_working_days=5),
            certificate("Li"),
            certificate("Wang"),
            decide(),
            publish(),
            objects("Li"),
            on("2026-10-28"),
            close(),
            pay(),
        ),
        Expect(payments={"Li": "ON_NOTICE", "Wang": "PAID"}, batches=("SETTLED 1 800.00",)),
    ),
    objected(
        "The certificate is revoked while its line is on the notice",
        revoke("Li"),
        sweep(),
        on("2026-10-28"),
        close(),
        expect=Expect(
            payments={"Li": "CANCELLED"}, decisions={"Li": "REFUSED certificate_is_valid"}, journal={}
        ),
    ),
    objected(
        "After an upheld objection a certificate that is issued again is not paid either",
        objects("Li"),
        objection_is("UPHELD", "Li"),
        sweep(),
        reissue("Li", "Li again"),
        sweep(),
        expect=Expect(decisions={"Li again": UPHELD}, payments={"Li again": "none"}),
    ),
    Scenario(
        "Two rows with a line each turn out to be one person: the later pass leaves the notice",
        (
            programme(notice_working_days=5),
            certificate("Li", on="2026-05-09"),
            certificate("Lee"),
            decide(),
            publish(),
            merge("Lee", "Li"),
            sweep(),
            on("2026-10-28"),
            close(),
        ),
        Expect(
            decisions={"Li": GRANTED, "Lee": "REFUSED is_not_claimed_already"},
            payments={"Li": "READY", "Lee": "CANCELLED"},
        ),
    ),
    # ── Offices ──
    objected(
        "An office objects after the notice: the payment goes into no batch",
        on("2026-10-28"),
        close(),
        objects("Li", "OFFICE"),
        batch(),
        expect=Expect(payments={"Li": "READY"}, batches=()),
    ),
    objected(
        "An office's objection is dismissed: the payment goes out",
        on("2026-10-28"),
        close(),
        objects("Li", "OFFICE"),
        objection_is("DISMISSED", "Li"),
        pay(),
        expect=Expect(payments={"Li": "PAID"}),
    ),
    Scenario(
        "An office objects to one line of a batch: no signature is taken, and the others go out in another one",
        (
            programme(),
            certificate("Li"),
            certificate("Wang"),
            decide(),
            batch(),
            objects("Li", "OFFICE"),
            refused("objected", sign()),
            sweep(),
            pay(),
        ),
        Expect(
            payments={"Li": "READY", "Wang": "PAID"},
            instructions={"Li": "WITHDRAWN", "Wang": "WITHDRAWN, PAID"},
            batches=("WITHDRAWN 2 1600.00", "SETTLED 1 800.00"),
        ),
    ),
    Scenario(
        "An office's objection is upheld after the payment: the money is asked back",
        (
            programme(),
            certificate("Li"),
            decide(),
            pay(),
            objects("Li", "OFFICE"),
            objection_is("UPHELD", "Li"),
            sweep(),
        ),
        Expect(
            decisions={"Li": GRANTED},
            payments={"Li": "PAID"},
            recoveries={"Li": "OPEN 800.00, back 0.00, given up 0.00"},
            journal={"FUND_AT_BANK": "-800.00", "RECOVERIES_RECEIVABLE": "800.00"},
        ),
    ),
    # ── The person ──
    Scenario(
        "A person's objection to a refusal is upheld, and the facts are the same: it is decided anew, and refused",
        (
            programme(recording_window_days=30),
            certificate("Li", issued="2026-07-20", recorded="2026-10-01"),
            decide(),
            objects("Li", "PERSON"),
            objection_is("UPHELD", "Li"),
            sweep(),
        ),
        Expect(decisions={"Li": "REFUSED recorded_in_time"}),
    ),
    Scenario(
        "A person's objection to a refusal is dismissed: the refusal stands",
        (
            programme(eligible_categories=["GRADUATING_STUDENT"]),
            certificate("Li"),
            decide(),
            objects("Li", "PERSON"),
            objection_is("DISMISSED", "Li"),
            sweep(),
        ),
        Expect(decisions={"Li": "REFUSED category_is_eligible"}, payments={"Li": "none"}),
    ),
    Scenario(
        "A person's own objection does not take away what was granted",
        (
            programme(),
            certificate("Li"),
            decide(),
            objects("Li", "PERSON"),
            refused("would_take_away_a_grant", objection_is("UPHELD", "Li")),
            objection_is("DISMISSED", "Li"),
            sweep(),
            pay(),
        ),
        Expect(decisions={"Li": GRANTED}, payments={"Li": "PAID"}),
    ),
    objected(
        "A person's objection to the refusal is upheld: what was said against them speaks no more",
        objects("Li"),
        objection_is("UPHELD", "Li"),
        sweep(),
        objects("Li", "PERSON"),
        objection_is("UPHELD", "Li"),
        sweep(),
        expect=Expect(decisions={"Li": GRANTED}, payments={"Li": "TO_NOTICE"}, journal=OWED),
    ),
)
