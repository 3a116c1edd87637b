"""The training policy of the world: the one in force, or an example that says that it is one."""

from collections.abc import Mapping
from decimal import Decimal

from django.db.backends.postgresql.psycopg_any import DateRange

from demo.generator import figures
from subsidies.enums import (
    ClaimLineRule,
    GraduationYearRule,
    PassRateDenominator,
    PassRule,
    StandardRule,
    TrainingScope,
)
from subsidies.models import TrainingPolicyVersion


def agree_on_training_policy(span: DateRange, signatures: Mapping[str, object]) -> TrainingPolicyVersion:
    """Make the policy of the training subsidy if none is in force over these days, and return what is."""
    found = TrainingPolicyVersion.objects.filter(approved_at__isnull=False, in_force__overlap=span).first()
    return found or TrainingPolicyVersion.objects.create(
        name="示例培训补贴政策 Example training policy 2025-2030",
        in_force=span,
        subsidized_once_per=TrainingScope.ENROLLMENT,
        eligible_categories=["GRADUATING_STUDENT", "ENTERPRISE_EMPLOYEE"],
        graduation_year_rule=GraduationYearRule.CALENDAR,
        line_rule=ClaimLineRule.COMPLETED,
        least_attendance=Decimal("0.6000"),
        standard_rule=StandardRule.FEE,
        fee_share=Decimal("0.8000"),
        capped_by_advance=True,
        denominator=PassRateDenominator.ROSTER,
        pass_rule=PassRule.ANY_ATTEMPT,
        cut_off_days=90,
        curve_points=[["0.3", "0.3"], ["0.6", "0.8"], ["0.8", "1"]],
        factor_floor=Decimal("0.0000"),
        factor_cap=Decimal("1.0000"),
        small_class_size=5,
        small_class_factor=Decimal("0.5000"),
        pass_rate_distance=20,
        least_compared_classes=5,
        claim_window_days=180,
        district_working_days=10,
        municipal_working_days=10,
        answer_working_days=5,
        # So that the claim of the demo's class takes two.
        one_signature_limit=Decimal("20000.00"),
        notice_working_days=0,
        budget_by_district=False,
        source=figures.SOURCE,
        **signatures,
    )
