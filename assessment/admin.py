from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from assessment import queries
from assessment.models import AssessmentSession, Attempt, LevelCertificate
from chongqing_dte.foundation.windows import Window
from enrollment.rules.identifiers import mask_name


@admin.register(AssessmentSession)
class AssessmentSessionWindow(Window):
    visible_to = queries.sessions_visible_to
    list_display = ("reference", "institution", "occupation", "level", "held_on", "status")
    list_select_related = ("institution", "occupation")
    list_filter = ("status", "level")
    search_fields = ("reference",)


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
        "status",
    )
    readonly_fields = ("masked_name",)

    @admin.display(description=_("Name"))
    def masked_name(self, certificate: LevelCertificate) -> str:
        return mask_name(certificate.trainee.name)
