from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from assessment.services.credential_keys import withdraw_credential_key
from chongqing_dte.foundation.errors import DomainError


class Command(BaseCommand):
    help = (
        "Take a former key out of trust, because somebody else may have had it. Whoever has a credential "
        "under it downloads it again. Cannot be undone."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("version", type=int)
        parser.add_argument("--reason", required=True)

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            key = withdraw_credential_key(
                version=options["version"], reason=options["reason"], now=timezone.now()
            )
        except DomainError as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(f"Key {key.version} is withdrawn.")
