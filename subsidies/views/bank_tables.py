"""Tables about the bank's word that more than one page shows."""

from django.utils.translation import gettext_lazy

from subsidies.bank import sentences
from subsidies.models import BankResultFile, BankResultLine

RESULT_COLUMNS = (
    (gettext_lazy("Received"), ""),
    (gettext_lazy("File"), ""),
    (gettext_lazy("Payment batch"), ""),
    (gettext_lazy("Status"), ""),
    (gettext_lazy("Why"), ""),
)
EXCEPTION_COLUMNS = (
    (gettext_lazy("Waits since"), ""),
    (gettext_lazy("Bank reference"), ""),
    (gettext_lazy("Cause"), ""),
    (gettext_lazy("The bank says"), ""),
    (gettext_lazy("We instructed"), ""),
    (gettext_lazy("Status"), ""),
)
DOWNLOAD_COLUMNS = (
    (gettext_lazy("Requested at"), ""),
    (gettext_lazy("Requested by"), ""),
    (gettext_lazy("Expires at"), ""),
    (gettext_lazy("Password shown at"), ""),
    (gettext_lazy("Fetched"), "numeric"),
)


def shown_result(file: BankResultFile) -> dict[str, object]:
    """Return one result file as a list shows it."""
    return {"file": file, "why": file.dismissal_reason or sentences.file_problem(file.problem)}


def shown_exception(line: BankResultLine) -> dict[str, object]:
    """Return one bank line that could not be applied, as a list shows it."""
    return {"line": line, "file": line.result_file, "cause": sentences.line_problem(line.problem)}
