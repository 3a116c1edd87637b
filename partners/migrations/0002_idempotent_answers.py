import chongqing_dte.foundation.crypto
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('partners', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='IdempotentAnswer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=128, verbose_name='Idempotency key')),
                ('request', models.CharField(max_length=256, verbose_name='Method and address')),
                ('body_sha256', models.CharField(max_length=64, verbose_name='Checksum of the body')),
                ('claim', models.UUIDField(verbose_name='Number of the work')),
                ('claimed_at', models.DateTimeField(verbose_name='Claimed at')),
                ('status_code', models.PositiveSmallIntegerField(null=True, verbose_name='Status')),
                ('headers', models.JSONField(default=dict, verbose_name='Headers')),
                ('body', chongqing_dte.foundation.crypto.EncryptedBytesField(null=True, verbose_name='What was answered')),
                ('answered_at', models.DateTimeField(null=True, verbose_name='Answered at')),
                ('client', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.OAUTH2_PROVIDER_APPLICATION_MODEL, verbose_name='Partner system')),
            ],
            options={
                'verbose_name': 'Answer to a repeated request',
                'verbose_name_plural': 'Answers to repeated requests',
                'indexes': [models.Index(fields=['claimed_at'], name='idempotency_claimed_at')],
                'constraints': [models.UniqueConstraint(fields=('client', 'key'), name='idempotency_key_once_per_client'), models.CheckConstraint(condition=models.Q(('key', ''), _negated=True), name='idempotency_has_key'), models.CheckConstraint(condition=models.Q(('body_sha256__regex', '^[0-9a-f]{64}$')), name='idempotency_body_is_sha256'), models.CheckConstraint(condition=models.Q(models.Q(('answered_at__isnull', False), ('status_code__isnull', False)), models.Q(('answered_at__isnull', True), ('status_code__isnull', True)), _connector='OR'), name='idempotency_answer_complete'), models.CheckConstraint(condition=models.Q(('body__isnull', True), ('status_code__isnull', False), _connector='OR'), name='idempotency_no_body_without_status'), models.CheckConstraint(condition=models.Q(('status_code__isnull', True), models.Q(('status_code__isnull', False), ('status_code__range', (200, 499))), _connector='OR'), name='idempotency_keeps_no_failure')],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='idempotentanswer',
            trigger=pgtrigger.compiler.Trigger(name='idempotency_answer_stays', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."answered_at" IS DISTINCT FROM (NEW."answered_at") OR OLD."body_sha256" IS DISTINCT FROM (NEW."body_sha256") OR OLD."claim" IS DISTINCT FROM (NEW."claim") OR OLD."claimed_at" IS DISTINCT FROM (NEW."claimed_at") OR OLD."client_id" IS DISTINCT FROM (NEW."client_id") OR OLD."headers" IS DISTINCT FROM (NEW."headers") OR OLD."key" IS DISTINCT FROM (NEW."key") OR OLD."request" IS DISTINCT FROM (NEW."request") OR OLD."status_code" IS DISTINCT FROM (NEW."status_code"))', func="\n        IF OLD.status_code IS NOT NULL THEN\n            RAISE EXCEPTION 'idempotency_answer_stays: % keeps what it said', TG_TABLE_NAME;\n        END IF;\n        RETURN NEW;\n        ", hash='834e3bb4d1728c5ede85bc44c36f75a63bed190e', operation='UPDATE', pgid='pgtrigger_idempotency_answer_stays_5b418', table='partners_idempotentanswer', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='idempotentanswer',
            trigger=pgtrigger.compiler.Trigger(name='idempotency_body_stays', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n                IF OLD.status_code IS NOT NULL AND (NEW.body IS DISTINCT FROM OLD.body AND COALESCE(get_byte(NEW.body, 0) <= get_byte(OLD.body, 0), TRUE)) THEN\n                    RAISE EXCEPTION 'idempotency_body_stays: % keeps what it said', TG_TABLE_NAME;\n                END IF;\n                RETURN NEW;\n                ", hash='63865d985cf2429fb25b7b84e7b87c466a9206a6', operation='UPDATE OF "body"', pgid='pgtrigger_idempotency_body_stays_bb3cc', table='partners_idempotentanswer', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='idempotentanswer',
            trigger=pgtrigger.compiler.Trigger(name='idempotency_kept_for_days', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n                IF OLD.status_code IS NOT NULL AND OLD.answered_at > now() - interval '7 days' THEN\n                    RAISE EXCEPTION 'idempotency_kept_for_days: % keeps its rows so long', TG_TABLE_NAME;\n                END IF;\n                RETURN OLD;\n                ", hash='d01a3947ec8c5114c27ee146bc7e7dada491cd7c', operation='DELETE', pgid='pgtrigger_idempotency_kept_for_days_d96ee', table='partners_idempotentanswer', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='idempotentanswer',
            trigger=pgtrigger.compiler.Trigger(name='no_truncate', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'no_truncate: % keeps its rows', TG_TABLE_NAME;", hash='a7205cffcd76846a128ac645c7bb5eb50e19b27d', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_no_truncate_9644f', table='partners_idempotentanswer', when='BEFORE')),
        ),
    ]
