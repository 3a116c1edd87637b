"""Two people at one claim at one moment: whoever is second waits, and then sees what the first one did."""

import pytest

from chongqing_dte.foundation.errors import DomainError
from subsidies.enums import ClaimStatus
from subsidies.models import ClaimStep, LineReview
from subsidies.services import claim_clocks, claim_confirmations, claim_review_steps, claim_reviews, claims
from subsidies.services.claim_clocks import escalate_overdue_claims, hand_over_claims
from subsidies.services.claim_confirmations import return_claim_to_district
from subsidies.services.claim_reviews import refuse_claim, return_claim
from subsidies.services.claims import withdraw_claim
from tests.clock import NOW
from tests.factories.claim_reviews import (
    accept_all,
    accepting,
    answered,
    asked,
    confirmed,
    fresh,
    in_days,
    judge,
    lines_of,
    municipal_reviewer,
    recommended,
    recommended_claim,
    refusing,
    retire,
    reviewer_of,
    submitted_claim,
)
from tests.factories.claims import institution_user
from tests.factories.institutions import UserFactory
from tests.factories.standing import known_years
from tests.subsidies.interleaving import PATIENCE, is_kept_waiting, paused, rivals

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


def code_of(act) -> str:
    """Do something and return how it ended."""
    try:
        act()
    except DomainError as refusal:
        return refusal.code
    return "done"


def one_behind_the_other(monkeypatch, place, first, second) -> tuple[str, str]:
    """Let the second begin while the first one is in the middle, and return how both ended."""
    with rivals() as others:
        with paused(monkeypatch, *place) as reached:
            one = others.start(lambda: code_of(first))
            assert reached.wait(PATIENCE)
            other = others.start(lambda: code_of(second))
            assert is_kept_waiting(other)
        return one.result(PATIENCE), other.result(PATIENCE)


def steps_of(claim) -> list[str]:
    return list(ClaimStep.objects.filter(claim=claim).values_list("to_status", flat=True))


def test_two_reviewers_of_one_claim_decide_one_after_the_other(monkeypatch):
    claim = submitted_claim()
    one, other = reviewer_of(claim), reviewer_of(claim)
    accept_all(claim, one)

    ends = one_behind_the_other(
        monkeypatch,
        (claim_reviews, "move_claim"),
        lambda: recommended(claim, one),
        lambda: refuse_claim(claim_id=claim.pk, reason="Not held.", reviewer=other, now=NOW),
    )

    assert ends == ("done", "invalid_transition")
    assert fresh(claim).status == ClaimStatus.RECOMMENDED


def test_a_recommendation_behind_a_refused_line_saw_another_page(monkeypatch):
    claim = submitted_claim()
    one, other = reviewer_of(claim), reviewer_of(claim)
    accept_all(claim, one)
    line = lines_of(claim)[0]

    ends = one_behind_the_other(
        monkeypatch,
        (claim_reviews, "reckon_claim"),
        lambda: judge(claim, refusing(line), reviewer=one),
        lambda: recommended(claim, other),
    )

    assert ends == ("done", "reckoned_anew")
    assert fresh(claim).status == ClaimStatus.SUBMITTED


def test_two_verdicts_on_one_line_come_one_after_the_other(monkeypatch):
    claim = submitted_claim()
    line = lines_of(claim)[0]

    ends = one_behind_the_other(
        monkeypatch,
        (claim_reviews, "record_event"),
        lambda: judge(claim, refusing(line)),
        lambda: judge(claim, accepting(line)),
    )

    assert ends == ("done", "done")
    assert list(LineReview.objects.order_by("pk").values_list("verdict", flat=True)) == [
        "REFUSED",
        "ACCEPTED",
    ]
    assert fresh(claim).reckoning.amount == claim.reckoning.amount


def test_a_review_waits_for_the_withdrawal_and_then_finds_nothing(monkeypatch):
    claim = submitted_claim()
    manager, reviewer = institution_user(claim.training_class), reviewer_of(claim)
    accept_all(claim, reviewer)

    ends = one_behind_the_other(
        monkeypatch,
        (claims, "move_claim"),
        lambda: withdraw_claim(claim_id=claim.pk, withdrawer=manager, reason="A mistake.", now=NOW),
        lambda: recommended(claim, reviewer),
    )

    assert ends == ("done", "invalid_transition")
    assert fresh(claim).status == ClaimStatus.WITHDRAWN


def test_a_withdrawal_waits_for_the_return_and_ends_what_was_returned(monkeypatch):
    claim = submitted_claim()
    manager, reviewer = institution_user(claim.training_class), reviewer_of(claim)

    ends = one_behind_the_other(
        monkeypatch,
        (claim_review_steps, "move_claim"),
        lambda: return_claim(claim_id=claim.pk, reason="No receipt.", reviewer=reviewer, now=NOW),
        lambda: withdraw_claim(claim_id=claim.pk, withdrawer=manager, reason="A mistake.", now=NOW),
    )

    assert ends == ("done", "done")
    assert steps_of(claim)[-2:] == ["RETURNED", "WITHDRAWN"]


def test_a_confirmation_waits_for_the_return_to_the_district(monkeypatch):
    claim = recommended_claim()
    one, other = municipal_reviewer(), municipal_reviewer()

    ends = one_behind_the_other(
        monkeypatch,
        (claim_confirmations, "move_claim"),
        lambda: return_claim_to_district(claim_id=claim.pk, reason="Again.", confirmer=one, now=NOW),
        lambda: confirmed(claim, other),
    )

    assert ends == ("done", "invalid_transition")
    assert (fresh(claim).status, fresh(claim).first_confirmed_by) == (ClaimStatus.SUBMITTED, None)


def test_a_return_waits_for_the_confirmation_and_comes_too_late(monkeypatch):
    claim = recommended_claim()
    one, other = municipal_reviewer(), municipal_reviewer()

    ends = one_behind_the_other(
        monkeypatch,
        (claim_confirmations, "move_claim"),
        lambda: confirmed(claim, one),
        lambda: return_claim_to_district(claim_id=claim.pk, reason="Again.", confirmer=other, now=NOW),
    )

    assert ends == ("done", "invalid_transition")
    assert fresh(claim).status == ClaimStatus.CONFIRMED


def test_two_signatures_at_once_are_two_signatures(monkeypatch):
    claim = recommended_claim(one_signature_limit="0.00")
    one, other = municipal_reviewer(), municipal_reviewer()

    ends = one_behind_the_other(
        monkeypatch,
        (claim_confirmations, "record_event"),
        lambda: confirmed(claim, one),
        lambda: confirmed(claim, other),
    )

    assert ends == ("done", "done")
    claim = fresh(claim)
    assert (claim.status, claim.first_confirmed_by, claim.second_confirmed_by) == (
        ClaimStatus.CONFIRMED,
        one,
        other,
    )


def test_one_person_signing_twice_at_once_signs_once(monkeypatch):
    claim = recommended_claim(one_signature_limit="0.00")
    one = municipal_reviewer()

    ends = one_behind_the_other(
        monkeypatch,
        (claim_confirmations, "record_event"),
        lambda: confirmed(claim, one),
        lambda: confirmed(claim, one),
    )

    assert ends == ("done", "not_permitted")
    assert fresh(claim).status == ClaimStatus.RECOMMENDED


def test_a_recommendation_waits_for_the_question_that_is_being_asked(monkeypatch):
    claim = submitted_claim()
    one, other = reviewer_of(claim), reviewer_of(claim)
    accept_all(claim, one)

    ends = one_behind_the_other(
        monkeypatch,
        (claim_reviews, "record_event"),
        lambda: asked(claim, reviewer=one),
        lambda: recommended(claim, other),
    )

    assert ends == ("done", "question_open")


def test_one_question_is_answered_once(monkeypatch):
    question = asked(submitted_claim())

    ends = one_behind_the_other(
        monkeypatch,
        (claim_reviews, "record_event"),
        lambda: answered(question),
        lambda: answered(question),
    )

    assert ends == ("done", "invalid_transition")


def test_the_sweep_leaves_a_claim_that_somebody_works_on(monkeypatch):
    known_years(2026)
    claim = submitted_claim()
    reviewer, late = reviewer_of(claim), in_days(15)

    with rivals() as others:
        with paused(monkeypatch, claim_review_steps, "notify_institution") as reached:
            refusal = others.start(
                lambda: refuse_claim(claim_id=claim.pk, reason="No.", reviewer=reviewer, now=late)
            )
            assert reached.wait(PATIENCE)
            assert others.run(lambda: escalate_overdue_claims(now=late)) == 0
        refusal.result(PATIENCE)

    assert fresh(claim).escalated_at is None


def test_a_review_waits_for_the_handover_and_is_another_districts(monkeypatch):
    claim = submitted_claim()
    reviewer = reviewer_of(claim)
    accept_all(claim, reviewer)
    heir, operator = retire(claim.district), UserFactory(municipal_operator=True)

    ends = one_behind_the_other(
        monkeypatch,
        (claim_clocks, "record_events"),
        lambda: hand_over_claims(
            from_district_id=claim.district_id,
            to_district_id=heir.pk,
            claim_ids=None,
            reason="Merged.",
            actor=operator,
            now=NOW,
        ),
        lambda: recommended(claim, reviewer),
    )

    assert ends == ("done", "not_permitted")
    assert (fresh(claim).district, fresh(claim).status) == (heir, ClaimStatus.SUBMITTED)
