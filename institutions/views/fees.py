from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from chongqing_dte.foundation.errors import DomainError, NotPermitted
from chongqing_dte.foundation.paging import page_of
from institutions import policies, queries
from institutions.forms import FeeForm, day_after
from institutions.models import FeeSchedule, User
from institutions.requests import SignedInRequest
from institutions.services.fees import FeePublication, publish_fee_schedule
from institutions.views.dossier import occupation_choices

FEE_COLUMNS = (
    (gettext_lazy("Evaluation institution"), ""),
    (gettext_lazy("Occupation and level"), ""),
    (gettext_lazy("Total (yuan)"), "numeric"),
    (gettext_lazy("Parts"), ""),
    (gettext_lazy("Days"), ""),
)
FIELD_OF_REFUSAL = {"days_out_of_order": "last_day", "starts_in_the_past": "first_day"}


@require_safe
def fee_list(request: HttpRequest) -> HttpResponse:
    """Show the public what every assessment costs; past fees only when asked for."""
    text = request.GET.get("q", "").replace("\x00", "").strip()[:64]
    with_past = request.GET.get("past") == "1"
    fees = narrowed(queries.published_fees(), text)
    if not with_past:
        fees = fees.filter(
            Q(in_force__endswith__isnull=True) | Q(in_force__endswith__gt=timezone.localdate())
        )
    user = request.user
    context = {
        "page": page_of(fees, request),
        "columns": FEE_COLUMNS,
        "text": text,
        "with_past": with_past,
        "query": urlencode({"q": text, "past": "1" if with_past else ""}) + "&",
        "may_publish": isinstance(user, User) and policies.can_publish_fees(user),
    }
    return render(request, "institutions/fee_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def publish(request: SignedInRequest) -> HttpResponse:
    """Publish a fee: the institution its own, the bureau what was announced."""
    policies.check_can_publish_fees(request.user)
    form = fee_form(request.user, request.POST if request.method == "POST" else None)
    if request.method != "POST":
        return render(request, "institutions/fee_publication.html", {"form": form})
    if form.is_valid() and is_published(request.user, form):
        messages.success(request, _("The fee is published."))
        return redirect("fee-list")
    return render(request, "institutions/fee_publication.html", {"form": form}, status=422)


def narrowed(fees: QuerySet[FeeSchedule], text: str) -> QuerySet[FeeSchedule]:
    """Return only the fees of institutions and occupations with this text; an empty one does not narrow."""
    if not text:
        return fees
    return fees.filter(
        Q(institution__name_zh__icontains=text)
        | Q(institution__name_en__icontains=text)
        | Q(occupation__name_zh__icontains=text)
        | Q(occupation__name_en__icontains=text)
        | Q(occupation__code=text)
        | Q(occupation__former_code=text)
    )


def fee_form(user: User, sent: Any) -> FeeForm:
    """Return the form; whoever has one institution need not choose it."""
    choices: list[tuple[object, str]]
    if user.institution is not None:
        choices = [(user.institution.pk, user.institution.name)]
    else:
        institutions = queries.evaluation_institutions_on(timezone.localdate()).order_by("name_zh")
        choices = [("", "—"), *((each.pk, each.name) for each in institutions)]
    form = FeeForm(sent, institutions=choices, occupations=occupation_choices(user))
    if len(choices) == 1:
        form.fields["institution"].initial = choices[0][0]
        form.fields["institution"].widget = forms.HiddenInput()
    return form


def is_published(publisher: User, form: FeeForm) -> bool:
    """Publish what the form says, or tell the form why not."""
    given = dict(form.cleaned_data)
    publication = FeePublication(
        institution_id=given.pop("institution"),
        occupation_id=given.pop("occupation"),
        starts_on=given.pop("first_day"),
        ends_before=day_after(given.pop("last_day")),
        **given,
    )
    try:
        publish_fee_schedule(publication=publication, publisher=publisher, now=timezone.now())
    except NotPermitted:
        raise
    except DomainError as refusal:
        field = FIELD_OF_REFUSAL.get(refusal.code, refusal.code)
        form.add_error(field if field in form.fields else None, str(refusal))
    return form.is_valid()
