from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy
from django.views.decorators.http import require_http_methods

from chongqing_dte.foundation.errors import DomainError, NotPermitted
from chongqing_dte.foundation.paging import page_of
from institutions import policies, queries
from institutions.forms import CloseSiteForm, SiteForm
from institutions.models import AssessmentSite, User
from institutions.requests import SignedInRequest
from institutions.services.sites import SitePlan, close_site, open_site

SITE_COLUMNS = (
    (gettext_lazy("Assessment site"), ""),
    (gettext_lazy("Evaluation institution"), ""),
    (gettext_lazy("District"), ""),
    (pgettext_lazy("assessment site", "Seats"), "numeric"),
    (gettext_lazy("Status"), ""),
)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def site_list(request: SignedInRequest) -> HttpResponse:
    """List the sites that this person may see; an evaluation institution opens one here."""
    if request.method != "POST":
        return site_page(request, site_form() if policies.can_keep_sites(request.user) else None)
    policies.check_can_keep_sites(request.user)
    form = site_form(request.POST)
    if form.is_valid() and is_opened(request.user, form):
        messages.success(request, _("The site is open."))
        return redirect("site-list")
    return site_page(request, form, status=422)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def close(request: SignedInRequest) -> HttpResponse:
    """Close a site of one's own institution."""
    if request.method != "POST":
        return redirect("site-list")
    policies.check_can_keep_sites(request.user)
    form = closing_form(request.user, request.POST)
    if not form.is_valid():
        return site_page(request, site_form(), closing=form, status=422)
    close_site(site_id=form.cleaned_data["site"], operator=request.user, now=timezone.now())
    messages.success(request, _("The site is closed."))
    return redirect("site-list")


def site_page(
    request: SignedInRequest,
    form: SiteForm | None,
    *,
    closing: CloseSiteForm | None = None,
    status: int = 200,
) -> HttpResponse:
    """Return the list with the forms, or without them for those who only look."""
    page = page_of(queries.sites_visible_to(request.user), request)
    context = {
        "page": page,
        "rows": [shown(site) for site in page.rows],
        "columns": SITE_COLUMNS,
        "form": form,
        "closing_form": closing or (closing_form(request.user) if form else None),
        "query": "",
    }
    return render(request, "institutions/site_list.html", context, status=status)


def shown(site: AssessmentSite) -> dict[str, Any]:
    """Return one site as the list shows it."""
    is_open = site.closed_at is None
    return {
        "site": site,
        "status": "IN_USE" if is_open else "CLOSED",
        "label": pgettext("site", "Open") if is_open else pgettext("site", "Closed"),
    }


def closing_form(user: User, sent: Any = None) -> CloseSiteForm:
    """Return the form with the open sites of the person's institution."""
    sites = queries.open_sites_of(user.institution_id or 0)
    return CloseSiteForm(
        sent, auto_id="close_%s", sites=[("", "—"), *((site.pk, site.name) for site in sites)]
    )


def site_form(sent: Any = None) -> SiteForm:
    """Return the form with the districts of today."""
    districts = queries.districts_in_force(timezone.localdate())
    return SiteForm(sent, districts=[("", "—"), *((each.pk, each.name) for each in districts)])


def is_opened(operator: User, form: SiteForm) -> bool:
    """Open the site, or tell the form why not."""
    given = dict(form.cleaned_data)
    try:
        open_site(
            plan=SitePlan(district_id=given.pop("district"), **given), operator=operator, now=timezone.now()
        )
    except NotPermitted:
        raise
    except DomainError as refusal:
        form.add_error(refusal.code if refusal.code in form.fields else None, str(refusal))
    return form.is_valid()
