"""The road of a certificate leads back to the roster file, also for somebody who changed classes on the way."""

import pytest
from django.urls import reverse

from enrollment.enums import EnrollmentStatus
from institutions.enums import Role
from subsidies.dossier import certificate_dossier
from tests.clock import NOW
from tests.factories.enrollment import EnrollmentFactory
from tests.factories.subsidies import due_certificate

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

    dossier = certificate_dossier(certificate)

    assert (dossier.roster_row, dossier.enrollment) == (enrollment.roster_row, enrollment)


def test_road_leads_back_through_a_transfer():
    certificate, former = certificate_after_a_transfer()

    dossier = certificate_dossier(certificate)

    assert (dossier.roster_row, dossier.roster_upload) == (former.roster_row, former.roster_row.upload)
    assert dossier.enrollment == certificate.attempt.enrollment


def test_page_of_such_a_certificate_names_the_roster_file(client_as):
    certificate, former = certificate_after_a_transfer()

    response = client_as(Role.MUNICIPAL_REVIEWER).get(
        reverse("certificate-detail", args=[certificate.public_id])
    )

    assert response.status_code == 200
    assert former.roster_row.upload.file_name in response.content.decode()
