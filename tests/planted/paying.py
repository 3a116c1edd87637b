"""Bugs on the way from a grant to the bank."""

from typing import Final

from tests.planted.kinds import Rewritten

ASSEMBLY: Final = "subsidies.services.assembly_steps"
BATCHES: Final = "subsidies.services.batches"
DELIVERIES: Final = "subsidies.services.deliveries"
PAYMENTS: Final = "subsidies.queries.payments"
TESTS: Final = "tests/subsidies/test_"

PAYING: Final = (
    # ── Into a batch ─────────────────────────────────────────────────────────────────────────────────────
    Rewritten(
        name="no_lock_on_payments",
        bug="two workers put one payment into two batches",
        module=PAYMENTS,
        text='ready = Payment.objects.select_for_update(of=("self",), skip_locked=True, no_key=True).filter(',
        instead="ready = Payment.objects.filter(",
        test=f"{TESTS}races.py::test_a_payment_goes_into_one_batch",
    ),
    Rewritten(
        name="payments_wait_in_line",
        bug="a second worker waits for the payments that the first puts into a batch",
        module=PAYMENTS,
        text='ready = Payment.objects.select_for_update(of=("self",), skip_locked=True, no_key=True).filter(',
        instead='ready = Payment.objects.select_for_update(of=("self",), no_key=True).filter(',
        test=f"{TESTS}races.py::test_two_workers_make_two_batches_of_different_payments",
    ),
    Rewritten(
        name="frozen_people_paid",
        bug="a person is paid while a result of theirs is in question",
        module="assessment.queries.freezes",
        text="    reviews = MarkReview.objects.filter(status=ReviewStatus.OPEN)",
        instead="    reviews = MarkReview.objects.none()",
        test=f"{TESTS}withdraw_batches.py::test_frozen_people_go_into_no_batch_and_are_taken_up_when_the_freeze_ends",
    ),
    Rewritten(
        name="objections_paid",
        bug="an objection does not keep its payment out of a batch",
        module="subsidies.queries.objection_holds",
        text='    return Exists(_open_objections().filter(entitlement__certificate=OuterRef(f"{path}__certificate")))',
        instead="    return Exists(_open_objections().none())",
        test=f"{TESTS}objections.py::test_an_objection_holds_exactly_its_own_money",
    ),
    Rewritten(
        name="revoked_paid",
        bug="a payment is owed although its certificate was revoked",
        module=PAYMENTS,
        text="entitlement__certificate__status=CertificateStatus.REVOKED",
        instead="entitlement__certificate__status=CertificateStatus.SUPERSEDED",
        test=f"{TESTS}follow_revocations.py::test_a_payment_whose_certificate_is_revoked_goes_into_no_batch",
    ),
    Rewritten(
        name="revoked_meanwhile",
        bug="nobody looks again at what was revoked while the batch was being assembled",
        module=BATCHES,
        text="    owed = queries.payments_owed([payment.pk for payment in payments])",
        instead="    owed = {payment.pk for payment in payments}",
        test=f"{TESTS}revocation_races.py::test_what_is_revoked_while_a_batch_is_being_assembled_is_left_out",
    ),
    Rewritten(
        name="altered_account",
        bug="an account that is not the one that was recorded is paid",
        module=ASSEMBLY,
        text="    is_same = account_number_hash(account.number) == account.number_hash",
        instead="    is_same = True",
        test=f"{TESTS}merged_people.py::test_an_account_that_holds_another_rows_number_is_not_paid",
    ),
    Rewritten(
        name="unreadable_account_stops_all",
        bug="one account that cannot be decrypted stops every payment",
        module=ASSEMBLY,
        text="    except DAMAGED:",
        instead="    except ZeroDivisionError:",
        test=f"{TESTS}contradictions.py::test_an_account_that_cannot_be_read_holds_up_nobody_else",
    ),
    Rewritten(
        name="reference_from_a_sequence",
        bug="the bank's reference is taken from a sequence",
        module=ASSEMBLY,
        text='"assessment", certificate.institution.credit_code, certificate.number, str(number)',
        instead='"assessment", str(each.payment.pk), str(number)',
        test=f"{TESTS}assemble_batches.py::"
        "test_after_a_restore_of_the_decision_too_the_bank_would_know_the_reference",
    ),
    Rewritten(
        name="withdrawn_counts",
        bug="an instruction that never left counts, so that the next bears another reference",
        module=PAYMENTS,
        text="    ).exclude(status=AttemptStatus.WITHDRAWN)",
        instead="    )",
        test=f"{TESTS}withdraw_batches.py::"
        "test_what_was_withdrawn_and_goes_out_again_bears_the_reference_that_the_bank_would_know",
    ),
    Rewritten(
        name="name_by_the_clock",
        bug="a batch is named for the second in which it was assembled",
        module=ASSEMBLY,
        text='reference = f"{day:%Y%m%d}-{content_key(plan, lines)[:10]}"',
        instead='reference = f"{timezone.now():%Y%m%d-%H%M%S%f}"',
        test=f"{TESTS}assemble_batches.py::test_after_a_restore_the_same_payments_make_the_same_file",
    ),
    Rewritten(
        name="amount_of_today",
        bug="what goes out again is of the amount of today's fee",
        module=ASSEMBLY,
        text="amount=each.payment.amount,",
        instead='amount=__import__("institutions.models").models.FeeSchedule.objects.latest("pk").total,',
        test=f"{TESTS}return_payments.py::test_what_goes_out_again_is_what_was_granted_whatever_the_fee_is_by_then",
    ),
    # ── Signed ───────────────────────────────────────────────────────────────────────────────────────────
    Rewritten(
        name="one_signature",
        bug="one signature releases a batch",
        module=BATCHES,
        text="    if batch.first_released_by_id is None:",
        instead="    if False:",
        test=f"{TESTS}release_batch.py::test_one_signature_releases_nothing",
    ),
    Rewritten(
        name="same_person_twice",
        bug="one person gives both signatures",
        module="subsidies.policies.money",
        text=" and batch.first_released_by_id != user.pk",
        instead="",
        test=f"{TESTS}races.py::test_one_person_who_signs_twice_at_once_signs_once",
    ),
    Rewritten(
        name="another_file_signed",
        bug="whoever saw another file signs all the same",
        module=BATCHES,
        text="    if sha256 != batch.sha256:",
        instead="    if False:",
        test=f"{TESTS}release_batch.py::test_whoever_saw_another_file_signs_nothing",
    ),
    Rewritten(
        name="no_lock_on_batch",
        bug="two sign a batch that neither has locked",
        module=PAYMENTS,
        text='    return PaymentBatch.objects.select_for_update(of=("self",)).get(pk=batch_id)',
        instead="    return PaymentBatch.objects.get(pk=batch_id)",
        test=f"{TESTS}races.py::test_the_second_signature_waits_for_the_first",
    ),
    Rewritten(
        name="revoked_released",
        bug="a release does not look at revoked certificates",
        module=BATCHES,
        text='    if held_up["revoked"]:',
        instead="    if False:",
        test=f"{TESTS}revocation_races.py::"
        "test_no_signature_releases_a_batch_whose_certificate_is_being_revoked",
    ),
    Rewritten(
        name="release_locks_nobody",
        bug="a release does not lock the certificates and people behind it",
        module=BATCHES,
        text="    queries.lock_what_stands_behind([attempt.payment for attempt in attempts])",
        instead="    pass",
        test=f"{TESTS}revocation_races.py::test_a_revocation_waits_for_the_release_that_is_under_way",
    ),
    Rewritten(
        name="books_not_compared",
        bug="money is released although the books differ",
        module="subsidies.services.release_checks",
        text="    if not compare(queries.book_figures()).agrees:",
        instead="    if False:",
        test=f"{TESTS}reconciliation.py::test_nothing_is_released_while_the_books_differ",
    ),
    Rewritten(
        name="contradiction_released",
        bug="a batch is released with a payment that the bank calls paid",
        module=BATCHES,
        text="    if queries.is_contradicted(batch):",
        instead="    if False:",
        test=f"{TESTS}contradictions.py::test_a_batch_is_not_released_once_the_bank_says_that_it_paid_before",
    ),
    # ── Sent ─────────────────────────────────────────────────────────────────────────────────────────────
    Rewritten(
        name="no_send_lock",
        bug="two workers send one batch",
        module=DELIVERIES,
        text='        with session_lock(f"deliver:{batch_id}") as is_ours:',
        instead="        for is_ours in (True,):",
        test=f"{TESTS}races.py::test_a_batch_is_delivered_once_by_two_workers",
    ),
    Rewritten(
        name="not_asked_first",
        bug="a file is sent again without asking the bank whether it has it",
        module=DELIVERIES,
        text="    if not channel.knows(batch.file_name):",
        instead="    if batch is not None:",
        test=f"{TESTS}deliver_batches.py::"
        "test_after_a_lost_answer_the_bank_is_asked_before_anything_is_sent_again",
    ),
    Rewritten(
        name="not_noted_first",
        bug="that a batch is being sent is not noted before a byte leaves",
        module=DELIVERIES,
        text="    batch = _start_sending(batch_id, now)",
        instead="    batch = PaymentBatch.objects.get(pk=batch_id)",
        test=f"{TESTS}deliver_batches.py::test_that_a_batch_is_being_sent_is_noted_before_a_byte_leaves",
    ),
    Rewritten(
        name="half_sent_forgotten",
        bug="a batch that did not arrive is not sent again",
        module="subsidies.queries.deliveries",
        text="status__in=[BatchStatus.RELEASED, BatchStatus.SENDING]",
        instead="status__in=[BatchStatus.RELEASED]",
        test=f"{TESTS}deliver_batches.py::test_a_batch_that_did_not_arrive_is_sent_once_the_bank_is_back",
    ),
    Rewritten(
        name="not_looked_at_again",
        bug="a batch that somebody has delivered or withdrawn in between is sent",
        module=DELIVERIES,
        text="    if batch.status != BatchStatus.RELEASED:\n        return None",
        instead="    pass",
        test=f"{TESTS}deliver_batches.py::test_a_batch_that_somebody_delivered_in_between_is_left_alone",
    ),
    Rewritten(
        name="stop_ignored",
        bug="a file leaves while all sending is stopped",
        module=DELIVERIES,
        text="        if queries.sending_is_stopped():\n            return False",
        instead="        pass",
        test=f"{TESTS}stop_sending.py::test_a_stop_in_the_middle_of_a_delivery_keeps_the_file_here",
    ),
    Rewritten(
        name="half_a_file",
        bug="a file is written at its place, so that the bank may take half of it",
        module="subsidies.bank.channel",
        text='        half = self.outbox / f".{name}.{uuid.uuid4().hex}.part"',
        instead="        half = self.outbox / name",
        test=f"{TESTS}bank_channel.py::test_what_could_not_be_written_whole_is_not_there",
    ),
)
