"""A district looks at a claim beside its evidence, says something of its lines, and hands it on."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from enrollment.enums import EnrollmentStatus
from enrollment.models import Enrollment
from institutions.enums import Role
from institutions.models import User
from subsidies.enums import ClaimStatus, LineRefusal, LineVerdict
from subsidies.models import ClaimQuery, LineReview, SubsidyClaim
from subsidies.rules.facts import FAILED, PASSED
from subsidies.services.claim_sweeps import reckon_due_claims
from tests.clock import NOW
from tests.factories.claim_reviews import (
    accept_all,
    answered,
    asked,
    fresh,
    lines_of,
    page_of,
    reviewer_of,
    submitted_claim,
)
from tests.factories.claims import (
    ClaimEvidenceFactory,
    ClaimReckoningFactory,
    SubsidyClaimFactory,
    institution_user,
)
from tests.factories.institutions import UserFactory

pytestmark = pytest.mark.django_db

UNDEFINED = "UNDEFINED_TEMPLATE_VARIABLE"
ASKED_AGAIN = 422


@pytest.fixture(autouse=True)
def _today(monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture(scope="module")
def handed_in(made_once) -> int:
    return submitted_claim((True, False)).pk


@pytest.fixture
def claim(handed_in) -> SubsidyClaim:
    return SubsidyClaim.objects.get(pk=handed_in)


@pytest.fixture
def reviewer(claim) -> User:
    return reviewer_of(claim)


@pytest.fixture
def page(client_of, reviewer) -> Client:
    return in_english(client_of(reviewer))


def reckoned_anew(claim: SubsidyClaim) -> None:
    """Let the sweep see what has changed."""
    SubsidyClaim.objects.filter(pk=claim.pk).update(reckoning_due_at=NOW)
    assert reckon_due_claims(now=NOW) == 1


def in_english(client: Client) -> Client:
    client.cookies["django_language"] = "en"
    return client


def detail(claim: SubsidyClaim) -> str:
    return reverse("claim-detail", args=[claim.public_id])


def text_of(client: Client, claim: SubsidyClaim) -> str:
    response = client.get(detail(claim))
    assert response.status_code == 200
    return plain(response)


def plain(response) -> str:
    text = response.content.decode()
    assert UNDEFINED not in text
    return " ".join(text.split())


def send(client: Client, route: str, claim: SubsidyClaim, **entered: object):
    return client.post(reverse(route, args=[claim.public_id]), entered)


# ── What stands on the page ──────────────────────────────────────────────────────────────────────────────
def test_the_reviewer_sees_every_line_with_what_the_checks_say_and_no_whole_name(page, claim):
    names = {line.enrollment.trainee.name for line in lines_of(claim)}

    text = text_of(page, claim)

    assert all(f'name="verdict-{line.pk}"' in text for line in lines_of(claim))
    assert "All checks are passed." in text
    assert not any(name in text for name in names)


def test_a_check_over_the_whole_claim_that_failed_stands_before_those_that_were_passed(page, claim):
    claim.reckoning = ClaimReckoningFactory(
        claim=claim,
        flags=[
            {"name": "class_within_quota", "outcome": PASSED, "facts": {"seats": None, "people": 2}},
            {"name": "shared_accounts", "outcome": FAILED, "facts": {"people": 2, "accounts": 1}},
        ],
    )
    claim.save(update_fields=["reckoning"])

    text = text_of(page, claim)

    assert text.index("2 people of the class share 1 accounts.") < text.index("Checks that were passed")
    assert text.index("Checks that were passed") < text.index("Within the funded seats")


def test_the_class_that_overlaps_is_named_where_the_office_sees_it(page, claim):
    other = SubsidyClaimFactory(training_class__district=claim.district).training_class
    foreign = SubsidyClaimFactory().training_class
    facts = {"classes": [{"class": other.pk}, {"class": foreign.pk}]}
    claim.reckoning = ClaimReckoningFactory(
        claim=claim, flags=[{"name": "overlapping_classes", "outcome": FAILED, "facts": facts}]
    )
    claim.save(update_fields=["reckoning"])

    text = text_of(page, claim)

    assert reverse("class-detail", args=[other.public_id]) in text
    assert foreign.reference not in text


@pytest.mark.parametrize(
    ("role", "sees"),
    [(Role.MUNICIPAL_REVIEWER, True), (Role.MUNICIPAL_AUDITOR, True), (Role.TRAINING_MANAGER, False)],
)
def test_others_see_what_is_said_of_the_lines_and_say_nothing(client_of, claim, role, sees):
    office = {"institution": claim.institution} if role == Role.TRAINING_MANAGER else {}
    client = in_english(client_of(UserFactory(**{role.lower(): True}, **office)))

    text = text_of(client, claim)

    assert ("Line by line" in text) is sees
    assert 'name="verdict-' not in text
    assert reverse("claim-recommend", args=[claim.public_id]) not in text


def test_the_page_costs_the_same_however_many_people_are_in_the_claim(client_of):
    small, large = submitted_claim((True,)), submitted_claim((True, True, False, True))
    counts = []
    for claim in (small, large):
        client = client_of(reviewer_of(claim))
        client.get(detail(claim))
        with CaptureQueriesContext(connection) as seen:
            client.get(detail(claim))
        counts.append(len(seen))

    # Two of them count what waits for the person, which a portal at work keeps for some seconds.
    assert counts == [13, 13]


# ── Lines ────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_line_is_accepted_and_another_refused_in_one_go(page, claim):
    accepted, refused = lines_of(claim)
    entered = {
        f"verdict-{accepted.pk}": "ACCEPTED",
        f"verdict-{refused.pk}": LineRefusal.OTHER,
        f"note-{refused.pk}": "Never seen there.",
    }

    response = send(page, "claim-lines-review", claim, **entered)

    assert response.url == f"{detail(claim)}#review"
    reviews = LineReview.objects.order_by("line__line_number")
    assert [(each.verdict, each.reason_code, each.note) for each in reviews] == [
        (LineVerdict.ACCEPTED, "", ""),
        (LineVerdict.REFUSED, LineRefusal.OTHER, "Never seen there."),
    ]
    assert "Another reason · Never seen there." in text_of(page, claim)


def test_lines_that_are_not_whole_come_back_as_filled_in(page, claim):
    first, second = lines_of(claim)
    entered = {
        f"verdict-{first.pk}": LineRefusal.OTHER,
        f"note-{first.pk}": "",
        f"verdict-{second.pk}": "",
        f"note-{second.pk}": "What of her?",
    }

    response = send(page, "claim-lines-review", claim, **entered)

    text = plain(response)
    assert response.status_code == ASKED_AGAIN
    assert "Say in words why the line is refused." in text
    assert "Say whether you accept or refuse the line." in text
    assert '<option value="OTHER" selected>' in text
    assert 'value="What of her?"' in text
    assert not LineReview.objects.exists()


def test_a_form_in_which_nothing_is_said_says_so(page, claim):
    response = send(page, "claim-lines-review", claim, **{f"verdict-{lines_of(claim)[0].pk}": ""})

    assert response.status_code == ASKED_AGAIN
    assert "Say something of at least one line." in plain(response)


def test_what_was_said_is_kept_for_a_line_that_has_changed_meanwhile(page, claim):
    seen = lines_of(claim)
    Enrollment.objects.filter(pk=seen[1].enrollment_id).update(
        status=EnrollmentStatus.NOT_COMPLETED, completed_at=None
    )
    reckoned_anew(claim)
    entered = {f"verdict-{seen[1].pk}": "ACCEPTED", f"verdict-{seen[0].pk}": LineRefusal.COST_NOT_PROVED}

    response = send(page, "claim-lines-review", claim, **entered)

    text = plain(response)
    assert response.status_code == ASKED_AGAIN
    assert "Line 2 has changed since you looked at it." in text
    assert f'name="verdict-{lines_of(claim)[0].pk}"' in text
    assert '<option value="COST_NOT_PROVED" selected>' in text
    assert not LineReview.objects.exists()


def test_a_line_of_another_claim_is_refused(page, claim):
    other = lines_of(submitted_claim((True,)))[0]

    response = send(page, "claim-lines-review", claim, **{f"verdict-{other.pk}": "ACCEPTED"})

    assert response.status_code == ASKED_AGAIN
    assert "This line is of another claim." in plain(response)


def test_what_nothing_is_flagged_on_is_accepted_at_a_stroke(page, claim):
    response = send(page, "claim-lines-accept", claim, reckoning=fresh(claim).reckoning_id)

    assert response.url == f"{detail(claim)}#review"
    assert LineReview.objects.filter(verdict=LineVerdict.ACCEPTED).count() == 2
    assert "2 lines are accepted." in text_of(page, claim)


@pytest.mark.parametrize("reckoning", ["", "x", "0", "9" * 30])
def test_a_claim_that_was_reckoned_anew_is_looked_at_before_it_is_accepted(page, claim, reckoning):
    assert send(page, "claim-lines-accept", claim, reckoning=reckoning).status_code == 409
    assert not LineReview.objects.exists()


# ── Questions ────────────────────────────────────────────────────────────────────────────────────────────
def test_the_institution_is_asked_about_a_person_and_its_answer_is_read(page, claim):
    person = lines_of(claim)[0].enrollment_id

    response = send(page, "claim-ask", claim, about=person, question="Who taught her?")

    assert response.url == f"{detail(claim)}#review"
    question = ClaimQuery.objects.get()
    assert (question.enrollment_id, question.question) == (person, "Who taught her?")
    assert "Not answered yet." in text_of(page, claim)
    answered(question)
    assert "Our trainer Li." in text_of(page, claim)


@pytest.mark.parametrize(
    ("entered", "what_is_wrong"),
    [
        ({"about": "", "question": " "}, "This field is required."),
        ({"about": "999999", "question": "Who taught her?"}, "Select a valid choice."),
        ({"about": "", "question": "\u200b"}, "Write down what you ask."),
    ],
)
def test_a_question_that_is_none_comes_back_as_filled_in(page, claim, entered, what_is_wrong):
    response = send(page, "claim-ask", claim, **entered)

    text = plain(response)
    assert response.status_code == ASKED_AGAIN
    assert what_is_wrong in text
    assert entered["question"].strip() in text
    assert not ClaimQuery.objects.exists()


# ── What the district says ───────────────────────────────────────────────────────────────────────────────
def test_before_it_can_be_recommended_the_page_says_what_is_missing(page, claim):
    asked(claim)
    ClaimEvidenceFactory(training_class=claim.training_class, infected=True)

    text = text_of(page, claim)

    assert "2 lines have not been looked at." in text
    assert "1 question waits for the institution." in text
    assert "A file of this claim is infected." in text
    assert reverse("claim-recommend", args=[claim.public_id]) not in text


def test_a_claim_is_recommended_and_the_next_one_opens(page, claim, reviewer):
    another = SubsidyClaimFactory(submitted=True, district=claim.district)
    accept_all(claim, reviewer)
    sha256 = page_of(claim)
    assert sha256 in text_of(page, claim)

    response = send(page, "claim-recommend", claim, sha256=sha256)

    assert response.url == detail(another)
    assert fresh(claim).status == ClaimStatus.RECOMMENDED


def test_behind_the_last_claim_the_queue_opens(page, claim, reviewer):
    accept_all(claim, reviewer)

    assert send(page, "claim-recommend", claim, sha256=page_of(claim)).url == reverse("claim-queue")


def test_what_was_not_looked_at_is_not_recommended(page, claim):
    response = send(page, "claim-recommend", claim, sha256=page_of(claim))

    assert response.status_code == ASKED_AGAIN
    assert "2 lines were not looked at, or have changed since." in plain(response)
    assert fresh(claim).status == ClaimStatus.SUBMITTED


@pytest.mark.parametrize(
    ("route", "status"), [("claim-return", ClaimStatus.RETURNED), ("claim-refuse", ClaimStatus.REFUSED)]
)
def test_a_claim_is_given_back_or_refused_for_a_reason(page, claim, route, status):
    response = send(page, route, claim, reason="The receipts cannot be read.")

    assert response.url == reverse("claim-queue")
    assert (fresh(claim).status, fresh(claim).status_reason) == (status, "The receipts cannot be read.")


@pytest.mark.parametrize("route", ["claim-return", "claim-refuse"])
@pytest.mark.parametrize("reason", ["", "\u200b"])
def test_without_a_reason_the_form_comes_back_open(page, claim, route, reason):
    response = send(page, route, claim, reason=reason)

    assert response.status_code == ASKED_AGAIN
    assert '<details class="act" open>' in plain(response)
    assert fresh(claim).status == ClaimStatus.SUBMITTED


# ── Who may not ──────────────────────────────────────────────────────────────────────────────────────────
ACTS = (
    "claim-lines-review",
    "claim-lines-accept",
    "claim-ask",
    "claim-recommend",
    "claim-return",
    "claim-refuse",
)


@pytest.mark.parametrize("route", ACTS)
def test_nothing_is_said_of_a_claim_that_is_with_the_municipal_bureau(client_of, route):
    claim = SubsidyClaimFactory(recommended=True)
    client = client_of(reviewer_of(claim))
    entered = {"question": "Why?", "reason": "Why?", "sha256": "0" * 64, "verdict-1": "ACCEPTED"}

    assert send(client, route, claim, **entered).status_code == 409


@pytest.mark.parametrize("route", ACTS)
def test_the_institution_and_the_municipal_bureau_review_nothing(client_of, claim, route):
    entered = {"question": "Why?", "reason": "Why?", "sha256": "0" * 64, "verdict-1": "ACCEPTED"}

    for user in (institution_user(claim.training_class), UserFactory(municipal_reviewer=True)):
        assert send(client_of(user), route, claim, **entered).status_code == 403


def test_a_form_that_comes_after_somebody_else_was_faster_says_so(page, claim, reviewer):
    send(page, "claim-return", claim, reason="The receipts cannot be read.")

    response = send(page, "claim-refuse", claim, reason="")

    assert response.url == detail(claim)
    assert "This claim does not wait for you any more." in text_of(page, claim)
