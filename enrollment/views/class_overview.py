"""What the overview of a class shows: its facts, its way so far, and what may be done next."""

from datetime import date, datetime
from operator import itemgetter

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from chongqing_dte.foundation.errors import DomainError
from enrollment import policies, queries
from enrollment.enums import ClassStatus
from enrollment.forms.classes import ReasonForm
from enrollment.models import ClassStep, TrainingClass
from enrollment.models.training_class import IN_THE_INSTITUTIONS_HANDS
from enrollment.rules.filings import days_late
from enrollment.services.filing_checks import NearDuplicateFilings, PlanRefused
from enrollment.transitions import CLASS_TRANSITIONS
from enrollment.views.figures import shown_hours
from enrollment.views.next_steps import next_step_of
from institutions.models import FundedQuota, User
from institutions.queries import districts_answered_for, is_suspended

TRAINER_COLUMNS = ((gettext_lazy("Name"), ""), (gettext_lazy("Title or certificate"), ""))
TONES = {
    ClassStatus.DRAFT: "quiet",
    ClassStatus.FILED: "wait",
    ClassStatus.RETURNED: "bad",
    ClassStatus.CANCELLED: "bad",
}


def overview_context(
    user: User,
    training_class: TrainingClass,
    *,
    refusal: DomainError | None = None,
    form: ReasonForm | None = None,
) -> dict[str, object]:
    """Return all that the overview shows, with why an act on it was refused."""
    today = timezone.localdate()
    return {
        "training_class": training_class,
        "facts": facts_of(training_class),
        "filing_facts": filing_facts_of(training_class),
        "trainers": queries.trainers_of(training_class),
        "trainer_columns": TRAINER_COLUMNS,
        "steps": timeline_of(training_class),
        "problems": refusal.problems if isinstance(refusal, PlanRefused) else (),
        "duplicates": str(refusal) if isinstance(refusal, NearDuplicateFilings) else "",
        "form": form or ReasonForm(),
        "late": late_text(training_class, today),
        "next_step": next_step_of(user, training_class, today),
        "suspended": training_class.status == ClassStatus.FILED
        and is_suspended(training_class.institution_id, today),
        **acts_open_to(user, training_class),
    }


def acts_open_to(user: User, training_class: TrainingClass) -> dict[str, bool]:
    """Return which acts this person may do to the class in its present state."""
    status, districts = ClassStatus(training_class.status), districts_answered_for(user)
    return {
        "may_file": status in IN_THE_INSTITUTIONS_HANDS and policies.can_file_class(user, training_class),
        "may_answer": status == ClassStatus.FILED
        and policies.can_answer_filing(user, training_class, districts),
        "may_cancel": ClassStatus.CANCELLED in CLASS_TRANSITIONS[status]
        and policies.can_cancel_class(user, training_class, districts),
    }


def facts_of(training_class: TrainingClass) -> list[tuple[str, object]]:
    """Return what the class is, each fact with its label."""
    evaluator = training_class.intended_evaluator
    return [
        (_("Training institution"), training_class.institution.name),
        (_("District"), training_class.district.name),
        (_("Occupation"), training_class.occupation.name),
        (_("Direction"), training_class.direction),
        (_("Level"), training_class.get_level_display()),
        (_("Starts on"), training_class.starts_on.isoformat()),
        (_("Ends on"), training_class.ends_on.isoformat()),
        (
            _("Planned hours"),
            shown_hours(training_class.planned_hours) if training_class.planned_hours else "",
        ),
        (_("Venue"), training_class.venue),
        (_("Intended evaluation institution"), evaluator.name if evaluator else ""),
        (_("Enrolled / seats"), f"{queries.seats_taken(training_class)} / {training_class.seat_count}"),
    ]


def filing_facts_of(training_class: TrainingClass) -> list[tuple[str, object]]:
    """Return where the filing stands: its seats and the day of its answer."""
    year = training_class.starts_on.year
    quota = queries.funded_quota_of(training_class.institution_id, year)
    facts: list[tuple[str, object]] = [
        (_("Funded seats that this class holds"), training_class.reserved_seat_count),
        (_("Free funded seats of %(year)s") % {"year": year}, free_seats(quota)),
    ]
    if training_class.status == ClassStatus.FILED:
        due_on = training_class.answer_due_on
        unknown = _("Open until the calendar of that year is published")
        facts.append((_("Answer due on"), due_on.isoformat() if due_on else unknown))
    return facts


def free_seats(quota: FundedQuota | None) -> str:
    """Return how many funded seats of a year are free, in words."""
    if quota is None:
        return _("No funded seats")
    return _("%(free)s of %(all)s") % {"free": quota.free_count, "all": quota.seat_count}


def late_text(training_class: TrainingClass, today: date) -> str:
    """Return how late the answer to a filing is, or nothing."""
    late = days_late(training_class.answer_due_on, today) if training_class.status == ClassStatus.FILED else 0
    if not late:
        return ""
    return ngettext("%(days)s day overdue", "%(days)s days overdue", late) % {"days": late}


def timeline_of(training_class: TrainingClass) -> list[dict[str, object]]:
    """Return every change of the class's state, and its escalation, in the order of time."""
    moments = [(step.at, _shown_step(step)) for step in queries.steps_of(training_class)]
    if training_class.escalated_at:
        title = _("Gone up to the municipal bureau: no answer came in time")
        moments.append((training_class.escalated_at, _moment(title, training_class.escalated_at, "bad", [])))
    return [shown for _at, shown in sorted(moments, key=itemgetter(0))]


def _shown_step(step: ClassStep) -> dict[str, object]:
    facts: list[tuple[str, object]] = [(_("By"), step.actor or _("The calendar"))]
    if step.reason:
        facts.append((_("Reason"), step.reason))
    return _moment(
        step.get_to_status_display(), step.at, TONES.get(ClassStatus(step.to_status), "good"), facts
    )


def _moment(title: str, at: datetime, tone: str, facts: list[tuple[str, object]]) -> dict[str, object]:
    return {"title": title, "at": at, "tone": tone, "facts": facts, "before": "", "status": "", "label": ""}
