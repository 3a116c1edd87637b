"""What was written stays: every table, every frozen field, and that no constraint goes without a test."""

from pathlib import Path

import pgtrigger
import pytest
from django.apps import apps
from django.db import IntegrityError, InternalError, connection, models, transaction

from chongqing_dte.foundation.crypto import EncryptedTextField
from subsidies.enums import JournalAccount, JournalKind
from subsidies.models import (
    Advance,
    BankFormat,
    BankResultFile,
    BankResultLine,
    BatchDownload,
    BookComparison,
    Budget,
    BudgetChange,
    ClaimEvidence,
    ClaimHandover,
    ClaimLine,
    ClaimQuery,
    ClaimReckoning,
    ClaimStep,
    Entitlement,
    InvariantAlarm,
    JournalEntry,
    JournalLine,
    LineResolution,
    LineReview,
    Netting,
    NoticeLine,
    Notification,
    Objection,
    OtherSubsidy,
    Payment,
    PaymentAttempt,
    PaymentBatch,
    PolicyVersion,
    PublicNotice,
    Recovery,
    RecoverySettlement,
    SelfCheckAccess,
    SendingStop,
    SubsidyClaim,
    TrainingPolicyVersion,
    TrainingStandard,
    TrainingSubsidy,
)
from subsidies.services.journal import Posting, record_entry
from tests.clock import NOW
from tests.factories.bank import BatchDownloadFactory, LineResolutionFactory, SendingStopFactory
from tests.factories.bank_formats import BankFormatFactory
from tests.factories.budgets import BudgetChangeFactory
from tests.factories.claim_rows import ClaimHandoverFactory, ClaimStepFactory, NettingFactory
from tests.factories.claims import (
    AdvanceFactory,
    ClaimEvidenceFactory,
    ClaimLineFactory,
    ClaimQueryFactory,
    ClaimReckoningFactory,
    LineReviewFactory,
    SubsidyClaimFactory,
    TrainingPolicyVersionFactory,
    TrainingStandardFactory,
    TrainingSubsidyFactory,
)
from tests.factories.decisions import OtherSubsidyFactory
from tests.factories.notices import NoticeLineFactory, ObjectionFactory, PublicNoticeFactory
from tests.factories.notifications import NotificationFactory
from tests.factories.recoveries import RecoverySettlementFactory
from tests.factories.self_checks import SelfCheckAccessFactory
from tests.factories.subsidies import (
    BankResultFileFactory,
    BankResultLineFactory,
    BudgetFactory,
    EntitlementFactory,
    PaymentAttemptFactory,
    PaymentBatchFactory,
    PaymentFactory,
    PolicyVersionFactory,
    RecoveryFactory,
)
from tests.subsidies.database import triggers_off

pytestmark = pytest.mark.django_db

MODELS = list(apps.get_app_config("subsidies").get_models())
TABLE_WIDE = {"no_update", "no_delete", "no_truncate", "frozen_facts"}


def triggers_named(name: str) -> list[type[models.Model]]:
    return [model for model in MODELS if any(trigger.name == name for trigger in model._meta.triggers)]


def frozen_fields() -> list[tuple[type[models.Model], str]]:
    return [
        (model, field)
        for model in MODELS
        for trigger in model._meta.triggers
        if isinstance(trigger, pgtrigger.ReadOnly)
        for field in trigger.fields
    ]


def encrypted_fields() -> list[tuple[type[models.Model], str]]:
    return [
        (model, field)
        for model in MODELS
        for trigger in model._meta.triggers
        if trigger.name == "frozen_secrets"
        for field in trigger.operation.columns
    ]


def models_with_a_public_number() -> list[type[models.Model]]:
    return [model for model in MODELS if any(field.name == "public_id" for field in model._meta.local_fields)]


def run(statement: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def write_entry() -> None:
    posting = Posting(
        PaymentFactory(), JournalAccount.SUBSIDY_EXPENSE, JournalAccount.SUBSIDIES_PAYABLE, "granted"
    )
    record_entry(key="grant:test", kind=JournalKind.GRANT, postings=[posting], now=NOW)


def raise_alarm() -> None:
    InvariantAlarm.objects.create(invariant="a_promise", first_seen_at=NOW, last_seen_at=NOW)


def compare_books() -> None:
    BookComparison.objects.create(compared_at=NOW, difference=0, newest_line=0, carried_to=0)


WRITE = {
    PolicyVersion: PolicyVersionFactory,
    Budget: BudgetFactory,
    Entitlement: EntitlementFactory,
    Payment: PaymentFactory,
    PaymentBatch: PaymentBatchFactory,
    PaymentAttempt: PaymentAttemptFactory,
    BankResultFile: BankResultFileFactory,
    BankResultLine: BankResultLineFactory,
    JournalEntry: write_entry,
    JournalLine: write_entry,
    Recovery: RecoveryFactory,
    PublicNotice: PublicNoticeFactory,
    NoticeLine: NoticeLineFactory,
    Objection: ObjectionFactory,
    OtherSubsidy: OtherSubsidyFactory,
    BankFormat: BankFormatFactory,
    BatchDownload: BatchDownloadFactory,
    SendingStop: SendingStopFactory,
    LineResolution: LineResolutionFactory,
    BudgetChange: BudgetChangeFactory,
    RecoverySettlement: RecoverySettlementFactory,
    Notification: NotificationFactory,
    SelfCheckAccess: SelfCheckAccessFactory,
    InvariantAlarm: raise_alarm,
    BookComparison: compare_books,
    TrainingPolicyVersion: TrainingPolicyVersionFactory,
    TrainingStandard: TrainingStandardFactory,
    SubsidyClaim: SubsidyClaimFactory,
    ClaimReckoning: ClaimReckoningFactory,
    ClaimLine: ClaimLineFactory,
    ClaimStep: ClaimStepFactory,
    TrainingSubsidy: TrainingSubsidyFactory,
    LineReview: LineReviewFactory,
    ClaimQuery: ClaimQueryFactory,
    ClaimHandover: ClaimHandoverFactory,
    Advance: AdvanceFactory,
    ClaimEvidence: ClaimEvidenceFactory,
    Netting: NettingFactory,
}
# The table of a draft changes row by row until it is approved; from then on a trigger of its own keeps it.
KEPT = [model for model in MODELS if model is not TrainingStandard]


def label(value: object) -> str:
    return value.__name__ if isinstance(value, type) else str(value)


@pytest.mark.parametrize("model", triggers_named("no_update"), ids=label)
def test_append_only_row_is_not_changed(model):
    WRITE[model]()

    with pytest.raises(InternalError, match="pgtrigger_no_update"):
        run(f"UPDATE {model._meta.db_table} SET id = id + 1000")  # noqa: S608


@pytest.mark.parametrize("model", KEPT, ids=label)
def test_row_is_not_deleted(model):
    WRITE[model]()

    with pytest.raises(InternalError, match="pgtrigger_no_delete"):
        run(f"DELETE FROM {model._meta.db_table}")  # noqa: S608


@pytest.mark.parametrize("model", KEPT, ids=label)
def test_table_is_not_emptied(model):
    with pytest.raises(InternalError, match=f"no_truncate: {model._meta.db_table} "):
        run(f"TRUNCATE {model._meta.db_table} CASCADE")


@pytest.mark.parametrize(("model", "field"), frozen_fields(), ids=label)
def test_frozen_field_is_not_changed(model, field):
    WRITE[model]()
    written = model._meta.get_field(field)
    column = written.column
    # An empty value where there is one, and one where there is none: either way it would be a change.
    change = f"SET {column} = NULL WHERE {column} IS NOT NULL"
    if not model.objects.filter(**{f"{field}__isnull": False}).exists():
        change = f"SET {column} = {'now()' if isinstance(written, models.DateField) else 1}"

    with pytest.raises(InternalError, match="pgtrigger_frozen_facts"):
        run(f"UPDATE {model._meta.db_table} {change}")


@pytest.mark.parametrize(("model", "field"), encrypted_fields(), ids=label)
def test_encrypted_column_is_not_written_again_under_the_same_key(model, field):
    row = WRITE[model]()
    another = "another" if isinstance(model._meta.get_field(field), EncryptedTextField) else b"another"

    with pytest.raises(InternalError, match="frozen_secrets"), transaction.atomic():
        model.objects.filter(pk=row.pk).update(**{field: another})


@pytest.mark.parametrize("model", models_with_a_public_number(), ids=label)
def test_public_number_names_one_row(model):
    WRITE[model]()
    WRITE[model]()
    number = model.objects.values("public_id")[:1]

    # As whoever owns the tables could: to the others it is frozen.
    with pytest.raises(IntegrityError, match="public_id"), triggers_off(), transaction.atomic():
        model.objects.update(public_id=number)


def test_every_named_constraint_and_trigger_has_a_test():
    tests = "".join(path.read_text() for path in Path(__file__).parent.glob("test_*_constraints.py"))
    names = {constraint.name for model in MODELS for constraint in model._meta.constraints}
    names |= {trigger.name for model in MODELS for trigger in model._meta.triggers} - TABLE_WIDE

    assert {name for name in names if name not in tests} == set()
