from typing import Any

from django.core.management import BaseCommand, CommandError
from django.core.management.base import CommandParser
from django.utils import timezone

from subsidies.services.sending_stops import stop_after_restore


class Command(BaseCommand):
    help = "Stop everything that goes to the banks. Two people of finance let it go on, in the portal."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--restore", action="store_true", help="the database has just come back from a backup"
        )
        parser.add_argument("--reason", default="The database was restored from a backup.")

    def handle(self, *_args: Any, **options: Any) -> None:
        if not options["restore"]:
            raise CommandError(
                "Say --restore. Any other stop is made in the portal, by a person with a name."
            )
        stop = stop_after_restore(reason=options["reason"], now=timezone.now())
        self.stdout.write(
            "Nothing is sent to any bank from now on."
            if stop
            else "Sending was stopped for this reason already."
        )
