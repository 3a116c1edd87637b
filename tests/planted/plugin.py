"""Runs a test again with a bug in the product: pytest -p tests.planted.plugin --plants all

The test has to fail then. With a number instead of `all`, any so many bugs are planted in the tests that run anyway.
Nothing here imports the product: a plugin is loaded before Django is set up.
"""

import os
import random
from collections.abc import Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from tests.planted.kinds import Plant

ALL: Final = "all"
PLANT: Final = pytest.StashKey["Plant"]()
FAILED: Final = pytest.StashKey[bool]()
# A test that a bug keeps waiting is not to wait as long as it would for a slow machine.
NOTHING_WRONG: Final = {pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED}
PATIENCE_WITH_A_BUG: Final = 5.0


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the command say how many bugs are planted."""
    parser.addoption("--plants", default=ALL, help="how many bugs are planted: a number, or all")


def pytest_configure(config: pytest.Config) -> None:
    """Look only at the files whose tests are to find a bug, if all are planted, and at the end say what was found."""
    if config.option.plants == ALL:
        config.args[:] = sorted({plant.test.partition("::")[0] for plant in _plants_of_this_run(config)})
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Harvest(config), "harvest")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Add each test once more for every bug that it is to find; if all are planted, leave out what finds none."""
    by_test: dict[str, list[Plant]] = {}
    for plant in _plants_of_this_run(config):
        by_test.setdefault(plant.test, []).append(plant)
    finding = [item for item in items if item.nodeid in by_test and isinstance(item, pytest.Function)]
    again = [_with_bug(item, plant) for item in finding for plant in by_test[item.nodeid]]
    items[:] = [*(finding if config.option.plants == ALL else items), *again]


def _plants_of_this_run(config: pytest.Config) -> "list[Plant]":
    """Return all bugs, or any so many: the same ones in every process of this run."""
    from tests.planted.plants import every_plant

    plants = every_plant()
    if config.option.plants == ALL:
        return plants
    return random.Random(os.environ.get("PYTHONHASHSEED")).sample(plants, int(config.option.plants))


def _with_bug(item: pytest.Function, plant: "Plant") -> pytest.Function:
    """Return the same test, to be run while the bug is in the product."""
    again = pytest.Function.from_parent(
        item.parent,
        name=f"{item.name}<-{plant.name}",
        callspec=getattr(item, "callspec", None),
        callobj=item.obj,
        fixtureinfo=item._fixtureinfo,
        originalname=item.originalname,
    )
    again.stash[PLANT] = plant
    return again


@pytest.fixture(autouse=True)
def _bug(
    request: pytest.FixtureRequest, django_db_blocker: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """Have the bug in the product while its test runs."""
    plant = request.node.stash.get(PLANT, None)
    if plant is None:
        yield
        return
    monkeypatch.setattr("tests.subsidies.interleaving.PATIENCE", PATIENCE_WITH_A_BUG)
    monkeypatch.setattr(request.module, "PATIENCE", PATIENCE_WITH_A_BUG, raising=False)
    if not plant.in_database:
        with plant.planted():
            yield
    elif _is_rolled_back(request):
        request.getfixturevalue("db")
        with plant.planted():
            yield
    else:
        # Before the test's own fixtures, and taken out again after they have emptied the tables.
        request.getfixturevalue("django_db_setup")
        with ExitStack() as taking_out:
            with django_db_blocker.unblock():
                taking_out.enter_context(plant.planted())
            yield
            with django_db_blocker.unblock():
                taking_out.close()


def _is_rolled_back(request: pytest.FixtureRequest) -> bool:
    """Test whether the test runs in a transaction that never commits."""
    marker = request.node.get_closest_marker("django_db")
    is_asked_for = {"transactional_db", "live_server"} & set(request.fixturenames)
    return not is_asked_for and not (marker and marker.kwargs.get("transaction"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: Any) -> Iterator[Any]:
    """Turn it round: a test that fails, or whose promises are broken at its end, has found its bug."""
    report = yield
    plant = item.stash.get(PLANT, None)
    if plant is None or report.when == "setup":
        return report
    if report.when == "teardown" and FAILED not in item.stash:
        # It never began.
        return report
    if report.failed and "CannotBePlanted" in str(report.longrepr):
        return report
    item.stash[FAILED] = item.stash.get(FAILED, False) or report.failed
    report.outcome, report.longrepr, report.sections = "passed", None, []
    if report.when == "teardown":
        is_found = item.stash[FAILED]
        report.user_properties.append(("planted", [plant.name, is_found]))
        if not is_found:
            report.outcome, report.longrepr = "failed", f"{plant.test} passes although {plant.bug}"
    return report


class Harvest:
    """What became of each bug, wherever its test was run."""

    def __init__(self, config: pytest.Config) -> None:
        self.plants = {plant.name: plant for plant in _plants_of_this_run(config)}
        self.is_found: dict[str, bool] = {}
        self.is_whole = config.option.plants == ALL and not config.option.keyword

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note the outcome of one."""
        if report.when == "teardown":
            self.is_found.update(dict(value for key, value in report.user_properties if key == "planted"))

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Fail if a bug was not even looked for."""
        if (
            self.is_whole
            and self.plants.keys() - self.is_found.keys()
            and session.exitstatus in NOTHING_WRONG
        ):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Say of each bug by which test it was found."""
        looked_for = self.plants if self.is_whole else self.is_found
        for name in looked_for:
            plant = self.plants[name]
            terminalreporter.write_line(f"{_word(self.is_found.get(name)):9}  {plant.bug}  by {plant.test}")
        found_count = sum(self.is_found.values())
        terminalreporter.write_line(f"{found_count} of {len(looked_for)} found")


def _word(is_found: bool | None) -> str:
    return {True: "found", False: "NOT FOUND", None: "NOT RUN"}[is_found]
