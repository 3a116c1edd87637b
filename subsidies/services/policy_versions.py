from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils.translation import gettext as _

from chongqing_dte.foundation.audit import record_event
from chongqing_dte.foundation.errors import InvalidTransition
from institutions.models import User
from subsidies import policies
from subsidies.enums import SubsidyKind
from subsidies.models import Budget, PolicyVersion


@dataclass(frozen=True)
class PolicyDraft:
    """The values of a policy version. Money in yuan; the dates are [starts_on, ends_before)."""

    name: str
    starts_on: date
    ends_before: date | None
    first_pass_scope: str
    first_pass_rule: str
    eligible_categories: list[str]
    graduation_year_rule: str
    fee_share: Decimal
    ceiling: Decimal
    batch_line_limit: int
    automatic_release_limit: Decimal
    source: str


@transaction.atomic(durable=True)
def draft_policy_version(*, draft: PolicyDraft, author: User, now: datetime) -> PolicyVersion:
    """Write down a policy version that decides nothing until somebody else approves it."""
    policies.check_can_draft_policy(author)
    values = asdict(draft)
    in_force = DateRange(values.pop("starts_on"), values.pop("ends_before"))
    version = PolicyVersion.objects.create(in_force=in_force, drafted_by=author, drafted_at=now, **values)
    record_event("policy.drafted", subject=version, actor_id=author.pk, at=now)
    return version


@transaction.atomic(durable=True)
def approve_policy_version(*, version_id: int, approver: User, now: datetime) -> PolicyVersion:
    """Let a policy version decide from now on.

    Raises NotPermitted for its author, InvalidTransition if it is approved already, and IntegrityError
    `policy_no_overlap` if another covers one of its days.
    """
    version = PolicyVersion.objects.select_for_update(of=("self",)).get(pk=version_id)
    policies.check_can_approve_policy(approver, version)
    if version.approved_at is not None:
        raise InvalidTransition(_("This version is approved already."))
    version.approved_by = approver
    version.approved_at = now
    version.save(update_fields=["approved_by", "approved_at"])
    record_event("policy.approved", subject=version, actor_id=approver.pk, at=now)
    return version


@transaction.atomic(durable=True)
def allot_budget(
    *, year: int, kind: SubsidyKind, allotted: Decimal, source: str, author: User, now: datetime
) -> Budget:
    """Record the money allotted to one subsidy for one year, in yuan."""
    policies.check_can_draft_policy(author)
    budget = Budget.objects.create(year=year, kind=kind, allotted=allotted, source=source)
    record_event(
        "budget.allotted", subject=budget, actor_id=author.pk, at=now, facts={"allotted": str(allotted)}
    )
    return budget
