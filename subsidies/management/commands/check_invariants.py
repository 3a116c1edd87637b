from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError
from django.utils.translation import override

from subsidies import invariants


class Command(BaseCommand):
    help = "Check every promise about money, each as a query that must return no row."

    def handle(self, *_args: Any, **_options: Any) -> None:
        count, violations = len(invariants.INVARIANTS), invariants.find_violations()
        for violation in violations:
            self.stderr.write(_in_words(violation))
        if violations:
            raise CommandError(f"{len(violations)} of {count} invariants are broken or cannot be checked.")
        self.stdout.write(f"{count} invariants hold, no violation.")


def _in_words(violation: invariants.Violation) -> str:
    """Return which promise is broken by which rows; the promise in English and in the portal's own language."""
    english, own = (_said(violation.invariant, language) for language in ("en", settings.LANGUAGE_CODE))
    return f"{violation.invariant.name}: {english} Broken by {', '.join(violation.ids)}.\n  {own}"


def _said(invariant: invariants.Invariant, language: str) -> str:
    with override(language):
        return str(invariant.promise)
