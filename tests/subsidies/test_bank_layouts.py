import copy
from typing import Any

import pytest
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from subsidies.bank.layout import LayoutWrong, read_layout
from subsidies.forms.bank_formats import EXAMPLE_LAYOUT
from tests.subsidies.bank_examples import CSV_LAYOUT, TXT_LAYOUT, XLSX_LAYOUT


def changed(layout: dict[str, Any], path: str, value: object) -> dict[str, Any]:
    """Return the layout with another value at this place; None takes it away."""
    layout = copy.deepcopy(layout)
    *way, last = path.split(".")
    place: Any = layout
    for step in way:
        place = place[int(step) if step.isdigit() else step]
    key: Any = int(last) if last.isdigit() else last
    if value is None:
        del place[key]
    else:
        place[key] = value
    return layout


@pytest.mark.parametrize("layout", [CSV_LAYOUT, TXT_LAYOUT, XLSX_LAYOUT, dict(EXAMPLE_LAYOUT)])
def test_layout_is_read(layout):
    assert [cell.field for cell in read_layout(layout).columns]


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("kind", "PDF", "layout.kind: one of CSV, TXT, XLSX."),
        ("encoding", "BIG5", "layout.encoding"),
        ("delimiter", "a", "layout.delimiter"),
        ("delimiter", " ", "layout.delimiter"),
        ("delimiter", 3, "layout.delimiter"),
        ("color", "red", "layout: color means nothing here."),
        ("columns", None, "columns: the field payee_name is missing."),
        ("columns", {}, "columns: this has to be a list in brackets."),
        ("columns.0", "x", "columns[1]: this has to be an object in braces."),
        ("columns.1.field", "iban", "columns[2]: there is no field iban here."),
        ("columns.1.value", "x", "columns[2]: either a field or a value, not both."),
        ("columns.3.as", "CENT", "columns[4]: as can be YUAN, FEN here."),
        ("columns.1.as", "YUAN", "columns[2]: as can be - here."),
        ("columns.1.header", " x", "columns[2].header"),
        ("head.1.field", "payee_name", "head[2]: there is no field payee_name here."),
        ("header_row", 1, "header_row: true or false."),
        ("results", None, "results: this has to be an object in braces."),
        ("results.columns.batch", None, "either the reference has to be there"),
        ("results.columns.amount", None, "results.columns: amount is missing."),
        ("results.columns.amount", 2, "two of them stand at the same place"),
        ("results.columns.amount", 0, "results.columns.amount: a number from 1 to 60."),
        ("results.columns.amount", True, "results.columns.amount: a number from 1 to 60."),
        ("results.columns.amount", "金额", "results.columns.amount: a header needs a line"),
        ("results.skip_first", -1, "results.skip_first: a number from 0 to 20."),
        ("results.trailer", {"count": 2}, "results.trailer: skip_last"),
        ("results.words.paid", [], "a word for paid and one for returned"),
        ("results.words.unknown", ["00"], "results.words: 00 stands there twice."),
        ("results.words.lost", ["07"], "results.words: lost means nothing here."),
        ("columns.0.field", "cnaps", "results.columns: the bank cannot name the line_number"),
    ],
)
def test_what_is_wrong_is_named(path, value, said):
    with override("en"), pytest.raises(LayoutWrong) as refusal:
        read_layout(changed(TXT_LAYOUT, path, value))

    assert said in str(refusal.value)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
PLACES = [
    "kind",
    "columns",
    "columns.0",
    "columns.3.as",
    "head",
    "results",
    "results.columns",
    "results.words.paid",
]
EVERY_PLACE = changed(TXT_LAYOUT, "columns.3.as", "FEN")


@given(path=st.sampled_from(PLACES), value=ANYTHING)
def test_whatever_it_says_it_is_read_or_refused(path, value):
    try:
        read_layout(changed(EVERY_PLACE, path, value))
    except LayoutWrong:
        return
