"""From a filing to people who have completed their training, as its users do it: over HTTP."""

import io
from collections.abc import Callable

import openpyxl

from demo import people
from demo.processes import JourneyFailed, Processes, wait_until
from demo.visitor import Visitor
from demo.world import World
from enrollment.enums import ClassStatus, RosterStatus
from enrollment.models import Enrollment, RosterUpload, TrainingClass
from enrollment.queries import enrollments_of
from enrollment.roster.template import write_roster

# Who was not at the first lesson, by the place in the attendance sheet.
ABSENT_FROM_THE_FIRST_LESSON = 3
PRESENT, ABSENT = "√", "×"


class Intake:
    """The road from a filing to training certificates. Each step looks whether it is done already."""

    def __init__(self, base_url: str, world: World, started: Processes, say: Callable[[str], None]) -> None:
        self.base_url = base_url
        self.world = world
        self.started = started
        self.say = say
        self.year = world.training_class.starts_on.year
        self.path = f"/classes/{world.training_class.public_id}/"

    def do_everything(self) -> None:
        """From the answer to a filing to training certificates."""
        self.answer_the_filing()
        self.enroll()
        self.train()

    def answer_the_filing(self) -> None:
        """The district confirms the class that waits for its answer."""
        waiting = TrainingClass.objects.get(pk=self.world.waiting_class.pk)
        if waiting.status == ClassStatus.FILED:
            path = f"/classes/{waiting.public_id}/"
            Visitor(self.base_url, "district").submit(path, f"{path}confirmation/")
            self.say(f"the district bureau confirmed class {waiting.reference}")

    def enroll(self) -> None:
        """The institution uploads the roster, waits for the check, and confirms what is good."""
        if Enrollment.objects.filter(training_class=self.world.training_class).exists():
            self.say("the roster went in during an earlier run")
            return
        school = Visitor(self.base_url, "school")
        rows = [*people.roster(self.year), *people.bad_rows(self.year)]
        content = write_roster(rows, class_reference=self.world.training_class.reference)
        page = f"{self.path}rosters/"
        school.submit(page, page, file=("roster.xlsx", content))
        upload = self._checked_upload()
        self.say(
            f"the worker checked the roster: {upload.accepted_count} good rows, {upload.refused_count} refused, "
            f"{upload.warned_count} with a warning"
        )
        roster_path = f"/rosters/{upload.public_id}/"
        if not school.file(f"{roster_path}problems/"):
            raise JourneyFailed("The list of the refused rows is empty.")
        school.submit(roster_path, f"{roster_path}confirmation/", {"takes_warned_rows": "on"})
        self.say("the institution downloaded the refused rows with their reasons, and confirmed the others")

    def train(self) -> None:
        """The institution enters its lessons, hands in the attendance, and reports who completed the class."""
        if self._status() == ClassStatus.COMPLETED:
            self.say("the class was completed in an earlier run")
            return
        wait_until("the class to start", lambda: self._status() == ClassStatus.RUNNING, started=self.started)
        school = Visitor(self.base_url, "school")
        self._enter_lessons(school)
        self._hand_in_attendance(school)
        page = f"{self.path}completion/"
        completed = [str(enrollment.public_id) for enrollment in enrollments_of(self.world.training_class)]
        school.submit(page, page, {"completed": completed})
        self.say(f"the institution handed in the attendance and certified {len(completed)} people")

    def _checked_upload(self) -> RosterUpload:
        def newest() -> RosterUpload:
            return RosterUpload.objects.filter(training_class=self.world.training_class).latest("id")

        wait_until("the roster to be checked", lambda: newest().checked_at is not None, started=self.started)
        upload = newest()
        if upload.status != RosterStatus.READY:
            raise JourneyFailed(f"The roster is {upload.status}: {upload.failure_code}.")
        return upload

    def _enter_lessons(self, school: Visitor) -> None:
        training_class = self.world.training_class
        if training_class.lessons.exists():
            return
        school.submit(
            f"{self.path}attendance/",
            f"{self.path}lessons/",
            {
                "first_day": training_class.starts_on.isoformat(),
                "last_day": training_class.ends_on.isoformat(),
                "weekdays": ["0", "1", "2", "3", "4", "5", "6"],
                "per_day": "1",
                "first_number": "1",
                "hours": "8",
                "topic": "机器学习基础与实训",
            },
        )

    def _hand_in_attendance(self, school: Visitor) -> None:
        sheet = openpyxl.load_workbook(io.BytesIO(school.file(f"{self.path}attendance-sheet/")))
        lines = list(sheet.worksheets[0].iter_rows())
        header = next(line for line in lines if line[0].value and str(line[0].value).startswith("学员编号"))
        under = [line for line in lines[lines.index(header) + 1 :] if line[0].value]
        lesson_places = [place for place, cell in enumerate(header) if str(cell.value or "").startswith("20")]
        for line in under:
            for place in lesson_places:
                line[place].value = PRESENT
        under[ABSENT_FROM_THE_FIRST_LESSON][lesson_places[0]].value = ABSENT
        filled = io.BytesIO()
        sheet.save(filled)
        page = f"{self.path}attendance/"
        school.submit(page, page, file=("attendance.xlsx", filled.getvalue()))

    def _status(self) -> str:
        return TrainingClass.objects.get(pk=self.world.training_class.pk).status
