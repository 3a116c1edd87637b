"""The desk of objections: what was said, recorded by an office too, and what is decided about it."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from chongqing_dte.foundation.errors import DomainError, NotPermitted
from chongqing_dte.foundation.paging import page_of
from chongqing_dte.foundation.templatetags.figures import yuan
from enrollment.rules.identifiers import normalize_identifier
from institutions.models import User
from institutions.requests import SignedInRequest
from subsidies import policies, queries
from subsidies.enums import Decision, ObjectionKind, ObjectionStatus
from subsidies.forms.objections import ObjectionDecisionForm, OfficeObjectionForm
from subsidies.models import Objection
from subsidies.paid_for import HEADING, PAYEE, objected_to
from subsidies.services.objections import ObjectionEntry, decide_objection, raise_objection
from subsidies.statement_files import as_workbook
from subsidies.views.exports import Export, hand_out
from subsidies.views.refusals import tell_form

# Days since an objection was raised, from which it counts as old.
AGES: Final = (3, 7, 15)
# So many rows go into one workbook, and so many are read at a time.
EXPORTED_AT_MOST: Final = 50_000
READ_AT_ONCE: Final = 1000
COLUMNS = (
    (gettext_lazy("Raised at"), ""),
    (HEADING, ""),
    (PAYEE, ""),
    (gettext_lazy("Raised"), ""),
    (gettext_lazy("District"), ""),
    (gettext_lazy("Age in days"), "numeric"),
    (gettext_lazy("Status"), ""),
)


@require_safe
@login_required
def objection_list(request: SignedInRequest) -> HttpResponse:
    """List the objections of the person's office, by what became of them, district and age."""
    _check_sees_objections(request.user)
    chosen, found = _chosen(request)
    page = page_of(found, request)
    context = {
        "rows": [_shown(objection) for objection in page.rows],
        "page": page,
        "columns": COLUMNS,
        "statuses": [
            {"value": value, "label": label, "is_chosen": value == chosen["status"]}
            for value, label in (*ObjectionStatus.choices, ("ALL", _("All")))
        ],
        "districts": [
            (district.code, district.name) for district in queries.districts_with_objections(request.user)
        ],
        "ages": [(str(age), _("%(days)s days and older") % {"days": age}) for age in AGES],
        "chosen": chosen,
        "open_count": queries.open_objection_count(request.user),
        "narrowing": urlencode({name: value for name, value in chosen.items() if name != "status"}),
        "query": urlencode(chosen) + "&",
        "export_query": urlencode(chosen),
        "may_record": policies.can_record_objections(request.user),
    }
    return render(request, "subsidies/objection_list.html", context)


@require_safe
@login_required
def objection_export(request: SignedInRequest) -> HttpResponseBase:
    """Return the same list as a workbook, without what was said and by whom."""
    _check_sees_objections(request.user)
    chosen, found = _chosen(request)
    rows = list(_cells(found.order_by("-pk")[:EXPORTED_AT_MOST]))
    name = f"objections-{timezone.localdate().isoformat()}.xlsx"
    content = as_workbook(_("Objections"), rows)
    return hand_out(request, Export("objections", chosen, len(rows) - 1, content, name))


@require_safe
@login_required
def objection_detail(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Show one objection; what was said and by whom, to the office that decides it."""
    objection = _find_objection(request, public_id)
    return _detail_page(request, objection, ObjectionDecisionForm())


@require_POST
@login_required
def objection_decide(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Uphold or dismiss an objection, and lead to the next one that waits."""
    objection = _find_objection(request, public_id)
    policies.check_can_decide_objection(request.user, objection, queries.districts_answered_for(request.user))
    form = ObjectionDecisionForm(request.POST)
    if form.is_valid() and _decided(request.user, objection, form):
        messages.success(request, _("The objection is decided. What follows from it happens by itself."))
        return _to_the_next(request.user)
    return _detail_page(request, objection, form, status=422)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def objection_record(request: SignedInRequest) -> HttpResponse:
    """Take down what an office has to say against the live decision on a certificate."""
    policies.check_can_record_objections(request.user)
    if request.method != "POST":
        form = OfficeObjectionForm(initial={"number": request.GET.get("certificate", "")[:60]})
        return render(request, "subsidies/objection_record.html", {"form": form})
    form = OfficeObjectionForm(request.POST)
    if form.is_valid() and (objection := _recorded(request.user, form)):
        messages.success(request, _("The objection is recorded. Until it is decided, nothing is paid on it."))
        return redirect("objection-detail", public_id=objection.public_id)
    return render(request, "subsidies/objection_record.html", {"form": form}, status=422)


def _check_sees_objections(user: User) -> None:
    if not policies.can_see_decisions(user):
        raise NotPermitted


def _find_objection(request: SignedInRequest, public_id: str) -> Objection:
    return get_object_or_404(queries.objections_to_read(request.user), public_id=public_id)


def _chosen(request: SignedInRequest) -> tuple[dict[str, str], QuerySet[Objection]]:
    """Return what the list is narrowed to, and what that leaves of the objections that this person may see."""
    chosen = {
        name: request.GET.get(name, "").replace("\x00", "")[:12] for name in ("status", "district", "age")
    }
    chosen["number"] = normalize_identifier(request.GET.get("number", ""))[:40]
    if chosen["status"] not in (*ObjectionStatus.values, "ALL"):
        chosen["status"] = ObjectionStatus.RAISED.value
    return chosen, _narrowed(queries.objections_to_list(request.user), chosen)


def _narrowed(objections: QuerySet[Objection], chosen: dict[str, str]) -> QuerySet[Objection]:
    if chosen["status"] != "ALL":
        objections = objections.filter(status=chosen["status"])
    if chosen["number"]:
        number = chosen["number"]
        objections = objections.filter(
            Q(entitlement__certificate__number=number) | Q(claim__reference=number)
        )
    if chosen["district"]:
        code = chosen["district"]
        objections = objections.filter(Q(entitlement__district__code=code) | Q(claim__district__code=code))
    if chosen["age"] in {str(age) for age in AGES}:
        oldest = timezone.now() - timedelta(days=int(chosen["age"]))
        objections = objections.filter(raised_at__lte=oldest)
    return objections


def _shown(objection: Objection) -> dict[str, object]:
    against = objected_to(objection)
    return {
        "objection": objection,
        "against": against,
        "district": against.district.name if against.district else "",
        "age": (timezone.localdate() - timezone.localdate(objection.raised_at)).days,
        "is_open": objection.status == ObjectionStatus.RAISED,
    }


def _cells(objections: QuerySet[Objection]) -> Iterator[list[str]]:
    yield [str(label) for label, _kind in COLUMNS]
    for objection in objections.iterator(chunk_size=READ_AT_ONCE):
        row, against = _shown(objection), objected_to(objection)
        raised_at = timezone.localtime(objection.raised_at)
        yield [
            raised_at.strftime("%Y-%m-%d %H:%M"),
            against.number,
            against.payee,
            objection.get_kind_display(),
            str(row["district"]),
            str(row["age"]),
            objection.get_status_display(),
        ]


def _detail_page(
    request: SignedInRequest, objection: Objection, form: forms.Form, *, status: int = 200
) -> HttpResponse:
    districts = queries.districts_answered_for(request.user)
    is_open = objection.status == ObjectionStatus.RAISED
    may_decide = is_open and policies.can_decide_objection(request.user, objection, districts)
    context = {
        "objection": objection,
        "against": objected_to(objection),
        "facts": _facts_of(objection),
        "words": _words_of(objection)
        if policies.can_read_objection(request.user, objection, districts)
        else [],
        "form": form if may_decide else None,
        "consequence": _consequence_of(objection) if is_open else "",
        "recorded_it": is_open and objection.raised_by_id == request.user.pk,
    }
    return render(request, "subsidies/objection_detail.html", context, status=status)


def _facts_of(objection: Objection) -> list[tuple[str, object]]:
    against, line = objected_to(objection), objection.notice_line
    decided_at = timezone.localtime(objection.decided_at) if objection.decided_at else None
    return [
        (_("Receipt number"), str(objection.public_id)),
        (_("Raised"), objection.get_kind_display()),
        (_("Raised at"), timezone.localtime(objection.raised_at).strftime("%Y-%m-%d %H:%M")),
        (_("Recorded by"), objection.raised_by),
        (_("Public notice"), f"{line.notice.reference} · {line.line_number}" if line else ""),
        (str(HEADING), against.number),
        (str(PAYEE), against.payee),
        (_("District"), against.district.name if against.district else _("Chongqing municipality")),
        *_decision_objected_to(objection),
        (_("Decided by"), objection.decided_by),
        (_("Decided at"), decided_at.strftime("%Y-%m-%d %H:%M") if decided_at else ""),
        (_("Reason of the decision"), objection.decision_reason),
    ]


def _decision_objected_to(objection: Objection) -> list[tuple[str, object]]:
    claim = objection.claim
    if claim is None:
        decision = objection.against
        shown, amount = decision.get_decision_display(), yuan(decision.amount)
    else:
        shown = claim.get_status_display()
        amount = yuan(claim.reckoning.amount) if claim.reckoning else ""
    return [(_("Decision objected to"), shown), (_("Amount"), amount)]


def _words_of(objection: Objection) -> list[tuple[str, str]]:
    return [
        (_("What is wrong"), objection.statement),
        (_("Objector"), objection.objector_name),
        (_("How to reach them"), objection.contact),
    ]


def _consequence_of(objection: Objection) -> str:
    if objection.claim is not None:
        return _(
            "Upheld, the claim goes back to the institution: what is not paid is cancelled, what is paid is asked "
            "back. Dismissed, the money goes on by itself."
        )
    if objection.against.decision == Decision.GRANTED:
        return _(
            "Upheld, the grant falls: what is not paid is cancelled, what is paid is asked back. Dismissed, the "
            "money goes on by itself."
        )
    if objection.kind == ObjectionKind.PERSON:
        return _(
            "Upheld, the certificate is decided again, from the facts as they are then. Put the facts right first. "
            "Dismissed, the decision stands."
        )
    return _("Upheld, no subsidy is paid for this certificate. Dismissed, the decision stands.")


def _decided(decider: User, objection: Objection, form: forms.Form) -> bool:
    """Decide as the form says, or tell the form why not."""
    try:
        decide_objection(
            objection_id=objection.pk,
            decider=decider,
            outcome=ObjectionStatus(form.cleaned_data["outcome"]),
            reason=form.cleaned_data["reason"],
            now=timezone.now(),
        )
    except DomainError as refusal:
        tell_form(form, refusal, otherwise="reason")
    return form.is_valid()


def _to_the_next(user: User) -> HttpResponse:
    """Lead to the oldest objection that waits, or to the list."""
    waiting = queries.objections_visible_to(user).filter(status=ObjectionStatus.RAISED)
    oldest = waiting.order_by("pk").values_list("public_id", flat=True).first()
    return redirect("objection-detail", public_id=oldest) if oldest else redirect("objection-list")


def _recorded(clerk: User, form: forms.Form) -> Objection | None:
    """Record the objection in the form, or tell the form why not."""
    entered = form.cleaned_data
    decisions = queries.decisions_to_object_to(clerk)
    decision = decisions.filter(certificate__number=entered["number"]).first()
    claim = queries.claims_visible_to(clerk).filter(reference=entered["number"]).first()
    if decision is None and claim is None:
        form.add_error("number", _("There is no decision on such a certificate in your district."))
        return None
    entry = ObjectionEntry(
        kind=ObjectionKind.OFFICE,
        statement=entered["statement"],
        objector_name=entered["objector_name"],
        contact=entered["contact"],
    )
    try:
        return raise_objection(
            entitlement_id=decision.pk if decision else None,
            claim_id=claim.pk if claim and not decision else None,
            entry=entry,
            raised_by=clerk,
            now=timezone.now(),
        )
    except DomainError as refusal:
        tell_form(form, refusal, otherwise="statement")
    return None
