"""Public notices, for anybody: the lists, what stands on them, and a form to object to one line."""

from datetime import date
from typing import Final
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from chongqing_dte.foundation.errors import DomainError, NotPermitted
from chongqing_dte.foundation.limits import client_address, seconds_to_wait, too_many_tries
from chongqing_dte.foundation.paging import page_of
from chongqing_dte.foundation.templatetags.figures import yuan
from institutions.models import District
from institutions.requests import SignedInRequest
from subsidies import policies, queries
from subsidies.enums import ObjectionKind, SubsidyKind
from subsidies.forms.objections import PublicObjectionForm
from subsidies.models import NoticeLine, PublicNotice
from subsidies.rules.notices import masked_certificate, searched_name
from subsidies.services.objections import ObjectionEntry, ReceiptUsed, raise_objection

PAGE_SIZE: Final = 50
NOTICE_COLUMNS = (
    (gettext_lazy("District"), ""),
    (gettext_lazy("Reference"), ""),
    (gettext_lazy("Published on"), ""),
    (gettext_lazy("Objections until"), ""),
    (gettext_lazy("Number of people"), "numeric"),
    (gettext_lazy("Total"), "numeric"),
    (gettext_lazy("Status"), ""),
)
LINE_COLUMNS = (
    (gettext_lazy("Line"), "numeric"),
    (gettext_lazy("Name"), ""),
    (gettext_lazy("ID number ends in"), ""),
    (gettext_lazy("Level certificate"), ""),
    (gettext_lazy("Occupation and level"), ""),
    (gettext_lazy("Evaluation institution"), ""),
    (gettext_lazy("Amount (yuan)"), "numeric"),
    (gettext_lazy("Objection"), ""),
)


CLAIM_COLUMNS = (
    (gettext_lazy("Line"), "numeric"),
    (gettext_lazy("Training institution"), ""),
    (gettext_lazy("Training class"), ""),
    (gettext_lazy("Occupation and level"), ""),
    (gettext_lazy("Number of people"), "numeric"),
    (gettext_lazy("Amount (yuan)"), "numeric"),
    (gettext_lazy("Objection"), ""),
)


# ── The lists ────────────────────────────────────────────────────────────────────────────────────────────
@require_safe
def notice_list(request: HttpRequest) -> HttpResponse:
    """List the notices: those to which one can still object, or all of them, by district and days."""
    shows_all = request.GET.get("show") == "all"
    chosen = {name: request.GET.get(name, "").replace("\x00", "")[:10] for name in ("district", "from", "to")}
    notices = queries.notices_narrowed(
        district_code=chosen["district"], first=_day(chosen["from"]), last=_day(chosen["to"])
    )
    today = timezone.localdate()
    if not shows_all:
        notices = notices.filter(closed_at__isnull=True, closes_on__gte=today)
    page = page_of(notices, request)
    districts: list[District] = queries.districts_with_notices()
    context = {
        "rows": [_shown_notice(notice, today) for notice in page.rows],
        "page": page,
        "columns": NOTICE_COLUMNS,
        "districts": [(district.code, district.name) for district in districts],
        "chosen_district": chosen["district"],
        "first_day": chosen["from"],
        "last_day": chosen["to"],
        "shows_all": shows_all,
        "narrowing": urlencode(chosen),
        "query": urlencode({**chosen, "show": "all" if shows_all else ""}) + "&",
        "is_staff": _is_staff(request),
    }
    return render(request, "subsidies/notice_list.html", context)


@require_safe
def notice_detail(request: HttpRequest, reference: str) -> HttpResponse:
    """Show one notice: its days, its hash, and its lines page by page."""
    notice = _find_notice(reference)
    name, id_ending = _searched_for(request.GET)
    if name != searched_name(name):
        # Written into the address by hand: a name stands in no address whole.
        return redirect(_address_of(notice, name=name, id_ending=id_ending))
    after = _line_number(request.GET.get("after", ""))
    found = queries.lines_of_notice(notice, after=after, limit=PAGE_SIZE + 1, name=name, id_ending=id_ending)
    today = timezone.localdate()
    is_open = _is_open(notice, today)
    columns = CLAIM_COLUMNS if notice.kind == SubsidyKind.TRAINING else LINE_COLUMNS
    context = {
        "notice": notice,
        "title": _title_of(notice),
        "facts": _facts_of(notice, today),
        "rows": [{**_shown_line(line), "notice": notice, "is_open": is_open} for line in found[:PAGE_SIZE]],
        "columns": columns if is_open else columns[:-1],
        "is_of_claims": notice.kind == SubsidyKind.TRAINING,
        "next_key": found[PAGE_SIZE - 1].line_number if len(found) > PAGE_SIZE else None,
        "is_first": after == 0,
        "name": name,
        "id_ending": id_ending,
        "is_narrowed": bool(name or id_ending),
        "query": urlencode({"name": name, "ending": id_ending}) + "&",
        "is_open": is_open,
        "status": "open" if is_open else "closed",
        "status_label": _("Open for objections") if is_open else _("Period is over"),
    }
    return render(request, "subsidies/notice_detail.html", context)


@require_POST
def notice_search(request: HttpRequest, reference: str) -> HttpResponse:
    """Lead to the lines that fit a name as it is published, so that no whole name stands in an address."""
    notice = _find_notice(reference)
    name, id_ending = _searched_for(request.POST)
    return redirect(_address_of(notice, name=name, id_ending=id_ending))


@require_safe
def notice_content(request: HttpRequest, reference: str) -> HttpResponse:
    """Hand out the list as it was published, of whose bytes the hash is."""
    if wait := seconds_to_wait("notice", client_address(request), limits=settings.NOTICE_LIMITS):
        return too_many_tries(request, wait)
    notice = _find_notice(reference)
    response = HttpResponse(queries.notice_content(notice), content_type="application/json; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{notice.reference}.json"'
    response["X-Robots-Tag"] = "noindex"
    return response


@require_safe
@login_required
def notices_waiting(request: SignedInRequest) -> HttpResponse:
    """Show to an office what waits for a public notice, and what for."""
    if not policies.can_see_decisions(request.user):
        raise NotPermitted
    waiting = queries.payments_waiting_for_notice(request.user)
    today = timezone.localdate()
    causes = {
        "revoked": _("The certificate was revoked: the payment is cancelled by itself."),
        "changed": _("What the claim was reckoned by holds no more: it goes back by itself."),
        "frozen": _("A result or certificate of the person is in question."),
        "objection": _("Somebody objected to the decision."),
        "next_notice": _("It stands on the district's next notice, tomorrow at the latest."),
    }
    if not queries.calendar_reaches(today):
        causes["next_notice"] = _(
            "The working-day calendar does not reach the end of the period. Fill it in."
        )
    rows = [
        {"waiting": each, "district": _office_name(each.district), "cause": causes[each.cause]}
        for each in waiting
    ]
    columns = (
        (_("District"), ""),
        (_("Number of payments"), "numeric"),
        (_("Total"), "numeric"),
        (_("Oldest since"), ""),
        (_("What they wait for"), ""),
    )
    return render(request, "subsidies/notices_waiting.html", {"rows": rows, "columns": columns})


# ── Objecting ────────────────────────────────────────────────────────────────────────────────────────────
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def object_to_line(request: HttpRequest, reference: str) -> HttpResponse:
    """Take what somebody says against the line of an open notice that `?line=` names."""
    notice = _find_notice(reference)
    line = queries.notice_line_of(notice, _line_number(request.GET.get("line", "")))
    if line is None:
        raise Http404
    if request.method != "POST":
        return _objection_page(request, notice, line, PublicObjectionForm.empty())
    form = PublicObjectionForm(request.POST)
    # A form that is not whole is no try: whoever corrects a mistake is not made to wait.
    if form.is_valid() and (wait := _seconds_to_wait(request, line)):
        return too_many_tries(request, wait)
    if form.is_valid() and (receipt := _raised(line, form)):
        return redirect("objection-receipt", public_id=receipt)
    return _objection_page(request, notice, line, form, status=422)


@never_cache
@require_safe
def objection_receipt(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Tell whoever has the receipt number how their objection stands, and nothing about anybody."""
    objection = queries.objection_by_receipt(public_id)
    if objection is None:
        raise Http404
    facts = [
        (_("Receipt number"), str(objection.public_id)),
        (_("Received"), timezone.localtime(objection.raised_at).strftime("%Y-%m-%d %H:%M")),
        (_("Decided at"), timezone.localtime(objection.decided_at).strftime("%Y-%m-%d %H:%M"))
        if objection.decided_at
        else (_("Decided at"), ""),
        (_("Reason of the decision"), objection.decision_reason),
    ]
    response = render(request, "subsidies/objection_receipt.html", {"objection": objection, "facts": facts})
    response["X-Robots-Tag"] = "noindex"
    return response


def _seconds_to_wait(request: HttpRequest, line: NoticeLine) -> int:
    of_address = seconds_to_wait("objection", client_address(request), limits=settings.OBJECTION_LIMITS)
    return of_address or seconds_to_wait(
        "objection-line", str(line.pk), limits=settings.OBJECTION_LINE_LIMITS
    )


def _raised(line: NoticeLine, form: PublicObjectionForm) -> UUID | None:
    """Raise the objection in the form and return its receipt number, or tell the form why not."""
    entered = form.cleaned_data
    entry = ObjectionEntry(
        kind=ObjectionKind.PUBLIC,
        statement=entered["statement"],
        objector_name=entered["objector_name"],
        contact=entered["contact"],
        receipt=entered["receipt"],
    )
    try:
        raise_objection(
            entitlement_id=line.payment.entitlement_id,
            claim_id=line.payment.claim_id,
            entry=entry,
            notice_line_id=line.pk,
            now=timezone.now(),
        )
    except ReceiptUsed:
        return entry.receipt
    except DomainError as refusal:
        form.add_error(None, str(refusal))
        return None
    return entry.receipt


def _objection_page(
    request: HttpRequest,
    notice: PublicNotice,
    line: NoticeLine,
    form: PublicObjectionForm,
    *,
    status: int = 200,
) -> HttpResponse:
    shown = _shown_line(line)
    context = {
        "notice": notice,
        "title": _title_of(notice),
        "line": line,
        "form": form,
        "is_open": _is_open(notice, timezone.localdate()),
        "until": notice.closes_on.isoformat(),
        "facts": [
            (_("Line"), line.line_number),
            *_named_in(line, shown),
            (_("Occupation and level"), f"{shown['occupation']} · {shown['level']}"),
            (_("Amount (yuan)"), yuan(line.payment.amount)),
        ],
    }
    response = render(request, "subsidies/notice_objection.html", context, status=status)
    response["X-Robots-Tag"] = "noindex"
    return response


# ── What the pages show ──────────────────────────────────────────────────────────────────────────────────
def _find_notice(reference: str) -> PublicNotice:
    return get_object_or_404(queries.notices_published(), reference=reference)


def _is_staff(request: HttpRequest) -> bool:
    user = getattr(request, "user", None)
    return bool(user and user.is_authenticated and policies.can_see_decisions(user))


def _is_open(notice: PublicNotice, today: date) -> bool:
    return notice.closed_at is None and today <= notice.closes_on


def _days_left(notice: PublicNotice, today: date) -> str:
    if not _is_open(notice, today):
        return ""
    left = (notice.closes_on - today).days + 1
    text = ngettext("%(days)s day left, today included", "%(days)s days left, today included", left)
    return text % {"days": left}


def _title_of(notice: PublicNotice) -> str:
    office = _office_name(notice.district)
    if notice.kind == SubsidyKind.TRAINING:
        return _("Public notice of the training subsidy, %(district)s") % {"district": office}
    return _("Public notice of the assessment subsidy, %(district)s") % {"district": office}


def _office_name(district: District | None) -> str:
    return district.name if district else _("Chongqing municipality")


def _shown_notice(notice: PublicNotice, today: date) -> dict[str, object]:
    is_open = _is_open(notice, today)
    return {
        "notice": notice,
        "district": _office_name(notice.district),
        "days_left": _days_left(notice, today),
        "status": "open" if is_open else "closed",
        "label": _("Open for objections") if is_open else _("Period is over"),
    }


def _facts_of(notice: PublicNotice, today: date) -> list[tuple[str, object]]:
    until = notice.closes_on.isoformat()
    left = _days_left(notice, today)
    return [
        (_("Reference"), notice.reference),
        (_("Published on"), notice.opens_on.isoformat()),
        (_("Objections until"), f"{until} · {left}" if left else until),
        (_("Working days"), notice.working_days),
        (
            _("Number of classes") if notice.kind == SubsidyKind.TRAINING else _("Number of people"),
            notice.line_count,
        ),
        (_("Total"), yuan(notice.total)),
        ("SHA-256", notice.sha256),
    ]


def _named_in(line: NoticeLine, shown: dict[str, object]) -> list[tuple[str, object]]:
    """Return what names the person, or the institution and its class, in a line."""
    if line.people_count is not None:
        return [
            (_("Training institution"), line.masked_name),
            (_("Training class"), shown["training_class"]),
            (_("Number of people"), line.people_count),
        ]
    return [
        (_("Name"), line.masked_name),
        (_("ID number ends in"), line.id_ending),
        (_("Level certificate"), shown["certificate"]),
    ]


def _shown_line(line: NoticeLine) -> dict[str, object]:
    claim = line.payment.claim
    if claim is not None:
        return {
            "line": line,
            "training_class": claim.training_class.reference,
            "occupation": claim.training_class.occupation.name,
            "level": claim.training_class.get_level_display(),
            "amount": line.payment.amount,
        }
    certificate = line.payment.grant.certificate
    return {
        "line": line,
        "certificate": masked_certificate(certificate.number),
        "occupation": certificate.occupation.name,
        "level": certificate.get_level_display(),
        "institution": certificate.institution.name,
        "amount": line.payment.amount,
    }


def _searched_for(given: QueryDict) -> tuple[str, str]:
    """Return the name and the ending of an ID number that a list is searched for."""
    name, ending = (given.get(key, "").replace("\x00", "").strip() for key in ("name", "ending"))
    return name[:64], ending[:4]


def _address_of(notice: PublicNotice, *, name: str, id_ending: str) -> str:
    asked = {key: value for key, value in (("name", searched_name(name)), ("ending", id_ending)) if value}
    address = reverse("notice-detail", args=[notice.reference])
    return f"{address}?{urlencode(asked)}" if asked else address


def _line_number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _day(text: str) -> date | None:
    try:
        return parse_date(text)
    except ValueError:
        return None
