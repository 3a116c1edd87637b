"""Reimbursement claims: what was confirmed is what is paid, once for each person, and what is set off is set off."""

from typing import Final

from chongqing_dte.foundation.sentences import gettext_lazy as _
from subsidies.invariants.kinds import Invariant

CLAIM_INVARIANTS: Final = (
    Invariant(
        "claim_is_the_sum_of_its_lines",
        _(
            "What a claim comes to is the sum of its lines, to the cent, and its pass rate is that of its lines."
        ),
        """
        SELECT claim.id FROM subsidies_subsidyclaim claim
        JOIN subsidies_claimreckoning reckoning ON reckoning.id = claim.reckoning_id
        LEFT JOIN LATERAL (
            SELECT coalesce(sum(line.amount), 0) AS amount,
                   coalesce(sum(line.standard) FILTER (WHERE line.counts), 0) AS standards,
                   count(*) FILTER (WHERE line.counts) AS counted,
                   count(*) FILTER (WHERE line.in_rate) AS in_rate,
                   count(*) FILTER (WHERE line.is_pass) AS passed
            FROM subsidies_claimline line WHERE line.reckoning_id = reckoning.id
        ) lines ON true
        WHERE reckoning.claim_id <> claim.id
           OR lines.amount <> reckoning.amount OR lines.standards <> reckoning.standard_total
           OR lines.counted <> reckoning.counted_count
           OR lines.in_rate <> reckoning.rate_count OR lines.passed <> reckoning.pass_count
        """,
    ),
    Invariant(
        "claim_is_paid_what_was_confirmed",
        _(
            "What a claim is paid is what was confirmed, and the sum of what is paid for each person. Before it is "
            "confirmed, nothing is."
        ),
        """
        SELECT payment.id FROM subsidies_payment payment
        JOIN subsidies_subsidyclaim claim ON claim.id = payment.claim_id
        LEFT JOIN subsidies_claimreckoning reckoning ON reckoning.id = claim.reckoning_id
        LEFT JOIN LATERAL (
            SELECT coalesce(sum(subsidy.amount), 0) AS amount FROM subsidies_trainingsubsidy subsidy
            WHERE subsidy.claim_id = claim.id AND NOT EXISTS (
                -- Granted with a payment that was cancelled.
                SELECT 1 FROM subsidies_payment cancelled
                WHERE cancelled.claim_id = claim.id AND cancelled.cancelled_at = subsidy.voided_at)
        ) granted ON true
        WHERE payment.status <> 'CANCELLED'
          AND (claim.status <> 'CONFIRMED' OR payment.institution_id <> claim.institution_id
               OR payment.amount IS DISTINCT FROM reckoning.amount OR payment.amount <> granted.amount)
        """,
    ),
    Invariant(
        "subsidy_stands_until_its_money_came_back",
        _(
            "What a claim pays for a person stands, and keeps anybody else from being paid for it, until its payment "
            "is cancelled or all of the money came back."
        ),
        """
        SELECT subsidy.id FROM subsidies_trainingsubsidy subsidy
        LEFT JOIN subsidies_payment payment
               ON payment.claim_id = subsidy.claim_id AND payment.status <> 'CANCELLED'
        LEFT JOIN LATERAL (
            SELECT coalesce(sum(recovery.recovered - recovery.given_back), 0) AS of_payment,
                   coalesce(sum(recovery.recovered - recovery.given_back)
                       FILTER (WHERE recovery.subsidy_id = subsidy.id), 0) AS of_part,
                   count(*) FILTER (WHERE recovery.subsidy_id = subsidy.id) AS parts,
                   bool_or(recovery.given_back > 0) AS was_given_back
            FROM subsidies_recovery recovery
            WHERE recovery.payment_id = payment.id AND recovery.withdrawn_at IS NULL
              AND recovery.reason <> 'paid_twice'
        ) came_back ON true
        WHERE (subsidy.voided_at IS NULL
               AND (payment.id IS NULL OR came_back.of_payment = payment.amount
                    OR (came_back.parts > 0 AND came_back.of_part = subsidy.amount)))
           OR (subsidy.voided_at IS NOT NULL
               AND NOT EXISTS (SELECT 1 FROM subsidies_payment cancelled
                               WHERE cancelled.claim_id = subsidy.claim_id
                                 AND cancelled.cancelled_at = subsidy.voided_at)
               AND NOT coalesce(came_back.of_payment = payment.amount
                                OR (came_back.parts > 0 AND came_back.of_part = subsidy.amount)
                                -- Of nothing, free since all came back, of which some was given back for others.
                                OR (subsidy.amount = 0 AND came_back.was_given_back), false))
        """,
    ),
    Invariant(
        "batch_is_of_one_subsidy",
        _(
            "A payment file is of one subsidy, and an institution's money goes to an account of the institution."
        ),
        """
        SELECT attempt.id FROM subsidies_paymentattempt attempt
        JOIN subsidies_paymentbatch batch ON batch.id = attempt.batch_id
        JOIN subsidies_payment payment ON payment.id = attempt.payment_id
        LEFT JOIN institutions_institutionaccount account ON account.id = attempt.institution_account_id
        WHERE (batch.kind = 'TRAINING') <> (payment.claim_id IS NOT NULL)
           OR account.institution_id IS DISTINCT FROM payment.institution_id
        """,
    ),
    Invariant(
        "set_off_goes_with_its_instruction",
        _(
            "What is held back waits exactly as long as its instruction, is set off if that is paid, and owed again if "
            "it came back or never left."
        ),
        """
        SELECT netting.id FROM subsidies_netting netting
        JOIN subsidies_payment payment ON payment.id = netting.payment_id
        LEFT JOIN subsidies_paymentattempt attempt ON attempt.id = netting.attempt_id
        WHERE attempt.payment_id <> netting.payment_id
           OR (netting.status = 'HELD') <> coalesce(attempt.status IN ('OPEN', 'UNKNOWN'), false)
           OR (netting.status = 'SET_OFF' AND netting.attempt_id IS NULL AND payment.status <> 'PAID')
           OR (netting.status = 'SET_OFF' AND attempt.status = 'WITHDRAWN')
           OR (netting.status = 'RELEASED' AND attempt.status = 'PAID' AND NOT EXISTS (
                SELECT 1 FROM subsidies_netting later
                WHERE later.attempt_id = attempt.id AND later.recovery_id = netting.recovery_id
                  AND later.id > netting.id AND later.status = 'SET_OFF'))
        """,
    ),
    Invariant(
        "set_off_is_of_one_institution",
        _("Nobody pays another one's debt, and no more is held back than is left of a recovery."),
        """
        SELECT netting.id FROM subsidies_netting netting
        JOIN subsidies_recovery recovery ON recovery.id = netting.recovery_id
        JOIN subsidies_payment paid ON paid.id = recovery.payment_id
        JOIN subsidies_payment payment ON payment.id = netting.payment_id
        WHERE paid.institution_id IS NULL OR paid.institution_id IS DISTINCT FROM payment.institution_id
        UNION ALL
        SELECT min(netting.id) FROM subsidies_netting netting
        JOIN subsidies_recovery recovery ON recovery.id = netting.recovery_id
        WHERE netting.status = 'HELD'
        GROUP BY recovery.id
        HAVING recovery.recovered + recovery.written_off + sum(netting.amount) > recovery.amount
        """,
    ),
    Invariant(
        "set_off_is_in_the_journal_both_ways",
        _("What was set off is in the journal as paid and as paid back, in full, and nothing else is."),
        """
        SELECT netting.id FROM subsidies_netting netting
        JOIN subsidies_recovery recovery ON recovery.id = netting.recovery_id
        LEFT JOIN subsidies_journalline paid
               ON paid.payment_id = netting.payment_id AND paid.account = 'SUBSIDIES_PAYABLE'
              AND paid.fact = 'set_off:' || netting.id
        LEFT JOIN subsidies_journalline paid_back
               ON paid_back.payment_id = recovery.payment_id AND paid_back.account = 'RECOVERIES_RECEIVABLE'
              AND paid_back.fact = 'netted:' || netting.id
        WHERE coalesce(paid.amount, 0) <> CASE netting.status WHEN 'SET_OFF' THEN netting.amount ELSE 0 END
           OR coalesce(-paid_back.amount, 0) <> CASE netting.status WHEN 'SET_OFF' THEN netting.amount ELSE 0 END
        """,
    ),
)
