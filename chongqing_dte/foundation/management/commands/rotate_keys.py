from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from chongqing_dte.foundation.crypto import newest_key_version, readable_key_versions
from chongqing_dte.foundation.rotation import Outcome, encrypted_columns, key_versions, rotate


class Command(BaseCommand):
    help = (
        "Write every encrypted value again under the newest key of FIELD_KEYS. Can be stopped and run again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the size of a batch, and whether anything is written."""
        parser.add_argument("--batch", type=int, default=1000, help="Rows in one transaction.")
        parser.add_argument("--dry-run", action="store_true", help="Only count.")

    def handle(self, *, batch: int, dry_run: bool, **_options: Any) -> None:
        """Rotate column by column and say which keys are still needed."""
        if batch < 1:
            raise CommandError("A batch has at least one row.")
        standing: Counter[int] = Counter()
        unreadable_count = 0
        for column in encrypted_columns():
            outcome = (
                Outcome(column, versions=key_versions(column))
                if dry_run
                else rotate(column, batch_size=batch)
            )
            self._report(outcome)
            standing.update(outcome.versions)
            unreadable_count += len(outcome.unreadable_ids)
        self._report_keys(standing)
        if unreadable_count:
            raise CommandError(f"{unreadable_count} values cannot be read. Nothing was done to them.")

    def _report(self, outcome: Outcome) -> None:
        versions = ", ".join(f"key {version}: {count}" for version, count in outcome.versions.items())
        self.stdout.write(
            f"{outcome.column.name}: {outcome.rewritten_count} rewritten; {versions or 'empty'}"
        )
        if outcome.unreadable_ids:
            shown = ", ".join(map(str, outcome.unreadable_ids[:20]))
            self.stdout.write(f"  cannot be read: rows {shown}")

    def _report_keys(self, standing: Counter[int]) -> None:
        for version in sorted(readable_key_versions() | standing.keys()):
            if version == newest_key_version():
                what = f"encrypts, {standing[version]} values"
            elif version not in readable_key_versions():
                what = f"is missing from FIELD_KEYS, {standing[version]} values need it"
            elif standing[version]:
                what = f"is still needed, {standing[version]} values"
            else:
                what = "is no longer needed by this database"
            self.stdout.write(f"Key {version} {what}.")
