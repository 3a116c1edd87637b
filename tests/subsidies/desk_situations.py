"""Ways in which money gets stuck, made by the real services. Each returns the act that solves it."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

from enrollment.models import BankAccount
from institutions.models import CalendarDay
from subsidies.bank.channel import ReceivedFile
from subsidies.enums import (
    BankAnswer,
    BudgetChangeKind,
    NotificationStatus,
    ObjectionKind,
    ObjectionStatus,
    ResolutionOutcome,
    StopKind,
)
from subsidies.models import BankResultFile, BankResultLine, Budget, Notification, RecoverySettlement
from subsidies.services.bank_results import hand_in_bank_result, receive_bank_result
from subsidies.services.batches import assemble_batches
from subsidies.services.budgets import approve_budget_change
from subsidies.services.decisions import decide_due_certificates
from subsidies.services.deliveries import deliver_released_batches
from subsidies.services.downloads import confirm_handed_over, fetch_download, offer_download
from subsidies.services.invariant_alarms import record_alarms
from subsidies.services.line_resolutions import approve_resolution, propose_resolution
from subsidies.services.notices import close_notices, publish_notices
from subsidies.services.recoveries import approve_settlement, ask_back
from subsidies.services.result_files import dismiss_result_file, refuse_result_file
from subsidies.services.revocations import follow_ended_certificates
from subsidies.services.sending_stops import lift_stop, propose_lift, stop_sending
from tests.clock import NOW
from tests.factories.assessment import LevelCertificateFactory
from tests.factories.bank import batch_by_hand, taken_back
from tests.factories.budgets import proposed_change, reviewer
from tests.factories.identity import evidence_is_corrected
from tests.factories.institutions import UserFactory
from tests.factories.notices import AFTERWARDS, decided, payment_on_notice, payment_to_notice, said_against
from tests.factories.notifications import NotificationFactory
from tests.factories.recoveries import (
    finance,
    given_back,
    propose,
    recovery_of_paid_money,
    repayment,
    write_off,
)
from tests.factories.standing import known_years
from tests.factories.subsidies import (
    answers_to,
    assembled_batch,
    correct_account,
    delivered_batch,
    due_certificate,
    granted_certificate,
    hear_from_bank,
    open_programme,
    payment_of,
    publish_fee,
    result_list,
    settled_batch,
    sign_twice,
)
from tests.fakes.bank import FakeBank
from tests.subsidies.database import triggers_off
from tests.subsidies.following import close, review_of
from tests.subsidies.merged_rows import two_paid_rows

Solve = Callable[[], object]
decide = partial(decide_due_certificates, now=NOW)


def finding_on(line: BankResultLine) -> Solve:
    """Return what confirms a finding that is put down here."""
    proposed = propose_resolution(
        line_id=line.pk, proposer=finance(), outcome=ResolutionOutcome.TAKEN_BACK, reason="Told so.", now=NOW
    )
    return partial(approve_resolution, resolution_id=proposed.pk, decider=finance(), reason="", now=NOW)


def approve(settlement: RecoverySettlement) -> None:
    approve_settlement(settlement_id=settlement.pk, decider=finance(), reason="", now=NOW)


def nobody_decides() -> Solve:
    open_programme()
    due_certificate()
    return decide


def just_recorded() -> None:
    open_programme()
    due_certificate(recorded_at=NOW)


def no_policy() -> Solve:
    due_certificate()
    decide()

    def solve() -> None:
        open_programme()
        decide()

    return solve


def no_account() -> Solve:
    open_programme()
    certificate = due_certificate(attempt__enrollment__trainee__with_account=False)
    decide()

    def solve() -> None:
        correct_account(certificate.trainee_id)
        decide()

    return solve


def no_account_again() -> None:
    """Hold one more decision for want of an account, in a programme that is open."""
    due_certificate(attempt__enrollment__trainee__with_account=False)
    decide()


def no_fee() -> Solve:
    open_programme()
    certificate = LevelCertificateFactory(attempt__enrollment__trainee__with_account=True)
    decide()

    def solve() -> None:
        publish_fee(certificate)
        decide()

    return solve


def no_budget() -> Solve:
    open_programme(allotted="100.00")
    due_certificate()
    decide()

    def solve() -> None:
        change = proposed_change(BudgetChangeKind.TOP_UP, Budget.objects.get().pk, "900.00")
        approve_budget_change(change_id=change.pk, decider=reviewer(), reason="", now=NOW)
        decide()

    return solve


def under_review() -> Solve:
    open_programme()
    certificate = due_certificate()
    review = review_of(certificate)
    decide()

    def solve() -> None:
        close(review)
        decide()

    return solve


def nobody_publishes() -> Solve:
    known_years(2026)
    payment_to_notice()
    return partial(publish_notices, now=NOW)


def no_calendar() -> Solve:
    payment_to_notice()
    with triggers_off():
        CalendarDay.objects.filter(day__gte=NOW.date()).delete()

    def solve() -> None:
        known_years(2026)
        publish_notices(now=NOW)

    return solve


def objection() -> Solve:
    known_years(2026)
    raised = said_against(payment_on_notice())
    return partial(decided, raised, ObjectionStatus.DISMISSED)


def notice_is_over_but_objected() -> Solve:
    known_years(2026)
    raised = said_against(payment_on_notice())
    close_notices(now=AFTERWARDS)

    def solve() -> None:
        decided(raised, ObjectionStatus.DISMISSED)
        close_notices(now=AFTERWARDS)

    return solve


def payee_in_question() -> Solve:
    review = review_of(granted_certificate())
    return partial(close, review)


def evidence_corrected() -> Solve:
    certificate = granted_certificate()
    evidence_is_corrected(certificate.attempt.enrollment, category="EARLIER_GRADUATE")
    return partial(said_against, payment_of(certificate), ObjectionKind.OFFICE)


def paid_before_a_merge() -> Solve:
    later = two_paid_rows()[0]
    return partial(said_against, payment_of(later), ObjectionKind.OFFICE)


def nobody_assembles() -> Solve:
    granted_certificate()
    return partial(assemble_batches, now=NOW)


def unsigned() -> Solve:
    return partial(sign_twice, assembled_batch())


def books_apart() -> Solve:
    assembled_batch()
    Budget.objects.update(reserved=1)
    return lambda: Budget.objects.update(reserved=800)


def not_handed_over() -> Solve:
    batch = batch_by_hand()

    def solve() -> None:
        person = finance()
        download = offer_download(batch_id=batch.pk, requester=finance(), reason="", now=NOW)
        fetch_download(download_id=download.pk, fetcher=person, now=NOW)
        confirm_handed_over(batch_id=batch.pk, confirmer=person, now=NOW)

    return solve


def nobody_delivers() -> Solve:
    sign_twice(assembled_batch())
    return partial(deliver_released_batches, channel=FakeBank(), now=NOW)


def bank_is_silent() -> Solve:
    return partial(hear_from_bank, delivered_batch())


def bank_does_not_know() -> Solve:
    batch = delivered_batch()
    hear_from_bank(batch, BankAnswer.UNKNOWN, name="FIRST.csv")
    return partial(hear_from_bank, batch, BankAnswer.PAID, name="SECOND.csv")


def bank_contradicts_itself() -> Solve:
    line = taken_back(settled_batch())
    return lambda: finding_on(line)()


def finding_waits() -> Solve:
    return finding_on(taken_back(settled_batch()))


def file_set_aside() -> Solve:
    receive_bank_result(received=ReceivedFile("ODD.csv", b"nonsense", "ODD.csv"), now=NOW)

    def solve() -> None:
        dismiss_result_file(
            file_id=BankResultFile.objects.get().pk, dismisser=finance(), reason="A test.", now=NOW
        )

    return solve


def file_brought() -> Solve:
    batch = delivered_batch()
    content = result_list(batch.reference, answers_to(batch, BankAnswer.UNKNOWN))
    file = hand_in_bank_result(name="RESULT.csv", content=content, sender=finance(), now=NOW)
    return partial(
        refuse_result_file,
        file_id=file.pk,
        decider=finance(),
        reason="The bank knows nothing of it.",
        now=NOW,
    )


def returned() -> Solve:
    batch = delivered_batch()
    hear_from_bank(batch, BankAnswer.RETURNED)
    return lambda: correct_account(BankAccount.objects.get().trainee_id)


def nobody_asked_back() -> Solve:
    recovery = recovery_of_paid_money()
    due_on = (NOW + timedelta(days=30)).date()
    return partial(ask_back, recovery_id=recovery.pk, asker=finance(), due_on=due_on, now=NOW)


def not_paid_back() -> Solve:
    recovery = recovery_of_paid_money()
    ask_back(recovery_id=recovery.pk, asker=finance(), due_on=(NOW + timedelta(days=1)).date(), now=NOW)
    return lambda: approve(propose(recovery, repayment("800.00")))


def not_owed_by_now() -> Solve:
    recovery = recovery_of_paid_money()
    approve(propose(recovery, repayment("300.00")))
    approve(propose(recovery, write_off("500.00")))
    LevelCertificateFactory(attempt=recovery.payment.grant.certificate.attempt)
    follow_ended_certificates(now=NOW)
    return lambda: approve(propose(recovery, given_back("300.00")))


def settlement_waits() -> Solve:
    proposed = propose(recovery_of_paid_money(), repayment("800.00"))
    return lambda: approve(proposed)


def message_failed() -> Solve:
    message = NotificationFactory(status=NotificationStatus.FAILED, problem="mobile_unreadable")
    again = Notification.objects.filter(pk=message.pk)
    return lambda: again.update(status=NotificationStatus.SENT, sent_at=NOW)


def sending_stopped() -> Solve:
    stop_sending(stopper=UserFactory(municipal_operator=True), reason="A break-in.", now=NOW)

    def solve() -> None:
        propose_lift(kind=StopKind.MANUAL, proposer=finance(), reason="All is well.", now=NOW)
        lift_stop(kind=StopKind.MANUAL, lifter=finance(), lift_reason="All is well.", now=NOW)

    return solve


def promise_is_broken() -> Solve:
    record_alarms(broken={"budget_is_the_sum_of_its_payments": ["1"]}, now=NOW)
    return partial(record_alarms, broken={}, now=NOW)
