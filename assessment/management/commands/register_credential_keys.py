from typing import Any

from django.core.management import BaseCommand
from django.utils import timezone

from assessment.credentials.issuer import issuer_id
from assessment.services.credential_keys import register_credential_keys


class Command(BaseCommand):
    help = (
        "Publish the newest key of CREDENTIAL_KEYS, which signs from now on, and retire the one before. "
        "Safe to repeat."
    )

    def handle(self, *_args: Any, **_options: Any) -> None:
        # A wrong address is found here, and not by the first who downloads a credential.
        issuer = issuer_id()
        key = register_credential_keys(now=timezone.now())
        self.stdout.write(f"Key {key.version} signs for {issuer}.")
