from typing import Final

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


class LadderRule(TextChoices):
    """Whether a lower level is subsidized after a higher one."""

    NONE = "NONE", _("Any level at any time")
    SAME_OCCUPATION = "SAME_OCCUPATION", _("No lower level after a higher one in the same occupation")
    ANY_OCCUPATION = "ANY_OCCUPATION", _("No lower level after a higher one in any occupation")


class StackingRule(TextChoices):
    """What another programme's subsidy for the same occupation and level means."""

    ALLOWED = "ALLOWED", _("Paid beside other subsidies")
    REFUSED = "REFUSED", _("Not paid beside another subsidy")
    DIFFERENCE = "DIFFERENCE", _("Pays what the other subsidy left of the fee")


class CompetentDistrictRule(TextChoices):
    """Which district a decision belongs to."""

    TRAINING = "TRAINING", _("District of the training class")
    EVALUATION = "EVALUATION", _("District of the evaluation institution")


class Decision(TextChoices):
    GRANTED = "GRANTED", _("Granted")
    REFUSED = "REFUSED", _("Refused")
    HELD = "HELD", _("Held")


class CheckOutcome(TextChoices):
    PASSED = "PASSED", _("Passed")
    FAILED = "FAILED", _("Failed")
    UNKNOWN = "UNKNOWN", _("Not known yet")


class PaymentStatus(TextChoices):
    TO_NOTICE = "TO_NOTICE", _("Waits for a public notice")
    ON_NOTICE = "ON_NOTICE", _("On public notice")
    READY = "READY", _("Ready to be paid")
    INSTRUCTED = "INSTRUCTED", _("Instruction with the bank")
    RETURNED = "RETURNED", _("Returned, waits for a corrected account")
    PAID = "PAID", _("Paid")
    CANCELLED = "CANCELLED", _("Cancelled before it was paid")


# With us: no instruction of it is with the bank, and none was carried out.
UNPAID = (
    PaymentStatus.TO_NOTICE,
    PaymentStatus.ON_NOTICE,
    PaymentStatus.READY,
    PaymentStatus.RETURNED,
)


class AttemptStatus(TextChoices):
    """OPEN and UNKNOWN both mean that money may be on its way; only the bank's word ends them.

    WITHDRAWN never left the house: its batch was withdrawn before it was sent.
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
    WITHDRAWN = "WITHDRAWN", _("Withdrawn before it was sent")


class ResultFileStatus(TextChoices):
    # Brought by a person: somebody else has to look at it first.
    WAITING = "WAITING", _("Waits for the second person")
    APPLIED = "APPLIED", _("Applied")
    QUARANTINED = "QUARANTINED", _("Set aside")
    DISMISSED = "DISMISSED", _("Set aside for good")


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
    REPAYMENT = "REPAYMENT", _("Money that came back")
    WRITE_OFF = "WRITE_OFF", _("Money written off")
    CORRECTION = "CORRECTION", _("The bank's later word")
    WITHDRAWAL = "WITHDRAWAL", _("Releases taken back")


class JournalAccount(TextChoices):
    SUBSIDY_EXPENSE = "SUBSIDY_EXPENSE", _("Subsidy expense")
    SUBSIDIES_PAYABLE = "SUBSIDIES_PAYABLE", _("Subsidies payable")
    PAYMENTS_IN_TRANSIT = "PAYMENTS_IN_TRANSIT", _("Payments in transit")
    FUND_AT_BANK = "FUND_AT_BANK", _("Fund at the bank")
    RECOVERIES_RECEIVABLE = "RECOVERIES_RECEIVABLE", _("Recoveries receivable")
    RECOVERIES_WRITTEN_OFF = "RECOVERIES_WRITTEN_OFF", _("Recoveries written off")


class BudgetChangeKind(TextChoices):
    ALLOTMENT = "ALLOTMENT", _("Allotment")
    TOP_UP = "TOP_UP", _("Top-up")
    REDUCTION = "REDUCTION", _("Reduction")
    TRANSFER = "TRANSFER", _("Transfer from another budget")


class ObjectionKind(TextChoices):
    PUBLIC = "PUBLIC", _("By the public, against a line of a notice")
    PERSON = "PERSON", _("By the person, against the decision")
    OFFICE = "OFFICE", _("By an office")


class ObjectionStatus(TextChoices):
    RAISED = "RAISED", _("Being looked into")
    UPHELD = "UPHELD", _("Upheld")
    DISMISSED = "DISMISSED", _("Dismissed")


class PaymentFormat(TextChoices):
    """What a payment file is written in, and its result file read from."""

    AGENT_LIST = "AGENT_LIST", _("Agent bank's list (CSV)")
    PAIN_001 = "PAIN_001", _("ISO 20022: pain.001 and pain.002")
    BEPS_382 = "BEPS_382", _("CNAPS2: BEPS.382 and BEPS.383")
    TEMPLATE = "TEMPLATE", _("The bank's own template")


class BankSide(TextChoices):
    """Whose accounts a payment file is for."""

    ANY = "ANY", _("All banks")
    OWN = "OWN", _("The agent bank's own accounts")
    OTHER = "OTHER", _("Accounts with other banks")


class DeliveryWay(TextChoices):
    FOLDER = "FOLDER", _("Shared folder")
    SFTP = "SFTP", _("SFTP")
    DOWNLOAD = "DOWNLOAD", _("Encrypted download, handed over by a person")


class ResolutionOutcome(TextChoices):
    """What two people found out about a bank line that could not be applied."""

    NO_EFFECT = "NO_EFFECT", _("The line means nothing; the bank confirmed it")
    # Of an instruction that no line of the bank could end.
    FOUND_PAID = "FOUND_PAID", _("Paid as we instructed it; the bank's statement says so")
    FOUND_RETURNED = "FOUND_RETURNED", _("Not paid, or paid back; the bank says so in writing")
    TAKEN_BACK = "TAKEN_BACK", _("Paid first, and returned later")
    PAID_AFTER_ALL = "PAID_AFTER_ALL", _("Said to be returned, and paid after all")


# What ends an instruction by what the bank says elsewhere, so that it has to be said where.
ENDS_AN_INSTRUCTION: Final = (ResolutionOutcome.FOUND_PAID, ResolutionOutcome.FOUND_RETURNED)

# Why the second amount is asked back of what the bank has paid twice. The grant stands: it was paid once.
PAID_TWICE: Final = "paid_twice"


class RecoveryStatus(TextChoices):
    OPEN = "OPEN", _("To be paid back")
    SETTLED = "SETTLED", _("Settled")
    WITHDRAWN = "WITHDRAWN", pgettext_lazy("payment", "Withdrawn")


class SettlementKind(TextChoices):
    REPAYMENT = "REPAYMENT", _("Repayment")
    WRITE_OFF = "WRITE_OFF", _("Write-off")


class StopKind(TextChoices):
    MANUAL = "MANUAL", _("Stopped by hand")
    RESTORE = "RESTORE", _("Restored from a backup")


class NotificationKind(TextChoices):
    GRANTED = "GRANTED", _("Subsidy granted")
    REFUSED = "REFUSED", _("Subsidy refused")
    ACCOUNT_MISSING = "ACCOUNT_MISSING", _("Bank account missing")
    ON_NOTICE = "ON_NOTICE", _("On public notice")
    PAID = "PAID", _("Subsidy paid")
    RETURNED = "RETURNED", _("Payment returned")
    RECOVERY = "RECOVERY", _("Money to be paid back")
    OBJECTION = "OBJECTION", _("Objection raised")
    OBJECTION_DECIDED = "OBJECTION_DECIDED", _("Objection decided")
    BATCH_WAITS = "BATCH_WAITS", _("Batch waits for signatures")
    BATCH_WITHDRAWN = "BATCH_WITHDRAWN", _("Released batch withdrawn")
    BUDGET_SHORT = "BUDGET_SHORT", _("Budget too small")
    DECISIONS_HELD = "DECISIONS_HELD", _("Decisions held")


class NotificationChannel(TextChoices):
    IN_APP = "IN_APP", _("In the portal")
    EMAIL = "EMAIL", _("E-mail")
    SMS = "SMS", _("Text message")


class NotificationStatus(TextChoices):
    QUEUED = "QUEUED", _("Waits to be sent")
    SENT = "SENT", _("Sent")
    FAILED = "FAILED", _("Could not be sent")


class AccessKind(TextChoices):
    """How somebody gets to see their own decision."""

    CODE = "CODE", _("Code to the mobile")
    LINK = "LINK", _("One-time link from an office")


class AccessPurpose(TextChoices):
    """What somebody gets to do with it."""

    LOOK = "LOOK", _("Own decision")
    ACCOUNT = "ACCOUNT", _("Change of the account")
