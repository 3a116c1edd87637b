"""The bank knows a payment by whose first pass it is, whatever was numbered, recorded or corrected in between."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest
from django.db import connection, transaction

from assessment.enums import CertificateOrigin
from assessment.models import ResultsUpload
from chongqing_dte.foundation.crypto import keyed_reference
from enrollment.enums import IdentityField
from enrollment.queries import id_number_hash
from subsidies.models import PaymentAttempt
from subsidies.services.batches import assemble_batches
from subsidies.services.decisions import decide_due_certificates
from tests.assessment.result_lists import check, confirm, list_of, passed, session_with
from tests.clock import NOW
from tests.factories.enrollment import BankAccountFactory
from tests.factories.identity import IdentityCorrectionFactory
from tests.factories.institutions import FeeScheduleFactory
from tests.factories.subsidies import (
    due_certificate,
    granted_certificate,
    next_batch,
    open_programme,
    payment_of,
    reissue,
)
from tests.subsidies.database import triggers_off

pytestmark = pytest.mark.django_db

FIRST_NUMBER, CORRECTED_NUMBER = "500101200301011233", "50010120030101125X"


@contextmanager
def lost() -> Iterator[None]:
    """Take back all that the block writes, as a restore does."""
    before = transaction.savepoint()
    yield
    transaction.savepoint_rollback(before)


def numbered_by_the_portal(counts: Sequence[int]) -> list[ResultsUpload]:
    """Return for each of these numbers the results of so many who passed at one institution, ready to be recorded."""
    fee = FeeScheduleFactory()
    kind = {"institution": fee.institution, "occupation": fee.occupation, "level": fee.level}
    uploads = []
    for count in counts:
        session, people = session_with(count, certificate_origin=CertificateOrigin.PORTAL, **kind)
        for person in people:
            BankAccountFactory(trainee=person.trainee)
        lines = [passed(person, 0, certificate_number="", certificate_issued_on="") for person in people]
        uploads.append(check(session, list_of(*lines)))
    return uploads


def references_by_person() -> dict[int, str]:
    """Return the bank reference that each person is paid under once what is recorded is decided and assembled."""
    decide_due_certificates(now=NOW)
    assemble_batches(now=NOW)
    return dict(PaymentAttempt.objects.values_list("payment__payee_id", "reference"))


def give_id_number(trainee, number: str) -> None:
    """Have a row bear this ID number."""
    trainee.id_number, trainee.id_number_hash = number, id_number_hash(number)
    trainee.save(update_fields=["id_number", "id_number_hash"])


def correct_id_number(enrollment, corrected: str) -> None:
    """Leave behind what an approved correction of the ID number leaves."""
    IdentityCorrectionFactory(
        approved=True,
        enrollment=enrollment,
        field=IdentityField.ID_NUMBER,
        former_value=enrollment.trainee.id_number,
        corrected_value=corrected,
    )
    give_id_number(enrollment.trainee, corrected)


# ── What it is made of ───────────────────────────────────────────────────────────────────────────────────
def test_the_bank_reference_is_derived_from_whose_first_pass_it_is():
    open_programme(first_pass_scope="OCCUPATION_AND_LEVEL")
    certificate = granted_certificate()
    attempt = next_batch().attempts.get()

    assert attempt.reference == keyed_reference(
        "assessment",
        certificate.trainee.id_number_hash,
        certificate.occupation.code,
        certificate.level,
        "1",
    )
    assert re.fullmatch(r"[A-Z2-7]{26}", attempt.reference)


# ── After a restore ──────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    "order",
    [(0, 1, 2), (2, 0, 1), (1, 2, 0), (2, 1, 0)],
    ids=["as before", "last first", "first last", "turned round"],
)
def test_results_recorded_again_in_another_order_give_everybody_the_reference_of_before(order):
    open_programme()
    uploads = numbered_by_the_portal([2, 1, 2])
    with lost():
        for upload in uploads:
            confirm(upload)
        of_before = references_by_person()

    for place in order:
        confirm(uploads[place])

    assert references_by_person() == of_before
    assert len(set(of_before.values())) == 5


def test_a_certificate_issued_again_before_its_former_one_is_decided_bears_the_reference_of_that_one():
    open_programme()
    certificate = due_certificate()
    with lost():
        of_before = references_by_person()

    reissue(certificate)

    assert references_by_person() == of_before


def test_a_corrected_id_number_changes_no_reference():
    open_programme()
    certificate = due_certificate()
    with lost():
        of_before = references_by_person()

    correct_id_number(certificate.attempt.enrollment, FIRST_NUMBER)
    correct_id_number(certificate.attempt.enrollment, CORRECTED_NUMBER)

    assert references_by_person() == of_before


def test_a_former_id_number_that_cannot_be_read_holds_up_nobody():
    open_programme()
    certificate, other = due_certificate(), due_certificate()
    correct_id_number(certificate.attempt.enrollment, FIRST_NUMBER)
    with triggers_off(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE enrollment_identitycorrection SET former_value = '\\x01'::bytea || former_value"
        )

    assert references_by_person().keys() == {certificate.trainee_id, other.trainee_id}


# ── One reference for one payment ────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("batch_line_limit", [1, 500], ids=["in two batches", "in one batch"])
def test_two_rows_once_known_by_one_id_number_have_a_reference_each(batch_line_limit):
    open_programme(batch_line_limit=batch_line_limit)
    corrected, right = due_certificate(), due_certificate()
    give_id_number(corrected.trainee, FIRST_NUMBER)
    correct_id_number(corrected.attempt.enrollment, CORRECTED_NUMBER)
    give_id_number(right.trainee, FIRST_NUMBER)

    found = references_by_person()

    assert len(set(found.values())) == 2
    assert sorted(PaymentAttempt.objects.values_list("number", flat=True)) == [1, 2]
    assert payment_of(right).status == payment_of(corrected).status == "INSTRUCTED"
