"""What is allotted, and what became of it."""

from typing import Final

from chongqing_dte.foundation.sentences import gettext_lazy as _
from subsidies.invariants.kinds import Invariant

BUDGET_INVARIANTS: Final = (
    Invariant(
        "budget_is_allotted_by_approved_changes",
        _(
            "What is allotted is what a budget was opened with and every change of it that two people answer for."
        ),
        """
        SELECT budget.id FROM subsidies_budget budget
        LEFT JOIN subsidies_budgetchange change ON change.status = 'APPROVED'
             AND (change.budget_id = budget.id OR change.from_budget_id = budget.id)
        GROUP BY budget.id
        HAVING budget.allotted <> budget.opening + coalesce(sum(
            CASE WHEN change.kind = 'REDUCTION' OR change.from_budget_id = budget.id
                 THEN -change.amount ELSE change.amount END), 0)
        """,
    ),
    Invariant(
        "journal_line_is_of_a_fund",
        _(
            "Every line of the journal belongs to a fund, so that the statements of the funds add up to the journal."
        ),
        """
        SELECT line.id FROM subsidies_journalline line
        LEFT JOIN subsidies_payment payment ON payment.id = line.payment_id
        WHERE payment.id IS NULL
        """,
    ),
)
