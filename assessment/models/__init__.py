from assessment.models.attempt import Attempt
from assessment.models.certificate import LevelCertificate
from assessment.models.progress import ProgressCount
from assessment.models.session import AssessmentSession, ResultsUpload

__all__ = ["AssessmentSession", "Attempt", "LevelCertificate", "ProgressCount", "ResultsUpload"]
