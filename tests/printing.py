"""Whether this machine can print a certificate, for the tests that do."""

import os

from assessment.printing.certificate import Sheet, certificate_pdf
from chongqing_dte.foundation.typesetting import PrintingNotSetUp

# What the printing tests give as their reason, and what tests.browser.not_run looks for.
NO_PRINTING = "not run: no Chinese font to print with"


def printing_works() -> bool:
    """Test whether a sheet can be made. Where the browser must run, this must too: the build machine has both."""
    if os.environ.get("REQUIRE_BROWSER") == "1":
        return True
    try:
        certificate_pdf(a_sheet())
    except PrintingNotSetUp:
        return False
    return True


def a_sheet(**changes: object) -> Sheet:
    """Return a sheet with everything on it."""
    facts: dict[str, object] = {
        "name": "欧阳·娜",
        "number": "CQ-AI-2026-000123",
        "occupation": ("人工智能工程技术人员", "Artificial Intelligence Engineer"),
        "direction": "自然语言处理",
        "level": ("中级", "Intermediate"),
        "institution": ("示例评价机构", "Example Evaluation Institution"),
        "issued_on": "2026-07-20",
        "link": "https://portal.example/verify/" + "A" * 43 + "/",
        "check_address": "https://portal.example/verify/",
    }
    return Sheet(**{**facts, **changes})
