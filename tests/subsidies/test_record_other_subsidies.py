from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from assessment.models import LevelCertificate
from chongqing_dte.foundation.errors import DomainError, InvalidTransition, NotPermitted
from chongqing_dte.foundation.models import AuditEvent
from chongqing_dte.foundation.tabular_writing import TableTexts, write_table
from enrollment.models import Trainee
from institutions.models import User
from subsidies.elsewhere.columns import OTHER_SUBSIDY_COLUMNS
from subsidies.elsewhere.messages import OTHER_SUBSIDY_MESSAGES
from subsidies.elsewhere.tables import other_subsidies_template
from subsidies.enums import Decision
from subsidies.invariants import find_violations
from subsidies.models import OtherSubsidy
from subsidies.services.decisions import decide_due_certificates
from subsidies.services.other_subsidies import (
    OtherSubsidiesRefused,
    Recorded,
    record_other_subsidies_from_file,
    record_other_subsidy,
    withdraw_other_subsidy,
)
from tests.clock import NOW
from tests.factories.enrollment import BankAccountFactory, TraineeFactory
from tests.factories.institutions import UserFactory
from tests.factories.subsidies import decision_on, due_certificate, granted_certificate, open_programme

pytestmark = pytest.mark.django_db


def cells_of(certificate: LevelCertificate, **changes: str) -> dict[str, str]:
    """Return a row about the same person, occupation and level as a certificate."""
    row = {
        "id_number": certificate.trainee.id_number,
        "name": certificate.trainee.name,
        "occupation": certificate.occupation.code,
        "level": certificate.level,
        "programme": "失业保险技能提升补贴",
        "amount": "300.00",
        "paid_on": "2026-03-01",
        "source": "渝就函〔2026〕7 号",
    }
    return {**row, **changes}


def file_of(*rows: dict[str, str]) -> bytes:
    return write_table(OTHER_SUBSIDY_COLUMNS, TableTexts("其他补贴", "其他补贴", "1"), rows)


def record(certificate: LevelCertificate, recorder: User | None = None, **changes: str) -> Recorded:
    return record_other_subsidy(
        typed=cells_of(certificate, **changes),
        recorder=recorder or UserFactory(municipal_operator=True),
        now=NOW,
    )


def upload(*rows: dict[str, str], recorder: User | None = None) -> Recorded:
    return record_other_subsidies_from_file(
        content=file_of(*rows), recorder=recorder or UserFactory(municipal_operator=True), now=NOW
    )


def withdraw(other: OtherSubsidy, withdrawer: User | None = None, reason: str = "Of another person.") -> None:
    withdraw_other_subsidy(
        other_subsidy_id=other.pk,
        reason=reason,
        withdrawer=withdrawer or UserFactory(municipal_reviewer=True),
        now=NOW,
    )


def decide() -> None:
    decide_due_certificates(now=NOW)


def result_of(certificate: LevelCertificate) -> tuple[str, str, Decimal]:
    found = decision_on(certificate)
    return found.decision, found.reason, found.amount


# ── Recorded ─────────────────────────────────────────────────────────────────────────────────────────────
def test_what_another_programme_paid_is_recorded_with_its_source():
    certificate = due_certificate()
    operator = UserFactory(municipal_operator=True)

    recorded = record(certificate, operator, amount="1,300.5元", paid_on="2026年3月1日")

    other = OtherSubsidy.objects.get()
    assert recorded == Recorded(1, 0)
    assert (other.trainee, other.occupation, other.level) == (
        certificate.trainee,
        certificate.occupation,
        certificate.level,
    )
    assert (other.amount, other.paid_on, other.recorded_by) == (
        Decimal("1300.50"),
        date(2026, 3, 1),
        operator,
    )
    assert AuditEvent.objects.get(name="other_subsidy.recorded").subject_id == other.pk


def test_a_file_is_recorded_row_by_row():
    rows = [cells_of(due_certificate()) for _ in range(3)]

    assert upload(*rows) == Recorded(3, 0)
    assert OtherSubsidy.objects.count() == 3


def test_ten_rows_take_the_queries_of_two():
    operator = UserFactory(municipal_operator=True)

    def queries_for(count: int) -> int:
        content = file_of(*[cells_of(due_certificate()) for _ in range(count)])
        with CaptureQueriesContext(connection) as statements:
            record_other_subsidies_from_file(content=content, recorder=operator, now=NOW)
        return len(statements)

    assert queries_for(2) == queries_for(10)


def test_an_occupation_is_known_by_its_former_code_and_a_person_by_a_merged_row():
    certificate = due_certificate()
    occupation = certificate.occupation
    occupation.former_code = "2-02-10-99"
    occupation.save(update_fields=["former_code"])
    merged = TraineeFactory(merged_into=certificate.trainee)

    record(certificate, occupation="2-02-10-99", id_number=merged.id_number, name=certificate.trainee.name)

    assert OtherSubsidy.objects.get().trainee == certificate.trainee


@dataclass
class Bad:
    """One bad cell, and what is said of it."""

    changes: dict[str, str]
    column: str
    code: str


@pytest.mark.parametrize(
    "bad",
    [
        Bad({"name": "别人"}, "name", "not_on_record"),
        Bad({"id_number": "1101011990030701"}, "id_number", "id_length"),
        Bad({"id_number": "11010119900307889X"}, "id_number", "not_on_record"),
        Bad({"occupation": "9-99-99-99"}, "occupation", "unknown_occupation"),
        Bad({"level": "大师"}, "level", "unknown_choice"),
        Bad({"amount": "0"}, "amount", "bad_amount"),
        Bad({"amount": "10.001"}, "amount", "bad_amount"),
        Bad({"amount": "many"}, "amount", "bad_amount"),
        Bad({"amount": "NaN"}, "amount", "bad_amount"),
        Bad({"paid_on": "2026-10-21"}, "paid_on", "day_not_past"),
        Bad({"paid_on": "1999-01-01"}, "paid_on", "day_not_past"),
        Bad({"paid_on": "soon"}, "paid_on", "bad_date"),
        Bad({"source": ""}, "source", "required"),
        Bad({"programme": "x" * 129}, "programme", "too_long"),
    ],
    ids=lambda bad: f"{bad.column} {bad.code}",
)
def test_a_bad_row_is_named_and_nothing_is_recorded(bad):
    good, certificate = cells_of(due_certificate()), due_certificate()

    with pytest.raises(OtherSubsidiesRefused) as refusal:
        upload(good, cells_of(certificate, **bad.changes))

    found = {(problem.column, problem.code) for problem in refusal.value.problems}
    named = (bad.column if bad.code != "not_on_record" else "id_number", bad.code)
    assert found == {named}
    assert len({problem.row_number for problem in refusal.value.problems}) == 1
    assert not OtherSubsidy.objects.exists()
    assert not AuditEvent.objects.filter(name__startswith="other_subsidy").exists()


def test_every_problem_has_words():
    assert {"not_on_record", "unknown_occupation", "bad_amount", "repeated"} <= OTHER_SUBSIDY_MESSAGES.keys()


def test_the_same_subsidy_twice_in_a_file_is_named_in_both_rows():
    row = cells_of(due_certificate())

    with pytest.raises(OtherSubsidiesRefused) as refusal:
        upload(row, row)

    assert [problem.code for problem in refusal.value.problems] == ["repeated", "repeated"]


def test_the_same_subsidy_is_not_recorded_again_under_a_merged_row():
    certificate = due_certificate()
    former = Trainee.objects.get(pk=certificate.trainee_id)
    record(certificate)
    kept = TraineeFactory()
    former.merged_into = kept
    former.save(update_fields=["merged_into"])

    with pytest.raises(OtherSubsidiesRefused) as refusal:
        record(certificate, id_number=kept.id_number, name=kept.name)

    assert [problem.code for problem in refusal.value.problems] == ["recorded_before"]


def test_the_template_is_read_back():
    with pytest.raises(DomainError) as refusal:
        record_other_subsidies_from_file(
            content=other_subsidies_template(), recorder=UserFactory(municipal_operator=True), now=NOW
        )

    assert refusal.value.code == "no_rows"


# ── Who may ──────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    "role", ["municipal_reviewer", "municipal_finance", "municipal_auditor", "district_reviewer"]
)
def test_nobody_but_the_operator_records(role):
    certificate = due_certificate()

    with pytest.raises(NotPermitted):
        record(certificate, UserFactory(**{role: True}))
    with pytest.raises(NotPermitted):
        record_other_subsidies_from_file(content=b"", recorder=UserFactory(**{role: True}), now=NOW)

    assert not OtherSubsidy.objects.exists()


@pytest.mark.parametrize(
    "role", ["municipal_operator", "municipal_finance", "municipal_auditor", "district_lead"]
)
def test_nobody_but_the_reviewer_takes_back(role):
    record(due_certificate())

    with pytest.raises(NotPermitted):
        withdraw(OtherSubsidy.objects.get(), UserFactory(**{role: True}))

    assert OtherSubsidy.objects.get().withdrawn_at is None


# ── What follows ─────────────────────────────────────────────────────────────────────────────────────────
def test_what_waits_is_decided_again_when_another_subsidy_is_recorded():
    open_programme(stacking_rule="REFUSED")
    held = due_certificate(attempt__enrollment__trainee=TraineeFactory())
    decide()

    record(held)
    decide()

    assert result_of(held)[:2] == (Decision.REFUSED, "not_subsidized_elsewhere")


def test_what_was_granted_stands_and_is_counted():
    open_programme(stacking_rule="REFUSED")
    granted = granted_certificate()
    before = decision_on(granted)

    assert record(granted) == Recorded(1, 1)
    decide()

    assert decision_on(granted) == before


def test_who_was_refused_for_it_is_granted_once_it_is_taken_back():
    open_programme(stacking_rule="REFUSED")
    certificate = due_certificate()
    record(certificate)
    decide()
    refused = decision_on(certificate)

    withdraw(OtherSubsidy.objects.get())
    decide()

    assert refused.reason == "not_subsidized_elsewhere"
    assert result_of(certificate) == (Decision.GRANTED, "", Decimal("800.00"))
    assert decision_on(certificate).supersedes == refused
    assert find_violations() == []


def test_what_is_held_of_less_is_held_of_all_once_it_is_taken_back():
    open_programme(stacking_rule="DIFFERENCE")
    held = due_certificate(attempt__enrollment__trainee=TraineeFactory())
    record(held)
    decide()
    assert result_of(held) == (Decision.HELD, "account_is_known", Decimal("500.00"))

    withdraw(OtherSubsidy.objects.get())
    decide()

    assert result_of(held) == (Decision.HELD, "account_is_known", Decimal("800.00"))
    assert decision_on(held).held_since == decision_on(held).supersedes.held_since


def test_what_was_granted_of_less_stays_so():
    open_programme(stacking_rule="DIFFERENCE")
    certificate = due_certificate()
    record(certificate)
    decide()

    withdraw(OtherSubsidy.objects.get())
    decide()

    assert result_of(certificate) == (Decision.GRANTED, "", Decimal("500.00"))


def test_who_waited_for_an_account_is_paid_the_difference():
    open_programme(stacking_rule="DIFFERENCE")
    held = due_certificate(attempt__enrollment__trainee=TraineeFactory())
    record(held)
    decide()
    BankAccountFactory(trainee=held.trainee)

    decide()

    assert result_of(held) == (Decision.GRANTED, "", Decimal("500.00"))
    assert find_violations() == []


# ── Taken back ───────────────────────────────────────────────────────────────────────────────────────────
def test_taking_back_leaves_who_when_and_why():
    record(due_certificate())
    reviewer = UserFactory(municipal_reviewer=True)

    withdraw(OtherSubsidy.objects.get(), reviewer)

    other = OtherSubsidy.objects.get()
    assert (other.withdrawn_by, other.withdrawn_at, other.withdrawal_reason) == (
        reviewer,
        NOW,
        "Of another person.",
    )
    assert AuditEvent.objects.get(name="other_subsidy.withdrawn").actor_id == reviewer.pk


def test_it_is_taken_back_for_a_reason_and_once():
    record(due_certificate())
    other = OtherSubsidy.objects.get()

    with pytest.raises(DomainError):
        withdraw(other, reason="  ")
    withdraw(other)
    with pytest.raises(InvalidTransition):
        withdraw(other)

    assert AuditEvent.objects.filter(name="other_subsidy.withdrawn").count() == 1
