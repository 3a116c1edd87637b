"""What a plan for a class must be, whoever sends it. Steps of other services, which have opened the transaction."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from chongqing_dte.foundation.days import OUT_OF_RANGE, can_be_meant
from chongqing_dte.foundation.errors import DomainError
from chongqing_dte.foundation.sentences import gettext as _
from chongqing_dte.foundation.words import one_code, one_line, stated
from enrollment.rules.filings import LONGEST_CLASS, Span, is_too_long
from enrollment.services.filing_checks import PlanRefused
from institutions.enums import Level
from institutions.queries import institution_exists, occupation_exists
from institutions.rules.plan import MOST_SEATS

MOST_TRAINERS = 10
MOST_HOURS = Decimal("99999.9")
LONGEST_REFERENCE, LONGEST_DIRECTION, LONGEST_VENUE = 32, 64, 200
LONGEST_NAME, LONGEST_QUALIFICATION = 64, 128
# The portal's own references. Nobody else may give one of these, so that they never meet.
GIVEN_BY_THE_PORTAL = re.compile(r"TC-\d+-\d+", re.IGNORECASE)
# What must hold, the code of its refusal, and how that is said.
Claim = tuple[bool, str, object]


@dataclass(frozen=True)
class TrainerPlan:
    """One teacher of a class and what shows that they may teach it."""

    name: str
    qualification: str


@dataclass(frozen=True)
class ClassPlan:
    """What an institution plans: whom it will train in what, from when to when, where and by whom.

    Without a reference the portal gives one. Venue, plan, hours, trainers and evaluator may still be missing.
    """

    occupation_id: int
    level: str
    starts_on: date
    ends_on: date
    seat_count: int
    reference: str = ""
    direction: str = ""
    venue: str = ""
    plan: str = ""
    planned_hours: Decimal = Decimal(0)
    intended_evaluator_id: int | None = None
    trainers: tuple[TrainerPlan, ...] = ()


def checked_plan(plan: ClassPlan, *, institution_id: int, former_reference: str) -> ClassPlan:
    """Return the plan as it is kept. Raises PlanRefused with everything about it that cannot be."""
    plan = _as_kept(plan)
    problems = [
        DomainError(message, code=code)
        for claims in (
            _figures(plan),
            _days(plan),
            _bodies(plan, institution_id),
            _texts(plan, former_reference),
            _trainers(plan),
        )
        for is_fulfilled, code, message in claims
        if not is_fulfilled
    ]
    if problems:
        raise PlanRefused(problems)
    return plan


def _as_kept(plan: ClassPlan) -> ClassPlan:
    return replace(
        plan,
        reference=one_code(plan.reference),
        direction=one_line(plan.direction),
        venue=one_line(plan.venue),
        plan=stated(plan.plan),
        trainers=tuple(
            TrainerPlan(one_line(trainer.name), one_line(trainer.qualification)) for trainer in plan.trainers
        ),
    )


def _figures(plan: ClassPlan) -> Iterable[Claim]:
    yield plan.level in Level.values, "level_unknown", _("There is no such level.")
    yield plan.seat_count > 0, "no_seats", _("A class has at least one seat.")
    yield (
        plan.seat_count <= MOST_SEATS,
        "too_many_seats",
        _("A class has at most %(count)s seats.") % {"count": MOST_SEATS},
    )
    # What is no number at all is not compared with one.
    is_number = plan.planned_hours.is_finite()
    yield is_number, "hours_no_number", _("The planned hours are not a number.")
    if is_number:
        yield plan.planned_hours >= 0, "hours_negative", _("The planned hours are less than nothing.")
        yield (
            plan.planned_hours <= MOST_HOURS,
            "too_many_hours",
            _("A class has at most %(count)s hours.") % {"count": MOST_HOURS},
        )


def _days(plan: ClassPlan) -> Iterable[Claim]:
    yield can_be_meant(plan.starts_on) and can_be_meant(plan.ends_on), "day_unthinkable", OUT_OF_RANGE
    yield plan.ends_on >= plan.starts_on, "ends_before_start", _("The class ends before it starts.")
    yield (
        not is_too_long(Span(plan.starts_on, plan.ends_on)),
        "class_too_long",
        _("A class ends no later than %(days)s days after it starts.") % {"days": LONGEST_CLASS},
    )


def _bodies(plan: ClassPlan, institution_id: int) -> Iterable[Claim]:
    evaluator_id = plan.intended_evaluator_id
    yield (
        occupation_exists(plan.occupation_id),
        "occupation_unknown",
        _("There is no such occupation."),
    )
    yield (
        evaluator_id != institution_id,
        "evaluator_is_the_trainer",
        _("Whoever trains does not assess. Choose another evaluation institution."),
    )
    yield (
        evaluator_id is None or institution_exists(evaluator_id),
        "evaluator_unknown",
        _("There is no such institution."),
    )


def _texts(plan: ClassPlan, former_reference: str) -> Iterable[Claim]:
    is_given_by_the_portal = GIVEN_BY_THE_PORTAL.fullmatch(plan.reference) is not None
    yield (
        not is_given_by_the_portal or plan.reference == former_reference,
        "reference_reserved",
        _("References of this form are given by the portal. Leave the field empty, or choose another."),
    )
    for text, longest, code, message in (
        (
            plan.reference,
            LONGEST_REFERENCE,
            "reference_too_long",
            _("The reference is longer than %(count)s characters."),
        ),
        (
            plan.direction,
            LONGEST_DIRECTION,
            "direction_too_long",
            _("The direction is longer than %(count)s characters."),
        ),
        (plan.venue, LONGEST_VENUE, "venue_too_long", _("The venue is longer than %(count)s characters.")),
    ):
        yield len(text) <= longest, code, message % {"count": longest}


def _trainers(plan: ClassPlan) -> Iterable[Claim]:
    yield (
        len(plan.trainers) <= MOST_TRAINERS,
        "too_many_trainers",
        _("A class names at most %(count)s trainers.") % {"count": MOST_TRAINERS},
    )
    yield (
        all(trainer.name and trainer.qualification for trainer in plan.trainers),
        "trainer_incomplete",
        _("Each trainer has a name and a title or certificate."),
    )
    yield (
        all(
            len(trainer.name) <= LONGEST_NAME and len(trainer.qualification) <= LONGEST_QUALIFICATION
            for trainer in plan.trainers
        ),
        "trainer_too_long",
        _("A trainer's name has at most %(name)s characters, the title or certificate %(title)s.")
        % {"name": LONGEST_NAME, "title": LONGEST_QUALIFICATION},
    )
