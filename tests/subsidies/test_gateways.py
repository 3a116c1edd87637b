"""Every gateway keeps the same promises, the one in memory that other tests use too."""

import json
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from subsidies.gateways import GatewayUnavailable, SmsGateway, sms_gateway
from subsidies.gateways.file_gateway import FileGateway
from tests.fakes.sms import FakeSms

MOBILE = "13800000001"


class FileSms:
    """The gateway of files, with what the tests ask of a gateway: what arrived, and to be away."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "sms"
        self.gateway: SmsGateway = FileGateway(self.folder)

    @property
    def messages(self) -> list[tuple[str, str, str]]:
        file = self.folder / "messages.jsonl"
        lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
        read = [json.loads(line) for line in lines]
        return [(line["mobile"], line["text"], line["reference"]) for line in read]

    def go_away(self) -> None:
        self.folder.write_text("a file where the folder should be", encoding="utf-8")


class MemorySms:
    def __init__(self, _folder: Path) -> None:
        self.fake = FakeSms()
        self.gateway: SmsGateway = self.fake

    @property
    def messages(self) -> list[tuple[str, str, str]]:
        return self.fake.messages

    def go_away(self) -> None:
        self.fake.is_away = True


@pytest.fixture(params=[FileSms, MemorySms])
def sms(request, tmp_path):
    return request.param(tmp_path)


def test_message_arrives_whole(sms):
    sms.gateway.send(MOBILE, "【重庆】第一行\n第二行", "code:1")

    assert sms.messages == [(MOBILE, "【重庆】第一行\n第二行", "code:1")]


def test_messages_arrive_in_their_order(sms):
    for number in range(3):
        sms.gateway.send(MOBILE, f"text {number}", f"code:{number}")

    assert [reference for _mobile, _text, reference in sms.messages] == ["code:0", "code:1", "code:2"]


def test_gateway_that_is_away_says_so_and_names_nobody(sms):
    sms.go_away()

    with pytest.raises(GatewayUnavailable) as refusal:
        sms.gateway.send(MOBILE, "secret words", "code:1")

    assert MOBILE not in str(refusal.value)
    assert "secret words" not in str(refusal.value)
    assert refusal.value.__cause__ is None


def test_file_is_for_the_portal_alone(tmp_path):
    FileGateway(tmp_path / "sms").send(MOBILE, "text", "code:1")

    assert stat.S_IMODE((tmp_path / "sms").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "sms/messages.jsonl").stat().st_mode) == 0o600


def test_two_writers_do_not_mix_their_lines(tmp_path):
    sms = FileSms(tmp_path)
    with ThreadPoolExecutor(max_workers=8) as pool:
        list(pool.map(lambda n: sms.gateway.send(MOBILE, "字" * 500, f"code:{n}"), range(200)))

    assert len(sms.messages) == 200
    assert {text for _mobile, text, _reference in sms.messages} == {"字" * 500}


def test_gateway_of_the_settings_writes_into_the_outbox(settings, tmp_path):
    settings.SMS_OUTBOX = tmp_path / "outbox"

    sms_gateway().send(MOBILE, "text", "code:1")

    assert (tmp_path / "outbox/messages.jsonl").exists()
