"""What runs by itself: which task comes round how often, and which fact rings for which task."""

from typing import Any

# Which task waits for which fact. A nudge saves waiting for the next sweep and is never relied upon.
NUDGES: dict[str, list[str]] = {
    "roster_received": ["enrollment.tasks.check_received_rosters_task"],
    "classes_changed": ["assessment.tasks.refresh_progress_task"],
    "certificates_recorded": [
        "subsidies.tasks.decide_due_certificates_task",
        "assessment.tasks.refresh_progress_task",
    ],
    "certificates_ended": [
        "subsidies.tasks.follow_ended_certificates_task",
        "subsidies.tasks.decide_due_certificates_task",
        "subsidies.tasks.reckon_due_claims_task",
    ],
    # What was held or kept back for a person may go on.
    "freeze_ended": [
        "subsidies.tasks.decide_due_certificates_task",
        "subsidies.tasks.assemble_batches_task",
    ],
    "bank_account_recorded": [
        "subsidies.tasks.decide_due_certificates_task",
        "subsidies.tasks.assemble_batches_task",
    ],
    # What was decided by other evidence than stands now is decided anew.
    "evidence_corrected": [
        "subsidies.tasks.decide_due_certificates_task",
        "subsidies.tasks.reckon_due_claims_task",
    ],
    "budget_raised": [
        "subsidies.tasks.decide_due_certificates_task",
        "subsidies.tasks.open_claim_payments_task",
    ],
    "claim_facts_changed": ["subsidies.tasks.reckon_due_claims_task"],
    "claim_evidence_handed_in": ["subsidies.tasks.scan_waiting_evidence_task"],
    "claim_confirmed": ["subsidies.tasks.open_claim_payments_task"],
    "entitlements_granted": [
        "subsidies.tasks.assemble_batches_task",
        "subsidies.tasks.publish_notices_task",
    ],
    "notice_over": ["subsidies.tasks.assemble_batches_task"],
    # A batch that holds its money and was not released is taken back.
    "objection_raised": ["subsidies.tasks.follow_ended_certificates_task"],
    "objection_decided": [
        "subsidies.tasks.follow_upheld_objections_task",
        "subsidies.tasks.close_notices_task",
        "subsidies.tasks.decide_due_certificates_task",
        "subsidies.tasks.assemble_batches_task",
    ],
    "batch_released": ["subsidies.tasks.deliver_released_batches_task"],
    "batch_sent": ["subsidies.tasks.read_early_results_again_task"],
    "sending_lifted": [
        "subsidies.tasks.assemble_batches_task",
        "subsidies.tasks.deliver_released_batches_task",
    ],
    "notifications_queued": ["subsidies.tasks.send_notifications_task"],
    # Room in a budget, and perhaps a first pass that is free again.
    "money_came_back": [
        "subsidies.tasks.decide_due_certificates_task",
        "subsidies.tasks.open_claim_payments_task",
    ],
    "roster_confirmed": ["enrollment.tasks.ask_registers_task"],
    "self_check_code_asked": ["subsidies.tasks.send_self_check_codes_task"],
    "registers_due": ["enrollment.tasks.ask_registers_task"],
    "simulation_asked": ["subsidies.tasks.continue_simulations_task"],
    "webhooks_queued": ["partners.tasks.send_webhooks_task"],
    "webhook_stopped": ["partners.tasks.tell_of_stopped_webhooks_task"],
}


def beat_schedule(sweep_seconds: float) -> dict[str, dict[str, Any]]:
    """Return the sweeps. Each finds what is due in the rows, whoever rang or did not ring."""
    return {
        "rosters": {"task": "enrollment.tasks.check_received_rosters_task", "schedule": sweep_seconds},
        "beat-seen": {"task": "chongqing_dte.foundation.tasks.record_beat_task", "schedule": sweep_seconds},
        "decide": {"task": "subsidies.tasks.decide_due_certificates_task", "schedule": sweep_seconds},
        "assemble": {"task": "subsidies.tasks.assemble_batches_task", "schedule": sweep_seconds},
        "deliver": {"task": "subsidies.tasks.deliver_released_batches_task", "schedule": sweep_seconds},
        "collect": {"task": "subsidies.tasks.collect_bank_results_task", "schedule": sweep_seconds},
        "early-results": {
            "task": "subsidies.tasks.read_early_results_again_task",
            "schedule": sweep_seconds * 10,
        },
        "follow-revocations": {
            "task": "subsidies.tasks.follow_ended_certificates_task",
            "schedule": sweep_seconds,
        },
        "open-claims": {"task": "subsidies.tasks.open_due_claims_task", "schedule": sweep_seconds * 20},
        "reckon-claims": {"task": "subsidies.tasks.reckon_due_claims_task", "schedule": sweep_seconds * 2},
        "scan-evidence": {
            "task": "subsidies.tasks.scan_waiting_evidence_task",
            "schedule": sweep_seconds * 2,
        },
        "publish-notices": {"task": "subsidies.tasks.publish_notices_task", "schedule": sweep_seconds},
        "open-claim-payments": {
            "task": "subsidies.tasks.open_claim_payments_task",
            "schedule": sweep_seconds,
        },
        "claim-clocks": {"task": "subsidies.tasks.watch_claim_clocks_task", "schedule": sweep_seconds * 10},
        "close-notices": {"task": "subsidies.tasks.close_notices_task", "schedule": sweep_seconds},
        "follow-objections": {
            "task": "subsidies.tasks.follow_upheld_objections_task",
            "schedule": sweep_seconds,
        },
        "start-classes": {"task": "enrollment.tasks.start_due_classes_task", "schedule": sweep_seconds * 2},
        "set-deadlines": {
            "task": "enrollment.tasks.compute_deadlines_task",
            "schedule": sweep_seconds * 10,
        },
        "escalate-filings": {
            "task": "enrollment.tasks.escalate_overdue_filings_task",
            "schedule": sweep_seconds * 10,
        },
        "progress": {"task": "assessment.tasks.refresh_progress_task", "schedule": sweep_seconds * 2},
        "registers": {"task": "enrollment.tasks.ask_registers_task", "schedule": sweep_seconds},
        "lock-rosters": {"task": "enrollment.tasks.lock_due_rosters_task", "schedule": sweep_seconds * 2},
        "empty-exports": {
            "task": "enrollment.tasks.empty_expired_exports_task",
            "schedule": sweep_seconds * 10,
        },
        "announce": {"task": "subsidies.tasks.announce_decisions_task", "schedule": sweep_seconds},
        "notify": {"task": "subsidies.tasks.send_notifications_task", "schedule": sweep_seconds},
        "remind": {"task": "subsidies.tasks.remind_of_accounts_task", "schedule": sweep_seconds * 20},
        "self-check-codes": {"task": "subsidies.tasks.send_self_check_codes_task", "schedule": sweep_seconds},
        "short-budgets": {
            "task": "subsidies.tasks.tell_of_short_budgets_task",
            "schedule": sweep_seconds * 20,
        },
        "simulations": {"task": "subsidies.tasks.continue_simulations_task", "schedule": sweep_seconds},
        "invariants": {"task": "subsidies.tasks.check_invariants_task", "schedule": sweep_seconds * 8},
        # Readers stamp what they read; others are told by webhooks of what this has stamped.
        "stamp-changes": {
            "task": "chongqing_dte.foundation.tasks.stamp_changes_task",
            "schedule": sweep_seconds / 3,
        },
        "webhooks": {"task": "partners.tasks.send_webhooks_task", "schedule": sweep_seconds},
        "webhook-notices": {
            "task": "partners.tasks.tell_of_stopped_webhooks_task",
            "schedule": sweep_seconds * 2,
        },
        "webhook-log": {
            "task": "partners.tasks.purge_webhook_deliveries_task",
            "schedule": sweep_seconds * 120,
        },
        "purge-api-log": {"task": "partners.tasks.purge_api_log_task", "schedule": sweep_seconds * 20},
        "purge-idempotent-answers": {
            "task": "partners.tasks.purge_idempotent_answers_task",
            "schedule": sweep_seconds * 20,
        },
        "books": {"task": "subsidies.tasks.compare_books_task", "schedule": sweep_seconds * 120},
    }
