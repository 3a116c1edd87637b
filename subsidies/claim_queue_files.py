"""The queue of a bureau as rows of a file: what a list shows of each claim, and nobody's name or number."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Final

from django.utils import timezone
from django.utils.functional import Promise

from chongqing_dte.foundation.sentences import gettext as _
from chongqing_dte.foundation.sentences import gettext_lazy
from subsidies.enums import ClaimStatus
from subsidies.models import SubsidyClaim
from subsidies.statement_files import Cell

HEADS: Final[tuple[Promise, ...]] = (
    gettext_lazy("Reference"),
    gettext_lazy("Training class"),
    gettext_lazy("Training institution"),
    gettext_lazy("District"),
    gettext_lazy("Occupation"),
    gettext_lazy("Level"),
    gettext_lazy("Status"),
    gettext_lazy("Submitted"),
    gettext_lazy("Answer due on"),
    gettext_lazy("Days late"),
    gettext_lazy("Waits for an answer of the institution"),
    gettext_lazy("A check failed"),
    gettext_lazy("Passes"),
    gettext_lazy("People in the pass rate"),
    gettext_lazy("Pass-rate factor"),
    gettext_lazy("People who count"),
    gettext_lazy("Amount"),
)


def queue_rows(claims: Iterable[SubsidyClaim], today: date) -> Iterator[list[Cell]]:
    """Yield the heads and then a row for each claim of `queries.claims_to_list`."""
    yield [str(head) for head in HEADS]
    for claim in claims:
        yield [*_about(claim), *_clock(claim, today), *_sums(claim)]


def _about(claim: SubsidyClaim) -> list[Cell]:
    return [
        claim.reference,
        claim.training_class.reference,
        claim.institution.name,
        claim.district.name,
        claim.training_class.occupation.name,
        claim.training_class.get_level_display(),
        str(ClaimStatus(claim.status).label),
        timezone.localdate(claim.submitted_at).isoformat() if claim.submitted_at else "",
    ]


def _clock(claim: SubsidyClaim, today: date) -> list[Cell]:
    is_asked = bool(getattr(claim, "is_asked", False))
    late = (today - claim.due_on).days if claim.due_on and not is_asked else 0
    return [
        claim.due_on.isoformat() if claim.due_on else "",
        str(late) if late > 0 else "",
        _("Yes") if is_asked else "",
        _("Yes") if getattr(claim, "is_flagged", False) else "",
    ]


def _sums(claim: SubsidyClaim) -> list[Cell]:
    reckoning = claim.reckoning
    if reckoning is None:
        return [""] * 5
    return [
        str(reckoning.pass_count),
        str(reckoning.rate_count),
        str(reckoning.factor),
        str(reckoning.counted_count),
        reckoning.amount,
    ]
