"""A released batch that a person carries to the bank: a link for a short time, a password apart, and the hand-over."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from chongqing_dte.foundation.audit import record_event
from chongqing_dte.foundation.errors import DomainError, InvalidTransition
from chongqing_dte.foundation.sentences import gettext as _
from chongqing_dte.foundation.transitions import check_transition
from chongqing_dte.foundation.words import stated
from institutions.models import User
from subsidies import policies, queries
from subsidies.bank.sealed import new_password, sealed
from subsidies.enums import BatchStatus, DeliveryWay
from subsidies.models import BatchDownload, PaymentBatch
from subsidies.services.release_checks import check_may_release
from subsidies.services.sending_steps import begin_sending
from subsidies.services.withdrawal_steps import must_stay, withdraw_batch
from subsidies.transitions import BATCH_TRANSITIONS

LINK_HOLDS = timedelta(minutes=30)


@dataclass(frozen=True)
class SealedFile:
    """One encrypted file as it goes out."""

    name: str
    content: bytes


def offer_download(*, batch_id: int, requester: User, reason: str, now: datetime) -> BatchDownload:
    """Give a link to a batch's file for half an hour. Somebody else fetches it; the password is the requester's.

    Raises NotPermitted, InvalidTransition if the batch is not released or is with the bank, and DomainError while
    sending is stopped, if a machine sends the batch, or without a reason for another link; and `batch_withdrawn` once
    it has withdrawn the batch, because something in it must not be paid any more.
    """
    download = _offer(batch_id, requester, reason, now)
    if download is None:
        raise _stays_here()
    return download


@transaction.atomic(durable=True)
def _offer(batch_id: int, requester: User, reason: str, now: datetime) -> BatchDownload | None:
    batch = queries.lock_batch(batch_id)
    policies.check_can_work_with_bank(requester)
    _check_goes_by_hand(batch)
    _check_sending_goes_on()
    if batch.status != BatchStatus.SENDING:
        check_transition(BATCH_TRANSITIONS, current=BatchStatus(batch.status), target=BatchStatus.SENDING)
    why = stated(reason)
    if queries.was_offered(batch) and not why:
        raise DomainError(_("Say why another link is needed."), code="reason_missing")
    if _is_withdrawn_instead(batch, now):
        return None
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


def fetch_download(*, download_id: int, fetcher: User, now: datetime) -> SealedFile:
    """Return the encrypted file and count that it was fetched. From the first fetch on the batch is being sent.

    Raises NotPermitted for whoever asked for the link, who has the password; InvalidTransition once the bank has the
    batch; and DomainError after the link has expired, while sending is stopped or the books differ, and
    `batch_withdrawn` once it has withdrawn the batch, because something in it must not be paid any more.
    """
    file = _fetch(download_id, fetcher, now)
    if file is None:
        raise _stays_here()
    return file


@transaction.atomic(durable=True)
def _fetch(download_id: int, fetcher: User, now: datetime) -> SealedFile | None:
    batch = queries.lock_batch(queries.batch_id_of_download(download_id))
    download = queries.lock_download(download_id)
    policies.check_can_fetch(fetcher, download)
    if batch.status == BatchStatus.WITHDRAWN:
        raise InvalidTransition(_("This batch was withdrawn. Its file does not leave."))
    if batch.status not in (BatchStatus.RELEASED, BatchStatus.SENDING):
        raise InvalidTransition(_("The bank has this batch already."))
    _check_sending_goes_on()
    if now >= download.expires_at:
        raise DomainError(_("This link has expired. Ask for another one."), code="link_expired")
    if _is_withdrawn_instead(batch, now):
        return None
    if batch.status == BatchStatus.RELEASED:
        check_may_release(batch=batch, now=now)
        begin_sending(batch=batch, now=now, sender=fetcher)
    download.fetched_by = fetcher
    download.fetched_at = download.fetched_at or now
    download.fetch_count += 1
    download.save(update_fields=["fetched_by", "fetched_at", "fetch_count"])
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
    if batch.status in (BatchStatus.RELEASED, BatchStatus.SENDING) and not queries.was_fetched(batch):
        raise DomainError(_("Nobody has fetched the file of this batch yet."), code="not_fetched")
    # One that is settled can be open again, and yet nobody carries it a second time.
    if batch.status != BatchStatus.SENDING:
        raise InvalidTransition(_("This batch is not on its way to the bank."))
    batch.status = BatchStatus.DELIVERED
    batch.delivered_at = now
    batch.save(update_fields=["status", "delivered_at"])
    record_event("batch.delivered", subject=batch, actor_id=confirmer.pk, at=now)
    return batch


def _is_withdrawn_instead(batch: PaymentBatch, now: datetime) -> bool:
    """Test whether something in a batch that has not left must not be paid. If so, the batch is withdrawn."""
    if batch.status != BatchStatus.RELEASED or not must_stay(batch):
        return False
    withdraw_batch(batch=batch, now=now)
    return True


def _stays_here() -> DomainError:
    return DomainError(
        _(
            "Something in this batch must not be paid any more, so it was withdrawn. What is still owed goes into "
            "another batch by itself."
        ),
        code="batch_withdrawn",
    )


def _check_goes_by_hand(batch: PaymentBatch) -> None:
    if batch.bank_format is None or batch.bank_format.delivery != DeliveryWay.DOWNLOAD:
        raise DomainError(_("This batch is sent to the bank by itself."), code="sent_by_itself")


def _check_sending_goes_on() -> None:
    if queries.sending_is_stopped():
        raise DomainError(_("All sending is stopped at present."), code="sending_stopped")
