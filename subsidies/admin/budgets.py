from django.contrib import admin

from chongqing_dte.foundation.windows import Window
from subsidies import queries
from subsidies.models import BudgetChange


@admin.register(BudgetChange)
class BudgetChangeWindow(Window):
    visible_to = queries.budget_changes_visible_to
    list_display = (
        "budget",
        "kind",
        "amount",
        "status",
        "proposed_by",
        "proposed_at",
        "decided_by",
        "decided_at",
    )
    list_filter = ("kind", "status")
