from django.contrib import admin

from chongqing_dte.foundation.windows import Window
from subsidies import queries
from subsidies.models import OtherSubsidy


@admin.register(OtherSubsidy)
class OtherSubsidyWindow(Window):
    visible_to = queries.other_subsidies_visible_to
    list_display = ("programme", "occupation", "level", "amount", "paid_on", "recorded_at", "withdrawn_at")
    list_select_related = ("occupation",)
    list_filter = ("level",)
    search_fields = ("programme",)
    fields = (
        "occupation",
        "level",
        "programme",
        "amount",
        "paid_on",
        "source",
        "recorded_by",
        "recorded_at",
        "withdrawn_by",
        "withdrawn_at",
        "withdrawal_reason",
    )
