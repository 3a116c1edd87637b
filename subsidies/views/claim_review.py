"""What a bureau sees of a claim beside what it comes to: checks, files, lines, questions, and what it may do."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from enrollment.rules.identifiers import mask_name
from institutions.delegation_queries import stood_in_for, working_days_away
from institutions.models import User
from subsidies import policies, queries
from subsidies.claim_clock_words import ClockWords, clock_words
from subsidies.claim_words import claim_check_name, claim_check_sentence
from subsidies.enums import ClaimStatus, LineRefusal, ScanStatus
from subsidies.forms.claim_review import ClaimReasonForm, LinesForm, QuestionForm, RecommendationForm
from subsidies.models import ClaimEvidence, ClaimLine, ClaimQuery, SubsidyClaim
from subsidies.queries.claim_reviews import WAITING_FOR_A_BUREAU, LineStanding, is_one_to_wait_for
from subsidies.rules.claim_reviews import (
    ACCEPTED,
    CHANGED,
    LEFT_OUT,
    OPEN,
    REFUSED,
    is_line_flagged,
    is_to_look_at,
)
from subsidies.rules.facts import FAILED, PASSED
from subsidies.views.claim_files import is_shown_by_a_browser
from subsidies.views.queue_places import name_of, place_of

LINE_COLUMNS = (
    (gettext_lazy("Line"), "numeric"),
    (gettext_lazy("Trainee and amount"), ""),
    (gettext_lazy("What the checks say"), ""),
    (gettext_lazy("District's word"), ""),
)
STANDINGS: Final = {
    OPEN: gettext_lazy("Not looked at"),
    CHANGED: gettext_lazy("Changed since"),
    ACCEPTED: gettext_lazy("Accepted"),
    REFUSED: gettext_lazy("Refused"),
    LEFT_OUT: gettext_lazy("Nothing is asked"),
}
OPENABLE: Final = (ScanStatus.CLEAN, ScanStatus.NOT_SCANNED)


@dataclass(frozen=True)
class SentForms:
    """The forms of the review that somebody sent and that were refused, or begins. The others are empty."""

    lines: LinesForm | None = None
    question: QuestionForm | None = None
    returning: ClaimReasonForm | None = None
    refusing: ClaimReasonForm | None = None
    # The public number of the enrollment that a question is begun about.
    ask_about: str = ""


@dataclass(frozen=True)
class ReadBeside:
    """What was read of a claim already: its lines with their people, what was asked, and its files."""

    lines: Sequence[ClaimLine]
    questions: Sequence[ClaimQuery]
    files: Sequence[ClaimEvidence]


@dataclass(frozen=True)
class Beside:
    """A claim with what stands beside it: its lines with their reviews, the names in them, questions and files."""

    claim: SubsidyClaim
    standings: Sequence[LineStanding]
    # By enrollment, masked.
    names: Mapping[int, str]
    questions: Sequence[ClaimQuery]
    files: Sequence[ClaimEvidence]

    @property
    def open_questions(self) -> list[ClaimQuery]:
        """What the institution was asked and has not answered."""
        return [question for question in self.questions if question.answered_at is None]


def review_context(
    user: User,
    claim: SubsidyClaim,
    now: datetime,
    sent: SentForms | None = None,
    *,
    read: ReadBeside | None = None,
) -> dict[str, Any]:
    """Return what the bureaus see and do beside a claim; nothing for whoever works for no bureau."""
    if not policies.can_see_claim_queue(user) or claim.reckoning is None:
        return {"review": None}
    today = timezone.localdate(now)
    beside = _beside(claim, read or _read(user, claim))
    may_review = _may_review(user, claim, today)
    lines_form = _lines_form(beside, sent) if may_review else None
    review: dict[str, Any] = {
        "claim": claim,
        "clock": _clock(beside, today),
        "place": name_of(place_of(claim)),
        "flags": shown_flags(user, claim.reckoning.flags),
        "has_findings": any(flag["outcome"] != PASSED for flag in claim.reckoning.flags),
        "files": [shown_file(each) for each in beside.files],
        "has_preview": any(is_shown_by_a_browser(each) and _may_open(each) for each in beside.files),
        "questions": [_shown_question(each, beside.names, today) for each in beside.questions],
        "columns": LINE_COLUMNS,
        "rows": _rows(beside, lines_form),
        "may_review": may_review,
        "tallies": _tallies(beside.standings),
    }
    if may_review:
        review |= _acts(beside, review["rows"], sent or SentForms())
    return {"review": review}


def _read(user: User, claim: SubsidyClaim) -> ReadBeside:
    return ReadBeside(
        lines_of_live_reckoning(user, claim),
        list(queries.questions_about(claim)),
        list(queries.evidence_of_class(claim.training_class)),
    )


def _beside(claim: SubsidyClaim, read: ReadBeside) -> Beside:
    names = {line.enrollment_id: _name_in(line) for line in read.lines}
    return Beside(claim, queries.line_standings(claim, read.lines), names, read.questions, read.files)


def lines_of_live_reckoning(user: User, claim: SubsidyClaim) -> list[ClaimLine]:
    """Return the lines of what a claim comes to now, with their people, in their order."""
    lines = queries.claim_lines_visible_to(user).filter(reckoning=claim.reckoning_id)
    return list(lines.order_by("line_number"))


def _name_in(line: ClaimLine) -> str:
    trainee = line.enrollment.trainee
    return mask_name((trainee.merged_into or trainee).name)


def _may_review(user: User, claim: SubsidyClaim, today: date) -> bool:
    if claim.status != ClaimStatus.SUBMITTED:
        return False
    # Whoever may by themselves stands in for nobody here.
    return policies.can_review_claim(user, (), claim) or policies.can_review_claim(
        user, stood_in_for(user, today), claim
    )


def _clock(beside: Beside, today: date) -> ClockWords | None:
    """Return what is said of the clock, where a bureau has the claim."""
    claim = beside.claim
    if claim.status not in WAITING_FOR_A_BUREAU:
        return None
    away = working_days_away([claim.due_on], today)[claim.due_on] if claim.due_on else None
    is_asked = is_one_to_wait_for(beside.questions, today)
    return clock_words(claim, is_asked=is_asked, today=today, working_days=away)


# ── Checks and files ─────────────────────────────────────────────────────────────────────────────────────
def shown_flags(user: User, flags: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the checks over a whole claim in words, those that somebody has to look at first."""
    named = {
        part["class"] for flag in flags for part in flag.get("facts", {}).get("classes", []) if part["class"]
    }
    links = [
        {"url": reverse("class-detail", args=[each.public_id]), "text": each.reference}
        for each in queries.classes_named(user, named)
    ]
    shown = [
        {
            "name": claim_check_name(flag["name"]),
            "text": claim_check_sentence(flag),
            "outcome": flag["outcome"].lower(),
            "is_passed": flag["outcome"] == PASSED,
            "links": links if flag["name"] == "overlapping_classes" else [],
        }
        for flag in flags
    ]
    order = {FAILED.lower(): 0, PASSED.lower(): 2}
    return sorted(shown, key=lambda each: order.get(each["outcome"], 1))


def shown_file(evidence: ClaimEvidence) -> dict[str, Any]:
    """Return one file as a list shows it, with the way to open it if anybody may."""
    url = reverse("claim-evidence", args=[evidence.public_id])
    return {
        "file": evidence,
        "url": url if _may_open(evidence) else "",
        "is_shown": _may_open(evidence) and is_shown_by_a_browser(evidence),
    }


def _may_open(evidence: ClaimEvidence) -> bool:
    return evidence.scan_status in OPENABLE


# ── Lines and questions ──────────────────────────────────────────────────────────────────────────────────
def _lines_form(beside: Beside, sent: SentForms | None) -> LinesForm:
    """Return the form over the lines as they are now; with what was sent, by person, if the claim moved meanwhile."""
    line_ids = [each.line.pk for each in beside.standings if each.standing != LEFT_OUT]
    former = sent.lines if sent else None
    if former is None:
        return LinesForm(line_ids)
    if set(former.line_ids) <= set(line_ids):
        return former
    seen = queries.lines_of_claim(beside.claim, set(former.line_ids))
    now = {each.line.enrollment_id: each.line.pk for each in beside.standings}
    moved = {
        line_id: now[seen[line_id].enrollment_id]
        for line_id in former.line_ids
        if line_id in seen and seen[line_id].enrollment_id in now
    }
    initial = {
        f"{name}-{line_now}": former[f"{name}-{line_id}"].value()
        for line_id, line_now in moved.items()
        for name in ("verdict", "note")
    }
    return LinesForm(line_ids, initial=initial)


def _rows(beside: Beside, lines_form: LinesForm | None) -> list[dict[str, Any]]:
    """Return a row for each line: those that were flagged and wait for a look first, then what waits, then the rest."""
    asked = {question.enrollment_id for question in beside.open_questions}
    rows = [
        {
            **_row(each),
            "name": beside.names[each.line.enrollment_id],
            **_fields(each, lines_form),
            "is_asked": each.line.enrollment_id in asked,
            "ask": _number_of(each.line) if lines_form else "",
        }
        for each in beside.standings
    ]
    return sorted(rows, key=lambda row: (not row["is_open"], not row["is_flagged"], row["line"].line_number))


def _row(standing: LineStanding) -> dict[str, Any]:
    line, review = standing.line, standing.review
    return {
        "line": line,
        "url": reverse("enrollment-detail", args=[line.enrollment.public_id]),
        "problems": [claim_check_sentence(check) for check in line.checks if check["outcome"] != PASSED],
        "checks": [(claim_check_name(check["name"]), claim_check_sentence(check)) for check in line.checks],
        "standing": standing.standing.lower(),
        "standing_label": STANDINGS[standing.standing],
        "is_open": is_to_look_at(standing.standing),
        "is_flagged": is_line_flagged(queries.line_seen(line)),
        "said": _said(review.reason_code, review.note) if review else "",
    }


def _fields(standing: LineStanding, lines_form: LinesForm | None) -> dict[str, Any]:
    """Return the fields of a line, where something can be said of it."""
    line_id = standing.line.pk
    if lines_form is None or line_id not in lines_form.line_ids:
        return {"verdict": None, "note": None}
    return {"verdict": lines_form[f"verdict-{line_id}"], "note": lines_form[f"note-{line_id}"]}


def _said(reason_code: str, note: str) -> str:
    code = str(LineRefusal(reason_code).label) if reason_code else ""
    return " · ".join(part for part in (code, note) if part)


def _shown_question(question: ClaimQuery, names: Mapping[int, str], today: date) -> dict[str, Any]:
    return {
        "question": question,
        "about": names.get(question.enrollment_id or 0) or _("The whole claim"),
        "is_open": question.answered_at is None,
        "has_time": is_one_to_wait_for([question], today),
    }


def _tallies(standings: Sequence[LineStanding]) -> list[tuple[str, int]]:
    found = [each.standing for each in standings]
    return [(str(label), found.count(standing)) for standing, label in STANDINGS.items()]


# ── What may be done ─────────────────────────────────────────────────────────────────────────────────────
def _acts(beside: Beside, rows: Sequence[Mapping[str, Any]], sent: SentForms) -> dict[str, Any]:
    reckoning = beside.claim.reckoning
    if reckoning is None:
        raise ValueError("a submitted claim has a reckoning")
    about = next(
        (str(line.enrollment_id) for line in _lines(beside) if _number_of(line) == sent.ask_about), ""
    )
    question_form = sent.question or QuestionForm(_named(_lines(beside)), initial={"about": about})
    return {
        "unflagged_count": sum(_is_unflagged(row) for row in rows),
        "reckoning_id": reckoning.pk,
        "obstacles": _obstacles(beside, rows),
        "recommendation_form": RecommendationForm(initial={"sha256": queries.sha256_to_sign(reckoning)}),
        "question_form": question_form,
        "return_form": sent.returning or ClaimReasonForm(auto_id="return_%s"),
        "refusal_form": sent.refusing or ClaimReasonForm(auto_id="refuse_%s"),
        "is_asking": sent.question is not None or bool(about),
        "is_returning": sent.returning is not None,
        "is_refusing": sent.refusing is not None,
    }


def _lines(beside: Beside) -> list[ClaimLine]:
    return [each.line for each in beside.standings]


def _number_of(line: ClaimLine) -> str:
    return str(line.enrollment.public_id)


def people_in_order(user: User, claim: SubsidyClaim) -> list[tuple[str, str]]:
    """Return whom of a claim the institution can be asked about, in the order of the lines."""
    return _named(lines_of_live_reckoning(user, claim))


def _named(lines: Iterable[ClaimLine]) -> list[tuple[str, str]]:
    return [(str(line.enrollment_id), f"{line.line_number} · {_name_in(line)}") for line in lines]


def _is_unflagged(row: Mapping[str, Any]) -> bool:
    """Test whether a line is among those that are accepted at a stroke."""
    is_new = row["standing"] == OPEN.lower() and row["line"].counts
    return is_new and not row["is_flagged"] and not row["is_asked"]


def _obstacles(beside: Beside, rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return what somebody has to do before the district can recommend the claim."""
    reckoning = beside.claim.reckoning
    left, open_count = sum(row["is_open"] for row in rows), len(beside.open_questions)
    found: list[str] = []
    if left:
        text = ngettext(
            "%(count)s line has not been looked at.", "%(count)s lines have not been looked at.", left
        )
        found.append(text % {"count": left})
    if open_count:
        text = ngettext(
            "%(count)s question waits for the institution.",
            "%(count)s questions wait for the institution.",
            open_count,
        )
        found.append(text % {"count": open_count})
    if reckoning is not None and not reckoning.is_complete:
        found.append(_("Nobody can say yet what this claim comes to: something is missing."))
    if any(each.scan_status == ScanStatus.INFECTED for each in beside.files):
        found.append(
            _("A file of this claim is infected. Return the claim: the institution withdraws the file.")
        )
    return found
