"""From a roster's rows to people, accounts and enrollments, in sets. Steps of the confirmation, in its transaction.

The rows go into a temporary table first, encrypted already, and from there into the tables in the order of the
hashes: two rosters with the same people wait for each other at most once, and never both.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateRange

from chongqing_dte.foundation.bulk import without_quoted_rows
from enrollment import queries
from enrollment.enums import IN_TRAINING, AccountSource, EnrollmentAct, EnrollmentStatus
from enrollment.models import TrainingClass

TABLE: Final = "roster_staging"
STAGED: Final = (
    "number",
    "roster_row_id",
    "id_number_hash",
    "name",
    "id_number",
    "birth_date",
    "mobile",
    "mobile_hash",
    "account",
    "account_hash",
    "last_four",
    "bank_name",
    "cnaps",
    "category",
    "education",
    "school",
    "student_number",
    "graduated_on",
    "employer_name",
    "employer_credit_code",
    "enrollment_id",
    "fields",
    "former_values",
)
CREATE: Final = """
    CREATE TEMPORARY TABLE roster_staging (
        number integer, roster_row_id bigint, id_number_hash text, name text, id_number bytea, birth_date date,
        mobile bytea, mobile_hash text, account bytea, account_hash text, last_four text, bank_name text,
        cnaps text, category text, education text, school text, student_number text, graduated_on date,
        employer_name text, employer_credit_code text, enrollment_id bigint, fields text[], former_values bytea,
        person_id bigint, known_name text
    ) ON COMMIT DROP
"""
ADD_TRAINEES: Final = """
    INSERT INTO enrollment_trainee
        (public_id, name, id_number, id_number_hash, birth_date, mobile, mobile_hash, recorded_at)
    SELECT gen_random_uuid(), name, id_number, id_number_hash, birth_date, mobile, mobile_hash, %(now)s
    FROM roster_staging WHERE id_number IS NOT NULL
    ORDER BY id_number_hash
    ON CONFLICT (id_number_hash) DO NOTHING
"""
# Of these, nothing is encrypted anew.
KNOWN_TRAINEES: Final = """
    SELECT named.id FROM enrollment_trainee AS named
    JOIN roster_staging AS staged USING (id_number_hash) WHERE staged.id_number IS NULL
"""
# A row that was merged into another stands for that one.
NAME_PEOPLE: Final = """
    UPDATE roster_staging AS staged SET person_id = person.id, known_name = person.name
    FROM enrollment_trainee AS named, enrollment_trainee AS person
    WHERE named.id_number_hash = staged.id_number_hash
      AND person.id = COALESCE(named.merged_into_id, named.id)
"""
# Every row that a person has, or had before a merge.
ROWS_OF_PEOPLE: Final = """
    CREATE TEMPORARY TABLE roster_person_rows ON COMMIT DROP AS
    SELECT number, person_id, person_id AS trainee_id FROM roster_staging
    UNION ALL
    SELECT number, person_id, merged.id FROM roster_staging
    JOIN enrollment_trainee AS merged ON merged.merged_into_id = person_id
"""
KNOWN_OTHERWISE: Final = "SELECT number FROM roster_staging WHERE name <> known_name ORDER BY number"
ONE_PERSON: Final = """
    SELECT number FROM roster_staging
    WHERE person_id IN (SELECT person_id FROM roster_staging GROUP BY person_id HAVING count(*) > 1)
    ORDER BY number
"""
HAVE_LEFT: Final = """
    SELECT number FROM roster_person_rows JOIN enrollment_enrollment USING (trainee_id)
    WHERE training_class_id = %(class)s AND status IN %(left)s ORDER BY number
"""
ELSEWHERE: Final = """
    SELECT DISTINCT number FROM roster_person_rows JOIN enrollment_enrollment USING (trainee_id)
    WHERE training_class_id <> %(class)s AND status IN %(in_training)s AND training_period && %(period)s
    ORDER BY number
"""
# Another roster may have enrolled some of them since this one was checked.
DROP_ENROLLED: Final = """
    DELETE FROM roster_staging
    WHERE enrollment_id IS NULL AND number IN (
        SELECT number FROM roster_person_rows JOIN enrollment_enrollment USING (trainee_id)
        WHERE training_class_id = %(class)s
    )
"""
# The first account. A roster never replaces one, and it may come at this moment with another.
ADD_ACCOUNTS: Final = """
    INSERT INTO enrollment_bankaccount
        (trainee_id, number, number_hash, last_four, bank_name, cnaps, source, reason, recorded_by_id, recorded_at)
    SELECT person_id, account, account_hash, last_four, bank_name, cnaps, %(source)s, '', %(by)s, %(now)s
    FROM roster_staging AS staged
    WHERE account IS NOT NULL AND NOT EXISTS (
        SELECT FROM roster_person_rows AS known JOIN enrollment_bankaccount USING (trainee_id)
        WHERE known.number = staged.number AND replaced_at IS NULL
    )
    ORDER BY id_number_hash
    ON CONFLICT (trainee_id) WHERE replaced_at IS NULL DO NOTHING
"""
ADD_ENROLLMENTS: Final = """
    INSERT INTO enrollment_enrollment
        (public_id, training_class_id, trainee_id, roster_row_id, training_period, category, education, school,
         student_number, graduated_on, employer_name, employer_credit_code, status, enrolled_at, registers_due_at)
    SELECT gen_random_uuid(), %(class)s, person_id, roster_row_id, %(period)s, category, education, school,
           student_number, graduated_on, employer_name, employer_credit_code, %(enrolled)s, %(now)s, %(now)s
    FROM roster_staging WHERE enrollment_id IS NULL
    ORDER BY id_number_hash
"""
# An empty cell says nothing.
CHANGE_ENROLLMENTS: Final = """
    UPDATE enrollment_enrollment AS enrollment SET
        category = staged.category,
        education = staged.education,
        school = COALESCE(NULLIF(staged.school, ''), enrollment.school),
        student_number = COALESCE(NULLIF(staged.student_number, ''), enrollment.student_number),
        graduated_on = COALESCE(staged.graduated_on, enrollment.graduated_on),
        employer_name = COALESCE(NULLIF(staged.employer_name, ''), enrollment.employer_name),
        employer_credit_code = COALESCE(NULLIF(staged.employer_credit_code, ''), enrollment.employer_credit_code),
        registers_due_at = %(now)s
    FROM roster_staging AS staged WHERE enrollment.id = staged.enrollment_id
"""
CHANGE_MOBILES: Final = """
    UPDATE enrollment_trainee AS trainee SET mobile = staged.mobile, mobile_hash = staged.mobile_hash
    FROM roster_staging AS staged JOIN enrollment_enrollment AS enrollment ON enrollment.id = enrollment_id
    WHERE trainee.id = enrollment.trainee_id AND 'mobile' = ANY (staged.fields)
"""
NOTE_CHANGES: Final = """
    INSERT INTO enrollment_enrollmentchange
        (enrollment_id, act, roster_row_id, fields, former_values, reason, done_by_id, done_at)
    SELECT enrollment_id, %(act)s, roster_row_id, fields, former_values, '', %(by)s, %(now)s
    FROM roster_staging WHERE enrollment_id IS NOT NULL ORDER BY number
"""


class Staging:
    """The rows of one roster on their way in, and the questions that are asked of them there."""

    def __init__(self, training_class: TrainingClass, *, confirmer_id: int, now: datetime) -> None:
        self._parameters: dict[str, Any] = {
            "class": training_class.pk,
            "period": DateRange(training_class.starts_on, training_class.ends_on, "[]"),
            "by": confirmer_id,
            "now": now,
            "in_training": tuple(status.value for status in IN_TRAINING),
            "left": tuple(status.value for status in queries.HAS_LEFT),
            "source": AccountSource.ROSTER.value,
            "enrolled": EnrollmentStatus.ENROLLED.value,
            "act": EnrollmentAct.ROSTER_CHANGE.value,
        }
        self._run(CREATE)

    def add_people(self) -> None:
        """Make a trainee of everybody whom nobody has enrolled before."""
        self._run(ADD_TRAINEES)

    def known_trainees(self) -> list[int]:
        """Return the trainees whom the roster names and who were there before it."""
        return self._numbers(KNOWN_TRAINEES)

    def name_people(self) -> None:
        """Find out who everybody is."""
        self._run(NAME_PEOPLE)
        self._run(ROWS_OF_PEOPLE)
        self._run("ANALYZE roster_staging")
        self._run("ANALYZE roster_person_rows")

    def known_otherwise(self) -> list[int]:
        """Return the numbers of the rows whose people are known under another name."""
        return self._numbers(KNOWN_OTHERWISE)

    def one_person(self) -> list[int]:
        """Return the numbers of the rows that turn out to name one person twice, under two ID numbers."""
        return self._numbers(ONE_PERSON)

    def have_left(self) -> list[int]:
        """Return the numbers of the rows whose people have left the class."""
        return self._numbers(HAVE_LEFT)

    def elsewhere(self) -> list[int]:
        """Return the numbers of the rows whose people are in another class over the same days."""
        return self._numbers(ELSEWHERE)

    def leave_out_enrolled(self) -> None:
        """Forget the rows of newcomers who are in the class by now."""
        self._run(DROP_ENROLLED)

    def newcomer_count(self) -> int:
        """Return how many people would be enrolled."""
        return self._numbers("SELECT count(*) FROM roster_staging WHERE enrollment_id IS NULL")[0]

    def put_in(self) -> int:
        """Write accounts, changes and enrollments, and return how many rows went in."""
        self._run(ADD_ACCOUNTS)
        changed_count = self._run(CHANGE_ENROLLMENTS)
        if changed_count:
            self._run(CHANGE_MOBILES)
            self._run(NOTE_CHANGES)
        put_in_count = changed_count + self._run(ADD_ENROLLMENTS)
        self._run("DROP TABLE roster_staging, roster_person_rows")
        return put_in_count

    def _run(self, statement: str) -> int:
        with without_quoted_rows(), connection.cursor() as cursor:
            cursor.execute(statement, self._parameters)
            return cursor.rowcount

    def _numbers(self, statement: str) -> list[int]:
        with connection.cursor() as cursor:
            cursor.execute(statement, self._parameters)
            return [number for (number,) in cursor.fetchall()]


def first_numbers(numbers: Sequence[int]) -> str:
    """Return the first few row numbers, for a message."""
    shown = ", ".join(str(number) for number in numbers[:8])
    return f"{shown}, …" if len(numbers) > 8 else shown
