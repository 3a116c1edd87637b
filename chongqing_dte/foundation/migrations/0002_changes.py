from django.db import migrations, models

# Another one after every restore: of a dump, of archived files, or on another machine.
IDENTITY = """
    CREATE FUNCTION foundation_database_identity() RETURNS text LANGUAGE sql STABLE AS $$
        SELECT (SELECT system_identifier FROM pg_control_system()) || ':' ||
               (SELECT timeline_id FROM pg_control_checkpoint()) || ':' ||
               (SELECT oid FROM pg_class WHERE oid = to_regclass('foundation_changeclock'))
    $$
"""
# Rows come and go by thousands: what is gone is cleared away before it is read over.
QUEUE = """
    ALTER TABLE foundation_pendingchange SET (
        autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000,
        autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 10000)
"""


class Migration(migrations.Migration):
    dependencies = [("foundation", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="PendingChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=32)),
                ("subject_id", models.BigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="ResourceChange",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "kind", "subject_id", "office", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("kind", models.CharField(max_length=32)),
                ("subject_id", models.BigIntegerField()),
                ("office", models.CharField(max_length=48)),
                ("public_id", models.UUIDField()),
                ("changed_at", models.DateTimeField()),
                ("is_gone", models.BooleanField()),
            ],
            options={
                "indexes": [
                    models.Index(name="change_of_office", fields=["office", "kind", "changed_at", "subject_id"])
                ]
            },
        ),
        migrations.CreateModel(
            name="ChangeClock",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("last_changed_at", models.DateTimeField()),
                ("era", models.UUIDField()),
                ("identity", models.CharField(max_length=64)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(name="change_clock_is_one", condition=models.Q(id=1)),
                ]
            },
        ),
        migrations.RunSQL(IDENTITY, "DROP FUNCTION foundation_database_identity()"),
        migrations.RunSQL(QUEUE, migrations.RunSQL.noop),
    ]
