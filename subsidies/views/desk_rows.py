"""What is stuck as rows of a page or a file. People are masked, and an account or ID number is never among them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from enrollment.rules.identifiers import mask_name
from institutions.models import District
from subsidies import queries
from subsidies.bank.sentences import file_problem, line_problem
from subsidies.claim_reasons import claim_reason
from subsidies.desk_words import (
    ACT_ROUTES,
    CALENDAR_MISSING,
    NOT_IN_A_BATCH,
    matter_cause,
    matter_title,
    message_problem,
    owner_name,
)
from subsidies.explanations import return_advice, return_reason
from subsidies.invariants import CHECKED, promise_called
from subsidies.models import Payment
from subsidies.paid_for import objected_to, page_of_claim, paid_for
from subsidies.rules.desk import Matter, is_asked_to_act, working_days_between


@dataclass(frozen=True)
class StuckRow:
    """One stuck thing: what and whose it is, why, since when, who must act, and where."""

    what: str
    url: str
    person: str
    district: str
    cause: str
    since: datetime
    age: str
    owner: str
    act_url: str

    def as_cells(self) -> list[str]:
        """Return the row as cells of a file."""
        since = timezone.localtime(self.since).strftime("%Y-%m-%d %H:%M")
        return [self.what, self.person, self.district, self.cause, since, self.age, self.owner]


@dataclass(frozen=True)
class _Subject:
    what: str
    url: str
    person: str = ""
    district: District | None = None
    # Where the act on this row is done, if not on its page.
    act_url: str = ""


def shown_matter(stuck: queries.Stuck, desk: queries.Desk) -> dict[str, object]:
    """Return one matter as the desk shows it."""
    return {
        "name": stuck.matter.name,
        "title": matter_title(stuck.matter),
        "count": stuck.count,
        "age": age_text(stuck.oldest, desk.now),
        "since": stuck.oldest,
        "owner": owner_name(stuck.matter),
        "cause": _cause_of_all(stuck.matter, desk),
        "urgency": stuck.matter.urgency,
        "is_own": is_asked_to_act(desk.user.role, stuck.matter),
    }


def shown_rows(matter: Matter, rows: Sequence[Any], desk: queries.Desk) -> list[StuckRow]:
    """Return rows of a matter as a list shows them. What it costs to look up does not grow with their number."""
    causes = queries.why_in_no_batch(rows) if matter.name == "not-in-a-batch" else {}
    calendar = None
    if matter.name == "objections" and rows:
        first = timezone.localdate(min(row.since for row in rows))
        calendar = queries.working_calendar(first, desk.today)
    general = _cause_of_all(matter, desk)
    return [
        _shown(
            matter,
            row,
            desk,
            cause=str(NOT_IN_A_BATCH[causes[row.pk]])
            if row.pk in causes
            else _cause_of(matter, row) or general,
            calendar=calendar,
        )
        for row in rows
    ]


def age_text(since: datetime, now: datetime) -> str:
    """Return how long something has been waiting: in days, or on the first day in hours."""
    waited = max((now - since).total_seconds(), 0)
    days, hours = int(waited // 86400), int(waited // 3600)
    if days:
        return ngettext("%(count)s day", "%(count)s days", days) % {"count": days}
    return ngettext("%(count)s hour", "%(count)s hours", hours) % {"count": hours}


def _shown(matter: Matter, row: Any, desk: queries.Desk, *, cause: str, calendar: Any) -> StuckRow:
    subject = _subject_of(matter, row)
    may_act = queries.may_act_on(desk.user, matter, row)
    route = _act_route(matter, desk)
    age = age_text(row.since, desk.now)
    if calendar is not None:
        age = _working_days_text(timezone.localdate(row.since), desk.today, calendar)
    return StuckRow(
        what=subject.what,
        url=subject.url,
        person=subject.person,
        district=subject.district.name if subject.district else "",
        cause=cause,
        since=row.since,
        age=age,
        owner=_owner_of(matter, row, subject.district),
        act_url=(reverse(route) if route else subject.act_url or subject.url) if may_act else "",
    )


def _working_days_text(first: date, last: date, calendar: Any) -> str:
    days = working_days_between(first, last, calendar)
    return ngettext("%(count)s working day", "%(count)s working days", days) % {"count": days}


def _act_route(matter: Matter, desk: queries.Desk) -> str:
    if matter.name == "notices-not-published" and desk.calendar_is_missing:
        return "calendar"
    return ACT_ROUTES.get(matter.name, "")


def _cause_of_all(matter: Matter, desk: queries.Desk) -> str:
    if matter.name == "notices-not-published" and desk.calendar_is_missing:
        return str(CALENDAR_MISSING)
    return {
        "signatures": _("Two people of finance have to sign, each for themselves."),
        "result-files": _("A file of the bank could not be applied. Its page says why."),
        "resolutions": _("Somebody else has to look at what was found out."),
        "brought-files": _("Somebody else has to compare it with what the bank has."),
        "settlements": _("Somebody else has to look at what came back or is given up."),
    }.get(matter.name) or matter_cause(matter)


def _why_returned(payment: Any) -> str:
    code = payment.return_code
    if not code:
        return ""
    return _("%(reason)s %(advice)s") % {"reason": return_reason(code), "advice": return_advice(code)}


def _why_unsigned(batch: Any) -> str:
    return _("One signature is there, the second one is missing.") if batch.first_released_by_id else ""


def _why_alarmed(alarm: Any) -> str:
    if alarm.invariant == CHECKED.name:
        names = " · ".join(f"{name} {promise_called(name)}".rstrip() for name in alarm.ids)
        return _("Nobody could look whether these hold: %(names)s") % {"names": names}
    rows = _("Rows that show it: %(ids)s") % {"ids": ", ".join(alarm.ids)}
    return f"{promise_called(alarm.invariant)} {rows}".lstrip()


# Why a row is stuck, where it is not the same for all of a matter; nothing if it is.
_OWN_CAUSES: Final[dict[str, Callable[[Any], str]]] = {
    "returned": _why_returned,
    "signatures": _why_unsigned,
    "result-files": lambda file: file_problem(file.problem),
    "messages-failed": lambda message: message_problem(message.problem),
    "bank-lines": lambda line: line_problem(line.problem),
    "resolutions": lambda resolution: str(resolution.get_outcome_display()),
    "settlements": lambda settlement: str(settlement.get_kind_display()),
    "sending-stopped": lambda stop: str(stop.reason),
    "alarms": _why_alarmed,
    "claims-back-with-the-district": lambda claim: claim_reason(claim.status_reason),
}


def _cause_of(matter: Matter, row: Any) -> str:
    return _OWN_CAUSES[matter.name](row) if matter.name in _OWN_CAUSES else ""


def _owner_of(matter: Matter, row: Any, district: District | None) -> str:
    owner = owner_name(matter)
    if matter.owner.office == "DISTRICT":
        return f"{district.name} · {owner}" if district else _("Municipal reviewer")
    other = getattr(row, "proposed_by", None)
    return _("%(role)s, but not %(person)s") % {"role": owner, "person": other} if other else owner


def _subject_of(matter: Matter, row: Any) -> _Subject:
    return _SUBJECTS[row._meta.model_name](row)


def _of_certificate(certificate: Any) -> _Subject:
    enrollment = certificate.attempt.enrollment
    return _Subject(
        certificate.number,
        reverse("certificate-detail", args=[certificate.public_id]),
        mask_name(certificate.trainee.name),
        enrollment.training_class.district if enrollment else None,
    )


def _of_decision(entitlement: Any) -> _Subject:
    certificate = entitlement.certificate
    url = reverse("certificate-detail", args=[certificate.public_id])
    return _Subject(certificate.number, url, mask_name(entitlement.person.name), entitlement.district)


def _of_class(training_class: Any) -> _Subject:
    url = reverse("class-detail", args=[training_class.public_id])
    return _Subject(training_class.reference, url, training_class.institution.name, training_class.district)


def _of_claim(claim: Any) -> _Subject:
    return _Subject(claim.reference, page_of_claim(claim), claim.institution.name, claim.district)


def _of_payment(payment: Payment, url: str = "") -> _Subject:
    paid = paid_for(payment)
    return _Subject(paid.number, url or paid.url, paid.payee, paid.district)


def _of_objection(objection: Any) -> _Subject:
    against = objected_to(objection)
    url = reverse("objection-detail", args=[objection.public_id])
    return _Subject(against.number, url, against.payee, against.district)


def _of_batch(batch: Any) -> _Subject:
    return _Subject(batch.reference, reverse("batch-detail", args=[batch.public_id]))


def _of_attempt(attempt: Any) -> _Subject:
    return _of_payment(attempt.payment, reverse("batch-detail", args=[attempt.batch.public_id]))


def _of_line(line: Any) -> _Subject:
    file = line.result_file
    url = reverse("bank-exception-detail", args=[file.public_id, line.line_number])
    return _Subject(_("%(file)s, line %(line)s") % {"file": file.file_name, "line": line.line_number}, url)


def _of_file(file: Any) -> _Subject:
    return _Subject(file.file_name, reverse("bank-result-detail", args=[file.public_id]))


def _of_recovery(recovery: Any) -> _Subject:
    return _of_payment(recovery.payment, reverse("recovery-detail", args=[recovery.public_id]))


def _of_message(message: Any) -> _Subject:
    entitlement = message.entitlement
    url = reverse("certificate-detail", args=[entitlement.certificate.public_id]) if entitlement else ""
    if message.claim:
        url = page_of_claim(message.claim)
    whose = mask_name(message.person.name) if message.person else message.get_role_display()
    if message.institution:
        whose = f"{whose} · {message.institution.name}"
    what = f"{message.get_kind_display()} · {message.get_channel_display()}"
    return _Subject(what, url, whose, message.district, reverse("failed-message", args=[message.public_id]))


def _of_stop(stop: Any) -> _Subject:
    return _Subject(stop.get_kind_display(), reverse("sending"))


def _of_alarm(alarm: Any) -> _Subject:
    return _Subject(alarm.invariant, reverse("reconciliation"))


_SUBJECTS: Final[dict[str, Callable[[Any], _Subject]]] = {
    "levelcertificate": _of_certificate,
    "trainingclass": _of_class,
    "entitlement": _of_decision,
    "subsidyclaim": _of_claim,
    "payment": _of_payment,
    "objection": _of_objection,
    "paymentbatch": _of_batch,
    "paymentattempt": _of_attempt,
    "bankresultline": _of_line,
    "lineresolution": lambda resolution: _of_line(resolution.line),
    "bankresultfile": _of_file,
    "recovery": _of_recovery,
    "recoverysettlement": lambda settlement: _of_recovery(settlement.recovery),
    "notification": _of_message,
    "sendingstop": _of_stop,
    "invariantalarm": _of_alarm,
}
