"""A pytest plugin that names at the end the tests which did not run for want of a Chromium or a Chinese font."""

import pytest

# What tests.browser.chromium and tests.printing begin their reasons with.
NOT_RUN = "not run: "


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    names = [
        report.nodeid
        for report in terminalreporter.stats.get("skipped", [])
        if NOT_RUN in str(report.longrepr)
    ]
    if not names:
        return
    terminalreporter.section(
        "tests NOT RUN, because no Chromium or no Chinese font was found", red=True, bold=True
    )
    for name in names:
        terminalreporter.line(name)
