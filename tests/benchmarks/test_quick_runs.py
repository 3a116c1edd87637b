"""That a benchmark works, on few rows: nothing here says how long anything takes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent.parent
# As bin/bench, on servers that run already and have the tables.
MEASURE = """
import sys
from pathlib import Path
from benchmarks.__main__ import arguments_of, measure
sys.exit(measure(arguments_of(sys.argv[2:]), Path(sys.argv[1])))
"""


TARGETS = {
    "payout": {
        "vs_one_statement",
        "speedup_vs_task_per_certificate",
        "cost_growth_1m_vs_10k",
        "visible_vs_empty_task",
        "visible_p99_s",
        "result_vs_bare",
    },
    "claims": {"simulation_vs_read", "claim_queries", "queue_queries"},
}


@pytest.mark.slow
@pytest.mark.parametrize("name", TARGETS)
def test_quick_bench_measures_everything_that_has_a_target_and_prints_nothing_else(
    own_servers, tmp_path, name
):
    run = subprocess.run(
        [sys.executable, "-c", MEASURE, tmp_path, name, "--quick", "--json"],
        cwd=REPOSITORY,
        env={**os.environ, **own_servers, "DJANGO_SETTINGS_MODULE": "chongqing_dte.settings.dev"},
        capture_output=True,
        text=True,
    )

    assert (run.returncode, run.stderr) == (0, "")
    found = json.loads(run.stdout.splitlines()[-1])
    assert found["bench"] == name
    assert set(found["targets"]) == TARGETS[name]
    measured = {**found["figures"], **found["ratios"]}
    assert all(measured[name] > 0 for name in found["targets"])
