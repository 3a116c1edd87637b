from typing import Any

from django.core.management import BaseCommand, CommandError

from subsidies import invariants


class Command(BaseCommand):
    help = "Check every promise about money, each as a query that must return no row."

    def handle(self, *_args: Any, **_options: Any) -> None:
        count, violations = len(invariants.INVARIANTS), invariants.find_violations()
        for violation in violations:
            self.stderr.write(
                f"{violation.invariant.name}: {violation.invariant.promise} Broken by {', '.join(violation.ids)}."
            )
        if violations:
            raise CommandError(f"{len(violations)} of {count} invariants are broken or cannot be checked.")
        self.stdout.write(f"{count} invariants hold, no violation.")
