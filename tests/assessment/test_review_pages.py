from datetime import timedelta

import pytest
from django.urls import reverse

from assessment.enums import Outcome, ReviewKind, ReviewStatus
from assessment.models import MarkReview
from tests.assessment.corrections import (
    CERTIFICATE,
    FAIL,
    PASS,
    candidate_of,
    corrected,
    page_of,
    recent_result,
    result_of,
)
from tests.clock import NOW
from tests.factories.assessment import (
    AttemptCorrectionFactory,
    AttemptFactory,
    CertificateRevocationFactory,
    LevelCertificateFactory,
    MarkReviewFactory,
    SessionCandidateFactory,
)
from tests.factories.institutions import UserFactory

pytestmark = pytest.mark.django_db


# ── The candidate's page ─────────────────────────────────────────────────────────────────────────────────
def test_page_shows_the_chain_with_what_was_corrected_and_why(reviewer):
    attempt = result_of()
    corrected(attempt, FAIL)

    text = page_of(reviewer, attempt).content.decode()

    assert "<s>41.0</s>" in text
    assert ">44.0<" in text
    assert f"proposed by {attempt.session.filed_by}, approved by" in text
    assert ": A page was not counted." in text


def test_bureau_reads_a_masked_person(reviewer):
    attempt = result_of(enrollment__trainee__name="欧阳修远")

    text = page_of(reviewer, attempt).content.decode()

    assert attempt.trainee.id_number not in text
    assert attempt.trainee.mobile not in text
    assert "欧阳修远" not in text


def test_own_institution_reads_the_name_and_no_number(signed_in):
    attempt = result_of(enrollment__trainee__name="欧阳修远")

    text = page_of(signed_in(attempt.session.filed_by), attempt).content.decode()

    assert "欧阳修远" in text
    assert attempt.trainee.id_number not in text


def test_page_of_a_candidate_without_results(reviewer):
    candidate = SessionCandidateFactory(admitted=True)

    response = reviewer.get(reverse("candidate-detail", args=[candidate.public_id]))

    assert "No result of this candidate has been recorded." in response.content.decode()


def test_result_belongs_to_the_row_that_was_admitted(reviewer):
    attempt = result_of()
    removed = SessionCandidateFactory(
        session=attempt.session,
        enrollment=attempt.enrollment,
        removed_by=attempt.session.filed_by,
        removed_at=NOW,
    )

    text = reviewer.get(reverse("candidate-detail", args=[removed.public_id])).content.decode()

    assert "No result of this candidate has been recorded." in text
    assert "Taken off at" in text


@pytest.mark.parametrize(
    ("what", "why"),
    [
        (lambda attempt: MarkReviewFactory(attempt=attempt), "Mark review, open since 2026-09-30."),
        (
            lambda attempt: AttemptCorrectionFactory(attempt=attempt, outcome=Outcome.FAILED),
            "A correction of the result waits for the municipal bureau.",
        ),
        (
            lambda attempt: CertificateRevocationFactory(
                certificate=LevelCertificateFactory(attempt=attempt, number="CERT-ONE")
            ),
            "The revocation of certificate CERT-ONE waits for its decision.",
        ),
        (
            lambda attempt: MarkReviewFactory(
                attempt=AttemptFactory(
                    session__occupation=attempt.session.occupation, enrollment=attempt.enrollment
                )
            ),
            "Something about this person is in question.",
        ),
    ],
    ids=["review", "correction", "revocation", "elsewhere"],
)
def test_page_says_what_is_frozen_and_why(reviewer, what, why):
    attempt = result_of(failed=False)
    what(attempt)

    text = page_of(reviewer, attempt).content.decode()

    assert "nothing is decided or paid for this person" in text
    assert why in text


def test_page_of_a_person_who_is_not_frozen_says_nothing_of_it(reviewer):
    assert (
        "nothing is decided or paid"
        not in page_of(reviewer, result_of(failed=False)).content.decode().split("<details")[0]
    )


def test_certificates_lead_to_their_pages(reviewer):
    certificate = LevelCertificateFactory(attempt=result_of(failed=False))

    text = page_of(reviewer, certificate.attempt).content.decode()

    assert reverse("level-certificate-detail", args=[certificate.public_id]) in text


def test_cost_of_the_page_does_not_grow_with_the_chain(reviewer, django_assert_max_num_queries):
    attempt = result_of()
    for result in (FAIL, PASS, FAIL, PASS):
        number = f"CQ-2026-{attempt.pk % 10000:04d}"
        certificate = {**CERTIFICATE, "certificate_number": number} if result is PASS else {}
        attempt = corrected(attempt, result, **certificate)

    with django_assert_max_num_queries(20):
        page_of(reviewer, attempt)


# ── Reviews ──────────────────────────────────────────────────────────────────────────────────────────────
def test_institution_takes_down_a_review(signed_in):
    attempt = recent_result()
    url = reverse("review-open", args=[candidate_of(attempt).public_id])

    response = signed_in(attempt.session.filed_by).post(
        url, {"kind": ReviewKind.REVIEW, "reason": "A second page."}
    )

    assert response.url == reverse("candidate-detail", args=[candidate_of(attempt).public_id])
    assert MarkReview.objects.get().attempt == attempt


def test_form_offers_what_one_may_open_today(signed_in, reviewer):
    late, recent = result_of(recorded_at=NOW - timedelta(days=300)), recent_result()

    def kinds(client, attempt):
        form = page_of(client, attempt).context["review_form"]
        return None if form is None else [value for value, _ in form.fields["kind"].choices if value]

    assert kinds(reviewer, recent) == [ReviewKind.REVIEW, ReviewKind.APPEAL]
    assert kinds(reviewer, late) == [ReviewKind.APPEAL]
    assert kinds(signed_in(recent.session.filed_by), recent) == [ReviewKind.REVIEW]
    assert kinds(signed_in(late.session.filed_by), late) is None


def test_where_no_policy_says_a_day_only_an_appeal_is_offered(reviewer):
    attempt = AttemptFactory(failed=True)

    form = page_of(reviewer, attempt).context["review_form"]

    assert [value for value, _label in form.fields["kind"].choices if value] == [ReviewKind.APPEAL]


def test_empty_reason_comes_back_with_the_page(reviewer):
    attempt = recent_result()

    response = reviewer.post(
        reverse("review-open", args=[candidate_of(attempt).public_id]),
        {"kind": ReviewKind.REVIEW, "reason": "\u200b"},
    )

    assert response.status_code == 422
    assert "Say what the candidate asks for." in response.content.decode()


def test_second_review_comes_back_with_the_page(reviewer):
    attempt = recent_result()
    MarkReviewFactory(attempt=attempt)

    response = reviewer.post(
        reverse("review-open", args=[candidate_of(attempt).public_id]),
        {"kind": ReviewKind.APPEAL, "reason": "A second page."},
    )

    assert (response.status_code, MarkReview.objects.count()) == (422, 1)
    assert "A review of this result is open already." in response.content.decode()


def test_review_is_closed_on_the_page(reviewer):
    review = MarkReviewFactory()

    reviewer.post(reverse("review-close", args=[review.public_id]), {"note": "Counted again."})

    review.refresh_from_db()
    assert (review.status, review.closing_note) == (ReviewStatus.CLOSED, "Counted again.")


def test_review_without_an_explanation_comes_back_with_the_page(reviewer):
    review = MarkReviewFactory()

    response = reviewer.post(reverse("review-close", args=[review.public_id]), {"note": "\u200b"})

    assert response.status_code == 422
    assert "Say why the result stands." in response.content.decode()


@pytest.mark.parametrize("route", ["review-open", "correction-propose"])
def test_address_of_a_form_leads_to_the_candidate(reviewer, route):
    public_id = candidate_of(result_of()).public_id

    assert reviewer.get(reverse(route, args=[public_id])).url == reverse("candidate-detail", args=[public_id])


def test_address_of_the_closing_leads_to_the_candidate(reviewer):
    review = MarkReviewFactory()

    response = reviewer.get(reverse("review-close", args=[review.public_id]))

    assert response.url == reverse("candidate-detail", args=[candidate_of(review.attempt).public_id])


def test_list_shows_what_is_open_first(reviewer):
    open_review = MarkReviewFactory(reason="A second page.")
    MarkReviewFactory(
        reason="An old story.",
        status=ReviewStatus.CLOSED,
        finding="UPHELD",
        closing_note="Counted.",
        closed_by=UserFactory(municipal_reviewer=True),
        closed_at=NOW,
    )

    waiting = reviewer.get(reverse("review-list")).content.decode()
    everything = reviewer.get(reverse("review-list"), {"show": "all"}).content.decode()

    assert reverse("candidate-detail", args=[candidate_of(open_review.attempt).public_id]) in waiting
    assert ("An old story." in waiting, "An old story." in everything) == (False, True)
