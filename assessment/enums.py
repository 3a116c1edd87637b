from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class SessionStatus(TextChoices):
    FILED = "FILED", _("Waiting for results")
    RECORDED = "RECORDED", _("Results recorded")


class Outcome(TextChoices):
    PASSED = "PASSED", _("Passed")
    FAILED = "FAILED", _("Failed")
    ABSENT = "ABSENT", _("Absent")
    MISCONDUCT = "MISCONDUCT", _("Misconduct")


class CertificateStatus(TextChoices):
    VALID = "VALID", _("Valid")
    SUPERSEDED = "SUPERSEDED", _("Superseded")
    REVOKED = "REVOKED", _("Revoked")
