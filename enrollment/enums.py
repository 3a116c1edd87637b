from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class ParticipantCategory(TextChoices):
    """Who a trainee is when enrolling. All three may train; the policy says which are subsidized."""

    GRADUATING_STUDENT = "GRADUATING_STUDENT", _("Graduating student")
    ENTERPRISE_EMPLOYEE = "ENTERPRISE_EMPLOYEE", _("Enterprise employee")
    EARLIER_GRADUATE = "EARLIER_GRADUATE", _("Earlier graduate")


class Education(TextChoices):
    BELOW_ASSOCIATE = "BELOW_ASSOCIATE", _("Below associate degree")
    ASSOCIATE = "ASSOCIATE", _("Associate degree")
    BACHELOR = "BACHELOR", _("Bachelor's degree")
    MASTER = "MASTER", _("Master's degree")
    DOCTOR = "DOCTOR", _("Doctor's degree")


class ClassStatus(TextChoices):
    FILED = "FILED", _("Filed")
    CONFIRMED = "CONFIRMED", _("Confirmed")
    COMPLETED = "COMPLETED", _("Completed")


class EnrollmentStatus(TextChoices):
    ENROLLED = "ENROLLED", _("Enrolled")
    COMPLETED = "COMPLETED", _("Training completed")


class RosterStatus(TextChoices):
    READY = "READY", _("Ready to confirm")
    CONFIRMED = "CONFIRMED", _("Confirmed")
    PARTLY_CONFIRMED = "PARTLY_CONFIRMED", _("Partly confirmed")
    REJECTED = "REJECTED", _("Rejected")


class RowOutcome(TextChoices):
    ACCEPTED = "ACCEPTED", _("Accepted")
    UNCHANGED = "UNCHANGED", _("Already enrolled")
    REFUSED = "REFUSED", _("Refused")


class AccountSource(TextChoices):
    ROSTER = "ROSTER", _("Roster")
    CORRECTION = "CORRECTION", _("Correction")
