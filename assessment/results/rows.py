from dataclasses import dataclass

from chongqing_dte.foundation.tabular import TableRow


@dataclass(slots=True)
class ResultRow(TableRow):
    """One person's result. The outcome is a code, the date ISO, identifiers are normalized; empty is ""."""

    admission_number: str = ""
    name: str = ""
    id_number: str = ""
    outcome: str = ""
    theory_score: str = ""
    practice_score: str = ""
    certificate_number: str = ""
    certificate_issued_on: str = ""
