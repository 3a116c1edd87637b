"""Lessons, who was there, and the training certificates at the end."""

import hashlib
import json
from collections.abc import Sequence
from datetime import timedelta
from random import Random

from demo.generator import figures
from demo.generator.classes import HeldClass
from demo.generator.rosters import Enrolled
from demo.generator.rows import DeliveryRow, LessonRow, MarkRow, Rows, TrainingCertificateRow
from demo.generator.scene import Scene, at


class Attendance:
    """Writes what became of each lesson of a class."""

    def __init__(self, rows: Rows, scene: Scene, chance: Random) -> None:
        self.rows = rows
        self.scene = scene
        self.chance = chance

    def record(self, held: HeldClass, enrolled: Sequence[Enrolled]) -> None:
        """Write the lessons up to now with their marks, and the certificates of a class that is completed."""
        lessons = self._lessons(held)
        reported = lessons
        if lessons and not held.planned.is_the_first and self.chance.random() < figures.LESSON_NOT_REPORTED:
            reported = lessons[:-1]
        if reported:
            self._deliver(held, reported, enrolled)
        if held.completed_at is None:
            return
        completed = [each for each in enrolled if each.status == "COMPLETED"]
        for number, each in enumerate(completed, start=1):
            self.rows.add(
                TrainingCertificateRow(
                    id=self.rows.new_id(TrainingCertificateRow),
                    enrollment_id=each.id,
                    number=f"{held.reference}-{number:03d}",
                    issued_on=held.completed_at.date(),
                    issued_by_id=held.planned.trainer.manager_id,
                    issued_at=held.completed_at,
                )
            )

    def _lessons(self, held: HeldClass) -> list[LessonRow]:
        """Write the lessons that have taken place, spread over the days of the class, and return them."""
        planned = held.planned
        days = (planned.ends_on - planned.starts_on).days
        lessons = []
        for number in range(planned.lesson_count):
            held_on = planned.starts_on + timedelta(days=number * days // max(planned.lesson_count - 1, 1))
            if held.status not in ("RUNNING", "COMPLETED") or at(held_on, 18) > self.scene.now:
                break
            lessons.append(
                LessonRow(
                    id=self.rows.new_id(LessonRow),
                    public_id=self.rows.new_public_id(),
                    training_class_id=held.id,
                    held_on=held_on,
                    number=1,
                    hours=figures.HOURS_OF_A_LESSON,
                    topic=f"第{number + 1}单元",
                    recorded_by_id=planned.trainer.operator_id,
                    recorded_at=at(planned.starts_on, 8),
                    cancel_reason="",
                )
            )
        for lesson in lessons:
            self.rows.add(lesson)
        return lessons

    def _deliver(self, held: HeldClass, lessons: Sequence[LessonRow], enrolled: Sequence[Enrolled]) -> None:
        """Write one delivery of a machine with the marks of everybody who was still in the class."""
        delivery_id = self.rows.new_id(DeliveryRow)
        delivered_at = self.scene.by_now(at(lessons[-1].held_on, 18, 20))
        said = []
        for place, lesson in enumerate(lessons):
            lesson_name = str(lesson.public_id)
            for each in enrolled:
                if each.left_at is None or each.left_at.date() > lesson.held_on:
                    presence = each.presences[place]
                    said.append([str(each.public_id), lesson_name, presence])
                    self.rows.add(MarkRow(lesson.id, each.id, presence, delivery_id, delivered_at))
        # As `deliver_attendance` keeps it.
        content = json.dumps(said).encode()
        self.rows.add(
            DeliveryRow(
                id=delivery_id,
                public_id=self.rows.new_public_id(),
                training_class_id=held.id,
                channel="API",
                file_name="",
                content=content,
                sha256=hashlib.sha256(content).hexdigest(),
                mark_count=len(said),
                delivered_by_id=held.planned.trainer.operator_id,
                delivered_at=delivered_at,
            )
        )
