"""Every list of the money that leaves as a file leaves here: it is recorded first, and no browser keeps a copy."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Final

from django.http import FileResponse, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.cache import add_never_cache_headers

from chongqing_dte.foundation.uploads import workbook_download
from institutions.requests import SignedInRequest
from subsidies.models import PaymentBatch
from subsidies.services.exports import ExportedList, record_export

# Of what somebody typed, which can be anybody's name or number, only that it was there is recorded.
TYPED: Final = frozenset({"q", "number", "reference"})
SOMETHING: Final = "*"
# A choice of a list, a day or month, or an amount or number that is nobody's.
CODE: Final = re.compile(r"[A-Za-z_-]{1,40}|[0-9]{4}-[0-9]{2}(-[0-9]{2})?|[0-9]{1,8}(\.[0-9]{1,2})?")


@dataclass(frozen=True)
class Export:
    """One list as a file: what it is called, what it is narrowed to, and how many rows there are below its heads."""

    name: str
    narrowed_to: Mapping[str, object]
    row_count: int
    content: bytes
    file_name: str

    @property
    def ending(self) -> str:
        """What kind of file it is, by the end of its name."""
        return self.file_name.rpartition(".")[2]


def hand_out(
    request: SignedInRequest, export: Export, *, batch: PaymentBatch | None = None
) -> HttpResponseBase:
    """Record who takes a list out, and return it as the file that its name says it is."""
    ending = export.ending
    exported = ExportedList(export.name, without_words(export.narrowed_to), export.row_count, ending, batch)
    record_export(exported=exported, exporter=request.user, now=timezone.now())
    response = _as_file(export)
    # From a copy that a browser keeps, the list would leave again without a word.
    add_never_cache_headers(response)
    return response


def _as_file(export: Export) -> HttpResponseBase:
    if export.ending == "csv":
        return csv_download(export)
    if export.ending == "pdf":
        paper = BytesIO(export.content)
        return FileResponse(
            paper, as_attachment=True, filename=export.file_name, content_type="application/pdf"
        )
    return workbook_download(export.content, file_name=export.file_name)


def csv_download(export: Export) -> HttpResponse:
    """Return a CSV file that the browser saves under its name."""
    disposition = {"Content-Disposition": f'attachment; filename="{export.file_name}"'}
    return HttpResponse(export.content, content_type="text/csv; charset=utf-8", headers=disposition)


def without_words(filters: Mapping[str, object]) -> dict[str, str]:
    """Return what a list is narrowed to without anything that could be a person's name or number."""
    given = {name: str(value) for name, value in filters.items() if value not in ("", None)}
    return {
        name: value if name not in TYPED and CODE.fullmatch(value) else SOMETHING
        for name, value in given.items()
    }
