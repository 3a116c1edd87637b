import pytest
from django.urls import reverse

from assessment.models import AttemptCorrection
from tests.assessment.corrections import CERTIFICATE, FAIL, PASS, candidate_of, page_of, proposed, result_of
from tests.factories.assessment import (
    AssessmentSessionFactory,
    AttemptCorrectionFactory,
    AttemptFactory,
    MarkReviewFactory,
)
from tests.factories.institutions import UserFactory

pytestmark = pytest.mark.django_db


# ── Corrections ──────────────────────────────────────────────────────────────────────────────────────────
def test_institution_proposes_a_correction(signed_in):
    attempt = result_of()

    response = signed_in(attempt.session.filed_by).post(
        reverse("correction-propose", args=[candidate_of(attempt).public_id]),
        {
            "correction-outcome": "PASSED",
            "correction-theory_score": "80",
            "correction-practice_score": "64.5",
            "correction-certificate_number": "CQ-2026-0001",
            "correction-certificate_issued_on": "2026-07-20",
            "correction-reason": "A page was not counted.",
        },
    )

    correction = AttemptCorrection.objects.get()
    assert response.status_code == 302
    assert (correction.outcome, correction.certificate_number) == ("PASSED", "CQ-2026-0001")


def test_form_begins_with_the_result_as_it_is(signed_in):
    attempt = result_of()

    form = page_of(signed_in(attempt.session.filed_by), attempt).context["correction_form"]

    assert (form["outcome"].value(), form["practice_score"].value()) == ("FAILED", attempt.practice_score)


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ({"correction-outcome": "PASSED"}, "A pass needs at least 60.0 in theory and 60.0 in practice."),
        ({}, "This is the result already."),
        ({"correction-outcome": "PASSED", "correction-practice_score": "70"}, "number and date are required"),
    ],
)
def test_correction_that_cannot_be_comes_back_with_the_page(signed_in, cells, words):
    attempt = result_of()
    as_it_is = {
        "correction-outcome": "FAILED",
        "correction-theory_score": "80.0",
        "correction-practice_score": "41.0",
        "correction-reason": "A page.",
    }

    response = signed_in(attempt.session.filed_by).post(
        reverse("correction-propose", args=[candidate_of(attempt).public_id]), {**as_it_is, **cells}
    )

    assert response.status_code == 422
    assert words in response.content.decode()


def test_certificate_is_asked_for_only_where_the_institution_would_number_one(signed_in):
    failed, passed = result_of(), AttemptFactory(session__recorded=True)
    portal = AssessmentSessionFactory(recorded=True, certificate_origin="PORTAL")
    by_portal = AttemptFactory(session=portal, failed=True)

    def asks(attempt):
        form = page_of(signed_in(attempt.session.filed_by), attempt).context["correction_form"]
        return "certificate_number" in form.fields

    assert [asks(attempt) for attempt in (failed, passed, by_portal)] == [True, False, False]


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ({"failed": False}, FAIL, "the certificate is revoked"),
        ({}, FAIL, "no certificate changes"),
        ({"origin": "PORTAL"}, PASS, "the portal issues a certificate"),
    ],
)
def test_whoever_decides_reads_what_follows(reviewer, before, after, words):
    correction = proposed(result_of(**before), after)

    text = reviewer.get(reverse("correction-detail", args=[correction.public_id])).content.decode()

    assert words in text


def test_whoever_decides_reads_the_number_that_is_recorded(reviewer):
    correction = proposed(result_of(), PASS, **CERTIFICATE)

    text = reviewer.get(reverse("correction-detail", args=[correction.public_id])).content.decode()

    assert "certificate CQ-2026-0001 of 2026-10-19 is recorded" in text


def test_whoever_opened_the_review_is_offered_no_approval(signed_in):
    opener = UserFactory(municipal_reviewer=True)
    review = MarkReviewFactory(opened_by=opener)
    correction = AttemptCorrectionFactory(attempt=review.attempt, review=review)

    text = signed_in(opener).get(reverse("correction-detail", args=[correction.public_id])).content.decode()

    assert "somebody else has to approve" in text
    assert "A page was not counted." in text
    assert ">Approve<" not in text


def test_reviewer_approves_and_goes_back_to_what_waits(reviewer):
    correction = AttemptCorrectionFactory()

    response = reviewer.post(reverse("correction-approve", args=[correction.public_id]), {"reason": ""})

    correction.refresh_from_db()
    assert (response.url, correction.status) == (reverse("correction-list"), "APPROVED")


def test_reviewer_refuses_with_a_reason(reviewer):
    correction = AttemptCorrectionFactory()

    reviewer.post(
        reverse("correction-refuse", args=[correction.public_id]), {"reason": "The sheet is right."}
    )

    text = reviewer.get(reverse("correction-detail", args=[correction.public_id])).content.decode()
    assert "The sheet is right." in text
    assert "no certificate changes" not in text


def test_list_of_corrections_shows_both_results(reviewer):
    correction = AttemptCorrectionFactory(attempt=result_of())

    text = reviewer.get(reverse("correction-list")).content.decode()

    assert reverse("correction-detail", args=[correction.public_id]) in text
    assert "80.0 / 41.0" in text
    assert "80.0 / 44.0" in text
