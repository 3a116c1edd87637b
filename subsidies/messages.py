"""What a message says. The words are made when it is sent or shown, from codes, dates and sums."""

from datetime import date
from decimal import Decimal
from typing import Any, Final
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.formats import date_format, number_format
from django.utils.functional import Promise

from chongqing_dte.foundation.sentences import gettext as _
from chongqing_dte.foundation.sentences import gettext_lazy
from subsidies.claim_reasons import claim_reason
from subsidies.enums import NotificationKind
from subsidies.explanations import check_name, return_reason
from subsidies.models import Entitlement, Notification
from subsidies.own_words import own_sentence

SELF_CHECK: Final = "/self-check/"
UNKNOWN: Final = "—"

TO_PERSON: Final[dict[str, Promise]] = {
    NotificationKind.GRANTED: gettext_lazy(
        "Your assessment subsidy of %(amount)s yuan for %(what)s is granted. You need not apply for anything."
    ),
    NotificationKind.REFUSED: gettext_lazy("No assessment subsidy is paid for %(what)s. %(why)s"),
    NotificationKind.ACCOUNT_MISSING: gettext_lazy(
        "For the assessment subsidy for %(what)s a bank account of yours is missing. Please give one."
    ),
    NotificationKind.ON_NOTICE: gettext_lazy(
        "Your assessment subsidy of %(amount)s yuan for %(what)s is on public notice until %(closes_on)s."
    ),
    NotificationKind.PAID: gettext_lazy(
        "Your assessment subsidy of %(amount)s yuan for %(what)s was paid on %(answered_on)s to your account that "
        "ends in %(account_ends_in)s."
    ),
    NotificationKind.RETURNED: gettext_lazy(
        "The bank returned your assessment subsidy of %(amount)s yuan for %(what)s from the account that ends in "
        "%(account_ends_in)s: %(return_text)s Please give another account."
    ),
    NotificationKind.RECOVERY: gettext_lazy(
        "You are asked to pay back %(amount)s yuan of the assessment subsidy for %(what)s until %(due_on)s. The "
        "letter of the bureau says why and how."
    ),
    NotificationKind.OBJECTION: gettext_lazy(
        "Somebody objects to your assessment subsidy for %(what)s. It waits until the bureau has looked into it."
    ),
    NotificationKind.OBJECTION_DECIDED: gettext_lazy(
        "The objection about the assessment subsidy for %(what)s is decided."
    ),
}
TO_OFFICE: Final[dict[str, Promise]] = {
    NotificationKind.RETURNED: gettext_lazy(
        "The bank returned the subsidy for certificate %(certificate)s, and the person has not given another bank "
        "account in %(days)s days of asking. Somebody has to find them."
    ),
    NotificationKind.DECISIONS_HELD: gettext_lazy(
        "%(waiting)s subsidies wait for your office. They are held until: %(reasons)s. Your desk lists them and says "
        "what is to be done."
    ),
    NotificationKind.ACCOUNT_MISSING: gettext_lazy(
        "The person behind certificate %(certificate)s has not given a bank account in %(days)s days of asking. "
        "Somebody has to find them."
    ),
    NotificationKind.OBJECTION: gettext_lazy(
        "An objection was raised to the decision on certificate %(certificate)s. Its money waits for the answer."
    ),
    NotificationKind.OBJECTION_DECIDED: gettext_lazy(
        "The objection to the decision on certificate %(certificate)s is decided."
    ),
    NotificationKind.BATCH_WAITS: gettext_lazy(
        "Batch %(reference)s waits for signatures: %(lines)s payments, %(total)s yuan."
    ),
    NotificationKind.BATCH_WITHDRAWN: gettext_lazy(
        "Batch %(reference)s was released and is withdrawn: something in it must not be paid any more, and nothing of "
        "it had left. What is still owed of its %(lines)s payments goes into another batch by itself."
    ),
    NotificationKind.BUDGET_SHORT: gettext_lazy(
        "The %(year)s budget has no room for %(waiting)s subsidies. They wait in order for a top-up."
    ),
    NotificationKind.CLAIMS_LATE: gettext_lazy(
        "%(waiting)s claims have waited too long for an answer, the first of them since %(first_due_on)s. Nothing is "
        "approved by waiting: the queue of claims lists them."
    ),
    NotificationKind.CLAIMS_HANDED_OVER: gettext_lazy(
        "%(waiting)s claims of %(district)s were handed over to your office. Its queue of claims lists them."
    ),
}
# Where a message is about a claim: to its institution, or to the office that deals with it.
OF_CLAIM: Final[dict[str, Promise]] = {
    NotificationKind.GRANTED: gettext_lazy(
        "Claim %(claim)s is confirmed: %(amount)s yuan of training subsidy are paid to your institution."
    ),
    NotificationKind.ON_NOTICE: gettext_lazy(
        "Claim %(claim)s over %(amount)s yuan is on public notice until %(closes_on)s."
    ),
    NotificationKind.PAID: gettext_lazy(
        "%(amount)s yuan for claim %(claim)s were paid on %(answered_on)s to your institution's account that ends in "
        "%(account_ends_in)s."
    ),
    NotificationKind.RETURNED: gettext_lazy(
        "The bank returned %(amount)s yuan for claim %(claim)s from your institution's account that ends in "
        "%(account_ends_in)s: %(return_text)s Propose another account, or the same one once it can be paid to."
    ),
    NotificationKind.OBJECTION: gettext_lazy(
        "An objection was raised to claim %(claim)s. Its money waits for the answer."
    ),
    NotificationKind.OBJECTION_DECIDED: gettext_lazy("The objection to claim %(claim)s is decided."),
    NotificationKind.CLAIM_OPENED: gettext_lazy(
        "Claim %(claim)s is open. By what is known today you are owed up to %(amount)s yuan for %(people)s people. "
        "Record what you have advanced and submit it until %(last_day_on)s; after that day it lapses."
    ),
    NotificationKind.CLAIM_LAPSED: gettext_lazy(
        "Claim %(claim)s was not submitted until %(last_day_on)s, and has lapsed. Nothing is paid for it."
    ),
    NotificationKind.CLAIM_SET_OFF: gettext_lazy(
        "Of claim %(claim)s, %(amount)s yuan were set off against what your institution had to pay back, and are not "
        "paid out. Your statement says against what."
    ),
    NotificationKind.RECOVERY: gettext_lazy(
        "You are asked to pay back %(amount)s yuan of what was paid for claim %(claim)s until %(due_on)s. The letter "
        "of the bureau says why and how."
    ),
    NotificationKind.CLAIM_ASKED: gettext_lazy(
        "The district asks something about claim %(claim)s. Please answer until %(due_on)s; its review waits for it."
    ),
    NotificationKind.CLAIM_ANSWERED: gettext_lazy("The institution has answered about claim %(claim)s."),
    NotificationKind.CLAIM_RETURNED: gettext_lazy("Claim %(claim)s was sent back. Its page says why."),
    NotificationKind.CLAIM_REFUSED: gettext_lazy("Claim %(claim)s was refused. Its page says why."),
    NotificationKind.CLAIM_FELL_BACK: gettext_lazy(
        "Claim %(claim)s was confirmed, and is with its district again before anything is paid. %(because)s It need "
        "not be handed in again."
    ),
    NotificationKind.RECOVERY_OPENED: gettext_lazy(
        "Of what was paid for claim %(claim)s, %(amount)s yuan are too much by what is known now. They are set off "
        "against what your institution is paid next, or the bureau asks for them in a letter. The page of the claim "
        "says why."
    ),
}


class _Facts(dict[str, Any]):
    """Facts with a dash for what nobody gave: a message with a gap is better than none."""

    def __missing__(self, _name: str) -> str:
        return UNKNOWN


def text_message(notification: Notification) -> str:
    """Return a text message to a person: what is the matter, and where to look. No number of theirs is in it."""
    link = f"{settings.PORTAL_ORIGIN}{SELF_CHECK}"
    return _("%(sentence)s Look it up: %(link)s") % {"sentence": sentence(notification), "link": link}


def subject(notification: Notification) -> str:
    """Return the subject of an e-mail to an office."""
    return _("%(kind)s · Digital Technology Engineer Programme") % {
        "kind": NotificationKind(notification.kind).label
    }


def mail_text(notification: Notification) -> str:
    """Return an e-mail to an office: the sentence, and where its portal is."""
    return f"{sentence(notification)}\n\n{settings.PORTAL_ORIGIN}/inbox/\n"


def mail_domain() -> str:
    """Return the domain under which the portal numbers its e-mails."""
    return urlsplit(settings.PORTAL_ORIGIN).hostname or "localhost"


def sentence(notification: Notification) -> str:
    """Return what happened, in the reader's language."""
    words = TO_OFFICE if notification.person_id is None else TO_PERSON
    if notification.claim_id is not None:
        words = {**words, **OF_CLAIM}
    template = words.get(notification.kind)
    if template is None:
        return str(NotificationKind(notification.kind).label)
    return str(template) % _Facts(_shown(notification))


def _shown(notification: Notification) -> dict[str, Any]:
    entitlement = notification.entitlement
    facts = {name: _in_words(name, value) for name, value in notification.facts.items()}
    if entitlement is not None:
        certificate = entitlement.certificate
        facts["certificate"] = certificate.number
        facts["what"] = _("%(occupation)s (%(level)s)") % {
            "occupation": certificate.occupation.name,
            "level": certificate.get_level_display(),
        }
        facts["why"] = _why(entitlement)
    if notification.claim is not None:
        facts["claim"] = notification.claim.reference
    if "return_code" in facts:
        facts["return_text"] = return_reason(facts["return_code"])
    return facts


def _in_words(name: str, value: Any) -> Any:
    if name in {"amount", "total"}:
        return number_format(Decimal(str(value)), 2, use_l10n=True, force_grouping=True)
    if name == "reasons":
        return " · ".join(f"{check_name(reason)} ({count})" for reason, count in value.items())
    if name == "because":
        return claim_reason(str(value))
    if name.endswith("_on") and value:
        return date_format(date.fromisoformat(str(value)), "DATE_FORMAT")
    return value


def _why(entitlement: Entitlement) -> str:
    """Return why a decision is as it is, in the words of the person; nothing if every check was passed."""
    failed = [check for check in entitlement.checks if check["name"] == entitlement.reason]
    return own_sentence(failed[0]) if failed else ""
