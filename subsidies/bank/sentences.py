"""What stands between a bank's file and the books, in the reader's language: each cause, and what to do about it."""

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

FILE_PROBLEMS: Final[dict[str, Promise]] = {
    "batch_unknown": _(
        "No batch of ours has this reference or these payments. It is read again by itself once there is one."
    ),
    "batch_not_sent": _(
        "The batch that it answers has not left yet. It is read again by itself once the batch has been sent."
    ),
    "several_batches": _(
        "Its lines belong to several batches. Ask the bank for a file for each batch, or for one that "
        "names the batch."
    ),
    "not_a_result_list": _("It is not a result file in any format that is set up."),
    "not_the_batchs_format": _(
        "It is not in the format of the batch that it answers. Ask the bank for a file in the format that was agreed."
    ),
    "not_confirmed": _("A second person of finance did not confirm it. Its content is never applied."),
    "header_wrong": _("Its header is not that of a result file. Ask the bank for the file again."),
    "count_wrong": _(
        "The number of lines is not the one that the file itself states. Ask the bank for the file again."
    ),
    "total_wrong": _(
        "The total is not the one that the file itself states. Ask the bank for the file again."
    ),
    "line_wrong": _("At least one line is not well formed. Ask the bank for the file again."),
    "line_repeated": _("A line number occurs twice. Ask the bank for the file again."),
    "format_ambiguous": _(
        "Two bank formats read it, and not alike. Close the one that is not used any more."
    ),
    "too_large": _("It is larger than any result file can be."),
    "xml_wrong": _("It is not well-formed XML. Ask the bank for the file again."),
    "xml_refused": _(
        "It holds what no result file needs: a document type, another namespace or endless nesting. "
        "Have it looked at before anything else is done with it."
    ),
    "currency_wrong": _("It speaks of another currency than yuan. Ask the bank."),
    "amount_missing": _("It does not name the amount of each payment. Ask the bank for a file that does."),
    "answer_unknown": _(
        "It says of a payment what the bank format does not know. Ask the bank what it means, and set "
        "up a format that knows it."
    ),
    "contradicts_itself": _(
        "It refuses the whole batch, and says something else of a part of it. Ask the bank which of the two it means."
    ),
    "refused_as_repeated": _(
        "The bank refuses the file as one that it has already. That says nothing of the payments in the first one: "
        "ask the bank for its result."
    ),
    "refusal_does_not_fit": _(
        "It refuses a whole batch, of another number or sum of payments than ours. Ask the bank which file it means."
    ),
    "whole_does_not_fit": _(
        "It answers for a whole batch, and names another number, sum or payment than ours. "
        "Ask the bank which file it means."
    ),
    "whole_contradicts_itself": _(
        "It says two things of the whole batch that do not go together. Ask the bank which of the two it means."
    ),
    "whole_under_way": _(
        "It says of the whole batch only that it is under way. That is not the bank's last word: "
        "set it aside for good, and wait for the one that is."
    ),
    "no_lines": _("It names no single payment. Ask the bank for a file that answers each of them."),
}
UNREADABLE: Final = _("It cannot be read with certainty, so nothing of it was applied.")

LINE_PROBLEMS: Final[dict[str, Promise]] = {
    "UNMATCHED": _("The bank names a reference that is not in this batch."),
    "WRONG_AMOUNT": _("The bank names another amount than we instructed."),
    "ALREADY_SETTLED": _("The bank has said something else of this payment before."),
    "REPEATED": _("The bank says more than one thing of this reference in one file."),
}

WHY_NOT: Final[dict[str, Promise]] = {
    "no_instruction": _("The line names no instruction of this batch, so that it can move no money."),
    "wrong_amount": _(
        "The line names another amount than we instructed. Ask the bank for a line with the right amount."
    ),
    "no_end_yet": _(
        "Nobody knows yet what became of this payment, and this line would be the last that says so. It stays until "
        "the bank answers with another file, or until two people find how it ended."
    ),
    "has_its_end": _(
        "This instruction was paid or returned already. Only a line of the bank speaks against that."
    ),
    "bank_did_not_say_returned": _("The bank does not say in this line that the money was returned."),
    "not_paid_before": _("This payment does not stand as paid, so that nothing can have been taken back."),
    "asked_back": _(
        "The money of this payment is being asked back. Record what the bank returned there, and then "
        "this line as one without effect."
    ),
    "bank_did_not_say_paid": _("The bank does not say in this line that the money was paid."),
    "not_returned_before": _("This instruction does not stand as returned."),
    "asked_back_already": _(
        "Another instruction of the same payment was paid as well, and money of this payment is being asked back "
        "already. Have the bank take this one back; once the money is there, record this line as one without effect."
    ),
    "another_under_way": _(
        "Another instruction of the same payment is with the bank or on its way. Wait for the bank's "
        "word on that one."
    ),
    "cancelled": _(
        "The payment was cancelled meanwhile. Have the bank take the money back; once it is there, "
        "record this line as one without effect."
    ),
}


def file_problem(code: str) -> str:
    """Return why a result file was set aside, and what to do about it."""
    return str(FILE_PROBLEMS.get(code, UNREADABLE)) if code else ""


def line_problem(code: str) -> str:
    """Return why a line of the bank waits for people."""
    return str(LINE_PROBLEMS[code]) if code else ""


def why_not(code: str) -> str:
    """Return why people cannot have found something out about a line."""
    return str(WHY_NOT[code])
