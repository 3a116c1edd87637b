import re
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange

from assessment import queries
from assessment.models import AssessmentPolicy
from assessment.rules.certificate_numbers import pattern_is_bounded
from chongqing_dte.foundation.audit import record_event
from chongqing_dte.foundation.errors import DomainError
from chongqing_dte.foundation.sentences import gettext as _
from chongqing_dte.foundation.version_steps import approve_version, check_version_frame, end_version
from chongqing_dte.foundation.words import one_line, stated
from institutions import policies
from institutions.models import User

PREFIX: Final = "assessment_policy"
LONGEST_PATTERN: Final = 200
# The least and the most of each figure that can have been meant.
FIGURES: Final = {
    "theory_pass_mark": (0, 100),
    "practice_pass_mark": (0, 100),
    "filing_lead_days": (0, 365),
    "results_due_days": (0, 365),
    "review_window_days": (0, 365),
    "heaping_band": (0, 100),
    "heaping_share": (Decimal("0.0001"), 1),
    "identical_count": (2, 1000),
    "signal_candidate_count": (1, 10_000),
}


@dataclass(frozen=True)
class AssessmentPolicyDraft:
    """The figures of a version; the dates are [starts_on, ends_before). Marks are points of 100, shares parts of 1."""

    name: str
    starts_on: date
    ends_before: date | None
    theory_pass_mark: Decimal
    practice_pass_mark: Decimal
    admits_outside_candidates: bool
    certificate_number_pattern: str
    filing_lead_days: int
    results_due_days: int
    review_window_days: int
    heaping_band: Decimal
    heaping_share: Decimal
    identical_count: int
    signal_candidate_count: int
    source: str


@transaction.atomic(durable=True)
def draft_assessment_policy(*, draft: AssessmentPolicyDraft, author: User, now: datetime) -> AssessmentPolicy:
    """Write down a version that counts for nothing until somebody else approves it.

    Raises NotPermitted, and DomainError for days, figures or a pattern that cannot be, or without a source.
    """
    policies.check_can_draft_version(author)
    draft = replace(
        draft,
        name=one_line(draft.name),
        source=stated(draft.source),
        certificate_number_pattern=one_line(draft.certificate_number_pattern),
    )
    _check_draft(draft)
    values = asdict(draft)
    in_force = DateRange(values.pop("starts_on"), values.pop("ends_before"))
    version = AssessmentPolicy.objects.create(in_force=in_force, drafted_by=author, drafted_at=now, **values)
    record_event("assessment_policy.drafted", subject=version, actor_id=author.pk, at=now)
    return version


@transaction.atomic(durable=True)
def approve_assessment_policy(*, version_id: int, approver: User, now: datetime) -> AssessmentPolicy:
    """Let a version count over its days. The one in force until then ends the day before it.

    Raises NotPermitted for its author and for whoever does not approve, InvalidTransition if it is approved already,
    and VersionOverlap where an approved version cannot give way.
    """
    version = queries.lock_assessment_policy(version_id)
    policies.check_can_approve_version(approver, version)
    former = queries.lock_approved_assessment_policies_over(version.in_force)
    approve_version(version, approver=approver, former=former, prefix=PREFIX, now=now)
    return version


@transaction.atomic(durable=True)
def end_assessment_policy(
    *, version_id: int, ends_before: date, reason: str, approver: User, now: datetime
) -> AssessmentPolicy:
    """Let an approved version count no longer than to the day before `ends_before`.

    Raises NotPermitted, InvalidTransition for a draft, and DomainError without a reason, for a day that is not in
    the future, and for one that leaves no day or would not shorten anything.
    """
    version = queries.lock_assessment_policy(version_id)
    policies.check_can_end_versions(approver)
    end_version(version, ends_before=ends_before, reason=reason, approver=approver, prefix=PREFIX, now=now)
    return version


def _check_draft(draft: AssessmentPolicyDraft) -> None:
    check_version_frame(
        name=draft.name, starts_on=draft.starts_on, ends_before=draft.ends_before, source=draft.source
    )
    if any(not least <= getattr(draft, name) <= most for name, (least, most) in FIGURES.items()):
        raise DomainError(_("One of the figures cannot be."), code="figure_out_of_range")
    if not 0 < len(draft.certificate_number_pattern) <= LONGEST_PATTERN:
        raise DomainError(_("The pattern is missing or too long."), code="certificate_number_pattern")
    try:
        re.compile(draft.certificate_number_pattern)
    except re.error as flaw:
        raise DomainError(
            _("The pattern of certificate numbers is not a regular expression."),
            code="certificate_number_pattern",
        ) from flaw
    if not pattern_is_bounded(draft.certificate_number_pattern):
        raise DomainError(
            _("The pattern repeats groups or has too many parts of any length. Write it in a simpler way."),
            code="certificate_number_pattern",
        )
