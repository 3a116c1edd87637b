"""Files that show what a class has cost are handed in, scanned, opened and taken back."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath
from typing import Final

import structlog
from django.db import IntegrityError, transaction

from chongqing_dte.foundation.audit import record_event
from chongqing_dte.foundation.crypto import DAMAGED
from chongqing_dte.foundation.errors import DomainError, InvalidTransition
from chongqing_dte.foundation.jobs import nudge_after_commit
from chongqing_dte.foundation.sentences import gettext as _
from chongqing_dte.foundation.words import one_line
from enrollment.enums import ClassStatus
from institutions.models import User
from subsidies import policies, queries
from subsidies.enums import CLAIM_SIGNED_BY_THE_DISTRICT, CLAIM_WITH_THE_INSTITUTION, EvidenceKind, ScanStatus
from subsidies.gateways.scanner import ScannerUnavailable, VirusScanner
from subsidies.models import ClaimEvidence
from subsidies.rules.claim_evidence import MAX_BYTES, MAX_FILES, MAX_NAME, MediaType, media_type_of
from subsidies.services.reckoning_steps import look_anew

SET_SIZE: Final = 100
TRAINED: Final = (ClassStatus.RUNNING, ClassStatus.COMPLETED)
log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class EvidenceFile:
    """One file as somebody hands it in: what it is to show, its name and its bytes."""

    kind: EvidenceKind
    name: str
    content: bytes


class EvidenceHandedInBefore(DomainError):
    """The same bytes were handed in for the same class."""

    code = "evidence_twice"

    def __init__(self) -> None:
        super().__init__(_("This very file was handed in before."))


def hand_in_evidence(
    *, class_id: int, file: EvidenceFile, uploader: User, is_scanned: bool, now: datetime
) -> ClaimEvidence:
    """Keep a file that shows what a class has cost. `is_scanned` says whether a scanner is connected.

    While the district reviews the claim too, so that a question can be answered with a file. Raises NotPermitted for
    another institution, InvalidTransition once the district has recommended the claim, EvidenceHandedInBefore, and
    DomainError for a file that is empty, too large or of another type, and for one too many.
    """
    try:
        return _hand_in(class_id, file, (uploader, is_scanned), now)
    except IntegrityError as error:
        if "claim_evidence_once_per_class" not in str(error):
            raise
        raise EvidenceHandedInBefore from error


@transaction.atomic(durable=True)
def _hand_in(class_id: int, file: EvidenceFile, by: tuple[User, bool], now: datetime) -> ClaimEvidence:
    uploader, is_scanned = by
    training_class = queries.lock_class_to_claim(class_id)
    policies.check_can_hand_in_evidence(uploader, training_class)
    claim = queries.lock_live_claim_of(training_class)
    if claim is not None and claim.status in CLAIM_SIGNED_BY_THE_DISTRICT:
        raise InvalidTransition(_("The district has recommended this claim: its files stay as they are."))
    if training_class.status not in TRAINED:
        raise DomainError(_("Files are handed in once the class has begun."), code="class_not_begun")
    media_type = _checked_type(file)
    digest = hashlib.sha256(file.content).hexdigest()
    if queries.has_evidence(class_id, digest):
        raise EvidenceHandedInBefore
    if queries.live_evidence_count(class_id) >= MAX_FILES:
        raise DomainError(
            _("No more than %(count)s files can be handed in for a class.") % {"count": MAX_FILES},
            code="too_many_files",
        )
    evidence = ClaimEvidence.objects.create(
        training_class=training_class,
        kind=file.kind,
        file_name=_file_name(file.name, media_type),
        media_type=media_type.name,
        size=len(file.content),
        content=file.content,
        sha256=digest,
        uploaded_by=uploader,
        uploaded_at=now,
        scan_status=ScanStatus.WAITING if is_scanned else ScanStatus.NOT_SCANNED,
    )
    record_event(
        "claim_evidence.handed_in",
        subject=evidence,
        actor_id=uploader.pk,
        at=now,
        facts={"class": class_id, "kind": str(file.kind), "sha256": digest},
    )
    look_anew(claim, now)
    if is_scanned:
        nudge_after_commit("claim_evidence_handed_in")
    return evidence


def _checked_type(file: EvidenceFile) -> MediaType:
    if file.kind not in EvidenceKind.values:
        raise DomainError(_("Say what the file shows."), code="kind_missing")
    if not file.content:
        raise DomainError(_("The file is empty."), code="file_empty")
    if len(file.content) > MAX_BYTES:
        raise DomainError(_("The file is larger than 10 MB."), code="file_too_large")
    media_type = media_type_of(file.content)
    if media_type is None:
        raise DomainError(
            _(
                "Hand in a PDF, OFD, PNG, JPEG or XLSX file. What it is called does not matter, only what it is."
            ),
            code="file_type",
        )
    return media_type


def _file_name(name: str, media_type: MediaType) -> str:
    """Return the last part of a name as one line, whatever system it came from, under the ending of what it is."""
    last = one_line(PurePosixPath(name.replace("\\", "/")).name)
    stem = PurePosixPath(last).stem if last else ""
    return f"{stem[: MAX_NAME - len(media_type.ending) - 1] or 'file'}.{media_type.ending}"


@transaction.atomic(durable=True)
def withdraw_evidence(*, evidence_id: int, withdrawer: User, now: datetime) -> ClaimEvidence:
    """Take a file back that was handed in. It is kept, and shows nothing any more.

    Raises NotPermitted for another institution, and InvalidTransition for one that was taken back and while a bureau
    has the claim.
    """
    training_class = queries.lock_class_to_claim(queries.class_of_evidence(evidence_id))
    policies.check_can_hand_in_evidence(withdrawer, training_class)
    claim = queries.lock_live_claim_of(training_class)
    if claim is not None and claim.status not in CLAIM_WITH_THE_INSTITUTION:
        raise InvalidTransition(_("A bureau has this claim: its files stay as they are."))
    evidence = queries.lock_claim_evidence(evidence_id)
    if evidence.withdrawn_at is not None:
        raise InvalidTransition(_("This file was taken back already."))
    evidence.withdrawn_by, evidence.withdrawn_at = withdrawer, now
    evidence.save(update_fields=["withdrawn_by", "withdrawn_at"])
    record_event("claim_evidence.withdrawn", subject=evidence, actor_id=withdrawer.pk, at=now)
    look_anew(claim, now)
    return evidence


@transaction.atomic(durable=True)
def open_claim_evidence(*, evidence_id: int, reader: User, now: datetime) -> bytes:
    """Return what is in a file that this person may see, and note who looked. The caller has found it in its scope.

    Raises InvalidTransition for one that waits for the scanner, and for one in which it found malware.
    """
    evidence = queries.lock_claim_evidence(evidence_id)
    if evidence.scan_status == ScanStatus.INFECTED:
        raise InvalidTransition(
            _("The scanner found malware in this file. It is never handed out."), code="infected"
        )
    if evidence.scan_status == ScanStatus.WAITING:
        raise InvalidTransition(_("This file is being scanned. Try again in a moment."), code="being_scanned")
    record_event("claim_evidence.opened", subject=evidence, actor_id=reader.pk, at=now)
    return queries.content_of_evidence(evidence_id)


# ── Scanning ─────────────────────────────────────────────────────────────────────────────────────────────
def scan_waiting_evidence(*, scanner: VirusScanner, clock: Callable[[], datetime]) -> int:
    """Let the scanner look at every file that waits for it, and return at how many it did.

    A scanner that is away leaves them waiting. Safe to repeat and beside itself: what was said first stays.
    """
    done_count, last_id = 0, 0
    while waiting := queries.evidence_to_scan(after=last_id, limit=SET_SIZE):
        for evidence_id in waiting:
            last_id = evidence_id
            # No transaction is open while somebody else is asked.
            try:
                is_infected = scanner.finds_malware(queries.content_of_evidence(evidence_id))
            except ScannerUnavailable as problem:
                log.warning("virus_scanner_away", problem=str(problem))
                return done_count
            except DAMAGED:
                # It waits until somebody has looked, and holds up no other.
                log.exception("claim_evidence_damaged", evidence=evidence_id)
                continue
            verdict = ScanStatus.INFECTED if is_infected else ScanStatus.CLEAN
            done_count += _note_verdict(evidence_id, verdict, now=clock())
    return done_count


@transaction.atomic(durable=True)
def _note_verdict(evidence_id: int, verdict: ScanStatus, *, now: datetime) -> int:
    training_class = queries.lock_class_to_claim(queries.class_of_evidence(evidence_id))
    claim = queries.lock_live_claim_of(training_class)
    evidence = queries.lock_claim_evidence(evidence_id)
    if evidence.scan_status != ScanStatus.WAITING:
        return 0
    evidence.scan_status, evidence.scanned_at = verdict, now
    evidence.save(update_fields=["scan_status", "scanned_at"])
    record_event(f"claim_evidence.{verdict.lower()}", subject=evidence, at=now)
    look_anew(claim, now)
    return 1
