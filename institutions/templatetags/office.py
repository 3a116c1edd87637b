from dataclasses import dataclass
from typing import Any

from django import template
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from institutions.enums import DISTRICT_ROLES, EVALUATION_ROLES, MUNICIPAL_ROLES, TRAINING_ROLES
from institutions.models import User
from institutions.policies import can_see_delegations, can_see_machines

register = template.Library()

HOME = (gettext_lazy("Home"), "home")
CLASSES = (gettext_lazy("Training classes"), "class-list")
FILINGS = (gettext_lazy("Filings to answer"), "filing-list")
OVERDUE_FILINGS = (gettext_lazy("Overdue filings"), "filing-list")
SESSIONS = (gettext_lazy("Assessment sessions"), "session-list")
CERTIFICATES = (gettext_lazy("Assessment subsidy"), "certificate-list")
CLAIMS = (gettext_lazy("Training subsidy"), "claim-list")
BATCHES = (gettext_lazy("Subsidy funds"), "batch-list")
SETUP = (gettext_lazy("Setup"), "setup")
INSTITUTIONS = (gettext_lazy("Institutions"), "institution-list")
OWN_INSTITUTION = (gettext_lazy("Our institution"), "institution-list")
CORRECTIONS = (gettext_lazy("Corrections"), "identity-correction-list")
# Lists that are seldom looked at: the municipal bureau finds them behind its setup.
RECORDS = ("identity-correction-list", "evidence-correction-list", "merge-list", "reveal-list")


# Where the pages of a class lie that do not begin with its own address.
OF_A_CLASS = ("/rosters/", "/enrollments/", "/lessons/")
# And the other list of corrections.
OF_CORRECTIONS = ("/evidence-corrections/",)
# And the lists and rows to which the page of the sessions leads.
OF_ASSESSMENTS = (
    "/candidates/",
    "/results/",
    "/reviews/",
    "/result-corrections/",
    "/integrity-signals/",
    "/level-certificates/",
    "/certificate-revocations/",
    "/fees/",
    "/sites/",
)
# And the claims, with what institutions have advanced.
OF_CLAIMS = ("/claims/", "/advances/")
# And what follows from money that was paid.
OF_BATCHES = (
    "/policies/",
    "/training-policies/",
    "/institution-accounts/",
    "/recoveries/",
    "/budgets/",
    "/budget-changes/",
    "/statements/",
    "/reconciliation/",
    "/bank-results/",
    "/bank-formats/",
    "/downloads/",
    "/sending/",
    "/other-subsidies/",
    "/notices/",
    "/objections/",
    "/desk/subsidies/",
)


@dataclass(frozen=True)
class NavigationLink:
    label: str
    url: str
    is_current: bool


@register.simple_tag(takes_context=True)
def main_navigation(context: dict[str, Any]) -> list[NavigationLink]:
    """Return the pages that this person's role works with; one entry is not worth a menu."""
    request = context.get("request")
    places = _places_for(getattr(request, "user", None))
    if request is None or len(places) < 2:
        return []
    return [
        NavigationLink(str(label), reverse(name), _is_current(request.path, name, places))
        for label, name in places
    ]


@register.simple_tag
def office_of(user: User) -> str:
    """Return the name of the bureau or institution that this person works for."""
    office = user.institution or user.district
    return office.name if office else _("Municipal bureau")


@register.simple_tag(takes_context=True)
def sees_delegations(context: Any) -> bool:
    """Test whether the person who sees the page works in an office that has delegations."""
    user = getattr(getattr(context, "request", None), "user", None)
    return isinstance(user, User) and can_see_delegations(user)


@register.simple_tag(takes_context=True)
def sees_machines(context: Any) -> bool:
    """Test whether the person who sees the page sees which systems of partners have access."""
    user = getattr(getattr(context, "request", None), "user", None)
    return isinstance(user, User) and can_see_machines(user)


def _is_current(path: str, name: str, places: list[tuple[Promise, str]]) -> bool:
    """Test whether a page lies behind an entry. Nobody has both the setup and one of the records as an entry."""
    # Districts have no entry for the sessions: what they see of the assessments lies behind the certificates.
    above_assessments = SESSIONS[1] if SESSIONS in places else CERTIFICATES[1]
    above_money = BATCHES[1] if BATCHES in places else CERTIFICATES[1]
    # The municipal bureau finds the claims among the pages about money.
    above_claims = CLAIMS[1] if CLAIMS in places else above_money
    urls = [reverse(place) for place in (name, *(RECORDS if name == SETUP[1] else ()))]
    urls += OF_A_CLASS if name == CLASSES[1] else ()
    urls += OF_CORRECTIONS if name == CORRECTIONS[1] else ()
    urls += OF_ASSESSMENTS if name == above_assessments else ()
    urls += OF_CLAIMS if name == above_claims else ()
    urls += OF_BATCHES if name == above_money else ()
    return any(path == url or (url != "/" and path.startswith(url)) for url in urls)


def _places_for(user: object) -> list[tuple[Promise, str]]:
    role = getattr(user, "role", None)
    if role in MUNICIPAL_ROLES:
        return [
            HOME,
            CERTIFICATES,
            BATCHES,
            CLASSES,
            OVERDUE_FILINGS,
            SESSIONS,
            SETUP,
        ]
    if role in DISTRICT_ROLES:
        return [HOME, FILINGS, CLASSES, CORRECTIONS, CERTIFICATES, CLAIMS, INSTITUTIONS]
    if role in TRAINING_ROLES:
        return [HOME, CLASSES, CLAIMS, OWN_INSTITUTION]
    if role in EVALUATION_ROLES:
        return [HOME, SESSIONS, OWN_INSTITUTION]
    return [HOME]
