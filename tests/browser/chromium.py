import os
import shutil
from pathlib import Path

# What the browser tests give as their reason, and what tests.browser.not_run looks for.
NOT_RUN = "not run: no Chromium"
COMMANDS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MAC_PROGRAMS = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)


def find_chromium() -> str | None:
    """Return the path of an installed Chromium, or of the one that the environment names in CHROMIUM."""
    for command in (os.environ.get("CHROMIUM") or "", *COMMANDS):
        if path := shutil.which(command):
            return path
    return next((program for program in MAC_PROGRAMS if Path(program).exists()), None)
