"""What the overview of a session shows: its facts, its way so far, and what may be done next."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _

from assessment import policies, queries
from assessment.enums import SessionStatus
from assessment.forms.sessions import CancellationForm
from assessment.models import AssessmentSession
from assessment.services.candidate_steps import takes_candidates
from assessment.transitions import SESSION_TRANSITIONS
from institutions.models import User


@dataclass(frozen=True)
class NextStep:
    """What a session waits for, and the page where its institution does it, if any."""

    text: str
    label: str = ""
    route: str = ""


def overview_context(
    user: User, session: AssessmentSession, form: forms.Form | None = None
) -> dict[str, object]:
    """Return all that the overview shows."""
    today = timezone.localdate()
    count = queries.candidate_count_of(session)
    may_run = policies.can_run_session(user, session)
    is_open = session.status == SessionStatus.FILED
    return {
        "session": session,
        "facts": facts_of(session, count),
        "steps": timeline_of(session),
        "next_step": next_step_of(session, count, today),
        "candidate_count": count,
        "is_crowded": session.site is not None and count > session.site.seat_count,
        "may_run": may_run,
        "may_admit": may_run and is_open and count > 0 and takes_candidates(session, today),
        "may_move": may_run and is_open,
        "may_cancel": policies.can_cancel_session(user, session, today)
        and SessionStatus.CANCELLED in SESSION_TRANSITIONS[SessionStatus(session.status)],
        "bureau_cancels": may_run and policies.only_bureau_cancels(session, today),
        "form": form or CancellationForm(),
    }


def facts_of(session: AssessmentSession, candidate_count: int) -> list[tuple[str, object]]:
    """Return the facts of a session, each with its label."""
    site, due_on = session.site, results_due_on(session)
    return [
        (_("Evaluation institution"), session.institution.name),
        (_("Occupation"), session.occupation.name),
        (_("Direction"), session.direction),
        (_("Level"), session.get_level_display()),
        (_("Held on"), session.held_on.isoformat()),
        (_("Theory begins"), shown_time(session.theory_time)),
        (_("Practice begins"), shown_time(session.practice_time)),
        (_("Assessment site"), site.name if site else ""),
        (_("Address"), site.address if site else ""),
        (_("Candidates / seats"), f"{candidate_count} / {site.seat_count if site else '—'}"),
        # Nobody told the portal the marks of what was filed before there were policies.
        (_("Pass mark for theory"), session.theory_pass_mark if session.policy else ""),
        (_("Pass mark for practice"), session.practice_pass_mark if session.policy else ""),
        (_("Certificates numbered by"), session.get_certificate_origin_display()),
        (_("Results due on"), due_on.isoformat() if due_on else ""),
    ]


def shown_time(moment: time | None) -> str:
    """Return a time of the day to the minute, or nothing."""
    return f"{moment:%H:%M}" if moment else ""


def results_due_on(session: AssessmentSession) -> date | None:
    """Return the last day for a session's results, where a policy sets one."""
    if session.policy is None:
        return None
    return session.held_on + timedelta(days=session.policy.results_due_days)


def next_step_of(session: AssessmentSession, candidate_count: int, today: date) -> NextStep | None:
    """Return what a session waits for, or None where nothing is to be done any more."""
    if session.status == SessionStatus.FILED:
        return _before_admission(session, candidate_count, today)
    if session.status == SessionStatus.ADMITTED:
        return _after_admission(session, today)
    return None


def _before_admission(session: AssessmentSession, candidate_count: int, today: date) -> NextStep:
    if session.policy is None and today > session.held_on:
        return _candidates_after_the_day(session)
    if today > session.held_on:
        return NextStep(
            _("Nobody was admitted before the day of this session. It can only be cancelled, with a reason.")
        )
    if candidate_count == 0:
        return NextStep(
            _("The session is open for candidates: draw them from completed classes, or add them."),
            _("Choose the candidates"),
            "session-candidates",
        )
    return NextStep(
        _(
            "Once all candidates are there, admit them: each gets an admission number, and the list is closed."
        ),
        _("Look at the candidates"),
        "session-candidates",
    )


def _candidates_after_the_day(session: AssessmentSession) -> NextStep:
    text = _(
        "This session was filed before its candidates were kept here. Add who sat it and admit them, although its day"
        " has passed: then its results can be recorded. They are held against %(theory)s points in theory and"
        " %(practice)s in practice."
    )
    marks = {"theory": session.theory_pass_mark, "practice": session.practice_pass_mark}
    return NextStep(text % marks, _("Choose the candidates"), "session-candidates")


def _after_admission(session: AssessmentSession, today: date) -> NextStep:
    if today < session.held_on:
        return NextStep(
            _("The candidates are admitted. Print the list for the day of the session."),
            _("Print the list"),
            "candidates-print",
        )
    due_on = results_due_on(session)
    if due_on is None:
        return NextStep(_("The session waits for its results."), _("Submit the results"), "session-results")
    if today > due_on:
        text = _("The results were due on %(day)s and are overdue.")
    else:
        text = _("The session waits for its results, due on %(day)s.")
    return NextStep(text % {"day": due_on.isoformat()}, _("Submit the results"), "session-results")


def timeline_of(session: AssessmentSession) -> list[dict[str, object]]:
    """Return who has brought the session to where it is, in the order of time."""
    recording = queries.recording_of(session)
    steps = [_moment(_("Filed"), session.filed_at, session.filed_by, "wait")]
    if session.admitted_at:
        steps.append(_moment(_("Candidates admitted"), session.admitted_at, session.admitted_by, "good"))
    if recording is not None and recording.recorded_at:
        steps.append(_moment(_("Results recorded"), recording.recorded_at, recording.recorded_by, "good"))
    if session.cancelled_at:
        steps.append(_moment(_("Cancelled"), session.cancelled_at, session.cancelled_by, "bad"))
    return steps


def _moment(title: str, at: datetime, actor: User | None, tone: str) -> dict[str, object]:
    facts: list[tuple[str, object]] = [(_("By"), actor)]
    return {"title": title, "at": at, "tone": tone, "facts": facts, "before": "", "status": "", "label": ""}
