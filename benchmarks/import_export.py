"""The same roster by django-import-export: the same checks of every row, and the same rows written.

As the library is meant to be used: a resource whose hooks check and save one row at a time, a preview as a dry run,
and the import itself, each of which reads the file.
"""

import json
import time
from typing import Any

import tablib
from django.core.exceptions import ValidationError
from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils import timezone
from import_export import resources
from import_export.results import RowResult

from chongqing_dte.foundation.tabular import clean_cell
from enrollment import queries
from enrollment.models import BankAccount, Enrollment, RosterRow, RosterUpload, Trainee, TrainingClass
from enrollment.roster.checks import Circumstances, find_problems
from enrollment.roster.columns import ROSTER_COLUMNS
from enrollment.roster.rows import RosterRow as ReadRow


class RosterResource(resources.ModelResource):
    """One roster for one class."""

    class Meta:
        model = Enrollment
        fields: tuple[str, ...] = ()
        import_id_fields: tuple[str, ...] = ()
        use_transactions = True
        skip_diff = True

    def __init__(self, training_class: TrainingClass) -> None:
        super().__init__()
        self.training_class = training_class
        self.now = timezone.now()
        self.number = 0

    def before_import(self, dataset: tablib.Dataset, **_options: Any) -> None:
        """Keep the upload, and look for what only shows over all rows."""
        numbers = dataset["id_number"]
        if len(set(numbers)) != len(numbers):
            raise ValidationError("An ID number appears more than once.")
        self.upload = RosterUpload.objects.create(
            training_class=self.training_class,
            file_name="roster.xlsx",
            content=b"",
            sha256=f"import-export-{self.now.timestamp()}-{id(dataset)}",
            status="READY",
            checked_at=self.now,
            uploaded_by=self.training_class.drafted_by,
            uploaded_at=self.now,
        )
        self.number = 1

    def before_import_row(self, row: dict[str, Any], **_options: Any) -> None:
        """Clean and check one row."""
        self.number += 1
        texts = {column.key: clean_cell(row[column.key], column).text for column in ROSTER_COLUMNS}
        row["cleaned"] = ReadRow(self.number, frozenset(), frozenset(), **texts)
        self.hashed = queries.id_number_hash(texts["id_number"])
        if any(
            p.severity == "error"
            for p in find_problems([row["cleaned"]], self._circumstances(row["cleaned"]))
        ):
            raise ValidationError("The row has a problem.")

    def _circumstances(self, row: ReadRow) -> Circumstances:
        people = queries.known_people([self.hashed])
        rows = queries.rows_of_people(people)
        members = queries.members_of_class(self.training_class, people, rows)
        busy = queries.overlapping_classes(self.training_class, people, rows)
        certified = queries.certificate_holders()(
            occupation_id=self.training_class.occupation_id,
            level=self.training_class.level,
            hashes=[self.hashed],
        )
        number = row.id_number
        accounts = queries.account_owners([queries.account_number_hash(row.bank_account)])
        mobiles = queries.mobile_owners([queries.mobile_number_hash(row.mobile)])
        return Circumstances(
            today=timezone.localdate(self.now),
            hashes={number: self.hashed},
            enrolled=_for_one(number, [member.facts for member in members.values()]),
            busy=_for_one(number, list(busy.values())),
            certified={number} if certified else set(),
            known_names=_for_one(number, [person.name for person in people.values()]),
            account_owners=_for_one(row.bank_account, list(accounts.values())),
            mobile_owners=_for_one(row.mobile, list(mobiles.values())),
        )

    def get_or_init_instance(self, _loader: Any, _row: dict[str, Any]) -> tuple[Enrollment, bool]:
        """Every row of this roster enrolls somebody."""
        return Enrollment(), True

    def import_instance(self, instance: Enrollment, row: dict[str, Any], **_options: Any) -> None:
        """Take the cells over."""
        said = row["cleaned"]
        instance.training_class = self.training_class
        instance.training_period = DateRange(self.training_class.starts_on, self.training_class.ends_on, "[]")
        instance.category = said.category
        instance.education = said.education
        instance.school = said.school
        instance.student_number = said.student_number
        instance.graduated_on = said.graduated_on or None
        instance.employer_name = said.employer_name
        instance.employer_credit_code = said.employer_credit_code
        instance.enrolled_at = instance.registers_due_at = self.now

    def save_instance(
        self, instance: Enrollment, _is_create: object, row: dict[str, Any], **_options: Any
    ) -> None:
        """Write the row, the person, the account and the enrollment, in the preview's transaction too."""
        said = row["cleaned"]
        instance.roster_row = RosterRow.objects.create(
            upload=self.upload,
            number=said.number,
            outcome="NEW",
            id_number_hash=self.hashed,
            cells=json.dumps({column.key: said.value(column.key) for column in ROSTER_COLUMNS}),
        )
        instance.trainee, _made = Trainee.objects.get_or_create(
            id_number_hash=self.hashed,
            defaults={
                "name": said.name,
                "id_number": said.id_number,
                "birth_date": said.birth_date,
                "mobile": said.mobile,
                "mobile_hash": queries.mobile_number_hash(said.mobile),
                "recorded_at": self.now,
            },
        )
        BankAccount.objects.create(
            trainee=instance.trainee,
            number=said.bank_account,
            number_hash=queries.account_number_hash(said.bank_account),
            last_four=said.bank_account[-4:],
            bank_name=said.bank_name,
            cnaps=said.bank_cnaps,
            source="ROSTER",
            recorded_by=self.training_class.drafted_by,
            recorded_at=self.now,
        )
        instance.save()

    def get_row_result_class(self) -> type[RowResult]:
        """Return the library's own."""
        return RowResult


def _for_one(key: str, found: list[Any]) -> dict[str, Any]:
    return {key: found[0]} if found else {}


def seconds_with_import_export(content: bytes, training_class: TrainingClass) -> float:
    """Return what preview and import of a workbook take together. Raises RuntimeError unless every row went in."""
    started = time.perf_counter()
    for is_preview in (True, False):
        dataset = tablib.Dataset().load(content, format="xlsx")
        result = RosterResource(training_class).import_data(dataset, dry_run=is_preview, raise_errors=True)
    seconds = time.perf_counter() - started
    if result.totals["new"] != len(dataset):
        raise RuntimeError(f"django-import-export put in {result.totals['new']} of {len(dataset)} rows.")
    return seconds
