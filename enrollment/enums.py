from django.db.models import TextChoices

from chongqing_dte.foundation.proposals import RequestStatus as RequestStatus
from chongqing_dte.foundation.sentences import gettext_lazy as _
from chongqing_dte.foundation.sentences import pgettext_lazy


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
    DRAFT = "DRAFT", _("Draft")
    FILED = "FILED", _("Filed")
    RETURNED = "RETURNED", _("Returned")
    CONFIRMED = "CONFIRMED", _("Confirmed")
    RUNNING = "RUNNING", _("Running")
    COMPLETED = "COMPLETED", _("Completed")
    CANCELLED = "CANCELLED", _("Cancelled")


class EnrollmentStatus(TextChoices):
    ENROLLED = "ENROLLED", _("Enrolled")
    COMPLETED = "COMPLETED", _("Training completed")
    NOT_COMPLETED = "NOT_COMPLETED", _("Training not completed")
    WITHDRAWN = "WITHDRAWN", _("Withdrawn")
    TRANSFERRED = "TRANSFERRED", _("Transferred")


# Who is in a class, or has been through it. One person is in one class at a time.
IN_TRAINING = (EnrollmentStatus.ENROLLED, EnrollmentStatus.COMPLETED)


class RosterStatus(TextChoices):
    RECEIVED = "RECEIVED", pgettext_lazy("roster", "Received")
    CHECKING = "CHECKING", _("Checking")
    READY = "READY", _("Ready to confirm")
    CONFIRMED = "CONFIRMED", _("Confirmed")
    PARTLY_CONFIRMED = "PARTLY_CONFIRMED", _("Partly confirmed")
    REJECTED = "REJECTED", _("Rejected")
    FAILED = "FAILED", pgettext_lazy("roster", "Failed")


class RosterSource(TextChoices):
    FILE = "FILE", _("File")
    API = "API", pgettext_lazy("results", "API")


class RowOutcome(TextChoices):
    NEW = "NEW", _("New")
    CHANGED = "CHANGED", _("Changed")
    UNCHANGED = "UNCHANGED", _("Unchanged")
    REFUSED = "REFUSED", _("Refused")


class AccountSource(TextChoices):
    ROSTER = "ROSTER", _("Roster")
    CORRECTION = "CORRECTION", _("Correction")
    PERSON = "PERSON", _("Given by the person")


class EnrollmentAct(TextChoices):
    """What was done to one enrollment after it was made."""

    ROSTER_CHANGE = "ROSTER_CHANGE", _("Changed by a roster")
    WITHDRAWAL = "WITHDRAWAL", _("Withdrawal")
    TRANSFER_OUT = "TRANSFER_OUT", _("Transfer out")
    TRANSFER_IN = "TRANSFER_IN", _("Transfer in")
    NON_COMPLETION = "NON_COMPLETION", _("Training not completed")
    CORRECTION = "CORRECTION", _("Evidence corrected")


class IdentityField(TextChoices):
    NAME = "NAME", _("Name")
    ID_NUMBER = "ID_NUMBER", _("ID number")


class Presence(TextChoices):
    PRESENT = "PRESENT", _("Present")
    ABSENT = "ABSENT", _("Not there")
    ON_LEAVE = "ON_LEAVE", _("On leave")


class DeliveryChannel(TextChoices):
    FILE = "FILE", _("File")
    API = "API", _("API")


class RegisterName(TextChoices):
    EMPLOYMENT_INSURANCE = "EMPLOYMENT_INSURANCE", _("Employment insurance")
    STUDENT_STATUS = "STUDENT_STATUS", _("Student status")


class RegisterVerdict(TextChoices):
    """What a register said. Unreachable is no answer: it is asked again and never read as no."""

    YES = "YES", _("Yes")
    NO = "NO", _("No")
    NOT_FOUND = "NOT_FOUND", _("Not found")
    UNREACHABLE = "UNREACHABLE", _("Unreachable, try again")


class RegisterReason(TextChoices):
    """What the portal itself writes into an answer's reference: why it is no yes, or why there is none."""

    NAME_DIFFERS = "NAME_DIFFERS", _("The register has this ID number under another name.")
    OTHER_EMPLOYER = "OTHER_EMPLOYER", _("The register names another employer.")
    OTHER_SCHOOL = "OTHER_SCHOOL", _("The register names another school.")
    OUTSIDE_PERIOD = "OUTSIDE_PERIOD", _("Nothing in the register covers the day asked about.")
    NO_EXTRACT = "NO_EXTRACT", _("The register has delivered no extract.")
    EXTRACT_OLD = "EXTRACT_OLD", _("The register's newest extract is too old.")
    EXTRACT_BEFORE_DAY = (
        "EXTRACT_BEFORE_DAY",
        _("The register's newest extract is from before the day asked about."),
    )
    EXTRACT_DAMAGED = "EXTRACT_DAMAGED", _("The register's extract is incomplete or damaged.")
    NO_TOKEN = "NO_TOKEN", _("The portal has no token for the register.")
    NO_CONNECTION = "NO_CONNECTION", _("No connection to the register.")
    TOO_SLOW = "TOO_SLOW", _("The register did not answer in time.")
    REFUSED = "REFUSED", _("The register refused the question.")
    SERVER_FAILED = "SERVER_FAILED", _("The register failed while answering.")
    BAD_ANSWER = "BAD_ANSWER", _("The register's answer could not be understood.")


class RevealedField(TextChoices):
    ID_NUMBER = "ID_NUMBER", _("ID number")
    MOBILE = "MOBILE", _("Mobile")
    BANK_ACCOUNT = "BANK_ACCOUNT", _("Account")
