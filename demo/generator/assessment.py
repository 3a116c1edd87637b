"""Sessions with their results, resits, and level certificates."""

import csv
import hashlib
import io
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Final

from assessment.results.columns import RESULT_COLUMNS
from demo.generator import figures
from demo.generator.classes import HeldClass
from demo.generator.rosters import FIRST_ROW, Enrolled, labels_of
from demo.generator.rows import (
    AttemptRow,
    CandidateRow,
    CertificateRow,
    EventRow,
    ResultsRow,
    Rows,
    SessionRow,
)
from demo.generator.scene import Scene, at
from subsidies.rules.first_pass import Sitting

# With open ends, what was recorded within this time has not been decided yet.
UNDECIDED: Final = timedelta(hours=6)
Line = dict[str, str]


@dataclass(frozen=True, slots=True)
class Certified:
    """One certificate with what the decision about money asks for."""

    id: int
    number: str
    enrolled: Enrolled
    held: HeldClass
    issued_on: date
    recorded_at: datetime
    sitting: Sitting
    # The person's sittings before this one.
    earlier: tuple[Sitting, ...]


@dataclass(frozen=True, slots=True)
class Session:
    """One sitting of a class's people, while its results are drawn."""

    id: int
    reference: str
    held: HeldClass
    held_on: date
    filed_at: datetime
    admitted_at: datetime
    recorded_at: datetime
    results_id: int
    pass_rate: float


class Assessments:
    """Writes the sessions in which the people of a class are assessed."""

    def __init__(self, rows: Rows, scene: Scene, chance: Random, *, sessions: int, certificates: int) -> None:
        self.rows = rows
        self.scene = scene
        self.chance = chance
        # How many there have been; numbers go on from there.
        self.session_count = sessions
        self.certificate_count = certificates

    def assess(self, held: HeldClass, enrolled: Sequence[Enrolled]) -> list[Certified]:
        """Write what came of a class's assessments, and return the certificates that can be decided."""
        candidates = self._candidates(held, enrolled)
        if not held.has_ended or not candidates:
            return []
        held_on = held.planned.ends_on + timedelta(days=self.chance.randint(7, 20))
        outcomes, certified = self._sit(held, candidates, held_on, figures.PASS_RATE)
        again = [
            each for each, outcome in zip(candidates, outcomes, strict=False) if self._sits_again(outcome)
        ]
        if again:
            held_again_on = held_on + timedelta(days=self.chance.randint(28, 45))
            certified += self._sit(held, again, held_again_on, figures.RESIT_PASS_RATE)[1]
        return certified

    def _candidates(self, held: HeldClass, enrolled: Sequence[Enrolled]) -> list[Enrolled]:
        completed = [each for each in enrolled if each.status == "COMPLETED"]
        if held.planned.is_the_first:
            return completed[: figures.FIRST_CLASS_EXAMINED]
        return [each for each in completed if self.chance.random() < figures.EXAMINED_OF_COMPLETED]

    def _sits_again(self, outcome: str) -> bool:
        chances = {
            "FAILED": figures.RESITS_OF_FAILED,
            "ABSENT": figures.RESITS_OF_ABSENT,
            "PASSED": figures.PASSES_TWICE,
        }
        return self.chance.random() < chances.get(outcome, 0)

    def _sit(
        self, held: HeldClass, people: Sequence[Enrolled], held_on: date, pass_rate: float
    ) -> tuple[list[str], list[Certified]]:
        """Write one session and return the outcomes, in order, and the certificates; none before they are known."""
        filed_at = at(held_on - timedelta(days=10), 11)
        if filed_at > self.scene.now:
            return [], []
        recorded_at = at(held_on + timedelta(days=self.chance.randint(3, 9)), 16, self.chance.randrange(60))
        self.session_count += 1
        session = Session(
            id=self.rows.new_id(SessionRow),
            reference=f"KH{held_on.year}-{self.session_count:06d}",
            held=held,
            held_on=held_on,
            filed_at=filed_at,
            admitted_at=at(held_on - timedelta(days=3), 15),
            recorded_at=recorded_at,
            results_id=self.rows.new_id(ResultsRow),
            pass_rate=pass_rate,
        )
        is_recorded = recorded_at <= self.scene.now
        self._add_session(session, is_recorded=is_recorded)
        self._add_candidates(session, people)
        if not is_recorded:
            return [], []
        lines = [self._result(session, each) for each in people]
        self._add_results(session, lines)
        attempts = [
            self._add_attempt(session, each, number, line)
            for number, (each, line) in enumerate(zip(people, lines, strict=True), start=FIRST_ROW)
        ]
        return [line["outcome"] for line in lines], [found for found in attempts if found is not None]

    def _add_session(self, session: Session, *, is_recorded: bool) -> None:
        planned, marks = session.held.planned, self.scene.terms.pass_marks
        is_admitted = session.admitted_at <= self.scene.now
        waiting = "ADMITTED" if is_admitted else "FILED"
        self.rows.add(
            SessionRow(
                id=session.id,
                public_id=self.rows.new_public_id(),
                reference=session.reference,
                institution_id=planned.assessor.institution_id,
                occupation_id=planned.subject.occupation_id,
                direction=planned.direction,
                level=planned.subject.level,
                held_on=session.held_on,
                theory_time=time(9),
                practice_time=time(14),
                site_id=planned.assessor.site_id,
                policy_id=marks.policy_id,
                theory_pass_mark=marks.theory,
                practice_pass_mark=marks.practice,
                certificate_origin="INSTITUTION",
                status="RECORDED" if is_recorded else waiting,
                filed_by_id=planned.assessor.operator_id,
                filed_at=session.filed_at,
                admitted_by_id=planned.assessor.operator_id if is_admitted else None,
                admitted_at=session.admitted_at if is_admitted else None,
                cancel_reason="",
            )
        )
        self._add_event("session.filed", session, session.filed_at)
        if is_admitted:
            self._add_event("session.admitted", session, session.admitted_at)

    def _add_candidates(self, session: Session, people: Sequence[Enrolled]) -> None:
        is_admitted = session.admitted_at <= self.scene.now
        for number, each in enumerate(people, start=1):
            self.rows.add(
                CandidateRow(
                    public_id=self.rows.new_public_id(),
                    session_id=session.id,
                    trainee_id=each.person.id,
                    enrollment_id=each.id,
                    origin="TRAINED",
                    admission_number=f"{session.reference}-{number:04d}" if is_admitted else None,
                    added_by_id=session.held.planned.assessor.operator_id,
                    added_at=session.filed_at,
                )
            )

    def _result(self, session: Session, each: Enrolled) -> Line:
        """Return one line of the results, by column."""
        outcome = self._outcome(session)
        line = dict.fromkeys((column.key for column in RESULT_COLUMNS), "")
        line |= {"id_number": each.person.id_number, "name": each.person.name, "outcome": outcome}
        if outcome in ("PASSED", "FAILED"):
            scores = [self._score(60, 98), self._score(60, 98)]
            if outcome == "FAILED":
                scores[self.chance.random() < 0.7] = self._score(31, 59)
            line["theory_score"], line["practice_score"] = scores
        if outcome == "PASSED":
            self.certificate_count += 1
            line["certificate_number"] = f"CQ{session.held_on.year}{self.certificate_count:07d}"
            issued_on = session.recorded_at.date() - timedelta(days=1)
            line["certificate_issued_on"] = issued_on.isoformat()
        return line

    def _outcome(self, session: Session) -> str:
        drawn = self.chance.random()
        if not session.held.planned.is_the_first:
            if drawn < figures.ABSENT:
                return "ABSENT"
            if drawn < figures.ABSENT + figures.MISCONDUCT:
                return "MISCONDUCT"
        return "PASSED" if self.chance.random() < session.pass_rate else "FAILED"

    def _score(self, least: int, most: int) -> str:
        return f"{self.chance.randint(2 * least, 2 * most) / 2:.1f}"

    def _add_results(self, session: Session, lines: Sequence[Line]) -> None:
        content = results_file(lines)
        outcomes = Counter(line["outcome"] for line in lines)
        self.rows.add(
            ResultsRow(
                id=session.results_id,
                public_id=self.rows.new_public_id(),
                session_id=session.id,
                source="FILE",
                file_name=f"考核结果-{session.held.reference}.csv",
                content=content,
                sha256=hashlib.sha256(content).hexdigest(),
                status="RECORDED",
                row_count=len(lines),
                passed_count=outcomes["PASSED"],
                failed_count=outcomes["FAILED"],
                absent_count=outcomes["ABSENT"],
                misconduct_count=outcomes["MISCONDUCT"],
                problems=[],
                uploaded_by_id=session.held.planned.assessor.operator_id,
                uploaded_at=session.recorded_at,
                recorded_by_id=session.held.planned.assessor.operator_id,
                recorded_at=session.recorded_at,
            )
        )
        self._add_event("session.results_recorded", session, session.recorded_at)

    def _add_event(self, name: str, session: Session, moment: datetime) -> None:
        actor_id = session.held.planned.assessor.operator_id
        self.rows.add(
            EventRow(name, "assessment.assessmentsession", session.id, actor_id, moment, "", "", {})
        )

    def _add_attempt(self, session: Session, each: Enrolled, number: int, line: Line) -> Certified | None:
        attempt_id = self.rows.new_id(AttemptRow)
        outcome = line["outcome"]
        self.rows.add(
            AttemptRow(
                id=attempt_id,
                session_id=session.id,
                enrollment_id=each.id,
                trainee_id=each.person.id,
                results_upload_id=session.results_id,
                row_number=number,
                outcome=outcome,
                theory_score=line["theory_score"] or None,
                practice_score=line["practice_score"] or None,
                recorded_at=session.recorded_at,
            )
        )
        planned = session.held.planned
        sitting = Sitting(
            sitting_id=attempt_id,
            attempt_id=attempt_id,
            held_on=session.held_on,
            institution_id=planned.assessor.institution_id,
            occupation_id=planned.subject.occupation_id,
            level=planned.subject.level,
            outcome=outcome,
        )
        earlier = tuple(each.person.sittings)
        each.person.sittings.append(sitting)
        return self._certificate(session, each, line, (sitting, earlier)) if sitting.is_pass else None

    def _certificate(
        self, session: Session, each: Enrolled, line: Line, sittings: tuple[Sitting, tuple[Sitting, ...]]
    ) -> Certified | None:
        """Write a certificate, and return it unless it is left undecided."""
        planned = session.held.planned
        is_due = self.scene.leaves_open_ends and self.scene.now - session.recorded_at < UNDECIDED
        certificate_id = self.rows.new_id(CertificateRow)
        issued_on = date.fromisoformat(line["certificate_issued_on"])
        self.rows.add(
            CertificateRow(
                id=certificate_id,
                public_id=self.rows.new_public_id(),
                number=line["certificate_number"],
                institution_id=planned.assessor.institution_id,
                attempt_id=sittings[0].attempt_id,
                trainee_id=each.person.id,
                occupation_id=planned.subject.occupation_id,
                direction=planned.direction,
                level=planned.subject.level,
                issued_on=issued_on,
                status="VALID",
                recorded_at=session.recorded_at,
                decision_due=is_due,
            )
        )
        if is_due:
            return None
        return Certified(
            id=certificate_id,
            number=line["certificate_number"],
            enrolled=each,
            held=session.held,
            issued_on=issued_on,
            recorded_at=session.recorded_at,
            sitting=sittings[0],
            earlier=sittings[1],
        )


def results_file(lines: Sequence[Mapping[str, str]]) -> bytes:
    """Return a real file of results: CSV in UTF-8."""
    sheet = io.StringIO()
    writer = csv.writer(sheet, lineterminator="\r\n")
    writer.writerow(column.zh for column in RESULT_COLUMNS)
    for line in lines:
        writer.writerow(
            labels_of(column).get(line[column.key], "") if column.choices else line[column.key]
            for column in RESULT_COLUMNS
        )
    return sheet.getvalue().encode("utf-8-sig")
