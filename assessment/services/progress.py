from datetime import datetime

from django.db import connection, transaction

REFRESH = """
    INSERT INTO assessment_progresscount
        (year, field_id, district_id, enrolled_count, completed_count, certified_count, refreshed_at)
    SELECT %(year)s, occupation.field_id, class.district_id,
           count(DISTINCT enrollment.id) FILTER (WHERE enrollment.status IN ('ENROLLED', 'COMPLETED', 'NOT_COMPLETED')),
           count(DISTINCT enrollment.id) FILTER (WHERE enrollment.status = 'COMPLETED'),
           count(DISTINCT certificate.trainee_id) FILTER (WHERE certificate.status = 'VALID'),
           %(now)s
    FROM enrollment_trainingclass class
    JOIN institutions_occupation occupation ON occupation.id = class.occupation_id
    JOIN enrollment_enrollment enrollment ON enrollment.training_class_id = class.id
    LEFT JOIN assessment_attempt attempt ON attempt.enrollment_id = enrollment.id AND attempt.outcome = 'PASSED'
    LEFT JOIN assessment_levelcertificate certificate ON certificate.attempt_id = attempt.id
    WHERE class.starts_on >= make_date(%(year)s, 1, 1) AND class.starts_on < make_date(%(year)s + 1, 1, 1)
    GROUP BY occupation.field_id, class.district_id
    ON CONFLICT (year, field_id, district_id) DO UPDATE SET
        enrolled_count = excluded.enrolled_count,
        completed_count = excluded.completed_count,
        certified_count = excluded.certified_count,
        refreshed_at = excluded.refreshed_at
"""


@transaction.atomic(durable=True)
def refresh_progress(*, year: int, now: datetime) -> None:
    """Count who is in the classes that start in this year, anew: whoever left a class counts no longer there.

    Safe to repeat.
    """
    with connection.cursor() as cursor:
        cursor.execute(REFRESH, {"year": year, "now": now})
