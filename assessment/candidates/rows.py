from dataclasses import dataclass

from chongqing_dte.foundation.tabular import TableRow


@dataclass(slots=True)
class CandidateRow(TableRow):
    """One person who is to sit a session. Identifiers are normalized; empty is ""."""

    id_number: str = ""
    name: str = ""
    mobile: str = ""
