from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from chongqing_dte.foundation.windows import Window
from enrollment import queries
from enrollment.models import Enrollment, RosterUpload, Trainee, TrainingClass
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
    list_display = ("file_name", "training_class", "status", "accepted_count", "refused_count", "uploaded_at")
    list_select_related = ("training_class",)
    list_filter = ("status",)
    fields = (
        "training_class",
        "file_name",
        "sha256",
        "status",
        "accepted_count",
        "refused_count",
        "uploaded_by",
        "uploaded_at",
        "confirmed_by",
        "confirmed_at",
    )


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
