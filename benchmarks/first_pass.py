"""What the derivation of a first pass costs for each certificate, with 1,000,000 attempts and with 10,000.

Both sizes stand beside each other, each in a schema of its own whose tables have the columns, checks and indexes of
the portal's. Certificates that are due are taken from both in turn, in sets of 500 as a sweep takes them: the newest,
in the order in which they were recorded, and none of them twice. The chains of their people are read, and of each
pass it is derived whether it is the first.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import median
from typing import Any, Final

from benchmarks.measuring import Bench, Result, Target, ratio, seconds_of

TARGETS: Final = {"first_pass_growth_1m_vs_10k": Target(at_most=1.2)}
SET: Final = 500
# Of each size, as many certificates are due.
DUE: Final = 5_000
TABLES: Final = (
    "assessment_assessmentsession",
    "assessment_attempt",
    "assessment_levelcertificate",
    "enrollment_trainee",
)
# %(attempts)s attempts of half as many people, each of whom sat twice with their class of 50: the second time in
# another session than the class beside them. One result in 101 was corrected, one person in 101 has two rows.
FILLING: Final = """
    INSERT INTO assessment_assessmentsession (id, public_id, reference, institution_id, occupation_id, direction,
        level, held_on, status, filed_by_id, filed_at, admitted_by_id, admitted_at, cancel_reason,
        certificate_origin, theory_pass_mark, practice_pass_mark)
    SELECT n, gen_random_uuid(), 'S-' || n, n %% 20 + 1, n %% 5 + 1, '', 'JUNIOR', date '2025-01-01' + n %% 600,
           'RECORDED', 1, now(), 1, now(), '', 'INSTITUTION', 60, 60
    FROM generate_series(1, %(attempts)s / 100) n;

    INSERT INTO enrollment_trainee (id, public_id, name, id_number, id_number_hash, birth_date, mobile, mobile_hash,
        recorded_at, merged_into_id)
    SELECT n, gen_random_uuid(), '张' || n, sha256(n::text::bytea), md5(n::text), date '2000-01-01',
           sha256(n::text::bytea), md5(n::text), now(), CASE WHEN n %% 101 = 0 THEN n - 1 END
    FROM generate_series(1, %(attempts)s / 2) n;

    INSERT INTO assessment_attempt (id, session_id, enrollment_id, trainee_id, results_upload_id, row_number,
        outcome, theory_score, practice_score, recorded_at)
    SELECT n, session_id, trainee_id, trainee_id, session_id, n %% 100 + 3, outcome, 80,
           CASE outcome WHEN 'PASSED' THEN 75 ELSE 41 END, now()
    FROM (
        SELECT n, (n - 1) / 100 + 1 AS session_id,
               CASE WHEN n <= %(attempts)s / 2 THEN n
                    ELSE ((n - 1) / 50 * 7919) %% (%(attempts)s / 100) * 50 + (n - 1) %% 50 + 1 END AS trainee_id,
               CASE WHEN n <= %(attempts)s / 2 AND n %% 3 = 0 THEN 'FAILED' ELSE 'PASSED' END AS outcome
        FROM generate_series(1, %(attempts)s) n
    ) sat;

    INSERT INTO assessment_attempt (id, session_id, enrollment_id, trainee_id, row_number, supersedes_id,
        correction_id, outcome, theory_score, practice_score, recorded_at)
    SELECT %(attempts)s + id / 101, session_id, enrollment_id, trainee_id, row_number, id, id / 101, 'PASSED', 81,
           76, now()
    FROM assessment_attempt WHERE id %% 101 = 0;

    INSERT INTO assessment_levelcertificate (id, public_id, number, institution_id, attempt_id, trainee_id,
        occupation_id, direction, level, issued_on, status, recorded_at, decision_due)
    SELECT attempt.id, gen_random_uuid(), 'C-' || attempt.id, session.institution_id, attempt.id,
           attempt.trainee_id, session.occupation_id, '', session.level, session.held_on + 9, 'VALID', now(),
           attempt.id > %(attempts)s - %(due)s
    FROM assessment_attempt attempt JOIN assessment_assessmentsession session ON session.id = attempt.session_id
    WHERE attempt.outcome = 'PASSED' AND attempt.id <= %(attempts)s
"""


@dataclass
class Size:
    """One number of attempts in a schema of its own, and what each set of its certificates took."""

    attempts: int
    certificate_ids: list[int] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    @property
    def schema(self) -> str:
        """The name of the schema."""
        return f"first_pass_{self.attempts}"


def run(bench: Bench) -> Result:
    """Measure, and return what was found."""
    small, large = _measure(bench)
    return Result(
        figures={
            "certificate_10k_us": 1_000_000 * median(small.seconds) / SET,
            "certificate_1m_us": 1_000_000 * median(large.seconds) / SET,
        },
        ratios={"first_pass_growth_1m_vs_10k": ratio(median(large.seconds), median(small.seconds))},
        targets=TARGETS,
    )


def measure_growth(bench: Bench) -> float:
    """Return how many times as much a certificate costs with 1,000,000 attempts as with 10,000."""
    small, large = _measure(bench)
    return ratio(median(large.seconds), median(small.seconds))


def _measure(bench: Bench) -> tuple[Size, Size]:
    small, large = Size(10_000), Size(bench.rows(1_000_000, quick=20_000))
    for size in (small, large):
        bench.say(f"filling in {size.attempts:,} attempts")
        _fill(size)
    for number in range(bench.repeats(9)):
        for size in (small, large) if number % 2 else (large, small):
            some = size.certificate_ids[number * SET : (number + 1) * SET]
            size.seconds.append(_seconds_of_set(size, some))
    for size in (small, large):
        _drop(size)
    return small, large


def _fill(size: Size) -> None:
    """Make a size's tables and fill them. They have no triggers and point at nothing outside."""
    from django.db import connection, transaction

    with transaction.atomic(), connection.cursor() as cursor:
        # A million rows in one statement take longer than a page may.
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute(f"CREATE SCHEMA {size.schema}")
        for table in TABLES:
            cursor.execute(
                f"CREATE TABLE {size.schema}.{table} (LIKE public.{table} INCLUDING ALL EXCLUDING INDEXES)"
            )
        cursor.execute(f"SET LOCAL search_path TO {size.schema}, public")
        cursor.execute(FILLING, {"attempts": size.attempts, "due": DUE})
        # Built over the rows that are there, an index takes a fraction of what it takes row by row.
        for definition in _index_definitions(cursor):
            cursor.execute(definition.replace(" ON public.", f" ON {size.schema}."))
        cursor.execute("SELECT id FROM assessment_levelcertificate WHERE decision_due ORDER BY id")
        size.certificate_ids = [certificate_id for (certificate_id,) in cursor.fetchall()]
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        for table in TABLES:
            cursor.execute(f"VACUUM ANALYZE {size.schema}.{table}")


def _index_definitions(cursor: Any) -> list[str]:
    """Return the statements that make the indexes of the portal's own tables."""
    cursor.execute(
        "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename = ANY(%s)", [list(TABLES)]
    )
    return [definition for (definition,) in cursor.fetchall()]


def _seconds_of_set(size: Size, certificate_ids: Sequence[int]) -> float:
    """Return how long the derivation takes for these certificates, in a transaction as the decision's."""
    from assessment.models import LevelCertificate

    with _in_schema(size):
        certificates = list(LevelCertificate.objects.filter(pk__in=certificate_ids).order_by("pk"))
        if len(certificates) != SET:
            raise RuntimeError(f"{len(certificates)} certificates were found instead of {SET}.")
        return seconds_of(lambda: derive(certificates))


def derive(certificates: Sequence[Any]) -> None:
    """Read the chains of these certificates' people, and derive of each pass whether it is the first."""
    from enrollment.queries import rows_of_persons
    from subsidies.rules.first_pass import derive_first_pass
    from subsidies.services.evidence import chains_of

    persons = rows_of_persons({certificate.trainee_id for certificate in certificates})
    chains = chains_of(persons)
    by_attempt = {
        sitting.sitting_id: (person_id, sitting)
        for person_id, sittings in chains.of_person.items()
        for sitting in sittings
    }
    for certificate in certificates:
        person_id, own = by_attempt[certificate.attempt_id]
        others = [sitting for sitting in chains.of_person[person_id] if sitting is not own]
        derive_first_pass(own, others, scope="PERSON", rule="FIRST_CERTIFICATE")


@contextmanager
def _in_schema(size: Size) -> Iterator[None]:
    from django.db import connection, transaction

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL search_path TO {size.schema}, public")
        yield


def _drop(size: Size) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(f"DROP SCHEMA {size.schema} CASCADE")
