"""Rosters as files and rows, the people in them, and who is in which class."""

import csv
import hashlib
import io
import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from random import Random
from typing import Final

from django.db.backends.postgresql.psycopg_any import DateRange

from chongqing_dte.foundation.tabular import Column
from demo.generator import figures
from demo.generator.classes import HeldClass
from demo.generator.people import People, Person
from demo.generator.rows import (
    ChangeRow,
    EnrollmentRow,
    EventRow,
    RosterRow,
    Rows,
    TraineeRow,
    UploadRow,
)
from demo.generator.scene import Scene, at
from enrollment.queries import id_number_hash, mobile_number_hash
from enrollment.roster.columns import ROSTER_COLUMNS
from enrollment.rules.identifiers import birth_date_of

# The header stands in the first line of the file.
FIRST_ROW: Final = 2
WITHDRAWAL_REASONS: Final = (
    "学员工作调动，无法继续参加。",
    "学员因病退出。",
    "学员与课程时间冲突，自愿退出。",
)
TOO_SELDOM_THERE: Final = "出勤率未达到结业要求。"
NO_SPREADSHEET: Final = b"This file stands for an upload that was no spreadsheet.\n"


@dataclass(slots=True)
class Enrolled:
    """One person in one class, as it turned out."""

    id: int
    public_id: uuid.UUID
    person: Person
    category: str
    # Empty unless the person left before the end.
    left_at: datetime | None
    # At each lesson of the class, in order.
    presences: list[str]
    status: str = "ENROLLED"


class Rosters:
    """Writes the roster of each class with everybody in it."""

    def __init__(self, rows: Rows, scene: Scene, people: People, chance: Random) -> None:
        self.rows = rows
        self.scene = scene
        self.people = people
        self.chance = chance

    def enroll(self, held: HeldClass, returning: set[int]) -> list[Enrolled]:
        """Write the roster of a class and enroll its people."""
        confirmed_at = self.scene.by_now(held.confirmed_at + timedelta(days=2, minutes=40))
        trainer = held.planned.trainer
        enrolled = []
        for place in held.planned.members:
            person = self.people.person(place, held.planned, returns=place in returning)
            if not person.accounts and not person.sittings and person.has_account:
                self.people.add_account(person, at_moment=confirmed_at, recorded_by=trainer.manager_id)
            enrolled.append(self._enrolled(held, person))
        self._write(held, enrolled, confirmed_at)
        return enrolled

    def _enrolled(self, held: HeldClass, person: Person) -> Enrolled:
        first_graduates = (held.planned.ends_on + timedelta(days=24)).year
        leaves = held.roster_locked_at and self.chance.random() < figures.WITHDRAWALS
        left_at = None
        if leaves and not held.planned.is_the_first:
            days = (held.planned.ends_on - held.planned.starts_on).days
            left_on = held.planned.starts_on + timedelta(days=self.chance.randint(2, days - 1))
            left_at = at(left_on, 9) if at(left_on, 9) <= self.scene.now else None
        return Enrolled(
            id=self.rows.new_id(EnrollmentRow),
            public_id=self.rows.new_public_id(),
            person=person,
            category=person.category_in(first_graduates),
            left_at=left_at,
            presences=self._presences(held),
        )

    def _presences(self, held: HeldClass) -> list[str]:
        count = held.planned.lesson_count
        if held.planned.is_the_first:
            return ["PRESENT"] * count
        seldom = self.chance.random() < figures.SELDOM_THERE_SHARE
        share = self.chance.uniform(*(figures.SELDOM_THERE if seldom else figures.DILIGENT))
        drawn = [self.chance.random() for _ in range(count)]
        return ["PRESENT" if each < share else "ON_LEAVE" if each > 0.98 else "ABSENT" for each in drawn]

    def _write(self, held: HeldClass, enrolled: Sequence[Enrolled], confirmed_at: datetime) -> None:
        cells = [self._cells(each, confirmed_at) for each in enrolled]
        refused = [
            self._spoiled(line) for line in cells if self.chance.random() < figures.ROSTER_ROWS_REFUSED
        ]
        if self.chance.random() < figures.ROSTERS_THAT_FAILED_FIRST:
            self._add_upload(held, NO_SPREADSHEET, confirmed_at - timedelta(hours=2), failed=True)
        content = roster_file([*cells, *refused])
        upload_id = self._add_upload(
            held, content, confirmed_at, new_count=len(cells), refused_count=len(refused)
        )
        row_ids = []
        for number, line in enumerate([*cells, *refused], start=FIRST_ROW):
            row_ids.append(self.rows.new_id(RosterRow))
            is_refused = number >= FIRST_ROW + len(cells)
            self.rows.add(
                RosterRow(
                    id=row_ids[-1],
                    upload_id=upload_id,
                    number=number,
                    outcome="REFUSED" if is_refused else "NEW",
                    has_warnings=False,
                    changed_columns=[],
                    id_number_hash=id_number_hash(line["id_number"]),
                    cells=json.dumps(line, ensure_ascii=False),
                    problems=[CHECK_CHARACTER] if is_refused else [],
                )
            )
        for each, row_id, line in zip(enrolled, row_ids, cells, strict=False):
            self._add_person(each, confirmed_at)
            self.rows.add(self._enrollment_row(held, each, row_id, line))

    def _cells(self, each: Enrolled, moment: datetime) -> dict[str, str]:
        """Return the cells of a person's row, by column, as the file has them after cleaning."""
        person = each.person
        account = person.account_on(moment)
        known = {
            "name": person.name,
            "id_number": person.id_number,
            "mobile": person.mobile,
            "category": each.category,
            "education": person.education,
            **person.evidence,
        }
        if account is not None:
            known |= {
                "bank_account": account.number,
                "bank_name": account.bank_name,
                "bank_cnaps": account.cnaps,
            }
        return {column.key: known.get(column.key, "") for column in ROSTER_COLUMNS}

    def _spoiled(self, line: Mapping[str, str]) -> dict[str, str]:
        """Return the row of somebody whose ID number was mistyped, and who is missing from the class for it."""
        id_number = line["id_number"]
        wrong = "0" if id_number[-1] != "0" else "1"
        return {
            **line,
            "name": "示例学员",
            "id_number": id_number[:-1] + wrong,
            "mobile": "",
            "bank_account": "",
        }

    def _add_upload(
        self,
        held: HeldClass,
        content: bytes,
        moment: datetime,
        *,
        new_count: int = 0,
        refused_count: int = 0,
        failed: bool = False,
    ) -> int:
        status = "FAILED" if failed else "PARTLY_CONFIRMED" if refused_count else "CONFIRMED"
        trainer = held.planned.trainer
        uploaded_at = moment - timedelta(minutes=25)
        upload_id = self.rows.new_id(UploadRow)
        count = new_count + refused_count
        self.rows.add(
            UploadRow(
                id=upload_id,
                public_id=self.rows.new_public_id(),
                training_class_id=held.id,
                file_name=f"花名册-{held.reference}{'.pdf' if failed else '.csv'}",
                content=content,
                sha256=hashlib.sha256(content).hexdigest(),
                status=status,
                row_count=count,
                checked_count=count,
                check_attempt_count=1,
                checking_since=uploaded_at,
                checked_at=None if failed else uploaded_at + timedelta(seconds=2),
                failure_code="not_a_spreadsheet" if failed else "",
                failure_parameters={},
                new_count=new_count,
                changed_count=0,
                unchanged_count=0,
                refused_count=refused_count,
                warned_count=0,
                takes_warned_rows=False,
                put_in_count=new_count,
                uploaded_by_id=trainer.operator_id,
                uploaded_at=uploaded_at,
                confirmed_by_id=None if failed else trainer.manager_id,
                confirmed_at=None if failed else moment,
            )
        )
        event = "roster.failed" if failed else "roster.confirmed"
        actor = None if failed else trainer.manager_id
        self.rows.add(
            EventRow(
                event, "enrollment.rosterupload", upload_id, actor, moment, "", "", {"enrolled": new_count}
            )
        )
        return upload_id

    def _add_person(self, each: Enrolled, moment: datetime) -> None:
        person = each.person
        if person.is_written:
            return
        person.is_written = True
        self.rows.add(
            TraineeRow(
                person.id, self.rows.new_public_id(), person.name, person.id_number, person.id_number_hash,
                birth_date_of(person.id_number), person.mobile, mobile_number_hash(person.mobile), moment,
            )
        )  # fmt: skip

    def _enrollment_row(
        self, held: HeldClass, each: Enrolled, row_id: int, line: Mapping[str, str]
    ) -> EnrollmentRow:
        each.status = self._status_now(held, each)
        completed_at = held.completed_at if each.status == "COMPLETED" else None
        if each.left_at is not None:
            self._add_change(held, each, "WITHDRAWAL", self.chance.choice(WITHDRAWAL_REASONS), each.left_at)
        if each.status == "NOT_COMPLETED" and held.completed_at is not None:
            self._add_change(held, each, "NON_COMPLETION", TOO_SELDOM_THERE, held.completed_at)
        return EnrollmentRow(
            id=each.id,
            public_id=each.public_id,
            training_class_id=held.id,
            trainee_id=each.person.id,
            roster_row_id=row_id,
            training_period=DateRange(held.planned.starts_on, held.planned.ends_on, "[]"),
            category=each.category,
            education=line["education"],
            school=line["school"],
            student_number=line["student_number"],
            graduated_on=each.person.graduated_on,
            employer_name=line["employer_name"],
            employer_credit_code=line["employer_credit_code"],
            status=each.status,
            enrolled_at=self.scene.by_now(held.confirmed_at + timedelta(days=2, minutes=40)),
            locked_at=held.roster_locked_at,
            completed_at=completed_at,
            left_at=each.left_at,
        )

    def _status_now(self, held: HeldClass, each: Enrolled) -> str:
        if each.left_at is not None:
            return "WITHDRAWN"
        if not held.has_ended:
            return "ENROLLED"
        needed = figures.ATTENDANCE_NEEDED * held.planned.lesson_count
        return "COMPLETED" if each.presences.count("PRESENT") >= needed else "NOT_COMPLETED"

    def _add_change(self, held: HeldClass, each: Enrolled, act: str, reason: str, moment: datetime) -> None:
        self.rows.add(
            ChangeRow(
                id=self.rows.new_id(ChangeRow),
                enrollment_id=each.id,
                act=act,
                fields=["status"],
                former_values='{"status": "ENROLLED"}',
                reason=reason,
                done_by_id=held.planned.trainer.manager_id,
                done_at=moment,
            )
        )


CHECK_CHARACTER: Final = {
    "column": "id_number",
    "code": "id_check_character",
    "severity": "error",
    "parameters": {},
}


def roster_file(lines: Sequence[Mapping[str, str]]) -> bytes:
    """Return a real roster file: CSV in UTF-8, as the portal reads it."""
    sheet = io.StringIO()
    writer = csv.writer(sheet, lineterminator="\r\n")
    writer.writerow(column.zh for column in ROSTER_COLUMNS)
    for line in lines:
        writer.writerow(
            labels_of(column).get(line[column.key], line[column.key]) if column.choices else line[column.key]
            for column in ROSTER_COLUMNS
        )
    return sheet.getvalue().encode("utf-8-sig")


@cache
def labels_of(column: Column) -> dict[str, str]:
    """Return the Chinese label of each choice of a column, by its code."""
    return {choice.code: choice.zh for choice in column.choices}
