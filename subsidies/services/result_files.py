"""Result files that wait: confirmed or refused by a second person, read again, or set aside for good."""

from datetime import datetime

import structlog
from django.db import transaction

from chongqing_dte.foundation.audit import record_event
from chongqing_dte.foundation.crypto import DAMAGED
from chongqing_dte.foundation.errors import POISON, DomainError, InvalidTransition
from chongqing_dte.foundation.sentences import gettext as _
from chongqing_dte.foundation.transitions import check_transition
from chongqing_dte.foundation.words import stated
from institutions.models import User
from subsidies import policies, queries
from subsidies.enums import ResultFileStatus
from subsidies.models import BankResultFile
from subsidies.services.result_file_steps import apply_or_set_aside, read_result
from subsidies.transitions import RESULT_FILE_TRANSITIONS

log = structlog.get_logger(__name__)


def read_early_results_again(*, now: datetime) -> int:
    """Read the files again that came before their batch was sent, and return how many could be applied.

    Safe to repeat, beside itself too. A file that cannot be read holds up no other.
    """
    applied_count = 0
    for file_id in queries.result_file_ids_to_read_again():
        try:
            applied_count += _read_again(file_id, now).status == ResultFileStatus.APPLIED
        except (*POISON, *DAMAGED):
            log.exception("bank_result_cannot_be_read_again", file=file_id)
    return applied_count


def read_result_again(*, file_id: int, reader: User, now: datetime) -> BankResultFile:
    """Read one file that was set aside again, and return it as it then stands.

    Raises NotPermitted, and InvalidTransition for a file that was applied or set aside for good.
    """
    policies.check_can_work_with_bank(reader)
    return _read_again(file_id, now, reader)


@transaction.atomic(durable=True)
def _read_again(file_id: int, now: datetime, reader: User | None = None) -> BankResultFile:
    stored = queries.lock_result_file(file_id)
    if reader is None and stored.status != ResultFileStatus.QUARANTINED:
        # Somebody was quicker.
        return stored
    _check_can_be_read_again(stored)
    if reader is not None:
        record_event("bank_result.read_again", subject=stored, actor_id=reader.pk, at=now)
    apply_or_set_aside(stored, read_result(bytes(stored.content)), now)
    return stored


@transaction.atomic(durable=True)
def confirm_result_file(*, file_id: int, confirmer: User, now: datetime) -> BankResultFile:
    """Apply a file that somebody else has brought, and return it as it then stands: applied, or set aside whole.

    Raises NotPermitted for whoever brought it, and InvalidTransition for a file that does not wait for anybody.
    """
    stored = queries.lock_result_file(file_id)
    policies.check_can_decide_result_file(confirmer, stored)
    _check_waits(stored)
    stored.confirmed_by, stored.confirmed_at = confirmer, now
    record_event("bank_result.confirmed", subject=stored, actor_id=confirmer.pk, at=now)
    apply_or_set_aside(stored, read_result(bytes(stored.content)), now)
    return stored


@transaction.atomic(durable=True)
def refuse_result_file(*, file_id: int, decider: User, reason: str, now: datetime) -> BankResultFile:
    """Set a file that somebody else has brought aside for good, for a reason.

    Raises NotPermitted for whoever brought it, InvalidTransition for a file that does not wait for anybody, and
    DomainError without a reason.
    """
    stored = queries.lock_result_file(file_id)
    policies.check_can_decide_result_file(decider, stored)
    _check_waits(stored)
    stored.problem, stored.batch = "not_confirmed", None
    _dismiss(stored, decider, reason, now)
    return stored


@transaction.atomic(durable=True)
def dismiss_result_file(*, file_id: int, dismisser: User, reason: str, now: datetime) -> BankResultFile:
    """Set a file aside for good, for a reason. The same content is never applied after that.

    Raises NotPermitted, InvalidTransition for a file that was applied or is dismissed, DomainError without a reason.
    """
    stored = queries.lock_result_file(file_id)
    policies.check_can_work_with_bank(dismisser)
    if stored.status == ResultFileStatus.WAITING:
        raise InvalidTransition(_("This file waits for a second person, who confirms or refuses it."))
    _check_can_become(stored, ResultFileStatus.DISMISSED)
    _dismiss(stored, dismisser, reason, now)
    return stored


def _dismiss(stored: BankResultFile, dismisser: User, reason: str, now: datetime) -> None:
    why = stated(reason)
    if not why:
        raise DomainError(_("Say why the file is set aside for good."), code="reason_missing")
    stored.status = ResultFileStatus.DISMISSED
    stored.dismissed_by = dismisser
    stored.dismissed_at = now
    stored.dismissal_reason = why
    changed = ["status", "problem", "batch", "dismissed_by", "dismissed_at", "dismissal_reason"]
    stored.save(update_fields=changed)
    record_event("bank_result.dismissed", subject=stored, actor_id=dismisser.pk, at=now, reason=why)


def _check_waits(stored: BankResultFile) -> None:
    if stored.status != ResultFileStatus.WAITING:
        raise InvalidTransition(_("This file does not wait for anybody."))


def _check_can_be_read_again(stored: BankResultFile) -> None:
    if stored.status == ResultFileStatus.WAITING:
        raise InvalidTransition(_("This file waits for a second person, who confirms or refuses it."))
    _check_can_become(stored, ResultFileStatus.APPLIED)


def _check_can_become(stored: BankResultFile, target: ResultFileStatus) -> None:
    check_transition(RESULT_FILE_TRANSITIONS, current=ResultFileStatus(stored.status), target=target)
