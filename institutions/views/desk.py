from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from institutions.enums import DISTRICT_ROLES, EVALUATION_ROLES, TRAINING_ROLES
from institutions.requests import SignedInRequest

sign_in = LoginView.as_view(template_name="login.html", redirect_authenticated_user=True)
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
