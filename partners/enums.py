from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Scope(TextChoices):
    """What a client may ask for. The office of its machine says whose rows that are."""

    CLASSES_READ = "classes:read", _("Read classes")
    CLASSES_WRITE = "classes:write", _("Create, change and file classes")
    ROSTERS_READ = "rosters:read", _("Read roster submissions")
    ROSTERS_WRITE = "rosters:write", _("Hand in rosters")
    ENROLLMENTS_READ = "enrollments:read", _("Read enrollments")
    ENROLLMENTS_WRITE = "enrollments:write", _("Change enrollments")
    ATTENDANCE_READ = "attendance:read", _("Read attendance")
    ATTENDANCE_WRITE = "attendance:write", _("Record attendance")
    REGISTER_ANSWERS_READ = "register-answers:read", _("Read what the registers answered")
    REGISTER_ANSWERS_WRITE = "register-answers:write", _("Answer for a register")
    SESSIONS_READ = "assessment-sessions:read", _("Read assessment sessions")
    SESSIONS_WRITE = "assessment-sessions:write", _("Plan and change assessment sessions")
    RESULTS_READ = "results:read", _("Read assessment results")
    RESULTS_WRITE = "results:write", _("Hand in assessment results")
    CERTIFICATES_READ = "certificates:read", _("Read certificates")
    CERTIFICATES_WRITE = "certificates:write", _("Hand in certificates")
    FEES_READ = "fee-schedules:read", _("Read fee schedules")
    FEES_WRITE = "fee-schedules:write", _("Publish fee schedules")
    DIRECTORIES_READ = "directories:read", _("Read the directories of institutions")
    ENTITLEMENTS_READ = "entitlements:read", _("Read entitlements")
    CLAIMS_READ = "claims:read", _("Read subsidy claims")
    CLAIMS_WRITE = "claims:write", _("Make and change subsidy claims")
    STATEMENTS_READ = "statements:read", _("Read statements of account")
    PAYMENTS_READ = "payments:read", _("Read how payments stand")
    REFERENCE_READ = "reference:read", _("Read reference data")
    STATISTICS_READ = "statistics:read", _("Read public statistics")
    VERIFICATION_READ = "verification:read", _("Verify certificates")
    WEBHOOKS_READ = "webhooks:read", _("Read own webhooks and their deliveries")
    WEBHOOKS_WRITE = "webhooks:write", _("Set up own webhooks")


class EndpointStatus(TextChoices):
    UNVERIFIED = "UNVERIFIED", _("Has not answered a test yet")
    ACTIVE = "ACTIVE", _("Active")
    PAUSED = "PAUSED", _("Paused")
    CLOSED = "CLOSED", _("Closed")


class EndpointReason(TextChoices):
    DEAD = "DEAD", _("Nothing arrived for three days")
    GONE = "GONE", _("It answered that it is gone for good")
    BUREAU = "BUREAU", _("By the bureau")
    PARTNER = "PARTNER", _("By the partner")


class DeliveryStatus(TextChoices):
    WAITING = "WAITING", _("Waits to be sent")
    SENDING = "SENDING", _("Being sent")
    DELIVERED = "DELIVERED", _("Delivered")
    SUPERSEDED = "SUPERSEDED", _("A newer one took its place")
    FAILED = "FAILED", _("Given up")
    DROPPED = "DROPPED", _("Not sent: the endpoint was closed")


class DeliveryProblem(TextChoices):
    """Why a try did not arrive."""

    ADDRESS_REFUSED = "ADDRESS_REFUSED", _("The name leads to no public address")
    NAME_UNKNOWN = "NAME_UNKNOWN", _("The name is unknown")
    NO_CONNECTION = "NO_CONNECTION", _("No connection")
    BAD_CERTIFICATE = "BAD_CERTIFICATE", _("Its certificate is not valid for its name")
    TOO_SLOW = "TOO_SLOW", _("It took too long")
    TOO_LONG = "TOO_LONG", _("Its answer is too long")
    BAD_ANSWER = "BAD_ANSWER", _("Its answer is no HTTP")
    REDIRECTED = "REDIRECTED", _("It points elsewhere")
    REFUSED = "REFUSED", _("It refused the message")
    SERVER_FAILED = "SERVER_FAILED", _("It failed itself")
    GONE = "GONE", _("It is gone for good")
    UNREADABLE = "UNREADABLE", _("Its secret cannot be read")
    CUT_OFF = "CUT_OFF", _("Cut off on our side")
