"""Ways in which claims get stuck. Each returns the act that solves it."""

from datetime import date, timedelta
from functools import partial

from django.db.backends.postgresql.psycopg_any import DateRange

from subsidies.enums import ClaimStatus
from subsidies.models import SubsidyClaim
from tests.clock import NOW
from tests.factories.claims import (
    ClaimQueryFactory,
    SubsidyClaimFactory,
    TrainingPolicyVersionFactory,
    open_training,
)
from tests.factories.enrollment import TrainingClassFactory
from tests.subsidies.desk_situations import Solve


def class_without_a_policy() -> Solve:
    TrainingPolicyVersionFactory(approved=True, in_force=DateRange(date(2025, 1, 1), date(2026, 1, 1)))
    TrainingClassFactory(completed=True, locked_count=2)
    return open_training


def no_last_day() -> Solve:
    claim = SubsidyClaimFactory(submitted=True, due_on=None)
    return partial(SubsidyClaim.objects.filter(pk=claim.pk).update, due_on=NOW.date() + timedelta(days=9))


def back_with_the_district() -> Solve:
    claim = SubsidyClaimFactory(submitted=True, status_reason="Look at the receipts again.")
    return partial(SubsidyClaim.objects.filter(pk=claim.pk).update, status=ClaimStatus.RETURNED)


def district_is_late() -> Solve:
    # Whoever asks the institution waits for its answer, and is not late.
    claim = SubsidyClaimFactory(submitted=True, due_on=NOW.date() - timedelta(days=3))
    return partial(ClaimQueryFactory, claim=claim)


def city_is_late() -> Solve:
    claim = SubsidyClaimFactory(recommended=True, due_on=NOW.date() - timedelta(days=3))
    return partial(ClaimQueryFactory, claim=claim)
