"""A batch that a person carries to the bank: one asks for the link and has the password, another fetches the file."""

from io import BytesIO

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from chongqing_dte.foundation.errors import DomainError
from institutions.requests import SignedInRequest
from subsidies import policies, queries
from subsidies.enums import BatchStatus
from subsidies.forms.bank import AnotherLinkForm
from subsidies.models import BatchDownload, PaymentBatch
from subsidies.services.downloads import confirm_handed_over, fetch_download, offer_download, show_password
from subsidies.views.batches import detail_page, find_batch
from subsidies.views.refusals import tell_form


@require_POST
@login_required
def batch_download_offer(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Give this person a link to the batch's file."""
    batch = find_batch(request, public_id)
    policies.check_can_work_with_bank(request.user)
    form = AnotherLinkForm(request.POST)
    download = _offered(request, batch, form) if form.is_valid() else None
    if download is None:
        return detail_page(request, batch, form, status=422)
    return redirect("batch-download", public_id=download.public_id)


def _offered(request: SignedInRequest, batch: PaymentBatch, form: AnotherLinkForm) -> BatchDownload | None:
    """Return a link to the batch's file, or tell the form that its reason is missing."""
    reason = form.cleaned_data["reason"]
    try:
        return offer_download(batch_id=batch.pk, requester=request.user, reason=reason, now=timezone.now())
    except DomainError as refusal:
        # What else stands in the way is nothing that an entry could put right.
        if refusal.code != "reason_missing":
            raise
        tell_form(form, refusal)
        return None


@require_POST
@login_required
def batch_handed_over(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Record that the bank has the file."""
    batch = find_batch(request, public_id)
    confirm_handed_over(batch_id=batch.pk, confirmer=request.user, now=timezone.now())
    messages.success(request, _("Recorded: the bank has the file. Now its answer is waited for."))
    return redirect("batch-detail", public_id=batch.public_id)


@require_safe
@login_required
def batch_download(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Show one link, how long it holds, and how often it was used. Its password stands on another page."""
    download = find_download(request, public_id)
    not_there_yet = download.batch.status in (BatchStatus.RELEASED, BatchStatus.SENDING)
    holds = timezone.now() < download.expires_at and not_there_yet
    context = {
        "download": download,
        "batch": download.batch,
        "may_fetch": holds and policies.can_fetch(request.user, download),
        "is_requester": policies.can_see_password(request.user, download),
        "may_see_password": policies.can_see_password(request.user, download)
        and download.password_shown_at is None,
        "holds": holds,
    }
    return render(request, "subsidies/batch_download.html", context)


@require_POST
@login_required
@never_cache
def batch_download_file(request: SignedInRequest, public_id: str) -> HttpResponseBase:
    """Hand out the encrypted file, and count that."""
    download = find_download(request, public_id)
    file = fetch_download(download_id=download.pk, fetcher=request.user, now=timezone.now())
    return FileResponse(
        BytesIO(file.content), as_attachment=True, filename=file.name, content_type="application/zip"
    )


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def batch_download_password(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Show the password to whoever asked for the link, once, when they say that they are ready to write it down."""
    download = find_download(request, public_id)
    policies.check_can_see_password(request.user, download)
    password = ""
    if request.method == "POST":
        password = show_password(download_id=download.pk, reader=request.user, now=timezone.now())
    context = {
        "download": download,
        "batch": download.batch,
        "password": password,
        "was_shown": not password and download.password_shown_at is not None,
    }
    return render(request, "subsidies/batch_download_password.html", context)


def find_download(request: SignedInRequest, public_id: str) -> BatchDownload:
    """Return a download that this person may see; any other does not exist for them."""
    return get_object_or_404(queries.downloads_visible_to(request.user), public_id=public_id)
