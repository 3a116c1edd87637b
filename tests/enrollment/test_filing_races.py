"""Two people at one moment, forced: the last funded seats, and two answers to one filing."""

from datetime import date
from functools import partial

import pytest

from enrollment import policies
from enrollment.enums import ClassStatus
from enrollment.models import ClassStep
from enrollment.services import filings
from enrollment.services.answers import cancel_class, confirm_class, return_class
from enrollment.services.class_starts import start_due_classes
from enrollment.services.filings import change_draft, draft_class
from tests.clock import NOW
from tests.enrollment.filings import (
    SEATS,
    draft_to_file,
    file_it,
    filed_class,
    plan_for,
    publish_calendar,
    quota_of,
    reviewer_of,
    status_of,
    twin_of,
)
from tests.enrollment.interleaving import at_once, rival_in_the_middle
from tests.factories.enrollment import IntakePolicyFactory, TrainingClassFactory
from tests.factories.institutions import FundedQuotaFactory, OccupationFactory, UserFactory

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


def test_last_funded_seats_go_to_one_of_two_filings(monkeypatch):
    first = draft_to_file(funded=SEATS)
    second = twin_of(first)

    outcomes = rival_in_the_middle(
        monkeypatch,
        (filings, "filing_of"),
        partial(file_it, first, accepts_near_duplicates=True),
        partial(file_it, second, accepts_near_duplicates=True),
    )

    assert outcomes == ["done", "plan_refused"]
    assert (quota_of(first).free_count, status_of(second)) == (0, ClassStatus.DRAFT)


def test_two_alike_that_are_filed_at_once_warn_the_second(monkeypatch):
    first = draft_to_file()
    second = twin_of(first)

    outcomes = rival_in_the_middle(
        monkeypatch, (filings, "filing_of"), partial(file_it, first), partial(file_it, second)
    )

    assert outcomes == ["done", "near_duplicate_filings"]


def test_two_alike_around_new_year_warn_the_second_though_their_seats_are_of_two_years(monkeypatch):
    IntakePolicyFactory()
    publish_calendar()
    first = draft_to_file(ends_on=date(2026, 12, 31))
    FundedQuotaFactory(institution=first.institution, year=2027, seat_count=SEATS)
    second = twin_of(first, starts_on=date(2027, 1, 4), ends_on=date(2027, 2, 12))

    outcomes = rival_in_the_middle(
        monkeypatch, (filings, "filing_of"), partial(file_it, first), partial(file_it, second)
    )

    assert outcomes == ["done", "near_duplicate_filings"]


def test_class_that_is_filed_twice_at_once_holds_its_seats_once(monkeypatch):
    training_class = draft_to_file()

    outcomes = rival_in_the_middle(
        monkeypatch,
        (policies, "check_can_file_class"),
        partial(file_it, training_class),
        partial(file_it, training_class),
    )

    assert outcomes == ["done", "invalid_transition"]
    assert quota_of(training_class).reserved_count == SEATS


def test_plan_does_not_change_under_its_filing(monkeypatch):
    training_class = draft_to_file()
    change = partial(
        change_draft,
        class_id=training_class.pk,
        plan=plan_for(training_class.occupation, seat_count=SEATS * 2),
        editor=training_class.drafted_by,
        now=NOW,
    )

    outcomes = rival_in_the_middle(
        monkeypatch, (policies, "check_can_file_class"), partial(file_it, training_class), change
    )

    assert outcomes == ["done", "invalid_transition"]
    assert quota_of(training_class).reserved_count == SEATS


@pytest.mark.parametrize("second_act", ["confirm", "return"])
def test_filing_is_answered_once(monkeypatch, second_act):
    training_class = filed_class()
    acts = {
        "confirm": partial(confirm_class, confirmer=reviewer_of(training_class)),
        "return": partial(return_class, returner=reviewer_of(training_class), reason="Dates."),
    }
    first, second = (
        partial(acts[name], class_id=training_class.pk, now=NOW) for name in ("confirm", second_act)
    )

    outcomes = rival_in_the_middle(monkeypatch, (policies, "check_can_answer_filing"), first, second)

    assert outcomes == ["done", "invalid_transition"]
    assert ClassStep.objects.filter(from_status=ClassStatus.FILED).count() == 1
    assert quota_of(training_class).reserved_count == SEATS


def test_institution_cancels_what_is_confirmed_at_that_moment_with_its_seats_given_back_once(monkeypatch):
    training_class = filed_class()

    outcomes = rival_in_the_middle(
        monkeypatch,
        (policies, "check_can_answer_filing"),
        partial(confirm_class, class_id=training_class.pk, confirmer=reviewer_of(training_class), now=NOW),
        partial(
            cancel_class,
            class_id=training_class.pk,
            canceller=training_class.drafted_by,
            reason="Too few.",
            now=NOW,
        ),
    )

    assert outcomes == ["done", "done"]
    assert quota_of(training_class).reserved_count == 0


def test_class_starts_once_beside_another_worker():
    training_class = TrainingClassFactory(confirmed=True)

    outcomes = at_once(partial(start_due_classes, now=NOW), partial(start_due_classes, now=NOW))

    assert outcomes == ["done", "done"]
    assert ClassStep.objects.filter(training_class=training_class).count() == 1


def test_reference_that_two_take_at_once_is_refused_in_words():
    occupation = OccupationFactory()
    drafters = UserFactory.create_batch(2, training_operator=True)

    outcomes = at_once(
        *(
            partial(draft_class, plan=plan_for(occupation, reference="AI-1"), drafter=drafter, now=NOW)
            for drafter in drafters
        )
    )

    assert sorted(outcomes) == ["done", "plan_refused"]
