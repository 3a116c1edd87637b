from assessment.models.attempt import Attempt
from assessment.models.certificate import CertificateRevocation, CredentialKey, LevelCertificate
from assessment.models.policy import AssessmentPolicy
from assessment.models.progress import ProgressCount
from assessment.models.results import ResultsUpload
from assessment.models.review import AttemptCorrection, MarkReview
from assessment.models.session import AssessmentSession, SessionCandidate
from assessment.models.signal import IntegritySignal

__all__ = [
    "AssessmentPolicy",
    "AssessmentSession",
    "Attempt",
    "AttemptCorrection",
    "CertificateRevocation",
    "CredentialKey",
    "IntegritySignal",
    "LevelCertificate",
    "MarkReview",
    "ProgressCount",
    "ResultsUpload",
    "SessionCandidate",
]
