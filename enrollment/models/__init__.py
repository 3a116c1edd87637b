from enrollment.models.attendance import AttendanceDelivery, AttendanceMark, Lesson, TrainingCertificate
from enrollment.models.enrollment import Enrollment, EnrollmentChange
from enrollment.models.evidence import EVIDENCE_FIELDS
from enrollment.models.evidence_correction import EvidenceCorrection
from enrollment.models.export import Export, ExportDownload
from enrollment.models.intake_policy import IntakePolicy
from enrollment.models.register import RegisterAnswer
from enrollment.models.roster import RosterRow, RosterUpload
from enrollment.models.trainee import (
    BankAccount,
    ChangedTraineeId,
    IdentityCorrection,
    Reveal,
    Trainee,
    TraineeMerge,
)
from enrollment.models.training_class import ClassStep, ClassTrainer, TrainingClass

__all__ = [
    "EVIDENCE_FIELDS",
    "AttendanceDelivery",
    "AttendanceMark",
    "BankAccount",
    "ChangedTraineeId",
    "ClassStep",
    "ClassTrainer",
    "Enrollment",
    "EnrollmentChange",
    "EvidenceCorrection",
    "Export",
    "ExportDownload",
    "IdentityCorrection",
    "IntakePolicy",
    "Lesson",
    "RegisterAnswer",
    "Reveal",
    "RosterRow",
    "RosterUpload",
    "Trainee",
    "TraineeMerge",
    "TrainingCertificate",
    "TrainingClass",
]
