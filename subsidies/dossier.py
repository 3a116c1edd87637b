"""One certificate's whole road, from the roster file to the bank's word, for one page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from assessment.enums import Outcome
from assessment.models import Attempt, LevelCertificate
from assessment.queries import attempts_of_trainees
from enrollment.models import Enrollment, RosterRow, RosterUpload, TrainingClass
from enrollment.queries import current_account_of, roster_row_of, rows_of_persons
from enrollment.rules.identifiers import mask_id_number, mask_name
from institutions.enums import Level
from institutions.models import FeeSchedule, Institution, Occupation
from subsidies.enums import (
    BankAnswer,
    Decision,
    FirstPassRule,
    FirstPassScope,
    JournalKind,
    PaymentStatus,
)
from subsidies.explanations import (
    check_name,
    check_sentence,
    decision_sentence,
    outcome_label,
    return_reason,
    sitting_words,
)
from subsidies.models import Entitlement, JournalLine, Payment, PaymentAttempt, PolicyVersion, Recovery


@dataclass(frozen=True)
class ShownCheck:
    """One check as a reader sees it."""

    name_text: str
    outcome: str
    outcome_label: str
    sentence: str


@dataclass(frozen=True)
class ShownDecision:
    """One decision as a reader sees it. Amount in yuan."""

    decision: str
    decision_label: str
    amount: Decimal
    decided_at: datetime
    policy_version: PolicyVersion | None
    fee_schedule: FeeSchedule | None
    reason_text: str
    checks: list[ShownCheck]
    is_live: bool


@dataclass(frozen=True)
class ShownSitting:
    """One sitting that a decision looked at, and what it means for the first pass."""

    held_on: date
    institution_name: str
    occupation_text: str
    outcome: str
    outcome_label: str
    words: str


@dataclass(frozen=True)
class ShownFirstPass:
    """What a decision derived the first pass from."""

    scope_label: str
    rule_label: str
    sittings: list[ShownSitting]


@dataclass(frozen=True)
class Training:
    """How the person came into the programme: the class, and the roster row that first enrolled them."""

    enrollment: Enrollment
    training_class: TrainingClass
    roster_upload: RosterUpload
    roster_row: RosterRow


@dataclass(frozen=True)
class ShownAttempt:
    """One instruction to the bank and what came of it."""

    number: int
    reference: str
    batch_reference: str
    batch_status_label: str
    account_last_four: str
    status: str
    status_label: str
    bank_answer: str
    at: datetime | None


@dataclass(frozen=True)
class ShownLine:
    """One journal line. Debit or credit in yuan, the other is None."""

    at: datetime
    entry: str
    account_text: str
    debit: Decimal | None
    credit: Decimal | None
    memo: str


@dataclass(frozen=True)
class CertificateDossier:
    """Everything that the page of one certificate shows. Each part names the part before it."""

    certificate: LevelCertificate
    trainee_name: str
    trainee_id_number: str
    # None for whoever trained elsewhere.
    training: Training | None
    attempts: list[Attempt]
    # What counts of the certificate's own sitting now: the attempt it was issued for, or a correction of that.
    own_attempt: Attempt
    entitlements: list[ShownDecision]
    # What the live decision derived the first pass from. None where no policy was in force, or nothing is decided.
    first_pass: ShownFirstPass | None
    # The certificate whose claim to the first pass stands in this one's way, if the live decision says so.
    claimed_by: LevelCertificate | None
    payment: Payment | None
    # Oldest first: the last one may be live, those before it were withdrawn.
    recoveries: list[Recovery]
    account_last_four: str
    payment_attempts: list[ShownAttempt]
    journal_lines: list[ShownLine]
    account_needed: bool


def certificate_dossier(certificate: LevelCertificate) -> CertificateDossier:
    """Return the whole road of one certificate, in a constant number of queries and one more for each transfer."""
    decisions = list(
        Entitlement.objects.filter(certificate=certificate)
        .select_related("policy_version", "fee_schedule")
        .order_by("-id")
    )
    live = next((decision for decision in decisions if decision.superseded_at is None), None)
    payment = Payment.objects.filter(entitlement__certificate=certificate).order_by("-id").first()
    account = current_account_of(certificate.trainee_id)
    rows = rows_of_persons([certificate.trainee_id])
    attempts = list(attempts_of_trainees(rows).select_related("session__institution"))
    return CertificateDossier(
        certificate=certificate,
        trainee_name=mask_name(certificate.trainee.name),
        trainee_id_number=mask_id_number(certificate.trainee.id_number),
        training=_training(certificate.attempt),
        attempts=attempts,
        own_attempt=_own(certificate.attempt, attempts),
        entitlements=[_shown_decision(decision) for decision in decisions],
        first_pass=_first_pass(live.checks) if live else None,
        claimed_by=_claimed_by(live) if live else None,
        payment=payment,
        recoveries=list(Recovery.objects.filter(payment=payment).order_by("id")) if payment else [],
        account_last_four=account.last_four if account else "",
        payment_attempts=_attempts(payment),
        journal_lines=_journal_lines(payment),
        account_needed=_needs_account(live, payment),
    )


def account_is_needed(certificate: LevelCertificate) -> bool:
    """Test whether the certificate's money waits for the person's account."""
    live = Entitlement.objects.filter(certificate=certificate, superseded_at__isnull=True).first()
    payment = Payment.objects.filter(entitlement__certificate=certificate).order_by("-id").first()
    return _needs_account(live, payment)


def _needs_account(live: Entitlement | None, payment: Payment | None) -> bool:
    held = live is not None and live.decision == Decision.HELD and live.reason == "account_is_known"
    return held or (payment is not None and payment.status == PaymentStatus.RETURNED)


def _claimed_by(live: Entitlement) -> LevelCertificate | None:
    if live.reason != "is_not_claimed_already":
        return None
    check = next(check for check in live.checks if check["name"] == live.reason)
    return LevelCertificate.objects.filter(pk=check["facts"]["certificate"]).first()


def _training(attempt: Attempt) -> Training | None:
    if attempt.enrollment_id is None:
        return None
    enrollment = Enrollment.objects.select_related(
        "training_class__institution", "training_class__district"
    ).get(pk=attempt.enrollment_id)
    row = roster_row_of(enrollment)
    return Training(enrollment, enrollment.training_class, roster_upload=row.upload, roster_row=row)


def _own(issued_for: Attempt, attempts: Sequence[Attempt]) -> Attempt:
    sitting = (issued_for.session_id, issued_for.trainee_id)
    return next(attempt for attempt in attempts if (attempt.session_id, attempt.trainee_id) == sitting)


def _first_pass(checks: Sequence[Mapping[str, Any]]) -> ShownFirstPass | None:
    """Return the chain that a decision stored. Decisions of before chains were stored have none."""
    check = next((check for check in checks if check["name"] == "passes_for_the_first_time"), None)
    if check is None or "sittings" not in check["facts"]:
        return None
    facts, chain = check["facts"], check["facts"]["sittings"]
    institutions = Institution.objects.in_bulk({looked_at["institution"] for looked_at in chain})
    occupations = Occupation.objects.in_bulk({looked_at["occupation"] for looked_at in chain})
    return ShownFirstPass(
        scope_label=str(FirstPassScope(facts["scope"]).label),
        rule_label=str(FirstPassRule(facts["rule"]).label),
        sittings=[
            ShownSitting(
                held_on=date.fromisoformat(looked_at["held_on"]),
                institution_name=institutions[looked_at["institution"]].name,
                occupation_text=f"{occupations[looked_at['occupation']].name} · {Level(looked_at['level']).label}",
                outcome=looked_at["outcome"],
                outcome_label=str(Outcome(looked_at["outcome"]).label),
                words=sitting_words(looked_at),
            )
            for looked_at in chain
        ],
    )


def _shown_decision(entitlement: Entitlement) -> ShownDecision:
    return ShownDecision(
        decision=entitlement.decision,
        decision_label=entitlement.get_decision_display(),
        amount=entitlement.amount,
        decided_at=entitlement.decided_at,
        policy_version=entitlement.policy_version,
        fee_schedule=entitlement.fee_schedule,
        reason_text=decision_sentence(entitlement.checks, entitlement.reason),
        checks=[
            ShownCheck(
                check_name(check["name"]),
                check["outcome"],
                outcome_label(check["outcome"]),
                check_sentence(check),
            )
            for check in entitlement.checks
        ],
        is_live=entitlement.superseded_at is None,
    )


def _attempts(payment: Payment | None) -> list[ShownAttempt]:
    found = (
        PaymentAttempt.objects.filter(payment=payment)
        .select_related("batch", "bank_account")
        .order_by("number")
    )
    return [
        ShownAttempt(
            number=attempt.number,
            reference=attempt.reference,
            batch_reference=attempt.batch.reference,
            batch_status_label=attempt.batch.get_status_display(),
            account_last_four=attempt.bank_account.last_four,
            status=attempt.status,
            status_label=attempt.get_status_display(),
            bank_answer=return_reason(attempt.return_code) if attempt.status == BankAnswer.RETURNED else "",
            at=attempt.answered_at,
        )
        for attempt in found
    ]


def _journal_lines(payment: Payment | None) -> list[ShownLine]:
    found = (
        JournalLine.objects.filter(payment=payment, payment__isnull=False)
        .select_related("entry")
        .order_by("id")
    )
    return [
        ShownLine(
            at=line.entry.recorded_at,
            entry=line.entry.key,
            account_text=line.get_account_display(),
            debit=line.amount if line.amount > 0 else None,
            credit=-line.amount if line.amount < 0 else None,
            memo=str(JournalKind(line.entry.kind).label),
        )
        for line in found
    ]
