"""A claim opens by itself once nothing moves its pass rate any more, or by the institution inside the window."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from chongqing_dte.foundation.errors import DomainError, NotPermitted
from chongqing_dte.foundation.models import AuditEvent
from enrollment.models import TrainingClass
from subsidies.enums import ClaimStatus, PassRule, ReckoningCause
from subsidies.models import ClaimStep, SubsidyClaim
from subsidies.queries import classes_without_training_policy
from subsidies.services import claims
from subsidies.services.claim_sweeps import open_due_claims
from subsidies.services.claims import ClaimOpenAlready, open_claim, withdraw_claim
from tests.clock import NOW
from tests.factories.claims import (
    AdvanceFactory,
    SubsidyClaimFactory,
    class_with_results,
    enroll,
    institution_user,
    open_training,
    session_for,
    sit,
)
from tests.factories.enrollment import TrainingClassFactory
from tests.factories.institutions import UserFactory
from tests.subsidies.interleaving import PATIENCE, is_kept_waiting, paused, rivals

pytestmark = pytest.mark.django_db

# The class ended on 26 June; its sittings count until 24 September.
IN_AUGUST = NOW.replace(month=8)
LAST_OPENING_DAY = date(2026, 11, 24)


def opened_by_its_institution(training_class: TrainingClass, now: datetime = NOW) -> SubsidyClaim:
    return open_claim(class_id=training_class.pk, opener=institution_user(training_class), now=now)


# ── By itself ────────────────────────────────────────────────────────────────────────────────────────────
def test_a_claim_opens_by_itself_with_a_line_for_everybody():
    open_training()
    training_class = class_with_results(True, True, False)
    AdvanceFactory(training_class=training_class)

    assert open_due_claims(now=NOW) == 1

    claim = SubsidyClaim.objects.get()
    assert (claim.status, claim.opened_by) == (ClaimStatus.OPEN, None)
    assert claim.reference == f"{training_class.reference}-1"
    assert claim.submit_until == NOW.date() + timedelta(days=60)
    assert claim.reckoning.cause == ReckoningCause.OPENED
    assert (claim.reckoning.pass_count, claim.reckoning.rate_count) == (2, 3)
    assert claim.reckoning.standard_total == Decimal("2400.00")
    # Two of three, to four decimals: 0.6667.
    assert claim.reckoning.amount == Decimal("1600.08")
    assert claim.reckoning.lines.count() == 3
    assert ClaimStep.objects.get().to_status == ClaimStatus.OPEN
    assert AuditEvent.objects.filter(name="claim.opened", actor=None).count() == 1


def test_the_sweep_opens_nothing_twice():
    open_training()
    class_with_results(True)

    assert [open_due_claims(now=NOW), open_due_claims(now=NOW)] == [1, 0]


def test_a_class_waits_for_whoever_has_not_sat_yet():
    open_training()
    training_class = class_with_results(True, locked_count=2)
    enroll(training_class)

    assert open_due_claims(now=IN_AUGUST) == 0
    assert open_due_claims(now=NOW) == 1


@pytest.mark.parametrize(
    ("rule", "opened"), [(PassRule.ANY_ATTEMPT, 0), (PassRule.FIRST_ATTEMPT, 1)], ids=["any", "first"]
)
def test_whoever_failed_is_waited_for_where_any_sitting_counts(rule, opened):
    open_training(pass_rule=rule)
    class_with_results(True, False)

    assert open_due_claims(now=IN_AUGUST) == opened


def test_a_pass_without_its_certificate_is_waited_for():
    open_training()
    training_class = class_with_results(locked_count=1)
    sit(enroll(training_class), session_for(training_class), passed=True, certified=False)

    assert open_due_claims(now=IN_AUGUST) == 0


def test_no_claim_opens_without_a_policy_and_the_bureau_sees_it():
    training_class = class_with_results(True)

    assert open_due_claims(now=NOW) == 0
    assert list(classes_without_training_policy(UserFactory(municipal_reviewer=True))) == [training_class]
    open_training()
    assert not classes_without_training_policy(UserFactory(municipal_reviewer=True)).exists()


@pytest.mark.parametrize("ended", ["lapsed", "refused", "withdrawn"])
def test_after_a_claim_has_ended_none_opens_by_itself(ended):
    open_training()
    SubsidyClaimFactory(training_class=class_with_results(True), **{ended: True})

    assert open_due_claims(now=NOW) == 0


def test_a_class_that_somebody_has_locked_is_left_to_the_next_sweep(monkeypatch):
    open_training()
    class_with_results(True)
    monkeypatch.setattr("subsidies.queries.lock_classes_to_claim", lambda _ids: [])

    assert open_due_claims(now=NOW) == 0


# ── By the institution ───────────────────────────────────────────────────────────────────────────────────
def test_an_institution_opens_a_claim_before_its_last_result_is_there():
    open_training()
    training_class = class_with_results(True, locked_count=2)
    enroll(training_class)

    claim = opened_by_its_institution(training_class, IN_AUGUST)

    assert claim.opened_by is not None
    assert claim.submit_until == IN_AUGUST.date() + timedelta(days=60)
    assert claim.reckoning.rate_count == 2


def test_a_claim_that_is_opened_late_ends_with_the_window():
    open_training()

    claim = opened_by_its_institution(class_with_results(True), NOW)

    assert claim.submit_until == LAST_OPENING_DAY


def test_another_claim_after_one_that_ended_has_the_next_number():
    open_training()
    training_class = class_with_results(True)
    first = opened_by_its_institution(training_class)
    withdraw_claim(
        claim_id=first.pk, withdrawer=institution_user(training_class), reason="A mistake.", now=NOW
    )

    assert opened_by_its_institution(training_class).reference == f"{training_class.reference}-2"


def test_a_class_with_a_claim_gets_no_second_one():
    open_training()
    training_class = class_with_results(True)
    opened_by_its_institution(training_class)

    with pytest.raises(ClaimOpenAlready):
        opened_by_its_institution(training_class)


@pytest.mark.parametrize(
    "who", [{"training_manager": True}, {"district_reviewer": True}, {"municipal_reviewer": True}]
)
def test_nobody_opens_the_claim_of_another_institution(who):
    open_training()
    training_class = class_with_results(True)

    with pytest.raises(NotPermitted):
        open_claim(class_id=training_class.pk, opener=UserFactory(**who), now=NOW)
    assert not SubsidyClaim.objects.exists()


@pytest.mark.parametrize(
    ("class_", "code"),
    [({"locked": True}, "class_not_completed"), ({"completed": True, "locked_count": 0}, "class_empty")],
)
def test_a_class_that_has_nothing_to_claim_gets_no_claim(class_, code):
    open_training()

    with pytest.raises(DomainError) as refused:
        opened_by_its_institution(TrainingClassFactory(**class_))

    assert refused.value.code == code


def test_an_institution_is_told_that_no_policy_is_approved():
    with pytest.raises(DomainError) as refused:
        opened_by_its_institution(class_with_results(True))

    assert refused.value.code == "policy_missing"


@pytest.mark.parametrize(("day", "is_open"), [(24, True), (25, False)])
def test_the_window_takes_its_last_day_in(day, is_open):
    open_training()
    training_class = class_with_results(True)
    on_the_day = NOW.replace(month=11, day=day)

    if is_open:
        assert opened_by_its_institution(training_class, on_the_day).submit_until == LAST_OPENING_DAY
        return
    with pytest.raises(DomainError) as refused:
        opened_by_its_institution(training_class, on_the_day)
    assert refused.value.code == "window_over"


# ── At one moment ────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_two_people_who_open_at_once_open_one_claim(monkeypatch):
    open_training()
    training_class = class_with_results(True)

    with rivals() as others:
        with paused(monkeypatch, claims, "open_claims") as reached:
            first = others.start(lambda: opened_by_its_institution(training_class))
            assert reached.wait(PATIENCE)
            second = others.start(lambda: opened_by_its_institution(training_class))
            assert is_kept_waiting(second)
        first.result(PATIENCE)
        with pytest.raises(ClaimOpenAlready):
            second.result(PATIENCE)

    assert SubsidyClaim.objects.count() == 1


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_the_sweep_leaves_out_a_class_whose_claim_is_just_being_opened(monkeypatch):
    open_training()
    training_class = class_with_results(True)

    with rivals() as others:
        with paused(monkeypatch, claims, "open_claims") as reached:
            first = others.start(lambda: opened_by_its_institution(training_class))
            assert reached.wait(PATIENCE)
            assert others.run(lambda: open_due_claims(now=NOW)) == 0
        first.result(PATIENCE)

    assert SubsidyClaim.objects.count() == 1
