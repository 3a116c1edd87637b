"""What a merge shows to have been granted too often, though each row by itself was within the policy."""

from datetime import date, timedelta

import pytest
from django.utils import translation

from assessment.models import LevelCertificate
from chongqing_dte.foundation.errors import DomainError
from chongqing_dte.foundation.models import AuditEvent
from enrollment.models import Trainee
from subsidies.enums import BatchStatus, Decision, PaymentStatus
from subsidies.explanations import check_sentence
from subsidies.invariants import find_violations
from subsidies.models import Payment, PaymentBatch
from subsidies.services import batches, claim_steps
from subsidies.services.batches import release_batch
from subsidies.services.decisions import decide_due_certificates
from subsidies.services.deliveries import deliver_released_batches
from tests.clock import NOW
from tests.factories.enrollment import TraineeFactory
from tests.factories.institutions import UserFactory
from tests.factories.subsidies import (
    decision_on,
    due_certificate,
    hear_from_bank,
    next_batch,
    open_programme,
    payment_of,
    revoke,
    sign_twice,
)
from tests.fakes.bank import FakeBank
from tests.subsidies.following import follow, sign_once
from tests.subsidies.histories import merge

pytestmark = pytest.mark.django_db

MARCH, MAY, JULY = date(2026, 3, 14), date(2026, 5, 9), date(2026, 7, 11)
BY_LEVEL = {"first_pass_scope": "OCCUPATION_AND_LEVEL"}


def decide() -> int:
    return decide_due_certificates(now=NOW)


def row() -> Trainee:
    return TraineeFactory(with_account=True)


def pass_on(day: date, trainee: Trainee, **attributes: object) -> LevelCertificate:
    return due_certificate(attempt__session__held_on=day, attempt__enrollment__trainee=trainee, **attributes)


def two_grants(**policy: object) -> tuple[LevelCertificate, LevelCertificate]:
    """Return the grants of two rows, for passes in May and in July in two occupations."""
    open_programme(**BY_LEVEL, **policy)
    earlier, later = pass_on(MAY, row()), pass_on(JULY, row())
    decide()
    return earlier, later


def merge_people_of(earlier: LevelCertificate, later: LevelCertificate) -> None:
    merge(earlier.trainee, later.trainee)


def pay_what_waits() -> None:
    batch = sign_twice(next_batch())
    deliver_released_batches(channel=FakeBank(), now=NOW)
    hear_from_bank(batch)


def result_of(certificate: LevelCertificate) -> tuple[str, str]:
    decision = decision_on(certificate)
    return decision.decision, decision.reason


def status_of(certificate: LevelCertificate) -> str:
    return payment_of(certificate).status


# ── Which one falls ──────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("cap", ["lifetime_cap", "yearly_cap"])
def test_of_two_grants_above_a_cap_the_one_of_the_later_pass_is_voided(cap):
    earlier, later = two_grants(**{cap: 1})
    merge_people_of(earlier, later)

    assert follow() == 1

    assert result_of(earlier) == (Decision.GRANTED, "")
    assert result_of(later) == (Decision.REFUSED, f"within_{cap}")
    assert [status_of(each) for each in (earlier, later)] == [PaymentStatus.READY, PaymentStatus.CANCELLED]
    assert (follow(), decide(), find_violations()) == (0, 0, [])


def test_who_was_granted_too_often_reads_why_in_both_languages():
    earlier, later = two_grants(lifetime_cap=1)
    merge_people_of(earlier, later)
    follow()

    found = next(check for check in decision_on(later).checks if check["name"] == "within_lifetime_cap")
    assert found["facts"] == {"cap": 1, "granted": 1, "certificates": [{"certificate": earlier.pk}]}
    with translation.override("en"):
        assert "has been granted 1 subsidies" in check_sentence(found)
    with translation.override("zh-hans"):
        assert "1" in check_sentence(found)
        assert "granted" not in check_sentence(found)


def test_grants_within_the_caps_are_left_as_they_are():
    earlier, later = two_grants(lifetime_cap=2, yearly_cap=2)
    merge_people_of(earlier, later)

    assert follow() == 0
    assert next_batch().line_count == 2


@pytest.mark.parametrize("rule", ["SAME_OCCUPATION", "ANY_OCCUPATION"])
def test_a_lower_level_that_was_granted_after_a_higher_one_is_voided(rule):
    open_programme(**BY_LEVEL, ladder_rule=rule)
    senior = pass_on(MAY, row(), attempt__session__level="SENIOR")
    occupation = {"attempt__session__occupation": senior.occupation} if rule == "SAME_OCCUPATION" else {}
    junior = pass_on(JULY, row(), attempt__session__level="JUNIOR", **occupation)
    decide()
    merge_people_of(senior, junior)

    assert follow() == 1

    assert result_of(senior) == (Decision.GRANTED, "")
    assert result_of(junior) == (Decision.REFUSED, "ladder_is_kept")
    assert find_violations() == []


def test_a_lower_level_that_was_granted_before_a_higher_one_stays():
    open_programme(**BY_LEVEL, ladder_rule="ANY_OCCUPATION")
    junior = pass_on(MAY, row(), attempt__session__level="JUNIOR")
    senior = pass_on(JULY, row(), attempt__session__level="SENIOR")
    decide()
    merge_people_of(junior, senior)

    assert follow() == 0


def test_what_is_with_the_bank_stands_though_it_is_of_the_later_pass():
    open_programme(**BY_LEVEL, lifetime_cap=1)
    later = pass_on(JULY, row())
    decide()
    sign_twice(next_batch())
    deliver_released_batches(channel=FakeBank(), now=NOW)
    earlier = pass_on(MAY, row())
    decide()
    merge_people_of(earlier, later)

    follow()

    assert result_of(earlier) == (Decision.REFUSED, "within_lifetime_cap")
    assert status_of(later) == PaymentStatus.INSTRUCTED
    assert find_violations() == []


def test_what_was_paid_to_both_before_the_merge_stays():
    earlier, later = two_grants(lifetime_cap=1)
    pay_what_waits()
    merge_people_of(earlier, later)

    assert follow() == 0
    assert [status_of(each) for each in (earlier, later)] == [PaymentStatus.PAID] * 2
    assert find_violations() == []


def test_a_third_grant_falls_where_two_are_allowed():
    open_programme(**BY_LEVEL, lifetime_cap=2)
    person, other = row(), row()
    certificates = [pass_on(MARCH, person), pass_on(JULY, other), pass_on(MAY, person)]
    decide()
    merge(person, other)

    assert follow() == 1
    assert [result_of(each)[1] for each in certificates] == ["", "within_lifetime_cap", ""]


def test_a_grant_that_falls_for_its_first_pass_takes_no_place_from_another():
    open_programme(first_pass_scope="OCCUPATION", lifetime_cap=2)
    person, other = row(), row()
    first = pass_on(MARCH, person)
    again = pass_on(MAY, other, attempt__session__occupation=first.occupation)
    third = pass_on(JULY, other)
    decide()
    merge(person, other)

    assert follow() == 1
    assert [result_of(each)[1] for each in (first, again, third)] == ["", "is_not_claimed_already", ""]


def test_a_place_that_is_given_up_later_goes_to_the_one_that_fell():
    earlier, later = two_grants(lifetime_cap=1)
    merge_people_of(earlier, later)
    follow()

    revoke(earlier)
    follow()
    decide()

    assert result_of(later) == (Decision.GRANTED, "")
    assert Payment.objects.exclude(status=PaymentStatus.CANCELLED).count() == 1
    assert find_violations() == []


# ── Until it is voided ───────────────────────────────────────────────────────────────────────────────────
def test_a_batch_leaves_out_what_is_above_a_cap_before_it_is_voided():
    earlier, later = two_grants(lifetime_cap=1)
    merge_people_of(earlier, later)

    assert next_batch().line_count == 1

    assert status_of(earlier) == PaymentStatus.INSTRUCTED
    assert status_of(later) == PaymentStatus.READY


def unsigned_batch_with_what_fell(**policy: object) -> tuple[PaymentBatch, LevelCertificate]:
    """Return a batch that pays one row, and its certificate, after it was merged with another that is paid."""
    open_programme(**{**BY_LEVEL, **policy})
    paid = pass_on(JULY, row())
    decide()
    pay_what_waits()
    unpaid = pass_on(MAY, row())
    decide()
    batch = next_batch()
    sign_once(batch)
    merge(kept=unpaid.trainee, merged=paid.trainee)
    return batch, unpaid


@pytest.mark.parametrize("policy", [{"lifetime_cap": 1}, {"first_pass_scope": "PERSON"}])
def test_an_unsigned_batch_with_what_fell_is_withdrawn(policy):
    batch, unpaid = unsigned_batch_with_what_fell(**policy)

    assert follow() == 2

    batch.refresh_from_db()
    withdrawn = AuditEvent.objects.get(name="batch.withdrawn")
    assert batch.status == BatchStatus.WITHDRAWN
    assert {name: count for name, count in withdrawn.facts.items() if count} == {"merged": 1}
    assert status_of(unpaid) == PaymentStatus.CANCELLED
    assert (next_batch(), find_violations()) == (None, [])


def test_a_batch_with_what_fell_takes_no_signature():
    batch, _unpaid = unsigned_batch_with_what_fell(lifetime_cap=1)

    with pytest.raises(DomainError) as refused:
        sign_once(batch)

    assert refused.value.code == "granted_too_much"
    assert PaymentBatch.objects.get(pk=batch.pk).status == BatchStatus.ASSEMBLED


def test_an_unsigned_batch_within_the_caps_stands_though_its_payee_was_merged():
    batch, _unpaid = unsigned_batch_with_what_fell(lifetime_cap=2)

    assert follow() == 0

    sign_once(batch)
    batch.refresh_from_db()
    assert batch.status == BatchStatus.RELEASED
    assert find_violations() == []


# ── Found out if it leaves all the same ──────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("policy", "level"),
    [
        ({"lifetime_cap": 1}, "JUNIOR"),
        ({"yearly_cap": 1}, "JUNIOR"),
        ({"ladder_rule": "ANY_OCCUPATION"}, "SENIOR"),
        ({"first_pass_scope": "PERSON"}, "JUNIOR"),
        ({"lifetime_cap": 2, "yearly_cap": 2, "ladder_rule": "SAME_OCCUPATION"}, None),
    ],
)
def test_what_leaves_above_a_bound_after_a_merge_is_found(monkeypatch, policy, level):
    open_programme(**{**BY_LEVEL, **policy})
    paid = pass_on(MAY, row(), attempt__session__level=level or "SENIOR")
    decide()
    pay_what_waits()
    unpaid = pass_on(JULY, row(), attempt__session__level="JUNIOR")
    decide()
    merge(kept=unpaid.trainee, merged=paid.trainee)
    for module in (batches, claim_steps):
        monkeypatch.setattr(module, "fallen_by_merge", lambda **_payments: {})
    afterwards = NOW + timedelta(hours=1)
    batch = next_batch(afterwards)
    for signer in UserFactory.create_batch(2, municipal_finance=True):
        release_batch(batch_id=batch.pk, releaser=signer, sha256=batch.sha256, now=afterwards)

    found = [violation.invariant.name for violation in find_violations()]

    assert found == (["nothing_granted_too_often_leaves_after_a_merge"] if level else [])
