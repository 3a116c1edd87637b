"""Where an institution is paid to: proposed by its manager, decided by another person of the finance office."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from chongqing_dte.foundation.errors import DomainError, InvalidTransition, NotPermitted
from chongqing_dte.foundation.models import AuditEvent
from chongqing_dte.foundation.proposals import RequestStatus
from institutions import policies, queries
from institutions.enums import Role
from institutions.models import InstitutionAccount
from institutions.services.accounts import (
    AccountEntry,
    approve_institution_account,
    propose_institution_account,
    refuse_institution_account,
    reveal_institution_account,
)
from tests.clock import NOW
from tests.factories.institutions import InstitutionAccountFactory, InstitutionFactory, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]

NUMBER = "31050161364000002241"
ENTRY = AccountEntry("示范培训学校", NUMBER, "示范银行重庆分行", "105653000016")
WHY = "The school's settlement account."


@pytest.fixture
def manager():
    return UserFactory(training_manager=True)


@pytest.fixture
def finance():
    return UserFactory(municipal_finance=True)


def proposed(manager, entry=ENTRY, reason=WHY):
    return propose_institution_account(
        institution_id=manager.institution_id, entry=entry, reason=reason, proposer=manager, now=NOW
    )


def approved(account, finance):
    return approve_institution_account(account_id=account.pk, decider=finance, reason="", now=NOW)


# ── Proposing ────────────────────────────────────────────────────────────────────────────────────────────
def test_a_proposed_account_is_paid_to_by_nobody(manager):
    account = proposed(manager)

    assert account.status == RequestStatus.PROPOSED
    assert not queries.current_institution_accounts().exists()
    assert AuditEvent.objects.get(name="institution_account.proposed").facts["ends_in"] == "2241"


def test_the_number_is_kept_encrypted_and_found_by_its_hash(manager):
    account = proposed(manager)

    account.refresh_from_db()
    assert account.number == NUMBER
    assert account.number_hash == queries.institution_account_hash(NUMBER)
    assert str(account) == "****2241"


def test_spaces_and_full_width_digits_of_a_pasted_number_are_put_right(manager):
    account = proposed(manager, replace(ENTRY, number="3105 0161 3640 0000 2２41", cnaps="1056 5300 0016"))

    assert (account.number, account.cnaps) == (NUMBER, "105653000016")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"number": "12345"}, "number"),
        ({"number": "62AB0161364000002241"}, "number"),
        ({"cnaps": "1056"}, "cnaps"),
        ({"holder_name": " \u200b "}, "holder_name"),
        ({"bank_name": ""}, "bank_name"),
        ({"bank_name": "银" * 129}, "holder_name"),
    ],
)
def test_what_can_be_no_account_is_refused(manager, change, code):
    with pytest.raises(DomainError) as refusal:
        proposed(manager, replace(ENTRY, **change))

    assert refusal.value.code == code
    assert not InstitutionAccount.objects.exists()


def test_an_account_is_proposed_for_a_reason(manager):
    with pytest.raises(DomainError) as refusal:
        proposed(manager, reason=" ")

    assert refusal.value.code == "reason_missing"


def test_one_proposal_waits_at_a_time(manager):
    proposed(manager)

    with pytest.raises(InvalidTransition, match="waits for approval already"):
        proposed(manager)


def test_nobody_proposes_for_another_institution(manager):
    with pytest.raises(NotPermitted):
        propose_institution_account(
            institution_id=InstitutionFactory().pk, entry=ENTRY, reason=WHY, proposer=manager, now=NOW
        )


@pytest.mark.parametrize("role", [role for role in Role if role != Role.TRAINING_MANAGER])
def test_only_the_manager_says_where_the_institution_is_paid_to(role):
    user = UserFactory(**{role.lower(): True})

    assert not policies.can_propose_account(user, user.institution_id or 1)


# ── Deciding ─────────────────────────────────────────────────────────────────────────────────────────────
def test_the_approved_account_replaces_the_former_one(manager, finance):
    former = approved(proposed(manager), finance)
    account = approved(proposed(manager, replace(ENTRY, number="31050161364000009999")), finance)

    former.refresh_from_db()
    assert former.replaced_at == NOW
    assert list(queries.current_institution_accounts()) == [account]


def test_the_same_account_may_be_approved_again_once_the_bank_has_opened_it(manager, finance):
    former = approved(proposed(manager), finance)
    again = approved(proposed(manager), finance)

    assert again.number_hash == former.number_hash
    assert list(queries.current_institution_accounts()) == [again]


def test_a_refused_account_leaves_the_former_one_in_use(manager, finance):
    former = approved(proposed(manager), finance)

    refused = refuse_institution_account(
        account_id=proposed(manager).pk, decider=finance, reason="The letter is not sealed.", now=NOW
    )

    assert refused.status == RequestStatus.REFUSED
    assert refused.decision_reason == "The letter is not sealed."
    assert list(queries.current_institution_accounts()) == [former]


def test_a_refusal_says_why(manager, finance):
    account = proposed(manager)

    with pytest.raises(DomainError) as refusal:
        refuse_institution_account(account_id=account.pk, decider=finance, reason="\u200b", now=NOW)

    assert refusal.value.code == "reason_missing"


def test_an_account_is_decided_once(manager, finance):
    account = approved(proposed(manager), finance)

    with pytest.raises(InvalidTransition):
        refuse_institution_account(account_id=account.pk, decider=finance, reason="Too late.", now=NOW)


@pytest.mark.parametrize("role", [role for role in Role if role != Role.MUNICIPAL_FINANCE])
def test_only_the_finance_office_decides(role):
    account = InstitutionAccountFactory()

    with pytest.raises(NotPermitted):
        approved(account, UserFactory(**{role.lower(): True}))


# ── Seeing ───────────────────────────────────────────────────────────────────────────────────────────────
def test_an_institution_sees_its_own_accounts_and_the_bureau_sees_all(manager):
    own, other = proposed(manager), InstitutionAccountFactory()

    assert list(queries.institution_accounts_visible_to(manager)) == [own]
    assert set(queries.institution_accounts_visible_to(UserFactory(municipal_auditor=True))) == {own, other}


@pytest.mark.parametrize("role", [Role.DISTRICT_REVIEWER, Role.DISTRICT_LEAD, Role.EVALUATION_OPERATOR])
def test_other_offices_see_no_account(role):
    InstitutionAccountFactory(approved=True)

    assert not queries.institution_accounts_visible_to(UserFactory(**{role.lower(): True})).exists()


def test_whoever_sees_a_number_whole_says_why_and_it_is_written_down(manager, finance):
    account = proposed(manager)

    number = reveal_institution_account(
        account_id=account.pk, reason="Compared with the sealed letter.", viewer=finance, now=NOW
    )

    event = AuditEvent.objects.get(name="institution_account.revealed")
    assert number == NUMBER
    assert (event.actor_id, event.reason) == (finance.pk, "Compared with the sealed letter.")


def test_no_number_is_shown_without_a_reason_or_to_others(manager, finance):
    account = proposed(manager)

    with pytest.raises(DomainError):
        reveal_institution_account(account_id=account.pk, reason="", viewer=finance, now=NOW)
    with pytest.raises(NotPermitted):
        reveal_institution_account(account_id=account.pk, reason="Curious.", viewer=manager, now=NOW)

    assert not AuditEvent.objects.filter(name="institution_account.revealed").exists()


# ── What no service gets past ────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"cnaps": "10565300001"}, "institution_account_cnaps_has_12_digits"),
        ({"holder_name": ""}, "institution_account_names_its_holder"),
        ({"bank_name": ""}, "institution_account_names_its_holder"),
        ({"replaced_at": NOW}, "institution_account_replaced_once_approved"),
        ({"reason": ""}, "institution_account_has_reason"),
        ({"approved": True, "status": "LOST"}, "institution_account_status_known"),
        ({"status": RequestStatus.APPROVED}, "institution_account_decided_by_somebody"),
        ({"decided_at": NOW}, "institution_account_decision_complete"),
    ],
)
def test_account_is_refused_by(fields, constraint):
    with pytest.raises(IntegrityError, match=f'"{constraint}"'), transaction.atomic():
        InstitutionAccountFactory(**fields)


def test_nobody_decides_on_their_own_proposal():
    account = InstitutionAccountFactory()

    with (
        pytest.raises(IntegrityError, match='"institution_account_decided_by_someone_else"'),
        transaction.atomic(),
    ):
        InstitutionAccount.objects.filter(pk=account.pk).update(
            status=RequestStatus.APPROVED, decided_by=account.proposed_by, decided_at=NOW
        )


def test_an_institution_is_paid_to_one_account():
    account = InstitutionAccountFactory(approved=True)

    with pytest.raises(IntegrityError, match='"institution_account_one_current"'), transaction.atomic():
        InstitutionAccountFactory(approved=True, institution=account.institution)


def test_an_institution_has_one_proposal():
    account = InstitutionAccountFactory()

    with pytest.raises(IntegrityError, match='"institution_account_one_proposal"'), transaction.atomic():
        InstitutionAccountFactory(institution=account.institution)


@pytest.mark.parametrize(
    "change",
    [
        {"holder_name": "别的学校"},
        {"number_hash": "0" * 64},
        {"last_four": "0000"},
        {"cnaps": "105653000017"},
        {"proposed_at": NOW + timedelta(days=1)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_proposed_account_stays_as_it_was_proposed(change):
    account = InstitutionAccountFactory()

    with pytest.raises(DatabaseError), transaction.atomic():
        InstitutionAccount.objects.filter(pk=account.pk).update(**change)


def test_a_decided_account_stays_decided():
    account = InstitutionAccountFactory(approved=True)

    with pytest.raises(DatabaseError, match="institution_account_stays_decided"), transaction.atomic():
        InstitutionAccount.objects.filter(pk=account.pk).update(status=RequestStatus.REFUSED)
