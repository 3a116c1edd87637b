"""What a copy of the database betrays of ID numbers, mobiles and accounts: nothing."""

import base64
import io
import json
from datetime import date

import pytest
from django.apps import apps
from django.db import connection
from psycopg2.sql import SQL, Identifier

from demo.identifiers import make_resident_id
from enrollment.enums import IdentityField, RevealedField
from enrollment.models import EnrollmentChange
from enrollment.services.exports import prepare_export
from enrollment.services.identity_corrections import (
    Correction,
    Evidence,
    approve_identity_correction,
    propose_identity_correction,
)
from enrollment.services.reveals import reveal_field
from tests.assessment.result_lists import list_of, passed
from tests.clock import NOW
from tests.enrollment.rosters import person, roster_of
from tests.factories.assessment import LevelCertificateFactory, ResultsUploadFactory
from tests.factories.enrollment import (
    EnrollmentFactory,
    IntakePolicyFactory,
    RosterRowFactory,
    RosterUploadFactory,
)
from tests.factories.identity import JPEG
from tests.factories.institutions import UserFactory
from tests.factories.subsidies import settled_batch

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

CANARIES = {
    "id_number": make_resident_id(born_on=date(1999, 9, 9), sequence=123),
    "mobile": "13987654321",
    "bank_account": "6217000099887766554",
}
CORRECTED = make_resident_id(born_on=date(1999, 9, 19), sequence=124)


def copy_of_everything() -> dict[str, str]:
    """Return each table as COPY writes it, which is what a dump holds."""
    tables = {model._meta.db_table for model in apps.get_models(include_auto_created=True)}
    copies = {}
    for table in sorted(tables):
        target = io.StringIO()
        with connection.cursor() as cursor:
            statement = SQL("COPY {} TO STDOUT").format(Identifier(table))
            cursor.cursor.copy_expert(statement, target)
        copies[table] = target.getvalue()
    return copies


def disguises(value: str) -> set[str]:
    """Return the forms in which a value could stand in a dump."""
    plain = value.encode()
    return {value, plain.hex(), plain.hex().upper(), base64.b64encode(plain).decode().rstrip("=")[:-1]}


def betrayed(values: list[str]) -> list[tuple[str, str]]:
    copies = copy_of_everything()
    return [
        (table, value)
        for value in values
        for table, text in copies.items()
        if any(form in text for form in disguises(value))
    ]


def lived_through() -> None:
    """Write the known numbers wherever the portal writes numbers."""
    IntakePolicyFactory()
    cells = {**person(1), **CANARIES}
    upload = RosterUploadFactory(content=roster_of(cells))
    row = RosterRowFactory(upload=upload, cells=json.dumps(cells))
    enrollment = EnrollmentFactory(
        training_class=upload.training_class,
        roster_row=row,
        trainee__id_number=CANARIES["id_number"],
        trainee__mobile=CANARIES["mobile"],
        trainee__with_account=True,
        trainee__account__number=CANARIES["bank_account"],
    )
    operator = upload.training_class.drafted_by
    EnrollmentChange.objects.create(
        enrollment=enrollment,
        act="WITHDRAWAL",
        former_values=json.dumps(CANARIES),
        reason="Moved away.",
        done_by=operator,
        done_at=NOW,
    )
    prepare_export(
        class_id=upload.training_class_id, reason="For the insurance.", requester=operator, now=NOW
    )
    for field in RevealedField:
        reveal_field(enrollment_id=enrollment.pk, field=field, reason="A check.", viewer=operator, now=NOW)
    correction = propose_identity_correction(
        enrollment_id=enrollment.pk,
        correction=Correction(IdentityField.ID_NUMBER, CORRECTED, "Mistyped."),
        evidence=Evidence("card.jpg", JPEG + CORRECTED.encode()),
        proposer=operator,
        now=NOW,
    )
    approve_identity_correction(
        correction_id=correction.pk,
        decider=UserFactory(district_reviewer=True, district=upload.training_class.district),
        reason="As on the card.",
        now=NOW,
    )


def test_no_number_stands_plain_in_a_copy_of_the_database():
    lived_through()

    assert betrayed([*CANARIES.values(), CORRECTED]) == []


def test_no_account_of_a_payment_stands_plain_in_a_copy_of_the_database():
    batch = settled_batch(2)
    accounts = [attempt.bank_account.number for attempt in batch.attempts.all()]
    people = [attempt.payment.payee for attempt in batch.attempts.all()]

    assert betrayed([*accounts, *(person.id_number for person in people)]) == []


@pytest.mark.parametrize("form", sorted(disguises(CANARIES["id_number"])))
def test_planted_number_is_found(form):
    EnrollmentFactory(school=form)

    assert betrayed([CANARIES["id_number"]]) == [("enrollment_enrollment", CANARIES["id_number"])]


def test_results_as_they_were_uploaded_are_not_plain():
    certificate = LevelCertificateFactory()
    content = list_of(passed(certificate.attempt.enrollment, 7))
    ResultsUploadFactory(content=content)

    assert certificate.trainee.id_number.encode() in content
    assert betrayed([certificate.trainee.id_number]) == []
