"""Who was merged is one person wherever money is decided and paid."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from subsidies.enums import Decision, FirstPassScope, PaymentStatus
from subsidies.invariants import find_violations
from subsidies.models import Entitlement, Payment
from subsidies.services import decisions, revocations
from subsidies.services.decisions import decide_due_certificates
from subsidies.services.deliveries import deliver_released_batches
from tests.clock import NOW
from tests.factories.enrollment import TraineeFactory
from tests.factories.subsidies import (
    decision_on,
    due_certificate,
    next_batch,
    open_programme,
    payment_of,
    revoke,
    sign_twice,
)
from tests.fakes.bank import FakeBank
from tests.subsidies.following import close, follow, review_of
from tests.subsidies.histories import merge
from tests.subsidies.interleaving import PATIENCE, is_kept_waiting, paused, rivals

pytestmark = pytest.mark.django_db

MAY, JULY = date(2026, 5, 9), date(2026, 7, 11)


def decide() -> int:
    return decide_due_certificates(now=NOW)


def sat_on(day, trainee):
    return due_certificate(attempt__session__held_on=day, attempt__enrollment__trainee=trainee)


def two_rows():
    return TraineeFactory(with_account=True), TraineeFactory(with_account=True)


def result_of(certificate):
    decision = decision_on(certificate)
    return decision.decision, decision.reason


# ── Paid once ────────────────────────────────────────────────────────────────────────────────────────────
def test_two_merged_rows_with_a_certificate_each_are_paid_once():
    open_programme()
    kept, merged = two_rows()
    later, earlier = sat_on(JULY, kept), sat_on(MAY, merged)
    merge(kept, merged)

    decide()

    assert result_of(earlier) == (Decision.GRANTED, "")
    assert result_of(later) == (Decision.REFUSED, "passes_for_the_first_time")
    assert payment_of(earlier).payee == kept
    assert Payment.objects.count() == 1
    assert find_violations() == []


def test_two_rows_that_nobody_merged_are_two_people():
    open_programme()
    kept, merged = two_rows()
    certificates = [sat_on(JULY, kept), sat_on(MAY, merged)]

    decide()

    assert [result_of(certificate)[0] for certificate in certificates] == [Decision.GRANTED] * 2


@pytest.mark.parametrize("granted_first", ["kept", "merged"])
def test_what_was_granted_before_the_merge_is_not_granted_again(granted_first):
    open_programme()
    kept, merged = two_rows()
    first, second = (kept, merged) if granted_first == "kept" else (merged, kept)
    paid = sat_on(JULY, first)
    decide()
    merge(kept, merged)

    late = sat_on(MAY, second)
    decide()

    assert result_of(paid)[0] == Decision.GRANTED
    assert result_of(late) == (Decision.REFUSED, "is_not_claimed_already")
    assert find_violations() == []


def test_who_went_through_a_row_that_went_on_is_the_same_person():
    open_programme()
    first, second = two_rows()
    third = TraineeFactory(with_account=True)
    merge(second, first)
    merge(third, second)
    earlier, later = sat_on(MAY, first), sat_on(JULY, third)

    decide()

    assert [result_of(each)[0] for each in (earlier, later)] == [Decision.GRANTED, Decision.REFUSED]
    assert find_violations() == []


def test_the_key_of_a_first_pass_is_the_persons():
    open_programme()
    kept, merged = two_rows()
    of_merged, alone = sat_on(MAY, merged), due_certificate()
    merge(kept, merged)

    decide()

    assert decision_on(of_merged).first_pass_key == f"person:{kept.pk}"
    assert decision_on(alone).first_pass_key == f"person:{alone.trainee_id}"


# ── Granted twice before anybody knew ────────────────────────────────────────────────────────────────────
def two_grants():
    """Return the later and the earlier certificate of two rows that are to be merged."""
    open_programme()
    kept, merged = two_rows()
    later, earlier = sat_on(JULY, kept), sat_on(MAY, merged)
    decide()
    return later, earlier


def merge_their_people(later, earlier):
    merge(later.trainee, earlier.trainee)


def test_of_two_grants_of_before_the_merge_the_one_of_the_later_pass_is_voided():
    later, earlier = two_grants()
    merge_their_people(later, earlier)

    assert follow() == 1

    refused = decision_on(later)
    assert result_of(earlier) == (Decision.GRANTED, "")
    assert result_of(later) == (Decision.REFUSED, "is_not_claimed_already")
    claimed = next(check for check in refused.checks if check["name"] == "is_not_claimed_already")
    assert claimed["outcome"] == "FAILED"
    assert claimed["facts"] == {"certificate": earlier.pk}
    assert [payment_of(each).status for each in (later, earlier)] == [
        PaymentStatus.CANCELLED,
        PaymentStatus.READY,
    ]
    assert (follow(), find_violations()) == (0, [])


def test_a_batch_leaves_out_the_second_grant_of_a_person_before_it_is_voided():
    later, earlier = two_grants()
    merge_their_people(later, earlier)

    assert next_batch().line_count == 1

    assert payment_of(earlier).status == PaymentStatus.INSTRUCTED
    assert payment_of(later).status == PaymentStatus.READY


def test_the_second_grant_is_voided_where_the_first_is_on_its_way_though_of_a_later_pass():
    open_programme()
    kept, merged = two_rows()
    later = sat_on(JULY, kept)
    decide()
    sign_twice(next_batch())
    deliver_released_batches(channel=FakeBank(), now=NOW)
    earlier = sat_on(MAY, merged)
    decide()
    merge(kept, merged)

    follow()

    assert result_of(earlier) == (Decision.REFUSED, "is_not_claimed_already")
    assert payment_of(later).status == PaymentStatus.INSTRUCTED
    assert find_violations() == []


def test_two_grants_that_are_both_on_their_way_are_left_as_they_are():
    later, earlier = two_grants()
    sign_twice(next_batch())
    deliver_released_batches(channel=FakeBank(), now=NOW)
    merge_their_people(later, earlier)

    assert follow() == 0
    assert Payment.objects.filter(status=PaymentStatus.INSTRUCTED).count() == 2
    assert find_violations() == []


def test_two_grants_of_which_neither_has_left_stay_here_though_they_were_released():
    later, earlier = two_grants()
    batch, bank = sign_twice(next_batch()), FakeBank()
    merge_their_people(later, earlier)

    deliver_released_batches(channel=bank, now=NOW)
    follow()

    batch.refresh_from_db()
    assert (bank.files, batch.status) == ({}, "WITHDRAWN")
    assert payment_of(earlier).status == PaymentStatus.READY
    assert result_of(later) == (Decision.REFUSED, "is_not_claimed_already")
    assert find_violations() == []


def test_two_grants_for_two_first_passes_are_left_as_they_are():
    open_programme(first_pass_scope=FirstPassScope.OCCUPATION)
    kept, merged = two_rows()
    sat_on(JULY, kept), sat_on(MAY, merged)
    decide()
    merge(kept, merged)

    assert follow() == 0


def test_the_second_grant_is_decided_anew_when_the_first_is_voided():
    later, earlier = two_grants()
    merge_their_people(later, earlier)
    follow()

    revoke(earlier)
    follow()
    # The earlier sitting still stands as a pass: to hold a certificate is another thing.
    decide()

    assert result_of(earlier) == (Decision.REFUSED, "certificate_is_valid")
    assert result_of(later) == (Decision.REFUSED, "passes_for_the_first_time")


def test_whoever_is_in_question_keeps_both_grants_until_that_is_closed():
    later, earlier = two_grants()
    merge_their_people(later, earlier)
    review = review_of(later)

    assert follow() == 0

    close(review)
    assert follow() == 1


def test_one_second_grant_is_voided_by_one_worker():
    later, earlier = two_grants()
    merge_their_people(later, earlier)
    payment = payment_of(later)

    assert revocations._void_one_fallen_set([payment.pk], now=NOW) == 1
    assert revocations._void_one_fallen_set([payment.pk], now=NOW) == 0


def test_a_merged_person_costs_no_further_queries():
    open_programme()
    for _ in range(2):
        kept, merged = two_rows()
        sat_on(JULY, kept), sat_on(MAY, merged)
        merge(kept, merged)
    with CaptureQueriesContext(connection) as of_four:
        decide()
    for _ in range(6):
        kept, merged = two_rows()
        sat_on(JULY, kept), sat_on(MAY, merged)
        merge(kept, merged)
    with CaptureQueriesContext(connection) as of_twelve:
        decide()

    assert len(of_twelve) == len(of_four)


# ── At one moment ────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_merge_waits_for_the_decision_that_is_under_way(monkeypatch):
    open_programme()
    kept, merged = two_rows()
    sat_on(JULY, merged)
    late = None

    with rivals() as others:
        with paused(monkeypatch, decisions, "write_entitlements") as reached:
            deciding = others.start(decide)
            assert reached.wait(PATIENCE)
            merging = others.start(lambda: merge(kept, merged))
            assert is_kept_waiting(merging)
        deciding.result(PATIENCE)
        merging.result(PATIENCE)
        late = sat_on(MAY, kept)
        others.run(decide)

    merged.refresh_from_db()
    assert merged.merged_into == kept
    assert result_of(late) == (Decision.REFUSED, "is_not_claimed_already")
    assert Entitlement.objects.filter(decision=Decision.GRANTED).count() == 1
    assert find_violations() == []
