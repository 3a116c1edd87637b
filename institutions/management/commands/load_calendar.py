from datetime import date
from itertools import count
from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from institutions.services.calendar import load_calendar_year
from institutions.state_council import CalendarNotPublished, published_days

# The Plan begins in this year.
FIRST_YEAR = 2025


class Command(BaseCommand):
    help = (
        "Fill the working-day calendar with the State Council's holidays and make-up days. Safe to repeat: days "
        "that the bureau has set stay as they are."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("years", nargs="*", type=int, help=f"default: every known year from {FIRST_YEAR}")

    def handle(self, *_args: Any, **options: Any) -> None:
        for year in options["years"]:
            if not date.min.year <= year < date.max.year:
                raise CommandError(f"{year} is no year.")
        unknown = [year for year in options["years"] if not self._load(year)]
        if unknown:
            raise CommandError(f"Nothing was written for {', '.join(map(str, unknown))}.")
        if not options["years"]:
            next(year for year in count(FIRST_YEAR) if not self._load(year))

    def _load(self, year: int) -> bool:
        try:
            loaded = load_calendar_year(year=year, now=timezone.now(), loader=published_days)
        except CalendarNotPublished as unknown:
            self.stdout.write(f"{year}: {unknown}")
            return False
        self.stdout.write(f"{year}: {loaded.written_count} days written, {loaded.kept_count} kept as set.")
        return True
