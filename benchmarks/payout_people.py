"""People with certificates that wait for a decision, put in at one stroke, however many.

Everybody completed a class and holds an account; half of them graduate this year, half are employed. One in three
failed once before they passed. Nothing stands against anybody: every one of these certificates is granted. The rows of
the rosters and of the result lists that they came from are left out: no decision looks at them.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

# Tables that grow, in the order in which they need each other.
BEFORE: Final = (
    "enrollment_trainee",
    "enrollment_bankaccount",
    "enrollment_enrollment",
    "assessment_assessmentsession",
    "assessment_attempt",
    "assessment_levelcertificate",
)
AFTER: Final = (
    "subsidies_entitlement",
    "subsidies_payment",
    "subsidies_journalentry",
    "subsidies_journalline",
    "foundation_auditevent",
)
# Sittings of so many.
SITTING: Final = 50
# Enough for everybody.
PLENTY: Final = 9_000_000_000
FILLING: Final = (
    """
    INSERT INTO enrollment_trainee (id, public_id, name, id_number, id_number_hash, birth_date, mobile, mobile_hash,
        recorded_at)
    SELECT n, gen_random_uuid(), '张' || n, sample.id_number, encode(sha256(n::text::bytea), 'hex'),
           date '2000-01-01' + (n %% 3000)::int, sample.mobile, encode(sha256(('m' || n)::bytea), 'hex'), now()
    FROM generate_series(%(first)s, %(last)s) n,
         (SELECT id_number, mobile FROM enrollment_trainee ORDER BY id LIMIT 1) sample
    """,
    """
    INSERT INTO enrollment_bankaccount (id, number, number_hash, last_four, bank_name, cnaps, source, reason,
        recorded_at, recorded_by_id, trainee_id)
    SELECT n, sample.number, sample.number_hash, sample.last_four,
           sample.bank_name, sample.cnaps, sample.source, '', now(), %(user_id)s, n
    FROM generate_series(%(first)s, %(last)s) n,
         (SELECT number, number_hash, last_four, bank_name, cnaps, source FROM enrollment_bankaccount
          ORDER BY id LIMIT 1) sample
    """,
    """
    INSERT INTO enrollment_enrollment (id, public_id, category, education, school, student_number, graduated_on,
        employer_name, employer_credit_code, status, enrolled_at, completed_at, trainee_id, training_class_id,
        roster_row_id, training_period)
    SELECT n, gen_random_uuid(), CASE n %% 2 WHEN 0 THEN 'GRADUATING_STUDENT' ELSE 'ENTERPRISE_EMPLOYEE' END,
           'BACHELOR', CASE n %% 2 WHEN 0 THEN '示范大学' ELSE '' END, CASE n %% 2 WHEN 0 THEN n::text ELSE '' END,
           CASE n %% 2 WHEN 0 THEN make_date(extract(year FROM %(issued_on)s::date)::int, 6, 30) END,
           CASE n %% 2 WHEN 0 THEN '' ELSE '示范数字科技有限公司' END,
           CASE n %% 2 WHEN 0 THEN '' ELSE '91500000BENCHPAY01' END, 'COMPLETED', now(), now(), n, %(class_id)s, n,
           daterange(%(held_on)s::date - 40, %(held_on)s::date - 20)
    FROM generate_series(%(first)s, %(last)s) n
    """,
    """
    INSERT INTO assessment_assessmentsession (id, public_id, reference, institution_id, occupation_id, direction,
        level, held_on, status, filed_by_id, filed_at, admitted_by_id, admitted_at, cancel_reason,
        certificate_origin, theory_pass_mark, practice_pass_mark, policy_id)
    SELECT n, gen_random_uuid(), 'PAYOUT-' || n, %(institution_id)s, %(occupation_id)s, '', %(level)s,
           %(held_on)s::date - CASE n %% 2 WHEN 0 THEN 0 ELSE 15 END, 'RECORDED', %(user_id)s, now(), %(user_id)s,
           now(), '', 'INSTITUTION', 60, 60, %(assessment_policy_id)s
    FROM generate_series(2 * (%(first)s / %(sitting)s), 2 * (%(last)s / %(sitting)s) + 1) n
    """,
    """
    INSERT INTO assessment_attempt (id, session_id, results_upload_id, enrollment_id, trainee_id, row_number, outcome,
        theory_score, practice_score, recorded_at)
    SELECT 2 * n, 2 * (n / %(sitting)s), 2 * (n / %(sitting)s), n, n, n %% %(sitting)s + 3, 'PASSED', 80, 75, now()
    FROM generate_series(%(first)s, %(last)s) n
    UNION ALL
    SELECT 2 * n - 1, 2 * (n / %(sitting)s) + 1, 2 * (n / %(sitting)s) + 1, n, n, n %% %(sitting)s + 3, 'FAILED', 80,
           41, now()
    FROM generate_series(%(first)s, %(last)s) n WHERE n %% 3 = 0
    """,
    """
    INSERT INTO assessment_levelcertificate (id, public_id, number, institution_id, attempt_id, trainee_id,
        occupation_id, direction, level, issued_on, status, recorded_at, decision_due)
    SELECT n, gen_random_uuid(), 'PAYOUT-' || n, %(institution_id)s, 2 * n, n, %(occupation_id)s, '', %(level)s,
           %(issued_on)s, 'VALID', now(), true
    FROM generate_series(%(first)s, %(last)s) n
    """,
)

# Admitted to small sessions whose results are due, instead of certificates.
ADMITTING: Final = (
    """
    INSERT INTO assessment_assessmentsession (id, public_id, reference, institution_id, occupation_id, direction,
        level, held_on, status, filed_by_id, filed_at, admitted_by_id, admitted_at, cancel_reason,
        certificate_origin, theory_pass_mark, practice_pass_mark, policy_id)
    SELECT n, gen_random_uuid(), 'SMALL-' || n, %(institution_id)s, %(occupation_id)s, '', %(level)s,
           %(held_on)s, 'ADMITTED', %(user_id)s, now(), %(user_id)s, now(), '', 'INSTITUTION', 60, 60,
           %(assessment_policy_id)s
    FROM generate_series(%(first)s / %(sitting)s, %(last)s / %(sitting)s) n
    """,
    """
    INSERT INTO assessment_sessioncandidate (public_id, session_id, trainee_id, enrollment_id, origin,
        admission_number, added_by_id, added_at)
    SELECT gen_random_uuid(), n / %(sitting)s, n, n, 'TRAINED', 'SMALL-' || n, %(user_id)s, now()
    FROM generate_series(%(first)s, %(last)s) n
    """,
)


@dataclass(frozen=True)
class Certified:
    """The certificates of one filling: from the first id to the last, without a gap."""

    first: int
    last: int


def prepare_scene() -> None:
    """Make institutions with fees, classes, a policy and budgets with room for everybody."""
    from django.db import connection

    from demo.generator import make_trainees

    make_trainees(200, seed=1)
    with as_replica(), connection.cursor() as cursor:
        cursor.execute("UPDATE subsidies_budget SET allotted = %s", [PLENTY])


def fill_certificates(count: int, *, first: int | None = None) -> Certified:
    """Add so many people with a certificate each that is due, from a free id on if one is given."""
    return _fill(count, FILLING, SITTING, first)


def next_free_id() -> int:
    """Return the id from which on people can be added."""
    from django.db import connection

    with connection.cursor() as cursor:
        return (_highest_id(cursor) // SITTING + 1) * SITTING


def fill_candidates(count: int, *, sitting: int) -> Certified:
    """Add so many people who are admitted to sessions of so few, and whose results are due. The ids are theirs."""
    return _fill(count, (*FILLING[:3], *ADMITTING), sitting)


def _fill(count: int, statements: Sequence[str], sitting: int, first: int | None = None) -> Certified:
    from django.db import connection

    with as_replica(), connection.cursor() as cursor:
        first = first or next_free_id()
        values = {"first": first, "last": first + count - 1, "sitting": sitting, **scene()}
        for statement in statements:
            cursor.execute(statement, values)
        for table in BEFORE:
            # Behind the highest of them all, which is an attempt's.
            cursor.execute("SELECT setval(pg_get_serial_sequence(%s, 'id'), %s)", [table, 2 * values["last"]])
    return Certified(first, first + count - 1)


def settle_down() -> None:
    """Let the database look at what has grown, so that nothing of that falls into what is measured."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute("VACUUM ANALYZE " + ", ".join((*BEFORE, *AFTER)))
        cursor.execute("CHECKPOINT")
        cursor.execute("RESET statement_timeout")


@contextmanager
def as_replica() -> Iterator[None]:
    """Write without triggers and foreign keys, as a replica does: here, in the benchmark's own database."""
    from django.db import connection, transaction

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute("SET LOCAL session_replication_role = replica")
        yield


def _highest_id(cursor: Any) -> int:
    # The ids of sittings and attempts follow from those of the certificates. None of them looks like a sum of money.
    cursor.execute(
        "SELECT greatest(1000000, (SELECT max(id) FROM enrollment_trainee),"
        " (SELECT max(id) FROM enrollment_bankaccount), (SELECT max(id) FROM enrollment_enrollment),"
        " (SELECT max(id) FROM assessment_levelcertificate))"
    )
    (highest,) = cursor.fetchone()
    return int(highest)


def scene() -> dict[str, Any]:
    """Return where and when everybody is assessed: under a fee and a policy in force."""
    from django.utils import timezone

    from assessment.models import AssessmentPolicy
    from enrollment.models import TrainingClass
    from institutions.models import FeeSchedule, User

    issued_on = timezone.localdate() - timedelta(days=10)
    held_on = issued_on - timedelta(days=10)
    fee = FeeSchedule.objects.filter(in_force__contains=held_on, direction="").order_by("pk")[0]
    return {
        "issued_on": issued_on,
        "held_on": held_on,
        "institution_id": fee.institution_id,
        "occupation_id": fee.occupation_id,
        "level": fee.level,
        "class_id": TrainingClass.objects.order_by("pk")[0].pk,
        "user_id": User.objects.order_by("pk")[0].pk,
        "assessment_policy_id": AssessmentPolicy.objects.order_by("pk")[0].pk,
    }
