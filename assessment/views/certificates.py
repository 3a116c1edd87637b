"""Level certificates: which there are, how each stands and why, and another one in the place of one."""

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from assessment import policies, queries
from assessment.enums import CertificateOrigin, CertificateStatus
from assessment.forms.certificates import CertificateSearchForm, ReissueForm, RevocationForm
from assessment.models import LevelCertificate
from assessment.services.reissues import Reissue, reissue_certificate
from assessment.views.certificate_history import history_of
from chongqing_dte.foundation.errors import DomainError, InvalidTransition, NotPermitted
from chongqing_dte.foundation.paging import page_of
from enrollment.models import Trainee
from enrollment.rules.identifiers import mask_id_number, mask_name, normalize_identifier, normalize_name
from institutions.enums import EVALUATION_ROLES
from institutions.models import User
from institutions.queries import programme_years_visible_to
from institutions.requests import SignedInRequest

CERTIFICATE_COLUMNS = (
    (gettext_lazy("Certificate number"), ""),
    (gettext_lazy("Name"), ""),
    (gettext_lazy("Occupation and level"), ""),
    (gettext_lazy("Evaluation institution"), ""),
    (gettext_lazy("Issued on"), ""),
    (gettext_lazy("Status"), ""),
)
# Which field a refusal of the service belongs to.
FIELD_OF_REFUSAL = {
    "why_unknown": "why",
    "issued_in_the_future": "issued_on",
    "issued_before_the_former": "issued_on",
    "assessment_policy_missing": "issued_on",
    "number_missing": "number",
    "certificate_number_pattern": "number",
    "certificate_number_reserved": "number",
    "certificate_number_used": "number",
}


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def certificate_list(request: SignedInRequest) -> HttpResponse:
    """List the level certificates of the person's office, newest first, or those that a search finds.

    A name is posted, so that it stands in no address; what it finds is one page. Everything else is an address.
    """
    is_posted = request.method == "POST"
    form = CertificateSearchForm(
        request.POST if is_posted else without_name(request.GET),
        years=years_for(request.user),
        by_name=policies.sees_names_of_certificates(request.user),
    )
    search = search_in(form)
    if is_posted and not search.name:
        return redirect(f"{reverse('level-certificate-list')}?{query_of(form)}")
    page = page_of(queries.certificates_found(request.user, search), request)
    context = {
        "rows": [
            {"certificate": certificate, "name": name_shown_to(request.user, certificate)}
            for certificate in page.rows
        ],
        "page": page,
        "is_posted": is_posted,
        "asks_for_name": "name" in form.fields,
        "columns": CERTIFICATE_COLUMNS,
        "form": form,
        "session": queries.sessions_visible_to(request.user).filter(public_id=search.session).first()
        if search.session
        else None,
        "query": f"{query_of(form)}&",
    }
    return render(request, "assessment/level_certificate_list.html", context)


@require_safe
@login_required
def certificate_detail(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Show one certificate: whose it is, how it stands, through whom and why."""
    certificate = find_certificate(request, public_id)
    context = certificate_context(request.user, certificate, RevocationForm())
    return render(request, "assessment/level_certificate_detail.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def reissue(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Ask what another certificate is issued for in the place of this one, and issue it."""
    former = find_certificate(request, public_id)
    policies.check_can_reissue_certificate(request.user, former)
    by_portal = former.attempt.session.certificate_origin == CertificateOrigin.PORTAL
    first = {"issued_on": timezone.localdate()}
    form = ReissueForm(request.POST or None, portal_numbers=by_portal, initial=first)
    if request.method == "POST" and (other := reissued(request.user, former, form)):
        messages.success(request, _("The certificate %(number)s is issued.") % {"number": other.number})
        return redirect("level-certificate-detail", other.public_id)
    context = {
        "certificate": former,
        "facts": facts_of(request.user, former),
        "by_portal": by_portal,
        "form": form,
    }
    status = 422 if form.is_bound else 200
    return render(request, "assessment/level_certificate_reissue.html", context, status=status)


def reissued(operator: User, former: LevelCertificate, form: forms.Form) -> LevelCertificate | None:
    """Issue the other certificate that the form holds, or tell the form why not and return None."""
    if not form.is_valid():
        return None
    given = form.cleaned_data
    wanted = Reissue(
        why=given["why"], issued_on=given["issued_on"], number=given.get("number", ""), note=given["note"]
    )
    try:
        return reissue_certificate(
            certificate_id=former.pk, reissue=wanted, operator=operator, now=timezone.now()
        )
    except (NotPermitted, InvalidTransition):
        raise
    except DomainError as refusal:
        field = FIELD_OF_REFUSAL.get(refusal.code)
        form.add_error(field if field in form.fields else None, str(refusal))
    return None


def certificate_context(user: User, certificate: LevelCertificate, form: forms.Form) -> dict[str, object]:
    """Return all that the page of a certificate shows."""
    is_questioned = queries.revocation_waits_for_the_sitting(certificate)
    is_valid = certificate.status == CertificateStatus.VALID
    is_frozen = bool(queries.frozen_persons({certificate.trainee.person_id}))
    candidate = queries.candidate_of(certificate)
    return {
        "certificate": certificate,
        "facts": facts_of(user, certificate),
        "steps": history_of(
            certificate, list(queries.revocations_visible_to(user).filter(certificate=certificate))
        ),
        "replaced_by": getattr(certificate, "superseded_by", None),
        "candidate": candidate if sees_sessions(user, certificate) else None,
        "sees_session": sees_sessions(user, certificate),
        "sees_money": policies.sees_money_of_certificates(user),
        "is_valid": is_valid,
        "is_frozen": is_frozen,
        "may_hand_out": is_valid and not is_frozen and policies.can_hand_out_certificate(user, certificate),
        "may_reissue": is_valid and not is_frozen and policies.can_reissue_certificate(user, certificate),
        "may_propose": not is_questioned
        and certificate.status != CertificateStatus.REVOKED
        and policies.can_propose_revocation(user, certificate),
        "form": form,
    }


def facts_of(user: User, certificate: LevelCertificate) -> list[tuple[str, object]]:
    """Return the facts of a certificate, each with its label."""
    return [
        (_("Name"), name_shown_to(user, certificate)),
        (_("ID number"), mask_id_number(person_of(certificate).id_number)),
        (_("Occupation"), certificate.occupation.name),
        (_("Direction"), certificate.direction),
        (_("Level"), certificate.get_level_display()),
        (_("Evaluation institution"), certificate.institution.name),
        (_("Issued on"), certificate.issued_on.isoformat()),
        (_("Numbered by"), certificate.get_origin_display()),
    ]


def person_of(certificate: LevelCertificate) -> Trainee:
    """Return the row that stands for the holder: their name and ID number as they are now."""
    return certificate.trainee.merged_into or certificate.trainee


def name_shown_to(user: User, certificate: LevelCertificate) -> str:
    """Return the holder's name, whole for the institution that issued the certificate and masked for others."""
    is_issuer = user.role in EVALUATION_ROLES and user.institution_id == certificate.institution_id
    name = person_of(certificate).name
    return name if is_issuer else mask_name(name)


def sees_sessions(user: User, certificate: LevelCertificate) -> bool:
    """Test whether the session of a certificate is open to this person's office too."""
    return queries.sessions_visible_to(user).filter(pk=certificate.attempt.session_id).exists()


def years_for(user: User) -> list[int]:
    """Return the years in which certificates may have been issued, the latest first."""
    years = programme_years_visible_to(user).order_by("-year").values_list("year", flat=True)
    return [year for year in years if year <= timezone.localdate().year]


def without_name(given: QueryDict) -> QueryDict:
    """Return what an address asks for, but no name: names are posted."""
    kept = given.copy()
    kept.pop("name", None)
    return kept


def query_of(form: CertificateSearchForm) -> str:
    """Return what a list is narrowed to as an address says it: everything but the name."""
    asked = {key: value for key, value in form.data.items() if key in form.fields and key != "name"}
    return urlencode({key: value for key, value in asked.items() if value})


def search_in(form: CertificateSearchForm) -> queries.CertificateSearch:
    """Return the search that the form holds; a field that cannot be read does not narrow."""
    form.is_valid()
    given = form.cleaned_data
    return queries.CertificateSearch(
        number=normalize_identifier(given.get("number", "")),
        name=normalize_name(given.get("name", "")),
        status=given.get("status", ""),
        year=given.get("year"),
        session=given.get("session"),
    )


def find_certificate(request: SignedInRequest, public_id: str) -> LevelCertificate:
    """Return a certificate that this person may see; any other does not exist for them."""
    return get_object_or_404(queries.certificates_shown_to(request.user), public_id=public_id)
