import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

# A claim that was paid is looked at for ever. Those at which nobody would look any more are due at once.
LOOK_AGAIN = """
    UPDATE subsidies_subsidyclaim claim SET reckoning_due_at = now()
    WHERE claim.status = 'CONFIRMED' AND claim.reckoning_due_at IS NULL AND EXISTS (
        SELECT 1 FROM subsidies_payment payment
        WHERE payment.claim_id = claim.id AND payment.status <> 'CANCELLED')
"""


class Migration(migrations.Migration):
    dependencies = [("subsidies", "0032_release_asks_for_line_reviewers")]

    operations = [
        migrations.RunSQL(LOOK_AGAIN, migrations.RunSQL.noop),
        pgtrigger.migrations.RemoveTrigger(
            model_name="recovery",
            name="recovery_within_what_was_paid",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="recoverysettlement",
            name="settlement_counts_in_its_recovery",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="trainingsubsidy",
            name="training_subsidy_stays_voided",
        ),
        migrations.RemoveConstraint(
            model_name="recovery",
            name="recovery_one_live_per_payment",
        ),
        migrations.RemoveConstraint(
            model_name="recoverysettlement",
            name="settlement_kind_known",
        ),
        migrations.RemoveConstraint(
            model_name="recoverysettlement",
            name="settlement_repayment_stands_on_a_statement",
        ),
        migrations.RemoveConstraint(
            model_name="recoverysettlement",
            name="settlement_statement_line_once",
        ),
        migrations.AddField(
            model_name="payment",
            name="rest_by",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="subsidies.claimreckoning",
                verbose_name="Reckoning of the rest",
            ),
        ),
        migrations.AddField(
            model_name="recovery",
            name="given_back",
            field=models.DecimalField(
                db_default=0, decimal_places=2, default=0, max_digits=12, verbose_name="Given back"
            ),
        ),
        migrations.AddField(
            model_name="recovery",
            name="not_owed",
            field=models.DecimalField(
                db_default=0, decimal_places=2, default=0, max_digits=12, verbose_name="Not owed by now"
            ),
        ),
        migrations.AddField(
            model_name="recovery",
            name="not_owed_since",
            field=models.DateTimeField(null=True, verbose_name="Not owed since"),
        ),
        migrations.AlterField(
            model_name="recoverysettlement",
            name="kind",
            field=models.CharField(
                choices=[
                    ("REPAYMENT", "Repayment"),
                    ("WRITE_OFF", "Write-off"),
                    ("GIVEN_BACK", "Given back"),
                ],
                max_length=12,
                verbose_name="What became of it",
            ),
        ),
        migrations.AddIndex(
            model_name="recovery",
            index=models.Index(
                condition=models.Q(("not_owed__gt", 0)), fields=["id"], name="recovery_not_owed"
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="netting",
            trigger=pgtrigger.compiler.Trigger(
                name="netting_leaves_what_is_instructed",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (NEW."attempt_id" IS NOT NULL)',
                    constraint="CONSTRAINT",
                    func="\n    IF EXISTS (\n        SELECT 1 FROM subsidies_paymentattempt attempt\n        JOIN subsidies_paymentbatch batch ON batch.id = attempt.batch_id\n        JOIN subsidies_payment payment ON payment.id = attempt.payment_id\n        WHERE attempt.id = NEW.attempt_id\n          AND payment.amount <> attempt.amount + coalesce((\n                  SELECT sum(last.amount) FROM (\n                      SELECT DISTINCT ON (netting.recovery_id) netting.amount FROM subsidies_netting netting\n                      WHERE netting.attempt_id = attempt.id ORDER BY netting.recovery_id, netting.id DESC\n                  ) last), 0) + coalesce((\n                  SELECT sum(netting.amount) FROM subsidies_netting netting\n                  WHERE netting.payment_id = payment.id AND netting.status = 'SET_OFF'\n                    AND netting.attempt_id < attempt.id AND netting.ended_at <= batch.assembled_at), 0)\n    ) THEN\n        RAISE EXCEPTION 'netting_leaves_what_is_instructed' USING ERRCODE = 'check_violation';\n    END IF;\n    RETURN NULL;\n",
                    hash="014acbf74ae1272f2be6bbfd03222d388c291425",
                    operation="INSERT",
                    pgid="pgtrigger_netting_leaves_what_is_instructed_5aea1",
                    table="subsidies_netting",
                    timing="DEFERRABLE INITIALLY DEFERRED",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="paymentattempt",
            trigger=pgtrigger.compiler.Trigger(
                name="attempt_is_what_is_not_set_off",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    constraint="CONSTRAINT",
                    func="\n    IF EXISTS (\n        SELECT 1 FROM subsidies_paymentattempt attempt\n        JOIN subsidies_paymentbatch batch ON batch.id = attempt.batch_id\n        JOIN subsidies_payment payment ON payment.id = attempt.payment_id\n        WHERE attempt.id = NEW.id\n          AND payment.amount <> attempt.amount + coalesce((\n                  SELECT sum(last.amount) FROM (\n                      SELECT DISTINCT ON (netting.recovery_id) netting.amount FROM subsidies_netting netting\n                      WHERE netting.attempt_id = attempt.id ORDER BY netting.recovery_id, netting.id DESC\n                  ) last), 0) + coalesce((\n                  SELECT sum(netting.amount) FROM subsidies_netting netting\n                  WHERE netting.payment_id = payment.id AND netting.status = 'SET_OFF'\n                    AND netting.attempt_id < attempt.id AND netting.ended_at <= batch.assembled_at), 0)\n    ) THEN\n        RAISE EXCEPTION 'attempt_is_what_is_not_set_off' USING ERRCODE = 'check_violation';\n    END IF;\n    RETURN NULL;\n",
                    hash="abd1bc59ccbfecbbe90aee3943b9c23858d7addc",
                    operation="INSERT",
                    pgid="pgtrigger_attempt_is_what_is_not_set_off_540d0",
                    table="subsidies_paymentattempt",
                    timing="DEFERRABLE INITIALLY DEFERRED",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="recovery",
            trigger=pgtrigger.compiler.Trigger(
                name="recovery_within_what_was_paid",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    constraint="CONSTRAINT",
                    func="\n                    IF EXISTS (\n                        SELECT 1 FROM subsidies_payment payment\n                        LEFT JOIN subsidies_trainingsubsidy subsidy ON subsidy.id = NEW.subsidy_id\n                        WHERE payment.id = NEW.payment_id\n                          AND (subsidy.claim_id IS DISTINCT FROM payment.claim_id AND NEW.subsidy_id IS NOT NULL\n                               OR payment.amount < (\n                                   SELECT sum(asked.amount - asked.given_back) FROM subsidies_recovery asked\n                                   WHERE asked.payment_id = payment.id AND asked.withdrawn_at IS NULL\n                                     AND asked.reason <> 'paid_twice')\n                               OR subsidy.amount < (\n                                   SELECT sum(asked.amount - asked.given_back) FROM subsidies_recovery asked\n                                   WHERE asked.subsidy_id = subsidy.id AND asked.withdrawn_at IS NULL))\n                    ) THEN\n                        RAISE EXCEPTION 'recovery_within_what_was_paid' USING ERRCODE = 'check_violation';\n                    END IF;\n                    RETURN NULL;\n                ",
                    hash="04b833f710db4779c45c6511e4002ecb1ea4a8ee",
                    operation="INSERT",
                    pgid="pgtrigger_recovery_within_what_was_paid_9062d",
                    table="subsidies_recovery",
                    timing="DEFERRABLE INITIALLY DEFERRED",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="recoverysettlement",
            trigger=pgtrigger.compiler.Trigger(
                name="settlement_counts_in_its_recovery",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    constraint="CONSTRAINT",
                    func="\n                    IF EXISTS (\n                        SELECT 1 FROM subsidies_recovery recovery\n                        WHERE recovery.id = NEW.recovery_id\n                          AND (recovery.recovered + recovery.written_off <> coalesce((\n                              SELECT sum(part.amount) FROM subsidies_recoverysettlement part\n                              WHERE part.recovery_id = recovery.id AND part.status = 'APPROVED'\n                                AND part.kind <> 'GIVEN_BACK'), 0) + coalesce((\n                              SELECT sum(netting.amount) FROM subsidies_netting netting\n                              WHERE netting.recovery_id = recovery.id AND netting.status = 'SET_OFF'), 0)\n                           OR recovery.given_back <> coalesce((\n                              SELECT sum(part.amount) FROM subsidies_recoverysettlement part\n                              WHERE part.recovery_id = recovery.id AND part.status = 'APPROVED'\n                                AND part.kind = 'GIVEN_BACK'), 0))\n                    ) THEN\n                        RAISE EXCEPTION 'settlement_counts_in_its_recovery' USING ERRCODE = 'check_violation';\n                    END IF;\n                    RETURN NULL;\n                ",
                    hash="11b2183779a7c92d48529eaf086c014e53d0c106",
                    operation='INSERT OR UPDATE OF "status"',
                    pgid="pgtrigger_settlement_counts_in_its_recovery_1789e",
                    table="subsidies_recoverysettlement",
                    timing="DEFERRABLE INITIALLY DEFERRED",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="trainingsubsidy",
            trigger=pgtrigger.compiler.Trigger(
                name="training_subsidy_stays_voided",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."voided_at" IS DISTINCT FROM (NEW."voided_at"))',
                    func="\n        IF OLD.voided_at IS NOT NULL AND (NEW.voided_at IS NOT NULL OR NOT EXISTS (SELECT 1 FROM subsidies_recovery recovery WHERE recovery.subsidy_id = OLD.id AND recovery.given_back > 0)) THEN\n            RAISE EXCEPTION 'training_subsidy_stays_voided: % keeps what it said', TG_TABLE_NAME;\n        END IF;\n        RETURN NEW;\n        ",
                    hash="4ff985cfd7f63aefe10941e4f61eaa2ebb852fed",
                    operation="UPDATE",
                    pgid="pgtrigger_training_subsidy_stays_voided_11574",
                    table="subsidies_trainingsubsidy",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="recovery",
            constraint=models.UniqueConstraint(
                condition=models.Q(
                    ("given_back", 0),
                    ("subsidy__isnull", True),
                    ("withdrawn_at__isnull", True),
                    models.Q(("reason", "paid_twice"), _negated=True),
                ),
                fields=("payment",),
                name="recovery_one_live_per_payment",
            ),
        ),
        migrations.AddConstraint(
            model_name="recovery",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("not_owed", 0), ("not_owed_since__isnull", True)),
                    models.Q(
                        ("not_owed__gt", 0),
                        ("not_owed__lte", models.F("amount")),
                        ("not_owed_since__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="recovery_not_owed_since_some_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="recovery",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("given_back", 0),
                    models.Q(
                        ("given_back__gt", 0),
                        ("given_back__lte", models.F("recovered")),
                        ("status", "SETTLED"),
                    ),
                    _connector="OR",
                ),
                name="recovery_gives_back_what_came_once_settled",
            ),
        ),
        migrations.AddConstraint(
            model_name="recoverysettlement",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["REPAYMENT", "WRITE_OFF", "GIVEN_BACK"])),
                name="settlement_kind_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="recoverysettlement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("kind__in", ["REPAYMENT", "GIVEN_BACK"]),
                        ("received_on__isnull", False),
                        models.Q(("bank_reference", ""), _negated=True),
                    ),
                    models.Q(("bank_reference", ""), ("kind", "WRITE_OFF"), ("received_on__isnull", True)),
                    _connector="OR",
                ),
                name="settlement_repayment_stands_on_a_statement",
            ),
        ),
        migrations.AddConstraint(
            model_name="recoverysettlement",
            constraint=models.UniqueConstraint(
                condition=models.Q(
                    models.Q(("kind", "WRITE_OFF"), _negated=True),
                    models.Q(("status", "REFUSED"), _negated=True),
                ),
                fields=("bank_reference",),
                name="settlement_statement_line_once",
            ),
        ),
    ]
