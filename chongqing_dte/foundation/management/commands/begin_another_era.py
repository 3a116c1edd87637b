from typing import Any

from django.core.management.base import BaseCommand

from chongqing_dte.foundation.change_steps import begin_another_era


class Command(BaseCommand):
    help = "Have every partner's system read everything anew, after the database came back as a copy of its files."

    def handle(self, *_arguments: Any, **_options: Any) -> None:
        """Begin another era."""
        begin_another_era()
        self.stdout.write("Every cursor from before is refused from now on.")
