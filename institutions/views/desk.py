from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from chongqing_dte.foundation.limits import client_address, seconds_to_wait, too_many_tries
from institutions.enums import DISTRICT_ROLES, EVALUATION_ROLES, TRAINING_ROLES
from institutions.requests import SignedInRequest


class SignIn(LoginView):
    """The sign-in page. Whoever tries one user name too often from one address has to wait."""

    template_name = "login.html"
    redirect_authenticated_user = True

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        tried = (client_address(request), request.POST.get("username", "").strip().casefold())
        if wait := seconds_to_wait("sign-in", *tried, limits=settings.SIGN_IN_LIMITS):
            return too_many_tries(request, wait)
        return super().post(request, *args, **kwargs)


sign_in = SignIn.as_view()
sign_out = LogoutView.as_view()


@require_safe
@login_required
def desk(request: SignedInRequest) -> HttpResponse:
    """Send a person to the list that their work begins with."""
    role = request.user.role
    if role in TRAINING_ROLES:
        return redirect("class-list")
    if role in DISTRICT_ROLES:
        return redirect("filing-list")
    if role in EVALUATION_ROLES:
        return redirect("session-list")
    return redirect("certificate-list")
