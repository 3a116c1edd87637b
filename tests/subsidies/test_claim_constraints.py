from decimal import Decimal

import pytest
from django.db import IntegrityError, InternalError, connection, transaction

from subsidies.enums import ClaimStatus, LineRefusal, LineVerdict
from subsidies.models import (
    ClaimHandover,
    ClaimQuery,
    ClaimStep,
    SubsidyClaim,
    TrainingSubsidy,
)
from tests.clock import NOW
from tests.factories.claims import (
    ClaimLineFactory,
    ClaimQueryFactory,
    ClaimReckoningFactory,
    LineReviewFactory,
    SubsidyClaimFactory,
    TrainingSubsidyFactory,
)
from tests.factories.institutions import DistrictFactory, UserFactory
from tests.subsidies.database import committed

pytestmark = pytest.mark.django_db

CENT = Decimal("0.01")


# ── Claims ───────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"submitted_at": NOW}, "claim_submission_complete"),
        ({"recommended_at": NOW}, "claim_recommendation_complete"),
        ({"first_confirmed_at": NOW}, "claim_first_signature_complete"),
        ({"second_confirmed_at": NOW}, "claim_second_signature_complete"),
        ({"status": ClaimStatus.SUBMITTED}, "claim_reviewed_only_after_submission"),
        ({"submitted": True, "status": ClaimStatus.RECOMMENDED}, "claim_goes_up_only_recommended"),
        ({"recommended": True, "status": ClaimStatus.CONFIRMED}, "claim_confirmed_by_somebody"),
        ({"recommended": True, "status": ClaimStatus.SUBMITTED}, "claim_signatures_end_with_a_return"),
        (
            {"confirmed": True, "status": ClaimStatus.RETURNED, "status_reason": "Why."},
            "claim_signatures_end_with_a_return",
        ),
        ({"returned": True, "status_reason": ""}, "claim_returned_or_ended_for_a_reason"),
        ({"refused": True, "status_reason": ""}, "claim_returned_or_ended_for_a_reason"),
        ({"withdrawn": True, "status_reason": ""}, "claim_returned_or_ended_for_a_reason"),
        ({"payment_due": True}, "claim_paid_only_confirmed"),
        ({"recommended": True, "payment_due": True}, "claim_paid_only_confirmed"),
    ],
)
def test_claim_is_refused_by(fields, constraint):
    with pytest.raises(IntegrityError, match=f'"{constraint}"'), transaction.atomic():
        SubsidyClaimFactory(**fields)


def test_a_claim_is_in_a_status_that_is_known():
    with pytest.raises(IntegrityError, match='"claim_status_known"'), transaction.atomic():
        SubsidyClaimFactory(status="FORGOTTEN")


def test_a_second_signature_comes_after_a_first():
    person = UserFactory(municipal_reviewer=True)

    with (
        pytest.raises(IntegrityError, match='"claim_second_signature_after_first"'),
        transaction.atomic(),
    ):
        SubsidyClaimFactory(recommended=True, second_confirmed_by=person, second_confirmed_at=NOW)


@pytest.mark.parametrize(
    ("one", "other", "constraint"),
    [
        ("submitted_by", "recommended_by", "claim_recommended_by_someone_else"),
        ("submitted_by", "first_confirmed_by", "claim_confirmed_by_someone_else"),
        ("recommended_by", "first_confirmed_by", "claim_confirmed_by_another_reviewer"),
        ("submitted_by", "second_confirmed_by", "claim_signed_by_someone_else"),
        ("recommended_by", "second_confirmed_by", "claim_signed_by_another_reviewer"),
        ("first_confirmed_by", "second_confirmed_by", "claim_signed_by_two_people"),
    ],
)
def test_nobody_signs_a_claim_twice(one, other, constraint):
    person = UserFactory()
    signed = {one: person, other: person}
    if other == "second_confirmed_by":
        signed["second_confirmed_at"] = NOW

    with pytest.raises(IntegrityError, match=f'"{constraint}"'), transaction.atomic():
        SubsidyClaimFactory(confirmed=True, **signed)


def test_a_class_has_one_claim_that_has_not_ended():
    claim = SubsidyClaimFactory()

    with pytest.raises(IntegrityError, match='"claim_one_live_per_class"'), transaction.atomic():
        SubsidyClaimFactory(training_class=claim.training_class)


@pytest.mark.parametrize("ended", ["refused", "withdrawn", "lapsed"])
def test_a_claim_that_ended_leaves_room_for_another(ended):
    claim = SubsidyClaimFactory(**{ended: True})

    assert SubsidyClaimFactory(training_class=claim.training_class).pk


def test_a_reference_names_one_claim():
    claim = SubsidyClaimFactory()

    with pytest.raises(IntegrityError, match="reference"), transaction.atomic():
        SubsidyClaimFactory(reference=claim.reference)


@pytest.mark.parametrize("ended", ["refused", "withdrawn", "lapsed"])
def test_a_claim_that_ended_stays_so(ended):
    claim = SubsidyClaimFactory(**{ended: True})

    with pytest.raises(InternalError, match="claim_stays_ended"), transaction.atomic():
        SubsidyClaim.objects.filter(pk=claim.pk).update(status=ClaimStatus.OPEN)


@pytest.mark.parametrize(
    "signature", ["submitted_by", "recommended_by", "first_confirmed_by", "second_confirmed_by"]
)
def test_a_confirmed_claim_keeps_who_signed_it(signature):
    claim = SubsidyClaimFactory(
        confirmed=True,
        second_confirmed_by=UserFactory(municipal_reviewer=True),
        second_confirmed_at=NOW,
    )

    with pytest.raises(InternalError, match="claim_keeps_what_was_confirmed"), transaction.atomic():
        SubsidyClaim.objects.filter(pk=claim.pk).update(**{signature: UserFactory()})


def test_a_confirmed_claim_keeps_the_sum_that_was_signed():
    claim = SubsidyClaimFactory(confirmed=True)
    another = ClaimReckoningFactory(claim=claim)

    with pytest.raises(InternalError, match="claim_keeps_what_was_confirmed"), transaction.atomic():
        SubsidyClaim.objects.filter(pk=claim.pk).update(reckoning=another)


# ── Reckonings and lines ─────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"cause": "WEATHER"}, "claim_reckoning_cause_known"),
        ({"pass_count": 1}, "claim_reckoning_is_possible"),
        ({"factor": Decimal("-0.0001")}, "claim_reckoning_is_possible"),
        ({"factor": Decimal("1.0001")}, "claim_reckoning_is_possible"),
        ({"amount": CENT}, "claim_reckoning_is_possible"),
        ({"amount": -CENT}, "claim_reckoning_is_possible"),
        (
            {"standard_total": Decimal("2.00"), "amount": Decimal("2.00"), "advance_cap": Decimal("1.99")},
            "claim_reckoning_within_the_advance",
        ),
    ],
)
def test_reckoning_is_refused_by(fields, constraint):
    with pytest.raises(IntegrityError, match=f'"{constraint}"'), transaction.atomic():
        ClaimReckoningFactory(**fields)


def test_the_reckonings_of_a_claim_are_numbered():
    reckoning = ClaimReckoningFactory()

    with pytest.raises(IntegrityError, match='"claim_reckoning_numbered_once"'), transaction.atomic():
        ClaimReckoningFactory(claim=reckoning.claim, number=reckoning.number)


WHOLE = {
    "pass_count": 1,
    "rate_count": 1,
    "counted_count": 1,
    "standard_total": Decimal("800.00"),
    "amount": Decimal("800.00"),
}


def test_a_reckoning_is_the_sum_of_its_lines():
    with committed():
        ClaimLineFactory(reckoning=ClaimReckoningFactory(**WHOLE))


@pytest.mark.parametrize(
    "said",
    [
        {"amount": Decimal("799.99")},
        {"standard_total": Decimal("800.01")},
        {"counted_count": 2},
        {"rate_count": 2},
        {"pass_count": 0},
    ],
    ids=lambda said: next(iter(said)),
)
def test_a_reckoning_that_is_not_the_sum_of_its_lines_is_refused_at_the_commit(said):
    with pytest.raises(IntegrityError, match="claim_reckoning_is_its_lines"), committed():
        ClaimLineFactory(reckoning=ClaimReckoningFactory(**{**WHOLE, **said}))


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"reason": "training_completed"}, "claim_line_counts_or_says_why_not"),
        ({"out": True, "reason": ""}, "claim_line_counts_or_says_why_not"),
        ({"out": True, "amount": CENT}, "claim_line_counts_or_says_why_not"),
        ({"amount": Decimal("800.01")}, "claim_line_amount_within_its_standard"),
        ({"amount": -CENT}, "claim_line_amount_within_its_standard"),
        ({"in_rate": False}, "claim_line_passes_are_in_the_rate"),
    ],
)
def test_line_is_refused_by(fields, constraint):
    with pytest.raises(IntegrityError, match=f'"{constraint}"'), transaction.atomic():
        ClaimLineFactory(reckoning=ClaimReckoningFactory(), **fields)


def test_the_lines_of_a_reckoning_are_numbered():
    line = ClaimLineFactory()

    with pytest.raises(IntegrityError, match='"claim_line_numbered_once"'), transaction.atomic():
        ClaimLineFactory(reckoning=line.reckoning, line_number=line.line_number)


def test_a_person_has_one_line_of_a_reckoning():
    line = ClaimLineFactory()

    with pytest.raises(IntegrityError, match='"claim_line_once_per_enrollment"'), transaction.atomic():
        ClaimLineFactory(reckoning=line.reckoning, enrollment=line.enrollment)


# ── What is paid for one person ──────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"amount": -CENT}, "training_subsidy_amount_not_negative"),
        ({"subsidy_key": ""}, "training_subsidy_key_present"),
    ],
)
def test_subsidy_is_refused_by(fields, constraint):
    with pytest.raises(IntegrityError, match=f'"{constraint}"'), transaction.atomic():
        TrainingSubsidyFactory(**fields)


def test_an_enrollment_is_paid_for_once():
    subsidy = TrainingSubsidyFactory()

    with (
        pytest.raises(IntegrityError, match='"training_subsidy_one_live_per_enrollment"'),
        transaction.atomic(),
    ):
        TrainingSubsidyFactory(line=subsidy.line, subsidy_key="another")


def test_a_key_is_paid_for_once():
    subsidy = TrainingSubsidyFactory()

    with pytest.raises(IntegrityError, match='"training_subsidy_one_live_per_key"'), transaction.atomic():
        TrainingSubsidyFactory(subsidy_key=subsidy.subsidy_key)


def test_what_was_voided_leaves_room_for_another():
    subsidy = TrainingSubsidyFactory(voided=True)

    assert TrainingSubsidyFactory(line=subsidy.line).pk


def test_what_was_voided_stays_so():
    subsidy = TrainingSubsidyFactory(voided=True)

    with pytest.raises(InternalError, match="training_subsidy_stays_voided"), transaction.atomic():
        TrainingSubsidy.objects.filter(pk=subsidy.pk).update(voided_at=None)


# ── Steps, questions, reviews and handovers ──────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"from_status": "FORGOTTEN"}, "claim_step_from_known"),
        ({"to_status": "FORGOTTEN"}, "claim_step_to_known"),
    ],
)
def test_step_is_refused_by(fields, constraint):
    step = {"claim": SubsidyClaimFactory(), "to_status": ClaimStatus.OPEN, "at": NOW, **fields}

    with pytest.raises(IntegrityError, match=f'"{constraint}"'), transaction.atomic():
        ClaimStep.objects.create(**step)


def test_nobody_stands_in_for_themselves():
    person = UserFactory()

    with (
        pytest.raises(IntegrityError, match='"claim_step_on_behalf_of_someone_else"'),
        transaction.atomic(),
    ):
        ClaimStep.objects.create(
            claim=SubsidyClaimFactory(),
            to_status=ClaimStatus.OPEN,
            at=NOW,
            actor=person,
            on_behalf_of=person,
        )


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"refused": True, "reason_code": "WEATHER"}, "line_review_reason_known"),
        ({"refused": True, "reason_code": ""}, "line_review_refuses_for_a_reason"),
        ({"reason_code": LineRefusal.COST_NOT_PROVED}, "line_review_refuses_for_a_reason"),
        (
            {"verdict": LineVerdict.REFUSED, "reason_code": LineRefusal.OTHER},
            "line_review_other_reason_is_said",
        ),
    ],
)
def test_review_of_a_line_is_refused_by(fields, constraint):
    with pytest.raises(IntegrityError, match=f'"{constraint}"'), transaction.atomic():
        LineReviewFactory(**fields)


def test_a_line_is_accepted_or_refused():
    # A verdict that nobody knows needs no reason either, and that is looked at first.
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE subsidies_linereview DROP CONSTRAINT line_review_refuses_for_a_reason")

    with pytest.raises(IntegrityError, match='"line_review_verdict_known"'), transaction.atomic():
        LineReviewFactory(verdict="PERHAPS")


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"question": ""}, "claim_query_asks_something"),
        ({"answered_at": NOW}, "claim_query_answer_complete"),
        ({"answered": True, "answer": ""}, "claim_query_answered_with_words"),
    ],
)
def test_question_is_refused_by(fields, constraint):
    with pytest.raises(IntegrityError, match=f'"{constraint}"'), transaction.atomic():
        ClaimQueryFactory(**fields)


def test_an_answer_stays_as_it_was_given():
    question = ClaimQueryFactory(answered=True)

    with pytest.raises(InternalError, match="claim_query_stays_answered"), transaction.atomic():
        ClaimQuery.objects.filter(pk=question.pk).update(answer="Another one.")


def test_a_handover_has_a_reason():
    claim = SubsidyClaimFactory()

    with pytest.raises(IntegrityError, match='"claim_handover_has_reason"'), transaction.atomic():
        ClaimHandover.objects.create(
            claim=claim,
            from_district=claim.district,
            to_district=DistrictFactory(),
            reason="",
            handed_over_by=UserFactory(),
            handed_over_at=NOW,
        )


# ── The factories ────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    "status",
    ["submitted", "returned", "recommended", "confirmed", "refused", "withdrawn", "lapsed"],
)
def test_the_factory_writes_a_claim_in_each_status(status):
    assert SubsidyClaimFactory(**{status: True}).status == status.upper()
