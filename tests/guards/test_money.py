"""Money is decimal: a binary fraction has no place in an app."""

import ast

import pytest

from tests.guards.sources import APPS, found_in, python_files


def floats_in(source: str) -> list[int]:
    """Return the lines that name, declare or write a binary fraction."""
    tree = ast.parse(source)
    return [
        node.lineno
        for node in ast.walk(tree)
        if (isinstance(node, ast.Name) and node.id in {"float", "FloatField"})
        or (isinstance(node, ast.Attribute) and node.attr == "FloatField")
        or (isinstance(node, ast.Constant) and isinstance(node.value, float))
    ]


def test_app_has_no_binary_fraction() -> None:
    assert found_in(python_files(*APPS), floats_in) == {}


@pytest.mark.parametrize(
    "planted",
    [
        "amount = float(text)",
        "def pay(amount: float): ...",
        "fee = models.FloatField()",
        "share = amount * 0.7",
    ],
)
def test_planted_binary_fraction_is_found(planted: str) -> None:
    assert floats_in(planted) == [1]


def test_decimal_is_no_offence() -> None:
    assert floats_in('amount = models.DecimalField(default=Decimal("0.70"))') == []
