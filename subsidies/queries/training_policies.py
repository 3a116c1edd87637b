from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

from django.contrib.postgres.expressions import ArraySubquery
from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import OuterRef, QuerySet

from institutions.enums import MUNICIPAL_ROLES
from institutions.models import User
from subsidies.models import TrainingPolicyVersion, TrainingStandard
from subsidies.policies import can_see_claims
from subsidies.rules.claim_facts import TrainingPolicyValues
from subsidies.rules.pass_rates import PassRateCurve, points_of

# What each version says, with its days.
PoliciesInForce = Sequence[tuple[DateRange, TrainingPolicyValues]]


def training_policy_versions_visible_to(user: User) -> QuerySet[TrainingPolicyVersion]:
    """Return every version with its table for the municipal bureau; for who else deals with claims, the approved."""
    if not can_see_claims(user):
        return TrainingPolicyVersion.objects.none()
    versions = TrainingPolicyVersion.objects.prefetch_related("standards__occupation")
    return versions if user.role in MUNICIPAL_ROLES else versions.filter(approved_at__isnull=False)


def approved_training_policy_versions() -> list[TrainingPolicyVersion]:
    """Return the training policy versions that count, each with its table."""
    approved = TrainingPolicyVersion.objects.filter(approved_at__isnull=False)
    return list(approved.prefetch_related("standards"))


def lock_training_policy_version(version_id: int) -> TrainingPolicyVersion:
    """Return one version that no other transaction can change until this one ends."""
    return TrainingPolicyVersion.objects.select_for_update(of=("self",)).get(pk=version_id)


def lock_approved_training_policy_versions_over(days: DateRange) -> list[TrainingPolicyVersion]:
    """Return the approved versions of these days, which no other transaction can change until this one ends."""
    versions = TrainingPolicyVersion.objects.select_for_update(of=("self",))
    return list(versions.filter(approved_at__isnull=False, in_force__overlap=days).order_by("pk"))


def training_policies_in_force() -> list[tuple[DateRange, TrainingPolicyValues]]:
    """Return the approved training policies with their days. There are few of them."""
    table = TrainingStandard.objects.filter(policy_version=OuterRef("pk")).order_by("pk")
    versions = TrainingPolicyVersion.objects.filter(approved_at__isnull=False).annotate(
        occupations=ArraySubquery(table.values("occupation_id")),
        levels=ArraySubquery(table.values("level")),
        amounts=ArraySubquery(table.values("amount")),
    )
    found = []
    for version in versions:
        kinds = zip(version.occupations, version.levels, strict=True)
        standards = dict(zip(kinds, version.amounts, strict=True))
        found.append((version.in_force, values_of_training_policy(version, standards)))
    return found


def values_of_training_policy(
    version: TrainingPolicyVersion, standards: Mapping[tuple[int, str], Decimal]
) -> TrainingPolicyValues:
    """Return what a training policy version, approved or not, says to a claim.

    `standards` is its table by occupation and level. Raises ValueError for a curve that is none.
    """
    return TrainingPolicyValues(
        version_id=version.pk,
        subsidized_once_per=version.subsidized_once_per,
        eligible_categories=frozenset(version.eligible_categories),
        graduation_year_rule=version.graduation_year_rule,
        line_rule=version.line_rule,
        least_attendance=version.least_attendance,
        standard_rule=version.standard_rule,
        fee_share=version.fee_share,
        capped_by_advance=version.capped_by_advance,
        denominator=version.denominator,
        pass_rule=version.pass_rule,
        cut_off_days=version.cut_off_days,
        curve=PassRateCurve(
            points=points_of(version.curve_points),
            floor=version.factor_floor,
            cap=version.factor_cap,
            small_class_size=version.small_class_size,
            small_class_factor=version.small_class_factor,
        ),
        pass_rate_distance=version.pass_rate_distance,
        least_compared_classes=version.least_compared_classes,
        claim_window_days=version.claim_window_days,
        district_working_days=version.district_working_days,
        municipal_working_days=version.municipal_working_days,
        answer_working_days=version.answer_working_days,
        one_signature_limit=version.one_signature_limit,
        notice_working_days=version.notice_working_days,
        budget_by_district=version.budget_by_district,
        standards=standards,
    )


def policy_on(day: date, policies: PoliciesInForce) -> TrainingPolicyValues | None:
    """Return the policy that holds for a class which ends on this day."""
    return next((values for in_force, values in policies if day in in_force), None)
