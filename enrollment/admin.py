from functools import partial

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from chongqing_dte.foundation.windows import Window
from enrollment import queries
from enrollment.models import (
    Enrollment,
    EvidenceCorrection,
    Export,
    IdentityCorrection,
    IntakePolicy,
    Reveal,
    RosterUpload,
    Trainee,
    TraineeMerge,
    TrainingClass,
)
from enrollment.rules.identifiers import mask_id_number, mask_name


@admin.register(TrainingClass)
class TrainingClassWindow(Window):
    visible_to = queries.classes_visible_to
    list_display = ("reference", "institution", "district", "occupation", "level", "starts_on", "status")
    list_select_related = ("institution", "district", "occupation")
    list_filter = ("status", "level")
    search_fields = ("reference",)


@admin.register(Trainee)
class TraineeWindow(Window):
    visible_to = queries.trainees_visible_to
    list_display = ("masked_name", "masked_id_number", "recorded_at")
    fields = ("public_id", "masked_name", "masked_id_number", "recorded_at")
    readonly_fields = ("public_id", "masked_name", "masked_id_number")

    @admin.display(description=_("Name"))
    def masked_name(self, trainee: Trainee) -> str:
        return mask_name(trainee.name)

    @admin.display(description=_("ID number"))
    def masked_id_number(self, trainee: Trainee) -> str:
        return mask_id_number(trainee.id_number)


@admin.register(RosterUpload)
class RosterUploadWindow(Window):
    visible_to = queries.roster_uploads_visible_to
    list_display = ("file_name", "training_class", "status", "good_rows", "refused_count", "uploaded_at")
    list_select_related = ("training_class",)
    list_filter = ("status",)
    fields = (
        "training_class",
        "file_name",
        "sha256",
        "status",
        "good_rows",
        "refused_count",
        "uploaded_by",
        "uploaded_at",
        "confirmed_by",
        "confirmed_at",
    )
    readonly_fields = ("good_rows",)

    @admin.display(description=_("Good rows"))
    def good_rows(self, upload: RosterUpload) -> int:
        return upload.accepted_count


@admin.register(Enrollment)
class EnrollmentWindow(Window):
    visible_to = queries.enrollments_visible_to
    list_display = ("masked_name", "training_class", "category", "education", "status", "enrolled_at")
    list_select_related = ("trainee", "training_class")
    list_filter = ("category", "status")
    fields = (
        "training_class",
        "masked_name",
        "category",
        "education",
        "status",
        "enrolled_at",
        "completed_at",
    )
    readonly_fields = ("masked_name",)

    @admin.display(description=_("Name"))
    def masked_name(self, enrollment: Enrollment) -> str:
        return mask_name(enrollment.trainee.name)


@admin.register(IntakePolicy)
class IntakePolicyWindow(Window):
    visible_to = queries.intake_policies_visible_to
    list_display = ("name", "in_force", "drafted_by", "drafted_at", "approved_by", "approved_at")
    list_select_related = ("drafted_by", "approved_by")


@admin.register(IdentityCorrection)
class IdentityCorrectionWindow(Window):
    """What was said to be wrong is shown on the correction's own page, where looking at it is noted."""

    visible_to = partial(queries.corrections_visible_to, IdentityCorrection)
    list_display = ("public_id", "field", "status", "proposed_by", "proposed_at", "decided_by", "decided_at")
    list_select_related = ("proposed_by", "decided_by")
    list_filter = ("field", "status")
    fields = (
        "public_id",
        "field",
        "reason",
        "status",
        "proposed_by",
        "proposed_at",
        "decided_by",
        "decided_at",
        "decision_reason",
    )


@admin.register(EvidenceCorrection)
class EvidenceCorrectionWindow(Window):
    """Whose evidence it is, and what was corrected of it, is shown on the correction's own page."""

    visible_to = partial(queries.corrections_visible_to, EvidenceCorrection)
    list_display = (
        "public_id",
        "category",
        "status",
        "proposed_by",
        "proposed_at",
        "decided_by",
        "decided_at",
    )
    list_select_related = ("proposed_by", "decided_by")
    list_filter = ("status",)
    fields = (
        "public_id",
        "category",
        "education",
        "graduated_on",
        "reason",
        "status",
        "proposed_by",
        "proposed_at",
        "decided_by",
        "decided_at",
        "decision_reason",
    )


@admin.register(TraineeMerge)
class TraineeMergeWindow(Window):
    visible_to = queries.merges_visible_to
    list_display = ("kept", "merged", "status", "proposed_by", "proposed_at", "decided_by", "decided_at")
    list_select_related = ("kept", "merged", "proposed_by", "decided_by")
    list_filter = ("status",)


@admin.register(Reveal)
class RevealWindow(Window):
    visible_to = queries.reveals_visible_to
    list_display = ("whose", "field", "revealed_to", "revealed_at", "reason")
    list_select_related = ("trainee", "revealed_to")
    list_filter = ("field",)
    fields = ("whose", "field", "revealed_to", "revealed_at", "reason")
    readonly_fields = ("whose",)

    @admin.display(description=_("Trainee"))
    def whose(self, reveal: Reveal) -> str:
        return str(reveal.trainee)


@admin.register(Export)
class ExportWindow(Window):
    visible_to = queries.exports_overseen_by
    list_display = ("public_id", "which_class", "row_count", "requested_by", "requested_at", "expires_at")
    list_select_related = ("training_class", "requested_by")
    fields = (
        "public_id",
        "which_class",
        "reason",
        "row_count",
        "requested_by",
        "requested_at",
        "expires_at",
    )
    readonly_fields = ("which_class",)

    @admin.display(description=_("Training class"))
    def which_class(self, export: Export) -> str:
        return export.training_class.reference
