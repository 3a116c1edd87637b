import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("subsidies", "0031_reimbursement_claims")]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name="paymentbatch",
            name="batch_released_by_nobody_behind_its_claims",
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="paymentbatch",
            trigger=pgtrigger.compiler.Trigger(
                name="batch_released_by_nobody_behind_its_claims",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n                    IF EXISTS (\n                        SELECT 1 FROM subsidies_paymentattempt attempt\n                        JOIN subsidies_payment payment ON payment.id = attempt.payment_id\n                        JOIN subsidies_subsidyclaim claim ON claim.id = payment.claim_id\n                        CROSS JOIN LATERAL (\n                            VALUES (claim.submitted_by_id), (claim.recommended_by_id),\n                                   (claim.first_confirmed_by_id), (claim.second_confirmed_by_id)\n                            UNION ALL\n                            SELECT review.reviewed_by_id FROM subsidies_linereview review\n                            WHERE review.claim_id = claim.id\n                        ) AS behind (person_id)\n                        WHERE attempt.batch_id = NEW.id\n                          AND behind.person_id IN (NEW.first_released_by_id, NEW.second_released_by_id)\n                    ) THEN\n                        RAISE EXCEPTION 'batch_released_by_nobody_behind_its_claims'\n                            USING ERRCODE = 'check_violation';\n                    END IF;\n                    RETURN NEW;\n                ",
                    hash="60e5e6056577c039906a6e5464c3d870344527ad",
                    operation='UPDATE OF "first_released_by_id", "second_released_by_id"',
                    pgid="pgtrigger_batch_released_by_nobody_behind_its_claims_a2415",
                    table="subsidies_paymentbatch",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.RemoveConstraint(
            model_name="notification",
            name="notification_kind_known",
        ),
        migrations.AlterField(
            model_name="notification",
            name="kind",
            field=models.CharField(
                choices=[
                    ("GRANTED", "Subsidy granted"),
                    ("REFUSED", "Subsidy refused"),
                    ("ACCOUNT_MISSING", "Bank account missing"),
                    ("ON_NOTICE", "On public notice"),
                    ("PAID", "Subsidy paid"),
                    ("RETURNED", "Payment returned"),
                    ("RECOVERY", "Money to be paid back"),
                    ("OBJECTION", "Objection raised"),
                    ("OBJECTION_DECIDED", "Objection decided"),
                    ("BATCH_WAITS", "Batch waits for signatures"),
                    ("BATCH_WITHDRAWN", "Released batch withdrawn"),
                    ("BUDGET_SHORT", "Budget too small"),
                    ("DECISIONS_HELD", "Decisions held"),
                    ("CLAIM_ASKED", "Question about a claim"),
                    ("CLAIM_ANSWERED", "Question about a claim answered"),
                    ("CLAIM_RETURNED", "Claim sent back"),
                    ("CLAIM_REFUSED", "Claim refused"),
                    ("CLAIMS_LATE", "Claims answered late"),
                    ("CLAIM_OPENED", "Claim to be submitted"),
                    ("CLAIM_LAPSED", "Claim lapsed"),
                    ("CLAIM_SET_OFF", "Money set off against a claim"),
                    ("CLAIMS_HANDED_OVER", "Claims handed over"),
                    ("CLAIM_FELL_BACK", "Confirmed claim looked at anew"),
                    ("RECOVERY_OPENED", "Paid too much"),
                ],
                max_length=20,
                verbose_name="About",
            ),
        ),
        migrations.AddConstraint(
            model_name="notification",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "kind__in",
                        [
                            "GRANTED",
                            "REFUSED",
                            "ACCOUNT_MISSING",
                            "ON_NOTICE",
                            "PAID",
                            "RETURNED",
                            "RECOVERY",
                            "OBJECTION",
                            "OBJECTION_DECIDED",
                            "BATCH_WAITS",
                            "BATCH_WITHDRAWN",
                            "BUDGET_SHORT",
                            "DECISIONS_HELD",
                            "CLAIM_ASKED",
                            "CLAIM_ANSWERED",
                            "CLAIM_RETURNED",
                            "CLAIM_REFUSED",
                            "CLAIMS_LATE",
                            "CLAIM_OPENED",
                            "CLAIM_LAPSED",
                            "CLAIM_SET_OFF",
                            "CLAIMS_HANDED_OVER",
                            "CLAIM_FELL_BACK",
                            "RECOVERY_OPENED",
                        ],
                    )
                ),
                name="notification_kind_known",
            ),
        ),
    ]
