"""The sittings of enrollments, with the results and certificates that stand now, and what was measured in them."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date
from typing import NamedTuple

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef

from assessment.enums import ReviewStatus
from assessment.models import (
    Attempt,
    AttemptCorrection,
    CertificateRevocation,
    IntegritySignal,
    LevelCertificate,
    MarkReview,
)
from chongqing_dte.foundation.lookups import Among
from chongqing_dte.foundation.proposals import RequestStatus
from subsidies.rules.claim_checks import OpenSignal
from subsidies.rules.claim_facts import ClaimSitting

# One sitting: the session, and the enrollment that somebody sat from.
SittingKey = tuple[int, int]


class RecordedAttempt(NamedTuple):
    """One attempt, corrected or not, with the day and the institution of its session."""

    attempt_id: int
    session_id: int
    enrollment_id: int
    supersedes_id: int | None
    outcome: str
    held_on: date
    institution_id: int
    # In one order, the ids and the statuses of its certificates.
    certificate_ids: list[int]
    certificate_statuses: list[str]


def sittings_of_enrollments(enrollment_ids: Collection[int]) -> dict[int, tuple[ClaimSitting, ...]]:
    """Return the sittings of each of these enrollments, by enrollment, in two queries.

    What counts of a sitting is the attempt that none supersedes; its place is that of the first one. A review, a
    proposed correction or a proposed revocation puts the sitting in question, on whichever of its attempts it hangs.
    """
    attempts = _attempts_of(enrollment_ids)
    keys = {each.attempt_id: (each.session_id, each.enrollment_id) for each in attempts}
    certificates = _certificates_of(attempts)
    in_question = {keys[attempt_id] for attempt_id in _attempts_in_question(keys)}
    firsts = {keys[each.attempt_id]: each.attempt_id for each in attempts if each.supersedes_id is None}
    superseded = {each.supersedes_id for each in attempts} - {None}
    found: dict[int, list[ClaimSitting]] = defaultdict(list)
    for each in attempts:
        if each.attempt_id in superseded:
            continue
        key = keys[each.attempt_id]
        found[each.enrollment_id].append(
            ClaimSitting(
                firsts[key],
                each.attempt_id,
                each.session_id,
                each.held_on,
                each.outcome,
                each.institution_id,
                is_under_review=key in in_question,
                certificates=tuple(certificates.get(key, ())),
            )
        )
    return {enrollment_id: tuple(sittings) for enrollment_id, sittings in found.items()}


def open_signals_of(session_ids: Collection[int]) -> dict[int, list[OpenSignal]]:
    """Return what was measured in these sessions that somebody should look at, by session."""
    found: dict[int, list[OpenSignal]] = defaultdict(list)
    signals = IntegritySignal.objects.filter(Among("session_id", session_ids)).order_by("pk")
    for signal_id, session_id, kind in signals.values_list("pk", "session_id", "kind"):
        found[session_id].append(OpenSignal(signal_id, session_id, kind))
    return found


def _attempts_of(enrollment_ids: Collection[int]) -> list[RecordedAttempt]:
    certificates = LevelCertificate.objects.filter(attempt=OuterRef("pk")).order_by("pk")
    rows = (
        Attempt.objects.filter(Among("enrollment_id", enrollment_ids))
        .annotate(
            certificate_ids=ArraySubquery(certificates.values("pk")),
            certificate_statuses=ArraySubquery(certificates.values("status")),
        )
        .values_list(
            "pk",
            "session_id",
            "enrollment_id",
            "supersedes_id",
            "outcome",
            "session__held_on",
            "session__institution_id",
            "certificate_ids",
            "certificate_statuses",
        )
    )
    return [RecordedAttempt(*row) for row in rows.order_by("pk")]


def _certificates_of(attempts: Sequence[RecordedAttempt]) -> dict[SittingKey, list[str]]:
    """Return the statuses of each sitting's certificates, the first one first."""
    found: dict[SittingKey, list[tuple[int, str]]] = defaultdict(list)
    for each in attempts:
        pairs = zip(each.certificate_ids, each.certificate_statuses, strict=True)
        found[each.session_id, each.enrollment_id] += pairs
    return {key: [status for _pk, status in sorted(pairs)] for key, pairs in found.items()}


def _attempts_in_question(attempt_ids: Collection[int]) -> set[int]:
    """Return on which of these attempts something hangs that is not decided yet, in one query."""
    reviews = MarkReview.objects.filter(Among("attempt_id", attempt_ids), status=ReviewStatus.OPEN)
    corrections = AttemptCorrection.objects.filter(
        Among("attempt_id", attempt_ids), status=RequestStatus.PROPOSED
    )
    revocations = CertificateRevocation.objects.filter(
        Among("certificate__attempt_id", attempt_ids), status=RequestStatus.PROPOSED
    )
    rows = (
        reviews.order_by()
        .values_list("attempt_id", flat=True)
        .union(
            corrections.order_by().values_list("attempt_id", flat=True),
            revocations.order_by().values_list("certificate__attempt_id", flat=True),
            all=True,
        )
    )
    return set(rows)
