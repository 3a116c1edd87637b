from dataclasses import dataclass

from chongqing_dte.foundation.tabular import TableRow


@dataclass(frozen=True, kw_only=True)
class RosterRow(TableRow):
    """One person of a roster. Choices are codes, dates are ISO, identifiers are normalized; empty is ""."""

    name: str = ""
    id_number: str = ""
    mobile: str = ""
    category: str = ""
    education: str = ""
    school: str = ""
    student_number: str = ""
    graduated_on: str = ""
    employer_name: str = ""
    employer_credit_code: str = ""
    bank_account: str = ""
    bank_name: str = ""
    bank_cnaps: str = ""
