"""Money that comes back, and what people are told."""

from typing import Final

from chongqing_dte.foundation.sentences import gettext_lazy as _
from subsidies.invariants.kinds import Invariant

RECOVERY_INVARIANTS: Final = (
    Invariant(
        "recovery_is_the_sum_of_its_settlements",
        _(
            "What a recovery says came back, was written off and given back is what two people put down and what was "
            "set off, to the cent."
        ),
        """
        SELECT recovery.id FROM subsidies_recovery recovery
        LEFT JOIN (
            SELECT recovery_id, kind, amount FROM subsidies_recoverysettlement WHERE status = 'APPROVED'
            UNION ALL SELECT recovery_id, 'REPAYMENT', amount FROM subsidies_netting WHERE status = 'SET_OFF'
        ) part ON part.recovery_id = recovery.id
        GROUP BY recovery.id
        HAVING recovery.recovered <> coalesce(sum(part.amount) FILTER (WHERE part.kind = 'REPAYMENT'), 0)
            OR recovery.written_off <> coalesce(sum(part.amount) FILTER (WHERE part.kind = 'WRITE_OFF'), 0)
            OR recovery.given_back <> coalesce(sum(part.amount) FILTER (WHERE part.kind = 'GIVEN_BACK'), 0)
        """,
    ),
    Invariant(
        "settlement_is_in_the_journal_once_approved",
        _("A settlement is in the journal with its amount exactly if it was approved."),
        """
        SELECT part.id FROM subsidies_recoverysettlement part
        JOIN subsidies_recovery recovery ON recovery.id = part.recovery_id
        LEFT JOIN subsidies_journalline line
               ON line.payment_id = recovery.payment_id
              AND line.account = CASE part.kind WHEN 'GIVEN_BACK' THEN 'FUND_AT_BANK' ELSE 'RECOVERIES_RECEIVABLE' END
              AND line.fact = CASE part.kind WHEN 'REPAYMENT' THEN 'repaid:' WHEN 'GIVEN_BACK' THEN 'given_back:'
                                             ELSE 'written_off:' END || part.id
        WHERE coalesce(-line.amount, 0) <> CASE part.status WHEN 'APPROVED' THEN part.amount ELSE 0 END
        """,
    ),
    Invariant(
        "budget_recovered_is_what_came_back",
        _(
            "What a budget says came back is the sum of what came back of its payments, without what was given back."
        ),
        """
        SELECT budget.id FROM subsidies_budget budget
        LEFT JOIN subsidies_payment payment ON payment.budget_id = budget.id
        LEFT JOIN subsidies_recovery recovery ON recovery.payment_id = payment.id
        GROUP BY budget.id
        HAVING coalesce(sum(recovery.recovered - recovery.given_back), 0) <> budget.recovered
        """,
    ),
    Invariant(
        "bank_answer_is_announced_or_waits",
        _("What the bank said of a person's money was put into a message to them, or waits to be."),
        """
        SELECT attempt.id FROM subsidies_paymentattempt attempt
        WHERE attempt.status IN ('PAID', 'RETURNED') AND attempt.announced_at IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM subsidies_notification message
            WHERE message.key = lower(attempt.status) || ':' || attempt.id)
        """,
    ),
    Invariant(
        "decision_is_announced_or_waits",
        _("Every grant and every refusal that stands was put into a message to the person, or waits to be."),
        """
        SELECT entitlement.id FROM subsidies_entitlement entitlement
        WHERE entitlement.decision <> 'HELD' AND entitlement.superseded_at IS NULL
          AND entitlement.announced_at IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM subsidies_notification message
            WHERE message.key = lower(entitlement.decision) || ':' || entitlement.id)
        """,
    ),
)
