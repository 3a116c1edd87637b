"""Signs that somebody should look, for the municipal bureau alone."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from assessment import policies, queries
from assessment.enums import Outcome, SignalKind
from assessment.forms.reviews import SignalFilterForm
from assessment.models import IntegritySignal
from chongqing_dte.foundation.paging import page_of
from institutions.requests import SignedInRequest

Figures = dict[str, Any]
SIGNAL_COLUMNS = (
    (gettext_lazy("Found at"), ""),
    (gettext_lazy("Kind"), ""),
    (gettext_lazy("Session"), ""),
    (gettext_lazy("Evaluation institution"), ""),
    (gettext_lazy("Measured"), ""),
)


@require_safe
@login_required
def signal_list(request: SignedInRequest) -> HttpResponse:
    """List the signs, newest first, narrowed to a kind and an institution."""
    policies.check_can_see_signals(request.user)
    form = SignalFilterForm(request.GET, institutions=queries.institutions_with_signals())
    chosen = form.cleaned_data if form.is_valid() else {"kind": "", "institution": ""}
    found = queries.signals_found(request.user, **chosen)
    page = page_of(found, request)
    context = {
        "rows": [{"signal": signal, "measured": measured_in_words(signal)} for signal in page.rows],
        "page": page,
        "columns": SIGNAL_COLUMNS,
        "form": form,
        "query": f"{urlencode(chosen)}&",
    }
    return render(request, "assessment/signal_list.html", context)


def measured_in_words(signal: IntegritySignal) -> str:
    """Return the figures of a sign as a sentence, or as a list if they are not those that its sentence speaks of."""
    figures = dict(signal.measured)
    try:
        return SENTENCES[SignalKind(signal.kind)](signal.subject, figures)
    except KeyError:
        return ", ".join(f"{name}: {figure}" for name, figure in figures.items())


def heaping(part: str, figures: Figures) -> str:
    """Say how many scores lie just above the pass mark."""
    return PARTS[part] % {
        "in_band": figures["in_band"],
        "scored": figures["scored"],
        "percent": f"{Decimal(figures['share']) * 100:.1f}",
        "from": figures["from"],
        "to": figures["to"],
    }


def identical_scores(_subject: str, figures: Figures) -> str:
    """Say how many candidates share their scores with others."""
    return _(
        "%(candidates)s of %(scored)s candidates share their scores with others: %(groups)s groups, the largest of"
        " %(largest)s."
    ) % {name: figures[name] for name in ("candidates", "scored", "groups", "largest")}


def scores_changed(_subject: str, figures: Figures) -> str:
    """Say what a result was and became."""
    before, after = (
        result_in_words(*(figures[name][place] for name in ("outcome", "theory_score", "practice_score")))
        for place in (0, 1)
    )
    return _("From %(before)s to %(after)s, %(days)s days after the result was recorded.") % {
        "before": before,
        "after": after,
        "days": figures["days_after"],
    }


def result_in_words(outcome: str, theory: str | None, practice: str | None) -> str:
    """Return a result as one reads it aloud: the outcome, and the scores of whoever sat."""
    label = str(Outcome(outcome).label)
    return label if theory is None else f"{label} ({theory} / {practice})"


def more_candidates_than_seats(_subject: str, figures: Figures) -> str:
    """Say how many candidates were admitted to how many seats."""
    return _("%(candidates)s candidates admitted to %(seats)s seats.") % {
        name: figures[name] for name in ("candidates", "seats")
    }


def early_certificates(_subject: str, figures: Figures) -> str:
    """Say how many certificates were dated before the assessment in a file."""
    return _("%(certificates)s certificates in the file, the earliest of %(earliest)s.") % {
        name: figures[name] for name in ("certificates", "earliest")
    }


PARTS: Final = {
    "theory": gettext_lazy(
        "Theory: %(in_band)s of %(scored)s scores, %(percent)s%%, lie between %(from)s and %(to)s."
    ),
    "practice": gettext_lazy(
        "Practice: %(in_band)s of %(scored)s scores, %(percent)s%%, lie between %(from)s and %(to)s."
    ),
}
SENTENCES: Final[Mapping[SignalKind, Callable[[str, Figures], str]]] = {
    SignalKind.SCORE_HEAPING: heaping,
    SignalKind.IDENTICAL_SCORES: identical_scores,
    SignalKind.SCORES_CHANGED: scores_changed,
    SignalKind.MORE_CANDIDATES_THAN_SEATS: more_candidates_than_seats,
    SignalKind.CERTIFICATE_BEFORE_SESSION: early_certificates,
}
