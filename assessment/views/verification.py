"""The public check of a certificate. Nothing personal stands in an address, and no answer is kept anywhere."""

from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from assessment import queries
from assessment.enums import CertificateStatus
from assessment.forms.verification import VerificationForm
from assessment.models import LevelCertificate
from assessment.verification import certificate_of_token
from chongqing_dte.foundation.limits import client_address, seconds_to_wait, too_many_tries
from enrollment.rules.identifiers import mask_name

PURPOSE: Final = "verification"
TONES: Final = {
    CertificateStatus.VALID: "success",
    CertificateStatus.SUPERSEDED: "warning",
    CertificateStatus.REVOKED: "error",
}


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def verify(request: HttpRequest) -> HttpResponse:
    """Ask for a number and a name, and say what the portal knows of the certificate."""
    if request.method != "POST":
        return _page(request, VerificationForm())
    if wait := _seconds_to_wait(request):
        return too_many_tries(request, wait)
    form = VerificationForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    found = queries.certificate_under_name(**form.cleaned_data)
    if found is None:
        return _page(request, form, answer=_unknown_entry())
    return _page(request, VerificationForm(), answer=_answer_about(found))


@never_cache
@require_safe
def verify_link(request: HttpRequest, token: str) -> HttpResponse:
    """Say what the portal knows of the certificate whose QR code leads here.

    A link that names none is not found, as any other address: no reader of status codes takes it for an answer.
    """
    if wait := _seconds_to_wait(request):
        return too_many_tries(request, wait)
    public_id = certificate_of_token(token)
    found = queries.certificate_of_link(public_id) if public_id else None
    if found is None:
        return _page(request, VerificationForm(), answer=_unknown_link(), status=404)
    return _page(request, VerificationForm(), answer=_answer_about(found))


def _seconds_to_wait(request: HttpRequest) -> int:
    return seconds_to_wait(PURPOSE, client_address(request), limits=settings.VERIFICATION_LIMITS)


def _page(
    request: HttpRequest,
    form: VerificationForm,
    *,
    answer: dict[str, object] | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {"form": form, "answer": answer, "asks_again": answer is not None}
    response = render(request, "assessment/verification.html", context, status=status)
    # What a link shows is for whoever holds the certificate, and not for those who search for names.
    response["X-Robots-Tag"] = "noindex"
    return response


def _answer_about(certificate: LevelCertificate) -> dict[str, object]:
    """Return what the portal says of a certificate: enough to compare with the paper, and no more."""
    status = CertificateStatus(certificate.status)
    ended_on = timezone.localdate(certificate.ended_at).isoformat() if certificate.ended_at else ""
    holder = certificate.trainee.merged_into or certificate.trainee
    facts = [
        (_("Certificate number"), certificate.number),
        (_("Name"), mask_name(holder.name)),
        (_("Occupation"), certificate.occupation.name),
        (_("Direction"), certificate.direction),
        (_("Level"), certificate.get_level_display()),
        (_("Evaluation institution"), certificate.institution.name),
        (_("Issued on"), certificate.issued_on.isoformat()),
        *_ending(status, ended_on),
        (_("This answer is of"), timezone.localtime().strftime("%Y-%m-%d %H:%M")),
    ]
    title, text = _said_of(status)
    return {
        "tone": TONES[status],
        "title": title,
        "text": text,
        "facts": facts,
    }


def _ending(status: CertificateStatus, ended_on: str) -> list[tuple[str, str]]:
    if status == CertificateStatus.REVOKED:
        return [(_("Revoked on"), ended_on)]
    if status == CertificateStatus.SUPERSEDED:
        return [(_("Replaced on"), ended_on)]
    return []


def _said_of(status: CertificateStatus) -> tuple[str, str]:
    if status == CertificateStatus.VALID:
        return _("This certificate is valid"), _(
            "It has been neither revoked nor replaced. Compare what stands below with the certificate."
        )
    if status == CertificateStatus.SUPERSEDED:
        return _("This certificate was replaced by another"), _(
            "It is not valid any more. Ask its holder for the certificate that took its place."
        )
    return _("This certificate is revoked"), _("It is not valid any more.")


def _unknown_entry() -> dict[str, object]:
    return {
        "tone": "info",
        "title": _("We know no such certificate under this name"),
        "text": _(
            "Check both entries against the certificate. Certificates from outside this programme are not here."
        ),
        "facts": [],
    }


def _unknown_link() -> dict[str, object]:
    return {
        "tone": "info",
        "title": _("This link leads to no certificate"),
        "text": _("It may have been cut off or altered. Enter the number and the name instead."),
        "facts": [],
    }
