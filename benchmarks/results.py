"""Results beside the least that could be done: the bare COPY of the same rows.

With 100,000 trainees in the database, five result lists of 10,000 candidates are checked and recorded with their
certificates, each beside the bare COPY of the attempts and certificates that it has put in. One more goes through a
process of its own, whose memory is asked for.
"""

import io
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any, Final

from benchmarks.measuring import Bench, Result, Target, ratio, seconds_of
from benchmarks.roster import confirm, holders_of, new_class, new_people, received, roster_workbook

TARGETS: Final = {
    "results_vs_copy": Target(at_most=6),
    "first_pass_growth_1m_vs_10k": Target(at_most=1.2),
    "peak_mb": Target(at_most=300),
}
# The rows that a recording puts in, in the order in which they need each other, and how to take them out again.
WHAT_WENT_IN: Final = {
    "assessment_attempt": "SELECT * FROM assessment_attempt WHERE session_id = %s ORDER BY id",
    "assessment_levelcertificate": (
        "SELECT * FROM assessment_levelcertificate"
        " WHERE attempt_id IN (SELECT id FROM assessment_attempt WHERE session_id = %s) ORDER BY id"
    ),
}
TAKE_OUT: Final = (
    "DELETE FROM assessment_levelcertificate"
    " WHERE attempt_id IN (SELECT id FROM assessment_attempt WHERE session_id = %s)",
    "DELETE FROM assessment_attempt WHERE session_id = %s",
)
# The growth of the derivation of first passes is measured by a module of its own.
GROWTH_MODULE: Final = "benchmarks.first_pass"


def run(bench: Bench) -> Result:
    """Measure, and return what was found."""
    from demo.generator import make_trainees

    known = bench.rows(100_000, quick=500)
    bench.say(f"making {known:,} trainees")
    make_trainees(known, seed=1)
    count = bench.rows(10_000, quick=200)
    bench.say(f"training {count:,} people")
    training_class = _completed_class(count)

    checking: list[float] = []
    recording: list[float] = []
    copying: list[float] = []
    for repeat in range(bench.repeats()):
        bench.say(f"results {repeat + 1} of {count:,} candidates")
        session = _admitted_session(training_class)
        content = _result_list(session)
        uploads: list[Any] = []
        checking.append(seconds_of(_checking(session, content, uploads)))
        recording.append(seconds_of(_recording(uploads[0])))
        copying.append(_seconds_of_bare_copy(session.pk))

    bench.say("one list in a process of its own")
    peak = _peak_of(_admitted_session(training_class), bench.folder / "results.xlsx")
    ratios = {
        # Pair by pair: the tables grow, for both of a pair alike.
        "results_vs_copy": median(
            ratio(check + record, copy)
            for check, record, copy in zip(checking, recording, copying, strict=True)
        )
    }
    if find_spec(GROWTH_MODULE) is not None:
        bench.say("the derivation of first passes")
        ratios["first_pass_growth_1m_vs_10k"] = import_module(GROWTH_MODULE).measure_growth(bench)
    return Result(
        figures={
            "check_10k_s": median(checking),
            "record_10k_s": median(recording),
            "bare_copy_10k_s": median(copying),
            "peak_mb": peak,
        },
        ratios=ratios,
        targets=TARGETS,
    )


def check_list(session: Any, content: bytes) -> Any:
    """Return a list as it was checked, by the session's own operator."""
    from django.utils import timezone

    from assessment.services.results import check_results

    upload = check_results(
        session_id=session.pk,
        operator=session.filed_by,
        file_name="results.xlsx",
        content=content,
        now=timezone.now(),
    )
    if upload.status != "READY":
        raise RuntimeError(f"The list was not ready: {upload.problems[:3]}.")
    return upload


def record_list(upload: Any) -> None:
    from django.utils import timezone

    from assessment.services.results import record_results

    recorded = record_results(upload_id=upload.pk, operator=upload.uploaded_by, now=timezone.now())
    if recorded.status != "RECORDED":
        raise RuntimeError(f"The list was not recorded: {recorded.problems[:3]}.")


def _checking(session: Any, content: bytes, uploads: list[Any]) -> Callable[[], None]:
    return lambda: uploads.append(check_list(session, content))


def _recording(upload: Any) -> Callable[[], None]:
    return lambda: record_list(upload)


def _seconds_of_bare_copy(session_id: int) -> float:
    """Take out the rows that a recording has put in, and return how long a bare COPY takes to put them back.

    With every index, constraint and trigger of the tables, and committed, as the recording was.
    """
    from django.db import connection, transaction

    texts: dict[str, str] = {}
    with transaction.atomic(), connection.cursor() as cursor:
        for table, selection in WHAT_WENT_IN.items():
            text = io.StringIO()
            cursor.copy_expert(f"COPY ({cursor.mogrify(selection, [session_id]).decode()}) TO STDOUT", text)
            texts[table] = text.getvalue()
        # The tables give nothing back. As a replica the database fires no trigger: here, in its own database.
        cursor.execute("SET LOCAL session_replication_role = replica")
        for statement in TAKE_OUT:
            cursor.execute(statement, [session_id])
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE " + ", ".join(WHAT_WENT_IN))

    def bare_copy() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            for table, text in texts.items():
                cursor.copy_expert(f"COPY {table} FROM STDIN", io.StringIO(text))

    return seconds_of(bare_copy)


def _peak_of(session: Any, path: Path) -> float:
    path.write_bytes(_result_list(session))
    child = subprocess.run(
        [sys.executable, "-m", "benchmarks.results_child", str(session.pk), str(path)],
        capture_output=True,
        check=True,
        text=True,
    )
    return float(child.stdout.splitlines()[-1])


def _completed_class(count: int) -> Any:
    """Return a class of so many people who have all completed it."""
    from django.utils import timezone

    from enrollment.models import Enrollment
    from enrollment.services.roster_checks import check_roster

    training_class = new_class(count)
    upload = received(training_class, roster_workbook(new_people(), count))
    checked = check_roster(upload_id=upload.pk, now=timezone.now(), holders_of=holders_of())
    confirm(checked)
    enrolled = Enrollment.objects.filter(training_class=training_class)
    if enrolled.update(status="COMPLETED", completed_at=timezone.now()) != count:
        raise RuntimeError("Not everybody was enrolled.")
    return training_class


def _admitted_session(training_class: Any) -> Any:
    """Return a session to which the whole class was admitted, and whose results are due."""
    from django.db import transaction
    from django.utils import timezone

    from assessment.models import AssessmentPolicy, AssessmentSession, SessionCandidate
    from chongqing_dte.foundation.bulk import copy_rows
    from enrollment.models import Enrollment

    operator = _operator(training_class.district)
    now = timezone.now()
    session = AssessmentSession.objects.create(
        reference=f"BENCH-{AssessmentSession.objects.count()}",
        institution=operator.institution,
        occupation=training_class.occupation,
        level=training_class.level,
        held_on=timezone.localdate(now) - timedelta(days=10),
        policy=AssessmentPolicy.objects.filter(approved_at__isnull=False).first(),
        theory_pass_mark=60,
        practice_pass_mark=60,
        filed_by=operator,
        filed_at=now,
        status="ADMITTED",
        admitted_by=operator,
        admitted_at=now,
    )
    enrolled = Enrollment.objects.filter(training_class=training_class).order_by("pk")
    with transaction.atomic():
        copy_rows(
            SessionCandidate,
            (
                "public_id",
                "session_id",
                "trainee_id",
                "enrollment_id",
                "origin",
                "admission_number",
                "added_by_id",
                "added_at",
            ),
            _candidates(session, list(enrolled.values_list("trainee_id", "pk", "public_id"))),
        )
    return session


def _operator(district: Any) -> Any:
    """Return the operator of an evaluation institution that trains nobody."""
    from institutions.models import Institution, User

    house, _ = Institution.objects.get_or_create(
        credit_code="91500000BENCHEVAL1",
        defaults={"name_zh": "示范评价中心", "name_en": "Example Evaluation Center", "district": district},
    )
    operator, _ = User.objects.get_or_create(
        username="bench-evaluator", defaults={"role": "EVALUATION_OPERATOR", "institution": house}
    )
    return operator


def _candidates(session: Any, enrolled: Any) -> Iterator[tuple[Any, ...]]:
    for place, (trainee_id, enrollment_id, public_id) in enumerate(enrolled, start=1):
        # The number of the enrollment made different for each session.
        number = str(public_id)[:-8] + f"{session.pk:08x}"
        yield (
            number,
            session.pk,
            trainee_id,
            enrollment_id,
            "TRAINED",
            f"{session.reference}-{place:05d}",
            session.filed_by_id,
            session.filed_at,
        )


def _result_list(session: Any) -> bytes:
    """Return the template as a clerk fills it in: four of five have passed, and one in twenty was absent."""
    from assessment.queries import admitted_names
    from assessment.results.template import write_results

    return write_results(
        (
            {"admission_number": number, "name": name, **_result(session, place)}
            for place, (number, name) in enumerate(admitted_names(session))
        ),
        session_reference=session.reference,
    )


def _result(session: Any, place: int) -> dict[str, str]:
    if place % 20 == 19:
        return {"outcome": "ABSENT"}
    if place % 20 in {4, 9, 14}:
        return {
            "outcome": "FAILED",
            "theory_score": f"{60 + place % 40}.5",
            "practice_score": str(place % 60),
        }
    return {
        "outcome": "PASSED",
        "theory_score": f"{60 + place % 40}.5",
        "practice_score": str(60 + place // 40 % 41),
        "certificate_number": f"CQ{session.pk:06d}{place:06d}",
        "certificate_issued_on": date.isoformat(session.held_on + timedelta(days=1)),
    }
