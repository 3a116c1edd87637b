from django.db.models import TextChoices

from chongqing_dte.foundation.sentences import gettext_lazy as _
from chongqing_dte.foundation.sentences import pgettext_lazy


class SessionStatus(TextChoices):
    FILED = "FILED", _("Open for candidates")
    ADMITTED = "ADMITTED", _("Waiting for results")
    RECORDED = "RECORDED", _("Results recorded")
    CANCELLED = "CANCELLED", _("Cancelled")


class CandidateOrigin(TextChoices):
    TRAINED = "TRAINED", _("Trained in the programme")
    OUTSIDE = "OUTSIDE", _("Trained elsewhere")


class CertificateOrigin(TextChoices):
    """Who gives a certificate its number."""

    INSTITUTION = "INSTITUTION", _("Evaluation institution")
    PORTAL = "PORTAL", _("Portal")


class ResultsSource(TextChoices):
    FILE = "FILE", _("File")
    API = "API", pgettext_lazy("results", "API")


class ResultsStatus(TextChoices):
    REFUSED = "REFUSED", pgettext_lazy("results", "Has problems")
    READY = "READY", _("Ready to confirm")
    RECORDED = "RECORDED", pgettext_lazy("results", "Recorded")
    DISCARDED = "DISCARDED", pgettext_lazy("results", "Discarded")


class Outcome(TextChoices):
    PASSED = "PASSED", pgettext_lazy("examination", "Passed")
    FAILED = "FAILED", pgettext_lazy("examination", "Failed")
    ABSENT = "ABSENT", _("Absent")
    MISCONDUCT = "MISCONDUCT", _("Misconduct")


class ReviewKind(TextChoices):
    REVIEW = "REVIEW", _("Mark review")
    APPEAL = "APPEAL", _("Appeal")


class ReviewStatus(TextChoices):
    OPEN = "OPEN", pgettext_lazy("review", "Open")
    CLOSED = "CLOSED", pgettext_lazy("review", "Closed")


class ReviewFinding(TextChoices):
    UPHELD = "UPHELD", _("The result stands")
    CORRECTED = "CORRECTED", _("The result was corrected")


class CertificateStatus(TextChoices):
    VALID = "VALID", _("Valid")
    SUPERSEDED = "SUPERSEDED", _("Superseded")
    REVOKED = "REVOKED", _("Revoked")


class ReissueReason(TextChoices):
    """Why a certificate is issued again."""

    LOST = "LOST", _("Lost or damaged")
    NAME_CORRECTED = "NAME_CORRECTED", _("Name or ID number corrected")
    MISPRINT = "MISPRINT", _("Misprint")


class SignalKind(TextChoices):
    """A measured sign that somebody should look. It proves nothing by itself."""

    SCORE_HEAPING = "SCORE_HEAPING", _("Scores heap up at the pass mark")
    IDENTICAL_SCORES = "IDENTICAL_SCORES", _("Several candidates with the same scores")
    SCORES_CHANGED = "SCORES_CHANGED", _("Scores changed after they were submitted")
    MORE_CANDIDATES_THAN_SEATS = "MORE_CANDIDATES_THAN_SEATS", _("More candidates than seats")
    CERTIFICATE_BEFORE_SESSION = "CERTIFICATE_BEFORE_SESSION", _("Certificates dated before the assessment")
