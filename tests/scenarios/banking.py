"""What happens between the portal and the bank in a scenario, each by the real service."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from institutions.enums import Role
from subsidies.bank.channel import ReceivedFile
from subsidies.enums import ResolutionOutcome, SettlementKind, StopKind
from subsidies.models import BankResultLine
from subsidies.services.bank_results import receive_bank_result
from subsidies.services.batches import assemble_batches, release_batch
from subsidies.services.deliveries import deliver_released_batches
from subsidies.services.line_resolutions import approve_resolution, propose_resolution
from subsidies.services.recoveries import Settlement, approve_settlement, ask_back, propose_settlement
from subsidies.services.sending_stops import lift_stop, propose_lift, stop_sending
from tests.factories.bank_formats import BankFormatFactory
from tests.factories.subsidies import answers_to, result_list
from tests.scenarios.story import Step, step
from tests.scenarios.world import World
from tests.subsidies.bank_examples import report, transaction

OWN_BANK = "999653"
WHY_LIFTED = "Every reference was compared with the bank's list."


# ── Batches ──────────────────────────────────────────────────────────────────────────────────────────────
def batch() -> Step:
    """What is ready to be paid goes into batches."""
    return step(lambda world: world.batches.extend(assemble_batches(now=world.now)))


def sign(which: int = 0, by: int = 0, sha256: str = "") -> Step:
    """The first or another person of finance signs a batch: the last one for 0."""

    def take(world: World) -> None:
        signed = world.batch(which)
        release_batch(
            batch_id=signed.pk,
            releaser=world.someone(Role.MUNICIPAL_FINANCE, by),
            sha256=sha256 or signed.sha256,
            now=world.now,
        )

    return take


def send() -> Step:
    """Whatever is released goes to the bank."""
    return step(lambda world: deliver_released_batches(channel=world.bank, now=world.now))


def send_batch(world: World, which: int = 0) -> None:
    sign(which, by=0)(world)
    sign(which, by=1)(world)
    send()(world)


def with_the_bank() -> Step:
    """What is ready goes into one batch, which two people sign, and to the bank."""

    def take(world: World) -> None:
        before = len(world.batches)
        batch()(world)
        assert len(world.batches) > before, "Nothing was ready."
        for number in range(before + 1, len(world.batches) + 1):
            send_batch(world, number)

    return take


def pay(*answers: str) -> Step:
    """What is ready goes to the bank, which answers by line: all of it PAID, if nothing else is said."""

    def take(world: World) -> None:
        with_the_bank()(world)
        bank_says(*(answers or ("PAID",)))(world)

    return take


# ── The bank's word ──────────────────────────────────────────────────────────────────────────────────────
def bank_says(*answers: str, of: int = 0, amount: str = "", reference: str = "", code: str = "") -> Step:
    """A result file for a batch, by line; the last answer holds for the rest, and "-" leaves a line out.

    It may name another amount, another reference or another return code than it should.
    """

    def take(world: World) -> None:
        answered = world.batch(of)
        lines = [line for line in answers_to(answered, *answers) if line["answer"] != "-"]
        for line in lines:
            line["amount"] = Decimal(amount or str(line["amount"]))
            line["reference"] = reference or line["reference"]
            line["return_code"] = code or line["return_code"]
        receive(world, answered.reference, lines)

    return take


def bank_says_of_all(status: str, *refused: int) -> Step:
    """A report of ISO 20022 on the last batch as a whole, which names the refused lines and no other."""

    def take(world: World) -> None:
        lines = answers_to(world.batch(), "RETURNED")
        named = [
            transaction(str(line["reference"]), "RJCT", str(line["amount"]), "AC04")
            for number, line in enumerate(lines, start=1)
            if number in refused
        ]
        content = report(group=f"<GrpSts>{status}</GrpSts>", transactions="".join(named))
        content = content.replace(b"20261020-X", world.batch().reference.encode())
        receive_bank_result(received=ReceivedFile("STATUS.xml", content, "STATUS.xml"), now=world.now)

    return take


def bank_repeats(*answers: str) -> Step:
    """A result file that names the first line of the last batch twice, with these answers."""

    def take(world: World) -> None:
        lines = [answers_to(world.batch(), answer)[0] for answer in answers]
        receive(world, world.batch().reference, lines)

    return take


def bank_answers_for(batch_reference: str) -> Step:
    """A result file for a batch that nobody knows."""
    return step(lambda world: receive(world, batch_reference, answers_to(world.batch(), "PAID")))


def receive(world: World, reference: str, lines: Sequence[dict[str, object]]) -> bool:
    content = result_list(reference, lines)
    return receive_bank_result(received=ReceivedFile("RESULT.csv", content, "RESULT.csv"), now=world.now)


def finding(outcome: str) -> Step:
    """Two people find out what the last line means that could not be applied."""

    def take(world: World) -> None:
        line = BankResultLine.objects.exclude(problem="").latest("pk")
        found = propose_resolution(
            line_id=line.pk,
            proposer=world.someone(Role.MUNICIPAL_FINANCE, 0),
            outcome=ResolutionOutcome(outcome),
            reason="Told by the bank's desk.",
            bank_reference="STATEMENT-7",
            now=world.now,
        )
        approve_resolution(
            resolution_id=found.pk,
            decider=world.someone(Role.MUNICIPAL_FINANCE, 1),
            reason="",
            now=world.now,
        )

    return take


# ── Money that comes back ────────────────────────────────────────────────────────────────────────────────
def ask_for(label: str, until: str) -> Step:
    """The person is asked to pay until a day."""
    return step(
        lambda world: ask_back(
            recovery_id=world.recovery(label).pk,
            due_on=date.fromisoformat(until),
            asker=world.someone(Role.MUNICIPAL_FINANCE),
            now=world.now,
        )
    )


def repaid(label: str, amount: str, statement_line: str = "LINE-1") -> Step:
    """So much came back, on this line of the bank's statement: one puts it down, another agrees."""
    return step(
        lambda world: settle(
            world,
            label,
            Settlement(
                SettlementKind.REPAYMENT,
                Decimal(amount),
                "By transfer.",
                world.now.date(),
                statement_line,
            ),
        )
    )


def given_up(label: str, amount: str) -> Step:
    """So much is written off by two people."""
    lost = Settlement(SettlementKind.WRITE_OFF, Decimal(amount), "Nobody can be found.")
    return step(lambda world: settle(world, label, lost))


def settle(world: World, label: str, settlement: Settlement) -> None:
    proposed = propose_settlement(
        recovery_id=world.recovery(label).pk,
        settlement=settlement,
        proposer=world.someone(Role.MUNICIPAL_FINANCE, 0),
        now=world.now,
    )
    approve_settlement(
        settlement_id=proposed.pk,
        decider=world.someone(Role.MUNICIPAL_FINANCE, 1),
        reason="",
        now=world.now,
    )


# ── Banks and stops ──────────────────────────────────────────────────────────────────────────────────────
def bank_format(side: str = "ANY", **limits: object) -> Step:
    """A bank is connected: for the accounts of the bank itself (OWN), of others (OTHER), or of any."""
    own_code = {} if side == "ANY" else {"own_bank_code": OWN_BANK}
    return step(lambda _world: BankFormatFactory(approved=True, side=side, **own_code, **limits))


def stop() -> Step:
    """Somebody stops all sending."""
    return step(
        lambda world: stop_sending(
            stopper=world.someone(Role.MUNICIPAL_OPERATOR), reason="A break-in.", now=world.now
        )
    )


def lift() -> Step:
    """Two people let sending go on."""

    def take(world: World) -> None:
        first, second = (world.someone(Role.MUNICIPAL_FINANCE, which) for which in (0, 1))
        propose_lift(kind=StopKind.MANUAL, proposer=first, reason=WHY_LIFTED, now=world.now)
        lift_stop(kind=StopKind.MANUAL, lifter=second, lift_reason=WHY_LIFTED, now=world.now)

    return take
