"""The pages of the subsidy's policy versions, and of what one would change."""

import csv
import io
import zipfile
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateRange
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation

from enrollment.enums import ParticipantCategory
from enrollment.rules.identifiers import mask_name
from institutions.enums import MUNICIPAL_ROLES, Role
from institutions.models import User
from subsidies import policies, queries
from subsidies.models import PolicyVersion
from subsidies.services.decisions import decide_due_certificates
from tests.clock import NOW
from tests.factories.institutions import UserFactory
from tests.factories.subsidies import PolicyVersionFactory, due_certificate, open_programme
from tests.interfaces.setup_forms import in_days, text_of

pytestmark = pytest.mark.django_db

SENT = {
    "name": "Subsidy 2027",
    "last_day": "",
    "first_pass_scope": "OCCUPATION",
    "first_pass_rule": "FIRST_SITTING",
    "eligible_categories": ["GRADUATING_STUDENT", "ENTERPRISE_EMPLOYEE"],
    "graduation_year_rule": "ACADEMIC",
    "lifetime_cap": "3",
    "yearly_cap": "",
    "ladder_rule": "ANY_OCCUPATION",
    "stacking_rule": "DIFFERENCE",
    "recording_window_days": "90",
    "competent_district_rule": "EVALUATION",
    "fee_share": "82.5%",
    "ceiling_junior": "1500",
    "ceiling_intermediate": "2000.50",
    "ceiling_senior": "2500",
    "budget_by_district": "on",
    "notice_working_days": "5",
    "chase_days": "180",
    "chase_every_days": "14",
    "batch_line_limit": "500",
    "batch_amount_limit": "",
    "batch_weekdays": ["1", "4"],
    "automatic_release_limit": "0",
    "source": "An example of the tests.",
}
YEAR = {"first_day": "2026-01-01", "last_day": "2026-12-31"}


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


# ── Versions ─────────────────────────────────────────────────────────────────────────────────────────────
def test_version_is_drafted_by_one_and_approved_and_ended_by_another(administrator, reviewer):
    drafted = administrator.post(reverse("policy-version-draft"), sent())
    version = PolicyVersion.objects.get()
    before = text_of(reviewer.get(drafted.url))
    reviewer.post(reverse("policy-version-approve"), {"version": version.pk})
    ended = reviewer.post(
        reverse("policy-version-end"), {"version": version.pk, "last_day": in_days(9), "reason": "Too high."}
    )

    version.refresh_from_db()
    assert reverse("policy-version-approve") in before
    assert reverse("policy-version-approve") not in text_of(administrator.get(drafted.url))
    assert ended.status_code == 302
    assert version.approved_by.role == Role.MUNICIPAL_REVIEWER
    assert version.in_force.upper == timezone.localdate() + timedelta(days=10)
    assert (version.fee_share, version.yearly_cap) == (Decimal("0.8250"), None)
    assert version.batch_weekdays == [1, 4]


@pytest.mark.parametrize(
    ("written", "share"),
    [("80%", "0.8000"), ("80 ％", "0.8000"), ("0.8", "0.8000"), ("1", "1.0000"), ("33.33%", "0.3333")],
)
def test_a_share_is_a_percentage_or_a_part_of_one(administrator, written, share):
    administrator.post(reverse("policy-version-draft"), sent(fee_share=written))

    assert PolicyVersion.objects.get().fee_share == Decimal(share)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        *(({"fee_share": written}, "fee_share") for written in ("80", "0", "half", "33.333%", "NaN", "")),
        ({"ceiling_junior": "0"}, "ceiling_junior"),
        ({"ceiling_senior": "1.005"}, "ceiling_senior"),
        ({"lifetime_cap": "0"}, "lifetime_cap"),
        ({"lifetime_cap": "1", "yearly_cap": "2"}, "yearly_cap"),
        ({"eligible_categories": []}, "eligible_categories"),
        ({"batch_weekdays": ["8"]}, "batch_weekdays"),
        ({"batch_amount_limit": "2499"}, "batch_amount_limit"),
        ({"chase_days": "10"}, "chase_every_days"),
        ({"last_day": "2020-01-01"}, "last_day"),
        ({"source": " "}, "source"),
    ],
)
def test_a_value_that_cannot_be_is_refused_at_its_field(administrator, changes, field):
    answer = administrator.post(reverse("policy-version-draft"), sent(**changes))

    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert not PolicyVersion.objects.exists()


def test_all_values_are_shown_in_words_by_group(administrator, reviewer):
    administrator.post(reverse("policy-version-draft"), sent())

    page = text_of(reviewer.get(reverse("policy-version-list")))

    for text in (
        "Who is subsidized",
        "How much",
        "How it is paid",
        "Pass at the first sitting",
        "Graduating student, Enterprise employee",
        "82.5%",
        "¥2,000.50",
        "No limit",
        "Monday, Thursday",
        "Never",
        "An example of the tests.",
        '<span class="pill pill-example">Example</span>',
    ):
        assert text in page, text


def test_values_read_in_chinese(administrator, client_as):
    administrator.post(reverse("policy-version-draft"), sent(notice_working_days="0"))
    reader = client_as(Role.MUNICIPAL_AUDITOR)
    reader.cookies["django_language"] = "zh-hans"

    page = text_of(reader.get(reverse("policy-version-list")))

    with translation.override("zh-hans"):
        labels = [str(label) for _value, label in ParticipantCategory.choices[:2]]
    for text in (*labels, "82.5%", "¥2,000.50"):
        assert text in page, text


def test_no_example_is_seen_where_the_source_does_not_say_so(reviewer):
    PolicyVersionFactory(source="Notice 12 of 2026, articles 3 to 9.")

    assert "pill-example" not in text_of(reviewer.get(reverse("policy-version-list")))


def test_draft_begins_with_the_values_that_hold(administrator):
    PolicyVersionFactory(
        approved=True,
        in_force=DateRange(timezone.localdate(), None),
        fee_share=Decimal("0.6500"),
        yearly_cap=7,
    )

    page = text_of(administrator.get(reverse("policy-version-draft")))

    assert 'value="65%"' in page
    assert 'name="yearly_cap" value="7"' in page


def test_list_asks_the_same_queries_whatever_its_length(reviewer):
    PolicyVersionFactory()
    with CaptureQueriesContext(connection) as one:
        reviewer.get(reverse("policy-version-list"))
    PolicyVersionFactory.create_batch(3)
    with CaptureQueriesContext(connection) as four:
        reviewer.get(reverse("policy-version-list"))

    assert len(four) == len(one)


@pytest.mark.parametrize("role", Role)
def test_who_may_do_what_with_versions(role):
    user, version = User(pk=1, role=role), PolicyVersion(drafted_by_id=2)

    assert policies.can_draft_policy(user) is (role == Role.MUNICIPAL_ADMINISTRATOR)
    assert policies.can_approve_policy(user, version) is (role == Role.MUNICIPAL_REVIEWER)
    assert policies.can_end_policies(user) is (role == Role.MUNICIPAL_REVIEWER)
    assert policies.can_simulate_policies(user) is (role in MUNICIPAL_ROLES)


@pytest.mark.parametrize("role", Role)
def test_drafts_are_seen_by_the_municipal_bureau_and_approved_versions_by_who_decides(role):
    draft, approved = PolicyVersionFactory(), PolicyVersionFactory(approved=True)
    seen = set(queries.policy_versions_visible_to(UserFactory(**{role.lower(): True})))

    expected = {draft, approved} if role in MUNICIPAL_ROLES else {approved}
    assert seen == (expected if role.startswith(("MUNICIPAL", "DISTRICT")) else set())


# ── Simulation ───────────────────────────────────────────────────────────────────────────────────────────
@pytest.fixture
def tried():
    """Return a certificate that a draft would pay half for, and the draft."""
    open_programme()
    certificate = due_certificate()
    decide_due_certificates(now=NOW)
    return certificate, PolicyVersionFactory(
        name="Half", in_force=DateRange(date(2027, 1, 1), None), fee_share=Decimal("0.5000")
    )


def simulation_of(version, **given) -> dict[str, object]:
    return {"version": version.pk, **YEAR, **given}


def test_the_form_offers_the_year_that_ends_today_and_the_version_it_came_from(reviewer, tried):
    page = text_of(reviewer.get(reverse("policy-simulation"), {"version": tried[1].pk}))

    assert f'value="{timezone.localdate().isoformat()}"' in page
    assert f'<option value="{tried[1].pk}" selected>Half (draft)</option>' in page


def test_who_gains_and_who_loses_is_shown_with_masked_names(reviewer, tried):
    certificate, version = tried

    page = text_of(reviewer.get(reverse("policy-simulation"), simulation_of(version)))

    name = certificate.trainee.name
    for text in (
        certificate.number,
        mask_name(name),
        "−¥400.00",
        "Amount, share or ceiling",
        "2026-07",
        certificate.attempt.enrollment.training_class.district.name_en,
        "come to the decision that stands for 1 of 1 certificates",
    ):
        assert text in page, text
    assert name not in page


def test_the_changes_go_out_as_a_workbook_and_as_csv(reviewer, tried):
    certificate, version = tried
    url = reverse("policy-simulation-export")

    workbook = b"".join(reviewer.get(url, simulation_of(version, format="xlsx")).streaming_content)
    answer = reviewer.get(url, simulation_of(version, format="csv"))

    strings = zipfile.ZipFile(io.BytesIO(workbook)).read("xl/sharedStrings.xml").decode()
    assert certificate.number in strings
    assert certificate.trainee.name not in strings
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert answer.content.startswith(b"\xef\xbb\xbf")
    assert rows[1][0] == certificate.number
    assert rows[1][10] == "-400.00"
    assert certificate.trainee.name not in answer.content.decode()


def test_a_name_that_begins_like_a_formula_stays_text(reviewer, tried):
    certificate, version = tried
    type(certificate.trainee).objects.filter(pk=certificate.trainee_id).update(name="=1+1")

    answer = reviewer.get(reverse("policy-simulation-export"), simulation_of(version, format="csv"))

    assert answer.content.decode("utf-8-sig").splitlines()[1].split(",")[1].startswith("'=")


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"last_day": "2025-12-31"}, "last_day"),
        ({"first_day": "yesterday"}, "first_day"),
        ({"last_day": ""}, "last_day"),
    ],
)
def test_a_period_that_cannot_be_is_refused_at_its_field(reviewer, tried, given, field):
    answer = reviewer.get(reverse("policy-simulation"), simulation_of(tried[1], **given))

    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]


def test_a_version_that_is_not_there_is_not_found(reviewer, tried):
    for key in (0, "x", 10**30):
        answer = reviewer.get(reverse("policy-simulation"), {**YEAR, "version": key})
        assert answer.status_code == 404


def test_a_district_finds_its_versions_and_no_simulation(client_as):
    approved = PolicyVersionFactory(approved=True)
    PolicyVersionFactory(name="Secret draft")
    client = english(client_as(Role.DISTRICT_REVIEWER))

    page = text_of(client.get(reverse("policy-version-list")))

    assert approved.name in page
    assert "Secret draft" not in page
    assert reverse("policy-simulation") not in page
    assert client.get(reverse("policy-simulation")).status_code == 403
