"""What the bank says: each file once, whole or not at all, each line to the instruction it names."""

import hashlib
from datetime import datetime

import structlog
from django.db import IntegrityError, transaction

from chongqing_dte.foundation.audit import record_event
from chongqing_dte.foundation.bulk import without_search_for_cycles
from chongqing_dte.foundation.errors import POISON, DomainError
from chongqing_dte.foundation.locks import session_lock
from chongqing_dte.foundation.sentences import gettext as _
from chongqing_dte.foundation.words import one_line
from institutions.models import User
from subsidies import policies, queries
from subsidies.bank.channel import BankChannel, ReceivedFile
from subsidies.enums import ResultFileStatus
from subsidies.models import BankResultFile
from subsidies.services.result_file_steps import Reading, apply_or_set_aside, read_result

log = structlog.get_logger(__name__)

SAME_CONTENT = "subsidies_bankresultfile_sha256_key"


def collect_bank_results(*, channel: BankChannel, now: datetime, place: str = "") -> int:
    """Take in every result file that the bank has put down at this place, and return how many were new.

    Safe to repeat: a file is put away only after it is stored, and its content is stored once.
    """
    new_count = 0
    with session_lock(f"collect_bank_results{place}") as is_ours:
        for received in channel.results() if is_ours else ():
            try:
                new_count += receive_bank_result(received=received, now=now)
            except POISON:
                # It stays where it is, and each sweep says so again; the files behind it go in.
                log.exception("bank_result_cannot_be_stored")
                continue
            channel.put_away(received.key)
    return new_count


def receive_bank_result(*, received: ReceivedFile, now: datetime) -> bool:
    """Store one result file and apply all of it, or set it aside whole. Return whether it was new.

    The same content again, under whatever name, changes nothing. But if a person has brought it before and it waits,
    the bank itself has now confirmed it.
    """
    if _take_in(received.name, received.content, now) is not None:
        return True
    return _put_down(hashlib.sha256(received.content).hexdigest(), now)


def hand_in_bank_result(*, name: str, content: bytes, sender: User, now: datetime) -> BankResultFile:
    """Take in a result file that a person has brought, and return it. It moves nothing before another one confirms it.

    Raises NotPermitted, and DomainError if the file is empty or its content was received before.
    """
    policies.check_can_work_with_bank(sender)
    if not content:
        raise DomainError(_("The file is empty."), code="file_empty")
    stored = _take_in(one_line(name) or _("Result file"), content, now, sender)
    if stored is None:
        raise DomainError(
            _("This very file was received before. Nothing was applied a second time."), code="file_known"
        )
    return stored


def _take_in(name: str, content: bytes, now: datetime, sender: User | None = None) -> BankResultFile | None:
    """Store a file, or return None if its content is known."""
    sha256 = hashlib.sha256(content).hexdigest()
    if queries.result_file_is_known(sha256):
        return None
    # Nothing is locked while a large file is read.
    with without_search_for_cycles():
        reading = read_result(content)
    stored = BankResultFile(
        file_name=name[:255],
        content=content,
        sha256=sha256,
        named_batch=reading.named_batch,
        received_at=now,
        received_by=sender,
    )
    try:
        with without_search_for_cycles():
            _store(stored, reading, now)
    except IntegrityError as refusal:
        # Somebody else took in the same content at this moment.
        if SAME_CONTENT in str(refusal):
            return None
        raise
    return stored


@transaction.atomic(durable=True)
def _put_down(sha256: str, now: datetime) -> bool:
    """Let a file that a person has brought be the bank's, and return whether there was one."""
    file_id = queries.brought_file_id(sha256)
    if file_id is None:
        return False
    stored = queries.lock_result_file(file_id)
    if stored.status not in (ResultFileStatus.WAITING, ResultFileStatus.QUARANTINED):
        # Somebody was quicker.
        return False
    stored.put_down_at = now
    stored.save(update_fields=["put_down_at"])
    record_event("bank_result.put_down", subject=stored, at=now)
    apply_or_set_aside(stored, read_result(bytes(stored.content)), now)
    return True


@transaction.atomic(durable=True)
def _store(stored: BankResultFile, reading: Reading, now: datetime) -> None:
    apply_or_set_aside(stored, reading, now)
