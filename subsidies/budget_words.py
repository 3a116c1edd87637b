"""What is said of budgets, in the reader's language."""

from django.utils import timezone

from chongqing_dte.foundation.sentences import gettext as _
from chongqing_dte.foundation.sentences import ngettext
from chongqing_dte.foundation.templatetags.figures import yuan
from subsidies.models import Budget
from subsidies.queries import Queue
from subsidies.rules.forecast import Forecast


def budget_name(budget: Budget) -> str:
    """Return what a budget is called: year, subsidy and whose it is."""
    return _("%(year)s %(kind)s, %(whose)s") % {
        "year": budget.year,
        "kind": budget.get_kind_display(),
        "whose": budget.district.name if budget.district else _("municipal"),
    }


def queue_text(queue: Queue) -> str:
    """Return in one sentence what waits for budget; nothing, if nothing does."""
    if queue.since is None:
        return ""
    return ngettext(
        "%(count)s decision over %(total)s waits for budget, since %(since)s.",
        "%(count)s decisions over %(total)s wait for budget, the first since %(since)s.",
        queue.count,
    ) % {
        "count": queue.count,
        "total": yuan(queue.total),
        "since": timezone.localtime(queue.since).strftime("%Y-%m-%d %H:%M"),
    }


def forecast_text(outlook: Forecast) -> str:
    """Return in one sentence how long the rest of a budget lasts."""
    if outlook.enough_for is None or outlook.until is None:
        return _("Nothing was granted from it this month or last, so that nobody can say how long it lasts.")
    if outlook.lasts_the_year:
        return ngettext(
            "Enough for %(count)s more at the present average amount; at the present rate it lasts the year.",
            "Enough for %(count)s more at the present average amount; at the present rate it lasts the year.",
            outlook.enough_for,
        ) % {"count": f"{outlook.enough_for:,}"}
    return ngettext(
        "Enough for %(count)s more at the present average amount and rate, until about %(until)s.",
        "Enough for %(count)s more at the present average amount and rate, until about %(until)s.",
        outlook.enough_for,
    ) % {"count": f"{outlook.enough_for:,}", "until": outlook.until.isoformat()}
