"""The queue of a bureau: which claims wait for its answer, the most urgent first, on screen and as a file."""

from collections.abc import Iterable
from datetime import date
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from chongqing_dte.foundation.templatetags.figures import yuan
from institutions.delegation_queries import stood_in_for, working_days_away
from institutions.models import User
from institutions.requests import SignedInRequest
from subsidies import policies, queries
from subsidies.claim_clock_words import clock_words
from subsidies.claim_queue_files import queue_rows
from subsidies.forms.claim_queue import ClaimQueueForm
from subsidies.models import SubsidyClaim
from subsidies.queries.claim_queue import QueueFigures, QueuePlace
from subsidies.statement_files import as_csv, as_workbook
from subsidies.views.exports import Export, hand_out
from subsidies.views.queue_places import name_of, place_named, place_of

PAGE_SIZE: Final = 50
# So many rows go into one file.
EXPORTED_AT_MOST: Final = 50_000
# Under this key a person's session keeps what the queue was last narrowed to: the next claim comes out of that.
KEPT: Final = "claim_queue"
COLUMNS = (
    (gettext_lazy("Reference"), ""),
    (gettext_lazy("Training institution"), ""),
    (gettext_lazy("Occupation and level"), ""),
    (gettext_lazy("Pass rate"), "numeric"),
    (gettext_lazy("Amount"), "numeric"),
    (gettext_lazy("Checks"), ""),
    (gettext_lazy("Answer due on"), ""),
)
OVERSEEN_COLUMNS = (*COLUMNS[:1], (gettext_lazy("District"), ""), *COLUMNS[1:], (gettext_lazy("Status"), ""))


@require_safe
@login_required
def claim_queue(request: SignedInRequest) -> HttpResponse:
    """List the claims that wait for the person's office, those whose answer is due first on top."""
    policies.check_can_see_claim_queue(request.user)
    today = timezone.localdate()
    form, chosen, found = _chosen(request, request.GET, today)
    after = place_named(request.GET.get("after", ""))
    claims = list(queries.claims_behind(found, after)[: PAGE_SIZE + 1])
    if request.session.get(KEPT) != chosen:
        request.session[KEPT] = chosen
    is_overseen = "district" in form.fields
    rows = _shown(claims[:PAGE_SIZE], today, is_overseen=is_overseen)
    figures = queries.queue_figures(request.user, today)
    context = {
        "rows": rows,
        "columns": OVERSEEN_COLUMNS if is_overseen else COLUMNS,
        "form": form,
        "figures": _figures(figures),
        "next_key": name_of(place_of(claims[PAGE_SIZE - 1])) if len(claims) > PAGE_SIZE else None,
        "is_first": after is None,
        "query": f"{urlencode(chosen)}&",
        "export_query": urlencode(chosen),
        "is_narrowed": bool(chosen),
        "first": rows[0]["claim"] if rows else None,
        **_municipal_pages(request.user, today),
    }
    return render(request, "subsidies/claim_queue.html", context)


@require_safe
@login_required
def claim_queue_export(request: SignedInRequest) -> HttpResponseBase:
    """Return the same list as a workbook, or with `?as=csv` as a CSV file."""
    policies.check_can_see_claim_queue(request.user)
    today = timezone.localdate()
    _form, chosen, found = _chosen(request, request.GET, today)
    rows = list(queue_rows(found[:EXPORTED_AT_MOST], today))
    file_format = "csv" if request.GET.get("as") == "csv" else "xlsx"
    content = as_csv(rows) if file_format == "csv" else as_workbook(_("Claims to review"), rows)
    name = f"claims-{today.isoformat()}.{file_format}"
    return hand_out(request, Export("claim_queue", chosen, len(rows) - 1, content, name))


@require_safe
@login_required
def claim_queue_next(request: SignedInRequest) -> HttpResponse:
    """Lead to the claim that comes after the place that `?after=` names, in the queue as it was last narrowed."""
    policies.check_can_see_claim_queue(request.user)
    public_id = next_in_queue(request, place_named(request.GET.get("after", "")))
    return redirect("claim-detail", public_id) if public_id else redirect("claim-queue")


def next_in_queue(request: SignedInRequest, place: QueuePlace | None) -> UUID | None:
    """Return the next claim behind a place in the queue as the person last narrowed it, or the first; None if empty.

    Asked before something is done with the claim of the place: what is done moves it somewhere else.
    """
    today = timezone.localdate()
    _form, _chosen_now, found = _chosen(request, request.session.get(KEPT, {}), today)
    others = found if place is None else found.exclude(pk=place.claim_id)
    claim = queries.claims_behind(others, place).first() or others.first()
    return claim.public_id if claim else None


def _chosen(
    request: SignedInRequest, given: Any, today: date
) -> tuple[ClaimQueueForm, dict[str, str], QuerySet[SubsidyClaim]]:
    """Return the filters, what they were set to, and what they leave. What cannot be meant asks for nothing."""
    form = ClaimQueueForm(
        given,
        institutions=queries.institutions_in_queue(request.user),
        districts=queries.districts_in_queue(request.user),
    )
    form.is_valid()
    chosen = {name: str(value) for name, value in form.cleaned_data.items() if value not in ("", None)}
    claims = queries.claims_to_list(request.user, today)
    return form, chosen, queries.claims_chosen(claims, chosen, user=request.user, today=today)


def _shown(claims: Iterable[Any], today: date, *, is_overseen: bool) -> list[dict[str, Any]]:
    listed = list(claims)
    away = working_days_away({claim.due_on for claim in listed if claim.due_on}, today)
    return [{**_row(claim, today, away.get(claim.due_on)), "is_overseen": is_overseen} for claim in listed]


def _row(claim: Any, today: date, working_days: int | None) -> dict[str, Any]:
    reckoning = claim.reckoning
    return {
        "claim": claim,
        "clock": clock_words(claim, is_asked=claim.is_asked, today=today, working_days=working_days),
        "passes": f"{reckoning.pass_count} / {reckoning.rate_count}" if reckoning else "—",
        "amount": yuan(reckoning.amount) if reckoning else "—",
    }


def _municipal_pages(user: User, today: date) -> dict[str, bool]:
    """Return which of the municipal bureau's other pages of claims this person works with."""
    is_municipal = policies.can_see_money(user)
    may_confirm = is_municipal and policies.can_confirm_claims(user, stood_in_for(user, today))
    return {"sees_handover": is_municipal, "may_confirm": may_confirm}


def _figures(figures: QueueFigures) -> list[tuple[str, object, str]]:
    """Return what stands above the queue: a label, a figure and how it is marked."""
    return [
        (_("Wait for your office"), figures.waiting, ""),
        (_("Overdue"), figures.late, "is-bad" if figures.late else "is-quiet"),
        (_("Due today"), figures.due_today, ""),
        (_("Wait for institutions"), figures.asked, "is-quiet"),
        (_("A check failed"), figures.flagged, ""),
        (_("Total"), yuan(figures.total) if figures.total is not None else "—", ""),
    ]
