"""A new key: every encrypted value goes over to it, and no other change passes for that."""

import io
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait

import pytest
from cryptography.exceptions import InvalidTag
from django.core.management import CommandError, call_command
from django.db import InternalError, connection, models, transaction
from psycopg2.sql import SQL

from chongqing_dte.foundation import rotation
from chongqing_dte.foundation.crypto import EncryptedBytesField
from chongqing_dte.foundation.rotation import encrypted_columns, key_versions, rotate
from enrollment.enums import EnrollmentAct
from enrollment.models import BankAccount, EnrollmentChange, RosterRow, Trainee
from tests.clock import NOW
from tests.factories.assessment import ResultsUploadFactory
from tests.factories.bank import BatchDownloadFactory
from tests.factories.bank_formats import BankFormatFactory
from tests.factories.claims import ClaimEvidenceFactory
from tests.factories.enrollment import BankAccountFactory, EnrollmentFactory, RosterRowFactory, TraineeFactory
from tests.factories.identity import EvidenceCorrectionFactory, ExportFactory, IdentityCorrectionFactory
from tests.factories.institutions import InstitutionAccountFactory, UserFactory
from tests.factories.notices import ObjectionFactory
from tests.factories.partners import IdempotentAnswerFactory
from tests.factories.subsidies import BankResultFileFactory, PaymentBatchFactory
from tests.factories.training import AttendanceDeliveryFactory
from tests.factories.webhooks import WebhookEndpointFactory

pytestmark = pytest.mark.django_db

OLD, NEW = "1:" + "11" * 32, "2:" + "22" * 32


@pytest.fixture(autouse=True)
def _one_key(settings) -> None:
    settings.FIELD_KEYS = OLD


def a_row_in_every_table() -> None:
    enrollment = EnrollmentFactory()
    EnrollmentChange.objects.create(
        enrollment=enrollment,
        act=EnrollmentAct.WITHDRAWAL,
        former_values="{}",
        reason="Moved away.",
        done_by=UserFactory(),
        done_at=NOW,
    )
    IdentityCorrectionFactory(enrollment=enrollment)
    EvidenceCorrectionFactory(enrollment=enrollment)
    for factory in (
        AttendanceDeliveryFactory,
        BankAccountFactory,
        ExportFactory,
        ResultsUploadFactory,
        PaymentBatchFactory,
        BankResultFileFactory,
        BatchDownloadFactory,
        ClaimEvidenceFactory,
        InstitutionAccountFactory,
        IdempotentAnswerFactory,
        WebhookEndpointFactory,
    ):
        factory()
    BankFormatFactory(pain=True)
    ObjectionFactory(public=True, objector_name="王子涵", contact="138 0000 0000")


def every_value() -> dict[str, list[object]]:
    return {
        column.name: [
            bytes(value) if isinstance(value, memoryview) else value
            for value in column.model.objects.order_by("pk").values_list(column.field.attname, flat=True)
        ]
        for column in encrypted_columns()
    }


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command("rotate_keys", *arguments, stdout=out)
    return out.getvalue()


def column_named(name: str) -> rotation.Column:
    return next(column for column in encrypted_columns() if column.name == name)


# ── Every column ─────────────────────────────────────────────────────────────────────────────────────────
def test_every_encrypted_field_of_the_portal_is_found():
    found = {column.name for column in encrypted_columns()}

    assert {
        "enrollment_trainee.id_number",
        "enrollment_bankaccount.number",
        "subsidies_paymentbatch.content",
    } <= found
    assert all(isinstance(column.field, EncryptedBytesField) for column in encrypted_columns())


def test_every_value_is_the_same_under_the_new_key_and_the_old_key_can_go(settings):
    a_row_in_every_table()
    before = every_value()
    assert [name for name, values in before.items() if not values] == []
    settings.FIELD_KEYS = f"{OLD},{NEW}"

    report = run()

    assert "Key 1 is no longer needed by this database." in report
    settings.FIELD_KEYS = NEW
    assert every_value() == before
    assert {tuple(key_versions(column)) for column in encrypted_columns()} == {(2,)}


def test_without_the_rotation_the_old_key_cannot_go(settings):
    a_row_in_every_table()

    settings.FIELD_KEYS = NEW

    with pytest.raises(KeyError):
        every_value()


def test_a_dry_run_only_counts(settings):
    TraineeFactory.create_batch(3)
    settings.FIELD_KEYS = f"{OLD},{NEW}"

    report = run("--dry-run")

    assert "enrollment_trainee.id_number: 0 rewritten; key 1: 3" in report
    assert "Key 1 is still needed, 6 values." in report
    assert key_versions(column_named("enrollment_trainee.id_number")) == {1: 3}


def test_a_second_run_finds_nothing_to_do(settings):
    TraineeFactory.create_batch(3)
    settings.FIELD_KEYS = f"{OLD},{NEW}"

    first, second = run(), run()

    assert "enrollment_trainee.id_number: 3 rewritten; key 2: 3" in first
    assert "enrollment_trainee.id_number: 0 rewritten; key 2: 3" in second


def test_a_list_that_is_emptied_stays_empty(settings):
    ExportFactory(content=None)
    settings.FIELD_KEYS = f"{OLD},{NEW}"

    assert "enrollment_export.content: 0 rewritten; empty" in run()


@pytest.mark.parametrize("batch", ["1", "2", "1000"])
def test_batches_of_any_size_reach_every_row(settings, batch):
    TraineeFactory.create_batch(5)
    settings.FIELD_KEYS = f"{OLD},{NEW}"

    run("--batch", batch)

    assert key_versions(column_named("enrollment_trainee.mobile")) == {2: 5}


def test_big_values_are_taken_in_portions_that_fit_into_memory(settings, monkeypatch):
    RosterRowFactory.create_batch(5, cells="x" * 100)
    settings.FIELD_KEYS = f"{OLD},{NEW}"
    monkeypatch.setattr(rotation, "BATCH_BYTES", 300)
    portions, rewrite = [], rotation._rewrite
    monkeypatch.setattr(
        rotation,
        "_rewrite",
        lambda column, ids, outcome: (portions.append(ids), rewrite(column, ids, outcome)),
    )

    rotate(column_named("enrollment_rosterrow.cells"), batch_size=1000)

    assert [len(ids) for ids in portions] == [2, 2, 1]


def test_a_batch_has_at_least_one_row():
    with pytest.raises(CommandError, match="at least one row"):
        run("--batch", "0")


def test_a_run_that_was_killed_goes_on_where_it_was(settings, monkeypatch):
    TraineeFactory.create_batch(4)
    settings.FIELD_KEYS = f"{OLD},{NEW}"
    column, rewrite = column_named("enrollment_trainee.id_number"), rotation._rewrite

    def die_at_the_second_batch(column, ids, outcome):
        if outcome.rewritten_count:
            raise KeyboardInterrupt
        rewrite(column, ids, outcome)

    monkeypatch.setattr(rotation, "_rewrite", die_at_the_second_batch)
    with pytest.raises(KeyboardInterrupt):
        rotate(column, batch_size=2)
    monkeypatch.undo()
    settings.FIELD_KEYS = f"{OLD},{NEW}"
    assert key_versions(column) == {1: 2, 2: 2}

    assert rotate(column, batch_size=2).rewritten_count == 2


def test_what_cannot_be_read_is_named_and_stops_nothing(settings):
    damaged, sound = TraineeFactory.create_batch(2)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE enrollment_trainee SET mobile = mobile || 'x' WHERE id = %s", [damaged.pk])
    settings.FIELD_KEYS = f"{OLD},{NEW}"
    out = io.StringIO()

    with pytest.raises(CommandError, match="1 values cannot be read"):
        call_command("rotate_keys", stdout=out)

    assert f"cannot be read: rows {damaged.pk}" in out.getvalue()
    assert "Key 1 is still needed, 1 values." in out.getvalue()
    settings.FIELD_KEYS = NEW
    assert Trainee.objects.values_list("mobile", flat=True).get(pk=sound.pk) == sound.mobile


def test_a_key_that_is_missing_already_is_named(settings):
    TraineeFactory()
    settings.FIELD_KEYS = NEW
    out = io.StringIO()

    with pytest.raises(CommandError):
        call_command("rotate_keys", stdout=out)

    assert "Key 1 is missing from FIELD_KEYS, 2 values need it." in out.getvalue()


# ── And nothing else ─────────────────────────────────────────────────────────────────────────────────────
def kept(model: type[models.Model]) -> bool:
    return any(trigger.name in {"frozen_secrets", "no_update"} for trigger in model._meta.triggers)


KEPT = [column for column in encrypted_columns() if kept(column.model)]


def stored(column: rotation.Column) -> Iterator[bytes]:
    with connection.cursor() as cursor:
        cursor.execute(rotation._named(SQL("SELECT {column} FROM {table} ORDER BY {key}"), column))
        yield from (bytes(value) for (value,) in cursor.fetchall())


def write(column: rotation.Column, value: bytes) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(rotation._named(SQL("UPDATE {table} SET {column} = %s"), column), [value])


@pytest.mark.parametrize("column", KEPT, ids=lambda column: column.name)
def test_what_was_written_is_not_written_again_under_the_same_key(column):
    a_row_in_every_table()
    value = next(stored(column))

    with pytest.raises(InternalError, match=r"frozen_secrets|no_update"):
        write(column, column.field.renewed(value))
    with pytest.raises(InternalError, match=r"frozen_secrets|no_update"):
        write(column, value[:1] + b"something else")


@pytest.mark.parametrize("column", KEPT, ids=lambda column: column.name)
def test_what_stands_under_the_newer_key_does_not_go_back(column, settings):
    a_row_in_every_table()
    former = next(stored(column))
    settings.FIELD_KEYS = f"{OLD},{NEW}"
    rotate(column, batch_size=10)

    with pytest.raises(InternalError, match=r"frozen_secrets|no_update"):
        write(column, former)


def test_a_value_under_a_newer_key_brings_no_other_change_along(settings):
    row = RosterRowFactory()
    settings.FIELD_KEYS = f"{OLD},{NEW}"

    with pytest.raises(InternalError, match="no_update"):
        RosterRow.objects.filter(pk=row.pk).update(cells=row.cells, number=row.number + 1)


def test_a_number_that_only_claims_a_newer_key_is_read_by_nobody(settings):
    account = BankAccountFactory()
    (value,) = stored(column_named("enrollment_bankaccount.number"))
    settings.FIELD_KEYS = f"{OLD},{NEW}"

    write(column_named("enrollment_bankaccount.number"), bytes([2]) + value[1:])

    with pytest.raises(InvalidTag):
        BankAccount.objects.get(pk=account.pk)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_change_that_is_under_way_is_not_written_over(settings):
    trainee = TraineeFactory()
    settings.FIELD_KEYS = f"{OLD},{NEW}"
    column = column_named("enrollment_trainee.mobile")

    def rotate_beside() -> int:
        try:
            return rotate(column, batch_size=10).rewritten_count
        finally:
            connection.close()

    with ThreadPoolExecutor() as pool:
        with transaction.atomic():
            Trainee.objects.filter(pk=trainee.pk).update(mobile="13900000000")
            beside = pool.submit(rotate_beside)
            assert not wait([beside], timeout=0.7).done
        assert beside.result(timeout=30) == 0

    assert Trainee.objects.values_list("mobile", flat=True).get(pk=trainee.pk) == "13900000000"
