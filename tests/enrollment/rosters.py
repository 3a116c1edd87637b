"""Rosters as an institution fills them in, made on the spot."""

from datetime import date

import pytest

from chongqing_dte.foundation.errors import DomainError
from chongqing_dte.foundation.models import AuditEvent
from demo.identifiers import make_card_number, make_cnaps, make_mobile, make_resident_id
from enrollment.enums import RosterStatus
from enrollment.models import BankAccount, Enrollment, IntakePolicy, RosterUpload, Trainee
from enrollment.queries import id_number_hash
from enrollment.roster.columns import ROSTER_COLUMNS
from enrollment.services.roster_checks import check_roster
from enrollment.services.roster_confirmation import confirm_roster
from enrollment.services.roster_uploads import UploadedFile, receive_roster
from tests.clock import NOW
from tests.factories.enrollment import IntakePolicyFactory, TraineeFactory, TrainingClassFactory
from tests.factories.workbooks import csv_file

# Another class on other days, which takes rosters too.
NEXT_TERM = {"starts_on": date(2026, 9, 1), "ends_on": date(2026, 12, 1)}


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


def nobody_holds_one(**_of_what):
    """Stand in for the look-up of certificates: nobody holds any."""
    return set()


def with_intake_policy():
    """Make sure that the figures of class filing and rosters are in force."""
    if not IntakePolicy.objects.exists():
        IntakePolicyFactory()


def sent(training_class=None, *people, content=None, **changed):
    """Return the upload of a roster with these people, or with one, that waits for a worker."""
    with_intake_policy()
    training_class = training_class or TrainingClassFactory(confirmed=True)
    content = roster_of(*(people or [person(1)])) if content is None else content
    return receive_roster(
        **{
            "class_id": training_class.pk,
            "uploader": training_class.filed_by,
            "file": UploadedFile("roster.csv", content),
            "now": NOW,
            **changed,
        }
    )


def check(upload, **changed):
    """Check the roster as a worker does."""
    check_roster(**{"upload_id": upload.pk, "holders_of": nobody_holds_one, "now": NOW, **changed})
    upload.refresh_from_db()
    return upload


def received(training_class=None, *people, **changed):
    """Return the upload of a roster with these people, or with one, after its check."""
    return check(sent(training_class, *people, **changed))


def confirm(upload, **changed):
    """Confirm the roster as the person who uploaded it does, with the rows that have warnings."""
    return confirm_roster(
        **{
            "upload_id": upload.pk,
            "confirmer": upload.uploaded_by,
            "takes_warned_rows": True,
            "holders_of": nobody_holds_one,
            "now": NOW,
            **changed,
        }
    )


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


def another_term():
    return TrainingClassFactory(confirmed=True, **NEXT_TERM)


def refused(upload, **changed):
    """Return the refusal of a confirmation, after which nothing has changed."""
    before = (Trainee.objects.count(), Enrollment.objects.count(), BankAccount.objects.count())
    with pytest.raises(DomainError) as refusal:
        confirm(upload, **changed)
    assert (Trainee.objects.count(), Enrollment.objects.count(), BankAccount.objects.count()) == before
    assert RosterUpload.objects.get(pk=upload.pk).status == RosterStatus.READY
    assert not AuditEvent.objects.filter(name="roster.confirmed", subject_id=upload.pk).exists()
    return refusal.value
