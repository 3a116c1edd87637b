"""Notes of signs that somebody should look. Steps: they need the caller's transaction, and are safe to repeat."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Final

from assessment import queries
from assessment.enums import SignalKind
from assessment.models import AssessmentPolicy, AssessmentSession, IntegritySignal
from assessment.rules.signals import (
    Heaping,
    Measured,
    ScorePairs,
    heaping_of,
    identical_scores_of,
    scored_count,
)

THEORY: Final = "theory"
PRACTICE: Final = "practice"


def record_session_signals(*, session: AssessmentSession, now: datetime) -> None:
    """Measure a session's scores as they count now, and note what looks made, by the figures of its policy."""
    policy = session.policy
    if policy is None:
        return
    pairs = queries.score_pairs_of(session)
    if scored_count(pairs) < policy.signal_candidate_count:
        return
    _record(session, _found(session, policy, pairs), now)


def record_signal(
    *,
    kind: SignalKind,
    session: AssessmentSession,
    subject: str,
    measured: Mapping[str, object],
    now: datetime,
) -> None:
    """Note one sign. `subject` tells it from others of its kind; `measured` holds figures, no personal data."""
    _record(session, [(kind, subject, measured)], now)


def _found(
    session: AssessmentSession, policy: AssessmentPolicy, pairs: ScorePairs
) -> list[tuple[SignalKind, str, Measured]]:
    def limits(pass_mark: Decimal) -> Heaping:
        return Heaping(pass_mark=pass_mark, band=policy.heaping_band, share=policy.heaping_share)

    measured = [
        (
            SignalKind.SCORE_HEAPING,
            THEORY,
            heaping_of(pairs, part=0, limits=limits(session.theory_pass_mark)),
        ),
        (
            SignalKind.SCORE_HEAPING,
            PRACTICE,
            heaping_of(pairs, part=1, limits=limits(session.practice_pass_mark)),
        ),
        (SignalKind.IDENTICAL_SCORES, "", identical_scores_of(pairs, at_least=policy.identical_count)),
    ]
    return [(kind, subject, figures) for kind, subject, figures in measured if figures is not None]


def _record(
    session: AssessmentSession,
    signs: Iterable[tuple[SignalKind, str, Mapping[str, object]]],
    now: datetime,
) -> None:
    IntegritySignal.objects.bulk_create(
        (
            IntegritySignal(kind=kind, session=session, subject=subject, measured=dict(figures), found_at=now)
            for kind, subject, figures in signs
        ),
        # A sign is said once, however often it is looked for.
        ignore_conflicts=True,
    )
