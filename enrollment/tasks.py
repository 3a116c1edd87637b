import structlog
from celery import shared_task
from django.utils import timezone

from chongqing_dte.foundation.clock import database_now
from chongqing_dte.foundation.errors import POISON, DomainError
from enrollment.queries import certificate_holders, rosters_to_check
from enrollment.registers.connections import connected_registers
from enrollment.services.class_starts import start_due_classes
from enrollment.services.deadlines import compute_deadlines, escalate_overdue_filings
from enrollment.services.exports import empty_expired_exports
from enrollment.services.registers import ask_registers
from enrollment.services.roster_checks import check_roster
from enrollment.services.roster_locks import lock_due_rosters

log = structlog.get_logger(__name__)


# Well before the broker would deliver the message again, and later than any honest file takes.
GIVEN_UP_AFTER, KILLED_AFTER = 210, 240
# After so many seconds a run begins no further file: the next message does.
LONGEST_RUN = 120


@shared_task(acks_late=True, soft_time_limit=GIVEN_UP_AFTER, time_limit=KILLED_AFTER)
def check_received_rosters_task(**_later_arguments: object) -> None:
    """Check the rosters that wait. Losing, repeating or killing it is harmless: the service begins again."""
    began = database_now()
    for upload_id in rosters_to_check(began):
        now = database_now()
        if (now - began).total_seconds() > LONGEST_RUN:
            return
        try:
            upload = check_roster(upload_id=upload_id, now=now, holders_of=certificate_holders())
        except (*POISON, DomainError):
            log.exception("roster_check_failed", upload=upload_id)
            continue
        if upload is not None:
            log.info("roster_checked", upload=upload_id, status=upload.status, rows=upload.row_count)


@shared_task
def ask_registers_task(**_later_arguments: object) -> None:
    """Ask the connected registers about whoever is due. Losing or repeating it is harmless."""
    now = database_now()
    answer_count = ask_registers(now=now, registers=connected_registers(today=timezone.localdate(now)))
    if answer_count:
        log.info("registers_asked", count=answer_count)


@shared_task
def lock_due_rosters_task(**_later_arguments: object) -> None:
    """Lock the rosters whose day has come."""
    lock_due_rosters(now=database_now())


@shared_task
def start_due_classes_task(**_later_arguments: object) -> None:
    """Let the classes run whose first day has come."""
    started_count = start_due_classes(now=database_now())
    if started_count:
        log.info("classes_started", count=started_count)


@shared_task
def escalate_overdue_filings_task(**_later_arguments: object) -> None:
    """Let the municipal bureau answer too where a district's answer is late."""
    escalated_count = escalate_overdue_filings(now=database_now())
    if escalated_count:
        log.info("filings_escalated", count=escalated_count)


@shared_task
def compute_deadlines_task(**_later_arguments: object) -> None:
    """Give waiting filings the last day that the calendar now gives them."""
    set_count = compute_deadlines(now=database_now())
    if set_count:
        log.info("deadlines_set", count=set_count)


@shared_task
def empty_expired_exports_task(**_later_arguments: object) -> None:
    """Throw away the lists with whole numbers whose time is over."""
    emptied_count = empty_expired_exports(now=database_now())
    if emptied_count:
        log.info("exports_emptied", count=emptied_count)
