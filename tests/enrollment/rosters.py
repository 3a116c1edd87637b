"""Rosters as an institution fills them in, made on the spot."""

from datetime import date

from demo.identifiers import make_card_number, make_cnaps, make_mobile, make_resident_id
from enrollment.models import BankAccount, Enrollment, Trainee
from enrollment.queries import id_number_hash
from enrollment.roster.columns import ROSTER_COLUMNS
from enrollment.services.rosters import confirm_roster, receive_roster
from tests.clock import NOW
from tests.factories.enrollment import TraineeFactory, TrainingClassFactory
from tests.factories.workbooks import csv_file


def person(number, **changes):
    """Return the cells of a graduating student who has an account; the number makes them somebody else."""
    return {
        "name": f"李{'一二三四五六七八九十'[number % 10]}",
        "id_number": make_resident_id(born_on=date(2003, 5, 1), sequence=number),
        "mobile": make_mobile(number),
        "category": "GRADUATING_STUDENT",
        "education": "BACHELOR",
        "school": "重庆大学",
        "student_number": f"2022{number:04d}",
        "graduated_on": "2026-06-30",
        "bank_account": make_card_number(number),
        "bank_name": "重庆银行渝中支行",
        "bank_cnaps": make_cnaps(1),
        **changes,
    }


def roster_of(*people):
    """Return a file with these people."""
    header = [column.zh for column in ROSTER_COLUMNS]
    return csv_file([header, *([cells.get(column.key, "") for column in ROSTER_COLUMNS] for cells in people)])


def received(training_class=None, *people):
    """Return the upload of a roster with these people, or with one, that waits to be confirmed."""
    training_class = training_class or TrainingClassFactory(confirmed=True)
    return receive_roster(
        class_id=training_class.pk,
        uploader=training_class.filed_by,
        file_name="roster.csv",
        content=roster_of(*(people or [person(1)])),
        now=NOW,
    )


def confirm(upload, **changed):
    """Confirm the roster as the person who uploaded it does."""
    return confirm_roster(**{"upload_id": upload.pk, "confirmer": upload.uploaded_by, "now": NOW, **changed})


def nobody_is_enrolled():
    """Test that no roster has left anybody behind."""
    return not (Enrollment.objects.exists() or Trainee.objects.exists() or BankAccount.objects.exists())


def known_trainee(cells, **changed):
    """Return the person of a roster row as another class has enrolled them before."""
    return TraineeFactory(
        **{
            "name": cells["name"],
            "id_number": cells["id_number"],
            "id_number_hash": id_number_hash(cells["id_number"]),
            **changed,
        }
    )
