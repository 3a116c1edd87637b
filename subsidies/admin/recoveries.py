from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from chongqing_dte.foundation.windows import Window
from subsidies import queries
from subsidies.explanations import recovery_sentence, withdrawal_sentence
from subsidies.models import Notification, Recovery, RecoverySettlement


@admin.register(Recovery)
class RecoveryWindow(Window):
    visible_to = queries.recoveries_visible_to
    list_display = (
        "payment",
        "status",
        "amount",
        "recovered",
        "written_off",
        "not_owed",
        "given_back",
        "why",
        "opened_at",
        "due_on",
        "withdrawn_at",
    )
    list_select_related = ("payment",)
    list_filter = ("status", "reason")
    fields = (
        "payment",
        "status",
        "amount",
        "recovered",
        "written_off",
        "not_owed",
        "given_back",
        "why",
        "opened_at",
        "asked_at",
        "due_on",
        "settled_at",
        "withdrawn_at",
        "why_withdrawn",
    )
    readonly_fields = ("why", "why_withdrawn")

    @admin.display(description=_("Why"))
    def why(self, recovery: Recovery) -> str:
        return recovery_sentence(recovery.reason, recovery.facts)

    @admin.display(description=_("Why it was withdrawn"))
    def why_withdrawn(self, recovery: Recovery) -> str:
        return withdrawal_sentence(recovery.withdrawal_reason, recovery.withdrawal_facts)


@admin.register(RecoverySettlement)
class RecoverySettlementWindow(Window):
    visible_to = queries.settlements_visible_to
    list_display = (
        "recovery",
        "kind",
        "amount",
        "status",
        "received_on",
        "bank_reference",
        "proposed_by",
        "decided_by",
    )
    list_select_related = ("recovery", "proposed_by", "decided_by")
    list_filter = ("status", "kind")


@admin.register(Notification)
class NotificationWindow(Window):
    """That something was said, to whom and over what: never the words, which name people's matters."""

    visible_to = queries.notifications_overseen_by
    list_display = (
        "kind",
        "channel",
        "role",
        "district",
        "status",
        "tried_count",
        "problem",
        "created_at",
        "sent_at",
    )
    list_select_related = ("district",)
    list_filter = ("status", "channel", "kind")
    fields = (
        "public_id",
        "kind",
        "channel",
        "role",
        "district",
        "status",
        "tried_count",
        "next_try_at",
        "problem",
        "created_at",
        "sent_at",
        "read_by",
        "read_at",
    )
