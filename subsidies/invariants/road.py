"""From the certificate to the bank, and back."""

from typing import Final

from chongqing_dte.foundation.sentences import gettext_lazy as _
from subsidies.invariants.kinds import Invariant

ROAD_INVARIANTS: Final = (
    Invariant(
        "certificate_is_due_or_decided",
        _("Every certificate has a live decision or waits for one."),
        """
        SELECT certificate.id FROM assessment_levelcertificate certificate
        WHERE NOT certificate.decision_due AND NOT EXISTS (
            SELECT 1 FROM subsidies_entitlement entitlement
            WHERE entitlement.certificate_id = certificate.id AND entitlement.superseded_at IS NULL)
        """,
    ),
    Invariant(
        "grant_has_one_payment_of_its_amount",
        _("Every grant has exactly one payment, of the amount that was granted."),
        """
        SELECT entitlement.id FROM subsidies_entitlement entitlement
        LEFT JOIN subsidies_payment payment ON payment.entitlement_id = entitlement.id
        WHERE entitlement.decision = 'GRANTED'
          AND (payment.id IS NULL OR payment.amount <> entitlement.amount)
        """,
    ),
    Invariant(
        "only_grants_are_paid",
        _("Nothing is paid that was not granted."),
        """
        SELECT payment.id FROM subsidies_payment payment
        JOIN subsidies_entitlement entitlement ON entitlement.id = payment.entitlement_id
        WHERE entitlement.decision <> 'GRANTED'
        """,
    ),
    Invariant(
        "certificate_is_paid_once",
        _(
            "No certificate is paid twice, whatever decisions there were on it. What all came back is not paid."
        ),
        """
        SELECT entitlement.certificate_id FROM subsidies_payment payment
        JOIN subsidies_entitlement entitlement ON entitlement.id = payment.entitlement_id
        WHERE payment.status = 'PAID' AND NOT EXISTS (
            SELECT 1 FROM subsidies_recovery recovery
            WHERE recovery.payment_id = payment.id AND recovery.status = 'SETTLED'
              AND recovery.recovered = recovery.amount AND recovery.reason <> 'paid_twice')
        GROUP BY entitlement.certificate_id HAVING count(*) > 1
        """,
    ),
    Invariant(
        "person_is_granted_one_first_pass",
        _(
            "Nobody is granted twice for one first pass, and so for one sitting, once their rows are known to be "
            "theirs."
        ),
        """
        WITH grants AS (
            SELECT entitlement.id, entitlement.decided_at, certificate.id AS certificate_id,
                   trainee.id AS trainee_id,
                   coalesce(trainee.merged_into_id, trainee.id) AS person_id,
                   certificate.occupation_id, certificate.level, policy.first_pass_scope AS scope
            FROM subsidies_entitlement entitlement
            JOIN assessment_levelcertificate certificate ON certificate.id = entitlement.certificate_id
            JOIN enrollment_trainee trainee ON trainee.id = certificate.trainee_id
            JOIN subsidies_policyversion policy ON policy.id = entitlement.policy_version_id
            -- One that was voided made room for another.
            WHERE entitlement.decision = 'GRANTED' AND entitlement.superseded_at IS NULL
        )
        SELECT later.id FROM grants later
        JOIN grants earlier ON earlier.person_id = later.person_id AND earlier.id < later.id
             AND earlier.certificate_id <> later.certificate_id
        WHERE (later.scope = 'PERSON'
               OR (later.occupation_id = earlier.occupation_id
                   AND (later.scope = 'OCCUPATION' OR later.level = earlier.level)))
          AND (later.trainee_id = earlier.trainee_id OR NOT EXISTS (
              -- Granted before anybody knew: that is a matter of getting money back, not of a wrong decision.
              SELECT 1 FROM enrollment_traineemerge merge
              WHERE merge.status = 'APPROVED' AND merge.decided_at >= later.decided_at
                AND (merge.kept_id = later.person_id
                     OR merge.merged_id IN (later.trainee_id, earlier.trainee_id))))
        """,
    ),
    Invariant(
        "bank_paid_one_instruction_of_a_payment",
        _(
            "The bank never says of two instructions for one payment that both were paid, unless two people have "
            "looked at it and the second amount is asked back."
        ),
        """
        SELECT attempt.payment_id FROM subsidies_bankresultline line
        JOIN subsidies_paymentattempt attempt ON attempt.id = line.attempt_id
        -- What was taken back, and what two people found to mean nothing, is not said any more.
        WHERE line.answer = 'PAID' AND (
            attempt.status = 'PAID' OR (line.problem <> '' AND line.resolved_at IS NULL)
            OR (attempt.status <> 'PAID' AND 'PAID_AFTER_ALL' = (
                    SELECT resolution.outcome FROM subsidies_lineresolution resolution
                    JOIN subsidies_bankresultline said ON said.id = resolution.line_id
                    WHERE said.attempt_id = attempt.id AND resolution.status = 'APPROVED'
                      AND resolution.outcome <> 'NO_EFFECT'
                    ORDER BY resolution.decided_at DESC, resolution.id DESC LIMIT 1)))
          AND NOT EXISTS (
            SELECT 1 FROM subsidies_recovery recovery
            WHERE recovery.payment_id = attempt.payment_id AND recovery.reason = 'paid_twice'
              AND recovery.withdrawn_at IS NULL AND recovery.facts ->> 'attempt' = attempt.number::text)
        GROUP BY attempt.payment_id HAVING count(DISTINCT attempt.id) > 1
        """,
    ),
    Invariant(
        "payment_status_is_its_attempts",
        _(
            "A payment is paid or instructed exactly when its attempts say so, and so never once it is cancelled."
        ),
        """
        SELECT payment.id FROM subsidies_payment payment
        LEFT JOIN LATERAL (
            SELECT count(*) FILTER (WHERE attempt.status = 'PAID') AS paid,
                   count(*) FILTER (WHERE attempt.status IN ('OPEN', 'UNKNOWN')) AS open
            FROM subsidies_paymentattempt attempt WHERE attempt.payment_id = payment.id
        ) attempts ON true
        LEFT JOIN LATERAL (
            -- Where nothing is left for the bank, it is instructed to pay nothing.
            SELECT coalesce(sum(netting.amount), 0) AS amount FROM subsidies_netting netting
            WHERE netting.payment_id = payment.id AND netting.status = 'SET_OFF'
        ) set_off ON true
        WHERE (payment.status = 'PAID') <> (attempts.paid = 1 OR set_off.amount = payment.amount)
           OR (payment.status = 'INSTRUCTED') <> (attempts.open = 1)
        """,
    ),
    Invariant(
        "voided_grant_is_a_cancelled_payment",
        _(
            "A grant was superseded exactly when its payment was cancelled, or all of it came back for what it was."
        ),
        """
        SELECT payment.id FROM subsidies_payment payment
        JOIN subsidies_entitlement entitlement ON entitlement.id = payment.entitlement_id
        WHERE (entitlement.superseded_at IS NOT NULL) <> (
            payment.status = 'CANCELLED'
            OR payment.amount = coalesce((
                SELECT sum(recovery.recovered - recovery.given_back) FROM subsidies_recovery recovery
                WHERE recovery.payment_id = payment.id AND recovery.withdrawn_at IS NULL
                  AND recovery.reason <> 'paid_twice'), 0))
        """,
    ),
    Invariant(
        "recovery_asks_for_what_was_paid",
        _(
            "Money is asked back that was paid: all that a person was paid, and of what a claim was paid and of each "
            "person's part never more than that."
        ),
        """
        SELECT recovery.id FROM subsidies_recovery recovery
        JOIN subsidies_payment payment ON payment.id = recovery.payment_id
        WHERE (payment.status <> 'PAID' AND NOT EXISTS (
                -- What is set off in part was paid in part, and its rest goes against what is asked back.
                SELECT 1 FROM subsidies_netting netting
                WHERE netting.payment_id = payment.id AND netting.status = 'SET_OFF'))
           OR (payment.claim_id IS NULL AND payment.amount <> recovery.amount AND NOT EXISTS (
                -- Of what was given back, so much is asked back anew.
                SELECT 1 FROM subsidies_recovery former
                WHERE former.payment_id = payment.id AND former.id < recovery.id AND former.given_back > 0))
        UNION ALL
        SELECT min(recovery.id) FROM subsidies_recovery recovery
        JOIN subsidies_payment payment ON payment.id = recovery.payment_id
        WHERE recovery.withdrawn_at IS NULL AND recovery.reason <> 'paid_twice'
        GROUP BY payment.id HAVING sum(recovery.amount - recovery.given_back) > payment.amount
        UNION ALL
        SELECT min(recovery.id) FROM subsidies_recovery recovery
        JOIN subsidies_trainingsubsidy subsidy ON subsidy.id = recovery.subsidy_id
        JOIN subsidies_payment payment ON payment.id = recovery.payment_id
        WHERE recovery.withdrawn_at IS NULL
        GROUP BY subsidy.id
        HAVING sum(recovery.amount - recovery.given_back) > subsidy.amount
            OR bool_or(payment.claim_id <> subsidy.claim_id)
        """,
    ),
    Invariant(
        "withdrawn_batch_left_nothing",
        _(
            "An instruction is withdrawn exactly when its batch is, and the bank has answered nothing to such a batch."
        ),
        """
        SELECT batch.id FROM subsidies_paymentbatch batch
        JOIN subsidies_paymentattempt attempt ON attempt.batch_id = batch.id
        WHERE (batch.status = 'WITHDRAWN') <> (attempt.status = 'WITHDRAWN')
        UNION
        SELECT batch.id FROM subsidies_paymentbatch batch
        JOIN subsidies_bankresultfile file ON file.batch_id = batch.id
        WHERE batch.status = 'WITHDRAWN'
        """,
    ),
    Invariant(
        "attempt_amount_is_its_payment",
        _("The bank is instructed to pay exactly what is owed, without what is set off against it."),
        """
        SELECT attempt.id FROM subsidies_paymentattempt attempt
        JOIN subsidies_paymentbatch batch ON batch.id = attempt.batch_id
        JOIN subsidies_payment payment ON payment.id = attempt.payment_id
        LEFT JOIN LATERAL (
            SELECT coalesce(sum(last.amount), 0) AS amount FROM (
                SELECT DISTINCT ON (netting.recovery_id) netting.amount FROM subsidies_netting netting
                WHERE netting.attempt_id = attempt.id ORDER BY netting.recovery_id, netting.id DESC
            ) last
        ) held ON true
        LEFT JOIN LATERAL (
            -- Of an instruction that was paid and taken back.
            SELECT coalesce(sum(netting.amount), 0) AS amount FROM subsidies_netting netting
            WHERE netting.payment_id = payment.id AND netting.status = 'SET_OFF' AND netting.attempt_id < attempt.id
              AND netting.ended_at <= batch.assembled_at
        ) before ON true
        WHERE attempt.amount <> payment.amount - held.amount - before.amount
        """,
    ),
    Invariant(
        "attempt_pays_the_payees_account",
        _("An instruction names an account of the person to whom the money is owed."),
        """
        SELECT attempt.id FROM subsidies_paymentattempt attempt
        JOIN subsidies_payment payment ON payment.id = attempt.payment_id
        JOIN enrollment_bankaccount account ON account.id = attempt.bank_account_id
        JOIN enrollment_trainee owner ON owner.id = account.trainee_id
        JOIN enrollment_trainee payee ON payee.id = payment.payee_id
        WHERE coalesce(owner.merged_into_id, owner.id) <> coalesce(payee.merged_into_id, payee.id)
        """,
    ),
    Invariant(
        "batch_is_the_sum_of_its_attempts",
        _("A batch's count and total are those of its instructions."),
        """
        SELECT batch.id FROM subsidies_paymentbatch batch
        LEFT JOIN subsidies_paymentattempt attempt ON attempt.batch_id = batch.id
        GROUP BY batch.id
        HAVING count(attempt.id) <> batch.line_count OR coalesce(sum(attempt.amount), 0) <> batch.total
        """,
    ),
    Invariant(
        "settled_batch_has_no_open_end",
        _("A settled batch has no unanswered instruction and no bank line that waits for a person."),
        """
        SELECT batch.id FROM subsidies_paymentbatch batch
        WHERE batch.status = 'SETTLED' AND (
            EXISTS (SELECT 1 FROM subsidies_paymentattempt attempt
                    WHERE attempt.batch_id = batch.id AND attempt.status IN ('OPEN', 'UNKNOWN'))
            OR EXISTS (SELECT 1 FROM subsidies_bankresultline line
                       JOIN subsidies_bankresultfile file ON file.id = line.result_file_id
                       WHERE file.batch_id = batch.id AND line.problem <> '' AND line.resolved_at IS NULL))
        """,
    ),
    Invariant(
        "journal_balances",
        _("Every journal entry balances to the cent."),
        """
        SELECT entry.id FROM subsidies_journalentry entry
        LEFT JOIN subsidies_journalline line ON line.entry_id = entry.id
        GROUP BY entry.id HAVING count(line.id) < 2 OR sum(line.amount) <> 0
        """,
    ),
    Invariant(
        "journal_tells_each_payments_state",
        _(
            "For every payment, what the journal says is owed, under way, paid and to come back is what its status "
            "says."
        ),
        """
        SELECT payment.id FROM subsidies_payment payment
        LEFT JOIN LATERAL (
            SELECT coalesce(sum(line.amount) FILTER (WHERE line.account = 'SUBSIDY_EXPENSE'), 0) AS granted,
                   coalesce(-sum(line.amount) FILTER (WHERE line.account = 'SUBSIDIES_PAYABLE'), 0) AS owed,
                   coalesce(-sum(line.amount) FILTER (WHERE line.account = 'FUND_AT_BANK'), 0) AS paid,
                   coalesce(sum(line.amount) FILTER (WHERE line.account = 'RECOVERIES_RECEIVABLE'), 0) AS to_recover,
                   coalesce(sum(line.amount) FILTER (WHERE line.account = 'RECOVERIES_WRITTEN_OFF'), 0) AS given_up
            FROM subsidies_journalline line WHERE line.payment_id = payment.id
        ) journal ON true
        LEFT JOIN LATERAL (
            SELECT coalesce(sum(attempt.amount), 0) AS amount
            FROM subsidies_paymentattempt attempt
            JOIN subsidies_paymentbatch batch ON batch.id = attempt.batch_id
            WHERE attempt.payment_id = payment.id AND attempt.status IN ('OPEN', 'UNKNOWN')
              AND batch.status NOT IN ('ASSEMBLED', 'WITHDRAWN')
        ) under_way ON true
        LEFT JOIN LATERAL (
            SELECT coalesce(sum(netting.amount), 0) AS amount FROM subsidies_netting netting
            WHERE netting.payment_id = payment.id AND netting.status = 'SET_OFF'
        ) set_off ON true
        LEFT JOIN LATERAL (
            SELECT coalesce(sum(recovery.amount - recovery.given_back)
                       FILTER (WHERE recovery.reason <> 'paid_twice'), 0) AS first,
                   coalesce(sum(recovery.amount) FILTER (WHERE recovery.reason = 'paid_twice'), 0) AS second,
                   coalesce(sum(recovery.amount - recovery.recovered - recovery.written_off), 0) AS to_come,
                   coalesce(sum(recovery.recovered - recovery.given_back), 0) AS came_back,
                   coalesce(sum(recovery.written_off), 0) AS given_up
            FROM subsidies_recovery recovery
            WHERE recovery.payment_id = payment.id AND recovery.withdrawn_at IS NULL
        ) asked_back ON true
        WHERE journal.granted <> CASE
                WHEN payment.status = 'CANCELLED' THEN 0 ELSE payment.amount - asked_back.first END
           OR journal.to_recover <> asked_back.to_come
           OR journal.given_up <> asked_back.given_up
           OR journal.paid <> CASE
                WHEN payment.status = 'PAID' THEN payment.amount + asked_back.second - asked_back.came_back
                ELSE set_off.amount - asked_back.came_back END
           OR journal.owed <> CASE
                WHEN payment.status IN ('PAID', 'CANCELLED') THEN 0
                ELSE payment.amount - set_off.amount - under_way.amount END
        """,
    ),
    Invariant(
        "budget_is_the_sum_of_its_payments",
        _(
            "What a budget has reserved and paid is the sum of its unpaid and its paid payments, without cancelled "
            "ones, and with what the bank paid a second time."
        ),
        """
        SELECT budget.id FROM subsidies_budget budget
        LEFT JOIN subsidies_payment payment ON payment.budget_id = budget.id
        LEFT JOIN subsidies_recovery twice
               ON twice.payment_id = payment.id AND twice.reason = 'paid_twice' AND twice.withdrawn_at IS NULL
        LEFT JOIN (
            SELECT payment_id, sum(amount) AS amount FROM subsidies_netting
            WHERE status = 'SET_OFF' GROUP BY payment_id
        ) set_off ON set_off.payment_id = payment.id
        GROUP BY budget.id
        HAVING coalesce(sum(payment.amount - coalesce(set_off.amount, 0))
                   FILTER (WHERE payment.status NOT IN ('PAID', 'CANCELLED')), 0) <> budget.reserved
            OR coalesce(sum(CASE WHEN payment.status = 'PAID' THEN payment.amount + coalesce(twice.amount, 0)
                                 ELSE set_off.amount END), 0) <> budget.paid
        """,
    ),
    Invariant(
        "paid_attempt_has_the_banks_word",
        _(
            "Every attempt that ended did so by a line of the bank that says so, sound or settled by two people, or by "
            "what they found on its statement."
        ),
        """
        SELECT attempt.id FROM subsidies_paymentattempt attempt
        WHERE attempt.status IN ('PAID', 'RETURNED') AND NOT EXISTS (
            SELECT 1 FROM subsidies_bankresultline line
            WHERE line.attempt_id = attempt.id AND line.answer = attempt.status
              AND (line.problem = '' OR line.resolved_at IS NOT NULL))
          AND NOT EXISTS (
            SELECT 1 FROM subsidies_lineresolution resolution
            JOIN subsidies_bankresultline line ON line.id = resolution.line_id
            WHERE line.attempt_id = attempt.id AND resolution.status = 'APPROVED'
              AND resolution.outcome = 'FOUND_' || attempt.status)
        """,
    ),
)
