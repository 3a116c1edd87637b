from typing import Final

from django.db.models import TextChoices

from chongqing_dte.foundation.sentences import gettext_lazy as _
from chongqing_dte.foundation.sentences import pgettext_lazy


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


class TrainingScope(TextChoices):
    """Over what one training subsidy is paid once for a person."""

    ENROLLMENT = "ENROLLMENT", _("Class")
    OCCUPATION_AND_LEVEL = "OCCUPATION_AND_LEVEL", _("Person, occupation and level")
    OCCUPATION = "OCCUPATION", _("Person and occupation")
    PERSON = "PERSON", _("Person")


class ClaimLineRule(TextChoices):
    """For whom of a class the training subsidy is paid."""

    COMPLETED = "COMPLETED", _("Whoever completed the training")
    EXAMINED = "EXAMINED", _("Whoever sat the level assessment")
    PASSED = "PASSED", _("Whoever passed the level assessment")


class StandardRule(TextChoices):
    """What one person's training subsidy is before the pass-rate factor."""

    FEE = "FEE", _("Share of the published assessment fee")
    TABLE = "TABLE", _("Table by occupation and level")


class PassRateDenominator(TextChoices):
    """Of whom the pass rate is a share."""

    ROSTER = "ROSTER", _("Everybody in the class at the roster lock")
    COMPLETED = "COMPLETED", _("Those who completed the training")
    EXAMINED = "EXAMINED", _("Those who sat the level assessment")


class PassRule(TextChoices):
    """Which passes count in the pass rate."""

    FIRST_ATTEMPT = "FIRST_ATTEMPT", _("Passes at the first sitting")
    ANY_ATTEMPT = "ANY_ATTEMPT", _("Passes at any sitting until the cut-off day")


class ClaimStatus(TextChoices):
    """Where one class's reimbursement claim is."""

    OPEN = "OPEN", _("Open")
    SUBMITTED = "SUBMITTED", _("With the district")
    RETURNED = "RETURNED", _("Returned to the institution")
    RECOMMENDED = "RECOMMENDED", _("With the municipal bureau")
    CONFIRMED = "CONFIRMED", _("Confirmed")
    REFUSED = "REFUSED", _("Refused")
    WITHDRAWN = "WITHDRAWN", pgettext_lazy("claim", "Withdrawn")
    LAPSED = "LAPSED", _("Not submitted in time")


# The institution may still change what it hands in.
CLAIM_WITH_THE_INSTITUTION: Final = (ClaimStatus.OPEN, ClaimStatus.RETURNED)
CLAIM_ENDED: Final = (ClaimStatus.REFUSED, ClaimStatus.WITHDRAWN, ClaimStatus.LAPSED)
CLAIM_SIGNED_BY_THE_DISTRICT: Final = (ClaimStatus.RECOMMENDED, ClaimStatus.CONFIRMED)


class ReckoningCause(TextChoices):
    """Why a claim was reckoned."""

    OPENED = "OPENED", _("The claim was opened")
    FACTS_CHANGED = "FACTS_CHANGED", _("What it rests on changed")
    LINE_REVIEWED = "LINE_REVIEWED", _("The district looked at its lines")
    SUBMITTED = "SUBMITTED", _("The claim was submitted")


class AdvanceBasis(TextChoices):
    """How an institution says what a class has cost it."""

    PER_TRAINEE = "PER_TRAINEE", _("Per trainee")
    PER_CLASS = "PER_CLASS", _("For the class")


class EvidenceKind(TextChoices):
    RECEIPT = "RECEIPT", _("Receipt")
    CONTRACT = "CONTRACT", _("Contract")
    ATTENDANCE = "ATTENDANCE", _("Attendance sheet")
    OTHER = "OTHER", _("Other")


class ScanStatus(TextChoices):
    """What the virus scanner said of a file."""

    WAITING = "WAITING", _("Waits to be scanned")
    CLEAN = "CLEAN", _("Nothing found")
    INFECTED = "INFECTED", _("Malware found")
    NOT_SCANNED = "NOT_SCANNED", _("No scanner is connected")


class LineVerdict(TextChoices):
    ACCEPTED = "ACCEPTED", _("Accepted")
    REFUSED = "REFUSED", _("Refused")


class LineRefusal(TextChoices):
    """Why a district refuses a line of a claim."""

    ATTENDANCE_NOT_CREDIBLE = "ATTENDANCE_NOT_CREDIBLE", _("The attendance is not credible")
    NOT_TRAINED_HERE = "NOT_TRAINED_HERE", _("The person was not trained in this class")
    CATEGORY_NOT_PROVED = "CATEGORY_NOT_PROVED", _("The category is not proved")
    CHARGED_TO_THE_TRAINEE = "CHARGED_TO_THE_TRAINEE", _("The trainee was charged")
    PAID_BY_ANOTHER_PROGRAMME = "PAID_BY_ANOTHER_PROGRAMME", _("Another programme has paid for it")
    COST_NOT_PROVED = "COST_NOT_PROVED", _("The cost is not proved")
    OTHER = "OTHER", _("Another reason")


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
    # Of what came back and is not owed by now.
    GIVEN_BACK = "GIVEN_BACK", _("Given back")


class NettingStatus(TextChoices):
    HELD = "HELD", _("Held back from a payment")
    SET_OFF = "SET_OFF", _("Set off")
    RELEASED = "RELEASED", _("Owed again")


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
    CLAIM_ASKED = "CLAIM_ASKED", _("Question about a claim")
    CLAIM_ANSWERED = "CLAIM_ANSWERED", _("Question about a claim answered")
    CLAIM_RETURNED = "CLAIM_RETURNED", _("Claim sent back")
    CLAIM_REFUSED = "CLAIM_REFUSED", _("Claim refused")
    CLAIMS_LATE = "CLAIMS_LATE", _("Claims answered late")
    CLAIM_OPENED = "CLAIM_OPENED", _("Claim to be submitted")
    CLAIM_LAPSED = "CLAIM_LAPSED", _("Claim lapsed")
    CLAIM_SET_OFF = "CLAIM_SET_OFF", _("Money set off against a claim")
    CLAIMS_HANDED_OVER = "CLAIMS_HANDED_OVER", _("Claims handed over")
    CLAIM_FELL_BACK = "CLAIM_FELL_BACK", _("Confirmed claim looked at anew")
    RECOVERY_OPENED = "RECOVERY_OPENED", _("Paid too much")


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
