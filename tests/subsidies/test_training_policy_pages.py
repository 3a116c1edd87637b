"""The pages of the training policy versions: drafted, looked at, approved by another person, and ended."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from chongqing_dte.foundation.errors import InvalidTransition
from institutions.enums import MUNICIPAL_ROLES, TRAINING_ROLES, Role
from subsidies import queries
from subsidies.models import TrainingPolicyVersion, TrainingStandard
from subsidies.services.training_policy_versions import approve_training_policy_version
from tests.clock import NOW
from tests.factories.claims import TrainingPolicyVersionFactory, TrainingStandardFactory
from tests.factories.institutions import OccupationFactory, UserFactory
from tests.interfaces.setup_forms import in_days, text_of

pytestmark = pytest.mark.django_db

SENT = {
    "name": "Training 2027",
    "last_day": "",
    "subsidized_once_per": "OCCUPATION",
    "eligible_categories": ["GRADUATING_STUDENT", "ENTERPRISE_EMPLOYEE"],
    "graduation_year_rule": "ACADEMIC",
    "line_rule": "EXAMINED",
    "least_attendance": "80%",
    "standard_rule": "FEE",
    "fee_share": "90%",
    "capped_by_advance": "on",
    "denominator": "COMPLETED",
    "pass_rule": "FIRST_ATTEMPT",
    "cut_off_days": "120",
    "curve_points-0-rate": "0",
    "curve_points-0-factor": "0%",
    "curve_points-1-rate": "60%",
    "curve_points-1-factor": "0.5",
    "curve_points-3-rate": "80%",
    "curve_points-3-factor": "100%",
    "factor_floor": "20%",
    "factor_cap": "100%",
    "small_class_size": "10",
    "small_class_factor": "50%",
    "pass_rate_distance": "",
    "least_compared_classes": "5",
    "claim_window_days": "60",
    "district_working_days": "10",
    "municipal_working_days": "8",
    "answer_working_days": "5",
    "one_signature_limit": "50000",
    "notice_working_days": "5",
    "budget_by_district": "on",
    "source": "An example of the tests.",
}
DRAFT, APPROVE, END = (f"training-policy-{act}" for act in ("draft", "approve", "end"))


def english(client):
    client.cookies["django_language"] = "en"
    return client


def sent(**changes):
    return {**SENT, "first_day": in_days(5), **changes}


@pytest.fixture
def administrator(client_as):
    return english(client_as(Role.MUNICIPAL_ADMINISTRATOR, username="administrator"))


@pytest.fixture
def reviewer(client_as):
    return english(client_as(Role.MUNICIPAL_REVIEWER))


def test_version_is_drafted_by_one_and_approved_and_ended_by_another(administrator, reviewer):
    drafted = administrator.post(reverse(DRAFT), sent())
    version = TrainingPolicyVersion.objects.get()
    before = text_of(reviewer.get(drafted.url))
    reviewer.post(reverse(APPROVE), {"version": version.pk})
    ended = reviewer.post(
        reverse(END), {"version": version.pk, "last_day": in_days(9), "reason": "Too high."}
    )

    version.refresh_from_db()
    assert reverse(APPROVE) in before
    assert reverse(APPROVE) not in text_of(administrator.get(drafted.url))
    assert ended.status_code == 302
    assert version.approved_by.role == Role.MUNICIPAL_REVIEWER
    assert version.in_force.upper == timezone.localdate() + timedelta(days=10)
    assert version.curve_points == [["0", "0"], ["0.6", "0.5"], ["0.8", "1"]]
    assert (version.least_attendance, version.fee_share) == (Decimal("0.8000"), Decimal("0.9000"))


@pytest.mark.parametrize(
    ("given", "kept", "words"),
    [("", None, "Nothing is compared"), ("1", 1, "1 percentage point"), ("20", 20, "20 percentage points")],
)
def test_the_distance_from_other_classes_is_kept_and_shown(administrator, given, kept, words):
    drafted = administrator.post(reverse(DRAFT), sent(pass_rate_distance=given, least_compared_classes="3"))

    version = TrainingPolicyVersion.objects.get()
    assert (version.pass_rate_distance, version.least_compared_classes) == (kept, 3)
    assert words in text_of(administrator.get(drafted.url))


@pytest.mark.parametrize(
    ("field", "value"),
    [("pass_rate_distance", "101"), ("pass_rate_distance", "0"), ("least_compared_classes", "0")],
)
def test_a_distance_that_cannot_be_is_refused(administrator, field, value):
    assert administrator.post(reverse(DRAFT), sent(**{field: value})).status_code == 422
    assert not TrainingPolicyVersion.objects.exists()


def test_the_table_of_standards_is_kept_by_occupation_and_level(administrator):
    one, other = OccupationFactory(), OccupationFactory()
    table = {
        f"standards-{one.pk}-JUNIOR": "1,200",
        f"standards-{one.pk}-SENIOR": "2400.50",
        f"standards-{other.pk}-JUNIOR": "",
        "standards-999999-JUNIOR": "100",
    }
    administrator.post(reverse(DRAFT), sent(standard_rule="TABLE", **table))

    found = TrainingStandard.objects.values_list("occupation", "level", "amount")
    assert set(found) == {(one.pk, "JUNIOR", Decimal("1200.00")), (one.pk, "SENIOR", Decimal("2400.50"))}


def test_the_curve_is_drawn_before_anything_is_written_down(administrator):
    page = text_of(administrator.post(reverse(DRAFT), sent(preview="1")))

    assert 'class="curve-line"' in page
    assert 'value="60%"' in page
    assert not TrainingPolicyVersion.objects.exists()


def test_what_is_no_curve_is_not_drawn(administrator):
    page = text_of(administrator.post(reverse(DRAFT), sent(preview="1", **{"curve_points-1-rate": ""})))

    assert "A point has a pass rate and a factor." in page
    assert 'class="curve-line"' not in page


def test_a_look_at_a_draft_asks_for_nothing_that_is_not_filled_in_yet(administrator):
    empty = {name: "" for name in SENT if not name.startswith("curve_points")} | {"eligible_categories": []}
    page = text_of(administrator.post(reverse(DRAFT), sent(**empty, preview="1")))
    written = text_of(administrator.post(reverse(DRAFT), sent(**empty)), 422)

    assert "This field is required." not in page
    assert "Choose at least one category." not in page
    assert "Nothing can be drawn yet" in page
    assert "This field is required." in written
    assert "Choose at least one category." in written


def test_a_look_at_a_draft_says_what_cannot_be(administrator):
    page = text_of(administrator.post(reverse(DRAFT), sent(preview="1", fee_share="half", name="")))

    assert "Write a percentage (80%) or a part of 1 (0.8)." in page
    assert "This field is required." not in page


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"curve_points-1-factor": "x"}, "curve_points"),
        ({"curve_points-3-rate": "60%"}, "curve_points"),
        ({"curve_points-3-factor": "40%"}, "curve_points"),
        (
            {f"curve_points-{row}-{part}": "" for row in (0, 1, 3) for part in ("rate", "factor")},
            "curve_points",
        ),
        ({"factor_floor": "60%", "factor_cap": "50%"}, "factor_floor"),
        ({"fee_share": "0"}, "fee_share"),
        ({"claim_window_days": "0"}, "claim_window_days"),
        ({"eligible_categories": []}, "eligible_categories"),
        ({"standard_rule": "TABLE"}, "standards"),
        ({"source": " "}, "source"),
        ({"last_day": "2020-01-01"}, "last_day"),
    ],
)
def test_a_value_that_cannot_be_is_refused_at_its_field(administrator, changes, field):
    answer = administrator.post(reverse(DRAFT), sent(**changes))

    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert not TrainingPolicyVersion.objects.exists()


@pytest.mark.parametrize(
    ("amount", "rule", "words"),
    [
        ("0", "TABLE", "is no sum of yuan"),
        ("12.345", "TABLE", "is no sum of yuan"),
        ("600", "FEE", "The table counts only where the standard is the table."),
    ],
)
def test_a_table_that_cannot_be_comes_back_as_filled_in(administrator, amount, rule, words):
    occupation = OccupationFactory()
    answer = administrator.post(
        reverse(DRAFT), sent(standard_rule=rule, **{f"standards-{occupation.pk}-JUNIOR": amount})
    )

    page = text_of(answer, 422)
    assert words in page
    assert f'name="standards-{occupation.pk}-JUNIOR" value="{amount}"' in page


def test_a_refused_draft_comes_back_as_filled_in(administrator):
    page = text_of(administrator.post(reverse(DRAFT), sent(fee_share="half")), 422)

    assert 'value="half"' in page
    assert 'name="curve_points-3-rate" value="80%"' in page


def test_draft_begins_with_the_values_that_hold(administrator):
    version = TrainingPolicyVersionFactory(
        standard_rule="TABLE", curve_points=[["0.6", "0.25"], ["0.9", "1"]]
    )
    standard = TrainingStandardFactory(policy_version=version)
    approver = UserFactory(municipal_reviewer=True)
    approve_training_policy_version(version_id=version.pk, approver=approver, now=NOW)

    page = text_of(administrator.get(reverse(DRAFT)))

    assert 'name="curve_points-0-rate" value="60%"' in page
    assert 'name="curve_points-0-factor" value="25%"' in page
    assert f'name="standards-{standard.occupation_id}-JUNIOR" value="600.00"' in page


def test_all_values_are_shown_in_words_with_the_curve(administrator, reviewer):
    administrator.post(reverse(DRAFT), sent(notice_working_days="0"))

    page = text_of(reviewer.get(reverse("training-policy-list")))

    for text in (
        "Graduating student, Enterprise employee",
        "0% → 0% · 60% → 50% · 80% → 100%",
        "¥50,000.00",
        "No public notice",
        'class="curve-line"',
    ):
        assert text in page, text


def test_list_asks_the_same_queries_whatever_its_length(reviewer):
    TrainingStandardFactory()
    with CaptureQueriesContext(connection) as one:
        reviewer.get(reverse("training-policy-list"))
    TrainingStandardFactory.create_batch(3)
    with CaptureQueriesContext(connection) as four:
        reviewer.get(reverse("training-policy-list"))

    assert len(four) == len(one)


def test_an_approved_version_is_not_approved_again():
    version = TrainingPolicyVersionFactory(approved=True)

    with pytest.raises(InvalidTransition):
        approve_training_policy_version(
            version_id=version.pk, approver=UserFactory(municipal_reviewer=True), now=NOW
        )


@pytest.mark.parametrize("role", Role)
def test_drafts_are_seen_by_the_municipal_bureau_and_approved_versions_by_who_claims_and_reviews(role):
    draft, approved = TrainingPolicyVersionFactory(), TrainingPolicyVersionFactory(approved=True)
    seen = set(queries.training_policy_versions_visible_to(UserFactory(**{role.lower(): True})))

    sees = role.startswith("DISTRICT") or role in TRAINING_ROLES
    assert seen == ({draft, approved} if role in MUNICIPAL_ROLES else {approved} if sees else set())
