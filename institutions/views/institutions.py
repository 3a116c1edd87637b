from django.contrib.auth.decorators import login_required
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from chongqing_dte.foundation.paging import page_of
from institutions import queries
from institutions.models import Institution
from institutions.requests import SignedInRequest
from institutions.views.dossier import institution_context

INSTITUTION_COLUMNS = (
    (gettext_lazy("Institution"), ""),
    (gettext_lazy("Unified social credit code"), ""),
    (gettext_lazy("District"), ""),
    (gettext_lazy("Accreditations in force"), "numeric"),
    (gettext_lazy("Standing"), ""),
)


@require_safe
@login_required
def institution_list(request: SignedInRequest) -> HttpResponse:
    """List the institutions that this person may see, found by name or credit code; one's own opens at once."""
    if request.user.institution is not None:
        return redirect("institution-detail", request.user.institution.public_id)
    text = request.GET.get("q", "").replace("\x00", "").strip()[:64]
    institutions = queries.institutions_with_standing_visible_to(request.user, timezone.localdate())
    page = page_of(narrowed(institutions, text), request)
    context = {
        "page": page,
        "columns": INSTITUTION_COLUMNS,
        "text": text,
        "query": urlencode({"q": text}) + "&",
    }
    return render(request, "institutions/institution_list.html", context)


@require_safe
@login_required
def institution_detail(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Show an institution with all that it may do, and to whom may change some of it the forms."""
    institution = find_institution(request, public_id)
    return render(
        request, "institutions/institution_detail.html", institution_context(request.user, institution)
    )


def find_institution(request: SignedInRequest, public_id: str) -> Institution:
    """Return an institution that this person may see; any other does not exist for them."""
    institutions = queries.institutions_with_standing_visible_to(request.user, timezone.localdate())
    return get_object_or_404(institutions, public_id=public_id)


def narrowed(institutions: QuerySet[Institution], text: str) -> QuerySet[Institution]:
    """Return only the institutions with this text in a name or in the credit code; an empty one does not narrow."""
    if not text:
        return institutions
    return institutions.filter(
        Q(name_zh__icontains=text) | Q(name_en__icontains=text) | Q(credit_code__icontains=text)
    )
