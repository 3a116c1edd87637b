"""When which class takes place, for what, and who is in it. No rows yet: the later steps write what is planned here."""

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from demo.generator import figures
from demo.generator.scene import Assessor, Offices, Scene, Subject, Trainer, working_day

# A class that has people was filed and confirmed in time, so that it starts at most so many days from now.
LAST_START = timedelta(days=10)
# Below that, sizes cannot be chosen freely: everybody has to fit.
FEW_CLASSES = 5


@dataclass
class PlannedClass:
    """One class as it will be: its people are places in the list of all trainees."""

    number: int
    trainer: Trainer
    assessor: Assessor
    subject: Subject
    direction: str
    starts_on: date
    ends_on: date
    lesson_count: int
    seat_count: int
    members: list[int] = field(default_factory=list)
    # The status of a class without people; empty where the calendar says it.
    status: str = ""

    @property
    def is_the_first(self) -> bool:
        """Whether this is the class with 31 trained and 25 examined."""
        return self.number == 0 and len(self.members) == figures.FIRST_CLASS_TRAINED


def class_count_for(trainees: int) -> int:
    """Return how many classes so many trainees fill."""
    average = sum(figures.CLASS_SIZE) / 2
    return max(1, round(trainees * (1 + figures.SECOND_CLASSES_PER_TRAINEE) / average))


def plan_classes(trainees: int, scene: Scene, chance: Random) -> list[PlannedClass]:
    """Return the classes in the order of their first days, with their people, and some without any."""
    sizes = _class_sizes(trainees, chance)
    days = sorted(_first_days(len(sizes), scene, chance))
    planned = [
        _planned_class(number, day, size, scene.offices, chance)
        for number, (day, size) in enumerate(zip(days, sizes, strict=True))
    ]
    _seat_people(planned, sizes, trainees, chance)
    with_people = [each for each in planned if each.members]
    return with_people + list(_others(with_people, scene, chance))


def second_timers(planned: Sequence[PlannedClass]) -> set[int]:
    """Return the people who are in two classes."""
    seen: set[int] = set()
    twice: set[int] = set()
    for each in planned:
        twice.update(seen.intersection(each.members))
        seen.update(each.members)
    return twice


def _class_sizes(trainees: int, chance: Random) -> list[int]:
    """Return sizes between the least and the most that add up to everybody; few people make a few like classes."""
    total = round(trainees * (1 + figures.SECOND_CLASSES_PER_TRAINEE))
    least, most = figures.CLASS_SIZE
    count = class_count_for(trainees)
    if count < FEW_CLASSES:
        return _even_sizes(total, -(-total // most))
    sizes = [chance.randint(least, most) for _ in range(count - 1)]
    missing = total - figures.FIRST_CLASS_TRAINED - sum(sizes)
    step = 1 if missing > 0 else -1
    place = 0
    while missing:
        if least <= sizes[place] + step <= most:
            sizes[place] += step
            missing -= step
        place = (place + 1) % len(sizes)
    return [figures.FIRST_CLASS_TRAINED, *sizes]


def _even_sizes(total: int, count: int) -> list[int]:
    return [total // count + (place < total % count) for place in range(count)]


def _first_days(count: int, scene: Scene, chance: Random) -> Iterator[date]:
    days = (scene.today + LAST_START - scene.first_day).days
    # The first class is over by now, whatever else there is.
    yield scene.first_day
    for _ in range(count - 1):
        day = working_day(scene.first_day + timedelta(days=chance.randint(0, days)))
        yield min(day, scene.today + LAST_START)


def _planned_class(number: int, starts_on: date, size: int, offices: Offices, chance: Random) -> PlannedClass:
    trainer = chance.choice(offices.trainers)
    level = chance.choices(tuple(figures.LEVEL_SHARES), tuple(figures.LEVEL_SHARES.values()))[0]
    subject = chance.choice([each for each in trainer.subjects if each.level == level])
    weeks = chance.randint(*figures.WEEKS_OF_A_CLASS)
    directions = offices.directions.get(subject.occupation_id, ())
    return PlannedClass(
        number=number,
        trainer=trainer,
        assessor=chance.choice([each for each in offices.assessors if subject in each.fees]),
        subject=subject,
        direction=chance.choice(directions) if directions and chance.random() < 0.5 else "",
        starts_on=starts_on,
        ends_on=starts_on + timedelta(days=7 * weeks - 3),
        lesson_count=chance.choice(figures.LESSON_COUNTS),
        seat_count=-(-size // 5) * 5,
    )


def _seat_people(
    planned: Sequence[PlannedClass], sizes: Sequence[int], trainees: int, chance: Random
) -> None:
    """Fill the classes in order with newcomers, and with people whose first class has been over for long enough."""
    newcomers = iter(range(trainees))
    waiting: list[tuple[date, int, Subject]] = []
    seats_left, seconds_left = sum(sizes), sum(sizes) - trainees
    for each, size in zip(planned, sizes, strict=True):
        again_from = each.ends_on + timedelta(days=figures.DAYS_UNTIL_A_SECOND_CLASS)
        new = []
        for _ in range(size):
            # A little more often than on average, because nobody can in the first months.
            is_second = chance.random() < min(0.5, 1.4 * seconds_left / seats_left)
            seats_left -= 1
            if is_second and (person := _second_timer(waiting, each)) is not None:
                seconds_left -= 1
                each.members.append(person)
            elif (person := next(newcomers, None)) is not None:
                new.append(person)
        each.members += new
        for person in new:
            heapq.heappush(waiting, (again_from, person, each.subject))


def _second_timer(waiting: list[tuple[date, int, Subject]], planned: PlannedClass) -> int | None:
    """Take out somebody who may join this class: free by its first day, and not for the same subject again."""
    if not waiting or waiting[0][0] > planned.starts_on:
        return None
    day, person, subject = heapq.heappop(waiting)
    if subject != planned.subject:
        return person
    # Perhaps the next class is about something else.
    heapq.heappush(waiting, (day + timedelta(days=14), person, subject))
    return None


def _others(with_people: Sequence[PlannedClass], scene: Scene, chance: Random) -> Iterator[PlannedClass]:
    """Yield classes that nobody is in: still on paper, waiting for an answer or their first day, or called off."""
    number = len(with_people)
    for status, per_hundred in figures.OTHER_CLASSES_PER_HUNDRED.items():
        for _ in range(max(1, len(with_people) * per_hundred // 100)):
            days = chance.randint(22, 60) if status != "CANCELLED" else -chance.randint(20, 100)
            each = _planned_class(
                number, working_day(scene.today + timedelta(days=days)), 30, scene.offices, chance
            )
            each.status = status
            number += 1
            yield each
