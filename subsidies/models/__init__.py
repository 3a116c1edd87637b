from subsidies.models.advance import Advance, ClaimEvidence
from subsidies.models.alarm import InvariantAlarm
from subsidies.models.bank_format import BankFormat
from subsidies.models.bank_result import BankResultFile, BankResultLine, LineResolution
from subsidies.models.batch import PaymentAttempt, PaymentBatch
from subsidies.models.book_comparison import BookComparison
from subsidies.models.budget import Budget, BudgetChange
from subsidies.models.claim import ClaimStep, SubsidyClaim
from subsidies.models.claim_reckoning import ClaimLine, ClaimReckoning, TrainingSubsidy
from subsidies.models.claim_review import ClaimHandover, ClaimQuery, LineReview
from subsidies.models.delivery import BatchDownload, SendingStop
from subsidies.models.entitlement import Entitlement
from subsidies.models.journal import JournalEntry, JournalLine
from subsidies.models.netting import Netting
from subsidies.models.notice import NoticeLine, Objection, PublicNotice
from subsidies.models.notification import Notification, SelfCheckAccess
from subsidies.models.other_subsidy import OtherSubsidy
from subsidies.models.payment import Payment
from subsidies.models.policy import PolicyVersion
from subsidies.models.recovery import Recovery, RecoverySettlement
from subsidies.models.training_policy import TrainingPolicyVersion, TrainingStandard

__all__ = [
    "Advance",
    "BankFormat",
    "BankResultFile",
    "BankResultLine",
    "BatchDownload",
    "BookComparison",
    "Budget",
    "BudgetChange",
    "ClaimEvidence",
    "ClaimHandover",
    "ClaimLine",
    "ClaimQuery",
    "ClaimReckoning",
    "ClaimStep",
    "Entitlement",
    "InvariantAlarm",
    "JournalEntry",
    "JournalLine",
    "LineResolution",
    "LineReview",
    "Netting",
    "NoticeLine",
    "Notification",
    "Objection",
    "OtherSubsidy",
    "Payment",
    "PaymentAttempt",
    "PaymentBatch",
    "PolicyVersion",
    "PublicNotice",
    "Recovery",
    "RecoverySettlement",
    "SelfCheckAccess",
    "SendingStop",
    "SubsidyClaim",
    "TrainingPolicyVersion",
    "TrainingStandard",
    "TrainingSubsidy",
]
