"""Worlds in which one promise about claims, or about what is set off against them, is broken."""

from collections.abc import Callable
from decimal import Decimal

from django.db import connection

from subsidies.enums import NettingStatus, SubsidyKind
from subsidies.models import ClaimLine, JournalLine, Netting, PaymentBatch, TrainingSubsidy
from tests.clock import NOW
from tests.factories.claim_payments import batch_of_claims, confirmed_claim, opened_payment
from tests.factories.nettings import answered_by_bank, assembled, next_payment, owed_back, paid_payment
from tests.subsidies.database import triggers_off


def held_back() -> Netting:
    """Return what is held back from an instruction that waits for its signatures."""
    (recovery,) = owed_back("300.00")
    next_payment(recovery.payment.institution)
    assembled()
    return Netting.objects.get()


def reckon_a_cent_less() -> None:
    claim = confirmed_claim()
    connection.check_constraints()
    with triggers_off():
        ClaimLine.objects.filter(reckoning=claim.reckoning, line_number=1).update(amount=Decimal("799.99"))


def pay_a_person_another_sum() -> None:
    opened_payment()
    with triggers_off():
        TrainingSubsidy.objects.update(amount=Decimal("799.99"))


def free_somebody_who_was_paid_for() -> None:
    paid_payment()
    TrainingSubsidy.objects.update(voided_at=NOW)


def pay_a_claim_with_the_other_subsidy() -> None:
    batch_of_claims()
    with triggers_off():
        PaymentBatch.objects.update(kind=SubsidyKind.ASSESSMENT)


def release_what_is_held_back() -> None:
    held_back()
    Netting.objects.update(status=NettingStatus.RELEASED, ended_at=NOW)


def set_off_a_strangers_debt() -> None:
    netting = held_back()
    strangers = owed_back("300.00")
    with triggers_off():
        Netting.objects.filter(pk=netting.pk).update(recovery=strangers[0])


def leave_a_set_off_out_of_the_journal() -> None:
    (recovery,) = owed_back("300.00")
    next_payment(recovery.payment.institution)
    answered_by_bank(assembled())
    connection.check_constraints()
    with triggers_off():
        JournalLine.objects.filter(fact=f"set_off:{Netting.objects.get().pk}").update(fact="set_off:0")


CLAIM_BREAKS: dict[str, Callable[[], None]] = {
    "claim_is_the_sum_of_its_lines": reckon_a_cent_less,
    "claim_is_paid_what_was_confirmed": pay_a_person_another_sum,
    "subsidy_stands_until_its_money_came_back": free_somebody_who_was_paid_for,
    "batch_is_of_one_subsidy": pay_a_claim_with_the_other_subsidy,
    "set_off_goes_with_its_instruction": release_what_is_held_back,
    "set_off_is_of_one_institution": set_off_a_strangers_debt,
    "set_off_is_in_the_journal_both_ways": leave_a_set_off_out_of_the_journal,
}
