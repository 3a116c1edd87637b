"""What budget, payments, journal and bank say of the same money, in one look at one moment."""

from decimal import Decimal
from typing import Final

from django.db import connection

from subsidies.rules.reconciliation import BANK, BUDGET, CENT, JOURNAL, NOTHING, PAYMENTS, Figures

# Beside each sum stands a second one in which every payment's, or budget's, amount is weighed by a hash of its id. Two
# mistakes that cancel each other in a sum do not in that one, so that no row has to be held against another: the cost
# is that of a sum. Only where it differs are the rows looked at (`book_figures_by_row`).
FIGURES: Final = """
    journal AS (
        SELECT line.account, sum(line.amount) AS total,
               coalesce(sum(line.amount * (hashint8(line.payment_id) & 1048575)), 0) AS weighed
        FROM subsidies_journalline line GROUP BY line.account
    ), posted AS (
        SELECT coalesce(-sum(total) FILTER (
                   WHERE account IN ('SUBSIDIES_PAYABLE', 'PAYMENTS_IN_TRANSIT')), 0) AS reserved,
               coalesce(-sum(weighed) FILTER (
                   WHERE account IN ('SUBSIDIES_PAYABLE', 'PAYMENTS_IN_TRANSIT')), 0) AS reserved_w,
               coalesce(-sum(total) FILTER (WHERE account = 'PAYMENTS_IN_TRANSIT'), 0) AS under_way,
               coalesce(-sum(weighed) FILTER (WHERE account = 'PAYMENTS_IN_TRANSIT'), 0) AS under_way_w,
               coalesce(-sum(total) FILTER (WHERE account = 'FUND_AT_BANK'), 0) AS left_the_fund,
               coalesce(-sum(weighed) FILTER (WHERE account = 'FUND_AT_BANK'), 0) AS left_the_fund_w,
               coalesce(sum(total) FILTER (WHERE account = 'RECOVERIES_RECEIVABLE'), 0) AS to_recover,
               coalesce(sum(weighed) FILTER (WHERE account = 'RECOVERIES_RECEIVABLE'), 0) AS to_recover_w,
               coalesce(sum(total) FILTER (WHERE account = 'RECOVERIES_WRITTEN_OFF'), 0) AS written_off,
               coalesce(sum(weighed) FILTER (WHERE account = 'RECOVERIES_WRITTEN_OFF'), 0) AS written_off_w
        FROM journal
    ), repaid AS (
        SELECT coalesce(sum(line.amount), 0) AS total,
               coalesce(sum(line.amount * (hashint8(line.payment_id) & 1048575)), 0) AS weighed
        FROM subsidies_journalentry entry JOIN subsidies_journalline line ON line.entry_id = entry.id
        WHERE entry.kind = 'REPAYMENT' AND line.account = 'FUND_AT_BANK'
    ), under_way AS (
        SELECT coalesce(sum(attempt.amount), 0) AS total,
               coalesce(sum(attempt.amount * (hashint8(attempt.payment_id) & 1048575)), 0) AS weighed
        FROM subsidies_paymentattempt attempt JOIN subsidies_paymentbatch batch ON batch.id = attempt.batch_id
        WHERE attempt.status IN ('OPEN', 'UNKNOWN') AND batch.status NOT IN ('ASSEMBLED', 'WITHDRAWN')
    ), found_out AS (
        -- What two people found out at the bank is its later word.
        SELECT DISTINCT ON (line.attempt_id) line.attempt_id,
               CASE resolution.outcome WHEN 'PAID_AFTER_ALL' THEN line.amount
                    WHEN 'FOUND_PAID' THEN attempt.amount ELSE 0 END AS amount
        FROM subsidies_lineresolution resolution
        JOIN subsidies_bankresultline line ON line.id = resolution.line_id
        JOIN subsidies_paymentattempt attempt ON attempt.id = line.attempt_id
        WHERE resolution.status = 'APPROVED' AND resolution.outcome <> 'NO_EFFECT' AND line.attempt_id IS NOT NULL
        ORDER BY line.attempt_id, resolution.decided_at DESC, resolution.id DESC
    ), said AS (
        SELECT line.attempt_id, max(line.amount) AS amount FROM subsidies_bankresultline line
        WHERE line.answer = 'PAID' AND line.problem = '' GROUP BY line.attempt_id
    ), set_off AS (
        -- What an institution paid back by being paid so much less.
        SELECT netting.payment_id, sum(netting.amount) AS amount
        FROM subsidies_netting netting JOIN subsidies_payment payment ON payment.id = netting.payment_id
        WHERE netting.status = 'SET_OFF' GROUP BY netting.payment_id
    ), bank AS (
        SELECT coalesce(sum(word.amount), 0) AS total,
               coalesce(sum(word.amount * (hashint8(word.payment_id) & 1048575)), 0) AS weighed
        FROM (
            SELECT attempt.payment_id, coalesce(found_out.amount, said.amount) AS amount
            FROM said FULL JOIN found_out ON found_out.attempt_id = said.attempt_id
            JOIN subsidies_paymentattempt attempt ON attempt.id = coalesce(said.attempt_id, found_out.attempt_id)
            UNION ALL SELECT payment_id, amount FROM set_off
        ) word
    ), twice AS (
        SELECT recovery.payment_id, sum(recovery.amount) AS amount FROM subsidies_recovery recovery
        WHERE recovery.reason = 'paid_twice' AND recovery.withdrawn_at IS NULL GROUP BY recovery.payment_id
    ), paid_from AS (
        SELECT payment.budget_id,
               coalesce(sum(state.paid), 0) AS paid,
               coalesce(sum(state.paid * (hashint8(payment.id) & 1048575)), 0) AS paid_w,
               coalesce(sum(state.reserved), 0) AS reserved,
               coalesce(sum(state.reserved * (hashint8(payment.id) & 1048575)), 0) AS reserved_w
        FROM subsidies_payment payment
        LEFT JOIN twice ON twice.payment_id = payment.id
        LEFT JOIN set_off ON set_off.payment_id = payment.id
        CROSS JOIN LATERAL (
            SELECT CASE WHEN payment.status = 'PAID' THEN payment.amount + coalesce(twice.amount, 0)
                        ELSE coalesce(set_off.amount, 0) END AS paid,
                   CASE WHEN payment.status IN ('PAID', 'CANCELLED') THEN 0
                        ELSE payment.amount - coalesce(set_off.amount, 0) END AS reserved
        ) state
        GROUP BY payment.budget_id
    ), asked AS (
        SELECT payment.budget_id, sum(recovery.recovered - recovery.given_back) AS recovered,
               sum((recovery.recovered - recovery.given_back)
                   * (hashint8(recovery.payment_id) & 1048575)) AS recovered_w,
               sum(recovery.written_off) AS written_off,
               sum(recovery.written_off * (hashint8(recovery.payment_id) & 1048575)) AS written_off_w,
               sum(recovery.amount - recovery.recovered - recovery.written_off) AS to_recover,
               sum((recovery.amount - recovery.recovered - recovery.written_off)
                   * (hashint8(recovery.payment_id) & 1048575)) AS to_recover_w
        FROM subsidies_recovery recovery
        JOIN subsidies_payment payment ON payment.id = recovery.payment_id
        WHERE recovery.withdrawn_at IS NULL GROUP BY payment.budget_id
    ), came_back AS (
        SELECT coalesce(sum(part.amount), 0) AS total,
               coalesce(sum(part.amount * (hashint8(recovery.payment_id) & 1048575)), 0) AS weighed
        FROM (
            SELECT recovery_id, CASE kind WHEN 'REPAYMENT' THEN amount ELSE -amount END AS amount
            FROM subsidies_recoverysettlement WHERE status = 'APPROVED' AND kind <> 'WRITE_OFF'
            UNION ALL SELECT recovery_id, amount FROM subsidies_netting WHERE status = 'SET_OFF'
        ) part
        JOIN subsidies_recovery recovery ON recovery.id = part.recovery_id
    ), by_status AS (
        SELECT coalesce(sum(reserved), 0) AS reserved, coalesce(sum(reserved_w), 0) AS reserved_w,
               coalesce(sum(paid), 0) AS paid, coalesce(sum(paid_w), 0) AS paid_w,
               coalesce(sum(reserved * (hashint8(budget_id) & 1048575)), 0) AS reserved_by_budget,
               coalesce(sum(paid * (hashint8(budget_id) & 1048575)), 0) AS paid_by_budget
        FROM paid_from
    ), by_case AS (
        SELECT coalesce(sum(recovered), 0) AS recovered, coalesce(sum(recovered_w), 0) AS recovered_w,
               coalesce(sum(to_recover), 0) AS to_recover, coalesce(sum(to_recover_w), 0) AS to_recover_w,
               coalesce(sum(written_off), 0) AS written_off, coalesce(sum(written_off_w), 0) AS written_off_w,
               coalesce(sum(recovered * (hashint8(budget_id) & 1048575)), 0) AS recovered_by_budget
        FROM asked
    ), budgets AS (
        SELECT coalesce(sum(reserved), 0) AS reserved, coalesce(sum(paid), 0) AS paid,
               coalesce(sum(recovered), 0) AS recovered,
               coalesce(sum(reserved * (hashint8(id) & 1048575)), 0) AS reserved_w,
               coalesce(sum(paid * (hashint8(id) & 1048575)), 0) AS paid_w,
               coalesce(sum(recovered * (hashint8(id) & 1048575)), 0) AS recovered_w
        FROM subsidies_budget
    )
    SELECT measure.* FROM by_status, by_case, budgets, posted, repaid, under_way, bank, came_back
    CROSS JOIN LATERAL (VALUES
        ('RESERVED', budgets.reserved, by_status.reserved, posted.reserved, NULL::numeric,
         budgets.reserved_w = by_status.reserved_by_budget, by_status.reserved_w = posted.reserved_w, NULL::boolean),
        ('UNDER_WAY', NULL, under_way.total, posted.under_way, NULL,
         NULL, under_way.weighed = posted.under_way_w, NULL),
        ('PAID', budgets.paid, by_status.paid, posted.left_the_fund + repaid.total, bank.total,
         budgets.paid_w = by_status.paid_by_budget,
         by_status.paid_w = posted.left_the_fund_w + repaid.weighed, by_status.paid_w = bank.weighed),
        ('RECOVERED', budgets.recovered, by_case.recovered, repaid.total, came_back.total,
         budgets.recovered_w = by_case.recovered_by_budget, by_case.recovered_w = repaid.weighed,
         by_case.recovered_w = came_back.weighed),
        ('TO_RECOVER', NULL, by_case.to_recover, posted.to_recover, NULL,
         NULL, by_case.to_recover_w = posted.to_recover_w, NULL),
        ('WRITTEN_OFF', NULL, by_case.written_off, posted.written_off, NULL,
         NULL, by_case.written_off_w = posted.written_off_w, NULL)
    ) AS measure (measure, budget, payments, journal, bank, budget_agrees, journal_agrees, bank_agrees)
"""


def book_figures() -> list[Figures]:
    """Return every measure as each of the books has it: one statement, so that all speak of one moment.

    Where the rows of two books differ and their sums do not, they are given as a cent apart at least.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"WITH {FIGURES}")
        return [figures_of(*row) for row in cursor.fetchall()]


def figures_of(measure: str, *figures: Decimal | bool | None) -> Figures:
    """Return one row of FIGURES, with a cent between two books whose rows differ."""
    totals = dict(zip((BUDGET, PAYMENTS, JOURNAL, BANK), figures[:4], strict=True))
    agrees = dict(zip((BUDGET, JOURNAL, BANK), figures[4:], strict=True))
    pairs = {BUDGET: (BUDGET, PAYMENTS), JOURNAL: (PAYMENTS, JOURNAL), BANK: (PAYMENTS, BANK)}
    return Figures(
        measure=measure,
        totals={book: Decimal(total) for book, total in totals.items() if total is not None},
        apart={pairs[book]: NOTHING if same else CENT for book, same in agrees.items() if same is not None},
    )
