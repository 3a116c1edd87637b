from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class SubsidyKind(TextChoices):
    ASSESSMENT = "ASSESSMENT", _("Assessment subsidy")
    TRAINING = "TRAINING", _("Training subsidy")


class FirstPassScope(TextChoices):
    """What "first time" is counted over."""

    PERSON = "PERSON", _("Person")
    OCCUPATION = "OCCUPATION", _("Person and occupation")
    OCCUPATION_AND_LEVEL = "OCCUPATION_AND_LEVEL", _("Person, occupation and level")


class FirstPassRule(TextChoices):
    """Which reading of "passes for the first time" holds."""

    FIRST_CERTIFICATE = "FIRST_CERTIFICATE", _("First pass, whatever was failed before")
    FIRST_SITTING = "FIRST_SITTING", _("Pass at the first sitting")


class GraduationYearRule(TextChoices):
    CALENDAR = "CALENDAR", _("Calendar year, 1 January to 31 December")
    ACADEMIC = "ACADEMIC", _("Academic year, 1 September to 31 August")


class Decision(TextChoices):
    GRANTED = "GRANTED", _("Granted")
    REFUSED = "REFUSED", _("Refused")
    HELD = "HELD", _("Held")


class CheckOutcome(TextChoices):
    PASSED = "PASSED", _("Passed")
    FAILED = "FAILED", _("Failed")
    UNKNOWN = "UNKNOWN", _("Not known yet")


class PaymentStatus(TextChoices):
    READY = "READY", _("Ready to be paid")
    INSTRUCTED = "INSTRUCTED", _("Instruction with the bank")
    RETURNED = "RETURNED", _("Returned, waits for a corrected account")
    PAID = "PAID", _("Paid")
    CANCELLED = "CANCELLED", _("Cancelled before it was paid")


class AttemptStatus(TextChoices):
    """OPEN and UNKNOWN both mean that money may be on its way; only the bank's word ends them.

    WITHDRAWN never left the house: its batch was withdrawn before it was released.
    """

    OPEN = "OPEN", _("Not answered")
    UNKNOWN = "UNKNOWN", _("Unknown")
    PAID = "PAID", _("Paid")
    RETURNED = "RETURNED", _("Returned")
    WITHDRAWN = "WITHDRAWN", pgettext_lazy("payment", "Withdrawn")


class BatchStatus(TextChoices):
    ASSEMBLED = "ASSEMBLED", _("Waits for release")
    RELEASED = "RELEASED", _("Released")
    SENDING = "SENDING", _("Being delivered")
    DELIVERED = "DELIVERED", _("With the bank")
    SETTLED = "SETTLED", _("Settled")
    WITHDRAWN = "WITHDRAWN", _("Withdrawn before its release")


class ResultFileStatus(TextChoices):
    APPLIED = "APPLIED", _("Applied")
    QUARANTINED = "QUARANTINED", _("Set aside")


class BankAnswer(TextChoices):
    PAID = "PAID", _("Paid")
    RETURNED = "RETURNED", _("Returned")
    UNKNOWN = "UNKNOWN", _("Unknown")


class LineProblem(TextChoices):
    UNMATCHED = "UNMATCHED", _("No such payment instruction in this batch")
    WRONG_AMOUNT = "WRONG_AMOUNT", _("Another amount than instructed")
    ALREADY_SETTLED = "ALREADY_SETTLED", _("Answered before")
    REPEATED = "REPEATED", _("Named twice in the file")


class JournalKind(TextChoices):
    GRANT = "GRANT", _("Subsidies granted")
    RELEASE = "RELEASE", _("Payments released")
    SETTLEMENT = "SETTLEMENT", _("Bank result")
    VOID = "VOID", _("Grants cancelled before they were paid")
    RECOVERY = "RECOVERY", _("Money to get back")


class JournalAccount(TextChoices):
    SUBSIDY_EXPENSE = "SUBSIDY_EXPENSE", _("Subsidy expense")
    SUBSIDIES_PAYABLE = "SUBSIDIES_PAYABLE", _("Subsidies payable")
    PAYMENTS_IN_TRANSIT = "PAYMENTS_IN_TRANSIT", _("Payments in transit")
    FUND_AT_BANK = "FUND_AT_BANK", _("Fund at the bank")
    RECOVERIES_RECEIVABLE = "RECOVERIES_RECEIVABLE", _("Recoveries receivable")
