import pytest

from chongqing_dte.foundation.errors import DomainError, NotPermitted
from chongqing_dte.foundation.models import AuditEvent
from demo.identifiers import make_card_number, make_cnaps
from enrollment.enums import AccountSource
from enrollment.models import BankAccount
from enrollment.services.accounts import AccountDetails, correct_bank_account
from institutions.enums import Role
from tests.clock import NOW
from tests.factories.enrollment import BankAccountFactory, TraineeFactory
from tests.factories.institutions import UserFactory

pytestmark = pytest.mark.django_db

OTHER = AccountDetails(number=make_card_number(99), bank_name="重庆银行", cnaps=make_cnaps(9))


@pytest.fixture
def account():
    return BankAccountFactory()


def correct(trainee_id, **changed):
    return correct_bank_account(
        **{
            "trainee_id": trainee_id,
            "operator": UserFactory(municipal_operator=True),
            "account": OTHER,
            "reason": "The bank closed the former account.",
            "now": NOW,
            **changed,
        }
    )


def test_corrected_account_is_the_current_one(account):
    corrected = correct(account.trainee_id)

    assert BankAccount.objects.get(trainee=account.trainee, replaced_at=None) == corrected
    assert (corrected.number, corrected.last_four, corrected.source) == (
        OTHER.number,
        OTHER.number[-4:],
        AccountSource.CORRECTION,
    )


def test_former_account_stays_with_the_time_of_its_end(account):
    correct(account.trainee_id)

    account.refresh_from_db()
    assert account.replaced_at == NOW


def test_person_without_an_account_gets_one():
    trainee = TraineeFactory()

    correct(trainee.pk)

    assert BankAccount.objects.get().trainee == trainee


def test_correction_leaves_an_event_with_its_reason_and_no_number(account):
    corrected = correct(account.trainee_id)

    event = AuditEvent.objects.get()
    assert (event.name, event.subject_id, event.reason) == (
        "bank_account.corrected",
        corrected.pk,
        "The bank closed the former account.",
    )
    assert OTHER.number not in str(event.facts)


def test_correction_nudges_those_who_wait_for_an_account(
    account, waiting_messages, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        correct(account.trainee_id)

    assert waiting_messages.names() == [
        "subsidies.tasks.decide_due_certificates_task",
        "subsidies.tasks.assemble_batches_task",
    ]


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        (
            {"account": AccountDetails(number="1234567", bank_name="A", cnaps=make_cnaps(1))},
            "account_malformed",
        ),
        (
            {"account": AccountDetails(number="12345678X", bank_name="A", cnaps=make_cnaps(1))},
            "account_malformed",
        ),
        ({"account": AccountDetails(number=OTHER.number, bank_name="A", cnaps="12345")}, "cnaps_malformed"),
        ({"account": AccountDetails(number=OTHER.number, bank_name=" ", cnaps=OTHER.cnaps)}, "bank_missing"),
        ({"reason": "  "}, "reason_missing"),
    ],
    ids=["short", "letter", "cnaps", "bank", "reason"],
)
def test_refused_correction_changes_nothing(account, changed, code):
    with pytest.raises(DomainError) as refusal:
        correct(account.trainee_id, **changed)

    assert refusal.value.code == code
    assert BankAccount.objects.get(replaced_at=None) == account
    assert not AuditEvent.objects.exists()


def test_the_same_account_is_recorded_again_once_its_card_is_activated(account):
    same = AccountDetails(number=account.number, bank_name=account.bank_name, cnaps=account.cnaps)

    confirmed = correct(account.trainee_id, account=same)

    account.refresh_from_db()
    assert account.replaced_at is not None
    assert (confirmed.number_hash, confirmed.replaced_at) == (account.number_hash, None)


def test_same_number_at_another_bank_is_a_correction(account):
    correct(
        account.trainee_id, account=AccountDetails(number=account.number, bank_name="B", cnaps=make_cnaps(7))
    )

    assert BankAccount.objects.count() == 2


@pytest.mark.parametrize("role", [role for role in Role if role != Role.MUNICIPAL_OPERATOR])
def test_nobody_else_corrects_an_account(account, role):
    with pytest.raises(NotPermitted):
        correct(account.trainee_id, operator=UserFactory(**{role.lower(): True}))

    assert BankAccount.objects.get() == account
