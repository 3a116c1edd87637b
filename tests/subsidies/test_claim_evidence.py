"""Files that show what a class has cost: what is taken, what is scanned, and what is never handed out."""

from datetime import datetime
from io import BytesIO
from zipfile import ZipFile

import pytest

from chongqing_dte.foundation.errors import DomainError, InvalidTransition, NotPermitted
from chongqing_dte.foundation.models import AuditEvent
from enrollment.models import TrainingClass
from subsidies.enums import EvidenceKind, ScanStatus
from subsidies.models import ClaimEvidence
from subsidies.queries import claim_evidence_visible_to, evidence_of_class
from subsidies.rules import claim_evidence as rules
from subsidies.rules.claim_evidence import MAX_BYTES, MAX_FILES, ending_of, media_type_of
from subsidies.services import claim_evidence
from subsidies.services.claim_evidence import (
    EvidenceFile,
    EvidenceHandedInBefore,
    hand_in_evidence,
    open_claim_evidence,
    scan_waiting_evidence,
    withdraw_evidence,
)
from tests.clock import NOW
from tests.factories.claims import ClaimEvidenceFactory, SubsidyClaimFactory, institution_user
from tests.factories.enrollment import TrainingClassFactory
from tests.factories.institutions import UserFactory
from tests.fakes.scanner import EICAR, FakeScanner
from tests.subsidies.interleaving import PATIENCE, is_kept_waiting, paused, rivals

pytestmark = pytest.mark.django_db

PDF = b"%PDF-1.7 a receipt"


def package(*entries: str) -> bytes:
    content = BytesIO()
    with ZipFile(content, "w") as written:
        for entry in entries:
            written.writestr(entry, "a part")
    return content.getvalue()


def clock() -> datetime:
    return NOW


@pytest.fixture
def training_class() -> TrainingClass:
    return TrainingClassFactory(completed=True)


def hand_in(training_class: TrainingClass, content: bytes = PDF, **values: object) -> ClaimEvidence:
    named = {
        "uploader": values.pop("uploader", None) or institution_user(training_class),
        "is_scanned": values.pop("is_scanned", False),
    }
    file = EvidenceFile(**{"kind": EvidenceKind.RECEIPT, "name": "收据.pdf", "content": content, **values})
    return hand_in_evidence(class_id=training_class.pk, file=file, now=NOW, **named)


# ── What a file is ───────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("content", "ending"),
    [
        (PDF, "pdf"),
        (b"\x89PNG\r\n\x1a\n...", "png"),
        (b"\xff\xd8\xff\xe0...", "jpg"),
        (package("[Content_Types].xml", "xl/workbook.xml"), "xlsx"),
        (package("OFD.xml", "Doc_0/Document.xml"), "ofd"),
    ],
    ids=["pdf", "png", "jpeg", "xlsx", "ofd"],
)
def test_a_file_is_what_its_bytes_are(content, ending):
    media_type = media_type_of(content)

    assert media_type is not None
    assert media_type.ending == ending
    assert ending_of(media_type.name) == ending


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html>",
        b"MZ\x90\x00",
        package("word/document.xml", "[Content_Types].xml"),
        package("sub/OFD.xml"),
        b"PK\x03\x04 and nothing behind it",
        package("OFD.xml")[:-10],
    ],
    ids=["empty", "html", "program", "word", "deeper", "no package", "cut off"],
)
def test_what_is_nothing_of_these_is_not_taken(content):
    assert media_type_of(content) is None


def test_a_package_with_too_many_entries_is_not_taken(monkeypatch):
    monkeypatch.setattr(rules, "MAX_ENTRIES", 1)

    assert media_type_of(package("OFD.xml", "Doc_0/Document.xml")) is None


def test_an_unknown_type_has_an_ending_that_opens_nothing():
    assert ending_of("text/html") == "bin"


# ── Handing in ───────────────────────────────────────────────────────────────────────────────────────────
def test_a_file_is_kept_as_it_came(training_class):
    evidence = hand_in(training_class, name="C:\\票据\\收据.exe")

    evidence.refresh_from_db()
    assert bytes(evidence.content) == PDF
    assert (evidence.size, evidence.media_type) == (len(PDF), "application/pdf")
    # Its ending is that of what it is.
    assert evidence.file_name == "收据.pdf"
    assert evidence.scan_status == ScanStatus.NOT_SCANNED
    assert AuditEvent.objects.get(name="claim_evidence.handed_in").facts["sha256"] == evidence.sha256


def test_where_a_scanner_is_connected_it_waits_for_it(training_class):
    assert hand_in(training_class, is_scanned=True).scan_status == ScanStatus.WAITING


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"content": b""}, "file_empty"),
        ({"content": b"<html>"}, "file_type"),
        ({"kind": "POSTCARD"}, "kind_missing"),
        ({"content": b"%PDF-" + bytes(MAX_BYTES)}, "file_too_large"),
    ],
    ids=["empty", "another type", "no kind", "too large"],
)
def test_what_cannot_be_taken_is_refused_with_a_sentence(training_class, values, code):
    with pytest.raises(DomainError) as refused:
        hand_in(training_class, **values)

    assert refused.value.code == code
    assert not ClaimEvidence.objects.exists()


def test_a_file_is_handed_in_once(training_class):
    hand_in(training_class)

    with pytest.raises(EvidenceHandedInBefore):
        hand_in(training_class, kind=EvidenceKind.OTHER)


def test_a_file_that_was_taken_back_is_taken_again(training_class):
    ClaimEvidenceFactory(training_class=training_class, content=PDF, withdrawn=True)

    assert hand_in(training_class).pk


def test_a_class_has_so_many_files(training_class):
    ClaimEvidenceFactory.create_batch(MAX_FILES - 1, training_class=training_class)
    hand_in(training_class)

    with pytest.raises(DomainError) as refused:
        hand_in(training_class, b"%PDF-1.7 another")

    assert refused.value.code == "too_many_files"


@pytest.mark.parametrize(
    ("status", "is_taken"),
    [("submitted", True), ("returned", True), ("recommended", False), ("confirmed", False)],
)
def test_files_are_taken_until_the_district_has_recommended(training_class, status, is_taken):
    SubsidyClaimFactory(training_class=training_class, **{status: True})

    if is_taken:
        assert hand_in(training_class).pk
        return
    with pytest.raises(InvalidTransition):
        hand_in(training_class)


def test_of_a_class_that_has_not_begun_nothing_is_handed_in():
    with pytest.raises(DomainError) as refused:
        hand_in(TrainingClassFactory(confirmed=True))

    assert refused.value.code == "class_not_begun"


def test_another_institution_hands_nothing_in_and_takes_nothing_back(training_class):
    stranger = UserFactory(training_manager=True)
    evidence = ClaimEvidenceFactory(training_class=training_class)

    with pytest.raises(NotPermitted):
        hand_in(training_class, uploader=stranger)
    with pytest.raises(NotPermitted):
        withdraw_evidence(evidence_id=evidence.pk, withdrawer=stranger, now=NOW)


def test_a_file_that_is_handed_in_has_the_claim_looked_at(training_class):
    claim = SubsidyClaimFactory(training_class=training_class)

    hand_in(training_class)

    claim.refresh_from_db()
    assert claim.reckoning_due_at == NOW


# ── Taking back ──────────────────────────────────────────────────────────────────────────────────────────
def test_a_file_is_taken_back_and_kept(training_class):
    evidence = ClaimEvidenceFactory(training_class=training_class)

    withdraw_evidence(evidence_id=evidence.pk, withdrawer=institution_user(training_class), now=NOW)

    assert not evidence_of_class(training_class).exists()
    assert ClaimEvidence.objects.get().withdrawn_at == NOW
    assert AuditEvent.objects.filter(name="claim_evidence.withdrawn").exists()


def test_a_file_is_taken_back_once(training_class):
    evidence = ClaimEvidenceFactory(training_class=training_class, withdrawn=True)

    with pytest.raises(InvalidTransition):
        withdraw_evidence(evidence_id=evidence.pk, withdrawer=institution_user(training_class), now=NOW)


def test_a_file_is_not_taken_back_from_a_bureau(training_class):
    evidence = ClaimEvidenceFactory(training_class=training_class)
    SubsidyClaimFactory(training_class=training_class, submitted=True)

    with pytest.raises(InvalidTransition):
        withdraw_evidence(evidence_id=evidence.pk, withdrawer=institution_user(training_class), now=NOW)


# ── Scanning and opening ─────────────────────────────────────────────────────────────────────────────────
def test_the_scanner_says_what_each_file_is(training_class):
    clean = hand_in(training_class, is_scanned=True)
    infected = hand_in(training_class, PDF + EICAR, is_scanned=True)
    scanner = FakeScanner()

    assert scan_waiting_evidence(scanner=scanner, clock=clock) == 2

    clean.refresh_from_db()
    infected.refresh_from_db()
    assert (clean.scan_status, infected.scan_status) == (ScanStatus.CLEAN, ScanStatus.INFECTED)
    assert clean.scanned_at == NOW
    assert AuditEvent.objects.filter(name="claim_evidence.infected", subject_id=infected.pk).exists()
    assert scan_waiting_evidence(scanner=scanner, clock=clock) == 0
    assert len(scanner.seen) == 2


def test_while_the_scanner_is_away_files_wait(training_class):
    evidence = hand_in(training_class, is_scanned=True)

    assert scan_waiting_evidence(scanner=FakeScanner(is_away=True), clock=clock) == 0

    evidence.refresh_from_db()
    assert evidence.scan_status == ScanStatus.WAITING


def test_a_damaged_file_holds_up_no_other(training_class, monkeypatch):
    damaged, whole = (hand_in(training_class, PDF + number, is_scanned=True) for number in (b"1", b"2"))
    original = claim_evidence.queries.content_of_evidence

    def content_of(evidence_id: int) -> bytes:
        if evidence_id == damaged.pk:
            raise KeyError(1)
        return original(evidence_id)

    monkeypatch.setattr(claim_evidence.queries, "content_of_evidence", content_of)

    assert scan_waiting_evidence(scanner=FakeScanner(), clock=clock) == 1
    whole.refresh_from_db()
    assert whole.scan_status == ScanStatus.CLEAN


def test_what_the_scanner_finds_is_seen_while_a_bureau_has_the_claim(training_class):
    evidence = ClaimEvidenceFactory(training_class=training_class, waiting=True, content=PDF + EICAR)
    claim = SubsidyClaimFactory(training_class=training_class, submitted=True)

    scan_waiting_evidence(scanner=FakeScanner(), clock=clock)

    evidence.refresh_from_db()
    claim.refresh_from_db()
    assert evidence.scan_status == ScanStatus.INFECTED
    assert claim.reckoning_due_at == NOW


@pytest.mark.parametrize("status", ["infected", "waiting"])
def test_what_may_be_malware_is_not_handed_out(training_class, status):
    evidence = ClaimEvidenceFactory(training_class=training_class, **{status: True})

    with pytest.raises(InvalidTransition):
        open_claim_evidence(evidence_id=evidence.pk, reader=institution_user(training_class), now=NOW)

    assert not AuditEvent.objects.filter(name="claim_evidence.opened").exists()


@pytest.mark.parametrize("status", [{}, {"clean": True}], ids=["not scanned", "clean"])
def test_whoever_opens_a_file_is_noted(training_class, status):
    evidence = ClaimEvidenceFactory(training_class=training_class, content=PDF, **status)
    reader = institution_user(training_class)

    assert open_claim_evidence(evidence_id=evidence.pk, reader=reader, now=NOW) == PDF
    assert AuditEvent.objects.get(name="claim_evidence.opened").actor == reader


def test_an_office_sees_the_files_of_its_own_classes(training_class):
    evidence = ClaimEvidenceFactory(training_class=training_class)

    assert claim_evidence_visible_to(institution_user(training_class)).get() == evidence
    assert claim_evidence_visible_to(
        UserFactory(district_reviewer=True, district=training_class.district)
    ).exists()
    assert not claim_evidence_visible_to(UserFactory(training_manager=True)).exists()
    assert not claim_evidence_visible_to(UserFactory(evaluation_operator=True)).exists()


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_one_file_that_is_sent_twice_at_once_is_kept_once(training_class, monkeypatch):
    with rivals() as others:
        with paused(monkeypatch, claim_evidence, "_file_name") as reached:
            first = others.start(lambda: hand_in(training_class))
            assert reached.wait(PATIENCE)
            second = others.start(lambda: hand_in(training_class))
            assert is_kept_waiting(second)
        first.result(PATIENCE)
        with pytest.raises(EvidenceHandedInBefore):
            second.result(PATIENCE)

    assert ClaimEvidence.objects.count() == 1
