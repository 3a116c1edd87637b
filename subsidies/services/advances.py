"""What an institution has spent on a class before anybody reimburses it is recorded, and taken back."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from django.db import transaction
from django.utils import timezone

from chongqing_dte.foundation.audit import record_event
from chongqing_dte.foundation.errors import DomainError, InvalidTransition
from chongqing_dte.foundation.sentences import gettext as _
from chongqing_dte.foundation.words import stated
from enrollment.enums import ClassStatus
from enrollment.models import TrainingClass
from institutions.models import User
from subsidies import policies, queries
from subsidies.enums import CLAIM_WITH_THE_INSTITUTION, AdvanceBasis, ReckoningCause
from subsidies.models import Advance, SubsidyClaim
from subsidies.rules.amounts import CENT
from subsidies.services.reckoning_steps import reckon_claims

# As much as a column of money holds.
MOST: Final = Decimal("9999999999.99")
TRAINED: Final = (ClassStatus.RUNNING, ClassStatus.COMPLETED)


@dataclass(frozen=True)
class AdvanceEntry:
    """What somebody says that a class has cost: yuan for a trainee and for how many, or for the class."""

    basis: AdvanceBasis
    unit_cost: Decimal
    # The last day on which it was spent.
    spent_on: date
    unit_count: int = 1
    note: str = ""

    @property
    def amount(self) -> Decimal:
        """What it comes to."""
        return self.unit_cost * self.unit_count


@transaction.atomic(durable=True)
def record_advance(*, class_id: int, entry: AdvanceEntry, recorder: User, now: datetime) -> Advance:
    """Record what an institution has spent on a class that runs or is completed; several advances add up.

    Raises NotPermitted for another institution, InvalidTransition while a bureau has the claim, and DomainError for a
    class that has not begun, and for a cost, a number of people or a day that cannot be.
    """
    training_class = queries.lock_class_to_claim(class_id)
    policies.check_can_record_advance(recorder, training_class)
    claim = _claim_in_hand(training_class)
    if training_class.status not in TRAINED:
        raise DomainError(_("What a class costs is recorded once it has begun."), code="class_not_begun")
    _check_entry(entry, training_class, timezone.localdate(now))
    advance = Advance.objects.create(
        training_class=training_class,
        basis=entry.basis,
        unit_cost=entry.unit_cost,
        unit_count=entry.unit_count,
        amount=entry.amount,
        spent_on=entry.spent_on,
        note=stated(entry.note),
        recorded_by=recorder,
        recorded_at=now,
    )
    record_event(
        "advance.recorded",
        subject=advance,
        actor_id=recorder.pk,
        at=now,
        facts={"class": class_id, "amount": str(entry.amount), "spent_on": entry.spent_on.isoformat()},
    )
    _reckon_at_once(claim, now)
    return advance


@transaction.atomic(durable=True)
def withdraw_advance(*, advance_id: int, withdrawer: User, reason: str, now: datetime) -> Advance:
    """Take back what was said of a class's cost. It is kept, and counts no more.

    Raises NotPermitted for another institution, InvalidTransition for one that was taken back and while a bureau has
    the claim, and DomainError without a reason.
    """
    training_class = queries.lock_class_to_claim(queries.class_of_advance(advance_id))
    policies.check_can_record_advance(withdrawer, training_class)
    claim = _claim_in_hand(training_class)
    advance = queries.lock_advance(advance_id)
    if advance.withdrawn_at is not None:
        raise InvalidTransition(_("This advance was taken back already."))
    why = stated(reason)
    if not why:
        raise DomainError(_("Give the reason."), code="reason_missing")
    advance.withdrawn_by, advance.withdrawn_at, advance.withdrawal_reason = withdrawer, now, why
    advance.save(update_fields=["withdrawn_by", "withdrawn_at", "withdrawal_reason"])
    record_event("advance.withdrawn", subject=advance, actor_id=withdrawer.pk, at=now, reason=why)
    _reckon_at_once(claim, now)
    return advance


def _reckon_at_once(claim: SubsidyClaim | None, now: datetime) -> None:
    """Reckon a locked claim, if there is one: whoever said what it cost can hand it in on the next page."""
    if claim is not None:
        reckon_claims([claim], cause=ReckoningCause.FACTS_CHANGED, now=now)


def _claim_in_hand(training_class: TrainingClass) -> SubsidyClaim | None:
    """Return the locked claim of a locked class, if it has one, as long as the institution has it."""
    claim = queries.lock_live_claim_of(training_class)
    if claim is not None and claim.status not in CLAIM_WITH_THE_INSTITUTION:
        raise InvalidTransition(_("A bureau has this claim: what was advanced stays as it is."))
    return claim


def _check_entry(entry: AdvanceEntry, training_class: TrainingClass, today: date) -> None:
    if entry.basis not in AdvanceBasis.values:
        raise DomainError(_("Say whether it is the cost of a trainee or of the class."), code="basis_missing")
    if not 0 < entry.unit_cost <= MOST or entry.unit_cost != entry.unit_cost.quantize(CENT):
        raise DomainError(_("Enter a sum above nothing, in whole cents."), code="cost_impossible")
    if entry.basis == AdvanceBasis.PER_CLASS and entry.unit_count != 1:
        raise DomainError(_("The cost of the class counts once."), code="count_impossible")
    if not 0 < entry.unit_count <= max(queries.people_in_class(training_class.pk), 1):
        raise DomainError(
            _("Not more people can have been paid for than were in the class."), code="count_impossible"
        )
    if entry.amount > MOST:
        raise DomainError(_("Enter a smaller sum."), code="cost_impossible")
    if entry.spent_on > today:
        raise DomainError(_("What was advanced was spent by today at the latest."), code="day_ahead")
