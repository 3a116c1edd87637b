"""On which payments and budgets the four books differ: every payment is looked at, one by one."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from django.db import connection

from subsidies.rules.reconciliation import BANK, BUDGET, JOURNAL, PAYMENTS, Figures

# One row for each payment: what it is by its own status, by the journal, and by the bank. A line of the journal that
# belongs to no payment comes as a row of its own, so that no book can hide anything.
EACH_PAYMENT: Final = """
    WITH journal AS (
        SELECT line.payment_id,
               -coalesce(sum(line.amount) FILTER (
                   WHERE line.account IN ('SUBSIDIES_PAYABLE', 'PAYMENTS_IN_TRANSIT')), 0) AS reserved,
               -coalesce(sum(line.amount) FILTER (WHERE line.account = 'PAYMENTS_IN_TRANSIT'), 0) AS under_way,
               -coalesce(sum(line.amount) FILTER (WHERE line.account = 'FUND_AT_BANK'), 0) AS left_the_fund,
               coalesce(sum(line.amount) FILTER (WHERE line.account = 'RECOVERIES_RECEIVABLE'), 0) AS to_recover,
               coalesce(sum(line.amount) FILTER (WHERE line.account = 'RECOVERIES_WRITTEN_OFF'), 0) AS written_off
        FROM subsidies_journalline line GROUP BY line.payment_id
    ), repaid AS (
        SELECT line.payment_id, sum(line.amount) AS amount
        FROM subsidies_journalentry entry JOIN subsidies_journalline line ON line.entry_id = entry.id
        WHERE entry.kind = 'REPAYMENT' AND line.account = 'FUND_AT_BANK' GROUP BY line.payment_id
    ), under_way AS (
        SELECT attempt.payment_id, sum(attempt.amount) AS amount
        FROM subsidies_paymentattempt attempt JOIN subsidies_paymentbatch batch ON batch.id = attempt.batch_id
        WHERE attempt.status IN ('OPEN', 'UNKNOWN') AND batch.status NOT IN ('ASSEMBLED', 'WITHDRAWN')
        GROUP BY attempt.payment_id
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
        SELECT payment_id, sum(amount) AS amount FROM subsidies_netting
        WHERE status = 'SET_OFF' GROUP BY payment_id
    ), bank AS (
        SELECT word.payment_id, sum(word.amount) AS amount
        FROM (
            SELECT attempt.payment_id, coalesce(found_out.amount, said.amount) AS amount
            FROM said FULL JOIN found_out ON found_out.attempt_id = said.attempt_id
            JOIN subsidies_paymentattempt attempt ON attempt.id = coalesce(said.attempt_id, found_out.attempt_id)
            UNION ALL SELECT payment_id, amount FROM set_off
        ) word
        GROUP BY word.payment_id
    ), asked AS (
        SELECT recovery.payment_id, sum(recovery.recovered - recovery.given_back) AS recovered,
               sum(recovery.amount) FILTER (WHERE recovery.reason = 'paid_twice') AS paid_twice,
               sum(recovery.written_off) AS written_off,
               sum(recovery.amount - recovery.recovered - recovery.written_off) AS to_recover
        FROM subsidies_recovery recovery WHERE recovery.withdrawn_at IS NULL GROUP BY recovery.payment_id
    ), came_back AS (
        SELECT recovery.payment_id, sum(part.amount) AS amount
        FROM (
            SELECT recovery_id, CASE kind WHEN 'REPAYMENT' THEN amount ELSE -amount END AS amount
            FROM subsidies_recoverysettlement WHERE status = 'APPROVED' AND kind <> 'WRITE_OFF'
            UNION ALL SELECT recovery_id, amount FROM subsidies_netting WHERE status = 'SET_OFF'
        ) part
        JOIN subsidies_recovery recovery ON recovery.id = part.recovery_id GROUP BY recovery.payment_id
    ), each AS (
        SELECT payment.id AS payment_id, payment.budget_id,
               CASE WHEN payment.status IN ('PAID', 'CANCELLED') THEN 0
                    ELSE coalesce(payment.amount, 0) - coalesce(set_off.amount, 0) END AS reserved_p,
               coalesce(journal.reserved, 0) AS reserved_j,
               coalesce(under_way.amount, 0) AS under_way_p,
               coalesce(journal.under_way, 0) AS under_way_j,
               CASE WHEN payment.status = 'PAID' THEN payment.amount + coalesce(asked.paid_twice, 0)
                    ELSE coalesce(set_off.amount, 0) END AS paid_p,
               coalesce(journal.left_the_fund, 0) + coalesce(repaid.amount, 0) AS paid_j,
               coalesce(bank.amount, 0) AS paid_k,
               coalesce(asked.recovered, 0) AS recovered_p,
               coalesce(repaid.amount, 0) AS recovered_j,
               coalesce(came_back.amount, 0) AS recovered_k,
               coalesce(asked.to_recover, 0) AS to_recover_p,
               coalesce(journal.to_recover, 0) AS to_recover_j,
               coalesce(asked.written_off, 0) AS written_off_p,
               coalesce(journal.written_off, 0) AS written_off_j
        FROM subsidies_payment payment
        FULL JOIN journal ON journal.payment_id = payment.id
        LEFT JOIN repaid ON repaid.payment_id IS NOT DISTINCT FROM journal.payment_id
        LEFT JOIN under_way ON under_way.payment_id = payment.id
        LEFT JOIN bank ON bank.payment_id = payment.id
        LEFT JOIN set_off ON set_off.payment_id = payment.id
        LEFT JOIN asked ON asked.payment_id = payment.id
        LEFT JOIN came_back ON came_back.payment_id = payment.id
    )
"""
TOTALS: Final = """
    , by_budget AS (
        SELECT budget_id,
               sum(reserved_p) AS reserved_p, sum(reserved_j) AS reserved_j,
               sum(abs(reserved_p - reserved_j)) AS reserved_pj,
               sum(under_way_p) AS under_way_p, sum(under_way_j) AS under_way_j,
               sum(abs(under_way_p - under_way_j)) AS under_way_pj,
               sum(paid_p) AS paid_p, sum(paid_j) AS paid_j, sum(paid_k) AS paid_k,
               sum(abs(paid_p - paid_j)) AS paid_pj, sum(abs(paid_p - paid_k)) AS paid_pk,
               sum(abs(paid_j - paid_k)) AS paid_jk,
               sum(recovered_p) AS recovered_p, sum(recovered_j) AS recovered_j, sum(recovered_k) AS recovered_k,
               sum(abs(recovered_p - recovered_j)) AS recovered_pj,
               sum(abs(recovered_p - recovered_k)) AS recovered_pk,
               sum(abs(recovered_j - recovered_k)) AS recovered_jk,
               sum(to_recover_p) AS to_recover_p, sum(to_recover_j) AS to_recover_j,
               sum(abs(to_recover_p - to_recover_j)) AS to_recover_pj,
               sum(written_off_p) AS written_off_p, sum(written_off_j) AS written_off_j,
               sum(abs(written_off_p - written_off_j)) AS written_off_pj
        FROM each GROUP BY budget_id
    ), measured AS (
        SELECT budget.id AS budget_id, measure.* FROM by_budget
        FULL JOIN subsidies_budget budget ON budget.id = by_budget.budget_id
        CROSS JOIN LATERAL (VALUES
            (1, 'RESERVED', coalesce(budget.reserved, 0), reserved_p, reserved_j, NULL::numeric,
             reserved_pj, NULL::numeric, NULL::numeric),
            (2, 'UNDER_WAY', NULL, under_way_p, under_way_j, NULL, under_way_pj, NULL, NULL),
            (3, 'PAID', coalesce(budget.paid, 0), paid_p, paid_j, coalesce(paid_k, 0), paid_pj, paid_pk, paid_jk),
            (4, 'RECOVERED', coalesce(budget.recovered, 0), recovered_p, recovered_j, coalesce(recovered_k, 0),
             recovered_pj, recovered_pk, recovered_jk),
            (5, 'TO_RECOVER', NULL, to_recover_p, to_recover_j, NULL, to_recover_pj, NULL, NULL),
            (6, 'WRITTEN_OFF', NULL, written_off_p, written_off_j, NULL, written_off_pj, NULL, NULL)
        ) AS measure (place, measure, b, p, j, k, pj, pk, jk)
    )
    SELECT measure, sum(b), coalesce(sum(p), 0), coalesce(sum(j), 0), sum(k),
           sum(abs(b - coalesce(p, 0))), sum(abs(b - coalesce(j, 0))), sum(abs(b - coalesce(k, 0))),
           coalesce(sum(pj), 0), sum(pk), sum(jk)
    FROM measured GROUP BY place, measure ORDER BY place
"""
DIFFERENCES: Final = """
    SELECT each.payment_id, certificate.public_id, coalesce(certificate.number, claim.reference),
           measure.measure, measure.p, measure.j, measure.k
    FROM each
    LEFT JOIN subsidies_payment payment ON payment.id = each.payment_id
    LEFT JOIN subsidies_entitlement entitlement ON entitlement.id = payment.entitlement_id
    LEFT JOIN assessment_levelcertificate certificate ON certificate.id = entitlement.certificate_id
    LEFT JOIN subsidies_subsidyclaim claim ON claim.id = payment.claim_id
    CROSS JOIN LATERAL (VALUES
        (1, 'RESERVED', reserved_p, reserved_j, NULL::numeric), (2, 'UNDER_WAY', under_way_p, under_way_j, NULL),
        (3, 'PAID', paid_p, paid_j, paid_k), (4, 'RECOVERED', recovered_p, recovered_j, recovered_k),
        (5, 'TO_RECOVER', to_recover_p, to_recover_j, NULL),
        (6, 'WRITTEN_OFF', written_off_p, written_off_j, NULL)
    ) AS measure (place, measure, p, j, k)
    WHERE measure.p <> measure.j OR measure.p <> measure.k
    ORDER BY measure.place, each.payment_id LIMIT %s
"""
BUDGETS_APART: Final = """
    SELECT budget.id, measure.measure, measure.b, measure.p
    FROM subsidies_budget budget
    LEFT JOIN (
        SELECT budget_id, sum(reserved_p) AS reserved, sum(paid_p) AS paid, sum(recovered_p) AS recovered
        FROM each GROUP BY budget_id
    ) paid_from ON paid_from.budget_id = budget.id
    CROSS JOIN LATERAL (VALUES
        ('RESERVED', budget.reserved, coalesce(paid_from.reserved, 0)),
        ('PAID', budget.paid, coalesce(paid_from.paid, 0)),
        ('RECOVERED', budget.recovered, coalesce(paid_from.recovered, 0))
    ) AS measure (measure, b, p)
    WHERE measure.b <> measure.p ORDER BY budget.id
"""


@dataclass(frozen=True)
class PaymentApart:
    """One payment of which the books do not say the same, in yuan. A line of the journal alone has no payment.

    `number` is that of the certificate or of the claim that it pays.
    """

    payment_id: int | None
    certificate_public_id: str
    number: str
    measure: str
    payments: Decimal
    journal: Decimal
    bank: Decimal | None


@dataclass(frozen=True)
class BudgetApart:
    """One budget that does not say what its payments say, in yuan."""

    budget_id: int
    measure: str
    budget: Decimal
    payments: Decimal


def book_figures_by_row() -> list[Figures]:
    """Return every measure as each of the books has it, and how far they are apart, summed payment by payment."""
    with connection.cursor() as cursor:
        cursor.execute(" ".join((EACH_PAYMENT, TOTALS)))
        return [_figures(row) for row in cursor.fetchall()]


def payments_apart(limit: int) -> list[PaymentApart]:
    """Return up to `limit` payments of which payments, journal and bank do not say the same."""
    with connection.cursor() as cursor:
        cursor.execute(" ".join((EACH_PAYMENT, DIFFERENCES)), [limit])
        return [
            PaymentApart(payment_id, str(public_id or ""), number or "", *rest)
            for payment_id, public_id, number, *rest in cursor.fetchall()
        ]


def budgets_apart() -> list[BudgetApart]:
    """Return the budgets that do not say what their payments say."""
    with connection.cursor() as cursor:
        cursor.execute(" ".join((EACH_PAYMENT, BUDGETS_APART)))
        return [BudgetApart(*row) for row in cursor.fetchall()]


def _figures(row: Sequence[Decimal | str | None]) -> Figures:
    measure, budget, payments, journal, bank, *apart = row
    totals = {BUDGET: budget, PAYMENTS: payments, JOURNAL: journal, BANK: bank}
    pairs = (
        (BUDGET, PAYMENTS),
        (BUDGET, JOURNAL),
        (BUDGET, BANK),
        (PAYMENTS, JOURNAL),
        (PAYMENTS, BANK),
        (JOURNAL, BANK),
    )
    return Figures(
        measure=str(measure),
        totals={book: Decimal(total) for book, total in totals.items() if total is not None},
        apart={pair: Decimal(sum_) for pair, sum_ in zip(pairs, apart, strict=True) if sum_ is not None},
    )
