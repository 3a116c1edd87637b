"""How hours and rates read on a page."""

from decimal import Decimal

from django.utils.translation import gettext as _

from enrollment.rules.attendance import Hours, attendance_rate, reporting_rate


def shown_rate(rate: Decimal | None) -> str:
    """Return a rate with its sign, or a dash where there is nothing to divide by."""
    return "—" if rate is None else f"{rate} %"


def shown_hours(hours: Decimal) -> str:
    """Return hours without an empty decimal."""
    return f"{hours.normalize():f}"


def hour_facts(hours: Hours) -> list[tuple[str, object]]:
    """Return attendance as facts: each rate with what it is a part of. Not reported is not absent."""
    return [
        (
            _("Attended, of the reported hours"),
            _("%(rate)s (%(part)s of %(whole)s hours)")
            % {
                "rate": shown_rate(attendance_rate(hours)),
                "part": shown_hours(hours.present),
                "whole": shown_hours(hours.reported),
            },
        ),
        (
            _("Reported, of the taught hours"),
            _("%(rate)s (%(part)s of %(whole)s hours)")
            % {
                "rate": shown_rate(reporting_rate(hours)),
                "part": shown_hours(hours.reported),
                "whole": shown_hours(hours.taught),
            },
        ),
        (_("Hours not reported"), shown_hours(hours.not_reported)),
    ]
