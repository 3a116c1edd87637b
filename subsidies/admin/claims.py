from django.contrib import admin

from chongqing_dte.foundation.windows import Window
from subsidies import queries
from subsidies.models import SubsidyClaim, TrainingPolicyVersion


@admin.register(TrainingPolicyVersion)
class TrainingPolicyVersionWindow(Window):
    visible_to = queries.training_policy_versions_visible_to
    list_display = (
        "name",
        "in_force",
        "standard_rule",
        "line_rule",
        "denominator",
        "pass_rule",
        "one_signature_limit",
        "drafted_by",
        "approved_by",
    )
    list_select_related = ("drafted_by", "approved_by")


@admin.register(SubsidyClaim)
class SubsidyClaimWindow(Window):
    visible_to = queries.claims_visible_to
    list_display = (
        "reference",
        "institution",
        "district",
        "status",
        "submit_until",
        "due_on",
        "submitted_at",
        "recommended_at",
        "first_confirmed_at",
        "second_confirmed_at",
    )
    list_select_related = ("institution", "district")
    list_filter = ("status",)
    search_fields = ("reference",)
    fields = (
        "reference",
        "training_class",
        "institution",
        "district",
        "status",
        "status_reason",
        "reckoning",
        "opened_at",
        "opened_by",
        "submit_until",
        "submitted_by",
        "submitted_at",
        "recommended_by",
        "recommended_at",
        "first_confirmed_by",
        "first_confirmed_at",
        "second_confirmed_by",
        "second_confirmed_at",
        "due_on",
        "escalated_at",
    )
