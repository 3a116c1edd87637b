"""The road of a certificate leads back to the roster file, also for somebody who changed classes on the way."""

from datetime import date

import pytest
from django.urls import reverse
from django.utils.translation import override

from assessment.enums import Outcome
from enrollment.enums import EnrollmentStatus
from institutions.enums import Role
from subsidies.dossier import certificate_dossier
from subsidies.services.decisions import decide_due_certificates
from tests.clock import NOW
from tests.factories.assessment import AttemptFactory
from tests.factories.enrollment import EnrollmentFactory, TraineeFactory
from tests.factories.subsidies import decision_on, due_certificate, open_programme
from tests.subsidies.histories import correct

pytestmark = pytest.mark.django_db


def certificate_after_a_transfer():
    former = EnrollmentFactory(status=EnrollmentStatus.TRANSFERRED, left_at=NOW)
    certificate = due_certificate(
        attempt__enrollment__trainee=former.trainee,
        attempt__enrollment__roster_row=None,
        attempt__enrollment__transferred_from=former,
    )
    return certificate, former


def test_road_begins_at_the_row_that_enrolled_the_person():
    certificate = due_certificate()
    enrollment = certificate.attempt.enrollment

    training = certificate_dossier(certificate).training

    assert (training.roster_row, training.enrollment) == (enrollment.roster_row, enrollment)


def test_road_leads_back_through_a_transfer():
    certificate, former = certificate_after_a_transfer()

    training = certificate_dossier(certificate).training

    assert (training.roster_row, training.roster_upload) == (former.roster_row, former.roster_row.upload)
    assert training.enrollment == certificate.attempt.enrollment


def test_page_of_such_a_certificate_names_the_roster_file(client_as):
    certificate, former = certificate_after_a_transfer()

    response = client_as(Role.MUNICIPAL_REVIEWER).get(
        reverse("certificate-detail", args=[certificate.public_id])
    )

    assert response.status_code == 200
    assert former.roster_row.upload.file_name in response.content.decode()


# ── What the first pass was derived from ─────────────────────────────────────────────────────────────────
def page_of(client, certificate):
    client.cookies["django_language"] = "en"
    response = client.get(reverse("certificate-detail", args=[certificate.public_id]))
    assert response.status_code == 200
    return response.content.decode()


def certificate_after_other_sittings():
    open_programme(first_pass_scope="OCCUPATION")
    certificate = due_certificate()
    own = certificate.attempt
    for day, words in (
        (date(2026, 3, 7), {"failed": True}),
        (date(2026, 4, 4), {"absent": True}),
        (date(2026, 8, 8), {}),
    ):
        AttemptFactory(
            **words,
            session__held_on=day,
            session__occupation=own.session.occupation,
            enrollment=None,
            trainee=own.trainee,
        )
    AttemptFactory(session__held_on=date(2026, 5, 9), enrollment=None, trainee=own.trainee)
    decide_due_certificates(now=NOW)
    return certificate


WORDS = [
    "Earlier, but no pass, and so does not count",
    "Absent, so that it is no sitting",
    "Outside what the first pass is counted over",
    "The sitting of this certificate",
    "Later than the sitting of this certificate",
]


@override("en")
def test_sittings_are_shown_in_order_with_what_each_means():
    certificate = certificate_after_other_sittings()

    shown = certificate_dossier(certificate).first_pass

    assert [sitting.words for sitting in shown.sittings] == WORDS
    assert [sitting.held_on.month for sitting in shown.sittings] == [3, 4, 5, 7, 8]


def test_page_shows_the_sittings_that_were_looked_at(client_as):
    certificate = certificate_after_other_sittings()

    page = page_of(client_as(Role.MUNICIPAL_REVIEWER), certificate)

    assert "Sittings that were looked at" in page
    assert "Counted over: Person and occupation. What counts: First pass, whatever was failed before." in page
    assert all(words in page for words in WORDS)


@override("en")
def test_the_sitting_that_took_the_first_pass_is_named():
    open_programme()
    first = due_certificate(attempt__session__held_on=date(2026, 5, 9))
    second = due_certificate(attempt__enrollment__trainee=first.trainee)
    decide_due_certificates(now=NOW)

    earlier, own = certificate_dossier(second).first_pass.sittings

    assert earlier.words == "Earlier, and counts: this certificate's pass is not the first"
    assert earlier.institution_name == first.institution.name
    assert own.words == "The sitting of this certificate"


def test_a_decision_of_before_chains_were_stored_shows_none(client_as):
    open_programme()
    certificate = due_certificate(attempt__enrollment__trainee=TraineeFactory())
    assert certificate_dossier(certificate).first_pass is None

    page = page_of(client_as(Role.MUNICIPAL_REVIEWER), certificate)

    assert "Sittings that were looked at" not in page


def test_page_of_somebody_who_trained_elsewhere_has_no_roster(client_as):
    open_programme()
    certificate = due_certificate(attempt__enrollment=None, attempt__trainee=TraineeFactory())
    decide_due_certificates(now=NOW)

    page = page_of(client_as(Role.MUNICIPAL_REVIEWER), certificate)

    assert decision_on(certificate).reason == "trained_in_the_programme"
    assert "The person trained outside the programme." in page
    assert "Roster row" not in page


def test_page_of_a_corrected_result_shows_what_counts_now(client_as):
    open_programme()
    certificate = due_certificate()
    correct(certificate.attempt, Outcome.PASSED)

    page = page_of(client_as(Role.MUNICIPAL_REVIEWER), certificate)

    assert "Attempt, as corrected" in page
