"""What the banks have said, and what left for them."""

from typing import Final

from chongqing_dte.foundation.sentences import gettext_lazy as _
from subsidies.invariants.kinds import Invariant

BANK_INVARIANTS: Final = (
    Invariant(
        "resolved_line_has_two_people",
        _(
            "A bank line that could not be applied is settled exactly when two people have agreed on what it means."
        ),
        """
        SELECT line.id FROM subsidies_bankresultline line
        WHERE line.problem <> '' AND (line.resolved_at IS NOT NULL) <> EXISTS (
            SELECT 1 FROM subsidies_lineresolution resolution
            WHERE resolution.line_id = line.id AND resolution.status = 'APPROVED')
        UNION
        SELECT line.id FROM subsidies_bankresultline line
        WHERE line.problem = '' AND line.resolved_at IS NOT NULL
        """,
    ),
    Invariant(
        "what_was_handed_out_counts_as_sent",
        _("A batch whose file anybody has fetched is being sent, or the bank has it."),
        """
        SELECT download.id FROM subsidies_batchdownload download
        JOIN subsidies_paymentbatch batch ON batch.id = download.batch_id
        WHERE download.fetch_count > 0 AND batch.status IN ('ASSEMBLED', 'RELEASED', 'WITHDRAWN')
        """,
    ),
    Invariant(
        "applied_file_is_of_a_batch_that_left",
        _("A result file is applied to a batch that was sent, and one that is set aside left no line."),
        """
        SELECT file.id FROM subsidies_bankresultfile file
        JOIN subsidies_paymentbatch batch ON batch.id = file.batch_id
        WHERE file.status = 'APPLIED' AND batch.status IN ('ASSEMBLED', 'RELEASED')
        UNION
        SELECT file.id FROM subsidies_bankresultfile file
        WHERE file.status <> 'APPLIED'
          AND EXISTS (SELECT 1 FROM subsidies_bankresultline line WHERE line.result_file_id = file.id)
        """,
    ),
    Invariant(
        "batch_paid_what_the_bank_says",
        _(
            "What the bank says it paid of a batch is what is paid of it, to the cent: without what it took back, and "
            "with what it paid a second time and is asked back."
        ),
        """
        WITH found_out AS (
            -- What two people found out at the bank is its later word.
            SELECT DISTINCT ON (line.attempt_id) line.attempt_id,
                   CASE resolution.outcome WHEN 'PAID_AFTER_ALL' THEN line.amount
                        WHEN 'FOUND_PAID' THEN attempt.amount ELSE 0 END AS amount
            FROM subsidies_lineresolution resolution
            JOIN subsidies_bankresultline line ON line.id = resolution.line_id
            JOIN subsidies_paymentattempt attempt ON attempt.id = line.attempt_id
            WHERE resolution.status = 'APPROVED' AND resolution.outcome <> 'NO_EFFECT'
              AND line.attempt_id IS NOT NULL
            ORDER BY line.attempt_id, resolution.decided_at DESC, resolution.id DESC
        ), said AS (
            SELECT line.attempt_id, max(line.amount) AS amount FROM subsidies_bankresultline line
            WHERE line.answer = 'PAID' AND line.problem = '' GROUP BY line.attempt_id
        ), twice AS (
            SELECT attempt.id AS attempt_id, recovery.amount FROM subsidies_recovery recovery
            JOIN subsidies_paymentattempt attempt
              ON attempt.payment_id = recovery.payment_id AND attempt.status = 'RETURNED'
             AND attempt.number::text = recovery.facts ->> 'attempt'
            WHERE recovery.reason = 'paid_twice' AND recovery.withdrawn_at IS NULL
        )
        SELECT attempt.batch_id FROM subsidies_paymentattempt attempt
        LEFT JOIN said ON said.attempt_id = attempt.id
        LEFT JOIN found_out ON found_out.attempt_id = attempt.id
        LEFT JOIN twice ON twice.attempt_id = attempt.id
        GROUP BY attempt.batch_id
        HAVING sum(coalesce(found_out.amount, said.amount, 0)) <> sum(
            CASE attempt.status WHEN 'PAID' THEN attempt.amount ELSE coalesce(twice.amount, 0) END)
        """,
    ),
)
