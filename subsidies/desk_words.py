"""What is stuck in words: what a matter is called, why it is stuck, and where whoever must act does it."""

from typing import Final

from django.utils.functional import Promise

from chongqing_dte.foundation.sentences import gettext_lazy as _
from institutions.enums import Role
from subsidies.bank.formats import UNWRITABLE
from subsidies.explanations import check_name, hold_step
from subsidies.rules.desk import HELD, Matter

TITLES: Final[dict[str, Promise]] = {
    "alarms": _("Promises about money that do not hold"),
    "sending-stopped": _("Sending is stopped"),
    "books-differ": _("Batches that the books hold up"),
    "undecided": _("Certificates without a decision"),
    "notices-not-published": _("Payments that get onto no notice"),
    "not-in-a-batch": _("Payments that get into no batch"),
    "to-hand-over": _("Batches to be handed over to the bank"),
    "not-delivered": _("Released batches that do not arrive"),
    "not-answered": _("Batches without the bank's answer"),
    "unknown-at-bank": _("Payments of which the bank knows nothing yet"),
    "bank-lines": _("Bank lines that could not be applied"),
    "result-files": _("Result files that were set aside"),
    "signatures": _("Batches that wait for signatures"),
    "resolutions": _("Findings about bank lines that wait for a second person"),
    "brought-files": _("Result files that a person brought and that wait for a second one"),
    "settlements": _("Settlements that wait for a second person"),
    "recoveries-overdue": _("Recoveries past their due day"),
    "recoveries-not-asked": _("Recoveries that nobody has asked for"),
    "recoveries-not-owed": _("Recoveries that are not owed by now, and of which money came"),
    "objections": _("Objections that wait for a decision"),
    "off-notice-objected": _("Payments kept on a closed notice by an objection"),
    "in-question": _("Payments of people with something in question"),
    "evidence-corrected": _("Grants that would be refused by corrected evidence"),
    "paid-before-a-merge": _("Grants of one person that were all paid before a merge"),
    "account-overdue": _("Accounts that were asked for in vain"),
    "held-otherwise": _("Decisions held for another reason"),
    "messages-failed": _("Messages that could not be sent"),
    "returned": _("Returned payments without a new account"),
    "classes-without-a-policy": _("Classes for which no training policy is in force"),
    "claims-without-a-last-day": _("Claims without a last day for the answer"),
    "claims-back-with-the-district": _("Claims that came back to their district"),
    "claims-late-with-the-district": _("Claims that a district is late with"),
    "claims-late-with-the-city": _("Claims whose municipal confirmation is late"),
}
# A check is called by what it asks for, so it names what the decision waits for.
HELD_TITLE: Final = _("Decisions held until: %(check)s")

CAUSES: Final[dict[str, Promise]] = {
    "alarms": _("Rows contradict one another. Nothing is to be paid by hand until it is explained."),
    "sending-stopped": _("Nothing is released or sent until two people have lifted the stop."),
    "books-differ": _("Budget, payments, journal and bank do not agree, so that no batch is released."),
    "undecided": _(
        "No worker is at work, or this certificate cannot be decided. Nothing has to be entered again."
    ),
    "notices-not-published": _("The notice of the day was not published. No worker is at work, or it fails."),
    "not-in-a-batch": _("Nothing is known against it. No worker is at work, or it fails."),
    "to-hand-over": _("Its file is to be fetched, handed over to the bank, and confirmed."),
    "not-delivered": _(
        "The file was not put down at the bank. It is tried again by itself, and never sent twice."
    ),
    "not-answered": _("Ask the bank for its result file. The payments are not sent again."),
    "unknown-at-bank": _("Only the bank's word ends this. Ask the bank, and hand in its result file."),
    "bank-lines": _("Find out at the bank what the line means."),
    "off-notice-objected": _("The period of the notice is over, and an objection is not settled."),
    "objections": _("The money waits until the objection is decided."),
    "in-question": _(
        "A result or certificate is in question. The payment goes on by itself once that is closed."
    ),
    "evidence-corrected": _(
        "The category or graduation date was corrected after the grant. Open the certificate, and raise an objection of"
        " the office, whatever comes of it: the money waits or is asked back only if it is upheld."
    ),
    "paid-before-a-merge": _(
        "Two rows of trainees turned out to be one person, who would not have got this subsidy beside the others. Open "
        "the certificate, and raise an objection of the office, whatever comes of it: the money is asked back only if "
        "it is upheld."
    ),
    "account-overdue": _(
        "The person did not give an account in the time allowed. Reach them in another way."
    ),
    "recoveries-overdue": _("The person was asked to pay, and the day is over."),
    "recoveries-not-asked": _("The person is to be asked in writing, with a day to pay by."),
    "recoveries-not-owed": _(
        "What it was asked back for stands again. Write off what is still open, then give back what came."
    ),
    "messages-failed": _("It was tried as often as is allowed. Send it again once the cause is gone."),
    "classes-without-a-policy": _(
        "No training policy is approved for the day on which the class ended, so that its claim cannot open."
    ),
    "claims-without-a-last-day": _(
        "The working days of the coming weeks are not published, so that nobody is ever late with the answer."
    ),
    "claims-back-with-the-district": _("Nobody has signed it any more. It is to be looked at anew."),
    "claims-late-with-the-district": _("The day for its review is over. Nothing is approved by waiting."),
    "claims-late-with-the-city": _("The day for the confirmation is over. Nothing is approved by waiting."),
    "returned": _("The bank sent the money back. It is paid again by itself once there is another account."),
}
# Why a message was given up, by the code that it keeps.
MESSAGE_PROBLEMS: Final[dict[str, Promise]] = {
    "mobile_missing": _("No mobile is known of the person."),
    "mobile_unreadable": _("The mobile cannot be decrypted. It is to be recorded again."),
    "person_missing": _("Nobody is named whom it is for."),
    "address_missing": _("Nobody in the office has an e-mail address."),
    "address_refused": _("The mail server does not know the address."),
    "text_missing": _("Its words could not be made. The administrator has to look into it."),
}
CALENDAR_MISSING: Final = _(
    "The working days of the coming weeks are not published, so that no notice can end."
)
NOT_IN_A_BATCH: Final[dict[str, Promise]] = {
    "no_account": _("There is no account to pay to."),
    "account_unreadable": _("The account cannot be decrypted. It is to be recorded again."),
    "account_altered": _("The account is not the one that was recorded. It is to be recorded again."),
    **UNWRITABLE,
}
# Where the act itself is done, if not on the page of the row.
ACT_ROUTES: Final[dict[str, str]] = {
    "alarms": "reconciliation",
    "sending-stopped": "sending",
    "books-differ": "reconciliation",
    "unknown-at-bank": "bank-result-hand-in",
    "not-answered": "bank-result-hand-in",
    "held-policy-is-in-force": "policy-version-list",
    "held-fee-is-published": "fee-list",
    "held-budget-has-room": "budget-list",
    "classes-without-a-policy": "training-policy-list",
    "claims-without-a-last-day": "calendar",
}


def matter_title(matter: Matter) -> str:
    """Return what a matter is called in the reader's language."""
    if matter.name in TITLES:
        return str(TITLES[matter.name])
    return str(HELD_TITLE) % {"check": check_name(HELD[matter.name])}


def matter_cause(matter: Matter) -> str:
    """Return why rows of a matter are stuck, as far as it is the same for all of them."""
    if matter.name in CAUSES:
        return str(CAUSES[matter.name])
    return hold_step(HELD.get(matter.name, ""))


def message_problem(code: str) -> str:
    """Return why a message was given up, in the reader's language."""
    return str(MESSAGE_PROBLEMS.get(code, code))


def owner_name(matter: Matter) -> str:
    """Return who must act: the person, or the role of an office."""
    return str(Role(matter.owner.role).label) if matter.owner.role else str(_("The person"))
