from typing import Any

from django.core.management import BaseCommand, CommandError

from subsidies.invariants import INVARIANTS, find_violations


class Command(BaseCommand):
    help = "Check every promise about money, each as a query that must return no row."

    def handle(self, *_args: Any, **_options: Any) -> None:
        violations = find_violations()
        for violation in violations:
            self.stderr.write(
                f"{violation.invariant.name}: {violation.invariant.promise} Broken by {', '.join(violation.ids)}."
            )
        if violations:
            raise CommandError(
                f"{len(violations)} of {len(INVARIANTS)} invariants are broken or cannot be checked."
            )
        self.stdout.write(f"{len(INVARIANTS)} invariants hold, no violation.")
