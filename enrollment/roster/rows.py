from dataclasses import dataclass

from chongqing_dte.foundation.tabular import TableRow


@dataclass(slots=True)
class RosterRow(TableRow):
    """One person of a roster. Choices are codes, dates are ISO, identifiers are normalized; empty is ""."""

    name: str = ""
    id_number: str = ""
    birth_date: str = ""
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
    remarks: str = ""
