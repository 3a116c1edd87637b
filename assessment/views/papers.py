from io import BytesIO

from django.contrib.auth.decorators import login_required
from django.http import FileResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from assessment import queries
from assessment.services.printing import print_certificate
from institutions.requests import SignedInRequest


@never_cache
@require_GET
@login_required
def certificate_paper(request: SignedInRequest, public_id: str) -> FileResponse:
    """Hand out a certificate as PDF to whoever may take it."""
    certificate = get_object_or_404(queries.certificates_visible_to(request.user), public_id=public_id)
    content = print_certificate(certificate_id=certificate.pk, printer=request.user, now=timezone.now())
    return FileResponse(
        BytesIO(content), filename=f"{certificate.number}.pdf", content_type="application/pdf"
    )
