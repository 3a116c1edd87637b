"""The list of certificates with what was decided on each: narrowed, searched for a person, and as a workbook."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from assessment.models import LevelCertificate
from chongqing_dte.foundation.paging import page_of
from enrollment.rules.identifiers import mask_name
from institutions.requests import SignedInRequest
from subsidies import queries
from subsidies.enums import Decision, PaymentStatus
from subsidies.explanations import check_name
from subsidies.forms.certificates import WAITING, CertificateFilterForm, PersonForm
from subsidies.statement_files import as_workbook
from subsidies.views.exports import Export, hand_out

CERTIFICATE_COLUMNS = (
    (gettext_lazy("Certificate number"), ""),
    (gettext_lazy("Trainee"), ""),
    (gettext_lazy("Occupation and level"), ""),
    (gettext_lazy("Evaluation institution"), ""),
    (gettext_lazy("Issued on"), ""),
    (gettext_lazy("Decision"), ""),
    (gettext_lazy("Payment"), ""),
)
# So many rows go into one workbook, and so many are read at a time.
EXPORTED_AT_MOST: Final = 50_000
READ_AT_ONCE: Final = 1000


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def certificate_list(request: SignedInRequest) -> HttpResponse:
    """List the level certificates of the person's office with what was decided on each, newest first.

    A person is posted, so that no address names them; what that finds is one page. Everything else is an address.
    """
    form, chosen, found = _chosen(request)
    is_posted = request.method == "POST"
    person_form = PersonForm(request.POST) if is_posted else PersonForm()
    if is_posted:
        found = _of_person(request, person_form)
    page = page_of(found, request)
    context = {
        "rows": [shown(certificate) for certificate in page.rows],
        "page": page,
        "columns": CERTIFICATE_COLUMNS,
        "form": form,
        "person_form": person_form,
        "is_posted": is_posted,
        "query": f"{urlencode(chosen)}&",
        "export_query": urlencode(chosen),
    }
    return render(request, "subsidies/certificate_list.html", context)


@require_safe
@login_required
def certificate_export(request: SignedInRequest) -> HttpResponseBase:
    """Return the same list as a workbook, names masked."""
    _form, chosen, found = _chosen(request)
    found = queries.certificates_to_export(found)[:EXPORTED_AT_MOST]
    rows = list(_cells(found))
    name = f"certificates-{timezone.localdate().isoformat()}.xlsx"
    content = as_workbook(_("Level certificates"), rows)
    return hand_out(request, Export("certificates", chosen, len(rows) - 1, content, name))


def shown(certificate: Any) -> dict[str, object]:
    """Return one certificate as the list shows it, the trainee's name masked."""
    decision, payment = certificate.decision, certificate.payment_status
    return {
        "certificate": certificate,
        "trainee": mask_name(certificate.trainee.name),
        "decision": decision or WAITING,
        "decision_label": Decision(decision).label if decision else _("Waiting"),
        "reason": check_name(certificate.reason) if certificate.reason else "",
        "payment": payment,
        "payment_label": PaymentStatus(payment).label if payment else "",
    }


def _cells(certificates: QuerySet[LevelCertificate]) -> Iterator[list[str | Decimal]]:
    yield [
        _("Certificate number"),
        _("Trainee (masked)"),
        _("Occupation"),
        _("Level"),
        _("Evaluation institution"),
        _("Issued on"),
        _("District"),
        _("Decision"),
        _("Check that is not met"),
        _("Amount"),
        _("Decided on"),
        _("Payment"),
    ]
    districts = queries.district_names()
    for certificate in certificates.iterator(chunk_size=READ_AT_ONCE):
        yield _as_cells(shown(certificate), districts)


def _as_cells(row: dict[str, Any], districts: dict[int, str]) -> list[str | Decimal]:
    certificate = row["certificate"]
    is_decided = certificate.decision is not None
    municipal = _("Municipal") if is_decided else ""
    return [
        certificate.number,
        row["trainee"],
        certificate.occupation.name,
        certificate.get_level_display(),
        certificate.institution.name,
        certificate.issued_on.isoformat(),
        districts.get(certificate.district_id, municipal),
        str(row["decision_label"]),
        row["reason"],
        certificate.amount if is_decided else "",
        timezone.localdate(certificate.decided_at).isoformat() if is_decided else "",
        str(row["payment_label"]),
    ]


def _of_person(request: SignedInRequest, form: PersonForm) -> QuerySet[LevelCertificate]:
    """Return the certificates of whom the form names, as far as this person may see them; of nobody, none."""
    visible = _visible(request)
    if not form.is_valid():
        return visible.none()
    return queries.certificates_of_person(visible, form.cleaned_data["person"])


def _chosen(
    request: SignedInRequest,
) -> tuple[CertificateFilterForm, dict[str, Any], QuerySet[LevelCertificate]]:
    """Return the filters, what they were set to, and what they leave. What cannot be meant asks for nothing."""
    form = CertificateFilterForm(request.GET, districts=queries.districts_of_desk(request.user))
    form.is_valid()
    chosen = {name: value for name, value in form.cleaned_data.items() if value not in ("", None)}
    return form, chosen, queries.certificates_chosen(_visible(request), chosen)


def _visible(request: SignedInRequest) -> QuerySet[LevelCertificate]:
    # A list shows no numbers of people, so none is decrypted for it.
    return queries.certificates_visible_to(request.user).defer("trainee__id_number", "trainee__mobile")
