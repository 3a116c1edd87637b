"""How waiting payments become one file of fixed bytes. Steps: they need the transaction of the assembly."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import datetime
from decimal import Decimal

import structlog
from django.utils import timezone

from chongqing_dte.foundation.crypto import DAMAGED, keyed_reference
from enrollment.models import BankAccount
from enrollment.queries import account_number_hash, first_id_number_hashes
from institutions.models import InstitutionAccount
from subsidies import queries
from subsidies.bank.files import BatchFile, BatchLine, FormatSpec
from subsidies.bank.formats import file_name, spec_of, unwritable, write_batch
from subsidies.enums import BankSide, PaymentFormat, SubsidyKind
from subsidies.models import BankFormat, Entitlement, Payment, PaymentAttempt, PaymentBatch, PolicyVersion
from subsidies.rules.bank_sides import Reach, reaches
from subsidies.rules.references import claim_words, training_words
from subsidies.services.netting_steps import SetOff

log = structlog.get_logger(__name__)

# Without a policy for the day there is no limit to go by, and a file that no bank takes would help nobody.
LINES_WITHOUT_A_POLICY = 500
NOTHING_SET_OFF = SetOff()

Account = queries.Account


@dataclass(frozen=True)
class BatchPlan:
    """One kind of file that is made now: of which subsidy, by which format, for which accounts, and how large.

    Amount in yuan.
    """

    kind: SubsidyKind
    bank_format: BankFormat | None
    spec: FormatSpec
    side: str
    reach: Reach
    line_limit: int
    amount_limit: Decimal | None


@dataclass(frozen=True)
class Payable:
    """One payment and the account that it goes to."""

    payment: Payment
    account: Account
    # What of it is not for the bank.
    set_off: SetOff = NOTHING_SET_OFF

    @property
    def amount(self) -> Decimal:
        """What the bank is instructed to pay of it, in yuan."""
        return self.payment.amount - self.set_off.total


def batch_plans(kind: SubsidyKind, policy: PolicyVersion | None) -> list[BatchPlan]:
    """Return the files that are made now: one kind for each open format, or the plain list where there is none.

    `policy` is that of the assessment subsidy; for claims it is the formats that say how large a file may be.
    """
    formats: dict[str, BankFormat | None] = {each.side: each for each in queries.open_bank_formats()}
    own_codes = {side: each.own_bank_code for side, each in formats.items() if each is not None}
    return [
        _plan(kind, formats.get(side), (side, reach), policy) for side, reach in reaches(own_codes).items()
    ]


def _plan(
    kind: SubsidyKind, bank_format: BankFormat | None, place: tuple[str, Reach], policy: PolicyVersion | None
) -> BatchPlan:
    side, reach = place
    line_limit = policy.batch_line_limit if policy else LINES_WITHOUT_A_POLICY
    amounts = [policy.batch_amount_limit] if policy else []
    if bank_format is not None:
        line_limit = min(line_limit, bank_format.line_limit or line_limit)
        amounts.append(bank_format.amount_limit)
    return BatchPlan(
        kind=kind,
        bank_format=bank_format,
        spec=spec_of(bank_format),
        side=side,
        reach=reach,
        line_limit=line_limit,
        amount_limit=min((amount for amount in amounts if amount is not None), default=None),
    )


def within_amount(payable: Sequence[Payable], limit: Decimal | None) -> tuple[list[Payable], bool]:
    """Return as many from the first on as one file may hold, and whether any is left over.

    One that is above the limit by itself goes alone: waiting would not make it smaller.
    """
    total = Decimal("0.00")
    for count, each in enumerate(payable):
        total += each.amount
        if limit is not None and total > limit and count:
            return list(payable[:count]), True
    return list(payable), False


def accounts_of(kind: SubsidyKind, payments: Sequence[Payment]) -> dict[int, Account]:
    """Return the account that each of these payments goes to, by payment. What has none that can be read waits."""
    if kind == SubsidyKind.TRAINING:
        payees = {each.pk: each.institution_id for each in payments if each.institution_id is not None}
        found = _readable(set(payees.values()), queries.institution_accounts_to_pay)
    else:
        payees = {each.pk: each.trainee_id for each in payments}
        found = _readable(set(payees.values()), queries.accounts_to_pay)
    return {payment_id: found[payee_id] for payment_id, payee_id in payees.items() if payee_id in found}


def _readable(payee_ids: set[int], find: Callable[[set[int]], Mapping[int, Account]]) -> dict[int, Account]:
    """Return the accounts to pay to. One that cannot be decrypted keeps its own payments waiting, and no other."""
    try:
        found = find(payee_ids)
    except DAMAGED:
        if len(payee_ids) == 1:
            log.exception("bank_account_unreadable", payee=next(iter(payee_ids)))
            return {}
        accounts: dict[int, Account] = {}
        for payee_id in payee_ids:
            accounts |= _readable({payee_id}, find)
        return accounts
    return {payee_id: account for payee_id, account in found.items() if _is_as_recorded(account)}


def _is_as_recorded(account: Account) -> bool:
    """Test that the number is the one that was hashed when it was recorded, and not another row's."""
    is_same = account_number_hash(account.number) == account.number_hash
    if not is_same:
        log.error("bank_account_altered", account=account.pk, kind=account._meta.model_name)
    return is_same


def unwritable_payments(plan: BatchPlan, payable: Sequence[Payable]) -> set[int]:
    """Return the payments whose names the file cannot hold. They wait and are shown; nothing is changed to fit."""
    lines = [_line(number, "", each.account, each.amount) for number, each in enumerate(payable, start=1)]
    return {payable[number - 1].payment.pk for number in unwritable(plan.spec, lines)}


def batch_of(
    plan: BatchPlan, payable: Sequence[Payable], now: datetime
) -> tuple[PaymentBatch, list[PaymentAttempt]]:
    """Return the batch of these payments with its file and its instructions, none of them saved."""
    attempts = _attempts(payable)
    day = timezone.localdate(now)
    lines = [
        _line(attempt.line_number, attempt.reference, each.account, attempt.amount)
        for attempt, each in zip(attempts, payable, strict=True)
    ]
    reference = f"{day:%Y%m%d}-{content_key(plan, lines)[:10]}"
    file = BatchFile(reference=reference, made_on=day, lines=lines)
    content = write_batch(plan.spec, file)
    batch = PaymentBatch(
        reference=reference,
        kind=plan.kind,
        payment_format=plan.spec.payment_format,
        bank_format=plan.bank_format,
        side=plan.side,
        line_count=len(attempts),
        total=file.total,
        file_name=file_name(plan.spec, reference),
        content=content,
        sha256=hashlib.sha256(content).hexdigest(),
        assembled_at=now,
    )
    for attempt in attempts:
        attempt.batch = batch
    return batch, attempts


def _attempts(payable: Sequence[Payable]) -> list[PaymentAttempt]:
    return [
        PaymentAttempt(
            payment=each.payment,
            number=number,
            reference=reference,
            line_number=line_number,
            bank_account=each.account if isinstance(each.account, BankAccount) else None,
            institution_account=each.account if isinstance(each.account, InstitutionAccount) else None,
            amount=each.amount,
        )
        for line_number, (each, (number, reference)) in enumerate(
            zip(payable, _references([each.payment for each in payable]), strict=True), start=1
        )
    ]


def _references(payments: Sequence[Payment]) -> list[tuple[int, str]]:
    """Return the number and the bank reference of the next instruction of each of these payments.

    A number whose reference another instruction bears is passed over: money for the same first pass may have come
    back before, and two rows may have been recorded under one ID number before it was corrected.
    """
    numbers = [made + 1 for made in _made_before(payments)]
    claims = _claims(payments)
    while True:
        references = [
            keyed_reference(*claim, str(number)) for claim, number in zip(claims, numbers, strict=True)
        ]
        used = queries.references_in_use(references)
        is_free = True
        for place, reference in enumerate(references):
            if reference in used:
                numbers[place] += 1
                is_free = False
            used.add(reference)
        if is_free:
            return list(zip(numbers, references, strict=True))


def _made_before(payments: Sequence[Payment]) -> list[int]:
    """Return how many instructions there have been for the same certificate, or for claims of the same class."""
    certificates = [each.grant.certificate_id for each in payments if each.claim is None]
    classes = [each.claim.training_class_id for each in payments if each.claim is not None]
    of_certificates = queries.attempt_counts(certificates) if certificates else {}
    of_classes = queries.class_attempt_counts(classes) if classes else {}
    return [
        of_certificates.get(each.grant.certificate_id, 0)
        if each.claim is None
        else of_classes.get(each.claim.training_class_id, 0)
        for each in payments
    ]


def _claims(payments: Sequence[Payment]) -> list[tuple[str, ...]]:
    """Return what stands for what each of these payments is for, in words that a restore does not change."""
    grants = [each.grant for each in payments if each.claim is None]
    known_as = first_id_number_hashes({grant.certificate.trainee_id for grant in grants})
    return [
        _words_of_grant(each.grant, known_as) if each.claim is None else _words_of_claim(each)
        for each in payments
    ]


def _words_of_grant(grant: Entitlement, known_as: Mapping[int, str]) -> tuple[str, ...]:
    return claim_words(
        scope=_policy_of(grant).first_pass_scope,
        known_as=known_as[grant.certificate.trainee_id],
        occupation_code=grant.certificate.occupation.code,
        level=grant.certificate.level,
    )


def _words_of_claim(payment: Payment) -> tuple[str, ...]:
    claim, institution = payment.claim, payment.institution
    if claim is None or institution is None:
        raise ValueError("a claim is an institution's")
    return training_words(credit_code=institution.credit_code, class_reference=claim.training_class.reference)


def _policy_of(grant: Entitlement) -> PolicyVersion:
    if grant.policy_version is None:
        raise ValueError("a grant has a policy")
    return grant.policy_version


def content_key(plan: BatchPlan, lines: Sequence[BatchLine]) -> str:
    """Return what stands for all that is in the file, to the last sign.

    A batch made anew after a restore on the same day has the name that the bank knows, and a file with other content
    or in another format has another name.
    """
    spec = plan.spec
    written_by = [spec.payment_format, spec.payer_name, spec.payer_account, spec.payer_cnaps]
    layout = json.dumps(spec.layout, sort_keys=True)
    is_plain = spec.payment_format == PaymentFormat.AGENT_LIST and plan.side == BankSide.ANY
    return keyed_reference(
        "batch",
        *([] if is_plain else [*written_by, layout]),
        *(json.dumps(astuple(line), default=str) for line in lines),
    )


def _line(number: int, reference: str, account: Account, amount: Decimal) -> BatchLine:
    return BatchLine(
        line_number=number,
        reference=reference,
        payee_name=queries.account_holder(account),
        account=account.number,
        bank_name=account.bank_name,
        cnaps=account.cnaps,
        amount=amount,
    )
