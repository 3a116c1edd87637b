"""What a filing must fulfill: each check one function, and all problems told at once.

Steps of other services, which have opened the transaction.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from chongqing_dte.foundation.errors import DomainError
from chongqing_dte.foundation.sentences import gettext as _
from enrollment import queries
from enrollment.models import IntakePolicy, TrainingClass
from enrollment.rules.filings import LONGEST_CLASS, Span, earliest_start, is_too_long, look_alike
from institutions.enums import AccreditationKind
from institutions.models import Institution
from institutions.queries import first_day_without_accreditation, is_accredited, is_suspended


class PlanRefused(DomainError):
    """A class cannot be planned or filed as it is. `problems` says all that is wrong, each with a code of its own."""

    code = "plan_refused"

    def __init__(self, problems: Sequence[DomainError]) -> None:
        super().__init__(" ".join(str(problem) for problem in problems))
        self.problems = tuple(problems)


class NearDuplicateFilings(DomainError):
    """The institution has filed a class like this one at nearly the same time. It may go on, knowingly."""

    code = "near_duplicate_filings"

    def __init__(self, references: Sequence[str]) -> None:
        super().__init__(
            _("Your institution has filed a very similar class already: %(references)s.")
            % {"references": ", ".join(references)}
        )
        self.references = tuple(references)


@dataclass(frozen=True)
class Filing:
    """A class that is to be filed on a day, under the policy of that day if there is one."""

    training_class: TrainingClass
    institution: Institution
    filed_on: date
    policy: IntakePolicy | None


def filing_of(training_class: TrainingClass, *, filed_on: date) -> tuple[Filing, list[DomainError]]:
    """Return what the checks look at, with the policy's absence as the first problem."""
    try:
        policy = queries.intake_policy_on(filed_on)
    except queries.IntakePolicyMissing as missing:
        return Filing(training_class, training_class.institution, filed_on, None), [missing]
    return Filing(training_class, training_class.institution, filed_on, policy), []


def problems_of(filing: Filing) -> list[DomainError]:
    """Return everything because of which the class cannot be filed."""
    return [problem for check in FILING_CHECKS if (problem := check(filing)) is not None]


def check_near_duplicates(filing: Filing) -> None:
    """Raise NearDuplicateFilings if the institution filed the like at nearly the same time."""
    if filing.policy is None:
        return
    own, days = _span(filing.training_class), filing.policy.near_duplicate_days
    alike = [
        other.reference
        for other in queries.live_classes_like(filing.training_class)
        if look_alike(own, _span(other), days)
    ]
    if alike:
        raise NearDuplicateFilings(alike)


# ── What the plan must say ───────────────────────────────────────────────────────────────────────────────
def venue_is_named(filing: Filing) -> DomainError | None:
    """Ask where the class takes place."""
    return _unless(filing.training_class.venue, _("The venue is missing."), "venue_missing")


def plan_is_written(filing: Filing) -> DomainError | None:
    """Ask what will be taught."""
    return _unless(filing.training_class.plan, _("The training plan is missing."), "training_plan_missing")


def hours_are_planned(filing: Filing) -> DomainError | None:
    """Ask how many hours the class has."""
    return _unless(filing.training_class.planned_hours, _("The planned hours are missing."), "hours_missing")


def trainers_are_named(filing: Filing) -> DomainError | None:
    """Ask who teaches."""
    trainers = queries.trainers_of(filing.training_class)
    return _unless(trainers, _("No trainer is named."), "trainers_missing")


def evaluator_is_named(filing: Filing) -> DomainError | None:
    """Ask who will assess."""
    return _unless(
        filing.training_class.intended_evaluator_id,
        _("The intended evaluation institution is missing."),
        "evaluator_missing",
    )


# ── What the rules ask ───────────────────────────────────────────────────────────────────────────────────
def filed_early_enough(filing: Filing) -> DomainError | None:
    """Ask for the policy's number of days between filing and start."""
    if filing.policy is None:
        return None
    earliest = earliest_start(filing.filed_on, filing.policy.filing_lead_days)
    return _unless(
        filing.training_class.starts_on >= earliest,
        _(
            "A class is filed at least %(days)s days before it starts. "
            "Filed today, it can start on %(day)s at the earliest."
        )
        % {"days": filing.policy.filing_lead_days, "day": earliest.isoformat()},
        "filed_too_late",
    )


def class_is_not_too_long(filing: Filing) -> DomainError | None:
    """Refuse a class that goes on for longer than a class can."""
    return _unless(
        not is_too_long(_span(filing.training_class)),
        _("A class ends no later than %(days)s days after it starts.") % {"days": LONGEST_CLASS},
        "class_too_long",
    )


def institution_is_not_suspended(filing: Filing) -> DomainError | None:
    """Refuse an institution that is suspended on the day of filing, or will be when the class starts."""
    if is_suspended(filing.institution.pk, on=filing.filed_on):
        return DomainError(
            _("The institution is suspended and cannot file classes."), code="institution_suspended"
        )
    first_day = filing.training_class.starts_on
    return _unless(
        not is_suspended(filing.institution.pk, on=first_day),
        _("The institution is suspended on the day on which the class starts, %(day)s.")
        % {"day": first_day.isoformat()},
        "institution_suspended",
    )


def institution_is_accredited(filing: Filing) -> DomainError | None:
    """Ask for accreditations to train this on every day from the first to the last."""
    training_class = filing.training_class
    lacking = first_day_without_accreditation(
        institution_id=filing.institution.pk,
        occupation_id=training_class.occupation_id,
        level=training_class.level,
        direction=training_class.direction,
        first=training_class.starts_on,
        last=training_class.ends_on,
    )
    if lacking is None:
        return None
    return DomainError(
        _(
            "The institution is not accredited to train this occupation, direction and level on every day of "
            "the class: it is not on %(day)s."
        )
        % {"day": lacking.isoformat()},
        code="not_accredited",
    )


def evaluator_is_accredited(filing: Filing) -> DomainError | None:
    """Ask for another body that may assess this when the class ends."""
    evaluator_id, last_day = filing.training_class.intended_evaluator_id, filing.training_class.ends_on
    if evaluator_id is None:
        return None
    accredited = is_accredited(
        institution_id=evaluator_id,
        kind=AccreditationKind.EVALUATION,
        occupation_id=filing.training_class.occupation_id,
        direction=filing.training_class.direction,
        level=filing.training_class.level,
        on=last_day,
    )
    return _unless(
        accredited,
        _(
            "The intended evaluation institution is not accredited to assess this occupation, direction "
            "and level on the day the class ends."
        ),
        "evaluator_not_accredited",
    )


def evaluator_is_not_suspended(filing: Filing) -> DomainError | None:
    """Refuse another body that is suspended on the day of filing, or will be when the class ends."""
    evaluator_id = filing.training_class.intended_evaluator_id
    days = (filing.filed_on, filing.training_class.ends_on)
    return _unless(
        evaluator_id is None or not any(is_suspended(evaluator_id, on=day) for day in days),
        _("The intended evaluation institution is suspended. Choose another one."),
        "evaluator_suspended",
    )


def district_is_in_force(filing: Filing) -> DomainError | None:
    """Refuse an institution whose district exists no more: nobody would answer."""
    district = filing.institution.district
    if filing.filed_on in district.in_force:
        return None
    heirs = queries.districts_in_place_of(district, filing.filed_on)
    return DomainError(
        _(
            "%(district)s exists no more; its work went to: %(heirs)s. "
            "The municipal bureau has to move your institution first."
        )
        % {"district": district.name, "heirs": ", ".join(heir.name for heir in heirs) or "—"},
        code="district_retired",
    )


FILING_CHECKS: tuple[Callable[[Filing], DomainError | None], ...] = (
    venue_is_named,
    plan_is_written,
    hours_are_planned,
    trainers_are_named,
    evaluator_is_named,
    filed_early_enough,
    class_is_not_too_long,
    institution_is_not_suspended,
    institution_is_accredited,
    evaluator_is_accredited,
    evaluator_is_not_suspended,
    district_is_in_force,
)


def _unless(is_fulfilled: object, message: str, code: str) -> DomainError | None:
    return None if is_fulfilled else DomainError(message, code=code)


def _span(training_class: TrainingClass) -> Span:
    return Span(training_class.starts_on, training_class.ends_on)
