"""Print the table of the money scenarios: each sentence, and what comes of it."""

import os
import sys
from importlib import import_module

import django

# Django is set up before anything is imported that has rows.
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chongqing_dte.settings.test")
django.setup()
tables = ("tests.scenarios.table", "tests.scenarios.claims_table")
for scenario in (each for table in tables for each in import_module(table).SCENARIOS):
    said = [
        f"{name}: {value}" for name, value in vars(scenario.expect).items() if value not in ({}, (), None)
    ]
    sys.stdout.write(f"{scenario.name}\n    {'; '.join(said)}\n")
