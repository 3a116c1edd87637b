"""A run in which a bug is not found, or not looked for, fails."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.guards.sources import REPOSITORY

pytestmark = pytest.mark.slow

ONE_BUG = """
from tests.planted import plants
from tests.planted.kinds import Rewritten

plants.every_plant = lambda: [
    Rewritten(
        name="too_much",
        bug="the subsidy is twice the fee",
        module="subsidies.rules.amounts",
        text="(published_fee * fee_share)",
        instead="(published_fee * fee_share * 2)",
        test="test_tried.py::test_tried",
    )
]
"""
ONE_TEST = """
from decimal import Decimal

from subsidies.rules.amounts import assessment_amount


def test_{name}():
    amount = assessment_amount(published_fee=Decimal(8), fee_share=Decimal(1), ceiling=Decimal(100))

    assert amount {comparison}
"""


@pytest.mark.parametrize(
    ("name", "comparison", "exit_status", "said"),
    [
        ("tried", "== 8", 0, ["found      the subsidy is twice the fee", "1 of 1 found"]),
        ("tried", "> 0", 1, ["NOT FOUND  the subsidy is twice the fee", "0 of 1 found"]),
        ("tried", "== 9", 1, []),
        ("renamed", "== 8", 1, ["NOT RUN    the subsidy is twice the fee", "0 of 1 found"]),
    ],
    ids=["found", "not found", "fails without it too", "has no test"],
)
def test_run_succeeds_only_if_every_bug_is_found(tmp_path: Path, name, comparison, exit_status, said):
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "conftest.py").write_text(ONE_BUG)
    (tmp_path / "test_tried.py").write_text(ONE_TEST.format(name=name, comparison=comparison))

    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "tests.planted.plugin", "-p", "no:cacheprovider"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == exit_status, run.stdout + run.stderr
    assert [line for line in said if line not in run.stdout] == []
