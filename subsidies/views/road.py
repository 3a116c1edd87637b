"""The road of one certificate as steps to read, each naming the row before it."""

from datetime import UTC, datetime
from typing import Final

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from assessment.models import Attempt, LevelCertificate
from chongqing_dte.foundation.templatetags.figures import yuan
from enrollment.evidence_words import (
    corrected_facts,
    evidence_label,
    evidence_text,
    evidence_values,
    former_values,
)
from enrollment.models import EvidenceCorrection
from subsidies.dossier import CertificateDossier, ShownDecision, Training
from subsidies.views.road_money import money_steps
from subsidies.views.road_step import Facts, Step

# Where a step stands that has no time yet: behind all others.
STILL_TO_COME: Final = datetime.max.replace(tzinfo=UTC)


def road(dossier: CertificateDossier, *, sees_money: bool) -> list[Step]:
    """Return every step from the roster file to the bank's last word in the order in which they were made.

    What has no time yet is still to come.
    """
    training = dossier.training
    steps = [
        *(training_steps(training) if training else []),
        *(sitting_step(dossier, attempt) for attempt in dossier.attempts),
        certificate_step(dossier),
        *(decision_step(dossier, decision) for decision in reversed(dossier.entitlements)),
        *money_steps(dossier, sees_money=sees_money),
    ]
    # Steps of one moment stay in the order of the road.
    return sorted(steps, key=lambda step: step.at or STILL_TO_COME)


def training_steps(training: Training) -> list[Step]:
    """How the person came into the programme, and what was corrected of that."""
    corrections = [correction_step(training, each) for each in training.corrections]
    return [roster_step(training), enrollment_step(training), *corrections]


def roster_step(training: Training) -> Step:
    """The file that the person came in."""
    upload, training_class = training.roster_upload, training.training_class
    row = training.roster_row.number
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
        url=f"{reverse('roster-detail', args=[upload.public_id])}#row-{row}",
        url_text=_("Open the roster at row %(row)s") % {"row": row},
    )


def enrollment_step(training: Training) -> Step:
    """The person's place in the class, with the evidence as it was then."""
    enrollment, corrections = training.enrollment, training.corrections
    evidence = former_values(corrections[0]) if corrections else evidence_values(enrollment)
    facts = {"row": training.roster_row.number, "file": training.roster_upload.file_name}
    return Step(
        title=_("Enrollment"),
        at=enrollment.enrolled_at,
        before=_("From row %(row)s of roster %(file)s") % facts,
        facts=[
            *(
                (evidence_label(field), evidence_text(field, evidence[field]))
                for field in ("category", "education")
            ),
            (_("Training"), enrollment.get_status_display()),
        ],
    )


def correction_step(training: Training, correction: EvidenceCorrection) -> Step:
    """What two people corrected of the evidence, from what to what."""
    return Step(
        title=_("Evidence corrected"),
        at=correction.decided_at,
        before=_("From the enrollment in class %(reference)s")
        % {"reference": training.training_class.reference},
        facts=[
            *(
                (label, f"{former or '—'} → {now or '—'}")
                for label, former, now in corrected_facts(correction)
            ),
            (_("Reason"), correction.reason),
        ],
        url=reverse("evidence-correction-detail", args=[correction.public_id]),
        url_text=_("Open the correction"),
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
        url=reverse("level-certificate-detail", args=[certificate.public_id]),
        url_text=_("Look at the certificate"),
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


def ending_of(certificate: LevelCertificate) -> Facts:
    """Return since when and why a certificate is not valid any more, if it is not."""
    if certificate.ended_at is None:
        return []
    return [
        (_("Ended at"), timezone.localdate(certificate.ended_at).isoformat()),
        (_("Why it ended"), certificate.end_reason),
    ]
