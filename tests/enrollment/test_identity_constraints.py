"""What the database itself refuses of corrections, merges, reveals and exports."""

import uuid

import pytest
from django.db import IntegrityError, InternalError, connection
from django.db.models import F

from enrollment.models import (
    ChangedTraineeId,
    Export,
    ExportDownload,
    IdentityCorrection,
    Reveal,
    Trainee,
    TraineeMerge,
)
from tests.clock import NOW
from tests.factories.enrollment import TraineeFactory
from tests.factories.identity import (
    ChangedTraineeIdFactory,
    ExportDownloadFactory,
    ExportFactory,
    IdentityCorrectionFactory,
    RevealFactory,
    TraineeMergeFactory,
)
from tests.factories.institutions import UserFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("factory", "fields", "constraint"),
    [
        (IdentityCorrectionFactory, {"field": "MOBILE"}, "identity_correction_field_known"),
        (IdentityCorrectionFactory, {"approved": True, "status": "LOST"}, "identity_correction_status_known"),
        (IdentityCorrectionFactory, {"reason": ""}, "identity_correction_has_reason"),
        (IdentityCorrectionFactory, {"decided_at": NOW}, "identity_correction_decision_complete"),
        (IdentityCorrectionFactory, {"status": "APPROVED"}, "identity_correction_decided_by_somebody"),
        (TraineeMergeFactory, {"approved": True, "status": "LOST"}, "trainee_merge_status_known"),
        (TraineeMergeFactory, {"reason": ""}, "trainee_merge_has_reason"),
        (TraineeMergeFactory, {"decided_at": NOW}, "trainee_merge_decision_complete"),
        (TraineeMergeFactory, {"status": "REFUSED"}, "trainee_merge_decided_by_somebody"),
        (RevealFactory, {"field": "NAME"}, "reveal_field_known"),
        (RevealFactory, {"reason": ""}, "reveal_has_reason"),
        (ExportFactory, {"reason": ""}, "export_has_reason"),
        (ExportFactory, {"expires_at": NOW, "requested_at": NOW}, "export_expires_after_it_is_made"),
    ],
)
def test_row_is_refused_by(factory, fields, constraint):
    with pytest.raises(IntegrityError, match=constraint):
        factory(**fields)


def test_one_correction_of_a_field_is_open_at_a_time():
    first = IdentityCorrectionFactory(refused=True)
    IdentityCorrectionFactory(enrollment=first.enrollment)

    with pytest.raises(IntegrityError, match="identity_correction_one_open_per_enrollment"):
        IdentityCorrectionFactory(enrollment=first.enrollment)


def test_nobody_decides_their_own_correction():
    user = UserFactory()

    with pytest.raises(IntegrityError, match="identity_correction_decided_by_someone_else"):
        IdentityCorrectionFactory(approved=True, proposed_by=user, decided_by=user)


def test_nobody_decides_their_own_merge():
    user = UserFactory()

    with pytest.raises(IntegrityError, match="trainee_merge_decided_by_someone_else"):
        TraineeMergeFactory(approved=True, proposed_by=user, decided_by=user)


def test_a_row_is_not_merged_with_itself():
    trainee = TraineeFactory()

    with pytest.raises(IntegrityError, match="trainee_merge_of_two_rows"):
        TraineeMergeFactory(kept=trainee, merged=trainee)


def test_a_row_is_merged_once():
    merged = TraineeMergeFactory().merged

    with pytest.raises(IntegrityError, match="trainee_merge_once"):
        TraineeMergeFactory(merged=merged)


def test_a_row_does_not_point_at_itself():
    trainee = TraineeFactory()

    with pytest.raises(IntegrityError, match="trainee_merged_into_another"):
        Trainee.objects.filter(pk=trainee.pk).update(merged_into=F("id"))


def test_a_row_does_not_go_into_one_that_went():
    kept = TraineeFactory()
    merged = TraineeFactory(merged_into=kept)
    connection.check_constraints()

    TraineeFactory(merged_into=merged)

    with pytest.raises(IntegrityError, match="trainee_merged_without_a_chain"):
        connection.check_constraints()


def test_a_row_that_others_went_into_does_not_go_without_them():
    kept = TraineeFactory()
    TraineeFactory(merged_into=kept)

    Trainee.objects.filter(pk=kept.pk).update(merged_into=TraineeFactory())

    with pytest.raises(IntegrityError, match="trainee_merged_without_a_chain"):
        connection.check_constraints()


def test_a_changed_number_is_told_once():
    line = ChangedTraineeIdFactory()

    with pytest.raises(IntegrityError, match="changed_trainee_number_said_once"):
        ChangedTraineeIdFactory(former_public_id=line.former_public_id, public_id=line.public_id)


FROZEN = [
    (IdentityCorrectionFactory, {"field": "ID_NUMBER"}, "frozen_facts"),
    (IdentityCorrectionFactory, {"reason": "Another."}, "frozen_facts"),
    (IdentityCorrectionFactory, {"evidence_name": "x.jpg"}, "frozen_facts"),
    (IdentityCorrectionFactory, {"proposed_at": NOW}, "frozen_facts"),
    (IdentityCorrectionFactory, {"evidence": b"another"}, "frozen_secrets"),
    (IdentityCorrectionFactory, {"corrected_value": "another"}, "frozen_secrets"),
    (IdentityCorrectionFactory, {"former_value": "another"}, "frozen_secrets"),
    (TraineeMergeFactory, {"reason": "Another."}, "frozen_facts"),
    (TraineeMergeFactory, {"proposed_at": NOW}, "frozen_facts"),
    (ExportFactory, {"reason": "Another."}, "frozen_facts"),
    (ExportFactory, {"row_count": 2}, "frozen_facts"),
    (ExportFactory, {"expires_at": NOW}, "frozen_facts"),
    (ExportFactory, {"requested_at": NOW}, "frozen_facts"),
    (RevealFactory, {"reason": "Another."}, "no_update"),
    (ChangedTraineeIdFactory, {"public_id": uuid.UUID(int=1)}, "no_update"),
    (ExportDownloadFactory, {"downloaded_at": NOW.replace(year=2025)}, "no_update"),
]


@pytest.mark.parametrize(
    ("factory", "changed", "trigger"),
    FROZEN,
    ids=[f"{factory.__name__}-{next(iter(changed))}" for factory, changed, _trigger in FROZEN],
)
def test_what_was_written_stays(factory, changed, trigger):
    row = factory()

    with pytest.raises(InternalError, match=trigger):
        type(row).objects.filter(pk=row.pk).update(**changed)


@pytest.mark.parametrize(
    ("factory", "model"),
    [
        (IdentityCorrectionFactory, IdentityCorrection),
        (TraineeMergeFactory, TraineeMerge),
        (RevealFactory, Reveal),
        (ExportFactory, Export),
        (ExportDownloadFactory, ExportDownload),
        (ChangedTraineeIdFactory, ChangedTraineeId),
    ],
)
def test_nothing_is_deleted(factory, model):
    factory()

    with pytest.raises(InternalError, match="no_delete"):
        model.objects.all()._raw_delete("default")


def test_secrets_of_two_rows_are_not_exchanged_under_one_key():
    one, other = IdentityCorrectionFactory(), IdentityCorrectionFactory()

    with pytest.raises(InternalError, match="frozen_secrets"), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE enrollment_identitycorrection row SET corrected_value = other.corrected_value"
            " FROM enrollment_identitycorrection other WHERE row.id = %s AND other.id = %s",
            [one.pk, other.pk],
        )
