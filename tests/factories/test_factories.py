import pytest

from institutions.enums import Role
from tests.factories import assessment, enrollment, institutions, notices, standing, subsidies

STATES = [
    (institutions.DistrictFactory, {}),
    (institutions.AccreditationFactory, {}),
    (institutions.AccreditationFactory, {"evaluation": True}),
    (institutions.FeeScheduleFactory, {}),
    (institutions.AssessmentSiteFactory, {}),
    (institutions.AssessmentSiteFactory, {"closed": True}),
    (institutions.FundedQuotaFactory, {}),
    (standing.SuspensionFactory, {}),
    (standing.SuspensionFactory, {"lifted": True}),
    (standing.CalendarDayFactory, {}),
    *((institutions.UserFactory, {role.lower(): True}) for role in Role),
    (enrollment.TrainingClassFactory, {}),
    (enrollment.TrainingClassFactory, {"confirmed": True}),
    (enrollment.TrainingClassFactory, {"completed": True}),
    (enrollment.RosterUploadFactory, {}),
    (enrollment.RosterUploadFactory, {"confirmed": True}),
    (enrollment.RosterRowFactory, {}),
    (enrollment.TraineeFactory, {}),
    (enrollment.TraineeFactory, {"with_account": True}),
    (enrollment.BankAccountFactory, {}),
    (enrollment.BankAccountFactory, {"corrected": True}),
    (enrollment.EnrollmentFactory, {}),
    (enrollment.EnrollmentFactory, {"completed": True}),
    (enrollment.EnrollmentFactory, {"employee": True}),
    (enrollment.EnrollmentFactory, {"earlier_graduate": True}),
    (assessment.AssessmentSessionFactory, {}),
    (assessment.AssessmentSessionFactory, {"admitted": True}),
    (assessment.AssessmentSessionFactory, {"recorded": True}),
    (assessment.AssessmentSessionFactory, {"cancelled": True}),
    (assessment.SessionCandidateFactory, {}),
    (assessment.SessionCandidateFactory, {"admitted": True}),
    (assessment.SessionCandidateFactory, {"outside": True}),
    (assessment.MarkReviewFactory, {}),
    (assessment.AttemptCorrectionFactory, {}),
    (assessment.CertificateRevocationFactory, {}),
    (assessment.ResultsUploadFactory, {}),
    (assessment.AttemptFactory, {}),
    (assessment.AttemptFactory, {"failed": True}),
    (assessment.AttemptFactory, {"absent": True}),
    (assessment.LevelCertificateFactory, {}),
    (notices.PublicNoticeFactory, {}),
    (notices.PublicNoticeFactory, {"closed": True}),
    (notices.NoticeLineFactory, {}),
    (notices.ObjectionFactory, {}),
    (notices.ObjectionFactory, {"public": True}),
    (notices.ObjectionFactory, {"office": True}),
    (notices.ObjectionFactory, {"upheld": True}),
    (notices.ObjectionFactory, {"dismissed": True}),
    (subsidies.PolicyVersionFactory, {}),
    (subsidies.EntitlementFactory, {}),
    (subsidies.EntitlementFactory, {"held": True}),
    (subsidies.PaymentFactory, {}),
    (subsidies.PaymentBatchFactory, {}),
    (subsidies.PaymentBatchFactory, {"released": True}),
    (subsidies.PaymentBatchFactory, {"delivered": True}),
    (subsidies.PaymentAttemptFactory, {}),
    (subsidies.BankResultFileFactory, {}),
    (subsidies.BankResultFileFactory, {"set_aside": True}),
    (subsidies.BankResultLineFactory, {}),
]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("factory_class", "traits"), STATES, ids=lambda value: getattr(value, "__name__", None) or "+".join(value)
)
def test_factory_makes_two_rows_that_the_database_takes(factory_class, traits):
    made = factory_class.create_batch(2, **traits)

    assert made[0].pk != made[1].pk
    for row in made:
        row.refresh_from_db()
