"""Rosters beside the least that could be done: the bare read, the bare COPY, and django-import-export.

With 100,000 trainees in the database, five rosters of 10,000 new people are received, checked and confirmed, each
beside the bare read of the same file and the bare COPY of the rows that it has put in. Then one of 100,000 goes
through a process of its own, whose memory is asked for, and one of 2,000 through django-import-export.
"""

import io
import json
import marshal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from statistics import median
from typing import Any, Final

from benchmarks.measuring import Bench, Result, Target, median_seconds, ratio, seconds_of

TARGETS: Final = {
    "preview_vs_bare_read": Target(at_most=4),
    "confirm_vs_copy": Target(at_most=4),
    "speedup_vs_import_export": Target(at_least=25),
    "peak_mb": Target(at_most=300),
}
# What the reader does and nothing else: the file in, the rows back.
BARE_READ: Final = """
import io, marshal, sys
from python_calamine import CalamineWorkbook
sheet = CalamineWorkbook.from_filelike(io.BytesIO(sys.stdin.buffer.read())).get_sheet_by_index(0)
marshal.dump(list(sheet.iter_rows()), sys.stdout.buffer)
"""
# What a confirmation puts in, in the order in which the rows need each other, and how to take it out again.
WHAT_WENT_IN: Final = {
    "enrollment_trainee": (
        "SELECT * FROM enrollment_trainee"
        " WHERE id IN (SELECT trainee_id FROM enrollment_enrollment WHERE training_class_id = %s)"
    ),
    "enrollment_bankaccount": (
        "SELECT * FROM enrollment_bankaccount"
        " WHERE trainee_id IN (SELECT trainee_id FROM enrollment_enrollment WHERE training_class_id = %s)"
    ),
    "enrollment_enrollment": "SELECT * FROM enrollment_enrollment WHERE training_class_id = %s",
}
TAKE_OUT: Final = (
    "DELETE FROM enrollment_bankaccount"
    " WHERE trainee_id IN (SELECT trainee_id FROM enrollment_enrollment WHERE training_class_id = %s)",
    "DELETE FROM enrollment_trainee"
    " WHERE id IN (SELECT trainee_id FROM enrollment_enrollment WHERE training_class_id = %s)",
    "DELETE FROM enrollment_enrollment WHERE training_class_id = %s",
)
FAMILY_NAMES: Final = "赵钱孙李周吴郑王"
GIVEN_NAMES: Final = "伟芳娜敏静丽强磊军洋"


@dataclass
class Timings:
    """What each repeat took."""

    bare_read: list[float] = field(default_factory=list)
    preview: list[float] = field(default_factory=list)
    bare_copy: list[float] = field(default_factory=list)
    confirm: list[float] = field(default_factory=list)


def run(bench: Bench) -> Result:
    """Measure, and return what was found."""
    from benchmarks.import_export import seconds_with_import_export
    from demo.generator import make_trainees

    people = new_people()
    known = bench.rows(100_000, quick=500)
    bench.say(f"making {known:,} trainees")
    make_trainees(known, seed=1)

    timings = Timings()
    count = bench.rows(10_000, quick=200)
    for repeat in range(bench.repeats()):
        bench.say(f"roster {repeat + 1} of {count:,} people")
        _measure_one(timings, roster_workbook(people, count))

    many = bench.rows(100_000, quick=1_000)
    bench.say(f"one roster of {many:,} people in a process of its own")
    whole = _measure_many(roster_workbook(people, many), many)

    few = bench.rows(2_000, quick=50)
    bench.say(f"{few:,} people through django-import-export")
    other = seconds_with_import_export(roster_workbook(people, few, is_plain=True), new_class(few))

    return Result(
        figures={
            "bare_read_10k_s": median(timings.bare_read),
            "preview_10k_s": median(timings.preview),
            "bare_copy_10k_s": median(timings.bare_copy),
            "confirm_10k_s": median(timings.confirm),
            "check_100k_s": whole["check"],
            "confirm_100k_s": whole["confirm"],
            "rows_per_second_100k": many / whole["all"],
            "import_export_rows_per_second": few / other,
            "peak_mb": whole["peak_mb"],
        },
        ratios={
            "preview_vs_bare_read": ratio(median(timings.preview), median(timings.bare_read)),
            "confirm_vs_copy": ratio(median(timings.confirm), median(timings.bare_copy)),
            "speedup_vs_import_export": ratio(other / few, whole["all"] / many),
        },
        targets=TARGETS,
    )


def _measure_one(timings: Timings, content: bytes) -> None:
    from django.utils import timezone

    from enrollment.services.roster_checks import check_roster

    training_class = new_class(20_000)
    timings.bare_read.append(median_seconds(lambda: bare_read(content), repeats=3))
    uploads: list[Any] = []

    def preview() -> None:
        upload = received(training_class, content)
        uploads.append(check_roster(upload_id=upload.pk, now=timezone.now(), holders_of=holders_of()))

    timings.preview.append(seconds_of(preview))
    upload = uploads[0]
    if upload is None or upload.status != "READY" or upload.refused_count:
        raise RuntimeError(f"The roster was not ready: {upload and upload.status}.")
    timings.confirm.append(seconds_of(lambda: confirm(upload)))
    timings.bare_copy.append(_seconds_of_bare_copy(training_class.pk))


def bare_read(content: bytes) -> list[list[Any]]:
    """Return the rows of a workbook as the bare reader gives them, from a child process."""
    child = subprocess.run(
        [sys.executable, "-I", "-c", BARE_READ], input=content, capture_output=True, check=True
    )
    rows: list[list[Any]] = marshal.loads(child.stdout)  # noqa: S302 - from our own child
    return rows


def _seconds_of_bare_copy(class_id: int) -> float:
    """Take out the rows that a confirmation has put in, and return how long a bare COPY takes to put them back.

    With every index, constraint and trigger of the tables, and committed, as the confirmation was.
    """
    from django.db import connection, transaction

    texts: dict[str, str] = {}
    with transaction.atomic(), connection.cursor() as cursor:
        for table, selection in WHAT_WENT_IN.items():
            text = io.StringIO()
            cursor.copy_expert(f"COPY ({cursor.mogrify(selection, [class_id]).decode()}) TO STDOUT", text)
            texts[table] = text.getvalue()
        # The tables give nothing back. As a replica the database fires no trigger: here, in its own database.
        cursor.execute("SET LOCAL session_replication_role = replica")
        for statement in TAKE_OUT:
            cursor.execute(statement, [class_id])
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE " + ", ".join(WHAT_WENT_IN))

    def bare_copy() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            for table, text in texts.items():
                cursor.copy_expert(f"COPY {table} FROM STDIN", io.StringIO(text))

    return seconds_of(bare_copy)


def _measure_many(content: bytes, many: int) -> dict[str, float]:
    """Return what 100,000 rows take in a fresh process, and its peak."""
    uploads: list[Any] = []
    training_class = new_class(many)
    receiving = seconds_of(lambda: uploads.append(received(training_class, content)))
    child = subprocess.run(
        [sys.executable, "-m", "benchmarks.roster_child", str(uploads[0].pk)],
        capture_output=True,
        check=True,
        text=True,
    )
    answer: dict[str, float] = json.loads(child.stdout.splitlines()[-1])
    return {**answer, "all": receiving + answer["check"] + answer["confirm"]}


def received(training_class: Any, content: bytes) -> Any:
    from django.utils import timezone

    from enrollment.services.roster_uploads import UploadedFile, receive_roster

    return receive_roster(
        class_id=training_class.pk,
        uploader=training_class.filed_by,
        file=UploadedFile("roster.xlsx", content),
        now=timezone.now(),
    )


def confirm(upload: Any) -> Any:
    from django.utils import timezone

    from enrollment.services.roster_confirmation import confirm_roster

    return confirm_roster(
        upload_id=upload.pk,
        confirmer=upload.uploaded_by,
        takes_warned_rows=True,
        holders_of=holders_of(),
        now=timezone.now(),
    )


def holders_of() -> Callable[..., set[str]]:
    from enrollment.queries import certificate_holders

    return certificate_holders()


def new_class(seats: int) -> Any:
    """Return a class that takes rosters, at an institution of the generated world."""
    from django.utils import timezone

    from enrollment.models import TrainingClass

    like = TrainingClass.objects.filter(confirmed_at__isnull=False).select_related("filed_by").first()
    if like is None or like.filed_by is None:
        raise RuntimeError("The generated world has no confirmed class.")
    now = timezone.now()
    starts_on = timezone.localdate(now) + timedelta(days=30)
    return TrainingClass.objects.create(
        reference=f"BENCH-{TrainingClass.objects.count()}",
        institution=like.institution,
        district=like.district,
        occupation=like.occupation,
        direction=like.direction,
        level=like.level,
        starts_on=starts_on,
        ends_on=starts_on + timedelta(days=90),
        seat_count=seats,
        status="CONFIRMED",
        drafted_by=like.filed_by,
        drafted_at=now,
        filed_by=like.filed_by,
        filed_at=now,
        confirmed_by=like.confirmed_by,
        confirmed_at=now,
    )


def new_people() -> Iterator[dict[str, str]]:
    """Yield people whom nobody has enrolled, every column of theirs filled that a graduating student fills."""
    from demo.identifiers import make_card_number, make_cnaps, make_mobile, make_resident_id

    number = 0
    while True:
        born_on = date(1990, 1, 1) + timedelta(days=number // 1000)
        yield {
            "name": FAMILY_NAMES[number % 8] + GIVEN_NAMES[number // 8 % 10] + GIVEN_NAMES[number // 80 % 10],
            "id_number": make_resident_id(born_on=born_on, sequence=number % 1000),
            "birth_date": born_on.isoformat(),
            "mobile": make_mobile(90_000_000 + number),
            "category": "GRADUATING_STUDENT",
            "education": "BACHELOR",
            "school": f"示范大学第{number % 50}学院",
            "student_number": f"2022{number:08d}",
            "graduated_on": "2027-06-30",
            "employer_name": "示范数字科技有限公司" if number % 4 == 0 else "",
            "bank_account": make_card_number(900_000_000_000 + number),
            "bank_name": "示范银行渝中支行",
            "bank_cnaps": make_cnaps(1),
            "remarks": "住校" if number % 10 == 0 else "",
        }
        number += 1


def roster_workbook(people: Iterator[dict[str, str]], count: int, *, is_plain: bool = False) -> bytes:
    """Return a roster of the next people: the template filled in, or a sheet with a header and nothing else."""
    from enrollment.roster.template import write_roster

    rows = [next(people) for _ in range(count)]
    if not is_plain:
        return write_roster(rows)
    import xlsxwriter

    from enrollment.roster.columns import ROSTER_COLUMNS

    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"in_memory": True}) as workbook:
        sheet = workbook.add_worksheet()
        sheet.write_row(0, 0, [column.key for column in ROSTER_COLUMNS])
        for place, row in enumerate(rows, start=1):
            for column_place, column in enumerate(ROSTER_COLUMNS):
                sheet.write_string(place, column_place, row.get(column.key, ""))
    return target.getvalue()
