"""Say of what stood before sessions had candidates: who sat, and how their results came in.

The pass marks of these sessions are unknown. They carry those of the example policy, 60 and 60, and no policy: their
recorded attempts are not held against them, and the session's page shows none. Only results and corrections that come
in later are.

Two institutions may have used one certificate number, but for capitals and spaces. Nobody but they knows whose it is, so that this stops before
the number is made unique. At this point no trigger protects the column: correct the rows and migrate again.
"""

from django.db import migrations
from django.db.migrations.state import StateApps
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

SHARED_NUMBERS = """
    SELECT array_agg(id ORDER BY id)
    FROM assessment_levelcertificate
    GROUP BY upper(regexp_replace(number, '[[:space:]]', '', 'g'))
    HAVING count(*) > 1
    ORDER BY min(id)
"""
# Whoever checks a number types it in any way, and is answered about this form.
NUMBERS = """
    UPDATE assessment_levelcertificate
    SET number = upper(regexp_replace(number, '[[:space:]]', '', 'g'))
    WHERE number ~ '[a-z[:space:]]'
"""
# Who ended it and when was not kept: whoever filed the session answers for its certificates.
ENDINGS = """
    UPDATE assessment_levelcertificate certificate
    SET ended_at = certificate.recorded_at, ended_by_id = session.filed_by_id,
        end_reason = 'Ended before endings were recorded.'
    FROM assessment_attempt attempt
    JOIN assessment_assessmentsession session ON session.id = attempt.session_id
    WHERE attempt.id = certificate.attempt_id AND certificate.status <> 'VALID'
      AND certificate.ended_at IS NULL
"""
STATEMENTS = (
    """
    UPDATE assessment_resultsupload upload
    SET public_id = gen_random_uuid(), recorded_by_id = uploaded_by_id, recorded_at = uploaded_at,
        row_count = counted.row_count, passed_count = counted.passed_count,
        failed_count = counted.failed_count, absent_count = counted.absent_count,
        misconduct_count = counted.misconduct_count
    FROM (
        SELECT upload.id, count(attempt.id) AS row_count,
               count(*) FILTER (WHERE attempt.outcome = 'PASSED') AS passed_count,
               count(*) FILTER (WHERE attempt.outcome = 'FAILED') AS failed_count,
               count(*) FILTER (WHERE attempt.outcome = 'ABSENT') AS absent_count,
               count(*) FILTER (WHERE attempt.outcome = 'MISCONDUCT') AS misconduct_count
        FROM assessment_resultsupload upload
        LEFT JOIN assessment_attempt attempt ON attempt.results_upload_id = upload.id
        GROUP BY upload.id
    ) counted
    WHERE counted.id = upload.id
    """,
    """
    UPDATE assessment_assessmentsession session
    SET admitted_by_id = session.filed_by_id, admitted_at = session.filed_at
    WHERE session.status = 'RECORDED'
    """,
    """
    INSERT INTO assessment_sessioncandidate
        (public_id, session_id, trainee_id, enrollment_id, origin, admission_number, added_by_id, added_at)
    SELECT gen_random_uuid(), attempt.session_id, attempt.trainee_id, attempt.enrollment_id, 'TRAINED',
           'A' || attempt.id, session.filed_by_id, session.filed_at
    FROM assessment_attempt attempt
    JOIN assessment_assessmentsession session ON session.id = attempt.session_id
    """,
    ENDINGS,
    NUMBERS,
)


def refuse_shared_numbers(connection: BaseDatabaseWrapper) -> None:
    """Stop if certificates share a number, and name their rows."""
    with connection.cursor() as cursor:
        cursor.execute(SHARED_NUMBERS)
        shared = [", ".join(map(str, ids)) for (ids,) in cursor.fetchall()]
    if shared:
        raise RuntimeError(
            f"Rows of assessment_levelcertificate that share a number: {'; '.join(shared)}."
            " From now on a number is one certificate's. Correct the wrong ones and migrate again."
        )


def fill(_apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    refuse_shared_numbers(schema_editor.connection)
    for statement in STATEMENTS:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("assessment", "0003_level_assessment")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
