from subsidies.models.alarm import InvariantAlarm
from subsidies.models.bank_format import BankFormat
from subsidies.models.bank_result import BankResultFile, BankResultLine, LineResolution
from subsidies.models.book_comparison import BookComparison
from subsidies.models.budget import Budget, BudgetChange
from subsidies.models.delivery import BatchDownload, SendingStop
from subsidies.models.entitlement import Entitlement
from subsidies.models.journal import JournalEntry, JournalLine
from subsidies.models.notice import NoticeLine, Objection, PublicNotice
from subsidies.models.notification import Notification, SelfCheckAccess
from subsidies.models.other_subsidy import OtherSubsidy
from subsidies.models.payment import Payment, PaymentAttempt, PaymentBatch
from subsidies.models.policy import PolicyVersion
from subsidies.models.recovery import Recovery, RecoverySettlement

__all__ = [
    "BankFormat",
    "BankResultFile",
    "BankResultLine",
    "BatchDownload",
    "BookComparison",
    "Budget",
    "BudgetChange",
    "Entitlement",
    "InvariantAlarm",
    "JournalEntry",
    "JournalLine",
    "LineResolution",
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
]
