"""Whatever becomes of a paid claim's results and of what is asked back, in whatever order: the books say the same."""

from contextlib import suppress
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assessment.enums import CertificateStatus
from assessment.models import LevelCertificate
from subsidies.enums import BankAnswer, ClaimLineRule, RecoveryStatus
from subsidies.models import ClaimLine, Payment, Recovery, TrainingSubsidy
from subsidies.services.batches import assemble_batches
from subsidies.services.claim_recoveries import follow_changed_claims
from subsidies.services.recoveries import MoreThanIsLeft
from tests.clock import NOW
from tests.factories.assessment import LevelCertificateFactory
from tests.factories.nettings import answered_by_bank, next_payment, real_paid_claim
from tests.factories.recoveries import repayment, settle
from tests.factories.subsidies import revoke
from tests.subsidies.books import assert_the_books_agree

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

STEPS = st.lists(
    st.tuples(
        st.sampled_from(["fall", "stand again", "repay", "pay more", "pay more, returned"]),
        st.integers(min_value=0, max_value=2),
        st.decimals(min_value=Decimal("0.01"), max_value=900, places=2),
    ),
    min_size=3,
    max_size=7,
)


class Story:
    """One paid claim of three people, and what happens to it day by day."""

    def __init__(self) -> None:
        self.claim = real_paid_claim((True, True, True), line_rule=ClaimLineRule.PASSED)
        lines = ClaimLine.objects.filter(reckoning=self.claim.reckoning_id).order_by("line_number")
        self.attempts = [line.attempt for line in lines.select_related("attempt")]
        self.now = NOW

    def tell(self, verb: str, number: int, amount: Decimal) -> None:
        valid = LevelCertificate.objects.filter(
            attempt=self.attempts[number], status=CertificateStatus.VALID
        ).first()
        if verb == "fall" and valid is not None:
            revoke(valid)
        elif verb == "stand again" and valid is None:
            LevelCertificateFactory(attempt=self.attempts[number])
        elif verb == "repay":
            self.repay(number, amount)
        elif verb.startswith("pay more"):
            next_payment(self.claim.institution)
            for batch in assemble_batches(now=NOW):
                answered_by_bank(batch, BankAnswer.RETURNED if "returned" in verb else BankAnswer.PAID)
        self.now += timedelta(days=1)
        follow_changed_claims(now=self.now)

    def repay(self, number: int, amount: Decimal) -> None:
        open_ones = list(Recovery.objects.filter(status=RecoveryStatus.OPEN).order_by("pk"))
        if open_ones:
            recovery = open_ones[number % len(open_ones)]
            with suppress(MoreThanIsLeft):
                settle(recovery, repayment(amount, f"LINE-{self.now:%m%d}"))

    def check(self) -> None:
        assert_the_books_agree()
        for subsidy in TrainingSubsidy.objects.filter(claim=self.claim):
            live = Recovery.objects.filter(subsidy=subsidy, withdrawn_at__isnull=True)
            assert sum(each.amount for each in live) <= subsidy.amount
        asked = Recovery.objects.filter(payment__claim=self.claim, withdrawn_at__isnull=True)
        assert sum(each.amount for each in asked) <= Payment.objects.get(claim=self.claim).amount


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=STEPS)
def test_never_more_is_asked_back_than_was_paid_after_any_history(steps):
    before = transaction.savepoint()
    try:
        story = Story()
        for verb, number, amount in steps:
            story.tell(verb, number, amount)
            story.check()
    finally:
        transaction.savepoint_rollback(before)
