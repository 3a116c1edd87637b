from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from partners.rest.kept_documents import Released, stale, write


class Command(BaseCommand):
    """Write the document of the newest version of the partner API, under docs/api."""

    help = (
        "Writes docs/api/openapi-<version>.yaml from the endpoints. With --check, only names what is stale."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take --check."""
        parser.add_argument("--check", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write, or check."""
        if options["check"]:
            if wrong := stale():
                raise CommandError(f"stale: {', '.join(wrong)}")
            return
        try:
            write(today=timezone.localdate())
        except Released as refusal:
            raise CommandError(
                f"Version {refusal} is released. Begin a new one in partners/rest/versions.py, and write down the "
                "checksum of this one's document there."
            ) from refusal
