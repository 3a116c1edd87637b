"""Every bank's format behind two functions: one writes a neutral batch, the other reads what comes back."""

from collections.abc import Sequence
from typing import Final
from xml.etree.ElementTree import Element

from django.utils.functional import Promise

from chongqing_dte.foundation.sentences import gettext_lazy as _
from subsidies.bank import agent_list, beps, pain, template
from subsidies.bank.files import BankAnswers, BatchFile, BatchLine, FormatSpec, UnreadableAnswer
from subsidies.bank.xml_reading import read_xml
from subsidies.bank.xml_writing import unwritable_in_xml
from subsidies.enums import PaymentFormat
from subsidies.models import BankFormat

AGENT_LIST: Final = FormatSpec()
BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
ZIP_START: Final = b"PK\x03\x04"
LARGEST: Final = 64 * 1024 * 1024
LONGEST_NAMES: Final[dict[str, int]] = {
    PaymentFormat.PAIN_001: pain.LONGEST_NAME,
    PaymentFormat.BEPS_382: beps.LONGEST_NAME,
}

# Why a payment cannot be written in a format, for those who look after it.
UNWRITABLE: Final[dict[str, Promise]] = {
    "character_not_writable": _(
        "The name or the bank's name holds a character that the bank's file cannot hold."
    ),
    "name_too_long": _("The name or the bank's name is longer than the bank's file allows."),
    "name_missing": _("There is no name."),
    "no_format": _("No bank format in use is for accounts with this bank."),
    "columns_would_break": _(
        "A fixed text of the bank format holds a sign that separates the columns. Set the format up anew."
    ),
    "looks_like_a_formula": _("The name or the bank's name begins like a formula of a spreadsheet."),
}


def spec_of(bank_format: BankFormat | None) -> FormatSpec:
    """Return what a bank format says; none is the plain list."""
    if bank_format is None:
        return AGENT_LIST
    return FormatSpec(
        payment_format=bank_format.payment_format,
        payer_name=bank_format.payer_name,
        payer_account=bank_format.payer_account,
        payer_cnaps=bank_format.payer_cnaps,
        layout=bank_format.layout,
    )


def write_batch(spec: FormatSpec, batch: BatchFile) -> bytes:
    """Return the bytes of a batch. The same batch gives the same bytes, always: no clock goes into them.

    Raises ValueError for a batch that must never be written: an instruction named twice, or a line that says nothing.
    """
    _check(spec, batch)
    if spec.payment_format == PaymentFormat.PAIN_001:
        return pain.write_pain_001(spec, batch)
    if spec.payment_format == PaymentFormat.BEPS_382:
        return beps.write_beps_382(spec, batch)
    if spec.payment_format == PaymentFormat.TEMPLATE:
        return template.write_template(spec, batch)
    return agent_list.write_payment_list(batch)


def file_name(spec: FormatSpec, reference: str) -> str:
    """Return the name under which a batch is delivered."""
    endings = {PaymentFormat.PAIN_001: "xml", PaymentFormat.BEPS_382: "xml"}
    if spec.payment_format == PaymentFormat.TEMPLATE:
        return f"PAY-{reference}.{template.ending(spec)}"
    return f"PAY-{reference}.{endings.get(PaymentFormat(spec.payment_format), 'csv')}"


def unwritable(spec: FormatSpec, lines: Sequence[BatchLine]) -> dict[int, str]:
    """Return why lines cannot be written in this format: a key of UNWRITABLE by line number, for those that cannot."""
    if spec.payment_format == PaymentFormat.TEMPLATE:
        return template.unwritable(spec, lines)
    longest_name = LONGEST_NAMES.get(spec.payment_format)
    if longest_name is None:
        return {}
    found = {line.line_number: unwritable_in_xml(line, longest_name=longest_name) for line in lines}
    return {number: problem for number, problem in found.items() if problem}


def read_answers(content: bytes, specs: Sequence[FormatSpec]) -> BankAnswers:
    """Return what a result file says, by whichever of these formats it is in; with none given, by the plain list.

    Raises UnreadableAnswer, and nothing else.
    """
    if len(content) > LARGEST:
        raise UnreadableAnswer("too_large")
    specs = specs or [AGENT_LIST]
    if content.removeprefix(BYTE_ORDER_MARK).lstrip()[:1] == b"<":
        return _read_xml_answers(content, specs)
    templates = [spec for spec in specs if spec.payment_format == PaymentFormat.TEMPLATE]
    lists = [spec for spec in specs if spec.payment_format == PaymentFormat.AGENT_LIST][:1]
    # A template's file may begin as the plain list does, and is none.
    is_like_a_list = content.startswith(b"H,") or not templates
    return _read_by_one(content, [*lists, *templates] if is_like_a_list else templates)


def _read_xml_answers(content: bytes, specs: Sequence[FormatSpec]) -> BankAnswers:
    namespace, root = read_xml(content)
    of_pain = [spec for spec in specs if spec.payment_format == PaymentFormat.PAIN_001]
    if pain.ANSWER_NAMESPACE.match(namespace) and of_pain:
        return _read_pain(root, of_pain)
    has_beps = any(spec.payment_format == PaymentFormat.BEPS_382 for spec in specs)
    if namespace == beps.ANSWER_NAMESPACE and has_beps:
        return beps.read_beps_383(root)
    raise UnreadableAnswer("not_a_result_list")


def _read_pain(root: Element, specs: Sequence[FormatSpec]) -> BankAnswers:
    """Return what a report says by all of these formats. What only some of them can read is ambiguous."""
    readings: list[BankAnswers] = []
    problems: list[UnreadableAnswer] = []
    for spec in specs:
        try:
            readings.append(pain.read_pain_002(spec, root))
        except UnreadableAnswer as problem:
            problems.append(problem)
    if problems:
        raise UnreadableAnswer("format_ambiguous") if readings else problems[0]
    return _the_one_reading(readings)


def _read_by_one(content: bytes, specs: Sequence[FormatSpec]) -> BankAnswers:
    """Return what the file says by the one format that it fits."""
    readings: list[BankAnswers] = []
    problems: list[UnreadableAnswer] = []
    for spec in specs:
        try:
            readings.append(_read_text_answers(spec, content))
        except UnreadableAnswer as problem:
            problems.append(problem)
    if readings:
        return _the_one_reading(readings)
    # What begins as the plain list and is nothing else is a plain list with something wrong in it.
    is_list = bool(specs) and specs[0].payment_format == PaymentFormat.AGENT_LIST
    raise problems[0] if is_list or len(problems) == 1 else UnreadableAnswer("not_a_result_list")


def _read_text_answers(spec: FormatSpec, content: bytes) -> BankAnswers:
    if spec.payment_format == PaymentFormat.TEMPLATE:
        return template.read_template_results(spec, content)
    return agent_list.read_result_list(content)


def _the_one_reading(readings: Sequence[BankAnswers]) -> BankAnswers:
    """Return what all of these readings say; where two differ, nobody can tell what the bank meant."""
    if any(reading != readings[0] for reading in readings):
        raise UnreadableAnswer("format_ambiguous")
    return readings[0]


def _check(spec: FormatSpec, batch: BatchFile) -> None:
    numbers = {line.line_number for line in batch.lines}
    references = {line.reference for line in batch.lines}
    if not batch.lines or {len(numbers), len(references)} != {len(batch.lines)}:
        raise ValueError("A batch names each of its instructions once.")
    if any(line.amount <= 0 or not line.reference or not line.account for line in batch.lines):
        raise ValueError("Each instruction has an amount, a reference and an account.")
    if unwritable(spec, batch.lines):
        raise ValueError("A line that the format cannot hold is left out before the batch is made.")
