from collections.abc import Iterable, Mapping

from chongqing_dte.foundation.tabular_writing import write_table
from enrollment.roster.columns import ROSTER_COLUMNS, ROSTER_VERSION


def roster_template(*, class_reference: str, institution_name: str) -> bytes:
    """Return an empty roster (.xlsx) for one class; it reads back with `read_roster` once it is filled in."""
    return write_roster((), class_reference=class_reference, institution_name=institution_name)


def write_roster(
    rows: Iterable[Mapping[str, str]], *, class_reference: str = "", institution_name: str = ""
) -> bytes:
    """Return a filled roster (.xlsx). The rows map column keys to text; choices may be given as codes."""
    title = f"学员花名册　班级：{class_reference or '—'}　培训机构：{institution_name or '—'}"
    return write_table(
        ROSTER_COLUMNS, sheet_name="学员花名册", title=title, version=ROSTER_VERSION, rows=rows
    )
