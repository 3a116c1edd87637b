"""What leaves for the banks, and what keeps it from leaving."""

from django.db.models import Q, QuerySet

from institutions.models import User
from subsidies.enums import BatchStatus, DeliveryWay, StopKind
from subsidies.models import BatchDownload, PaymentBatch, SendingStop
from subsidies.policies import can_see_money


def sending_is_stopped() -> bool:
    """Test whether nothing may be released or sent to any bank at present."""
    return live_stops().exists()


def live_stops() -> QuerySet[SendingStop]:
    """Return the stops that hold at present, the latest first."""
    return SendingStop.objects.filter(lifted_at__isnull=True).select_related("stopped_by", "lift_proposed_by")


def lock_live_stop(kind: StopKind) -> SendingStop | None:
    """Return the stop of this kind that holds at present, locked, or None."""
    stops = SendingStop.objects.select_for_update(of=("self",))
    return stops.filter(kind=kind, lifted_at__isnull=True).first()


def sending_stops_visible_to(user: User) -> QuerySet[SendingStop]:
    """Return all stops of sending that there have been, for those who see the money."""
    stops = SendingStop.objects.select_related("stopped_by", "lift_proposed_by", "lifted_by")
    return stops if can_see_money(user) else stops.none()


def batch_ids_to_deliver(way: DeliveryWay) -> list[int]:
    """Return the batches that go this way, were released and are not known to be with the bank."""
    goes_this_way = Q(bank_format__delivery=way)
    if way == DeliveryWay.FOLDER:
        goes_this_way |= Q(bank_format__isnull=True)
    under_way = PaymentBatch.objects.filter(
        goes_this_way, status__in=[BatchStatus.RELEASED, BatchStatus.SENDING]
    )
    return list(under_way.order_by("id").values_list("id", flat=True))


def downloads_visible_to(user: User) -> QuerySet[BatchDownload]:
    """Return the downloads of batches, without their passwords, for those who see the money."""
    downloads = BatchDownload.objects.select_related("requested_by", "batch__bank_format")
    downloads = downloads.defer("batch__content", "password")
    return downloads if can_see_money(user) else downloads.none()


def lock_download(download_id: int) -> BatchDownload:
    """Return one download that no other transaction can change until this one ends."""
    return BatchDownload.objects.select_for_update(of=("self",)).get(pk=download_id)


def batch_id_of_download(download_id: int) -> int:
    """Return the batch that a download is of."""
    return BatchDownload.objects.values_list("batch_id", flat=True).get(pk=download_id)


def was_offered(batch: PaymentBatch) -> bool:
    """Test whether anybody has asked for a link to the batch's file."""
    return BatchDownload.objects.filter(batch=batch).exists()


def was_fetched(batch: PaymentBatch) -> bool:
    """Test whether anybody has fetched the batch's file."""
    return BatchDownload.objects.filter(batch=batch, fetch_count__gt=0).exists()
