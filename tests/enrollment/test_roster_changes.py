"""What a roster changes of people who are known, and what has become of them since its check."""

import json

import pytest

from enrollment.enums import AccountSource, EnrollmentAct, IdentityField, RosterStatus
from enrollment.models import BankAccount, Enrollment, EnrollmentChange, Trainee
from enrollment.queries import mobile_number_hash
from enrollment.services.identity_corrections import approve_identity_correction
from enrollment.services.roster_confirmation import ChangedMeanwhile
from tests.clock import NOW
from tests.enrollment.rosters import (
    another_term,
    confirm,
    known_trainee,
    person,
    received,
    refused,
)
from tests.factories.enrollment import BankAccountFactory, EnrollmentFactory
from tests.factories.identity import IdentityCorrectionFactory
from tests.factories.institutions import UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

BAD_MOBILE = {"mobile": "123"}
NO_ACCOUNT = {"bank_account": "", "bank_name": "", "bank_cnaps": ""}


def test_person_of_an_earlier_class_is_the_same_trainee():
    confirm(received(None, person(1)))

    confirm(received(another_term(), person(1)))

    assert (Trainee.objects.count(), Enrollment.objects.count(), BankAccount.objects.count()) == (1, 2, 1)


def test_person_whose_row_was_merged_is_enrolled_as_the_one_who_stands():
    stands = known_trainee(person(2), name=person(1)["name"])
    known_trainee(person(1), merged_into=stands)

    confirm(received(None, person(1)))

    assert Enrollment.objects.get().trainee == stands


def test_one_person_under_two_id_numbers_is_refused_in_both_rows():
    stands = known_trainee(person(2), name="李一")
    known_trainee(person(1), merged_into=stands, name="李一")

    upload = received(None, person(1, name="李一"), person(2, name="李一"), person(3))

    assert [[p["code"] for p in row.problems] for row in upload.rows.all()] == [["same_person"]] * 2 + [[]]
    confirm(upload)
    assert Enrollment.objects.count() == 1


def test_two_people_who_turned_out_to_be_one_meanwhile_are_not_enrolled_twice():
    stands, goes = known_trainee(person(2), name="李一"), known_trainee(person(1), name="李一")
    upload = received(None, person(1, name="李一"), person(2, name="李一"))
    Trainee.objects.filter(pk=goes.pk).update(merged_into=stands)

    refusal = refused(upload)

    assert (refusal.code, "2, 3" in str(refusal)) == ("same_person", True)


def test_roster_never_replaces_an_account():
    account = BankAccountFactory(trainee=known_trainee(person(1)), corrected=True)

    confirm(received(None, person(1)))

    assert BankAccount.objects.get() == account


def test_account_of_a_merged_row_counts_as_the_persons():
    stands = known_trainee(person(2), name=person(1)["name"])
    account = BankAccountFactory(trainee=known_trainee(person(1), merged_into=stands))

    confirm(received(None, person(1)))

    assert BankAccount.objects.get() == account


def test_first_account_can_come_with_a_later_roster():
    first = received(None, person(1, **NO_ACCOUNT))
    confirm(first)

    second = received(first.training_class, person(1))
    confirm(second)

    account = BankAccount.objects.get()
    assert (account.number, account.source, account.last_four, account.recorded_by_id) == (
        person(1)["bank_account"],
        AccountSource.ROSTER,
        person(1)["bank_account"][-4:],
        second.uploaded_by_id,
    )
    assert EnrollmentChange.objects.get().fields == ["bank_account"]


def test_changed_row_changes_what_it_says_and_keeps_what_stood_there():
    first = received(None, person(1))
    confirm(first)
    second = received(first.training_class, person(1, school="西南大学", mobile="13812345678"))

    confirm(second)

    enrollment = Enrollment.objects.select_related("trainee").get()
    assert (enrollment.school, enrollment.trainee.mobile) == ("西南大学", "13812345678")
    assert enrollment.trainee.mobile_hash == mobile_number_hash("13812345678")
    assert enrollment.roster_row.upload == first
    change = EnrollmentChange.objects.get()
    assert (change.act, change.enrollment, change.roster_row, change.done_by_id, change.done_at) == (
        EnrollmentAct.ROSTER_CHANGE,
        enrollment,
        second.rows.get(),
        second.uploaded_by_id,
        NOW,
    )
    assert change.fields == ["mobile", "school"]
    assert json.loads(change.former_values) == {"school": "重庆大学", "mobile": person(1)["mobile"]}
    second.refresh_from_db()
    assert (second.status, second.put_in_count) == (RosterStatus.CONFIRMED, 1)


def test_changed_row_leaves_alone_what_its_empty_cells_do_not_say():
    first = received(None, person(1, employer_name="重庆数字科技有限公司"))
    confirm(first)

    confirm(received(first.training_class, person(1, school="西南大学")))

    assert Enrollment.objects.get().employer_name == "重庆数字科技有限公司"


def test_change_that_another_roster_made_meanwhile_is_not_made_twice():
    first = received(None, person(1))
    confirm(first)
    training_class = first.training_class
    second = received(training_class, person(1, school="西南大学"))
    third = received(training_class, person(1, school="西南大学"), person(2))
    confirm(second)

    confirm(third)

    third.refresh_from_db()
    assert (EnrollmentChange.objects.count(), third.put_in_count) == (1, 1)


@pytest.mark.parametrize(
    ("meanwhile", "code"),
    [
        (lambda: known_trainee(person(1), name="王五"), "name_differs"),
        (lambda: EnrollmentFactory(trainee=known_trainee(person(1))), "enrolled_elsewhere"),
    ],
    ids=["another name", "another class"],
)
def test_what_has_changed_since_the_check_is_found_and_its_rows_are_named(meanwhile, code):
    upload = received(None, person(2), person(1))
    meanwhile()

    refusal = refused(upload)

    assert isinstance(refusal, ChangedMeanwhile)
    assert (refusal.code, ": 3." in str(refusal) or "：3" in str(refusal)) == (code, True)


def test_enrollment_of_the_row_that_was_merged_counts_as_the_persons():
    upload = received(None, person(1))
    stands = known_trainee(person(1))
    EnrollmentFactory(trainee=known_trainee(person(2), merged_into=stands))

    assert refused(upload).code == "enrolled_elsewhere"


def corrected_id_number(enrollment, id_number):
    """Correct the ID number of somebody in the class, as the district does."""
    proposed = IdentityCorrectionFactory(
        enrollment=enrollment,
        field=IdentityField.ID_NUMBER,
        former_value=enrollment.trainee.id_number,
        corrected_value=id_number,
    )
    decider = UserFactory(district_reviewer=True, district=enrollment.training_class.district)
    approve_identity_correction(correction_id=proposed.pk, decider=decider, reason="", now=NOW)


def test_id_number_that_was_corrected_meanwhile_is_found():
    first = received(None, person(1))
    confirm(first)
    upload = received(first.training_class, person(1, school="西南大学"))
    corrected_id_number(Enrollment.objects.get(), person(7)["id_number"])

    refusal = refused(upload)

    assert (refusal.code, "2" in str(refusal)) == ("id_number_corrected", True)
    again = received(first.training_class, person(1, school="重庆邮电大学"))
    assert [problem["code"] for problem in again.rows.get().problems if problem["severity"] == "error"] == [
        "id_number_corrected"
    ]


def test_certificate_that_came_meanwhile_is_found():
    trainee = known_trainee(person(1))
    upload = received(None, person(1))

    refusal = refused(upload, holders_of=lambda **_of_what: {trainee.id_number_hash})

    assert refusal.code == "certificate_held"


def test_person_who_left_meanwhile_does_not_come_back_by_a_changed_row():
    first = received(None, person(1))
    confirm(first)
    second = received(first.training_class, person(1, school="西南大学"))
    Enrollment.objects.update(status="WITHDRAWN", left_at=NOW)

    assert refused(second).code == "left_class"
