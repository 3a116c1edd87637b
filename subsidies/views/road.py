"""The road of one certificate as steps to read, each naming the row before it."""

from dataclasses import dataclass, field
from datetime import datetime

from django.utils.translation import gettext as _

from assessment.models import Attempt
from chongqing_dte.foundation.templatetags.figures import yuan
from enrollment.rules.identifiers import mask_account
from subsidies.dossier import CertificateDossier, ShownAttempt, ShownDecision
from subsidies.models import Payment

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
    steps = [
        roster_step(dossier),
        enrollment_step(dossier),
        *(sitting_step(dossier, attempt) for attempt in dossier.attempts),
        certificate_step(dossier),
        *(decision_step(dossier, decision) for decision in reversed(dossier.entitlements)),
    ]
    if dossier.payment is not None:
        steps.append(payment_step(dossier, dossier.payment))
    return [*steps, *(instruction_step(attempt) for attempt in dossier.payment_attempts)]


def roster_step(dossier: CertificateDossier) -> Step:
    """The file that the person came in."""
    upload, training_class = dossier.roster_upload, dossier.training_class
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


def enrollment_step(dossier: CertificateDossier) -> Step:
    """The person's place in the class."""
    enrollment = dossier.enrollment
    facts = {"row": dossier.roster_row.number, "file": dossier.roster_upload.file_name}
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
    is_own = attempt.pk == dossier.certificate.attempt_id
    reference = {"reference": dossier.training_class.reference}
    return Step(
        title=_("Attempt") if is_own else _("Another attempt of the same person"),
        at=attempt.recorded_at,
        before=_("From the enrollment in class %(reference)s") % reference if is_own else "",
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
    own = next(attempt for attempt in dossier.attempts if attempt.pk == certificate.attempt_id)
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


def masked(last_four: str) -> str:
    """Return the last four digits behind asterisks."""
    return mask_account(f"0000{last_four}") if last_four else ""
