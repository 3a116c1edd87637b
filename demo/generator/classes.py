"""Classes with their filing, steps and teachers, as they stand now."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from typing import Final

from demo.generator import figures
from demo.generator.names import make_name
from demo.generator.planning import PlannedClass
from demo.generator.rows import ClassRow, EventRow, Rows, StepRow, TrainerRow
from demo.generator.scene import Scene, at, working_day
from institutions.models import FundedQuota

BEFORE_START: Final = frozenset({"DRAFT", "FILED", "RETURNED"})
RETURN_REASON: Final = "实训设备数量与计划人数不符，请补充说明后重新备案。"
PLAN: Final = "理论与实训共{hours:.0f}学时，每次8学时，结业后参加等级考核。"
CANCEL_REASON: Final = "报名人数不足，机构取消开班。"
QUALIFICATIONS: Final = ("高级工程师", "工程师", "高级技师", "讲师", "专业技术等级证书(高级)")
# Chosen: a funded quota leaves some room.
ROOM_IN_QUOTA: Final = 1.15


@dataclass(frozen=True)
class HeldClass:
    """A class with the facts that the later steps need."""

    id: int
    reference: str
    planned: PlannedClass
    # Competent when it was filed.
    district_id: int
    status: str
    confirmed_at: datetime
    roster_locked_at: datetime | None
    completed_at: datetime | None

    @property
    def has_ended(self) -> bool:
        """Whether the institution has completed it."""
        return self.status == "COMPLETED"


class Classes:
    """Writes classes, and counts the funded seats that they hold."""

    def __init__(self, rows: Rows, scene: Scene, chance: Random, *, first_number: int) -> None:
        self.rows = rows
        self.scene = scene
        self.chance = chance
        self.first_number = first_number
        self._quotas: dict[tuple[int, int], int] = {}
        self._seats: Counter[int] = Counter()

    def hold(self, planned: PlannedClass) -> HeldClass:
        """Write one class as it stands now."""
        class_id = self.rows.new_id(ClassRow)
        filed_at = self._filed_at(planned)
        answered_on = working_day(filed_at.date() + timedelta(days=self.chance.randint(1, 4)))
        locked_on = planned.starts_on + timedelta(days=self.scene.terms.roster_lock_days)
        status, completed_at = self._status_now(planned)
        held = HeldClass(
            id=class_id,
            reference=f"CQ{planned.starts_on.year}-{self.first_number + planned.number:06d}",
            planned=planned,
            district_id=planned.trainer.district_on(filed_at.date()),
            status=status,
            confirmed_at=self.scene.by_now(at(answered_on, 15)),
            roster_locked_at=at(locked_on, 1) if self._is_locked(status, locked_on) else None,
            completed_at=completed_at,
        )
        self.rows.add(self._class_row(held, filed_at))
        self._add_teachers(class_id)
        self._add_steps(held, filed_at)
        return held

    def write_quotas(self) -> None:
        """Write how many funded seats the classes hold."""
        quotas = FundedQuota.objects.in_bulk(self._quotas.values())
        for quota in quotas.values():
            quota.reserved_count += self._seats.pop(quota.pk, 0)
            quota.seat_count = max(
                quota.seat_count, round(quota.reserved_count * ROOM_IN_QUOTA / 10) * 10 + 10
            )
        FundedQuota.objects.bulk_update(quotas.values(), ["reserved_count", "seat_count"])

    def _filed_at(self, planned: PlannedClass) -> datetime:
        days = self.scene.terms.filing_lead_days + self.chance.randint(1, 18)
        filed_at = at(planned.starts_on - timedelta(days=days), 10, self.chance.randrange(60))
        if planned.status in ("FILED", "RETURNED", "CONFIRMED"):
            return min(filed_at, self.scene.now - timedelta(days=self.chance.randint(5, 12)))
        return filed_at

    def _status_now(self, planned: PlannedClass) -> tuple[str, datetime | None]:
        if planned.status:
            return planned.status, None
        completed_at = at(planned.ends_on + timedelta(days=self.chance.randint(0, 3)), 17)
        if completed_at <= self.scene.now:
            return "COMPLETED", completed_at
        return ("RUNNING" if planned.starts_on <= self.scene.today else "CONFIRMED"), None

    def _is_locked(self, status: str, locked_on: date) -> bool:
        return status == "COMPLETED" or (status == "RUNNING" and at(locked_on, 1) <= self.scene.now)

    def _class_row(self, held: HeldClass, filed_at: datetime) -> ClassRow:
        planned, trainer = held.planned, held.planned.trainer
        is_filed = held.status != "DRAFT"
        is_confirmed = held.status in ("CONFIRMED", "RUNNING", "COMPLETED", "CANCELLED")
        seats = self._seats_of(held)
        quota_id = self._quota(trainer.institution_id, planned.starts_on.year) if seats else None
        if quota_id is not None:
            self._seats[quota_id] += seats
        return ClassRow(
            id=held.id,
            public_id=self.rows.new_public_id(),
            reference=held.reference,
            institution_id=trainer.institution_id,
            district_id=held.district_id,
            occupation_id=planned.subject.occupation_id,
            direction=planned.direction,
            level=planned.subject.level,
            starts_on=planned.starts_on,
            ends_on=planned.ends_on,
            venue=f"{trainer.name}{self.chance.randint(1, 5)}号楼{self.chance.randint(101, 620)}教室",
            plan=PLAN.format(hours=planned.lesson_count * figures.HOURS_OF_A_LESSON),
            planned_hours=planned.lesson_count * figures.HOURS_OF_A_LESSON,
            seat_count=planned.seat_count,
            intended_evaluator_id=planned.assessor.institution_id,
            quota_id=quota_id,
            reserved_seat_count=seats,
            status=held.status,
            status_reason={"RETURNED": RETURN_REASON, "CANCELLED": CANCEL_REASON}.get(held.status, ""),
            drafted_by_id=trainer.operator_id,
            drafted_at=self._drafted_at(filed_at),
            filed_by_id=trainer.manager_id if is_filed else None,
            filed_at=filed_at if is_filed else None,
            answer_due_on=filed_at.date() + timedelta(days=7) if is_filed else None,
            escalated_at=self._escalated_at(held, filed_at),
            confirmed_by_id=self.scene.offices.staff.district_reviewers[held.district_id]
            if is_confirmed
            else None,
            confirmed_at=held.confirmed_at if is_confirmed else None,
            started_at=at(planned.starts_on, 0, 5) if held.status in ("RUNNING", "COMPLETED") else None,
            roster_locked_at=held.roster_locked_at,
            locked_count=len(planned.members) if held.roster_locked_at else None,
            completed_by_id=trainer.manager_id if held.completed_at else None,
            completed_at=held.completed_at,
        )

    def _drafted_at(self, filed_at: datetime) -> datetime:
        return self.scene.by_now(filed_at) - timedelta(days=2)

    def _escalated_at(self, held: HeldClass, filed_at: datetime) -> datetime | None:
        """A filing that nobody answered in time has gone up to the municipal bureau."""
        due = at(filed_at.date() + timedelta(days=8), 1)
        return due if held.status == "FILED" and due <= self.scene.now else None

    def _seats_of(self, held: HeldClass) -> int:
        """Return the funded seats that a class holds: from its roster lock on, those that are taken."""
        if held.status in ("DRAFT", "RETURNED", "CANCELLED"):
            return 0
        return len(held.planned.members) if held.roster_locked_at else held.planned.seat_count

    def _quota(self, institution_id: int, year: int) -> int:
        key = (institution_id, year)
        if key not in self._quotas:
            quota, _made = FundedQuota.objects.get_or_create(
                institution_id=institution_id, year=year, defaults={"seat_count": 0, "source": figures.SOURCE}
            )
            self._quotas[key] = quota.pk
        return self._quotas[key]

    def _add_teachers(self, class_id: int) -> None:
        for title in self.chance.sample(QUALIFICATIONS, self.chance.randint(1, 3)):
            name = make_name(self.chance, sex=self.chance.choice(("man", "woman")))
            self.rows.add(TrainerRow(self.rows.new_id(TrainerRow), class_id, name, title))

    def _add_steps(self, held: HeldClass, filed_at: datetime) -> None:
        trainer = held.planned.trainer
        reviewer = self.scene.offices.staff.district_reviewers[trainer.district_on(filed_at.date())]
        steps: list[tuple[str, int | None, datetime, str]] = [
            ("DRAFT", trainer.operator_id, self._drafted_at(filed_at), "")
        ]
        if held.status != "DRAFT":
            if held.status != "RETURNED" and self.chance.random() < figures.CLASSES_RETURNED_ONCE:
                steps.append(("FILED", trainer.manager_id, filed_at - timedelta(hours=30), ""))
                steps.append(("RETURNED", reviewer, filed_at - timedelta(hours=6), RETURN_REASON))
            steps.append(("FILED", trainer.manager_id, filed_at, ""))
        if held.status == "RETURNED":
            steps.append(("RETURNED", reviewer, filed_at + timedelta(days=2), RETURN_REASON))
        if held.status not in BEFORE_START:
            steps.append(("CONFIRMED", reviewer, held.confirmed_at, ""))
        if held.status in ("RUNNING", "COMPLETED"):
            steps.append(("RUNNING", None, at(held.planned.starts_on, 0, 5), ""))
        if held.status == "CANCELLED":
            steps.append(
                ("CANCELLED", trainer.manager_id, held.confirmed_at + timedelta(days=2), CANCEL_REASON)
            )
        if held.completed_at:
            steps.append(("COMPLETED", trainer.manager_id, held.completed_at, ""))
        self._write_steps(held.id, steps)

    def _write_steps(self, class_id: int, steps: list[tuple[str, int | None, datetime, str]]) -> None:
        former = ""
        for status, actor_id, moment, reason in steps:
            self.rows.add(
                StepRow(self.rows.new_id(StepRow), class_id, former, status, actor_id, moment, reason)
            )
            self.rows.add(
                EventRow(
                    f"class.{status.lower()}",
                    "enrollment.trainingclass",
                    class_id,
                    actor_id,
                    moment,
                    "",
                    reason,
                    {},
                )
            )
            former = status
