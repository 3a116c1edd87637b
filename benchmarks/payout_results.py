"""One large result file of the bank, settled, beside its bare parse and one set-based update of the same rows."""

import hashlib
import time
from decimal import Decimal
from typing import Any, Final

from benchmarks.measuring import seconds_of
from benchmarks.payout_people import as_replica

# One in fifty comes back, as many accounts are closed.
RETURNED_EACH: Final = 50
# A batch that the bank has, made of payments that are ready: as an assembly, a release and a delivery leave it.
SENDING: Final = (
    """
    INSERT INTO subsidies_paymentattempt (payment_id, batch_id, number, reference, line_number, bank_account_id,
        amount, status, return_code)
    SELECT payment.id, batch.id, 1, upper(left(encode(sha256(('r' || payment.id)::bytea), 'hex'), 26)),
           row_number() OVER (ORDER BY payment.id), entitlement.bank_account_id, payment.amount, 'OPEN', ''
    FROM (SELECT * FROM subsidies_payment WHERE status = 'READY' ORDER BY id LIMIT %(count)s) payment
    JOIN subsidies_entitlement entitlement ON entitlement.id = payment.entitlement_id,
         (SELECT id FROM subsidies_paymentbatch WHERE reference = %(reference)s) batch
    """,
    """
    UPDATE subsidies_payment payment SET status = 'INSTRUCTED'
    FROM subsidies_paymentattempt attempt JOIN subsidies_paymentbatch batch ON batch.id = attempt.batch_id
    WHERE attempt.payment_id = payment.id AND batch.reference = %(reference)s
    """,
    """
    WITH entry AS (
        INSERT INTO subsidies_journalentry (key, kind, recorded_at)
        VALUES ('release:' || %(reference)s, 'RELEASE', now()) RETURNING id
    )
    INSERT INTO subsidies_journalline (entry_id, account, amount, payment_id, fact)
    SELECT entry.id, account, sign * attempt.amount, attempt.payment_id, 'released:1'
    FROM entry, subsidies_paymentattempt attempt
    JOIN subsidies_paymentbatch batch ON batch.id = attempt.batch_id AND batch.reference = %(reference)s,
         (VALUES ('SUBSIDIES_PAYABLE', 1), ('PAYMENTS_IN_TRANSIT', -1)) side (account, sign)
    """,
)
# What a settlement changes of rows that are there, in one statement: instructions and payments.
UPDATE: Final = """
    WITH said AS (
        SELECT * FROM unnest(string_to_array(%(references)s, ','), string_to_array(%(answers)s, ','),
                             string_to_array(%(codes)s, ',')) said (reference, answer, code)
    ), answered AS (
        UPDATE subsidies_paymentattempt attempt
        SET status = said.answer, return_code = said.code, answered_at = %(now)s
        FROM said WHERE attempt.reference = said.reference AND attempt.status = 'OPEN'
        RETURNING attempt.payment_id, attempt.status
    )
    UPDATE subsidies_payment payment
    SET status = answered.status, paid_at = CASE answered.status WHEN 'PAID' THEN %(now)s::timestamptz END
    FROM answered WHERE payment.id = answered.payment_id
"""


def result_of_a_sent_batch(count: int) -> bytes:
    """Send so many payments to the bank, and return what it says of them."""
    from django.db import connection

    reference = f"PAYOUT-{time.time_ns()}"
    values: dict[str, Any] = {"count": count, "reference": reference}
    with as_replica(), connection.cursor() as cursor:
        _send_batch(reference, count)
        for statement in SENDING:
            cursor.execute(statement, values)
        cursor.execute(
            "SELECT attempt.reference, attempt.line_number, attempt.amount FROM subsidies_paymentattempt attempt"
            " JOIN subsidies_paymentbatch batch ON batch.id = attempt.batch_id"
            " WHERE batch.reference = %s ORDER BY attempt.line_number",
            [reference],
        )
        lines = cursor.fetchall()
    if len(lines) != count:
        raise RuntimeError(f"{len(lines)} payments were ready instead of {count}.")
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE subsidies_payment, subsidies_paymentattempt, subsidies_journalline")
    return _result_list(reference, lines)


def _send_batch(reference: str, count: int) -> None:
    from django.db.models import Sum
    from django.utils import timezone

    from subsidies.models import Payment, PaymentBatch

    ready = Payment.objects.filter(status="READY").order_by("pk")[:count]
    content = reference.encode()
    PaymentBatch.objects.create(
        reference=reference,
        status="DELIVERED",
        line_count=count,
        total=ready.aggregate(total=Sum("amount"))["total"],
        file_name="payout.csv",
        content=content,
        sha256=hashlib.sha256(content).hexdigest(),
        assembled_at=timezone.now(),
        released_automatically=True,
        delivered_at=timezone.now(),
    )


def _result_list(batch: str, lines: list[tuple[str, int, Decimal]]) -> bytes:
    rows, paid = [f"H,1,{batch},{len(lines)}"], Decimal("0.00")
    for reference, number, amount in lines:
        is_returned = number % RETURNED_EACH == 0
        rows.append(
            f"D,{number},{reference},{amount},{'RETURNED,ACCOUNT_CLOSED' if is_returned else 'PAID,'}"
        )
        paid += 0 if is_returned else amount
    return "\r\n".join([*rows, f"T,{len(lines)},{paid}", ""]).encode()


def seconds_to_settle(content: bytes) -> float:
    """Return how long the portal takes from the bytes of a file to its settled batch."""
    from django.utils import timezone

    from subsidies.bank.channel import ReceivedFile
    from subsidies.models import PaymentBatch
    from subsidies.services.bank_results import receive_bank_result

    received = ReceivedFile(key="result", name="result.csv", content=content)
    seconds = seconds_of(lambda: receive_bank_result(received=received, now=timezone.now()))
    batch = PaymentBatch.objects.get(reference=content.split(b",", 3)[2].decode())
    if batch.status != "SETTLED":
        raise RuntimeError(f"The batch is {batch.status}.")
    return seconds


def seconds_of_bare_work(content: bytes) -> float:
    """Return how long it takes to read the file and to update the rows that it speaks of, and nothing else."""
    return seconds_of(lambda: _parse_and_update(content))


def _parse_and_update(content: bytes) -> None:
    from django.db import connection, transaction
    from django.utils import timezone

    from subsidies.bank.agent_list import read_result_list

    lines: Any = read_result_list(content).lines
    values: dict[str, Any] = {
        "references": ",".join(line.reference for line in lines),
        "answers": ",".join(line.answer for line in lines),
        "codes": ",".join(line.return_code for line in lines),
        "now": timezone.now(),
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(UPDATE, values)
        if cursor.rowcount != len(lines):
            raise RuntimeError(f"{cursor.rowcount} rows were updated instead of {len(lines)}.")
