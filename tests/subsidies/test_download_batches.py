"""A batch that a person carries to the bank: link, password, fetch and hand-over."""

import io
from datetime import timedelta

import pytest
import pyzipper

from chongqing_dte.foundation.errors import DomainError, InvalidTransition, NotPermitted
from chongqing_dte.foundation.models import AuditEvent
from subsidies.enums import BatchStatus, DeliveryWay
from subsidies.models import BatchDownload
from subsidies.services.deliveries import deliver_released_batches
from subsidies.services.downloads import confirm_handed_over, fetch_download, offer_download, show_password
from tests.clock import NOW
from tests.factories.bank import DownloadFormatFactory, SendingStopFactory, batch_by_hand
from tests.factories.institutions import UserFactory
from tests.factories.subsidies import assembled_batch, hear_from_bank, sign_twice
from tests.fakes.bank import FakeBank

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("promises_hold")]

LATER = NOW + timedelta(minutes=30)


@pytest.fixture
def clerk():
    return UserFactory(municipal_finance=True)


@pytest.fixture
def carrier():
    return UserFactory(municipal_finance=True)


def offer(batch, clerk, reason="") -> BatchDownload:
    return offer_download(batch_id=batch.pk, requester=clerk, reason=reason, now=NOW)


def fetch(download, carrier, now=NOW):
    return fetch_download(download_id=download.pk, fetcher=carrier, now=now)


def opened(content: bytes, password: str) -> dict[str, bytes]:
    with pyzipper.AESZipFile(io.BytesIO(content)) as archive:
        archive.setpassword(password.encode())
        return {name: archive.read(name) for name in archive.namelist()}


def status_of(batch) -> str:
    batch.refresh_from_db()
    return batch.status


def test_from_the_first_fetch_on_the_bytes_may_have_left(clerk, carrier):
    batch = batch_by_hand()

    download = offer(batch, clerk)
    assert (status_of(batch), download.expires_at) == (BatchStatus.RELEASED, LATER)
    fetch(download, carrier)

    assert status_of(batch) == BatchStatus.SENDING
    assert set(AuditEvent.objects.values_list("name", flat=True)) >= {
        "batch.sending",
        "batch.download_offered",
    }


def test_no_machine_sends_what_a_person_carries(clerk):
    batch = batch_by_hand()
    bank = FakeBank()

    for way in (DeliveryWay.FOLDER, DeliveryWay.SFTP):
        assert deliver_released_batches(channel=bank, way=way, now=NOW) == 0

    assert (bank.files, status_of(batch)) == ({}, BatchStatus.RELEASED)


def test_what_is_fetched_opens_with_the_password_and_is_what_was_released(clerk, carrier):
    batch = batch_by_hand()
    download = offer(batch, clerk)

    sealed = fetch(download, carrier)

    password = show_password(download_id=download.pk, reader=clerk, now=NOW)
    assert opened(sealed.content, password) == {batch.file_name: bytes(batch.content)}
    assert bytes(batch.content) not in sealed.content
    assert sealed.name.endswith(".zip")


def test_without_the_password_it_does_not_open(clerk, carrier):
    sealed = fetch(offer(batch_by_hand(), clerk), carrier)

    with pytest.raises(RuntimeError):
        opened(sealed.content, "another")


def test_every_fetch_is_counted_and_kept_with_its_name(clerk, carrier):
    download, colleague = offer(batch_by_hand(), clerk), UserFactory(municipal_finance=True)

    fetch(download, carrier)
    fetch(download, colleague)

    download.refresh_from_db()
    assert (download.fetch_count, download.fetched_at, download.fetched_by) == (2, NOW, colleague)
    fetches = AuditEvent.objects.filter(name="batch.fetched").order_by("pk")
    assert list(fetches.values_list("actor_id", "facts__count")) == [(carrier.pk, 1), (colleague.pk, 2)]


def test_passwords_differ_and_stand_in_no_event(clerk):
    batch = batch_by_hand()
    first, second = offer(batch, clerk), offer(batch, clerk, "The first one was lost.")
    show_password(download_id=first.pk, reader=clerk, now=NOW)

    assert first.password != second.password
    assert first.password not in str(list(AuditEvent.objects.values_list("facts", "reason")))


def test_the_password_is_shown_once(clerk):
    download = offer(batch_by_hand(), clerk)
    show_password(download_id=download.pk, reader=clerk, now=NOW)

    with pytest.raises(InvalidTransition):
        show_password(download_id=download.pk, reader=clerk, now=NOW)


def test_the_password_is_for_whoever_asked_for_the_link(clerk):
    download = offer(batch_by_hand(), clerk)

    with pytest.raises(NotPermitted):
        show_password(download_id=download.pk, reader=UserFactory(municipal_finance=True), now=NOW)

    download.refresh_from_db()
    assert download.password_shown_at is None


def test_nobody_has_both_the_file_and_its_password(clerk, carrier):
    download = offer(batch_by_hand(), clerk)

    with pytest.raises(NotPermitted):
        fetch(download, clerk)
    fetch(download, carrier)
    with pytest.raises(NotPermitted):
        show_password(download_id=download.pk, reader=carrier, now=NOW)

    download.refresh_from_db()
    assert (download.fetched_by, download.fetch_count, download.password_shown_at) == (carrier, 1, None)


def test_the_password_of_a_file_that_was_fetched_outlives_its_link(clerk, carrier):
    download = offer(batch_by_hand(), clerk)
    fetch(download, carrier)

    assert show_password(download_id=download.pk, reader=clerk, now=LATER) == download.password


@pytest.mark.parametrize("act", ["fetch", "password"])
def test_after_half_an_hour_the_link_leads_nowhere(clerk, carrier, act):
    download = offer(batch_by_hand(), clerk)

    with pytest.raises(DomainError) as refusal:
        fetch(download, carrier, LATER) if act == "fetch" else show_password(
            download_id=download.pk, reader=clerk, now=LATER
        )

    assert refusal.value.code == "link_expired"
    download.refresh_from_db()
    assert (download.fetch_count, download.password_shown_at) == (0, None)


def test_another_link_needs_a_reason(clerk):
    batch = batch_by_hand()
    offer(batch, clerk)

    with pytest.raises(DomainError) as refusal:
        offer(batch, clerk, " \n")

    assert refusal.value.code == "reason_missing"
    assert BatchDownload.objects.count() == 1
    assert offer(batch, clerk, "The stick was lost.").pk


def test_a_batch_without_its_signatures_gives_no_link(clerk):
    DownloadFormatFactory()
    batch = assembled_batch()

    with pytest.raises(InvalidTransition):
        offer(batch, clerk)


def test_what_a_machine_sends_gives_no_link(clerk):
    batch = sign_twice(assembled_batch())

    with pytest.raises(DomainError) as refusal:
        offer(batch, clerk)

    assert refusal.value.code == "sent_by_itself"


@pytest.mark.parametrize("act", ["offer", "fetch"])
def test_while_sending_is_stopped_nothing_is_handed_out(clerk, carrier, act):
    batch = batch_by_hand()
    download = offer(batch, clerk) if act == "fetch" else None
    SendingStopFactory()

    with pytest.raises(DomainError) as refusal:
        fetch(download, carrier) if download else offer(batch, clerk)

    assert refusal.value.code == "sending_stopped"
    assert not BatchDownload.objects.filter(fetch_count__gt=0).exists()


def test_the_bank_has_what_was_fetched_and_confirmed(clerk, carrier):
    batch = batch_by_hand()
    download = offer(batch, clerk)
    fetch(download, carrier)

    confirm_handed_over(batch_id=batch.pk, confirmer=clerk, now=NOW)

    assert status_of(batch) == BatchStatus.DELIVERED
    with pytest.raises(InvalidTransition):
        fetch(download, carrier)
    with pytest.raises(InvalidTransition):
        offer(batch, clerk, "Once more.")


def test_what_nobody_fetched_was_not_handed_over(clerk):
    batch = batch_by_hand()
    offer(batch, clerk)

    with pytest.raises(DomainError) as refusal:
        confirm_handed_over(batch_id=batch.pk, confirmer=clerk, now=NOW)

    assert refusal.value.code == "not_fetched"
    assert status_of(batch) == BatchStatus.RELEASED


def test_the_banks_answer_proves_that_it_was_handed_over(clerk, carrier):
    batch = batch_by_hand()
    fetch(offer(batch, clerk), carrier)

    hear_from_bank(batch)

    assert status_of(batch) == BatchStatus.SETTLED
    with pytest.raises(InvalidTransition):
        confirm_handed_over(batch_id=batch.pk, confirmer=clerk, now=NOW)


@pytest.mark.parametrize("act", [offer, fetch], ids=["offer", "fetch"])
def test_others_carry_nothing(clerk, act):
    batch = batch_by_hand()
    row = batch if act is offer else offer(batch, clerk)

    with pytest.raises(NotPermitted):
        act(row, UserFactory(municipal_operator=True))
