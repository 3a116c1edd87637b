"""What the migration says of rows from before sessions had candidates, which today's constraints would refuse."""

from importlib import import_module

import pytest
from django.db import connection

from assessment.models import LevelCertificate
from tests.factories.assessment import LevelCertificateFactory

migration = import_module("assessment.migrations.0004_fill_what_the_new_columns_say")

pytestmark = pytest.mark.django_db


def without(constraint):
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE assessment_levelcertificate DROP CONSTRAINT {constraint}")


@pytest.mark.parametrize("number", ["CQ1", "cq 1"])
def test_certificates_that_share_a_number_stop_it_and_are_named(number):
    without("certificate_number_once")
    without("certificate_number_normalized")
    first, second = (LevelCertificateFactory(number=each) for each in ("CQ1", number))
    LevelCertificateFactory(number="0002")

    with pytest.raises(RuntimeError, match=f"share a number: {first.pk}, {second.pk}\\."):
        migration.refuse_shared_numbers(connection)


def test_different_numbers_stop_nothing():
    LevelCertificateFactory.create_batch(2)

    migration.refuse_shared_numbers(connection)


def test_number_gets_the_form_in_which_it_is_looked_for():
    without("certificate_number_normalized")
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE assessment_levelcertificate DISABLE TRIGGER USER")
    odd, even = LevelCertificateFactory(number="cq\u3000a 1"), LevelCertificateFactory(number="CQ-2")

    with connection.cursor() as cursor:
        cursor.execute(migration.NUMBERS)

    found = LevelCertificate.objects.values_list("number", flat=True)
    assert [found.get(pk=each.pk) for each in (odd, even)] == ["CQA1", "CQ-2"]
    assert migration.NUMBERS in migration.STATEMENTS


@pytest.mark.parametrize("status", ["REVOKED", "SUPERSEDED"])
def test_ended_certificate_gets_an_ending(status):
    without("certificate_ended_for_a_reason")
    ended, valid = LevelCertificateFactory(status=status), LevelCertificateFactory()

    with connection.cursor() as cursor:
        cursor.execute(migration.ENDINGS)

    found = LevelCertificate.objects.values_list("ended_by", "ended_at", "end_reason")
    assert found.get(pk=ended.pk) == (
        ended.attempt.session.filed_by_id,
        ended.recorded_at,
        "Ended before endings were recorded.",
    )
    assert found.get(pk=valid.pk) == (None, None, "")
    assert migration.ENDINGS in migration.STATEMENTS
