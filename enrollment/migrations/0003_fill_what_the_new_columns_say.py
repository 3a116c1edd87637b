"""Say of the rows of the first release what the new columns say of later ones. Invents nothing."""

from django.db import migrations

from chongqing_dte.foundation.crypto import keyed_hash

FILL = """
UPDATE enrollment_trainingclass SET drafted_by_id = filed_by_id, drafted_at = filed_at;

INSERT INTO enrollment_classstep (training_class_id, from_status, to_status, actor_id, at, reason)
SELECT id, from_status, to_status, actor_id, at, '' FROM (
    SELECT id, '' AS from_status, 'FILED' AS to_status, filed_by_id AS actor_id, filed_at AS at, 1 AS place
    FROM enrollment_trainingclass
    UNION ALL
    SELECT id, 'FILED', 'CONFIRMED', confirmed_by_id, confirmed_at, 2
    FROM enrollment_trainingclass WHERE confirmed_at IS NOT NULL
    UNION ALL
    SELECT id, 'CONFIRMED', 'COMPLETED', completed_by_id, completed_at, 3
    FROM enrollment_trainingclass WHERE completed_at IS NOT NULL
) step ORDER BY id, place;

-- A completed class took no more rosters: that was its lock.
UPDATE enrollment_trainingclass training_class
SET roster_locked_at = completed_at,
    locked_count = (SELECT count(*) FROM enrollment_enrollment enrollment
                    WHERE enrollment.training_class_id = training_class.id)
WHERE status = 'COMPLETED';

UPDATE enrollment_enrollment enrollment
SET training_period = daterange(training_class.starts_on, training_class.ends_on, '[]'),
    locked_at = training_class.roster_locked_at
FROM enrollment_trainingclass training_class
WHERE training_class.id = enrollment.training_class_id;

UPDATE enrollment_rosterrow SET outcome = 'NEW' WHERE outcome = 'ACCEPTED';

UPDATE enrollment_rosterupload upload
SET new_count = accepted_count,
    row_count = counts.rows,
    checked_count = counts.rows,
    unchanged_count = counts.unchanged,
    checked_at = uploaded_at,
    takes_warned_rows = TRUE,
    put_in_count = counts.put_in
FROM (
    SELECT roster_row.upload_id, count(*) AS rows,
           count(*) FILTER (WHERE roster_row.outcome = 'UNCHANGED') AS unchanged,
           count(enrollment.id) AS put_in
    FROM enrollment_rosterrow roster_row
    LEFT JOIN enrollment_enrollment enrollment ON enrollment.roster_row_id = roster_row.id
    GROUP BY roster_row.upload_id
) counts
WHERE counts.upload_id = upload.id;

-- What the foreign keys still have to check must not wait until the tables change again.
SET CONSTRAINTS ALL IMMEDIATE;
"""


def hash_mobile_numbers(apps, _schema_editor):
    trainee_model = apps.get_model("enrollment", "Trainee")
    for trainee in trainee_model.objects.iterator(chunk_size=2000):
        trainee.mobile_hash = keyed_hash("mobile", trainee.mobile)
        trainee.save(update_fields=["mobile_hash"])


class Migration(migrations.Migration):
    dependencies = [("enrollment", "0002_filing_rosters_attendance_and_identity")]

    # There is nothing to take back: the columns themselves go when their migration is reversed.
    operations = [
        migrations.RunSQL(FILL, reverse_sql=migrations.RunSQL.noop),
        migrations.RunPython(hash_mobile_numbers, migrations.RunPython.noop),
    ]
