from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from assessment import queries
from assessment.models import (
    AssessmentPolicy,
    AssessmentSession,
    Attempt,
    AttemptCorrection,
    CertificateRevocation,
    IntegritySignal,
    LevelCertificate,
    MarkReview,
    ResultsUpload,
    SessionCandidate,
)
from chongqing_dte.foundation.windows import Window
from enrollment.rules.identifiers import mask_name


@admin.register(AssessmentSession)
class AssessmentSessionWindow(Window):
    visible_to = queries.sessions_visible_to
    list_display = ("reference", "institution", "occupation", "level", "held_on", "status")
    list_select_related = ("institution", "occupation")
    list_filter = ("status", "level")
    search_fields = ("reference",)


@admin.register(AssessmentPolicy)
class AssessmentPolicyWindow(Window):
    visible_to = queries.assessment_policies_visible_to
    list_display = (
        "name",
        "in_force",
        "theory_pass_mark",
        "practice_pass_mark",
        "approved_by",
        "approved_at",
    )
    list_select_related = ("approved_by",)


@admin.register(SessionCandidate)
class SessionCandidateWindow(Window):
    visible_to = queries.candidates_visible_to
    list_display = ("admission_number", "masked_name", "session", "origin", "added_at", "removed_at")
    list_select_related = ("session", "trainee")
    list_filter = ("origin",)
    search_fields = ("admission_number",)
    fields = (
        "session",
        "masked_name",
        "origin",
        "admission_number",
        "added_by",
        "added_at",
        "removed_by",
        "removed_at",
    )
    readonly_fields = ("masked_name",)

    @admin.display(description=_("Name"))
    def masked_name(self, candidate: SessionCandidate) -> str:
        return mask_name(candidate.trainee.name)


@admin.register(ResultsUpload)
class ResultsUploadWindow(Window):
    visible_to = queries.results_uploads_visible_to
    list_display = ("file_name", "session", "source", "status", "row_count", "passed_count", "uploaded_at")
    list_select_related = ("session",)
    list_filter = ("status", "source")
    fields = (
        "session",
        "source",
        "file_name",
        "sha256",
        "status",
        "row_count",
        "passed_count",
        "failed_count",
        "absent_count",
        "misconduct_count",
        "uploaded_by",
        "uploaded_at",
        "recorded_by",
        "recorded_at",
    )


@admin.register(Attempt)
class AttemptWindow(Window):
    visible_to = queries.attempts_visible_to
    list_display = ("session", "masked_name", "outcome", "theory_score", "practice_score", "recorded_at")
    list_select_related = ("session", "trainee")
    list_filter = ("outcome",)
    fields = (
        "session",
        "row_number",
        "masked_name",
        "outcome",
        "theory_score",
        "practice_score",
        "recorded_at",
    )
    readonly_fields = ("masked_name",)

    @admin.display(description=_("Name"))
    def masked_name(self, attempt: Attempt) -> str:
        return mask_name(attempt.trainee.name)


@admin.register(LevelCertificate)
class LevelCertificateWindow(Window):
    visible_to = queries.certificates_visible_to
    list_display = (
        "number",
        "masked_name",
        "institution",
        "occupation",
        "level",
        "issued_on",
        "status",
        "decision_due",
    )
    list_select_related = ("institution", "occupation", "trainee")
    list_filter = ("status", "level", "decision_due")
    search_fields = ("number",)
    fields = (
        "number",
        "institution",
        "masked_name",
        "occupation",
        "direction",
        "level",
        "issued_on",
        "origin",
        "supersedes",
        "status",
        "ended_by",
        "ended_at",
        "end_reason",
    )
    readonly_fields = ("masked_name",)

    @admin.display(description=_("Name"))
    def masked_name(self, certificate: LevelCertificate) -> str:
        return mask_name(certificate.trainee.name)


@admin.register(MarkReview)
class MarkReviewWindow(Window):
    visible_to = queries.reviews_visible_to
    list_display = (
        "attempt",
        "kind",
        "status",
        "finding",
        "opened_by",
        "opened_at",
        "closed_by",
        "closed_at",
    )
    list_select_related = ("attempt", "opened_by", "closed_by")
    list_filter = ("status", "kind", "finding")
    fields = (
        "attempt",
        "kind",
        "reason",
        "opened_by",
        "opened_at",
        "status",
        "finding",
        "closing_note",
        "closed_by",
        "closed_at",
    )


@admin.register(AttemptCorrection)
class AttemptCorrectionWindow(Window):
    visible_to = queries.corrections_visible_to
    list_display = ("attempt", "outcome", "status", "proposed_by", "proposed_at", "decided_by", "decided_at")
    list_select_related = ("attempt", "proposed_by", "decided_by")
    list_filter = ("status", "outcome")
    fields = (
        "attempt",
        "outcome",
        "theory_score",
        "practice_score",
        "reason",
        "proposed_by",
        "proposed_at",
        "status",
        "decided_by",
        "decided_at",
        "decision_reason",
    )


@admin.register(CertificateRevocation)
class CertificateRevocationWindow(Window):
    visible_to = queries.revocations_visible_to
    list_display = ("certificate", "status", "proposed_by", "proposed_at", "decided_by", "decided_at")
    list_select_related = ("certificate", "proposed_by", "decided_by")
    list_filter = ("status",)
    fields = (
        "certificate",
        "reason",
        "proposed_by",
        "proposed_at",
        "status",
        "decided_by",
        "decided_at",
        "decision_reason",
    )


@admin.register(IntegritySignal)
class IntegritySignalWindow(Window):
    visible_to = queries.signals_visible_to
    list_display = ("kind", "session", "subject", "found_at")
    list_select_related = ("session",)
    list_filter = ("kind",)
    fields = ("kind", "session", "subject", "measured", "found_at")
