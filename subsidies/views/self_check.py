"""The way to one's own decision. Nothing personal stands in an address, and no answer tells who has a certificate."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from chongqing_dte.foundation.limits import too_many_tries
from subsidies.dossier.own import own_decision
from subsidies.forms.self_checks import CodeForm, WhoForm
from subsidies.services.self_checks import KeyDoesNotOpen, ask_for_code, open_with_code, open_with_link
from subsidies.views.self_check_session import (
    ASKED,
    asked_to_open_again,
    close_for,
    open_for,
    opened_by,
    own_page,
    wait_of,
)


@own_page
@require_http_methods(["GET", "HEAD", "POST"])
def self_check(request: HttpRequest) -> HttpResponse:
    """Ask who it is, and send a code to the mobile that is known of them, if they are anybody."""
    if request.method != "POST":
        return render(request, "subsidies/self_check.html", {"form": WhoForm()})
    form = WhoForm(request.POST)
    if wait := wait_of(request, request.POST.get("number", "")):
        return too_many_tries(request, wait)
    if not form.is_valid():
        return render(request, "subsidies/self_check.html", {"form": form}, status=422)
    request.session[ASKED] = ask_for_code(**form.cleaned_data, now=timezone.now())
    return redirect("self-check-code")


@own_page
@require_http_methods(["GET", "HEAD", "POST"])
def self_check_code(request: HttpRequest) -> HttpResponse:
    """Take the code, and open the page that it is for."""
    key_id = request.session.get(ASKED)
    if key_id is None:
        return redirect("self-check")
    if request.method != "POST":
        return render(request, "subsidies/self_check_code.html", {"form": CodeForm()})
    if wait := wait_of(request):
        return too_many_tries(request, wait)
    form = CodeForm(request.POST)
    if form.is_valid():
        try:
            open_for(
                request, open_with_code(key_id=key_id, code=form.cleaned_data["code"], now=timezone.now())
            )
        except KeyDoesNotOpen as refusal:
            form.add_error("code", str(refusal))
        else:
            return redirect("self-check-own")
    return render(request, "subsidies/self_check_code.html", {"form": form}, status=422)


@own_page
@require_http_methods(["GET", "HEAD", "POST"])
def self_check_link(request: HttpRequest, token: str) -> HttpResponse:
    """Take a link from an office together with what its holder knows. Only looking at the page uses nothing up."""
    form = WhoForm(request.POST if request.method == "POST" else None)
    if request.method != "POST":
        return render(request, "subsidies/self_check_link.html", {"form": form})
    if wait := wait_of(request, request.POST.get("number", "")):
        return too_many_tries(request, wait)
    if form.is_valid():
        try:
            open_for(request, open_with_link(token=token, **form.cleaned_data, now=timezone.now()))
        except KeyDoesNotOpen as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect("self-check-own")
    return render(request, "subsidies/self_check_link.html", {"form": form}, status=422)


@own_page
@require_safe
def self_check_own(request: HttpRequest) -> HttpResponse:
    """Show one's own decision."""
    key = opened_by(request)
    if key is None:
        return asked_to_open_again(request)
    own = own_decision(key)
    certificate = own.certificate
    context = {
        "own": own,
        "facts": [
            (_("Name"), own.name),
            (_("ID number"), own.id_number),
            (_("Certificate number"), certificate.number),
            (_("Occupation"), certificate.occupation.name),
            (_("Level"), certificate.get_level_display()),
            (_("Evaluation institution"), certificate.institution.name),
            (_("Issued on"), certificate.issued_on.isoformat()),
        ],
    }
    return render(request, "subsidies/self_check_own.html", context)


@own_page
@require_POST
def self_check_leave(request: HttpRequest) -> HttpResponse:
    """Close the page of one's own decision, so that whoever takes the telephone next sees nothing."""
    close_for(request)
    messages.success(request, _("Your page is closed."))
    return redirect("self-check")
