"""Batches, what the bank says of them, and payments that come back and go out again."""

import csv
import hashlib
import io
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Final

from chongqing_dte.foundation.crypto import keyed_reference
from demo.generator import figures
from demo.generator.money import Books, Owed
from demo.generator.people import Account, People
from demo.generator.rows import (
    BatchRow,
    EventRow,
    InstructionRow,
    PaymentRow,
    ResultFileRow,
    ResultLineRow,
    Rows,
)
from demo.generator.scene import SHANGHAI, Scene
from subsidies.bank import agent_list
from subsidies.bank.files import BatchFile, BatchLine
from subsidies.rules.references import claim_words

CORRECTION_REASON: Final = "银行退回：账户无法入账，学员已更正。"
# Chosen: the pace of the bureau and of the bank, from the moment in which a batch is assembled.
ASSEMBLED_AFTER: Final = timedelta(minutes=30)
FIRST_SIGNATURE, SECOND_SIGNATURE = timedelta(hours=3), timedelta(hours=5)
DELIVERED: Final = timedelta(hours=5, minutes=2)
ANSWERED: Final = timedelta(hours=27)


@dataclass(frozen=True, slots=True)
class Ready:
    """One payment that waits for a batch: since when, and how often it was tried with this time."""

    owed: Owed
    since: datetime
    number: int


@dataclass(frozen=True, slots=True)
class Instruction:
    """One payment in a batch, with the account that it goes to and the bank's answer, if there is one by now."""

    id: int
    ready: Ready
    account: Account
    reference: str
    return_code: str

    @property
    def answer(self) -> str:
        """What the bank says, once it does."""
        return "RETURNED" if self.return_code else "PAID"


@dataclass(frozen=True, slots=True)
class Batch:
    """One batch with its file and its times; one that is still to come is None."""

    id: int
    reference: str
    status: str
    assembled_at: datetime
    first_signed_at: datetime | None
    released_at: datetime | None
    delivered_at: datetime | None
    settled_at: datetime | None
    content: bytes
    instructions: Sequence[Instruction]


class Bank:
    """Pays what is owed, in batches of a week, as far as there has been time for it."""

    def __init__(self, rows: Rows, scene: Scene, people: People, books: Books, chance: Random) -> None:
        self.rows = rows
        self.scene = scene
        self.people = people
        self.books = books
        self.chance = chance

    def pay(self, owed: Sequence[Owed]) -> None:
        """Write the payments with every batch, answer and second try."""
        waiting = [Ready(each, each.opened_at, 1) for each in owed]
        while waiting:
            returned = [ready for group in self._groups(waiting) for ready in self._pay_group(group)]
            waiting = [again for ready in returned if (again := self._after_correction(ready)) is not None]
        for each in owed:
            self.rows.add(
                PaymentRow(
                    id=each.id,
                    public_id=self.rows.new_public_id(),
                    entitlement_id=each.entitlement_id,
                    payee_id=each.person.id,
                    district_id=each.district_id,
                    budget_id=each.budget_id,
                    notice_working_days=self.scene.terms.policy.notice_working_days,
                    amount=each.amount,
                    status=each.status,
                    opened_at=each.opened_at,
                    paid_at=each.paid_at,
                )
            )

    def _groups(self, waiting: Sequence[Ready]) -> Iterator[list[Ready]]:
        weeks: dict[tuple[int, int], list[Ready]] = defaultdict(list)
        for ready in waiting:
            weeks[ready.since.astimezone(SHANGHAI).isocalendar()[:2]].append(ready)
        limit = self.scene.terms.batch_line_limit
        for _week, group in sorted(weeks.items()):
            group.sort(key=lambda ready: (ready.since, ready.owed.id))
            for first in range(0, len(group), limit):
                yield group[first : first + limit]

    def _pay_group(self, group: Sequence[Ready]) -> list[Ready]:
        """Write one batch and return what came back, with the time of the bank's answer."""
        ready_since = group[-1].since
        if self.scene.leaves_open_ends and ready_since + ASSEMBLED_AFTER > self.scene.now:
            return []
        batch = self._batch(group, self.scene.by_now(ready_since + ASSEMBLED_AFTER))
        self._add_batch(batch)
        if batch.released_at is not None:
            self._record_release(batch)
        for each in batch.instructions:
            each.ready.owed.status = "INSTRUCTED" if batch.settled_at is None else each.answer
        self._add_instructions(batch)
        if batch.settled_at is None:
            return []
        self._settle(batch)
        return [
            Ready(each.ready.owed, batch.settled_at, each.ready.number)
            for each in batch.instructions
            if each.answer == "RETURNED"
        ]

    def _batch(self, group: Sequence[Ready], assembled_at: datetime) -> Batch:
        instructions = [self._instruction(ready, assembled_at) for ready in group]
        day = assembled_at.astimezone(SHANGHAI).date()
        # As the portal derives it.
        content_key = keyed_reference("batch", *(f"{i.reference}:{i.account.number}" for i in instructions))
        reference = f"{day:%Y%m%d}-{content_key[:10]}"
        lines = [_line(number, each) for number, each in enumerate(instructions, start=1)]
        times = [
            self._reached(assembled_at + after)
            for after in (FIRST_SIGNATURE, SECOND_SIGNATURE, DELIVERED, ANSWERED)
        ]
        reached = sum(moment is not None for moment in times)
        return Batch(
            id=self.rows.new_id(BatchRow),
            reference=reference,
            status=("ASSEMBLED", "ASSEMBLED", "RELEASED", "DELIVERED", "SETTLED")[reached],
            assembled_at=assembled_at,
            first_signed_at=times[0],
            released_at=times[1],
            delivered_at=times[2],
            settled_at=times[3],
            content=agent_list.write_payment_list(BatchFile(reference=reference, made_on=day, lines=lines)),
            instructions=instructions,
        )

    def _reached(self, moment: datetime) -> datetime | None:
        """Return a moment that has passed; without open ends everything has, at the latest now."""
        if moment <= self.scene.now:
            return moment
        return None if self.scene.leaves_open_ends else self.scene.now

    def _instruction(self, ready: Ready, assembled_at: datetime) -> Instruction:
        owed = ready.owed
        account = owed.person.account_on(assembled_at)
        if account is None:
            raise AssertionError("A grant without an account.")
        return Instruction(
            id=self.rows.new_id(InstructionRow),
            ready=ready,
            account=account,
            reference=keyed_reference(*self._claim(owed), str(ready.number)),
            return_code=self._return_code(ready, account),
        )

    def _claim(self, owed: Owed) -> tuple[str, ...]:
        sitting = owed.certified.sitting
        return claim_words(
            scope=self.scene.terms.policy.first_pass_scope,
            known_as=owed.person.id_number_hash,
            occupation_code=self.scene.offices.occupation_codes[sitting.occupation_id],
            level=sitting.level,
        )

    def _return_code(self, ready: Ready, account: Account) -> str:
        """Return why the bank sends the money back, if it does: at the first try, and of an account not proved yet."""
        fails = self.chance.random() < figures.RETURNED
        if not fails or ready.number > 1 or not self.people.may_replace(account):
            return ""
        return self.chance.choices(tuple(figures.RETURN_CODES), tuple(figures.RETURN_CODES.values()))[0]

    def _after_correction(self, returned: Ready) -> Ready | None:
        """Return a payment that goes out again because its payee has another account by now."""
        person = returned.owed.person
        corrected_at = returned.since + timedelta(days=self.chance.randint(3, 20), hours=1)
        is_corrected = person.comes_again or self.chance.random() < figures.CORRECTED_AFTER_RETURN
        if not is_corrected or corrected_at > self.scene.now:
            return None
        self.people.add_account(
            person,
            at_moment=corrected_at,
            reason=CORRECTION_REASON,
            recorded_by=self.scene.offices.staff.operator,
        )
        returned.owed.status = "READY"
        return Ready(returned.owed, corrected_at, returned.number + 1)

    def _add_batch(self, batch: Batch) -> None:
        first, second = self.scene.offices.staff.finance
        self.rows.add(
            BatchRow(
                id=batch.id,
                public_id=self.rows.new_public_id(),
                reference=batch.reference,
                payment_format="AGENT_LIST",
                side="ANY",
                status=batch.status,
                line_count=len(batch.instructions),
                total=sum((each.ready.owed.amount for each in batch.instructions), Decimal("0.00")),
                file_name=agent_list.file_name(batch.reference),
                content=batch.content,
                sha256=hashlib.sha256(batch.content).hexdigest(),
                assembled_at=batch.assembled_at,
                released_automatically=False,
                first_released_by_id=first if batch.first_signed_at else None,
                first_released_at=batch.first_signed_at,
                second_released_by_id=second if batch.released_at else None,
                second_released_at=batch.released_at,
                delivered_at=batch.delivered_at,
                settled_at=batch.settled_at,
            )
        )
        events = (
            ("batch.assembled", None, batch.assembled_at),
            ("batch.released", second, batch.released_at),
            ("batch.delivered", None, batch.delivered_at),
            ("batch.settled", None, batch.settled_at),
        )
        for name, actor_id, moment in events:
            if moment is not None:
                self.rows.add(
                    EventRow(name, "subsidies.paymentbatch", batch.id, actor_id, moment, "", "", {})
                )

    def _record_release(self, batch: Batch) -> None:
        self.books.record(
            "RELEASE",
            f"release:{batch.reference}",
            batch.released_at or batch.assembled_at,
            [
                (
                    each.ready.owed,
                    "SUBSIDIES_PAYABLE",
                    "PAYMENTS_IN_TRANSIT",
                    f"released:{each.ready.number}",
                )
                for each in batch.instructions
            ],
        )

    def _add_instructions(self, batch: Batch) -> None:
        answered = batch.settled_at is not None
        for number, each in enumerate(batch.instructions, start=1):
            self.rows.add(
                InstructionRow(
                    id=each.id,
                    payment_id=each.ready.owed.id,
                    batch_id=batch.id,
                    number=each.ready.number,
                    reference=each.reference,
                    line_number=number,
                    bank_account_id=each.account.id,
                    amount=each.ready.owed.amount,
                    status=each.answer if answered else "OPEN",
                    return_code=each.return_code if answered else "",
                    answered_at=batch.settled_at,
                    # Whoever lived through this world was told then.
                    announced_at=batch.settled_at,
                )
            )
            if batch.settled_at is not None:
                self.rows.add_message(
                    each.answer,
                    each.id,
                    batch.settled_at,
                    person_id=each.ready.owed.person.id,
                    entitlement_id=each.ready.owed.entitlement_id,
                    attempt=each.id,
                    amount=str(each.ready.owed.amount),
                    answered_on=batch.settled_at.date().isoformat(),
                    account_ends_in=each.account.number[-4:],
                    return_code=each.return_code,
                )

    def _settle(self, batch: Batch) -> None:
        """Write the bank's file and what it moves."""
        moment = batch.settled_at or self.scene.now
        content = result_list(batch)
        sha256 = hashlib.sha256(content).hexdigest()
        file_id = self.rows.new_id(ResultFileRow)
        name = agent_list.file_name(batch.reference).replace("PAY-", "RESULT-")
        self.rows.add(ResultFileRow(file_id, name, content, sha256, batch.id, "APPLIED", "", moment, ""))
        postings = []
        for number, each in enumerate(batch.instructions, start=1):
            owed = each.ready.owed
            self.rows.add(
                ResultLineRow(
                    self.rows.new_id(ResultLineRow), file_id, number, each.id, each.reference, owed.amount,
                    each.answer, each.return_code, "", None,
                )
            )  # fmt: skip
            credit, fact = "SUBSIDIES_PAYABLE", f"returned:{each.ready.number}"
            if each.answer == "PAID":
                credit, fact = "FUND_AT_BANK", f"paid:{each.ready.number}"
                owed.paid_at = moment
                self.books.money[owed.budget_id].reserved -= owed.amount
                self.books.money[owed.budget_id].paid += owed.amount
            postings.append((owed, "PAYMENTS_IN_TRANSIT", credit, fact))
        self.books.record("SETTLEMENT", f"settlement:{sha256}", moment, postings)


def result_list(batch: Batch) -> bytes:
    """Return the bank's result list, in the format that `agent_list.read_result_list` reads."""
    sheet = io.StringIO()
    writer = csv.writer(sheet, lineterminator="\r\n")
    writer.writerow(["H", agent_list.VERSION, batch.reference, len(batch.instructions)])
    for number, each in enumerate(batch.instructions, start=1):
        writer.writerow(["D", number, each.reference, each.ready.owed.amount, each.answer, each.return_code])
    paid = (each.ready.owed.amount for each in batch.instructions if each.answer == "PAID")
    writer.writerow(["T", len(batch.instructions), sum(paid, Decimal("0.00"))])
    return sheet.getvalue().encode()


def _line(number: int, each: Instruction) -> BatchLine:
    return BatchLine(
        line_number=number,
        reference=each.reference,
        payee_name=each.ready.owed.person.name,
        account=each.account.number,
        bank_name=each.account.bank_name,
        cnaps=each.account.cnaps,
        amount=each.ready.owed.amount,
    )
