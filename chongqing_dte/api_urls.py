"""The addresses of the partner API, below /api/v1/. No slash at their ends."""

from django.urls import path, re_path

from assessment.api.statistics import Statistics
from enrollment.api.attendance import ClassAttendance, LessonDetail, LessonList
from enrollment.api.changed_numbers import ChangedTraineeNumbers
from enrollment.api.class_acts import ClassCollection, ClassCompletion, ClassFiling
from enrollment.api.classes import ClassDetail
from enrollment.api.enrollments import EnrollmentDetail, EnrollmentList, Withdrawal
from enrollment.api.register_answers import RegisterAnswerDetail, RegisterAnswerList
from enrollment.api.rosters import (
    RosterConfirmation,
    RosterDetail,
    RosterHandIn,
    RosterList,
    RosterProblems,
    RosterRejection,
)
from partners.api.about import (
    ApiDocument,
    ApiDocumentYaml,
    ApiPage,
    ApiVersions,
    NoSuchAddress,
    ProblemCodes,
)
from partners.api.directories import (
    FeeScheduleDetail,
    FeeScheduleList,
    InstitutionDetail,
    InstitutionList,
)
from partners.api.reference import (
    DistrictDetail,
    DistrictList,
    FieldDetail,
    FieldList,
    OccupationDetail,
    OccupationList,
    ProgrammeYearDetail,
    ProgrammeYearList,
)
from partners.api.webhooks import (
    DeliveryList,
    DeliveryReplay,
    DeliveryReplays,
    EndpointClosing,
    EndpointDetail,
    EndpointList,
    EndpointRotation,
    EndpointTest,
)
from partners.views.tokens import issue_token, revoke_token
from subsidies.api.claims import ClaimDetail, ClaimList
from subsidies.api.entitlements import EntitlementDetail, EntitlementList
from subsidies.api.payments import PaymentDetail, PaymentList
from subsidies.api.statements import StatementDetail, StatementList

CLASS = "classes/<uuid:public_id>"
ROSTER = "roster-submissions/<uuid:public_id>"
ENDPOINT = "webhook-endpoints/<uuid:public_id>"

urlpatterns = [
    path("oauth/token", issue_token, name="api-token"),
    path("oauth/revocation", revoke_token, name="api-token-revocation"),
    path("problems", ProblemCodes.as_view(), name="api-problems"),
    path("versions", ApiVersions.as_view(), name="api-versions"),
    path("openapi.json", ApiDocument.as_view(), name="api-document"),
    path("openapi.yaml", ApiDocumentYaml.as_view(), name="api-document-yaml"),
    path("docs", ApiPage.as_view(), name="api-docs"),
    path("statistics", Statistics.as_view(), name="api-statistics"),
    path("districts", DistrictList.as_view(), name="api-districts"),
    path("districts/<uuid:public_id>", DistrictDetail.as_view(), name="api-district"),
    path("fields", FieldList.as_view(), name="api-fields"),
    path("fields/<uuid:public_id>", FieldDetail.as_view(), name="api-field"),
    path("occupations", OccupationList.as_view(), name="api-occupations"),
    path("occupations/<uuid:public_id>", OccupationDetail.as_view(), name="api-occupation"),
    path("programme-years", ProgrammeYearList.as_view(), name="api-programme-years"),
    path("programme-years/<uuid:public_id>", ProgrammeYearDetail.as_view(), name="api-programme-year"),
    path("institutions", InstitutionList.as_view(), name="api-institutions"),
    path("institutions/<uuid:public_id>", InstitutionDetail.as_view(), name="api-institution"),
    path("fee-schedules", FeeScheduleList.as_view(), name="api-fee-schedules"),
    path("fee-schedules/<uuid:public_id>", FeeScheduleDetail.as_view(), name="api-fee-schedule"),
    path("classes", ClassCollection.as_view(), name="api-classes"),
    path(CLASS, ClassDetail.as_view(), name="api-class"),
    path(f"{CLASS}/filing", ClassFiling.as_view(), name="api-class-filing"),
    path(f"{CLASS}/completion", ClassCompletion.as_view(), name="api-class-completion"),
    path(f"{CLASS}/attendance", ClassAttendance.as_view(), name="api-class-attendance"),
    path(f"{CLASS}/roster-submissions", RosterHandIn.as_view(), name="api-class-rosters"),
    path("roster-submissions", RosterList.as_view(), name="api-rosters"),
    path(ROSTER, RosterDetail.as_view(), name="api-roster"),
    path(f"{ROSTER}/problems", RosterProblems.as_view(), name="api-roster-problems"),
    path(f"{ROSTER}/confirmation", RosterConfirmation.as_view(), name="api-roster-confirmation"),
    path(f"{ROSTER}/rejection", RosterRejection.as_view(), name="api-roster-rejection"),
    path("enrollments", EnrollmentList.as_view(), name="api-enrollments"),
    path("enrollments/<uuid:public_id>", EnrollmentDetail.as_view(), name="api-enrollment"),
    path("enrollments/<uuid:public_id>/withdrawal", Withdrawal.as_view(), name="api-withdrawal"),
    path("attendance", LessonList.as_view(), name="api-attendance"),
    path("attendance/<uuid:public_id>", LessonDetail.as_view(), name="api-lesson"),
    path("register-answers", RegisterAnswerList.as_view(), name="api-register-answers"),
    path("register-answers/<uuid:public_id>", RegisterAnswerDetail.as_view(), name="api-register-answer"),
    path("changed-trainee-numbers", ChangedTraineeNumbers.as_view(), name="api-changed-trainee-numbers"),
    path("entitlements", EntitlementList.as_view(), name="api-entitlements"),
    path("entitlements/<uuid:public_id>", EntitlementDetail.as_view(), name="api-entitlement"),
    path("claims", ClaimList.as_view(), name="api-claims"),
    path("claims/<uuid:public_id>", ClaimDetail.as_view(), name="api-claim"),
    path("payments", PaymentList.as_view(), name="api-payments"),
    path("payments/<uuid:public_id>", PaymentDetail.as_view(), name="api-payment"),
    path("statements", StatementList.as_view(), name="api-statements"),
    path("statements/<uuid:institution>/<str:month>", StatementDetail.as_view(), name="api-statement"),
    path("webhook-endpoints", EndpointList.as_view(), name="api-webhook-endpoints"),
    path(ENDPOINT, EndpointDetail.as_view(), name="api-webhook-endpoint"),
    path(f"{ENDPOINT}/test", EndpointTest.as_view(), name="api-webhook-test"),
    path(f"{ENDPOINT}/secret-rotation", EndpointRotation.as_view(), name="api-webhook-rotation"),
    path(f"{ENDPOINT}/closing", EndpointClosing.as_view(), name="api-webhook-closing"),
    path("webhook-deliveries", DeliveryList.as_view(), name="api-webhook-deliveries"),
    path("webhook-deliveries/replay", DeliveryReplays.as_view(), name="api-webhook-replays"),
    path("webhook-deliveries/<uuid:public_id>/replay", DeliveryReplay.as_view(), name="api-webhook-replay"),
    # Last: everything else below is nowhere, which machines are told as everything else.
    re_path(r"^.*$", NoSuchAddress.as_view()),
]
