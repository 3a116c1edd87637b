from dataclasses import dataclass
from typing import Any

from django import template
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from institutions.enums import DISTRICT_ROLES, EVALUATION_ROLES, MUNICIPAL_ROLES, TRAINING_ROLES
from institutions.models import User

register = template.Library()

HOME = (gettext_lazy("Home"), "home")
CLASSES = (gettext_lazy("Training classes"), "class-list")
SESSIONS = (gettext_lazy("Assessment sessions"), "session-list")
CERTIFICATES = (gettext_lazy("Level certificates"), "certificate-list")
BATCHES = (gettext_lazy("Payment batches"), "batch-list")
ADMIN = (gettext_lazy("Municipal desk"), "admin:index")


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
    links = [(label, reverse(name)) for label, name in places]
    return [
        NavigationLink(str(label), url, request.path == url or (url != "/" and request.path.startswith(url)))
        for label, url in links
    ]


@register.simple_tag
def office_of(user: User) -> str:
    """Return the name of the bureau or institution that this person works for."""
    office = user.institution or user.district
    return office.name if office else _("Municipal bureau")


def _places_for(user: object) -> list[tuple[Promise, str]]:
    role = getattr(user, "role", None)
    if role in MUNICIPAL_ROLES:
        return [HOME, CERTIFICATES, BATCHES, CLASSES, SESSIONS, ADMIN]
    if role in DISTRICT_ROLES:
        return [HOME, CLASSES, CERTIFICATES]
    if role in TRAINING_ROLES:
        return [HOME, CLASSES]
    if role in EVALUATION_ROLES:
        return [HOME, SESSIONS]
    return [HOME]
