"""One uploaded workbook, and one workbook to download."""

from io import BytesIO

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.http import FileResponse

from chongqing_dte.foundation.sentences import gettext as _
from chongqing_dte.foundation.sentences import gettext_lazy

WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class UploadForm(forms.Form):
    """One file. What is in it is the reader's question; here only its size counts, before it is in memory."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy("An Excel file (.xlsx or .xls) or CSV file like the template, 20 MB at most."),
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.xls,.csv"}),
    )

    def clean_file(self) -> UploadedFile:
        file: UploadedFile = self.cleaned_data["file"]
        if (file.size or 0) > settings.ROSTER_MAX_BYTES:
            raise forms.ValidationError(_("The file is larger than 20 MB."), code="file_too_large")
        return file


def workbook_download(content: bytes, *, file_name: str) -> FileResponse:
    """Return a workbook that the browser saves under this name."""
    return FileResponse(BytesIO(content), as_attachment=True, filename=file_name, content_type=WORKBOOK)
