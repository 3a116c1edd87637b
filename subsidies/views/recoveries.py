"""The recoveries: what is to come back, and each of them with its letter."""

from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_safe

from chongqing_dte.foundation.paging import page_of
from institutions.requests import SignedInRequest
from subsidies import policies, queries
from subsidies.enums import RecoveryStatus, SettlementKind
from subsidies.forms.recoveries import AskBackForm, RecoveryFilterForm, SettlementDecisionForm, SettlementForm
from subsidies.models import Recovery, RecoverySettlement
from subsidies.paid_for import HEADING, PAYEE, paid_for
from subsidies.rules.recoveries import to_give_back
from subsidies.views.exports import Export, hand_out
from subsidies.views.recovery_rows import (
    as_workbook,
    letter_facts,
    recovery_facts,
    shown,
    shown_events,
    shown_journal,
    shown_messages,
    shown_settlement,
    sum_facts,
)

RECOVERY_COLUMNS = (
    (HEADING, ""),
    (PAYEE, ""),
    (gettext_lazy("District"), ""),
    (gettext_lazy("Amount"), "numeric"),
    (gettext_lazy("Left"), "numeric"),
    (gettext_lazy("Reason"), ""),
    (gettext_lazy("Opened"), ""),
    (gettext_lazy("Due on"), ""),
    (gettext_lazy("Status"), ""),
)
SETTLEMENT_COLUMNS = (
    (gettext_lazy("What became of it"), ""),
    (gettext_lazy("Amount"), "numeric"),
    (gettext_lazy("Received on"), ""),
    (gettext_lazy("Reference on the bank statement"), ""),
    (gettext_lazy("Reason"), ""),
    (gettext_lazy("Proposed by"), ""),
    (gettext_lazy("Decided by"), ""),
    (gettext_lazy("Status"), ""),
)
JOURNAL_COLUMNS = (
    (gettext_lazy("Recorded"), ""),
    (gettext_lazy("Kind"), ""),
    (pgettext_lazy("ledger", "Account"), ""),
    (gettext_lazy("Debit"), "numeric"),
    (gettext_lazy("Credit"), "numeric"),
)
# So many rows go into one workbook.
EXPORTED_AT_MOST = 50_000


@require_safe
@login_required
def recovery_list(request: SignedInRequest) -> HttpResponse:
    """List the money that was paid and is to come back, newest first, narrowed as asked, with its sums."""
    form, chosen, found = _chosen(request)
    page = page_of(found, request)
    today = timezone.localdate()
    context = {
        "rows": [shown(recovery, today) for recovery in page.rows],
        "page": page,
        "columns": RECOVERY_COLUMNS,
        "form": form,
        "sums": sum_facts(queries.recovery_sums(found)),
        "query": f"{urlencode(chosen)}&",
        "export_query": urlencode(chosen),
    }
    return render(request, "subsidies/recovery_list.html", context)


@require_safe
@login_required
def recovery_export(request: SignedInRequest) -> HttpResponseBase:
    """Return the same list as a workbook."""
    _form, chosen, found = _chosen(request)
    today = timezone.localdate()
    rows = list(found.order_by("-pk")[:EXPORTED_AT_MOST])
    name = f"recoveries-{today.isoformat()}.xlsx"
    return hand_out(request, Export("recoveries", chosen, len(rows), as_workbook(rows, today), name))


@require_safe
@login_required
def recovery_detail(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Show one recovery: why, how it was paid, what became of it, and what can be done now."""
    return detail_page(request, find_recovery(request, public_id), {})


@require_safe
@login_required
def recovery_letter(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Show the letter to the person, to be printed. Only once they are asked, and while something is left."""
    recovery = find_recovery(request, public_id)
    # It names the person in full: only whoever sends it sees that.
    policies.check_can_ask_back(request.user)
    context = {"recovery": recovery, **letter_facts(recovery)}
    return render(request, "subsidies/recovery_letter.html", context)


def find_recovery(request: SignedInRequest, public_id: str) -> Recovery:
    """Return a recovery that this person may see; any other does not exist for them."""
    return get_object_or_404(
        queries.recoveries_with_certificates_visible_to(request.user), public_id=public_id
    )


def detail_page(
    request: SignedInRequest, recovery: Recovery, forms: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """Return the page of a recovery; `forms` are those that were filled in and could not be followed."""
    settlements = queries.settlements_visible_to(request.user).filter(recovery=recovery)
    may_act = policies.can_ask_back(request.user) and recovery.status == RecoveryStatus.OPEN
    context = {
        "recovery": recovery,
        "paid_for": paid_for(recovery.payment),
        "facts": recovery_facts(recovery),
        "row": shown(recovery, timezone.localdate()),
        "settlements": [
            {
                **shown_settlement(settlement, request.user),
                "form": forms.get(f"decision {settlement.pk}") or decision_form(settlement),
            }
            for settlement in settlements
        ],
        "settlement_columns": SETTLEMENT_COLUMNS,
        "journal": [shown_journal(line) for line in queries.journal_of_recovery(recovery)],
        "journal_columns": JOURNAL_COLUMNS,
        "events": shown_events(queries.history_of_recovery(recovery)),
        "sent": shown_messages(queries.messages_about(recovery)),
        "stands_again": recovery.status != RecoveryStatus.WITHDRAWN
        and bool(queries.passes_stand_again([recovery.pk])),
        "is_not_owed": recovery.not_owed > recovery.written_off + recovery.given_back,
        "may_act": may_act,
        "may_settle": may_act or (policies.can_ask_back(request.user) and to_give_back(recovery) > 0),
        "ask_form": forms.get("ask") or AskBackForm(prefix="ask"),
        "settlement_form": forms.get("settlement") or SettlementForm(initial=_rest_of(recovery)),
    }
    return render(request, "subsidies/recovery_detail.html", context, status=status)


def decision_form(settlement: RecoverySettlement, sent: QueryDict | None = None) -> SettlementDecisionForm:
    """Return the second person's form about one settlement. Several of them stand on one page."""
    return SettlementDecisionForm(sent, prefix="decision", auto_id=f"settlement_{settlement.pk}_%s")


def _rest_of(recovery: Recovery) -> dict[str, object]:
    if recovery.status == RecoveryStatus.SETTLED:
        return {"kind": SettlementKind.GIVEN_BACK, "amount": to_give_back(recovery)}
    rest = recovery.amount - recovery.recovered - recovery.written_off
    rest -= queries.settlement_amount_proposed(recovery)
    return {"amount": rest} if rest > 0 else {}


def _chosen(request: SignedInRequest) -> tuple[RecoveryFilterForm, dict[str, Any], QuerySet[Recovery]]:
    """Return the filters, what they were set to, and what they leave. What cannot be meant asks for nothing."""
    form = RecoveryFilterForm(request.GET, districts=queries.districts_with_recoveries(request.user))
    form.is_valid()
    chosen = {name: value for name, value in form.cleaned_data.items() if value not in ("", None)}
    visible = queries.recoveries_with_certificates_visible_to(request.user)
    return form, chosen, queries.recoveries_chosen(visible, chosen, now=timezone.now())
