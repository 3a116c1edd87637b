import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.__main__ import names, table
from benchmarks.machine import commit, processor
from benchmarks.measuring import (
    Bench,
    Result,
    Target,
    median_seconds,
    peak_mb,
    ratio,
    rounded,
    run_measured,
    seconds_of,
)

REPOSITORY = Path(__file__).resolve().parent.parent.parent
MEGABYTES = 60


@pytest.mark.parametrize(
    ("target", "value", "is_met"),
    [
        (Target(at_most=4), 4, True),
        (Target(at_most=4), 4.001, False),
        (Target(at_least=25), 25, True),
        (Target(at_least=25), 24.9, False),
        (Target(at_least=1, at_most=2), 1.5, True),
        (Target(at_least=1, at_most=2), 2.5, False),
    ],
)
def test_target_includes_its_bounds(target, value, is_met):
    assert target.is_met(value) is is_met


def test_result_tells_a_program_what_it_found():
    result = Result(
        figures={"seconds": 1.23456},
        ratios={"twice": 2.0},
        targets={"twice": Target(at_most=4), "seconds": Target(at_most=1)},
    )

    assert json.loads(json.dumps(result.as_json("example"))) == {
        "bench": "example",
        "figures": {"seconds": 1.235},
        "ratios": {"twice": 2.0},
        "targets": {"twice": {"at_most": 4}, "seconds": {"at_most": 1}},
        "met": False,
    }
    assert result.missed == ["seconds"]


def test_target_without_a_measured_value_is_missed():
    result = Result(figures={}, targets={"peak_mb": Target(at_most=300)})

    assert result.missed == ["peak_mb"]
    assert "not measured" in table("example", result)


def test_result_without_targets_misses_none():
    assert Result(figures={"seconds": 3.0}).as_json("example")["met"] is True


def test_table_shows_each_value_with_its_target():
    result = Result(figures={"rows": 12345}, ratios={"twice": 5.0}, targets={"twice": Target(at_most=4)})

    lines = table("example", result).splitlines()

    assert "12,345" in lines[1]
    assert lines[2].endswith("≤ 4 missed")


def test_median_leaves_a_slow_exception_out():
    naps = iter([0.0, 0.05, 0.0])

    def nap() -> None:
        import time

        time.sleep(next(naps))

    assert median_seconds(nap, repeats=3) < 0.04


def test_seconds_of_calls_once():
    calls = []

    assert seconds_of(lambda: calls.append(1)) >= 0
    assert calls == [1]


def test_ratio_to_nothing_is_no_ratio():
    assert ratio(3, 2) == 1.5
    with pytest.raises(ValueError, match="not measured"):
        ratio(1, 0)


@pytest.mark.parametrize(("value", "shown"), [(0.0001234567, 0.0001235), (123456.7, 123500), (42665, 42665)])
def test_figures_have_four_digits(value, shown):
    assert rounded(value) == shown


def test_peak_of_a_child_is_its_own_and_not_ours():
    ballast = bytearray(200 * 1_000_000)
    words = [
        sys.executable,
        "-S",
        "-c",
        f"import time; held = bytearray({MEGABYTES}_000_000); time.sleep(0.1); print('done')",
    ]

    measured = run_measured(words)

    assert MEGABYTES < measured.peak_mb < MEGABYTES + 40
    assert measured.output == b"done\n"
    assert measured.seconds > 0.1
    assert len(ballast) > 0


def test_child_that_fails_is_no_measurement():
    with pytest.raises(subprocess.CalledProcessError):
        run_measured([sys.executable, "-S", "-c", "raise SystemExit(3)"])


def test_peak_of_a_process_that_has_ended():
    assert peak_mb(os.getpid()) > 10
    with pytest.raises((ProcessLookupError, FileNotFoundError)):
        peak_mb(2**22 + 1)


def test_quick_bench_measures_once_and_little(tmp_path):
    quick = Bench(folder=tmp_path, is_quick=True, say=print)
    thorough = Bench(folder=tmp_path, is_quick=False, say=print)

    assert (quick.repeats(), quick.rows(1000, quick=10)) == (1, 10)
    assert (thorough.repeats(), thorough.rows(1000, quick=10)) == (5, 1000)


def test_benchmarks_are_found_by_their_run():
    assert "world" in names()
    assert not {"measuring", "machine", "__main__"} & set(names())


def test_machine_names_its_processor_and_its_commit():
    assert processor()
    assert commit()


def test_unknown_benchmark_is_refused_with_the_names_of_all():
    answer = subprocess.run(
        [sys.executable, "-m", "benchmarks", "nonsense"], cwd=REPOSITORY, capture_output=True, text=True
    )

    assert answer.returncode == 2
    assert "world" in answer.stderr
