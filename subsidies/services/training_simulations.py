"""A training policy tried on the classes that ended in a past period. No row is written, and none could be."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any, Final

import structlog
from django.core.exceptions import ObjectDoesNotExist
from django.db import transaction
from django.utils import timezone

from chongqing_dte.foundation.bulk import without_search_for_cycles
from chongqing_dte.foundation.days import check_span
from chongqing_dte.foundation.errors import POISON, DomainError
from chongqing_dte.foundation.jobs import nudge_after_commit
from chongqing_dte.foundation.long_work import DONE, Asked, LongWork, Standing, Superseded
from chongqing_dte.foundation.read_only import refuse_writes
from chongqing_dte.foundation.sentences import gettext as _
from institutions.models import User
from subsidies import policies, queries
from subsidies.models import TrainingPolicyVersion
from subsidies.queries.claim_earlier import EarlierSubsidy, earlier_subsidies_of, with_earlier
from subsidies.queries.training_simulations import TriedClass, TriedOn
from subsidies.rules.claim_facts import ClassFacts, TraineeFacts, TrainingPolicyValues
from subsidies.rules.claim_lines import subsidy_key
from subsidies.rules.claim_sums import ONCE_PER_ENROLLMENT, ClaimSum, Rulings, sum_of
from subsidies.rules.keeping import greatest_first
from subsidies.rules.training_keeping import (
    class_of,
    kept_class,
    kept_training_tables,
    training_tables_of,
)
from subsidies.rules.training_tallies import ClassComparison, TrainingTables

log = structlog.get_logger(__name__)

# More would keep whoever asks waiting longer than a page may take: a worker does it.
MOST_CLASSES: Final = 300
CHUNK: Final = 400
# How many classes are kept, and read again, at once.
BLOCK: Final = 1_000
WORK: Final = LongWork("training-simulations")
# A class that is looked at: its last day, its key and its district.
Ended = tuple[date, int, int]
# What was paid for each person before, and what the simulation itself would have paid since.
Past = dict[int, list[EarlierSubsidy]]


class TooManyClasses(DomainError):
    """A period in which more classes ended than are simulated at once."""

    code = "last_day"

    def __init__(self) -> None:
        super().__init__(
            _("More than %(most)s classes ended in this period.") % {"most": f"{MOST_CLASSES:,}"}
        )


@dataclass
class TrainingSimulation:
    """What a version would change over the classes that ended in a period, beside the versions in force."""

    version: TrainingPolicyVersion
    first_day: date
    last_day: date
    in_force: list[TrainingPolicyVersion]
    class_count: int = 0
    tables: TrainingTables = field(default_factory=TrainingTables)
    # The greatest first. Of one that was worked through by a worker those that were asked for, else all of them.
    changes: list[ClassComparison] = field(default_factory=list)
    change_count: int = 0
    # Of one that a worker worked through: when, and under which name it is kept.
    worked_at: datetime | None = None
    run: str = ""


@transaction.atomic(durable=True)
def simulate_training_policy(
    *, version_id: int, first_day: date, last_day: date, viewer: User, now: datetime
) -> TrainingSimulation:
    """Try a version on every completed class that ended in these days, beside the versions in force; write nothing.

    Both sides are reckoned in the order of the last days, from the facts as they are now and from what was paid for
    classes that ended before the first day. What either side pays counts for its later classes. Raises NotPermitted,
    DomainError for days that cannot be, and TooManyClasses where a page cannot wait for it.
    """
    refuse_writes()
    version = _version_to_try(version_id, first_day, last_day, viewer)
    ended = list(queries.classes_that_ended(first_day, last_day)[: MOST_CLASSES + 1])
    if len(ended) > MOST_CLASSES:
        raise TooManyClasses
    in_force = queries.training_policies_over(first_day, last_day)
    simulation = TrainingSimulation(version, first_day, last_day, in_force, len(ended))
    engine = Engine(simulation, today=timezone.localdate(now))
    for chunk in chunks(ended=ended):
        engine.take(chunk)
    simulation.changes.sort(key=lambda change: (-abs(change.difference), change.class_id))
    simulation.change_count = len(simulation.changes)
    return simulation


def ask_for_training_simulation(
    *, version_id: int, first_day: date, last_day: date, viewer: User, now: datetime, instead_of: str = ""
) -> Standing:
    """Have a worker try a version on any number of classes, and return how far that is.

    Safe to repeat: what one person asked for already goes on, unless it is the run that they want another in place
    of. What it comes to is kept for an hour, for them alone. Raises NotPermitted, DomainError for days that cannot be,
    and NotBegun.
    """
    _version_to_try(version_id, first_day, last_day, viewer)
    asked = _asked(version_id, first_day, last_day, viewer)
    standing = WORK.begin(asked, now=now, instead_of=instead_of)
    nudge_after_commit("simulation_asked")
    return standing


def kept_training_simulation(
    *, version_id: int, first_day: date, last_day: date, viewer: User, rows: slice
) -> TrainingSimulation | Standing | None:
    """Return what a worker came to, with these of the changes, or how far it is. None if this person has to ask.

    Raises NotPermitted, and DomainError for days that cannot be.
    """
    version = _version_to_try(version_id, first_day, last_day, viewer)
    asked = _asked(version_id, first_day, last_day, viewer)
    standing = WORK.standing_of(asked)
    if standing is None or standing.stage != DONE:
        return standing
    # The first list is what it came to as a whole; the changes follow, so many in each.
    first, last = rows.start // BLOCK, -(-rows.stop // BLOCK)
    answer = WORK.answer(asked, standing.run, 1 + first, 1 + last)
    if answer is None:
        return None
    [written], blocks = answer
    whole, before = json.loads(written), first * BLOCK
    lines = [line for block in blocks for line in block]
    return TrainingSimulation(
        version,
        first_day,
        last_day,
        queries.training_policies_by_id(whole["in_force"]),
        class_count=standing.total_count,
        tables=training_tables_of(whole["tables"]),
        changes=[class_of(line) for line in lines[rows.start - before : rows.stop - before]],
        change_count=whole["change_count"],
        worked_at=standing.moved_at,
        run=standing.run,
    )


def continue_training_simulations(*, clock: Callable[[], datetime], turn: timedelta) -> int:
    """Go on with what people wait for until the turn is over, and return how many simulations came to their end.

    Safe to repeat, and to kill: what is noted stays, and the next turn goes on from there. `clock` is asked after each
    step, since a turn takes long.
    """
    began, done_count = clock(), 0
    for asked, run in WORK.waiting():
        if clock() - began > turn:
            break
        done_count += _continue_one(asked, run, clock, began + turn)
    if clock() - began > turn and WORK.waiting():
        # Whoever waits for the same workers comes in between.
        nudge_after_commit("simulation_asked")
    return done_count


def _continue_one(asked: Asked, run: str, clock: Callable[[], datetime], until: datetime) -> bool:
    """Go on with one, and return whether it came to its end."""
    try:
        with WORK.turn_at(asked, run, now=clock()) as standing:
            if standing is None:
                return False
            try:
                return _work_until(asked, standing, clock, until)
            except (*POISON, DomainError, ObjectDoesNotExist):
                log.exception("training_simulation_failed", asker=asked.asker_id, asked=asked.question)
                WORK.fail(asked, standing)
    except Superseded:
        log.info("training_simulation_superseded", asker=asked.asker_id, asked=asked.question)
    return False


@transaction.atomic(durable=True)
def _work_until(asked: Asked, standing: Standing, clock: Callable[[], datetime], until: datetime) -> bool:
    refuse_writes()
    version_id, first_day, last_day = _as_asked(asked)
    viewer = User.objects.get(pk=asked.asker_id, is_active=True)
    version = _version_to_try(version_id, first_day, last_day, viewer)
    simulation = TrainingSimulation(version, first_day, last_day, [])
    engine = Engine(simulation, today=timezone.localdate(clock()))
    after = None
    if standing.notes:
        day, class_id = standing.notes["last"]
        after = (date.fromisoformat(day), class_id)
        simulation.tables = training_tables_of(standing.notes["tables"])
        engine.remember(standing.notes["pasts"])
    ended = list(queries.classes_that_ended(first_day, last_day, after=after))
    standing = replace(standing, total_count=standing.done_count + len(ended))
    for chunk in chunks(ended=ended):
        if clock() > until:
            return False
        engine.take(chunk)
        standing = _note(asked, standing, engine, chunk, clock())
    _keep(asked, replace(standing, moved_at=clock()), simulation)
    return True


def _note(
    asked: Asked, standing: Standing, engine: "Engine", chunk: Sequence[Ended], now: datetime
) -> Standing:
    """Note what the simulation has come to by the end of a chunk, and forget its changes: they are noted too."""
    simulation = engine.simulation
    found = [kept_class(change) for change in simulation.changes]
    simulation.changes.clear()
    ends_on, class_id, _district = chunk[-1]
    further = replace(
        standing,
        moved_at=now,
        done_count=standing.done_count + len(chunk),
        tries=0,
        notes={
            "last": [ends_on.isoformat(), class_id],
            "tables": kept_training_tables(simulation.tables),
            "pasts": engine.paid_by_itself(),
        },
    )
    WORK.step(asked, further, found)
    return further


def _keep(asked: Asked, standing: Standing, simulation: TrainingSimulation) -> None:
    lines = [line for found in WORK.found(asked, standing.run) for line in found]
    lines.sort(key=greatest_first)
    in_force = queries.training_policies_over(simulation.first_day, simulation.last_day)
    whole: dict[str, Any] = {
        "in_force": [version.pk for version in in_force],
        "tables": kept_training_tables(simulation.tables),
        "change_count": len(lines),
    }
    WORK.finish(asked, standing, _blocks(json.dumps(whole), lines))


def _blocks(whole: str, lines: Sequence[str]) -> Iterator[Sequence[str]]:
    yield [whole]
    for start in range(0, len(lines), BLOCK):
        yield lines[start : start + BLOCK]


def _version_to_try(version_id: int, first_day: date, last_day: date, viewer: User) -> TrainingPolicyVersion:
    policies.check_can_simulate_policies(viewer)
    check_span(first_day, last_day)
    if last_day < first_day:
        raise DomainError(_("The last day comes before the first."), code="last_day")
    return queries.training_policy_versions_visible_to(viewer).get(pk=version_id)


def _asked(version_id: int, first_day: date, last_day: date, viewer: User) -> Asked:
    return Asked(viewer.pk, f"{version_id}:{first_day.isoformat()}:{last_day.isoformat()}")


def _as_asked(asked: Asked) -> tuple[int, date, date]:
    version_id, first_day, last_day = asked.question.split(":")
    return int(version_id), date.fromisoformat(first_day), date.fromisoformat(last_day)


def chunks(*, ended: Sequence[Ended]) -> Iterator[Sequence[Ended]]:
    """Cut classes into what is reckoned at once."""
    for start in range(0, len(ended), CHUNK):
        yield ended[start : start + CHUNK]


class Engine:
    """Reckons classes under both policies, chunk by chunk, in the order of their last days."""

    def __init__(self, simulation: TrainingSimulation, *, today: date) -> None:
        self.simulation, self.today = simulation, today
        self.tried = queries.values_to_try(simulation.version)
        # What each side itself has paid. Where both pay per enrollment, nobody asks for it.
        self.pasts: tuple[Past, Past] = (defaultdict(list), defaultdict(list))
        self.rulings: Rulings = {}

    def take(self, chunk: Sequence[Ended]) -> None:
        """Reckon these classes."""
        self.rulings.clear()
        with without_search_for_cycles():
            self._take(chunk)

    def _take(self, chunk: Sequence[Ended]) -> None:
        found = queries.gather_to_try(
            [class_id for _day, class_id, _district in chunk], self.tried, today=self.today
        )
        before = self._paid_before(found.values())
        for ends_on, class_id, district_id in chunk:
            each = found[class_id]
            comparison = ClassComparison(
                class_id,
                each.class_.institution_id,
                district_id,
                ends_on,
                self._sum(each, each.in_force, self.pasts[0], before),
                self._sum(each, each.tried, self.pasts[1], before),
            )
            self.simulation.tables.add(comparison)
            if comparison.is_change:
                self.simulation.changes.append(comparison)

    def paid_by_itself(self) -> list[list[list[Any]]]:
        """Return what each side itself has paid as plain values."""
        return [[list(each) for paid in past.values() for each in paid] for past in self.pasts]

    def remember(self, kept: Iterable[Iterable[Sequence[Any]]]) -> None:
        """Take in what each side itself had paid by the end of an earlier turn."""
        for past, rows in zip(self.pasts, kept, strict=True):
            for row in rows:
                past[row[0]].append(EarlierSubsidy(*row))

    def _sum(self, each: TriedClass, side: TriedOn, past: Past, before: Past) -> ClaimSum:
        policy, class_ = side.policy, each.class_
        if policy is None:
            return ClaimSum()
        if policy.subsidized_once_per == ONCE_PER_ENROLLMENT:
            found, _counted = sum_of(class_, side.trainees, policy, each.advance, self.rulings)
            return found
        paid = {
            person_id: [*before.get(person_id, ()), *past.get(person_id, ())]
            for person_id in (trainee.person_id for trainee in side.trainees)
        }
        trainees = [with_earlier(trainee, class_, policy, paid) for trainee in side.trainees]
        found, counted = sum_of(class_, trainees, policy, each.advance, self.rulings)
        if found.amount:
            _remember_paid(past, trainees, set(counted), class_, policy)
        return found

    def _paid_before(self, found: Iterable[TriedClass]) -> Past:
        """Return what was paid for these people for classes that ended before the first day, in one query at most."""
        asked = {
            trainee.person_id
            for each in found
            for side in (each.in_force, each.tried)
            if side.policy is not None and side.policy.subsidized_once_per != ONCE_PER_ENROLLMENT
            for trainee in side.trainees
        }
        if not asked:
            return {}
        return earlier_subsidies_of(asked, ended_before=self.simulation.first_day)


def _remember_paid(
    past: Past,
    trainees: Iterable[TraineeFacts],
    counted: set[int],
    class_: ClassFacts,
    policy: TrainingPolicyValues,
) -> None:
    for trainee in trainees:
        if trainee.enrollment_id in counted:
            key = subsidy_key(trainee, class_, policy)
            paid = EarlierSubsidy(
                trainee.person_id, trainee.enrollment_id, class_.occupation_id, class_.level, key
            )
            past[trainee.person_id].append(paid)
