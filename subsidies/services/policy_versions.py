from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange

from chongqing_dte.foundation.audit import record_event
from chongqing_dte.foundation.errors import DomainError
from chongqing_dte.foundation.sentences import gettext as _
from chongqing_dte.foundation.version_steps import approve_version, check_version_frame, end_version
from chongqing_dte.foundation.words import one_line, stated
from enrollment.enums import ParticipantCategory
from institutions.models import User
from subsidies import policies, queries
from subsidies.enums import (
    CompetentDistrictRule,
    FirstPassRule,
    FirstPassScope,
    GraduationYearRule,
    LadderRule,
    StackingRule,
)
from subsidies.models import PolicyVersion

PREFIX: Final = "policy"
LONGEST_SPAN: Final = 3650
MOST_MONEY: Final = Decimal("9999999999.99")
MOST_IN_A_BATCH: Final = Decimal("999999999999.99")
ONE_CENT: Final = Decimal("0.01")
Figure = Decimal | int
# The least and the most of each figure that can have been meant.
FIGURES: Final[dict[str, tuple[Figure, Figure]]] = {
    "fee_share": (Decimal("0.0001"), Decimal(1)),
    **dict.fromkeys(("ceiling_junior", "ceiling_intermediate", "ceiling_senior"), (ONE_CENT, MOST_MONEY)),
    "notice_working_days": (0, 60),
    "chase_days": (1, LONGEST_SPAN),
    "chase_every_days": (1, LONGEST_SPAN),
    "batch_line_limit": (1, 100_000),
    "automatic_release_limit": (Decimal(0), MOST_MONEY),
}
# And of those that may be left out.
LIMITS: Final[dict[str, tuple[Figure, Figure]]] = {
    "lifetime_cap": (1, 100),
    "yearly_cap": (1, 100),
    "recording_window_days": (0, LONGEST_SPAN),
    "batch_amount_limit": (ONE_CENT, MOST_IN_A_BATCH),
}
CHOICES: Final = {
    "first_pass_scope": FirstPassScope,
    "first_pass_rule": FirstPassRule,
    "graduation_year_rule": GraduationYearRule,
    "ladder_rule": LadderRule,
    "stacking_rule": StackingRule,
    "competent_district_rule": CompetentDistrictRule,
}
WEEKDAYS: Final = frozenset(range(1, 8))


@dataclass(frozen=True)
class PolicyDraft:
    """The values of a policy version. Money in yuan, shares parts of 1; the dates are [starts_on, ends_before).

    What is None has no limit.
    """

    name: str
    starts_on: date
    ends_before: date | None
    first_pass_scope: str
    first_pass_rule: str
    eligible_categories: list[str]
    graduation_year_rule: str
    fee_share: Decimal
    ceiling_junior: Decimal
    ceiling_intermediate: Decimal
    ceiling_senior: Decimal
    batch_line_limit: int
    automatic_release_limit: Decimal
    source: str
    lifetime_cap: int | None = None
    yearly_cap: int | None = None
    ladder_rule: str = LadderRule.NONE
    stacking_rule: str = StackingRule.ALLOWED
    recording_window_days: int | None = None
    competent_district_rule: str = CompetentDistrictRule.TRAINING
    budget_by_district: bool = False
    notice_working_days: int = 0
    chase_days: int = 180
    chase_every_days: int = 14
    batch_amount_limit: Decimal | None = None
    batch_weekdays: list[int] = field(default_factory=list)


@transaction.atomic(durable=True)
def draft_policy_version(*, draft: PolicyDraft, author: User, now: datetime) -> PolicyVersion:
    """Write down a policy version that decides nothing until somebody else approves it.

    Raises NotPermitted, and DomainError for days and values that cannot be, or without a source. The code of such
    an error is the name of the value.
    """
    policies.check_can_draft_policy(author)
    draft = replace(
        draft,
        name=one_line(draft.name),
        source=stated(draft.source),
        batch_weekdays=sorted(set(draft.batch_weekdays)),
    )
    _check_draft(draft)
    values = asdict(draft)
    in_force = DateRange(values.pop("starts_on"), values.pop("ends_before"))
    version = PolicyVersion.objects.create(in_force=in_force, drafted_by=author, drafted_at=now, **values)
    record_event("policy.drafted", subject=version, actor_id=author.pk, at=now)
    return version


@transaction.atomic(durable=True)
def approve_policy_version(*, version_id: int, approver: User, now: datetime) -> PolicyVersion:
    """Let a policy version decide from now on. The one in force until then ends the day before it.

    Raises NotPermitted for its author and for whoever does not approve, InvalidTransition if it is approved already,
    and VersionOverlap where an approved version cannot give way.
    """
    version = queries.lock_policy_version(version_id)
    policies.check_can_approve_policy(approver, version)
    former = queries.lock_approved_policy_versions_over(version.in_force)
    approve_version(version, approver=approver, former=former, prefix=PREFIX, now=now)
    return version


@transaction.atomic(durable=True)
def end_policy_version(
    *, version_id: int, ends_before: date, reason: str, approver: User, now: datetime
) -> PolicyVersion:
    """Let an approved version decide no longer than on certificates of the day before `ends_before`.

    Raises NotPermitted, InvalidTransition for a draft, and DomainError without a reason, for a day that is not in
    the future, and for one that leaves no day or would not shorten anything.
    """
    version = queries.lock_policy_version(version_id)
    policies.check_can_end_policies(approver)
    end_version(version, ends_before=ends_before, reason=reason, approver=approver, prefix=PREFIX, now=now)
    return version


def _check_draft(draft: PolicyDraft) -> None:
    check_version_frame(
        name=draft.name, starts_on=draft.starts_on, ends_before=draft.ends_before, source=draft.source
    )
    _check_choices(draft)
    for name, (least, most) in FIGURES.items():
        _check_range(name, getattr(draft, name), least, most)
    for name, (least, most) in LIMITS.items():
        if getattr(draft, name) is not None:
            _check_range(name, getattr(draft, name), least, most)
    _check_together(draft)


def _check_choices(draft: PolicyDraft) -> None:
    for name, choices in CHOICES.items():
        if getattr(draft, name) not in choices.values:
            raise DomainError(_("Choose one of the rules."), code=name)
    if not draft.eligible_categories or set(draft.eligible_categories) - set(ParticipantCategory.values):
        raise DomainError(_("Choose at least one category."), code="eligible_categories")
    if set(draft.batch_weekdays) - WEEKDAYS:
        raise DomainError(_("Choose days from Monday to Sunday."), code="batch_weekdays")


def _check_range(name: str, figure: Figure, least: Figure, most: Figure) -> None:
    if not least <= figure <= most:
        limits = {"least": least, "most": most}
        raise DomainError(_("The value lies between %(least)s and %(most)s.") % limits, code=name)


def _check_together(draft: PolicyDraft) -> None:
    """Refuse values of which one makes the other mean nothing."""
    if draft.lifetime_cap is not None and (draft.yearly_cap or 0) > draft.lifetime_cap:
        raise DomainError(_("A year cannot hold more subsidies than a lifetime."), code="yearly_cap")
    if draft.chase_every_days > draft.chase_days:
        raise DomainError(
            _("The reminder would come after the last day on which anything is asked for."),
            code="chase_every_days",
        )
    if draft.batch_amount_limit is None:
        return
    # What no batch has room for would never be paid.
    highest = max(draft.ceiling_junior, draft.ceiling_intermediate, draft.ceiling_senior)
    if draft.batch_amount_limit < highest:
        raise DomainError(
            _("A batch has to have room for one subsidy at the highest ceiling."), code="batch_amount_limit"
        )
