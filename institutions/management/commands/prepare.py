from typing import Any

from django.core.management import BaseCommand, call_command

from institutions.services.reference_data import load_reference_data


class Command(BaseCommand):
    help = (
        "Bring the database up to date: migrations, then reference data, the working-day calendar and the keys "
        "that sign credentials. "
        "Safe to repeat."
    )

    def handle(self, *_args: Any, **options: Any) -> None:
        call_command("migrate", interactive=False, verbosity=options["verbosity"])
        for label, count in load_reference_data().items():
            self.stdout.write(f"{label}: {count}")
        call_command("load_calendar", stdout=self.stdout)
        call_command("register_credential_keys", stdout=self.stdout)
