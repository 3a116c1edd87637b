"""The pass rate of a class beside those of the other classes of its kind."""

from datetime import timedelta

import pytest

from enrollment.models import TrainingClass
from subsidies.models import ClaimReckoning, SubsidyClaim
from subsidies.queries import gather_claim_facts
from subsidies.rules.claim_checks import OtherClasses
from subsidies.services.claim_sweeps import reckon_due_claims
from tests.clock import NOW
from tests.factories.claim_payments import confirmed_claim
from tests.factories.claim_reviews import confirmed, fresh, page_of, recommended_claim
from tests.factories.claims import open_training, ready_to_submit
from tests.factories.enrollment import TrainingClassFactory

pytestmark = pytest.mark.django_db

TODAY = NOW.date()
DISTANCE = {"pass_rate_distance": 20, "least_compared_classes": 2}


def others_of(training_class: TrainingClass) -> OtherClasses:
    return gather_claim_facts([training_class.pk], today=TODAY)[training_class.pk].around.others


def another(training_class: TrainingClass, people: int = 2, **values: object) -> SubsidyClaim:
    """Return the confirmed claim of another class of the same kind, in which everybody passed."""
    kind = {"occupation": training_class.occupation, "level": training_class.level}
    other = TrainingClassFactory(completed=True, locked_count=people, **{**kind, **values.pop("class_", {})})
    return confirmed_claim(people, training_class=other, **values)


def outcome(claim: SubsidyClaim) -> str | None:
    flags = fresh(claim).reckoning.flags
    return next((each["outcome"] for each in flags if each["name"] == "pass_rate_far_from_others"), None)


# ── Which others count ───────────────────────────────────────────────────────────────────────────────────
def test_the_others_are_confirmed_classes_of_the_same_occupation_and_level():
    open_training(**DISTANCE)
    own = TrainingClassFactory(completed=True, locked_count=1)
    another(own, 3)
    another(own, 2)
    another(own, class_={"level": "SENIOR"})
    confirmed_claim()
    ready_to_submit(occupation=own.occupation)

    assert others_of(own) == OtherClasses(class_count=2, pass_count=5, rate_count=5)


@pytest.mark.parametrize(("days", "count"), [(364, 1), (366, 0)])
def test_others_count_for_a_year(days, count):
    open_training(**DISTANCE)
    own = TrainingClassFactory(completed=True, locked_count=1)
    another(own, confirmed_at=NOW - timedelta(days=days))

    assert others_of(own).class_count == count


def test_a_class_is_not_compared_with_itself():
    open_training(**DISTANCE)
    own = TrainingClassFactory(completed=True, locked_count=3)
    confirmed_claim(3, training_class=own)
    another(own, 2)

    assert others_of(own) == OtherClasses(class_count=1, pass_count=2, rate_count=2)


def test_a_policy_without_a_distance_reads_no_others():
    open_training()
    own = TrainingClassFactory(completed=True, locked_count=1)
    another(own)

    assert others_of(own) == OtherClasses()


# ── What becomes of the check ────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("passes", "others", "expected"),
    [
        pytest.param((True, True), 2, "PASSED", id="near the others"),
        pytest.param((True, False), 2, "FAILED", id="far from the others"),
        pytest.param((True, False), 1, "UNKNOWN", id="too few others"),
    ],
)
def test_a_claim_says_how_far_its_pass_rate_is_from_that_of_others(passes, others, expected):
    open_training(**DISTANCE)
    claim = ready_to_submit(passes)
    for _ in range(others):
        another(claim.training_class)

    reckon_due_claims(now=NOW + timedelta(days=1))

    assert outcome(claim) == expected


def test_what_others_do_meanwhile_makes_no_new_reckoning_and_hinders_no_signature():
    open_training(**DISTANCE)
    first = recommended_claim()
    for _ in range(2):
        another(first.training_class)
    reckon_due_claims(now=NOW + timedelta(days=1))
    number = ClaimReckoning.objects.filter(claim=first).count()
    seen = page_of(first)
    another(first.training_class)

    reckon_due_claims(now=NOW + timedelta(days=2))

    assert ClaimReckoning.objects.filter(claim=first).count() == number
    assert page_of(first) == seen
    assert confirmed(first, now=NOW + timedelta(days=2)).status == "CONFIRMED"
