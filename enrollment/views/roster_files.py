from io import BytesIO

from django.contrib.auth.decorators import login_required
from django.http import FileResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from chongqing_dte.foundation.uploads import workbook_download
from enrollment.roster.template import roster_template
from enrollment.services.roster_uploads import hand_out_problem_rows, hand_out_roster
from enrollment.views.classes import find_class
from enrollment.views.rosters import find_upload
from institutions.requests import SignedInRequest


@require_safe
@login_required
def download_template(request: SignedInRequest, public_id: str) -> FileResponse:
    """Return an empty roster for a class."""
    training_class = find_class(request, public_id)
    content = roster_template(
        class_reference=training_class.reference, institution_name=training_class.institution.name_zh
    )
    return workbook_download(content, file_name=f"roster-{training_class.reference}.xlsx")


@require_safe
@login_required
def download_original(request: SignedInRequest, public_id: str) -> FileResponse:
    """Return the file as it came, to whoever sent it."""
    upload = find_upload(request, public_id)
    content = hand_out_roster(upload_id=upload.pk, reader=request.user, now=timezone.now())
    # Whatever it claims to be, it is saved and never opened in the browser.
    return FileResponse(
        BytesIO(content),
        as_attachment=True,
        filename=upload.file_name,
        content_type="application/octet-stream",
    )


@require_safe
@login_required
def download_problems(request: SignedInRequest, public_id: str) -> FileResponse:
    """Return the rows that did not go in, with the reasons, to be corrected and uploaded as they are."""
    upload = find_upload(request, public_id)
    content = hand_out_problem_rows(upload_id=upload.pk, reader=request.user, now=timezone.now())
    return workbook_download(content, file_name=f"problems-{upload.training_class.reference}.xlsx")
