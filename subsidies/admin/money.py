from decimal import Decimal

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from chongqing_dte.foundation.windows import Window
from subsidies import queries
from subsidies.explanations import decision_sentence
from subsidies.models import (
    BankResultFile,
    BankResultLine,
    Budget,
    Entitlement,
    JournalEntry,
    Payment,
    PaymentAttempt,
    PaymentBatch,
    PolicyVersion,
)


@admin.register(PolicyVersion)
class PolicyVersionWindow(Window):
    visible_to = queries.policy_versions_visible_to
    list_display = (
        "name",
        "in_force",
        "first_pass_scope",
        "fee_share",
        "ceiling_junior",
        "ceiling_intermediate",
        "ceiling_senior",
        "drafted_by",
        "approved_by",
    )
    list_select_related = ("drafted_by", "approved_by")


@admin.register(Budget)
class BudgetWindow(Window):
    visible_to = queries.budgets_visible_to
    list_display = ("year", "kind", "allotted", "reserved", "paid", "recovered", "left")

    @admin.display(description=_("Available"))
    def left(self, budget: Budget) -> Decimal:
        return budget.available


@admin.register(Entitlement)
class EntitlementWindow(Window):
    visible_to = queries.entitlements_visible_to
    list_display = ("certificate", "decision", "why", "amount", "policy_version", "decided_at")
    list_select_related = ("certificate", "policy_version")
    list_filter = ("decision", "reason")
    search_fields = ("certificate__number",)
    fields = (
        "certificate",
        "decision",
        "why",
        "amount",
        "policy_version",
        "fee_schedule",
        "decided_at",
        "superseded_at",
    )
    readonly_fields = ("why",)

    @admin.display(description=_("Why"))
    def why(self, entitlement: Entitlement) -> str:
        return decision_sentence(entitlement.checks, entitlement.reason)


@admin.register(Payment)
class PaymentWindow(Window):
    visible_to = queries.payments_visible_to
    list_display = ("entitlement", "claim", "amount", "status", "opened_at", "paid_at", "cancelled_at")
    list_select_related = ("entitlement", "claim")
    list_filter = ("status",)
    fields = ("entitlement", "claim", "amount", "status", "opened_at", "paid_at", "cancelled_at")


@admin.register(PaymentBatch)
class PaymentBatchWindow(Window):
    visible_to = queries.batches_visible_to
    list_display = (
        "reference",
        "kind",
        "status",
        "line_count",
        "total",
        "assembled_at",
        "delivered_at",
        "settled_at",
    )
    list_filter = ("status",)
    search_fields = ("reference",)
    fields = (
        "reference",
        "status",
        "line_count",
        "total",
        "file_name",
        "sha256",
        "assembled_at",
        "released_automatically",
        "first_released_by",
        "first_released_at",
        "second_released_by",
        "second_released_at",
        "delivered_at",
        "settled_at",
        "withdrawn_at",
    )


@admin.register(PaymentAttempt)
class PaymentAttemptWindow(Window):
    visible_to = queries.payment_attempts_visible_to
    list_display = (
        "reference",
        "batch",
        "number",
        "bank_account",
        "institution_account",
        "amount",
        "status",
        "return_code",
        "answered_at",
    )
    list_select_related = ("batch", "bank_account", "institution_account")
    list_filter = ("status",)
    search_fields = ("reference",)


@admin.register(BankResultFile)
class BankResultFileWindow(Window):
    visible_to = queries.result_files_visible_to
    list_display = ("file_name", "batch", "status", "problem", "received_at")
    list_select_related = ("batch",)
    list_filter = ("status",)
    fields = ("file_name", "sha256", "batch", "status", "problem", "received_at")


@admin.register(BankResultLine)
class BankResultLineWindow(Window):
    visible_to = queries.result_lines_visible_to
    list_display = (
        "result_file",
        "line_number",
        "reference",
        "amount",
        "answer",
        "return_code",
        "is_of_whole",
        "problem",
        "resolved_at",
    )
    list_select_related = ("result_file",)
    list_filter = ("answer", "problem", "is_of_whole")


@admin.register(JournalEntry)
class JournalEntryWindow(Window):
    visible_to = queries.journal_entries_visible_to
    list_display = ("key", "kind", "debit_sum", "recorded_at")
    list_filter = ("kind",)
    search_fields = ("key",)

    @admin.display(description=_("Total"))
    def debit_sum(self, entry: JournalEntry) -> Decimal:
        return entry.debits  # type: ignore[attr-defined]
