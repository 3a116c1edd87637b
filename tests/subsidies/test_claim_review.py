"""A district looks at a claim line by line, and asks."""

from datetime import date
from decimal import Decimal

import pytest

from chongqing_dte.foundation.errors import DomainError, InvalidTransition, NotPermitted
from chongqing_dte.foundation.models import AuditEvent
from institutions.enums import Role
from subsidies import queries
from subsidies.enums import LineRefusal, LineVerdict, NotificationKind, ReckoningCause
from subsidies.models import ClaimQuery, LineReview, Notification
from subsidies.rules.claim_reviews import ACCEPTED, OPEN, REFUSED
from subsidies.services.claim_reviews import (
    LineJudgement,
    accept_unflagged_lines,
    answer_about_claim,
    ask_about_claim,
    refuse_claim,
)
from tests.clock import NOW
from tests.factories.assessment import MarkReviewFactory
from tests.factories.claim_reviews import (
    accept_all,
    accepting,
    answered,
    asked,
    fresh,
    in_days,
    judge,
    lines_of,
    recommended_claim,
    refusing,
    reviewer_of,
    submitted_claim,
)
from tests.factories.claims import institution_user
from tests.factories.institutions import UserFactory
from tests.factories.standing import known_years

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]


def standings(claim) -> list[str]:
    return [each.standing for each in queries.line_standings(fresh(claim))]


def code_of(act) -> str:
    with pytest.raises(DomainError) as refusal:
        act()
    return refusal.value.code


# ── Lines ────────────────────────────────────────────────────────────────────────────────────────────────
def test_lines_are_accepted_one_by_one_and_nothing_is_reckoned_anew():
    claim = submitted_claim()
    reviewer, first = reviewer_of(claim), lines_of(claim)[0]

    judge(claim, accepting(first), reviewer=reviewer)

    assert standings(claim) == [ACCEPTED, OPEN]
    assert LineReview.objects.get().reviewed_by == reviewer
    assert fresh(claim).reckoning_id == claim.reckoning_id
    event = AuditEvent.objects.get(name="claim.lines_reviewed")
    assert (event.actor_id, event.facts["accepted"], event.facts["refused"]) == (reviewer.pk, 1, 0)


def test_a_refused_line_is_reckoned_out_of_the_claim_and_stays_in_the_pass_rate():
    claim = submitted_claim((True, True, False))
    before = claim.reckoning

    judge(claim, refusing(lines_of(claim)[0]))

    after = fresh(claim).reckoning
    assert after.cause == ReckoningCause.LINE_REVIEWED
    assert (after.counted_count, after.rate_count) == (before.counted_count - 1, before.rate_count)
    assert after.amount < before.amount
    line = lines_of(claim)[0]
    assert (line.counts, line.reason, line.amount) == (False, "not_refused_in_review", Decimal("0.00"))
    assert standings(claim) == [REFUSED, OPEN, OPEN]


def test_a_refusal_is_taken_back_by_accepting_the_line():
    claim = submitted_claim()
    amount = claim.reckoning.amount
    judge(claim, refusing(lines_of(claim)[0]))

    judge(claim, accepting(lines_of(claim)[0]))

    assert fresh(claim).reckoning.amount == amount
    assert standings(claim) == [ACCEPTED, OPEN]
    assert LineReview.objects.count() == 2


def test_what_was_accepted_stays_so_when_another_line_is_refused():
    claim = submitted_claim()
    first, second = lines_of(claim)
    judge(claim, accepting(first))

    judge(claim, refusing(second))

    assert standings(claim) == [ACCEPTED, REFUSED]


def test_a_line_of_a_former_reckoning_is_judged_as_long_as_it_says_the_same():
    claim = submitted_claim()
    first, second = lines_of(claim)
    judge(claim, refusing(second))

    judge(claim, accepting(first))

    assert standings(claim) == [ACCEPTED, REFUSED]
    assert LineReview.objects.order_by("pk").last().line.reckoning_id == fresh(claim).reckoning_id


def test_a_line_that_has_changed_must_be_looked_at_again():
    claim = submitted_claim()
    accept_all(claim, reviewer_of(claim))
    seen = lines_of(claim)[0]
    # Somebody questions the person's result: the line is reckoned without it.
    MarkReviewFactory(attempt=seen.attempt)
    judge(claim, refusing(lines_of(claim)[1]))

    assert standings(claim)[1] == REFUSED
    assert code_of(lambda: judge(claim, accepting(seen))) == "line_changed"


def test_unflagged_lines_are_accepted_at_a_stroke_and_the_others_wait():
    claim = submitted_claim((True, True, True))
    first, second, _third = lines_of(claim)
    judge(claim, refusing(first))
    asked(claim, enrollment_id=second.enrollment_id)

    assert accept_all(claim, reviewer_of(claim)) == 1

    assert standings(claim) == [REFUSED, OPEN, ACCEPTED]


def test_a_page_that_shows_a_former_reckoning_accepts_nothing_at_a_stroke():
    claim = submitted_claim()
    judge(claim, refusing(lines_of(claim)[0]))

    with pytest.raises(InvalidTransition, match="reckoned anew"):
        accept_unflagged_lines(
            claim_id=claim.pk, reckoning_id=claim.reckoning_id, reviewer=reviewer_of(claim), now=NOW
        )


@pytest.mark.parametrize(
    ("judgement", "code"),
    [
        ({"reason_code": ""}, "reason_missing"),
        ({"reason_code": "TIRED"}, "reason_missing"),
        ({"reason_code": LineRefusal.OTHER}, "note_missing"),
        ({"reason_code": LineRefusal.OTHER, "note": "\u3000\u200b"}, "note_missing"),
    ],
)
def test_a_refusal_says_why(judgement, code):
    claim = submitted_claim()
    refusal = LineJudgement(lines_of(claim)[0].pk, LineVerdict.REFUSED, **judgement)

    assert code_of(lambda: judge(claim, refusal)) == code
    assert not LineReview.objects.exists()


def test_a_line_of_another_claim_or_nothing_is_not_judged():
    claim, other = submitted_claim(), submitted_claim()

    assert code_of(lambda: judge(claim, accepting(lines_of(other)[0]))) == "other_claim"
    assert code_of(lambda: judge(claim)) == "nothing_said"


def test_a_line_that_does_not_count_is_not_judged():
    claim = submitted_claim((True, False), line_rule="PASSED")
    out = next(line for line in lines_of(claim) if not line.counts)

    assert code_of(lambda: judge(claim, accepting(out))) == "line_does_not_count"


@pytest.mark.parametrize(
    "role", [role for role in Role if role not in ("DISTRICT_REVIEWER", "DISTRICT_LEAD")]
)
def test_only_the_district_reviews(role):
    claim = submitted_claim()

    with pytest.raises(NotPermitted):
        judge(claim, accepting(lines_of(claim)[0]), reviewer=UserFactory(**{role.lower(): True}))


def test_the_lead_reviews_and_another_district_does_not():
    claim = submitted_claim()
    first, second = lines_of(claim)
    lead = UserFactory(district_lead=True, district=claim.district)

    judge(claim, accepting(first), reviewer=lead)
    with pytest.raises(NotPermitted):
        judge(claim, accepting(second), reviewer=UserFactory(district_reviewer=True))

    assert standings(claim) == [ACCEPTED, OPEN]


def test_nothing_is_reviewed_that_is_not_with_the_district():
    claim = recommended_claim()

    with pytest.raises(InvalidTransition):
        judge(claim, accepting(lines_of(claim)[0]))


# ── Questions ────────────────────────────────────────────────────────────────────────────────────────────
def test_a_question_reaches_the_institution_with_its_last_day():
    known_years(2026)
    claim = submitted_claim()
    reviewer = reviewer_of(claim)

    question = asked(claim, reviewer=reviewer, enrollment_id=lines_of(claim)[0].enrollment_id)

    # Five working days after 20 October.
    assert question.due_on == date(2026, 10, 27)
    assert question.asked_by == reviewer
    told = Notification.objects.filter(kind=NotificationKind.CLAIM_ASKED)
    assert {message.institution_id for message in told} == {claim.institution_id}
    assert AuditEvent.objects.filter(name="claim.asked", subject_id=claim.pk).exists()


def test_an_answer_is_kept_and_told_to_the_district():
    claim = submitted_claim()
    question = answered(asked(claim))

    assert (question.answer, question.answered_at) == ("Our trainer Li.", NOW)
    assert Notification.objects.filter(kind=NotificationKind.CLAIM_ANSWERED, district=claim.district).exists()


def test_the_clock_stands_still_while_a_question_is_open():
    known_years(2026)
    claim = submitted_claim()
    # Ten working days after 20 October.
    assert claim.due_on == date(2026, 11, 3)
    question = asked(claim, now=in_days(1))

    answered(question, now=in_days(7))

    # From Wednesday the 21st to Tuesday the 27th four days were worked.
    assert fresh(claim).due_on == date(2026, 11, 9)


def test_two_questions_at_once_stop_the_clock_once():
    known_years(2026)
    claim = submitted_claim()
    first, second = asked(claim, now=in_days(1)), asked(claim, now=in_days(2))

    answered(first, now=in_days(3))
    answered(second, now=in_days(7))

    assert fresh(claim).due_on == date(2026, 11, 9)


def test_an_answer_on_the_same_day_moves_nothing():
    known_years(2026)
    claim = submitted_claim()

    answered(asked(claim))

    assert fresh(claim).due_on == date(2026, 11, 3)


def test_a_question_without_words_or_about_somebody_else_is_refused():
    claim, other = submitted_claim(), submitted_claim()
    reviewer, stranger = reviewer_of(claim), lines_of(other)[0].enrollment_id

    assert (
        code_of(lambda: ask_about_claim(claim_id=claim.pk, question=" \u200b", reviewer=reviewer, now=NOW))
        == "question_missing"
    )
    assert code_of(lambda: asked(claim, enrollment_id=stranger)) == "other_claim"
    assert not ClaimQuery.objects.exists()


def test_a_question_is_answered_once_by_its_institution_with_words():
    claim = submitted_claim()
    question, manager = asked(claim), institution_user(claim.training_class)

    def answer(answerer, words="Li."):
        return answer_about_claim(question_id=question.pk, answer=words, answerer=answerer, now=NOW)

    assert code_of(lambda: answer(manager, "\u3000")) == "answer_missing"
    with pytest.raises(NotPermitted):
        answer(UserFactory(training_manager=True))
    with pytest.raises(NotPermitted):
        answer(reviewer_of(claim))
    answer(manager)
    with pytest.raises(InvalidTransition, match="answered already"):
        answer(manager)


def test_nobody_waits_for_an_answer_about_a_claim_that_was_refused():
    claim = submitted_claim()
    question = asked(claim)
    refuse_claim(claim_id=claim.pk, reason="Not held.", reviewer=reviewer_of(claim), now=NOW)

    with pytest.raises(InvalidTransition):
        answered(question)
