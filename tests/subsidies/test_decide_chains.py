"""What the chain of a person's sittings comes to where certificates are decided."""

from datetime import date

import pytest

from assessment.enums import Outcome
from assessment.models import AssessmentPolicy, LevelCertificate
from institutions.queries import occupation_by_code
from subsidies.enums import Decision
from subsidies.invariants import find_violations
from subsidies.models import Payment
from subsidies.services.decisions import decide_due_certificates
from tests.clock import NOW
from tests.factories.assessment import AssessmentPolicyFactory, AssessmentSessionFactory, AttemptFactory
from tests.factories.enrollment import BankAccountFactory, TraineeFactory
from tests.factories.institutions import OccupationFactory
from tests.factories.subsidies import decision_on, due_certificate, granted_certificate, open_programme
from tests.subsidies.histories import correct, reissue, revoke

pytestmark = pytest.mark.django_db


def decide() -> int:
    return decide_due_certificates(now=NOW)


def result_of(certificate: LevelCertificate) -> tuple[str, str]:
    decision = decision_on(certificate)
    return decision.decision, decision.reason


def sat_on(day: date, **attributes: object) -> LevelCertificate:
    return due_certificate(attempt__session__held_on=day, **attributes)


def check_of(certificate: LevelCertificate, name: str) -> dict[str, object]:
    return next(check for check in decision_on(certificate).checks if check["name"] == name)


# ── The chain ────────────────────────────────────────────────────────────────────────────────────────────
def test_the_chain_is_stored_with_the_decision():
    open_programme()
    first = sat_on(date(2026, 5, 9))
    second = sat_on(date(2026, 7, 11), attempt__enrollment__trainee=first.trainee)

    decide()

    chain = check_of(second, "passes_for_the_first_time")["facts"]["sittings"]
    assert [(each["sitting"], each["is_own"], each["counted"]) for each in chain] == [
        (first.attempt_id, False, True),
        (second.attempt_id, True, False),
    ]


def test_a_pass_whose_certificate_was_revoked_is_still_an_earlier_pass():
    open_programme()
    first = sat_on(date(2026, 5, 9))
    revoke(first)
    second = sat_on(date(2026, 7, 11), attempt__enrollment__trainee=first.trainee)

    decide()

    assert result_of(second) == (Decision.REFUSED, "passes_for_the_first_time")


def test_a_pass_that_was_corrected_to_a_failure_is_none():
    open_programme()
    first = sat_on(date(2026, 5, 9))
    correct(first.attempt, Outcome.FAILED)
    second = sat_on(date(2026, 7, 11), attempt__enrollment__trainee=first.trainee)

    decide()

    assert result_of(first) == (Decision.REFUSED, "certificate_is_valid")
    assert check_of(first, "sitting_is_still_a_pass")["outcome"] == "FAILED"
    assert result_of(second) == (Decision.GRANTED, "")


def test_a_failure_that_was_corrected_to_a_pass_is_one_on_the_day_of_the_sitting():
    open_programme()
    failed = AttemptFactory(failed=True, session__held_on=date(2026, 5, 9), session__policy=figures())
    later = sat_on(date(2026, 7, 11), attempt__enrollment__trainee=failed.trainee)
    correct(failed, Outcome.PASSED)

    decide()

    assert result_of(later) == (Decision.REFUSED, "passes_for_the_first_time")


def test_a_certificate_rests_on_what_counts_of_its_sitting_now():
    open_programme()
    certificate = due_certificate()
    attempt = correct(certificate.attempt, Outcome.PASSED)

    decide()

    assert result_of(certificate) == (Decision.GRANTED, "")
    (own,) = check_of(certificate, "passes_for_the_first_time")["facts"]["sittings"]
    assert (own["sitting"], own["attempt"], own["is_own"]) == (certificate.attempt_id, attempt.pk, True)


def test_an_outsiders_pass_is_an_earlier_one():
    open_programme(first_pass_scope="OCCUPATION")
    person = TraineeFactory(with_account=True)
    session = AssessmentSessionFactory(recorded=True, held_on=date(2026, 5, 9))
    AttemptFactory(session=session, enrollment=None, trainee=person)
    later = sat_on(
        date(2026, 7, 11),
        attempt__enrollment__trainee=person,
        attempt__session__occupation=session.occupation,
    )

    decide()

    assert result_of(later) == (Decision.REFUSED, "passes_for_the_first_time")


def test_both_generations_of_an_occupations_code_are_one_scope():
    open_programme(first_pass_scope="OCCUPATION_AND_LEVEL")
    OccupationFactory(code="2-02-38-05", former_code="2-02-10-09")
    first = sat_on(date(2026, 5, 9), attempt__session__occupation=occupation_by_code("2-02-10-09"))
    second = sat_on(
        date(2026, 7, 11),
        attempt__enrollment__trainee=first.trainee,
        attempt__session__occupation=occupation_by_code("2-02-38-05"),
    )

    decide()

    assert result_of(first) == (Decision.GRANTED, "")
    assert result_of(second) == (Decision.REFUSED, "passes_for_the_first_time")


# ── Issued again ─────────────────────────────────────────────────────────────────────────────────────────
def figures() -> AssessmentPolicy:
    return AssessmentPolicy.objects.first() or AssessmentPolicyFactory()


def reissued(certificate: LevelCertificate) -> LevelCertificate:
    figures()
    return reissue(certificate)


def test_a_reissue_before_the_decision_is_granted_once():
    open_programme()
    former = due_certificate()
    certificate = reissued(former)

    decide()

    assert result_of(former) == (Decision.REFUSED, "certificate_is_valid")
    assert result_of(certificate) == (Decision.GRANTED, "")
    assert find_violations() == []


def test_a_reissue_of_what_is_held_takes_its_place():
    open_programme()
    former = due_certificate(attempt__enrollment__trainee=TraineeFactory())
    decide()
    certificate = reissued(former)
    BankAccountFactory(trainee=former.trainee)

    decide()

    assert result_of(former) == (Decision.REFUSED, "certificate_is_valid")
    assert result_of(certificate) == (Decision.GRANTED, "")
    assert find_violations() == []


def test_a_reissue_after_the_grant_is_not_paid_again():
    former = granted_certificate()
    certificate = reissued(former)

    decide()

    assert result_of(certificate) == (Decision.REFUSED, "is_not_claimed_already")
    assert check_of(certificate, "is_not_claimed_already")["facts"] == {"certificate": former.pk}
    assert check_of(certificate, "passes_for_the_first_time")["outcome"] == "PASSED"
    assert Payment.objects.count() == 1


def test_whoever_was_refused_for_an_earlier_pass_is_decided_again_when_it_is_none():
    open_programme()
    first = sat_on(date(2026, 5, 9), attempt__enrollment__earlier_graduate=True)
    second = sat_on(
        date(2026, 7, 11),
        attempt__enrollment__trainee=first.trainee,
        attempt__enrollment__trainee__with_account=True,
    )
    decide()
    before = result_of(second)

    correct(first.attempt, Outcome.FAILED)
    decide()

    assert before == (Decision.REFUSED, "passes_for_the_first_time")
    assert result_of(second) == (Decision.GRANTED, "")
    assert find_violations() == []
