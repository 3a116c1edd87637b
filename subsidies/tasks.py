from collections.abc import Callable
from datetime import timedelta
from typing import Final

import structlog
from celery import shared_task
from django.conf import settings

from chongqing_dte.foundation.clock import database_now
from chongqing_dte.foundation.sets import unless_deadlocked
from subsidies import queries
from subsidies.bank.channel import BankChannel, BankUnavailable
from subsidies.bank.ways import bank_channels
from subsidies.enums import DeliveryWay
from subsidies.gateways import sms_gateway
from subsidies.gateways.scanner import virus_scanner
from subsidies.invariants import CHECKED, look_in_turn
from subsidies.services.bank_results import collect_bank_results
from subsidies.services.batches import assemble_batches
from subsidies.services.book_comparisons import compare_books
from subsidies.services.budget_alarms import tell_of_short_budgets
from subsidies.services.claim_clocks import escalate_overdue_claims, tell_offices_of_late_claims
from subsidies.services.claim_evidence import scan_waiting_evidence
from subsidies.services.claim_payments import open_claim_payments
from subsidies.services.claim_recoveries import follow_changed_claims
from subsidies.services.claim_sweeps import lapse_claims, open_due_claims, reckon_due_claims
from subsidies.services.decisions import decide_due_certificates
from subsidies.services.deliveries import deliver_released_batches
from subsidies.services.invariant_alarms import record_alarms
from subsidies.services.notices import close_notices, publish_notices
from subsidies.services.notifications import announce_decisions, send_notifications
from subsidies.services.objections import follow_upheld_objections
from subsidies.services.reminders import remind_of_accounts, tell_offices_of_holds
from subsidies.services.result_files import read_early_results_again
from subsidies.services.revocations import follow_ended_certificates
from subsidies.services.self_checks import send_self_check_codes
from subsidies.services.simulations import continue_simulations
from subsidies.services.training_simulations import continue_training_simulations

log = structlog.get_logger(__name__)

# A worker begins to look at no further promise after this long, and so has done before its own time is over.
TURN: Final = timedelta(seconds=65)
# So long the rosters wait at most for a simulation, which goes on after them.
SIMULATION_TURN: Final = timedelta(seconds=60)


def with_each_bank(act: Callable[[DeliveryWay, BankChannel], int]) -> int:
    """Do the act with every bank that is connected, and return how much was done. One that is away stops no other."""
    done_count, away = 0, None
    with bank_channels() as channels:
        for way, channel in channels.items():
            try:
                done_count += act(way, channel)
            except BankUnavailable as problem:
                away = problem
    if away is not None:
        raise away
    return done_count


@shared_task
def decide_due_certificates_task(**_later_arguments: object) -> None:
    """Decide whatever waits. Losing or repeating it is harmless: the service is safe to repeat."""
    decided_count = decide_due_certificates(now=database_now())
    if decided_count:
        log.info("certificates_decided", count=decided_count)


@shared_task
def assemble_batches_task(**_later_arguments: object) -> None:
    """Put the payments that wait into batches."""
    batches = unless_deadlocked(
        lambda: assemble_batches(now=database_now()), complaint="batch_cannot_be_assembled"
    )
    for batch in batches or ():
        log.info("batch_assembled", batch=batch.reference, lines=batch.line_count)


@shared_task
def deliver_released_batches_task(**_later_arguments: object) -> None:
    """Hand released batches to the bank."""
    delivered_count = with_each_bank(
        lambda way, channel: deliver_released_batches(channel=channel, way=way, now=database_now())
    )
    if delivered_count:
        log.info("batches_delivered", count=delivered_count)


@shared_task
def collect_bank_results_task(**_later_arguments: object) -> None:
    """Take in what the bank has put down."""
    new_count = with_each_bank(
        lambda way, channel: collect_bank_results(channel=channel, place=way, now=database_now())
    )
    if new_count:
        log.info("bank_results_received", count=new_count)


@shared_task
def read_early_results_again_task(**_later_arguments: object) -> None:
    """Read the result files again that came before their batch was sent."""
    applied_count = read_early_results_again(now=database_now())
    if applied_count:
        log.info("early_results_applied", count=applied_count)


@shared_task
def follow_ended_certificates_task(**_later_arguments: object) -> None:
    """Let the money follow the certificates that were revoked, and the people who were merged."""
    done_count = follow_ended_certificates(now=database_now())
    if done_count:
        log.info("ended_certificates_followed", count=done_count)


@shared_task
def publish_notices_task(**_later_arguments: object) -> None:
    """Publish what waits for a public notice. Its days are counted by the clock that all workers share."""
    notice_count = publish_notices(now=database_now())
    if notice_count:
        log.info("notices_published", count=notice_count)


@shared_task
def open_due_claims_task(**_later_arguments: object) -> None:
    """Open the claims of classes whose results are there, and end those that nobody has submitted in time."""
    lapsed_count = lapse_claims(now=database_now())
    opened_count = open_due_claims(now=database_now())
    if lapsed_count or opened_count:
        log.info("claims_opened", count=opened_count, lapsed=lapsed_count)


@shared_task
def reckon_due_claims_task(**_later_arguments: object) -> None:
    """Look anew at what claims rest on, and let the money follow those that were confirmed."""
    changed_count = reckon_due_claims(now=database_now())
    moved_count = follow_changed_claims(now=database_now())
    if changed_count or moved_count:
        log.info("claims_reckoned", count=changed_count, moved=moved_count)


@shared_task
def scan_waiting_evidence_task(**_later_arguments: object) -> None:
    """Let the virus scanner look at the files that were handed in, if one is connected."""
    scanner = virus_scanner()
    done_count = scan_waiting_evidence(scanner=scanner, clock=database_now) if scanner else 0
    if done_count:
        log.info("claim_evidence_scanned", count=done_count)


@shared_task
def open_claim_payments_task(**_later_arguments: object) -> None:
    """Open the payments of confirmed claims, as far as the budgets go."""
    done_count = open_claim_payments(now=database_now())
    if done_count:
        log.info("claim_payments_opened", count=done_count)


@shared_task
def watch_claim_clocks_task(**_later_arguments: object) -> None:
    """Let those see late answers about claims who oversee them, and tell the offices once a day."""
    escalated_count = escalate_overdue_claims(now=database_now())
    if escalated_count:
        log.info("claims_escalated", count=escalated_count)
    tell_offices_of_late_claims(now=database_now())


@shared_task
def close_notices_task(**_later_arguments: object) -> None:
    """Close the notices whose period is over: no worker's own clock ends one early."""
    payment_count = close_notices(now=database_now())
    if payment_count:
        log.info("payments_off_notice", count=payment_count)


@shared_task
def follow_upheld_objections_task(**_later_arguments: object) -> None:
    """Let the money follow the objections that were upheld."""
    payment_count = follow_upheld_objections(now=database_now())
    if payment_count:
        log.info("upheld_objections_followed", count=payment_count)


@shared_task
def announce_decisions_task(**_later_arguments: object) -> None:
    """Write what people are to be told of decisions and of the bank's answers."""
    done_count = announce_decisions(now=database_now())
    if done_count:
        log.info("decisions_announced", count=done_count)


@shared_task
def remind_of_accounts_task(**_later_arguments: object) -> None:
    """Ask again for what is missing: people for their accounts, and offices for what decisions wait for."""
    remind_of_accounts(now=database_now())
    tell_offices_of_holds(now=database_now())


@shared_task
def send_notifications_task(**_later_arguments: object) -> None:
    """Hand over the messages whose turn it is."""
    sent_count = send_notifications(gateway=sms_gateway(), now=database_now())
    if sent_count:
        log.info("notifications_sent", count=sent_count)


@shared_task
def check_invariants_task(**_later_arguments: object) -> None:
    """Look whether the promises about money hold, as many as there is time for, and alarm if one does not."""
    now = database_now()
    every = settings.CELERY_BEAT_SCHEDULE["invariants"]["schedule"]
    looks = look_in_turn(int(now.timestamp() // every), has_time=lambda: database_now() - now < TURN)
    for violation in looks.violations:
        log.error("invariant_broken", invariant=violation.invariant.name, ids=violation.ids)
    broken = {each.invariant.name: each.ids for each in looks.violations}
    # Who could not be looked at in an earlier turn has to be, before that alarm is over.
    failed = {*looks.failed, *queries.promises_not_checked(CHECKED.name).intersection(looks.left_out)}
    if failed:
        broken[CHECKED.name] = tuple(sorted(failed))
    record_alarms(broken=broken, left_out={*looks.failed, *looks.left_out}, now=now)


@shared_task
def compare_books_task(**_later_arguments: object) -> None:
    """Look at all the books, so that no signature has to."""
    compare_books(now=database_now())


@shared_task
def continue_simulations_task(**_later_arguments: object) -> None:
    """Go on with the simulations that people wait for. Losing, repeating or killing it is harmless."""
    done_count = continue_simulations(clock=database_now, turn=SIMULATION_TURN / 2)
    done_count += continue_training_simulations(clock=database_now, turn=SIMULATION_TURN / 2)
    if done_count:
        log.info("simulations_done", count=done_count)


@shared_task
def send_self_check_codes_task(**_later_arguments: object) -> None:
    """Send the codes that people wait for with their telephones in their hands."""
    sent_count = send_self_check_codes(gateway=sms_gateway(), now=database_now())
    if sent_count:
        log.info("self_check_codes_sent", count=sent_count)


@shared_task
def tell_of_short_budgets_task(**_later_arguments: object) -> None:
    """Tell the finance office, once a day, of the budgets that decisions wait for."""
    short_count = tell_of_short_budgets(now=database_now())
    if short_count:
        log.warning("budgets_short", count=short_count)
