"""The road of one certificate as steps to read, each naming the row before it."""

from dataclasses import dataclass, field
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from assessment.models import Attempt, LevelCertificate
from chongqing_dte.foundation.templatetags.figures import yuan
from enrollment.rules.identifiers import mask_account
from subsidies.dossier import CertificateDossier, ShownAttempt, ShownDecision, Training
from subsidies.enums import PaymentStatus
from subsidies.explanations import recovery_sentence, withdrawal_sentence
from subsidies.models import Payment, Recovery

Facts = list[tuple[str, object]]

TONES = {
    "PASSED": "good",
    "GRANTED": "good",
    "PAID": "good",
    "FAILED": "bad",
    "ABSENT": "bad",
    "MISCONDUCT": "bad",
    "REFUSED": "bad",
    "RETURNED": "bad",
    "CANCELLED": "bad",
    "REVOKED": "bad",
    "TO_RECOVER": "bad",
}


@dataclass(frozen=True)
class Step:
    """One row on the road."""

    title: str
    at: datetime | None
    before: str
    facts: Facts = field(default_factory=list)
    status: str = ""
    label: str = ""

    @property
    def tone(self) -> str:
        """What the mark beside the step looks like."""
        return TONES.get(self.status, "wait") if self.status else "done"


def road(dossier: CertificateDossier) -> list[Step]:
    """Return every step from the roster file to the bank's last word, oldest first."""
    training = dossier.training
    steps = [
        *([roster_step(training), enrollment_step(training)] if training else []),
        *(sitting_step(dossier, attempt) for attempt in dossier.attempts),
        certificate_step(dossier),
        *(decision_step(dossier, decision) for decision in reversed(dossier.entitlements)),
    ]
    if dossier.payment is not None:
        steps.append(payment_step(dossier, dossier.payment))
    steps += [instruction_step(attempt) for attempt in dossier.payment_attempts]
    if dossier.payment is not None and dossier.payment.cancelled_at is not None:
        steps.append(cancellation_step(dossier.payment.cancelled_at))
    for recovery in dossier.recoveries:
        steps.append(recovery_step(recovery))
        if recovery.withdrawn_at is not None:
            steps.append(withdrawal_step(recovery))
    return steps


def roster_step(training: Training) -> Step:
    """The file that the person came in."""
    upload, training_class = training.roster_upload, training.training_class
    return Step(
        title=_("Roster"),
        at=upload.uploaded_at,
        before=_("From training class %(reference)s") % {"reference": training_class.reference},
        facts=[
            (_("File"), upload.file_name),
            (_("Training institution"), training_class.institution.name),
            (_("District"), training_class.district.name),
            ("SHA-256", f"{upload.sha256[:12]}…"),
        ],
    )


def enrollment_step(training: Training) -> Step:
    """The person's place in the class."""
    enrollment = training.enrollment
    facts = {"row": training.roster_row.number, "file": training.roster_upload.file_name}
    return Step(
        title=_("Enrollment"),
        at=enrollment.enrolled_at,
        before=_("From row %(row)s of roster %(file)s") % facts,
        facts=[
            (_("Participant category"), enrollment.get_category_display()),
            (_("Education"), enrollment.get_education_display()),
            (_("Training"), enrollment.get_status_display()),
        ],
    )


def sitting_step(dossier: CertificateDossier, attempt: Attempt) -> Step:
    """One sitting of the person, this certificate's or another."""
    is_own = attempt.pk == dossier.own_attempt.pk
    before = ""
    if is_own and dossier.training is not None:
        reference = dossier.training.training_class.reference
        before = _("From the enrollment in class %(reference)s") % {"reference": reference}
    title = _("Attempt") if is_own else _("Another attempt of the same person")
    if attempt.supersedes_id is not None:
        title = _("%(attempt)s, as corrected") % {"attempt": title}
    return Step(
        title=title,
        at=attempt.recorded_at,
        before=before,
        facts=[
            (_("Assessment session"), attempt.session.reference),
            (_("Evaluation institution"), attempt.session.institution.name),
            (_("Held on"), attempt.session.held_on.isoformat()),
            (_("Theory score"), attempt.theory_score),
            (_("Practice score"), attempt.practice_score),
        ],
        status=attempt.outcome,
        label=attempt.get_outcome_display(),
    )


def certificate_step(dossier: CertificateDossier) -> Step:
    """The certificate itself."""
    certificate = dossier.certificate
    own = dossier.own_attempt
    facts = {"row": own.row_number, "reference": own.session.reference}
    return Step(
        title=_("Level certificate"),
        at=certificate.recorded_at,
        before=_("From row %(row)s of the results of session %(reference)s") % facts,
        facts=[
            (_("Certificate number"), certificate.number),
            (_("Occupation"), certificate.occupation.name),
            (_("Level"), certificate.get_level_display()),
            (_("Issued on"), certificate.issued_on.isoformat()),
            (_("Status"), certificate.get_status_display()),
            *ending_of(certificate),
        ],
    )


def decision_step(dossier: CertificateDossier, decision: ShownDecision) -> Step:
    """One decision, the present one or one that it superseded."""
    version = decision.policy_version
    return Step(
        title=_("Decision") if decision.is_live else _("Decision, superseded later"),
        at=decision.decided_at,
        before=_("From certificate %(number)s") % {"number": dossier.certificate.number},
        facts=[
            (_("Amount"), yuan(decision.amount)),
            (_("Policy version"), str(version) if version else ""),
            (_("Reason"), decision.reason_text),
        ],
        status=decision.decision,
        label=decision.decision_label,
    )


def payment_step(dossier: CertificateDossier, payment: Payment) -> Step:
    """What is owed to the person."""
    return Step(
        title=_("Payment"),
        at=payment.opened_at,
        before=_("From the decision on certificate %(number)s") % {"number": dossier.certificate.number},
        facts=[
            (_("Amount"), yuan(payment.amount)),
            (_("Present account"), masked(dossier.account_last_four)),
        ],
        status=payment.status,
        label=payment.get_status_display(),
    )


def instruction_step(attempt: ShownAttempt) -> Step:
    """One instruction to the bank, with its answer."""
    return Step(
        title=_("Payment attempt %(number)s") % {"number": attempt.number},
        at=attempt.at,
        before=_("From the payment; sent in batch %(reference)s") % {"reference": attempt.batch_reference},
        facts=[
            (_("Bank reference"), attempt.reference),
            (_("Account"), masked(attempt.account_last_four)),
            (_("Batch"), attempt.batch_status_label),
            (_("Bank result"), attempt.bank_answer or attempt.status_label),
        ],
        status=attempt.status,
        label=attempt.status_label,
    )


def cancellation_step(at: datetime) -> Step:
    """The end of a payment that was not made."""
    return Step(
        title=_("Payment cancelled"),
        at=at,
        before=_("From the payment; the amount went back to the budget"),
        status=PaymentStatus.CANCELLED,
        label=str(PaymentStatus.CANCELLED.label),
    )


def recovery_step(recovery: Recovery) -> Step:
    """What was paid and is to come back."""
    return Step(
        title=_("Recovery"),
        at=recovery.opened_at,
        before=_("From the payment"),
        facts=[
            (_("Amount"), yuan(recovery.amount)),
            (_("Reason"), recovery_sentence(recovery.reason, recovery.facts)),
        ],
        status="" if recovery.withdrawn_at else "TO_RECOVER",
        label="" if recovery.withdrawn_at else _("Money to get back"),
    )


def withdrawal_step(recovery: Recovery) -> Step:
    """The end of a recovery whose money stays with the person."""
    return Step(
        title=_("Recovery withdrawn"),
        at=recovery.withdrawn_at,
        before=_("From the recovery"),
        facts=[
            (_("Amount"), yuan(recovery.amount)),
            (_("Reason"), withdrawal_sentence(recovery.withdrawal_reason, recovery.withdrawal_facts)),
        ],
    )


def ending_of(certificate: LevelCertificate) -> Facts:
    """Return since when and why a certificate is not valid any more, if it is not."""
    if certificate.ended_at is None:
        return []
    return [
        (_("Ended at"), timezone.localdate(certificate.ended_at).isoformat()),
        (_("Why it ended"), certificate.end_reason),
    ]


def masked(last_four: str) -> str:
    """Return the last four digits behind asterisks."""
    return mask_account(f"0000{last_four}") if last_four else ""
