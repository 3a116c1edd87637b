"""Classes of one month that are over, put in at one stroke, however many: their people, lessons and results.

Forty people in each class, twenty lessons of four hours, and a mark for everybody in each of them. One in twenty never
sat; of the others one in three failed at first, and half of those passed on the second sitting. Whoever passed holds a
certificate. The institution has said what it spent. Rosters and result lists are left out: no claim looks at them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from benchmarks.payout_people import FILLING as PEOPLE
from benchmarks.payout_people import as_replica, prepare_scene

IN_A_CLASS: Final = 40
LESSONS: Final = 20
TABLES: Final = (
    "enrollment_trainee",
    "enrollment_bankaccount",
    "enrollment_trainingclass",
    "enrollment_classtrainer",
    "enrollment_enrollment",
    "enrollment_lesson",
    "enrollment_attendancemark",
    "assessment_assessmentsession",
    "assessment_attempt",
    "assessment_levelcertificate",
    "subsidies_advance",
    "subsidies_subsidyclaim",
    "subsidies_claimreckoning",
    "subsidies_claimline",
)
# Behind whatever the scene holds. None of them looks like a sum of money.
FIRST: Final = 3_000_000
CLASSES: Final = (
    """
    INSERT INTO enrollment_trainingclass (id, public_id, reference, institution_id, district_id, occupation_id,
        direction, level, starts_on, ends_on, venue, plan, planned_hours, seat_count, intended_evaluator_id,
        reserved_seat_count, status, status_reason, drafted_by_id, drafted_at, filed_by_id, filed_at, confirmed_by_id,
        confirmed_at, started_at, roster_locked_at, locked_count, completed_by_id, completed_at)
    SELECT n, gen_random_uuid(), 'CLAIM-' || n, sample.institution_id, sample.district_id, %(occupation_id)s, '',
           %(level)s, %(month)s::date + n %% 28 - 19, %(month)s::date + n %% 28, '第' || n || '教室', '', 80,
           %(in_a_class)s, %(institution_id)s, 0, 'COMPLETED', '', %(user_id)s, now(), %(user_id)s, now(),
           %(other_user_id)s, now(), now(), now(), %(in_a_class)s, %(user_id)s, now()
    FROM generate_series(%(first_class)s, %(last_class)s) n
    JOIN (SELECT institution_id, district_id, row_number() OVER (ORDER BY institution_id) - 1 AS place,
                 count(*) OVER () AS number
          FROM (SELECT DISTINCT ON (institution_id) institution_id, district_id FROM enrollment_trainingclass
                WHERE id < 3000000 AND institution_id <> %(institution_id)s ORDER BY institution_id, id) each
         ) sample ON sample.place = n %% sample.number
    """,
    """
    INSERT INTO enrollment_classtrainer (training_class_id, name, qualification)
    SELECT n, '教师' || n || place, '高级讲师'
    FROM generate_series(%(first_class)s, %(last_class)s) n, generate_series(1, 2) place
    """,
    """
    INSERT INTO enrollment_enrollment (id, public_id, category, education, school, student_number, graduated_on,
        employer_name, employer_credit_code, status, enrolled_at, locked_at, completed_at, trainee_id,
        training_class_id, roster_row_id, training_period)
    SELECT n, gen_random_uuid(), CASE n %% 2 WHEN 0 THEN 'GRADUATING_STUDENT' ELSE 'ENTERPRISE_EMPLOYEE' END,
           'BACHELOR', CASE n %% 2 WHEN 0 THEN '示范大学' ELSE '' END, CASE n %% 2 WHEN 0 THEN n::text ELSE '' END,
           CASE n %% 2 WHEN 0 THEN make_date(extract(year FROM class.ends_on)::int, 6, 30) END,
           CASE n %% 2 WHEN 0 THEN '' ELSE '示范数字科技有限公司' END,
           CASE n %% 2 WHEN 0 THEN '' ELSE '91500000BENCHPAY01' END, 'COMPLETED', now(), now(), now(), n,
           class.id, n, daterange(class.starts_on, class.ends_on, '[]')
    FROM enrollment_trainingclass class,
         generate_series(%(first)s + (class.id - %(first_class)s) * %(in_a_class)s,
                         %(first)s + (class.id - %(first_class)s + 1) * %(in_a_class)s - 1) n
    WHERE class.id BETWEEN %(first_class)s AND %(last_class)s
    """,
    """
    INSERT INTO enrollment_lesson (id, public_id, training_class_id, held_on, number, hours, topic, recorded_by_id,
        recorded_at, cancel_reason)
    SELECT class.id * 20 + place, gen_random_uuid(), class.id, class.starts_on + place, 1, 4, '第' || place || '课',
           %(user_id)s, now(), ''
    FROM enrollment_trainingclass class, generate_series(0, %(lessons)s - 1) place
    WHERE class.id BETWEEN %(first_class)s AND %(last_class)s
    """,
    """
    INSERT INTO enrollment_attendancemark (lesson_id, enrollment_id, presence, delivery_id, recorded_at)
    SELECT enrollment.training_class_id * 20 + place, enrollment.id,
           CASE (enrollment.id + place) %% 13 WHEN 0 THEN 'ABSENT' ELSE 'PRESENT' END, enrollment.training_class_id,
           now()
    FROM enrollment_enrollment enrollment, generate_series(0, %(lessons)s - 1) place
    WHERE enrollment.id BETWEEN %(first)s AND %(last)s
    """,
    """
    INSERT INTO subsidies_advance (public_id, training_class_id, basis, unit_cost, unit_count, amount, spent_on, note,
        recorded_by_id, recorded_at, withdrawal_reason)
    SELECT gen_random_uuid(), class.id, 'PER_TRAINEE', 1500, %(in_a_class)s, 1500 * %(in_a_class)s, class.ends_on,
           '', %(user_id)s, now(), ''
    FROM enrollment_trainingclass class WHERE class.id BETWEEN %(first_class)s AND %(last_class)s
    """,
)
RESULTS: Final = (
    """
    INSERT INTO assessment_assessmentsession (id, public_id, reference, institution_id, occupation_id, direction,
        level, held_on, status, filed_by_id, filed_at, admitted_by_id, admitted_at, cancel_reason,
        certificate_origin, theory_pass_mark, practice_pass_mark, policy_id)
    SELECT 2 * class.id + place, gen_random_uuid(), 'CLAIM-' || class.id || '-' || place, %(institution_id)s,
           class.occupation_id, '', class.level, class.ends_on + 7 + class.id::int %% 5 + 21 * place, 'RECORDED',
           %(user_id)s, now(), %(user_id)s, now(), '', 'INSTITUTION', 60, 60, %(assessment_policy_id)s
    FROM enrollment_trainingclass class, generate_series(0, 1) place
    WHERE class.id BETWEEN %(first_class)s AND %(last_class)s
    """,
    """
    INSERT INTO assessment_attempt (id, session_id, results_upload_id, enrollment_id, trainee_id, row_number, outcome,
        theory_score, practice_score, recorded_at)
    SELECT 2 * n + place, 2 * training_class_id + place, 2 * training_class_id + place, n, n,
           n %% %(in_a_class)s + 3, CASE WHEN passed THEN 'PASSED' ELSE 'FAILED' END, 80,
           CASE WHEN passed THEN 75 ELSE 41 END, now()
    FROM (
        SELECT id AS n, training_class_id, place,
               CASE place WHEN 0 THEN id %% 3 <> 0 ELSE id %% 2 = 0 END AS passed
        FROM enrollment_enrollment, generate_series(0, 1) place
        WHERE id BETWEEN %(first)s AND %(last)s AND id %% 20 <> 0 AND (place = 0 OR id %% 3 = 0)
    ) sat
    """,
    """
    INSERT INTO assessment_levelcertificate (id, public_id, number, institution_id, attempt_id, trainee_id,
        occupation_id, direction, level, issued_on, status, recorded_at, decision_due)
    SELECT attempt.id, gen_random_uuid(), 'CLAIM-' || attempt.id, session.institution_id, attempt.id,
           attempt.trainee_id, session.occupation_id, '', session.level, session.held_on + 9, 'VALID', now(), false
    FROM assessment_attempt attempt JOIN assessment_assessmentsession session ON session.id = attempt.session_id
    WHERE attempt.id BETWEEN 2 * %(first)s AND 2 * %(last)s + 1 AND attempt.outcome = 'PASSED'
    """,
)


@dataclass(frozen=True)
class Month:
    """The classes of one filling, by key from the first to the last without a gap, and the days on which they ended."""

    first_class: int
    last_class: int
    first_day: date

    @property
    def last_day(self) -> date:
        """The last of the days."""
        return self.first_day + timedelta(days=27)


def prepare_claims() -> None:
    """Make institutions with fees and the policies, and let the training policy hold for a month that is over."""
    prepare_scene()


def fill_classes(count: int, *, first: int = FIRST, people: int = IN_A_CLASS) -> Month:
    """Add so many classes of so many people that ended in one month, with everything that their claims hang on."""
    month = Month(first, first + count - 1, scene()["month"])
    fill((*PEOPLE[:2], *CLASSES, *RESULTS), month, people)
    return month


def fill(statements: Sequence[str], month: Month, people: int, **others: int) -> None:
    """Send these statements about the classes of a month, each of so many people."""
    from django.db import connection

    count = month.last_class - month.first_class + 1
    values = {
        **scene(),
        "first": month.first_class,
        "last": month.first_class + count * people - 1,
        "first_class": month.first_class,
        "last_class": month.last_class,
        "in_a_class": people,
        "lessons": LESSONS,
        **others,
    }
    with as_replica(), connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement, values)
    settle_down()


def settle_down() -> None:
    """Let the database look at what has grown, so that nothing of that falls into what is measured."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute("VACUUM ANALYZE " + ", ".join(TABLES))
        cursor.execute("CHECKPOINT")
        cursor.execute("RESET statement_timeout")


def scene() -> dict[str, Any]:
    """Return where everybody is trained and assessed: under a fee and policies in force, some months ago."""
    from django.utils import timezone

    from assessment.models import AssessmentPolicy
    from institutions.models import FeeSchedule, User

    month = timezone.localdate() - timedelta(days=120)
    fee = FeeSchedule.objects.filter(in_force__contains=month, direction="").order_by("pk")[0]
    users = User.objects.order_by("pk")
    return {
        "month": month,
        "institution_id": fee.institution_id,
        "occupation_id": fee.occupation_id,
        "level": fee.level,
        "user_id": users[0].pk,
        "other_user_id": users[1].pk,
        "assessment_policy_id": AssessmentPolicy.objects.order_by("pk")[0].pk,
    }
