"""What the municipal bureau does to an institution's standing: each act is a form on the institution's page."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from chongqing_dte.foundation.errors import DomainError, InvalidTransition, NotPermitted
from institutions import policies, queries
from institutions.forms import EndForm, GrantForm, LiftForm, QuotaForm, SuspendForm, day_after
from institutions.models import Institution, User
from institutions.requests import SignedInRequest
from institutions.services.accreditations import AccreditationGrant, end_accreditation, grant_accreditation
from institutions.services.quotas import set_funded_quota
from institutions.services.suspensions import lift_suspension, suspend_institution
from institutions.views.dossier import (
    accreditation_choices,
    accreditations_of,
    institution_context,
    occupation_choices,
    suspension_choices,
)
from institutions.views.institutions import find_institution

Fill = Callable[[User, Institution, QueryDict], forms.Form]
Perform = Callable[[User, Institution, dict[str, Any]], object]
# Which field a refusal of a service belongs to.
FIELD_OF_REFUSAL = {
    "source_missing": "source",
    "reason_missing": "reason",
    "days_out_of_order": "last_day",
    "starts_in_the_past": "first_day",
    "ends_in_the_past": "last_day",
    "day_out_of_range": "last_day",
    "quota_below_reserved": "seat_count",
    "seats_out_of_range": "seat_count",
    "year_outside_the_plan": "year",
    "direction_too_long": "direction",
    "occupation_unknown": "occupation",
}


@dataclass(frozen=True)
class Act:
    """One act: who may, the form that it needs under the name that the page knows it by, and what is said after."""

    check: Callable[[User], None]
    form_name: str
    fill: Fill
    perform: Perform
    done: object


def fill_grant(user: User, _institution: Institution, sent: QueryDict) -> forms.Form:
    return GrantForm(sent, auto_id="grant_%s", occupations=occupation_choices(user))


def perform_grant(user: User, institution: Institution, given: dict[str, Any]) -> object:
    return grant_accreditation(
        grant=AccreditationGrant(
            institution_id=institution.pk,
            kind=given["kind"],
            occupation_id=given["occupation"],
            level=given["level"],
            starts_on=given["first_day"],
            ends_before=day_after(given["last_day"]),
            direction=given["direction"],
        ),
        source=given["source"],
        administrator=user,
        now=timezone.now(),
    )


def fill_end(user: User, institution: Institution, sent: QueryDict) -> forms.Form:
    rows = accreditations_of(user, institution)
    choices = accreditation_choices(rows, timezone.localdate())
    return EndForm(sent, auto_id="end_%s", accreditations=choices)


def perform_end(user: User, _institution: Institution, given: dict[str, Any]) -> object:
    return end_accreditation(
        accreditation_id=given["accreditation"],
        ends_before=given["last_day"] + timedelta(days=1),
        reason=given["reason"],
        administrator=user,
        now=timezone.now(),
    )


def fill_quota(_user: User, _institution: Institution, sent: QueryDict) -> forms.Form:
    return QuotaForm(sent, auto_id="quota_%s")


def perform_quota(user: User, institution: Institution, given: dict[str, Any]) -> object:
    return set_funded_quota(institution_id=institution.pk, administrator=user, now=timezone.now(), **given)


def fill_suspend(_user: User, _institution: Institution, sent: QueryDict) -> forms.Form:
    return SuspendForm(sent, auto_id="suspend_%s")


def perform_suspend(user: User, institution: Institution, given: dict[str, Any]) -> object:
    return suspend_institution(
        institution_id=institution.pk,
        starts_on=given["first_day"],
        ends_before=day_after(given["last_day"]),
        reason=given["reason"],
        reviewer=user,
        now=timezone.now(),
    )


def fill_lift(user: User, institution: Institution, sent: QueryDict) -> forms.Form:
    rows = queries.suspensions_visible_to(user).filter(institution=institution)
    return LiftForm(sent, auto_id="lift_%s", suspensions=suspension_choices(rows, timezone.localdate()))


def perform_lift(user: User, _institution: Institution, given: dict[str, Any]) -> object:
    return lift_suspension(
        suspension_id=given["suspension"], reason=given["reason"], reviewer=user, now=timezone.now()
    )


GRANT = Act(
    policies.check_can_accredit, "grant_form", fill_grant, perform_grant, _("The accreditation is granted.")
)
END = Act(
    policies.check_can_accredit,
    "end_form",
    fill_end,
    perform_end,
    _("The end of the accreditation is recorded."),
)
QUOTA = Act(policies.check_can_set_quota, "quota_form", fill_quota, perform_quota, _("The quota is set."))
SUSPEND = Act(
    policies.check_can_suspend,
    "suspend_form",
    fill_suspend,
    perform_suspend,
    _("The suspension is recorded."),
)
LIFT = Act(policies.check_can_suspend, "lift_form", fill_lift, perform_lift, _("The suspension is lifted."))


def view_of(act: Act, *, name: str) -> Callable[..., HttpResponse]:
    """Return the view of an act. On a refusal it shows the institution's page with the form and what is wrong."""

    def answer(request: SignedInRequest, public_id: str) -> HttpResponse:
        if request.method != "POST":
            return redirect("institution-detail", public_id)
        institution = find_institution(request, public_id)
        act.check(request.user)
        form = act.fill(request.user, institution, request.POST)
        if form.is_valid() and is_done(act, request.user, institution, form):
            messages.success(request, str(act.done))
            return redirect("institution-detail", public_id)
        context = institution_context(request.user, institution, {act.form_name: form})
        return render(request, "institutions/institution_detail.html", context, status=422)

    answer.__name__ = name
    return require_http_methods(["GET", "HEAD", "POST"])(login_required(answer))


def is_done(act: Act, user: User, institution: Institution, form: forms.Form) -> bool:
    """Do what the form says, or tell the form why not."""
    try:
        act.perform(user, institution, form.cleaned_data)
    except (NotPermitted, InvalidTransition):
        raise
    except DomainError as refusal:
        form.add_error(FIELD_OF_REFUSAL.get(refusal.code), str(refusal))
    return form.is_valid()


grant = view_of(GRANT, name="grant")
end = view_of(END, name="end")
set_quota = view_of(QUOTA, name="set_quota")
suspend = view_of(SUSPEND, name="suspend")
lift = view_of(LIFT, name="lift")
