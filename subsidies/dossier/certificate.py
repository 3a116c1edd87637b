"""One certificate's whole road, from the roster file to the bank's word, for one page."""

from collections.abc import Sequence
from dataclasses import dataclass

from assessment.models import Attempt, LevelCertificate
from assessment.queries import attempts_of_trainees
from enrollment.models import Enrollment
from enrollment.queries import (
    approved_evidence_corrections_of,
    current_account_of,
    roster_row_of,
    rows_of_persons,
)
from enrollment.rules.identifiers import mask_id_number, mask_name
from subsidies import queries
from subsidies.dossier.decisions import claimed_by, decisions_on, first_pass_of, shown_decision
from subsidies.dossier.money import (
    payments_for,
    recoveries_of,
    shown_attempts,
    shown_journal,
    shown_notices,
    shown_notifications,
    shown_objections,
    shown_settlements,
)
from subsidies.dossier.shown import (
    ShownAttempt,
    ShownDecision,
    ShownFirstPass,
    ShownLine,
    ShownNotice,
    ShownNotification,
    ShownObjection,
    ShownSettlement,
    Training,
)
from subsidies.enums import Decision, PaymentStatus
from subsidies.models import Entitlement, Payment, Recovery, SelfCheckAccess


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
    # Newest first. Those behind the first were cancelled, and their decisions superseded.
    payments: list[Payment]
    notices: list[ShownNotice]
    objections: list[ShownObjection]
    notifications: list[ShownNotification]
    # Oldest first: the last one may be live, those before it were withdrawn.
    recoveries: list[Recovery]
    settlements: list[ShownSettlement]
    account_last_four: str
    payment_attempts: list[ShownAttempt]
    journal_lines: list[ShownLine]
    # The one-time links that offices handed out, newest first.
    links: list[SelfCheckAccess]
    account_needed: bool

    @property
    def payment(self) -> Payment | None:
        """What is owed by the latest grant."""
        return self.payments[0] if self.payments else None


def certificate_dossier(certificate: LevelCertificate) -> CertificateDossier:
    """Return the whole road of one certificate, in a constant number of queries and one more for each transfer."""
    decisions = decisions_on(certificate)
    live = next((decision for decision in decisions if decision.superseded_at is None), None)
    payments = payments_for(certificate)
    account = current_account_of(certificate.trainee_id)
    rows = rows_of_persons([certificate.trainee_id])
    attempts = list(attempts_of_trainees(rows).select_related("session__institution"))
    recoveries = recoveries_of(payments)
    return CertificateDossier(
        certificate=certificate,
        trainee_name=mask_name(certificate.trainee.name),
        trainee_id_number=mask_id_number(certificate.trainee.id_number),
        training=_training(certificate.attempt),
        attempts=attempts,
        own_attempt=_own(certificate.attempt, attempts),
        entitlements=[shown_decision(decision, certificate) for decision in decisions],
        first_pass=first_pass_of(live.checks) if live else None,
        claimed_by=claimed_by(live) if live else None,
        payments=payments,
        notices=shown_notices(payments),
        objections=shown_objections(certificate),
        notifications=shown_notifications(certificate),
        recoveries=recoveries,
        settlements=shown_settlements(recoveries),
        account_last_four=account.last_four if account else "",
        payment_attempts=shown_attempts(payments),
        journal_lines=shown_journal(payments),
        links=queries.links_of_certificate(certificate.pk),
        account_needed=needs_account(live, payments[0] if payments else None),
    )


def account_is_needed(certificate: LevelCertificate) -> bool:
    """Test whether the certificate's money waits for the person's account."""
    live = Entitlement.objects.filter(certificate=certificate, superseded_at__isnull=True).first()
    payment = Payment.objects.filter(entitlement__certificate=certificate).order_by("-id").first()
    return needs_account(live, payment)


def needs_account(live: Entitlement | None, payment: Payment | None) -> bool:
    """Test whether what was decided, or what is owed, waits for an account."""
    held = live is not None and live.decision == Decision.HELD and live.reason == "account_is_known"
    return held or (payment is not None and payment.status == PaymentStatus.RETURNED)


def _training(attempt: Attempt) -> Training | None:
    if attempt.enrollment_id is None:
        return None
    enrollment = Enrollment.objects.select_related(
        "training_class__institution", "training_class__district"
    ).get(pk=attempt.enrollment_id)
    row = roster_row_of(enrollment)
    return Training(
        enrollment,
        enrollment.training_class,
        roster_upload=row.upload,
        roster_row=row,
        corrections=approved_evidence_corrections_of(enrollment.pk),
    )


def _own(issued_for: Attempt, attempts: Sequence[Attempt]) -> Attempt:
    sitting = (issued_for.session_id, issued_for.trainee_id)
    return next(attempt for attempt in attempts if (attempt.session_id, attempt.trainee_id) == sitting)
