"""An institution's claims on screen: the list, one claim with its curve and checks, and what it does with them."""

from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from assessment.models import LevelCertificate
from enrollment.models import Enrollment
from institutions.models import User
from subsidies.enums import AdvanceBasis, ClaimStatus
from subsidies.models import Advance, SubsidyClaim
from subsidies.services.advances import AdvanceEntry, record_advance, withdraw_advance
from subsidies.services.claim_sweeps import reckon_due_claims
from subsidies.services.claims import submit_claim
from tests.clock import NOW
from tests.factories.claim_payments import batch_of_claims
from tests.factories.claim_reviews import fresh
from tests.factories.claims import (
    ClaimQueryFactory,
    SubsidyClaimFactory,
    class_with_results,
    institution_user,
    open_training,
    ready_to_submit,
)
from tests.factories.enrollment import TrainingClassFactory
from tests.factories.institutions import UserFactory
from tests.factories.nettings import real_paid_claim
from tests.subsidies.histories import revoke

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _today(monkeypatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def claim() -> SubsidyClaim:
    """A claim of three people, of whom two passed, of which nothing is missing."""
    open_training()
    return ready_to_submit((True, True, False))


@pytest.fixture
def manager(claim: SubsidyClaim) -> User:
    return institution_user(claim.training_class)


def browser_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    client.cookies["django_language"] = "en"
    return client


def page_of(user: User, claim: SubsidyClaim) -> str:
    return browser_of(user).get(reverse("claim-detail", args=[claim.public_id])).content.decode()


def answer_to(user: User, route: str, row: object, form: dict[str, object] | None = None):
    return browser_of(user).post(reverse(route, args=[row.public_id]), form or {})


# ── The list ─────────────────────────────────────────────────────────────────────────────────────────────
def test_list_says_what_the_institution_is_owed_and_since_when(claim, manager):
    text = browser_of(manager).get(reverse("claim-list")).content.decode()

    assert "You are owed ¥40,000.00, the oldest of it since 116 days. Classes: 1." in text
    assert claim.reference in text
    assert "2 / 3" in text


def test_list_is_narrowed_to_a_status(claim, manager):
    client = browser_of(manager)

    found = client.get(reverse("claim-list"), {"status": "OPEN"}).content.decode()
    nothing = client.get(reverse("claim-list"), {"status": "CONFIRMED"}).content.decode()

    assert claim.reference in found
    assert claim.reference not in nothing


def test_list_is_searched_by_how_a_reference_begins(claim, manager):
    client = browser_of(manager)

    found = client.get(reverse("claim-list"), {"q": claim.reference}).content.decode()
    nothing = client.get(reverse("claim-list"), {"q": f"{claim.reference}9"}).content.decode()

    url = reverse("claim-detail", args=[claim.public_id])
    assert url in found
    assert url not in nothing


def test_nobody_waits_for_a_claim_that_was_paid():
    paid = fresh(real_paid_claim())
    client = browser_of(institution_user(paid.training_class))

    (row,) = client.get(reverse("claim-list")).context["rows"]
    page = client.get(reverse("claim-detail", args=[paid.public_id]))

    assert (row["waits"], page.context["waits"]) == ("", "")


def test_a_paid_claim_leads_to_the_statement_of_the_month_in_which_it_was_paid():
    claim = real_paid_claim()
    month = timezone.localtime(claim.payments.get(status="PAID").paid_at).strftime("%Y-%m")
    path = f"{reverse('claim-statement')}?month={month}&amp;institution={claim.institution.public_id}"
    manager = institution_user(claim.training_class)

    assert f'href="{path}"' in page_of(manager, claim)
    assert f'href="{path}"' in page_of(UserFactory(municipal_reviewer=True), claim)
    statement = browser_of(manager).get(path.replace("&amp;", "&"))
    assert claim.reference in statement.content.decode()


def test_a_claim_that_is_not_paid_leads_to_no_statement(claim, manager):
    assert "statement/?month" not in page_of(manager, claim)


def test_list_of_another_institution_says_nothing_of_it(claim):
    other = institution_user(class_with_results(True))

    text = browser_of(other).get(reverse("claim-list")).content.decode()

    assert claim.reference not in text
    assert "You are owed" not in text


def test_list_offers_completed_classes_without_a_claim(claim):
    waiting = class_with_results(True, institution=claim.institution)

    text = browser_of(institution_user(waiting)).get(reverse("claim-list")).content.decode()

    assert reverse("claim-open", args=[waiting.public_id]) in text
    assert reverse("claim-open", args=[claim.training_class.public_id]) not in text


def test_list_leads_to_the_costs_of_a_class_that_still_runs(claim, manager):
    running = TrainingClassFactory(running=True, institution=claim.institution)

    text = browser_of(manager).get(reverse("claim-list")).content.decode()

    assert reverse("class-advances", args=[running.public_id]) in text
    assert reverse("claim-open", args=[running.public_id]) not in text


def test_list_says_that_the_institution_was_asked_something(claim, manager):
    submit_claim(claim_id=claim.pk, submitter=manager, now=NOW)
    client = browser_of(manager)
    before = client.get(reverse("claim-list")).content.decode()

    ClaimQueryFactory(claim=claim)

    assert "The district" in before
    assert "The institution: it was asked something" in client.get(reverse("claim-list")).content.decode()


def test_list_costs_the_same_however_many_claims_there_are(claim, manager, django_assert_max_num_queries):
    client = browser_of(manager)
    for _ in range(3):
        ready = ready_to_submit_of(claim)
        assert ready.institution == claim.institution

    with django_assert_max_num_queries(16):
        client.get(reverse("claim-list"))


def ready_to_submit_of(claim: SubsidyClaim) -> SubsidyClaim:
    """Return another open claim of the same institution."""
    training_class = class_with_results(True, institution=claim.institution)
    return SubsidyClaimFactory(training_class=training_class)


@pytest.mark.parametrize(
    ("role", "start", "place"),
    [
        ("training_manager", "class-list", "claim-list"),
        ("district_reviewer", "class-list", "claim-list"),
        ("municipal_reviewer", "certificate-list", "claim-queue"),
    ],
)
def test_menu_shows_every_office_its_way_to_the_claims(claim, role, start, place):
    offices = {"training_manager": {"institution": claim.institution}}
    offices["district_reviewer"] = {"district": claim.district}
    user = UserFactory(**{role: True}, **offices.get(role, {}))

    text = browser_of(user).get(reverse(start)).content.decode()

    assert f'href="{reverse(place)}"' in text


# ── One claim ────────────────────────────────────────────────────────────────────────────────────────────
def test_page_shows_the_way_to_the_sum(claim, manager):
    text = page_of(manager, claim)

    assert "¥1,600.08" in text
    assert "2 / 3 = 66.67%" in text
    assert "0.6667" in text


def test_page_draws_the_curve_with_the_class_on_it_and_says_it_in_words(claim, manager):
    text = page_of(manager, claim)

    assert '<polyline class="curve-line"' in text
    assert "The class stands at a pass rate of 66.67% and a factor of 66.67%." in text
    assert "Bends of the pass-rate curve" in text


def test_page_says_what_more_passes_would_have_meant(claim, manager):
    text = page_of(manager, claim)

    assert "1 more pass would have meant a factor of 100% and ¥2,400.00: ¥799.92 more." in text


def test_page_says_why_somebody_does_not_count(claim, manager):
    leaver = Enrollment.objects.filter(training_class=claim.training_class).first()
    line = claim.reckoning.lines.get(enrollment=leaver)

    text = page_of(manager, claim)

    assert f'id="line-{line.line_number}"' in text
    assert "The person completed the training." in text


def test_bureau_reads_masked_names_and_the_institution_whole_ones(claim, manager):
    name = claim.reckoning.lines.first().enrollment.trainee.name
    district = UserFactory(district_reviewer=True, district=claim.district)

    assert name in page_of(manager, claim)
    assert name not in page_of(district, claim)


def test_page_costs_the_same_however_many_people_there_are(claim, django_assert_max_num_queries):
    larger = ready_to_submit((True,) * 9)

    for each in (claim, larger):
        client = browser_of(institution_user(each.training_class))
        with django_assert_max_num_queries(24):
            client.get(reverse("claim-detail", args=[each.public_id]))


def test_road_goes_down_to_the_instruction_to_the_bank():
    batch = batch_of_claims()
    claim = SubsidyClaim.objects.get()

    text = page_of(institution_user(claim.training_class), claim)

    assert "Payment attempt 1" in text
    assert f"sent in batch {batch.reference}" in text
    # Batches are the municipal bureau's.
    assert reverse("batch-detail", args=[batch.public_id]) not in text
    assert "Take the claim back" not in text


def test_another_institution_finds_no_such_claim(claim):
    other = UserFactory(training_manager=True)

    response = browser_of(other).get(reverse("claim-detail", args=[claim.public_id]))

    assert response.status_code == 404


# ── Handing in ───────────────────────────────────────────────────────────────────────────────────────────
def test_what_is_missing_has_a_way_to_it():
    open_training()
    training_class = class_with_results(True, True)
    manager = institution_user(training_class)
    answer_to(manager, "claim-open", training_class)
    claim = SubsidyClaim.objects.get()

    text = page_of(manager, claim)

    costs = reverse("class-advances", args=[training_class.public_id])
    assert f'<a href="{costs}#advance">Say what it cost</a>' in text
    assert f'<a href="{costs}#evidence">Hand in a receipt</a>' in text
    assert f'<a href="{reverse("institution-account")}">Our account</a>' in text
    assert reverse("claim-submit", args=[claim.public_id]) not in text


def test_a_claim_can_be_handed_in_as_soon_as_its_costs_are_recorded():
    open_training()
    claim = ready_to_submit()
    advance, manager = Advance.objects.get(), institution_user(claim.training_class)
    withdraw_advance(advance_id=advance.pk, withdrawer=manager, reason="Counted twice.", now=NOW)
    without = page_of(manager, claim)
    entry = AdvanceEntry(AdvanceBasis.PER_CLASS, Decimal("1000.00"), NOW.date())

    record_advance(class_id=claim.training_class_id, entry=entry, recorder=manager, now=NOW)

    assert "Hand in for" not in without
    # No worker has looked at it in between.
    assert "Hand in for ¥1,000.00" in page_of(manager, claim)


def test_claim_is_handed_in_from_its_page(claim, manager):
    assert "Hand in for ¥1,600.08" in page_of(manager, claim)

    response = answer_to(manager, "claim-submit", claim)

    claim.refresh_from_db()
    assert response.status_code == 302
    assert claim.status == ClaimStatus.SUBMITTED
    assert "Hand in for" not in page_of(manager, claim)


def test_refused_submission_comes_back_to_the_page_with_its_reason(claim, manager):
    claim.training_class.institution.accounts.all().update(replaced_at=NOW)

    response = answer_to(manager, "claim-submit", claim)

    assert response.status_code == 422
    assert "The municipal bureau has not approved an account" in response.content.decode()


def test_claim_is_taken_back_for_a_reason(claim, manager):
    empty = answer_to(manager, "claim-withdraw", claim, {"withdrawal-reason": " "})
    done = answer_to(manager, "claim-withdraw", claim, {"withdrawal-reason": "Opened too early."})

    claim.refresh_from_db()
    assert (empty.status_code, done.status_code) == (422, 302)
    assert (claim.status, claim.status_reason) == (ClaimStatus.WITHDRAWN, "Opened too early.")
    assert "Take the claim back" not in page_of(manager, claim)


def test_answer_to_a_question_comes_back_as_typed_if_it_is_too_long(claim, manager):
    submit_claim(claim_id=claim.pk, submitter=manager, now=NOW)
    question = ClaimQueryFactory(claim=claim)

    refused = answer_to(manager, "claim-answer", question, {"answer-answer": "x" * 2001})
    done = answer_to(manager, "claim-answer", question, {"answer-answer": "Our trainer Li."})

    question.refresh_from_db()
    assert (refused.status_code, done.status_code) == (422, 302)
    assert "x" * 2001 in refused.content.decode()
    assert question.answer == "Our trainer Li."


# ── Opening early ────────────────────────────────────────────────────────────────────────────────────────
def test_opening_early_says_how_many_may_still_pass():
    open_training(cut_off_days=200)
    training_class = class_with_results(True, False, False)
    manager = institution_user(training_class)

    text = browser_of(manager).get(reverse("claim-open", args=[training_class.public_id])).content.decode()

    assert "The results of 2 people may still change" in text


def test_opening_leads_to_the_claim_and_a_second_time_too():
    open_training()
    training_class = class_with_results(True, False)
    manager = institution_user(training_class)

    first = answer_to(manager, "claim-open", training_class)
    second = answer_to(manager, "claim-open", training_class)

    claim = SubsidyClaim.objects.get()
    assert first.url == second.url == reverse("claim-detail", args=[claim.public_id])


def test_refused_opening_comes_back_with_its_reason():
    training_class = class_with_results(True)

    response = answer_to(institution_user(training_class), "claim-open", training_class)

    assert response.status_code == 422
    assert "No approved training policy covers" in response.content.decode()


def test_nobody_of_a_bureau_opens_a_claim():
    open_training()
    training_class = class_with_results(True)
    reviewer = UserFactory(district_reviewer=True, district=training_class.district)

    assert answer_to(reviewer, "claim-open", training_class).status_code == 403
    assert not SubsidyClaim.objects.exists()


def test_what_changed_under_review_is_said_in_the_language_of_whoever_reads_it(claim, manager):
    submit_claim(claim_id=claim.pk, submitter=manager, now=NOW)
    revoke(LevelCertificate.objects.first())
    SubsidyClaim.objects.update(reckoning_due_at=NOW)
    reckon_due_claims(now=NOW)

    english = page_of(manager, claim)
    chinese = Client()
    chinese.force_login(manager)
    page = chinese.get(reverse("claim-detail", args=[claim.public_id])).content.decode()

    assert "It came to something else" in english
    assert "What it rests on changed while it was under review." in english
    assert "What it rests on" not in page
    assert "核算结果有变化" in page
