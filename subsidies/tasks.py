import structlog
from celery import shared_task
from django.conf import settings
from django.utils import timezone

from chongqing_dte.foundation.sets import unless_deadlocked
from subsidies.bank.channel import FolderChannel
from subsidies.invariants import find_violations
from subsidies.services.bank_results import collect_bank_results
from subsidies.services.batches import assemble_batches, deliver_released_batches
from subsidies.services.decisions import decide_due_certificates
from subsidies.services.revocations import follow_ended_certificates

log = structlog.get_logger(__name__)


def bank_channel() -> FolderChannel:
    """Return the way to the agent bank."""
    return FolderChannel(outbox=settings.BANK_OUTBOX, inbox=settings.BANK_INBOX)


@shared_task
def decide_due_certificates_task(**_later_arguments: object) -> None:
    """Decide whatever waits. Losing or repeating it is harmless: the service is safe to repeat."""
    decided_count = decide_due_certificates(now=timezone.now())
    if decided_count:
        log.info("certificates_decided", count=decided_count)


@shared_task
def assemble_batches_task(**_later_arguments: object) -> None:
    """Put the payments that wait into a batch."""
    batch = unless_deadlocked(
        lambda: assemble_batches(now=timezone.now()), complaint="batch_cannot_be_assembled"
    )
    if batch is not None:
        log.info("batch_assembled", batch=batch.reference, lines=batch.line_count)


@shared_task
def deliver_released_batches_task(**_later_arguments: object) -> None:
    """Hand released batches to the bank."""
    delivered_count = deliver_released_batches(channel=bank_channel(), now=timezone.now())
    if delivered_count:
        log.info("batches_delivered", count=delivered_count)


@shared_task
def collect_bank_results_task(**_later_arguments: object) -> None:
    """Take in what the bank has put down."""
    new_count = collect_bank_results(channel=bank_channel(), now=timezone.now())
    if new_count:
        log.info("bank_results_received", count=new_count)


@shared_task
def follow_ended_certificates_task(**_later_arguments: object) -> None:
    """Let the money follow the certificates that were revoked, and the people who were merged."""
    done_count = follow_ended_certificates(now=timezone.now())
    if done_count:
        log.info("ended_certificates_followed", count=done_count)


@shared_task
def check_invariants_task(**_later_arguments: object) -> None:
    """Look whether every promise about money holds, and alarm if one does not."""
    for violation in find_violations():
        log.error("invariant_broken", invariant=violation.invariant.name, ids=violation.ids)
