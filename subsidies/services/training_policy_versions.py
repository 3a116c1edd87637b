from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from itertools import pairwise
from typing import Final

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange

from chongqing_dte.foundation.audit import record_event
from chongqing_dte.foundation.errors import DomainError
from chongqing_dte.foundation.sentences import gettext as _
from chongqing_dte.foundation.version_steps import approve_version, check_version_frame, end_version
from chongqing_dte.foundation.words import one_line, stated
from enrollment.enums import ParticipantCategory
from institutions.enums import Level
from institutions.models import User
from institutions.queries import occupations_by_code
from subsidies import policies, queries
from subsidies.enums import (
    ClaimLineRule,
    GraduationYearRule,
    PassRateDenominator,
    PassRule,
    StandardRule,
    TrainingScope,
)
from subsidies.models import TrainingPolicyVersion, TrainingStandard
from subsidies.rules.pass_rates import FACTOR, Points

PREFIX: Final = "training_policy"
LONGEST_SPAN: Final = 3650
MOST_WORKING_DAYS: Final = 250
MOST_PEOPLE: Final = 1000
MOST_CLASSES: Final = 1000
MOST_POINTS: Final = 20
MOST_MONEY: Final = Decimal("9999999999.99")
CENT: Final = Decimal("0.01")
NOTHING: Final = Decimal(0)
ONE: Final = Decimal(1)
Figure = Decimal | int
# The least and the most of each figure that can have been meant.
FIGURES: Final[dict[str, tuple[Figure, Figure]]] = {
    "least_attendance": (NOTHING, ONE),
    "fee_share": (FACTOR, ONE),
    "factor_floor": (NOTHING, ONE),
    "factor_cap": (NOTHING, ONE),
    "small_class_factor": (NOTHING, ONE),
    "small_class_size": (0, MOST_PEOPLE),
    "pass_rate_distance": (1, 100),
    "least_compared_classes": (1, MOST_CLASSES),
    "cut_off_days": (0, LONGEST_SPAN),
    "claim_window_days": (1, LONGEST_SPAN),
    "district_working_days": (1, MOST_WORKING_DAYS),
    "municipal_working_days": (1, MOST_WORKING_DAYS),
    "answer_working_days": (1, MOST_WORKING_DAYS),
    "one_signature_limit": (NOTHING, MOST_MONEY),
    "notice_working_days": (0, 60),
}
CHOICES: Final = {
    "subsidized_once_per": TrainingScope,
    "graduation_year_rule": GraduationYearRule,
    "line_rule": ClaimLineRule,
    "standard_rule": StandardRule,
    "denominator": PassRateDenominator,
    "pass_rule": PassRule,
}


@dataclass(frozen=True)
class TrainingPolicyDraft:
    """The values of a training policy version. Yuan, and shares as parts of 1; the dates are [starts_on, ends_before).

    `standards` is the table by occupation and level; it is empty where the standard is a share of the fee.
    """

    name: str
    starts_on: date
    ends_before: date | None
    source: str
    eligible_categories: list[str]
    graduation_year_rule: str
    line_rule: str
    least_attendance: Decimal
    standard_rule: str
    fee_share: Decimal
    denominator: str
    pass_rule: str
    cut_off_days: int
    curve_points: Points
    factor_floor: Decimal
    factor_cap: Decimal
    claim_window_days: int
    district_working_days: int
    municipal_working_days: int
    answer_working_days: int
    one_signature_limit: Decimal
    subsidized_once_per: str = TrainingScope.ENROLLMENT
    capped_by_advance: bool = True
    small_class_size: int = 0
    small_class_factor: Decimal = NOTHING
    pass_rate_distance: int | None = None
    least_compared_classes: int = 5
    notice_working_days: int = 0
    budget_by_district: bool = False
    standards: Mapping[tuple[int, str], Decimal] = field(default_factory=dict)


@transaction.atomic(durable=True)
def draft_training_policy_version(
    *, draft: TrainingPolicyDraft, author: User, now: datetime
) -> TrainingPolicyVersion:
    """Write down a training policy version that counts for nothing until somebody else approves it.

    Raises NotPermitted, and DomainError for days and values that cannot be, or without a source. The code of such
    an error is the name of the value.
    """
    policies.check_can_draft_policy(author)
    draft = replace(draft, name=one_line(draft.name), source=stated(draft.source))
    _check_draft(draft)
    values = asdict(draft)
    in_force = DateRange(values.pop("starts_on"), values.pop("ends_before"))
    standards = values.pop("standards")
    values["curve_points"] = [[_text(rate), _text(factor)] for rate, factor in draft.curve_points]
    version = TrainingPolicyVersion.objects.create(
        in_force=in_force, drafted_by=author, drafted_at=now, **values
    )
    TrainingStandard.objects.bulk_create(
        TrainingStandard(policy_version=version, occupation_id=occupation_id, level=level, amount=amount)
        for (occupation_id, level), amount in sorted(standards.items())
    )
    record_event(f"{PREFIX}.drafted", subject=version, actor_id=author.pk, at=now)
    return version


@transaction.atomic(durable=True)
def approve_training_policy_version(
    *, version_id: int, approver: User, now: datetime
) -> TrainingPolicyVersion:
    """Let a training policy version count from now on. The one in force until then ends the day before it.

    Raises NotPermitted for its author and for whoever does not approve, InvalidTransition if it is approved already,
    and VersionOverlap where an approved version cannot give way.
    """
    version = queries.lock_training_policy_version(version_id)
    policies.check_can_approve_policy(approver, version)
    former = queries.lock_approved_training_policy_versions_over(version.in_force)
    approve_version(version, approver=approver, former=former, prefix=PREFIX, now=now)
    return version


@transaction.atomic(durable=True)
def end_training_policy_version(
    *, version_id: int, ends_before: date, reason: str, approver: User, now: datetime
) -> TrainingPolicyVersion:
    """Let an approved version count no longer than for classes that end on the day before `ends_before`.

    Raises NotPermitted, InvalidTransition for a draft, and DomainError without a reason, for a day that is not in
    the future, and for one that leaves no day or would not shorten anything.
    """
    version = queries.lock_training_policy_version(version_id)
    policies.check_can_end_policies(approver)
    end_version(version, ends_before=ends_before, reason=reason, approver=approver, prefix=PREFIX, now=now)
    return version


def _check_draft(draft: TrainingPolicyDraft) -> None:
    check_version_frame(
        name=draft.name, starts_on=draft.starts_on, ends_before=draft.ends_before, source=draft.source
    )
    for name, choices in CHOICES.items():
        if getattr(draft, name) not in choices.values:
            raise DomainError(_("Choose one of the rules."), code=name)
    if not draft.eligible_categories or set(draft.eligible_categories) - set(ParticipantCategory.values):
        raise DomainError(_("Choose at least one category."), code="eligible_categories")
    for name, (least, most) in FIGURES.items():
        value = getattr(draft, name)
        if value is not None and not least <= value <= most:
            limits = {"least": least, "most": most}
            raise DomainError(_("The value lies between %(least)s and %(most)s.") % limits, code=name)
    if draft.factor_floor > draft.factor_cap:
        raise DomainError(_("The least factor is above the greatest."), code="factor_floor")
    _check_curve(draft.curve_points)
    _check_standards(draft)


def _check_curve(points: Points) -> None:
    """Refuse what is no curve: more passes never mean less money."""
    if not 0 < len(points) <= MOST_POINTS:
        raise DomainError(
            _("A curve has 1 to %(count)s points.") % {"count": MOST_POINTS}, code="curve_points"
        )
    if not all(_is_share(value) for point in points for value in point):
        raise DomainError(_("Rates and factors of the curve are shares from 0 to 1."), code="curve_points")
    for (before, low), (after, high) in pairwise(points):
        if after <= before:
            raise DomainError(_("The pass rates of the curve rise from row to row."), code="curve_points")
        if high < low:
            raise DomainError(
                _("The factors of the curve never fall: more passes never mean less money."),
                code="curve_points",
            )


def _check_standards(draft: TrainingPolicyDraft) -> None:
    if draft.standard_rule != StandardRule.TABLE:
        if draft.standards:
            raise DomainError(
                _("The table counts only where the standard is the table. Leave it empty."), code="standards"
            )
        return
    if not draft.standards:
        raise DomainError(_("Enter at least one standard."), code="standards")
    known = set(occupations_by_code().values())
    for (occupation_id, level), amount in draft.standards.items():
        if occupation_id not in known or level not in Level.values:
            raise DomainError(_("There is no such occupation or level."), code="standards")
        if not CENT <= amount <= MOST_MONEY or amount != amount.quantize(CENT):
            raise DomainError(
                _("A standard is a sum of yuan above nothing, in whole cents."), code="standards"
            )


def _is_share(value: Decimal) -> bool:
    return value.is_finite() and 0 <= value <= 1 and value == value.quantize(FACTOR)


def _text(share: Decimal) -> str:
    return f"{share.normalize():f}"
