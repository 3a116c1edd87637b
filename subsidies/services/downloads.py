"""A released batch that a person carries to the bank: a link for a short time, a password apart, and the hand-over."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from chongqing_dte.foundation.audit import record_event
from chongqing_dte.foundation.errors import DomainError, InvalidTransition
from chongqing_dte.foundation.jobs import nudge_after_commit
from chongqing_dte.foundation.transitions import check_transition
from chongqing_dte.foundation.words import stated
from institutions.models import User
from subsidies import policies, queries
from subsidies.bank.sealed import new_password, sealed
from subsidies.enums import BatchStatus, DeliveryWay
from subsidies.models import BatchDownload, PaymentBatch
from subsidies.transitions import BATCH_TRANSITIONS

LINK_HOLDS = timedelta(minutes=30)


@dataclass(frozen=True)
class SealedFile:
    """One encrypted file as it goes out."""

    name: str
    content: bytes


@transaction.atomic(durable=True)
def offer_download(*, batch_id: int, requester: User, reason: str, now: datetime) -> BatchDownload:
    """Give a link to a batch's file for half an hour. From now on its bytes may have left.

    Raises NotPermitted, InvalidTransition if the batch is not released or is with the bank, and DomainError while
    sending is stopped, if a machine sends the batch, or without a reason for another link.
    """
    batch = queries.lock_batch(batch_id)
    policies.check_can_work_with_bank(requester)
    _check_goes_by_hand(batch)
    _check_sending_goes_on()
    why = stated(reason)
    if batch.status == BatchStatus.SENDING and not why:
        raise DomainError(_("Say why another link is needed."), code="reason_missing")
    if batch.status != BatchStatus.SENDING:
        check_transition(BATCH_TRANSITIONS, current=BatchStatus(batch.status), target=BatchStatus.SENDING)
        batch.status = BatchStatus.SENDING
        batch.save(update_fields=["status"])
        record_event("batch.sending", subject=batch, actor_id=requester.pk, at=now)
        nudge_after_commit("batch_sent")
    download = BatchDownload.objects.create(
        batch=batch,
        requested_by=requester,
        requested_at=now,
        expires_at=now + LINK_HOLDS,
        password=new_password(),
    )
    record_event(
        "batch.download_offered",
        subject=batch,
        actor_id=requester.pk,
        at=now,
        reason=why,
        facts={"download": str(download.public_id)},
    )
    return download


@transaction.atomic(durable=True)
def fetch_download(*, download_id: int, fetcher: User, now: datetime) -> SealedFile:
    """Return the encrypted file and count that it was fetched.

    Raises NotPermitted, InvalidTransition once the bank has the batch, and DomainError after the link has expired or
    while sending is stopped.
    """
    batch = queries.lock_batch(queries.batch_id_of_download(download_id))
    download = queries.lock_download(download_id)
    policies.check_can_work_with_bank(fetcher)
    if batch.status != BatchStatus.SENDING:
        raise InvalidTransition(_("The bank has this batch already."))
    _check_sending_goes_on()
    if now >= download.expires_at:
        raise DomainError(_("This link has expired. Ask for another one."), code="link_expired")
    download.fetched_at = download.fetched_at or now
    download.fetch_count += 1
    download.save(update_fields=["fetched_at", "fetch_count"])
    record_event(
        "batch.fetched",
        subject=batch,
        actor_id=fetcher.pk,
        at=now,
        facts={"download": str(download.public_id), "count": download.fetch_count},
    )
    content = sealed(
        batch.file_name, bytes(batch.content), password=download.password, made_at=batch.assembled_at
    )
    return SealedFile(f"{batch.file_name.rpartition('.')[0] or batch.file_name}.zip", content)


@transaction.atomic(durable=True)
def show_password(*, download_id: int, reader: User, now: datetime) -> str:
    """Return the password of a download, once.

    Raises NotPermitted for everybody but whoever asked for the link, InvalidTransition the second time, and
    DomainError if the link has expired unused.
    """
    download = queries.lock_download(download_id)
    policies.check_can_see_password(reader, download)
    if download.password_shown_at is not None:
        raise InvalidTransition(
            _(
                "The password was shown already. If it is lost, ask for another link: it has a password of its own."
            )
        )
    if now >= download.expires_at and not download.fetch_count:
        raise DomainError(_("This link has expired. Ask for another one."), code="link_expired")
    download.password_shown_at = now
    download.save(update_fields=["password_shown_at"])
    record_event("download.password_shown", subject=download, actor_id=reader.pk, at=now)
    return download.password


@transaction.atomic(durable=True)
def confirm_handed_over(*, batch_id: int, confirmer: User, now: datetime) -> PaymentBatch:
    """Record that a person has brought the batch's file to the bank.

    Raises NotPermitted, InvalidTransition if the batch is not on its way, and DomainError if a machine sends it or
    nobody has fetched the file.
    """
    batch = queries.lock_batch(batch_id)
    policies.check_can_work_with_bank(confirmer)
    _check_goes_by_hand(batch)
    # One that is settled can be open again, and yet nobody carries it a second time.
    if batch.status != BatchStatus.SENDING:
        raise InvalidTransition(_("This batch is not on its way to the bank."))
    if not queries.was_fetched(batch):
        raise DomainError(_("Nobody has fetched the file of this batch yet."), code="not_fetched")
    batch.status = BatchStatus.DELIVERED
    batch.delivered_at = now
    batch.save(update_fields=["status", "delivered_at"])
    record_event("batch.delivered", subject=batch, actor_id=confirmer.pk, at=now)
    return batch


def _check_goes_by_hand(batch: PaymentBatch) -> None:
    if batch.bank_format is None or batch.bank_format.delivery != DeliveryWay.DOWNLOAD:
        raise DomainError(_("This batch is sent to the bank by itself."), code="sent_by_itself")


def _check_sending_goes_on() -> None:
    if queries.sending_is_stopped():
        raise DomainError(_("All sending is stopped at present."), code="sending_stopped")
