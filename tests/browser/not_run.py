"""A pytest plugin that names at the end the browser tests which did not run for want of a Chromium."""

import pytest

from tests.browser.chromium import NOT_RUN


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    names = [
        report.nodeid
        for report in terminalreporter.stats.get("skipped", [])
        if NOT_RUN in str(report.longrepr)
    ]
    if not names:
        return
    terminalreporter.section("browser tests NOT RUN, because no Chromium was found", red=True, bold=True)
    for name in names:
        terminalreporter.line(name)
