import csv
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange

from institutions.models import District, DistrictSuccession, Field, Occupation, ProgrammeYear

FOLDER = Path(__file__).resolve().parent.parent / "reference"


@transaction.atomic(durable=True)
def load_reference_data() -> dict[str, int]:
    """Load districts with their history, fields, occupations and programme years, and return how many there are.

    Safe to repeat: what is there is brought up to the files, and nothing is removed.
    """
    for row in _rows("districts.csv"):
        District.objects.update_or_create(
            code=row["code"],
            defaults={
                "name_zh": row["name_zh"],
                "name_en": row["name_en"],
                "kind": row["kind"].upper(),
                "in_force": DateRange(_date(row["valid_from"]), _date(row["valid_to"])),
            },
        )
    districts = {district.code: district for district in District.objects.all()}
    for row in _rows("districts.csv"):
        for successor in filter(None, row["successors"].split(";")):
            DistrictSuccession.objects.get_or_create(
                predecessor=districts[row["code"]], successor=districts[successor]
            )
    for row in _rows("fields.csv"):
        Field.objects.update_or_create(
            code=row["code"],
            defaults={"name_zh": row["name_zh"], "name_en": row["name_en"], "is_key": row["is_key"] == "yes"},
        )
    fields = {field.code: field for field in Field.objects.all()}
    for row in _rows("occupations.csv"):
        Occupation.objects.update_or_create(
            code=row["code"],
            defaults={
                "former_code": row["former_code"],
                "name_zh": row["name_zh"],
                "name_en": row["name_en"],
                "field": fields[row["field"]],
            },
        )
    for row in _rows("programme_years.csv"):
        # The bureau may have set another target since, and that one stays.
        ProgrammeYear.objects.get_or_create(
            year=int(row["year"]), defaults={"target": int(row["target"]), "source": row["source"]}
        )
    return {
        model._meta.label: model.objects.count() for model in (District, Field, Occupation, ProgrammeYear)
    }


def _rows(name: str) -> Iterator[dict[str, str]]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def _date(text: str) -> date | None:
    return date.fromisoformat(text) if text else None
