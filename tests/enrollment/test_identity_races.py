"""Two people at one moment, over one person's identity."""

from datetime import date

import pytest

from demo.identifiers import make_resident_id
from enrollment import queries
from enrollment.enums import IdentityField
from enrollment.models import ChangedTraineeId, IdentityCorrection, Trainee, TraineeMerge
from enrollment.services.identity_corrections import (
    Correction,
    Evidence,
    approve_identity_correction,
    propose_identity_correction,
)
from enrollment.services.merges import approve_merge, propose_merge
from tests.clock import NOW
from tests.enrollment.interleaving import at_once, rival_in_the_middle
from tests.factories.enrollment import EnrollmentFactory, TraineeFactory
from tests.factories.identity import JPEG, IdentityCorrectionFactory, TraineeMergeFactory
from tests.factories.institutions import UserFactory

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

NUMBER = make_resident_id(born_on=date(2002, 2, 3), sequence=88)


def proposal(enrollment, value):
    return lambda: propose_identity_correction(
        enrollment_id=enrollment.pk,
        correction=Correction(IdentityField.NAME, value, "Mistyped."),
        evidence=Evidence("card.jpg", JPEG),
        proposer=enrollment.training_class.drafted_by,
        now=NOW,
    )


def approval(correction):
    district = correction.enrollment.training_class.district
    decider = UserFactory(district_reviewer=True, district=district)
    return lambda: approve_identity_correction(
        correction_id=correction.pk, decider=decider, reason="", now=NOW
    )


def merging(merge):
    decider = UserFactory(municipal_reviewer=True)
    return lambda: approve_merge(merge_id=merge.pk, decider=decider, reason="", now=NOW)


def test_two_proposals_for_one_person_leave_one():
    enrollment = EnrollmentFactory()

    outcomes = at_once(proposal(enrollment, "欧阳更正"), proposal(enrollment, "欧阳正确"))

    assert sorted(outcomes) == ["correction_waits_already", "done"]
    assert IdentityCorrection.objects.count() == 1


def test_one_correction_is_decided_once(monkeypatch):
    correction = IdentityCorrectionFactory()

    outcomes = rival_in_the_middle(
        monkeypatch, (queries, "lock_correction"), approval(correction), approval(correction)
    )

    assert outcomes == ["done", "invalid_transition"]


def test_one_id_number_goes_to_one_of_two_people(monkeypatch):
    corrections = [
        IdentityCorrectionFactory(
            field=IdentityField.ID_NUMBER,
            enrollment=enrollment,
            former_value=enrollment.trainee.id_number,
            corrected_value=NUMBER,
        )
        for enrollment in EnrollmentFactory.create_batch(2)
    ]

    # Both find the number free; the database lets one of them have it.
    outcomes = rival_in_the_middle(
        monkeypatch, (queries, "trainee_by_hash"), approval(corrections[0]), approval(corrections[1])
    )

    assert sorted(outcomes) == ["done", "id_number_taken"]
    assert Trainee.objects.filter(id_number_hash=queries.id_number_hash(NUMBER)).count() == 1


def test_one_row_is_proposed_once_by_two_operators():
    kept, merged = TraineeFactory.create_batch(2)
    acts = [
        lambda operator=operator: propose_merge(
            kept_id=kept.pk, merged_id=merged.pk, reason="One card.", proposer=operator, now=NOW
        )
        for operator in UserFactory.create_batch(2, municipal_operator=True)
    ]

    assert sorted(at_once(*acts)) == ["done", "merge_proposed_already"]
    assert TraineeMerge.objects.count() == 1


def test_two_merges_that_would_make_a_chain_leave_one(monkeypatch):
    first, second, third = TraineeFactory.create_batch(3)
    into_second = TraineeMergeFactory(kept=second, merged=first)
    into_third = TraineeMergeFactory(kept=third, merged=second)

    outcomes = rival_in_the_middle(
        monkeypatch, (queries, "lock_rows_to_merge"), merging(into_third), merging(into_second)
    )

    assert outcomes == ["done", "merged_already"]
    assert list(Trainee.objects.filter(merged_into__isnull=False)) == [second]


def test_two_people_are_not_merged_into_each_other(monkeypatch):
    one, other = TraineeFactory.create_batch(2)
    merges = [TraineeMergeFactory(kept=one, merged=other), TraineeMergeFactory(kept=other, merged=one)]

    outcomes = rival_in_the_middle(
        monkeypatch, (queries, "lock_rows_to_merge"), merging(merges[0]), merging(merges[1])
    )

    assert outcomes == ["done", "merged_already"]
    assert ChangedTraineeId.objects.count() == 1
