"""What a reader sees of each row on a certificate's road: masked, and in words."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from enrollment.models import Enrollment, EvidenceCorrection, RosterRow, RosterUpload, TrainingClass
from institutions.models import FeeSchedule
from subsidies.models import PolicyVersion


@dataclass(frozen=True)
class ShownCheck:
    """One check as a reader sees it."""

    name_text: str
    outcome: str
    outcome_label: str
    sentence: str


@dataclass(frozen=True)
class ShownDecision:
    """One decision as a reader sees it. Amount in yuan."""

    decision: str
    decision_label: str
    amount: Decimal
    decided_at: datetime
    policy_version: PolicyVersion | None
    fee_schedule: FeeSchedule | None
    reason_text: str
    checks: list[ShownCheck]
    # What the version says of the things that mattered: pairs of label and value.
    policy_facts: list[tuple[str, object]]
    # Who must do what, and until when that is asked for; only while something is missing.
    hold_facts: list[tuple[str, object]]
    district_name: str
    is_live: bool


@dataclass(frozen=True)
class ShownSitting:
    """One sitting that a decision looked at, and what it means for the first pass."""

    held_on: date
    institution_name: str
    occupation_text: str
    outcome: str
    outcome_label: str
    words: str


@dataclass(frozen=True)
class ShownFirstPass:
    """What a decision derived the first pass from."""

    scope_label: str
    rule_label: str
    sittings: list[ShownSitting]


@dataclass(frozen=True)
class Training:
    """How the person came into the programme: the class, and the roster row that first enrolled them."""

    enrollment: Enrollment
    training_class: TrainingClass
    roster_upload: RosterUpload
    roster_row: RosterRow
    # What was corrected of the evidence, oldest first.
    corrections: list[EvidenceCorrection]


@dataclass(frozen=True)
class ShownAttempt:
    """One instruction to the bank and what came of it."""

    number: int
    reference: str
    batch_reference: str
    batch_status_label: str
    account_last_four: str
    status: str
    status_label: str
    bank_answer: str
    # What the office has to do about money that came back.
    advice: str
    at: datetime | None
    # Which batch, and what the bank's files said of it, oldest first.
    batch_public_id: str
    sent_at: datetime | None
    bank_lines: list["ShownBankLine"]


@dataclass(frozen=True)
class ShownBankLine:
    """One line of a bank's result file. Amount in yuan."""

    file_name: str
    line_number: int
    answer: str
    answer_label: str
    amount: Decimal
    reason_text: str
    problem_label: str
    received_at: datetime
    # The bank did not name the payment: it answered for the whole batch.
    is_of_whole: bool


@dataclass(frozen=True)
class ShownNotice:
    """The public notice that a payment stood on."""

    reference: str
    line_number: int
    opens_on: date
    closes_on: date
    published_at: datetime
    closed_at: datetime | None


@dataclass(frozen=True)
class ShownObjection:
    """One objection, without what was said in it."""

    public_id: str
    kind_label: str
    status: str
    status_label: str
    raised_at: datetime
    decided_at: datetime | None
    decision_reason: str


@dataclass(frozen=True)
class ShownNotification:
    """One message about the decision."""

    about: str
    to: str
    channel_label: str
    status: str
    status_label: str
    at: datetime


@dataclass(frozen=True)
class ShownSettlement:
    """One part of a recovery that came back or was given up. Amount in yuan."""

    kind_label: str
    amount: Decimal
    status: str
    status_label: str
    at: datetime


@dataclass(frozen=True)
class ShownLine:
    """One journal line. Debit or credit in yuan, the other is None."""

    at: datetime
    entry: str
    account_text: str
    debit: Decimal | None
    credit: Decimal | None
    memo: str
