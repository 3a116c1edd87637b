from subsidies.models.bank_result import BankResultFile, BankResultLine
from subsidies.models.budget import Budget
from subsidies.models.entitlement import Entitlement
from subsidies.models.journal import JournalEntry, JournalLine
from subsidies.models.payment import Payment, PaymentAttempt, PaymentBatch
from subsidies.models.policy import PolicyVersion
from subsidies.models.recovery import Recovery

__all__ = [
    "BankResultFile",
    "BankResultLine",
    "Budget",
    "Entitlement",
    "JournalEntry",
    "JournalLine",
    "Payment",
    "PaymentAttempt",
    "PaymentBatch",
    "PolicyVersion",
    "Recovery",
]
