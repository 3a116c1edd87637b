from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from chongqing_dte.foundation.errors import DomainError, InvalidTransition, NotPermitted
from chongqing_dte.foundation.templatetags.spans import days
from enrollment import policies, queries
from enrollment.forms.intake import EndIntakePolicyForm, IntakePolicyForm, day_after
from enrollment.models import IntakePolicy
from enrollment.services.intake_policies import (
    IntakeDraft,
    approve_intake_policy,
    draft_intake_policy,
    end_intake_policy,
)
from institutions.models import User
from institutions.requests import SignedInRequest

FIGURES = (
    "filing_lead_days",
    "answer_working_days",
    "near_duplicate_days",
    "min_age",
    "max_age",
    "roster_lock_days",
    "download_hours",
)
FIELD_OF_REFUSAL = {
    "days_out_of_order": "last_day",
    "source_missing": "source",
    "reason_missing": "reason",
    "ends_in_the_past": "last_day",
    "day_out_of_range": "last_day",
}


@require_safe
@login_required
def policy_list(request: SignedInRequest) -> HttpResponse:
    """List the versions of the figures of class filing and rosters, newest first, with what may be done to each."""
    return render(request, "enrollment/intake_policy_list.html", list_context(request.user))


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def draft(request: SignedInRequest) -> HttpResponse:
    """Draft a version, beginning with the figures that hold today."""
    policies.check_can_draft_intake_policy(request.user)
    if request.method != "POST":
        return render(
            request, "enrollment/intake_policy_draft.html", {"form": IntakePolicyForm(initial=present())}
        )
    form = IntakePolicyForm(request.POST)
    if form.is_valid() and is_drafted(request.user, form):
        messages.success(request, _("The draft is written down. It counts once a reviewer approves it."))
        return redirect("intake-policy-list")
    return render(request, "enrollment/intake_policy_draft.html", {"form": form}, status=422)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def approve(request: SignedInRequest) -> HttpResponse:
    """Let the version that the form names count."""
    if request.method != "POST":
        return redirect("intake-policy-list")
    version = find_version(request)
    approve_intake_policy(version_id=version.pk, approver=request.user, now=timezone.now())
    messages.success(request, _("The version is approved."))
    return redirect("intake-policy-list")


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def end(request: SignedInRequest) -> HttpResponse:
    """Let the version that the form names end earlier."""
    if request.method != "POST":
        return redirect("intake-policy-list")
    version = find_version(request)
    policies.check_can_end_intake_policies(request.user)
    form = EndIntakePolicyForm(request.POST, auto_id=f"end-{version.pk}_%s")
    if form.is_valid() and is_ended(request.user, version, form):
        messages.success(request, _("The end of the version is recorded."))
        return redirect("intake-policy-list")
    context = list_context(request.user, refused={version.pk: form})
    return render(request, "enrollment/intake_policy_list.html", context, status=422)


def find_version(request: SignedInRequest) -> IntakePolicy:
    """Return the version that the form names; one that this person may not see does not exist for them."""
    key = request.POST.get("version", "")
    key = key if key.isascii() and key.isdigit() and len(key) < 19 else "0"
    return get_object_or_404(queries.intake_policies_visible_to(request.user), pk=int(key))


def present() -> dict[str, Any]:
    """Return the figures that hold today, to begin a draft with."""
    try:
        policy = queries.intake_policy_on(timezone.localdate())
    except queries.IntakePolicyMissing:
        return {}
    return {figure: getattr(policy, figure) for figure in FIGURES}


def is_drafted(author: User, form: IntakePolicyForm) -> bool:
    """Write down what the form says, or tell the form why not."""
    given = dict(form.cleaned_data)
    starts_on, ends_before = given.pop("first_day"), day_after(given.pop("last_day"))
    try:
        draft_intake_policy(
            draft=IntakeDraft(starts_on=starts_on, ends_before=ends_before, **given),
            author=author,
            now=timezone.now(),
        )
    except NotPermitted:
        raise
    except DomainError as refusal:
        form.add_error(FIELD_OF_REFUSAL.get(refusal.code), str(refusal))
    return form.is_valid()


def is_ended(approver: User, version: IntakePolicy, form: EndIntakePolicyForm) -> bool:
    """End the version as the form says, or tell the form why not."""
    try:
        end_intake_policy(
            version_id=version.pk,
            ends_before=form.ends_before(),
            reason=form.cleaned_data["reason"],
            approver=approver,
            now=timezone.now(),
        )
    except (NotPermitted, InvalidTransition):
        raise
    except DomainError as refusal:
        form.add_error(FIELD_OF_REFUSAL.get(refusal.code), str(refusal))
    return form.is_valid()


def list_context(user: User, refused: dict[int, EndIntakePolicyForm] | None = None) -> dict[str, object]:
    """Return all that the list shows. A `refused` form takes the place of the version's empty one."""
    versions = queries.intake_policies_visible_to(user).select_related("drafted_by", "approved_by")
    return {
        "versions": [shown(user, version, refused or {}) for version in versions.order_by("-pk")],
        "may_draft": policies.can_draft_intake_policy(user),
    }


def shown(user: User, version: IntakePolicy, refused: dict[int, EndIntakePolicyForm]) -> dict[str, object]:
    """Return one version as the list shows it."""
    status, label = standing_of(version)
    may_end = status in {"IN_FORCE", "UPCOMING"} and policies.can_end_intake_policies(user)
    empty = EndIntakePolicyForm(auto_id=f"end-{version.pk}_%s") if may_end else None
    return {
        "version": version,
        "status": status,
        "label": label,
        "facts": facts_of(version),
        "may_approve": status == "DRAFTED" and policies.can_approve_intake_policy(user, version),
        "end_form": refused.get(version.pk, empty),
    }


def standing_of(version: IntakePolicy) -> tuple[str, str]:
    """Return where a version stands today, and what that is called."""
    today = timezone.localdate()
    if version.approved_at is None:
        return "DRAFTED", _("Draft, counts for nothing yet")
    if version.in_force.upper is not None and version.in_force.upper <= today:
        return "ENDED", _("Ended")
    if version.in_force.lower is not None and version.in_force.lower > today:
        return "UPCOMING", _("Upcoming")
    return "IN_FORCE", _("In force now")


def facts_of(version: IntakePolicy) -> list[tuple[object, object]]:
    """Return the figures of a version, where they come from, and who answers for them."""
    named = [(IntakePolicyForm.base_fields[figure].label, getattr(version, figure)) for figure in FIGURES]
    return [
        (_("Days"), days(version.in_force)),
        *named,
        (_("Drafted by"), version.drafted_by),
        (_("Approved by"), version.approved_by),
        (_("Source"), version.source),
    ]
