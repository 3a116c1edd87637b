import builtins
import re
from datetime import date

import pypdfium2
import pytest
import zxingcpp
from django.urls import reverse
from django.utils import translation

from assessment.enums import CertificateStatus
from assessment.printing import certificate as printing
from assessment.printing.certificate import certificate_pdf
from assessment.services.printing import print_certificate
from assessment.verification import verification_link
from chongqing_dte.foundation import typesetting
from chongqing_dte.foundation.errors import InvalidTransition
from chongqing_dte.foundation.models import AuditEvent
from chongqing_dte.foundation.typesetting import PrintingNotSetUp
from institutions.enums import Role
from tests.clock import NOW
from tests.factories.assessment import (
    AttemptFactory,
    CertificateRevocationFactory,
    LevelCertificateFactory,
    MarkReviewFactory,
)
from tests.factories.enrollment import TraineeFactory
from tests.factories.institutions import InstitutionFactory, UserFactory
from tests.printing import NO_PRINTING, a_sheet, printing_works

pytestmark = pytest.mark.slow
needs_printing = pytest.mark.skipif(not printing_works(), reason=NO_PRINTING)
LANDSCAPE = (842, 595)


class Paper:
    """One PDF, as somebody with a reader and a telephone sees it."""

    def __init__(self, pdf):
        with pypdfium2.PdfDocument(pdf) as document:
            self.page_count = len(document)
            page = document[0]
            self.size = tuple(round(side) for side in page.get_size())
            self.text = page.get_textpage().get_text_range()
            self.fonts = {
                text.get_font().get_base_name(): text.get_font().is_embedded
                for text in page.get_objects(filter=[pypdfium2.raw.FPDF_PAGEOBJ_TEXT])
            }
            picture = page.render(scale=2, grayscale=True)
            pixels = memoryview(bytes(picture.buffer)).cast("B", (picture.height, picture.stride))
            self.codes = [code.text for code in zxingcpp.read_barcodes(pixels)]
            picture.close()


@needs_printing
def test_sheet_says_everything_in_both_languages():
    text = Paper(certificate_pdf(a_sheet())).text

    for words in (
        *("欧阳·娜", "CQ-AI-2026-000123", "2026-07-20", "自然语言处理", "https://portal.example/verify/"),
        *("人工智能工程技术人员", "Artificial Intelligence Engineer", "中级", "Intermediate"),
        *("示例评价机构", "Example Evaluation Institution", "Professional Technical Level Certificate"),
    ):
        assert words in text


@needs_printing
def test_code_on_the_sheet_leads_to_the_link():
    assert Paper(certificate_pdf(a_sheet())).codes == [a_sheet().link]


@needs_printing
def test_every_font_is_in_the_file():
    fonts = Paper(certificate_pdf(a_sheet())).fonts

    assert fonts
    assert all(fonts.values())


@needs_printing
def test_direction_is_left_out_where_there_is_none():
    assert "Direction" not in Paper(certificate_pdf(a_sheet(direction=""))).text


@needs_printing
@pytest.mark.parametrize("name", ["张甲", '#read("certificate.typ")', "*甲* $x$ `乙` @丙 <丁>", "\\u{41}"])
def test_name_is_text_and_never_typesetting(name):
    assert name in Paper(certificate_pdf(a_sheet(name=name))).text


@needs_printing
def test_longest_names_still_fit_on_one_sheet_of_a4():
    paper = Paper(
        certificate_pdf(
            a_sheet(
                name="欧阳" * 32,
                number="C" * 40,
                direction="方向" * 32,
                occupation=("职业" * 64, "Engineers " * 12),
                institution=("机构" * 64, "Institute " * 12),
            )
        )
    )

    assert (paper.page_count, paper.size) == (1, LANDSCAPE)
    assert paper.codes == [a_sheet().link]


@needs_printing
def test_same_certificate_is_the_same_file():
    assert certificate_pdf(a_sheet()) == certificate_pdf(a_sheet())


def test_sheet_reaches_for_nothing_outside_itself():
    source = printing.SHEET.read_text()

    assert not re.search(r"#(?:import|include)|\b(?:read|plugin)\(|image\(\s*\"", source)


def test_machine_without_a_typesetter_says_so(monkeypatch):
    really_import = builtins.__import__

    def import_without_typst(name, *args, **kwargs):
        if name == "typst":
            raise ImportError(name)
        return really_import(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", import_without_typst)

    with translation.override("en"), pytest.raises(PrintingNotSetUp, match="typesetter"):
        certificate_pdf(a_sheet())


@pytest.fixture
def _no_chinese_font(monkeypatch):
    monkeypatch.setattr(typesetting, "FONTS", ("No Such Font",))
    typesetting._fonts.cache_clear()
    yield
    typesetting._fonts.cache_clear()


@pytest.mark.usefixtures("_no_chinese_font")
def test_machine_without_a_chinese_font_says_so():
    with translation.override("en"), pytest.raises(PrintingNotSetUp, match="font"):
        certificate_pdf(a_sheet())


def ended_certificate(status):
    return LevelCertificateFactory(
        status=status,
        ended_at=NOW,
        ended_by=UserFactory(municipal_reviewer=True),
        end_reason="Somebody else sat the examination.",
    )


def operator_of(certificate):
    return UserFactory(evaluation_operator=True, institution=certificate.institution)


@needs_printing
@pytest.mark.django_db(transaction=True)
def test_printing_makes_the_paper_and_notes_who_printed():
    certificate = LevelCertificateFactory()
    printer = operator_of(certificate)

    paper = Paper(print_certificate(certificate_id=certificate.pk, printer=printer, now=NOW))

    assert certificate.trainee.name in paper.text
    assert certificate.number in paper.text
    assert paper.codes == [verification_link(certificate.public_id)]
    event = AuditEvent.objects.get(name="certificate.printed")
    assert (event.subject_id, event.actor_id, event.facts) == (certificate.pk, printer.pk, {})


@needs_printing
@pytest.mark.django_db(transaction=True)
def test_merged_person_stands_under_the_name_that_stays():
    kept = TraineeFactory(name="李留名")
    certificate = LevelCertificateFactory(attempt__enrollment__trainee__merged_into=kept)

    paper = Paper(print_certificate(certificate_id=certificate.pk, printer=operator_of(certificate), now=NOW))

    assert "李留名" in paper.text


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("status", [CertificateStatus.REVOKED, CertificateStatus.SUPERSEDED])
def test_certificate_that_ended_is_not_printed(status):
    certificate = ended_certificate(status)

    with pytest.raises(InvalidTransition):
        print_certificate(certificate_id=certificate.pk, printer=operator_of(certificate), now=NOW)

    assert not AuditEvent.objects.exists()


def review(certificate):
    failed = AttemptFactory(
        failed=True, enrollment__trainee=certificate.trainee, session__held_on=date(2025, 7, 12)
    )
    MarkReviewFactory(attempt=failed)


def propose_revocation(certificate):
    CertificateRevocationFactory(certificate=certificate)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("freeze", [review, propose_revocation])
def test_nothing_is_printed_while_something_is_in_question(freeze):
    certificate = LevelCertificateFactory()
    freeze(certificate)

    with pytest.raises(InvalidTransition):
        print_certificate(certificate_id=certificate.pk, printer=operator_of(certificate), now=NOW)

    assert not AuditEvent.objects.exists()


@needs_printing
@pytest.mark.django_db(transaction=True)
def test_page_hands_out_the_file(client_of):
    certificate = LevelCertificateFactory()

    answer = client_of(operator_of(certificate)).get(reverse("certificate-pdf", args=[certificate.public_id]))

    assert answer["Content-Type"] == "application/pdf"
    assert f'filename="{certificate.number}.pdf"' in answer["Content-Disposition"]
    assert "no-store" in answer["Cache-Control"]
    assert b"".join(answer.streaming_content).startswith(b"%PDF-")


@pytest.mark.django_db(transaction=True)
def test_another_institution_finds_no_file(client_as):
    certificate = LevelCertificateFactory()

    answer = client_as(Role.EVALUATION_OPERATOR, institution=InstitutionFactory()).get(
        reverse("certificate-pdf", args=[certificate.public_id])
    )

    assert answer.status_code == 404


@pytest.mark.django_db(transaction=True)
def test_revoked_certificate_s_file_is_a_conflict(client_of):
    certificate = ended_certificate(CertificateStatus.REVOKED)

    answer = client_of(operator_of(certificate)).get(reverse("certificate-pdf", args=[certificate.public_id]))

    assert answer.status_code == 409


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_no_chinese_font")
def test_page_without_a_font_says_that_it_cannot_print(client_of):
    certificate = LevelCertificateFactory()

    answer = client_of(operator_of(certificate)).get(reverse("certificate-pdf", args=[certificate.public_id]))

    assert answer.status_code == 503
    assert not AuditEvent.objects.exists()
