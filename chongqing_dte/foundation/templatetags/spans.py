from datetime import timedelta

from django import template
from django.db.backends.postgresql.psycopg_any import DateRange

from chongqing_dte.foundation.sentences import gettext as _

register = template.Library()


@register.filter
def days(span: DateRange) -> str:
    """Return a span of days with its first and its last day, as people say it: both belong to it."""
    first = span.lower.isoformat() if span.lower else "…"
    if span.upper is None:
        return _("from %(first)s") % {"first": first}
    return f"{first} – {(span.upper - timedelta(days=1)).isoformat()}"
