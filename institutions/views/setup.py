from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from institutions import policies, queries
from institutions.enums import MUNICIPAL_ROLES
from institutions.requests import SignedInRequest


@require_safe
@login_required
def setup(request: SignedInRequest) -> HttpResponse:
    """Show the way to what the municipal bureau sets up, what of it asks for attention, and the records of people."""
    today = timezone.localdate()
    years = queries.calendar_years()
    context = {
        "sees_machines": policies.can_see_machines(request.user),
        "sees_delegations": policies.can_see_delegations(request.user),
        "sees_records": request.user.role in MUNICIPAL_ROLES,
        "institution_count": queries.institutions_visible_to(request.user).count(),
        "suspended_count": queries.suspended_count(request.user, today),
        "calendar_years": years,
        # The notice for a year comes towards the end of the year before.
        "missing_year": next((year for year in (today.year, today.year + 1) if year not in years), None),
    }
    return render(request, "institutions/setup.html", context)
