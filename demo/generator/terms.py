"""The policies and budgets of the world: those in force, or examples that say that they are examples."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange

from assessment.models import AssessmentPolicy
from chongqing_dte.foundation.proposals import RequestStatus
from demo.generator import figures
from demo.generator.institutions import END
from demo.generator.scene import PassMarks, Staff, Terms, at
from demo.generator.training_terms import agree_on_training_policy
from enrollment.models import IntakePolicy
from subsidies.enums import BudgetChangeKind, FirstPassRule, FirstPassScope, GraduationYearRule, SubsidyKind
from subsidies.models import Budget, BudgetChange, PolicyVersion
from subsidies.services.evidence import values_of

ROUND_SUM: Final = Decimal(1_000_000)


class PolicyInTheWay(Exception):
    """An approved policy covers a part of the world's days, and nobody may change it."""


def agree_on_terms(people: int, *, since: date, until: date, staff: Staff) -> Terms:
    """Make the policies and budgets that are not there yet, and return what holds."""
    early = since - timedelta(days=120)
    drafted_at = at(early, 10)
    signatures = {
        "drafted_by_id": staff.administrator,
        "drafted_at": drafted_at,
        "approved_by_id": staff.reviewer,
        "approved_at": drafted_at,
    }
    span = DateRange(early, max(END, date(until.year + 1, 1, 1)))
    intake = _intake_policy(span, signatures)
    assessment = _assessment_policy(span, signatures)
    policy = _policy_version(span, signatures)
    agree_on_training_policy(span, signatures)
    years = range(since.year, until.year + 1)
    yearly = (policy.ceiling_senior * people / len(years) / ROUND_SUM + 1).quantize(Decimal(1)) * ROUND_SUM
    return Terms(
        policy=values_of(policy),
        policy_in_force=policy.in_force,
        batch_line_limit=policy.batch_line_limit,
        filing_lead_days=intake.filing_lead_days,
        roster_lock_days=intake.roster_lock_days,
        pass_marks=PassMarks(assessment.pk, assessment.theory_pass_mark, assessment.practice_pass_mark),
        budgets=_budgets(years, yearly, staff, drafted_at),
    )


def _intake_policy(span: DateRange, signatures: dict[str, object]) -> IntakePolicy:
    found = IntakePolicy.objects.filter(approved_at__isnull=False, in_force__overlap=span).first()
    return found or IntakePolicy.objects.create(
        name="示例开班与花名册规则 Example intake policy",
        in_force=span,
        filing_lead_days=15,
        answer_working_days=5,
        near_duplicate_days=7,
        min_age=16,
        max_age=65,
        # So that the demo's class, which has begun, still takes its roster.
        roster_lock_days=7,
        download_hours=24,
        source=figures.SOURCE,
        **signatures,
    )


def _assessment_policy(span: DateRange, signatures: dict[str, object]) -> AssessmentPolicy:
    found = AssessmentPolicy.objects.filter(approved_at__isnull=False, in_force__overlap=span).first()
    return found or AssessmentPolicy.objects.create(
        name="示例考核规则 Example assessment policy",
        in_force=span,
        theory_pass_mark=figures.PASS_MARK,
        practice_pass_mark=figures.PASS_MARK,
        admits_outside_candidates=False,
        certificate_number_pattern=r"CQ[0-9]{8,16}",
        filing_lead_days=3,
        results_due_days=30,
        review_window_days=30,
        heaping_band=Decimal("2.0"),
        heaping_share=Decimal("0.5000"),
        identical_count=3,
        signal_candidate_count=10,
        source=figures.SOURCE,
        **signatures,
    )


def _policy_version(span: DateRange, signatures: dict[str, object]) -> PolicyVersion:
    found = PolicyVersion.objects.filter(approved_at__isnull=False, in_force__overlap=span).order_by("id")
    if len(found) > 1:
        raise PolicyInTheWay(
            "Several policy versions are in force over the world's days; it is made under one."
        )
    return found.first() or PolicyVersion.objects.create(
        name="示例政策 Example policy 2025-2030",
        in_force=span,
        first_pass_scope=FirstPassScope.OCCUPATION_AND_LEVEL,
        first_pass_rule=FirstPassRule.FIRST_CERTIFICATE,
        eligible_categories=["GRADUATING_STUDENT", "ENTERPRISE_EMPLOYEE"],
        graduation_year_rule=GraduationYearRule.CALENDAR,
        fee_share=Decimal("1.0000"),
        ceiling_junior=Decimal("2000.00"),
        ceiling_intermediate=Decimal("2000.00"),
        ceiling_senior=Decimal("2000.00"),
        batch_line_limit=500,
        automatic_release_limit=Decimal("0.00"),
        source=figures.SOURCE,
        **signatures,
    )


@transaction.atomic
def _budgets(years: Iterable[int], yearly: Decimal, staff: Staff, agreed_at: datetime) -> dict[int, int]:
    """Return each year's budget by its id, with room for everybody: what was allotted before is raised."""
    budgets = {}
    for year in years:
        budget, made = Budget.objects.get_or_create(
            year=year,
            kind=SubsidyKind.ASSESSMENT,
            district=None,
            defaults={"opening": yearly, "allotted": yearly, "source": figures.SOURCE},
        )
        if not made:
            BudgetChange.objects.create(
                kind=BudgetChangeKind.TOP_UP,
                budget=budget,
                amount=yearly,
                reason=figures.SOURCE,
                status=RequestStatus.APPROVED,
                proposed_by_id=staff.administrator,
                proposed_at=agreed_at,
                decided_by_id=staff.reviewer,
                decided_at=agreed_at,
            )
            budget.allotted += yearly
            budget.save(update_fields=["allotted"])
        budgets[year] = budget.pk
    return budgets
