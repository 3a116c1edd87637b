"""What a pain.002 says above its lines: of the group, that is our whole message, or of its payment information block.

A refusal of all is always believed. Any other word there says nothing of a payment, unless the bank's format says so:
with `whole_counts`, ACSC and ACCC pay each payment that no line names, and with `part_counts` so does PART, in a report
that names refused payments and none that is under way. The block's word goes before the group's, and a line's before
both. No word that is not the bank's last one counts here, whatever `also_paid` makes of it in a line.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any, Final
from xml.etree.ElementTree import Element

from chongqing_dte.foundation.sentences import gettext as _
from subsidies.bank.files import LONGEST_RETURN_CODE, UnreadableAnswer, WholeAnswer
from subsidies.bank.xml_answers import checked_count, checked_sum
from subsidies.bank.xml_reading import text_at
from subsidies.rules.bank_answers import AnswerLine
from subsidies.rules.return_reasons import REPEATED, cause_of

PAID: Final = frozenset({"ACSC", "ACCC"})
REFUSED: Final = "RJCT"
PARTLY: Final = "PART"
NO_TOTAL: Final = Decimal("0.00")


@dataclass(frozen=True)
class NamedPayments:
    """The lines of a report, each with the bank's own word, and the numbers of those that name no amount."""

    words: Sequence[str]
    lines: Sequence[AnswerLine]
    without_amount: frozenset[int]

    @cached_property
    def counts(self) -> Counter[str]:
        """How many lines say which word."""
        return Counter(self.words)

    @cached_property
    def totals(self) -> Mapping[str, Decimal | None]:
        """The sum of the lines that say a word, or None where one of them does not name its amount."""
        totals: dict[str, Decimal | None] = {}
        for word, line in zip(self.words, self.lines, strict=True):
            so_far = totals.get(word, NO_TOTAL)
            names_none = line.line_number in self.without_amount
            totals[word] = None if so_far is None or names_none else so_far + line.amount
        return totals


def whole_answer_in_words(layout: Mapping[str, Any]) -> str:
    """Return which payments a status of the whole file pays by this layout of a format."""
    if layout.get("part_counts"):
        return _(
            "Each payment that no line names: by ACSC or ACCC, and by PART in a report that names the refused ones."
        )
    if layout.get("whole_counts"):
        return _("Each payment that no line names: by ACSC or ACCC.")
    return _("Nothing.")


def refusal_of_whole(reference: str, group: Element, blocks: Sequence[Element]) -> WholeAnswer | None:
    """Return the refusal of the whole file, or None. Raises UnreadableAnswer for one that cannot be relied on."""
    mine = _ours(reference, blocks)
    words = [text_at(group, "GrpSts"), *(text_at(block, "PmtInfSts") for block in mine)]
    if REFUSED not in words:
        return None
    by_status = [text_at(figures, "DtldSts") for figures in group.findall("NbOfTxsPerSts")]
    if {*words, *by_status} - {REFUSED, ""} or len(mine) < len(blocks):
        raise UnreadableAnswer("contradicts_itself")
    reasons = [reason for place in (*mine, group) if (reason := reason_at(place))]
    if REPEATED in map(cause_of, reasons):
        # What it says of the second copy of a file it does not say of the first one, which may well be paid.
        raise UnreadableAnswer("refused_as_repeated")
    counts = _texts([group, *mine], "OrgnlNbOfTxs", "NbOfTxsPerSts/DtldNbOfTxs")
    sums = _texts([group, *mine], "OrgnlCtrlSum", "NbOfTxsPerSts/DtldCtrlSum")
    return WholeAnswer(
        answer="RETURNED",
        return_code=(reasons or [REFUSED])[0][:LONGEST_RETURN_CODE],
        counts=frozenset(map(checked_count, counts)),
        totals=frozenset(map(checked_sum, sums)),
    )


def payment_of_the_rest(
    layout: Mapping[str, Any], reference: str, group: Element, blocks: Sequence[Element], named: NamedPayments
) -> WholeAnswer | None:
    """Return the word by which all that no line names is paid, or None.

    Raises UnreadableAnswer for one that cannot be relied on.
    """
    if not layout.get("whole_counts"):
        return None
    mine = _ours(reference, blocks)
    word = _word_on_whole(group, mine)
    if word == PARTLY and not (layout.get("part_counts") and _names_what_was_refused(named)):
        return None
    if not word:
        return None
    if len(mine) < len(blocks):
        # We send one block in each message: another one is not of this message.
        raise UnreadableAnswer("whole_does_not_fit")
    places = [group, *mine]
    rest = [_rest(place, named) for place in places]
    return WholeAnswer(
        answer="PAID",
        counts=frozenset(map(checked_count, _texts(places, "OrgnlNbOfTxs"))),
        totals=frozenset(map(checked_sum, _texts(places, "OrgnlCtrlSum"))),
        rest_counts=frozenset(count for count, _total in rest if count is not None),
        rest_totals=frozenset(total for _count, total in rest if total is not None),
    )


def is_under_way(group: Element, blocks: Sequence[Element]) -> bool:
    """Test whether a report says of the whole file that it is not at its end yet."""
    words = set(_texts([group], "GrpSts") + _texts(blocks, "PmtInfSts"))
    return bool(words) and not words & {*PAID, REFUSED, PARTLY}


def reason_at(place: Element) -> str:
    """Return why something was refused, or "" where the bank does not say."""
    return text_at(place, "StsRsnInf/Rsn/Cd") or text_at(place, "StsRsnInf/Rsn/Prtry")


def _ours(reference: str, blocks: Sequence[Element]) -> list[Element]:
    return [block for block in blocks if text_at(block, "OrgnlPmtInfId") == reference]


def _word_on_whole(group: Element, mine: Sequence[Element]) -> str:
    """Return "PAID" or PART as the nearest level says it, or "". Raises UnreadableAnswer if another contradicts."""
    above, inside = _texts([group], "GrpSts"), _texts(mine, "PmtInfSts")
    nearest = {_kind(word) for word in inside or above}
    if nearest <= {""}:
        return ""
    if len(nearest | {_kind(word) for word in above} - {""}) > 1:
        raise UnreadableAnswer("whole_contradicts_itself")
    return nearest.pop()


def _kind(word: str) -> str:
    return "PAID" if word in PAID else word if word == PARTLY else ""


def _names_what_was_refused(named: NamedPayments) -> bool:
    """Test whether a report on a part is the last one: it names what was refused, and nothing that is under way."""
    answers = {line.answer for line in named.lines}
    return "RETURNED" in answers and "UNKNOWN" not in answers


def _rest(place: Element, named: NamedPayments) -> tuple[int | None, Decimal | None]:
    """Return how many payments that no line names were paid by the figures for each status, and their sum, if given."""
    figures = [each for each in place.findall("NbOfTxsPerSts") if text_at(each, "DtldSts") in PAID]
    if not figures:
        return None, None
    count = sum(checked_count(text_at(each, "DtldNbOfTxs")) for each in figures)
    count -= sum(named.counts[word] for word in PAID)
    sums = _texts(figures, "DtldCtrlSum")
    named_totals = [named.totals.get(word, NO_TOTAL) for word in PAID]
    known = [total for total in named_totals if total is not None]
    if len(sums) < len(figures) or len(known) < len(named_totals):
        return count, None
    return count, sum(map(checked_sum, sums), NO_TOTAL) - sum(known, NO_TOTAL)


def _texts(places: Sequence[Element], *paths: str) -> list[str]:
    found = [text_at(place, path) for place in places for path in paths]
    return [text for text in found if text]
