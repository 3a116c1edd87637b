"""The page of one person in one class: the facts, what was done, and what may be done."""

import json
from datetime import datetime
from operator import itemgetter

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from chongqing_dte.foundation.errors import DomainError, InvalidTransition, NotPermitted
from enrollment import policies, queries
from enrollment.enums import EnrollmentAct, EnrollmentStatus, Presence
from enrollment.evidence_words import evidence_facts, evidence_values
from enrollment.forms.classes import ReasonForm
from enrollment.forms.training import TransferForm
from enrollment.models import Enrollment, EnrollmentChange
from enrollment.roster.columns import ROSTER_COLUMNS
from enrollment.services.departures import withdraw_enrollment
from enrollment.services.transfers import transfer_enrollment
from enrollment.views.evidence_corrections import evidence_context
from enrollment.views.figures import hour_facts, shown_hours
from enrollment.views.identity import identity_context
from enrollment.views.people import shown_name
from enrollment.views.registers import registers_context
from institutions.models import User
from institutions.queries import districts_answered_for
from institutions.requests import SignedInRequest

LESSON_COLUMNS = (
    (gettext_lazy("Lesson"), ""),
    (gettext_lazy("Hours"), "numeric"),
    (gettext_lazy("Topic"), ""),
    (gettext_lazy("Presence"), ""),
)
TONES = {
    EnrollmentAct.WITHDRAWAL: "bad",
    EnrollmentAct.NON_COMPLETION: "bad",
    EnrollmentAct.TRANSFER_OUT: "wait",
}
Facts = list[tuple[str, object]]


@require_safe
@login_required
def enrollment_detail(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Show one person in one class."""
    enrollment = find_enrollment(request, public_id)
    return render(request, "enrollment/enrollment_detail.html", detail_context(request.user, enrollment))


@require_POST
@login_required
def withdraw(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Record that somebody has left the class."""
    enrollment = find_enrollment(request, public_id)
    policies.check_can_withdraw_enrollment(request.user, enrollment)
    form = ReasonForm(request.POST)
    if form.is_valid():
        withdraw_enrollment(
            enrollment_id=enrollment.pk,
            withdrawer=request.user,
            reason=form.cleaned_data["reason"],
            now=timezone.now(),
        )
        messages.success(request, _("The withdrawal is recorded."))
        return redirect("enrollment-detail", public_id)
    context = detail_context(request.user, enrollment, withdrawal_form=form)
    return render(request, "enrollment/enrollment_detail.html", context, status=422)


@require_POST
@login_required
def transfer(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Move somebody to another class."""
    enrollment = find_enrollment(request, public_id)
    districts = districts_answered_for(request.user)
    if not policies.may_move_people_of(request.user, enrollment.training_class, districts):
        raise NotPermitted
    if enrollment.status != EnrollmentStatus.ENROLLED:
        raise InvalidTransition(_("This person is not in training any more."))
    targets = queries.transfer_targets(request.user, enrollment, today=timezone.localdate())
    form = TransferForm(request.POST, targets=targets)
    if form.is_valid() and is_moved(request.user, enrollment, form):
        messages.success(request, _("The transfer is recorded in both classes."))
        return redirect("enrollment-detail", public_id)
    context = detail_context(request.user, enrollment, transfer_form=form)
    return render(request, "enrollment/enrollment_detail.html", context, status=422)


def is_moved(user: User, enrollment: Enrollment, form: TransferForm) -> bool:
    """Move somebody as a valid form says and return True, or tell the form why not."""
    targets = queries.transfer_targets(user, enrollment, today=timezone.localdate())
    to_class = get_object_or_404(targets, public_id=form.cleaned_data["to_class"])
    try:
        transfer_enrollment(
            enrollment_id=enrollment.pk,
            to_class_id=to_class.pk,
            transferrer=user,
            reason=form.cleaned_data["reason"],
            now=timezone.now(),
        )
    except (NotPermitted, InvalidTransition):
        raise
    except DomainError as refusal:
        form.add_error("to_class", str(refusal))
        return False
    return True


def find_enrollment(request: SignedInRequest, public_id: str) -> Enrollment:
    """Return an enrollment that this person may see; any other does not exist for them."""
    found = queries.enrollments_visible_to(request.user).select_related(
        "training_class__institution",
        "training_class__occupation",
        "trainee",
        "transferred_from__training_class",
    )
    return get_object_or_404(found, public_id=public_id)


def detail_context(
    user: User,
    enrollment: Enrollment,
    *,
    withdrawal_form: ReasonForm | None = None,
    transfer_form: TransferForm | None = None,
) -> dict[str, object]:
    """Return all that the page of an enrollment shows."""
    training_class, today = enrollment.training_class, timezone.localdate()
    districts = districts_answered_for(user)
    is_in_training = enrollment.status == EnrollmentStatus.ENROLLED
    targets = queries.transfer_targets(user, enrollment, today=today) if is_in_training else ()
    hours = queries.hours_of_people(training_class, [enrollment], today=today)[enrollment.pk]
    return {
        "enrollment": enrollment,
        "training_class": training_class,
        "title": shown_name(enrollment, full_names=policies.works_for(user, training_class)),
        "facts": facts_of(enrollment),
        "evidence": evidence_facts(evidence_values(enrollment)),
        "hour_facts": hour_facts(hours),
        "lessons": lesson_rows(enrollment),
        "lesson_columns": LESSON_COLUMNS,
        "steps": timeline_of(enrollment),
        "withdrawal_form": withdrawal_form or ReasonForm(auto_id="withdrawal_%s"),
        "transfer_form": transfer_form or TransferForm(targets=targets, auto_id="transfer_%s"),
        "may_withdraw": is_in_training and policies.can_withdraw_enrollment(user, enrollment),
        "may_transfer": is_in_training and policies.may_move_people_of(user, training_class, districts),
        "has_targets": bool(targets),
        **evidence_context(user, enrollment),
        **identity_context(user, enrollment, districts),
        **registers_context(user, enrollment, districts),
    }


def facts_of(enrollment: Enrollment) -> Facts:
    """Return where somebody stands in the class, each fact with its label."""
    certificate = (
        queries.training_certificates_of(enrollment.training_class).filter(enrollment=enrollment).first()
    )
    locked = enrollment.locked_at is not None
    facts: Facts = [
        (_("Training class"), enrollment.training_class.reference),
        (_("Occupation"), enrollment.training_class.occupation.name),
        (_("Counts for the pass rate of this class"), _("Yes") if locked else _("No")),
        (_("Training certificate"), certificate.number if certificate else ""),
    ]
    if enrollment.transferred_from is not None:
        facts.append((_("Came from"), enrollment.transferred_from.training_class.reference))
    return facts


def lesson_rows(enrollment: Enrollment) -> list[dict[str, object]]:
    """Return every lesson with whether the person was there. What nobody reported is shown as that."""
    said, today = queries.marks_of_person(enrollment), timezone.localdate()
    rows = []
    for lesson in queries.lessons_of(enrollment.training_class):
        presence = said.get(lesson.pk, "")
        silence = _("To come") if lesson.held_on > today else _("Not reported")
        rows.append(
            {
                "lesson": lesson,
                "hours": shown_hours(lesson.hours),
                "presence": presence,
                "label": Presence(presence).label if presence else silence,
            }
        )
    return rows


def timeline_of(enrollment: Enrollment) -> list[dict[str, object]]:
    """Return what happened to somebody in the class, in the order of time."""
    moments = (
        [] if enrollment.transferred_from_id else [_moment(_("Enrolled"), enrollment.enrolled_at, "done", [])]
    )
    if enrollment.locked_at is not None:
        moments.append(_moment(_("In the class at the roster lock"), enrollment.locked_at, "quiet", []))
    moments += [_shown_change(change) for change in queries.changes_of(enrollment)]
    if enrollment.completed_at is not None:
        moments.append(_moment(_("Training completed"), enrollment.completed_at, "good", []))
    return sorted(moments, key=itemgetter("at"))


def _shown_change(change: EnrollmentChange) -> dict[str, object]:
    facts: Facts = [(_("By"), change.done_by)]
    if change.reason:
        facts.append((_("Reason"), change.reason))
    if change.act == EnrollmentAct.TRANSFER_IN:
        facts.append((_("Came from"), json.loads(change.former_values)["training_class"]))
    if change.act == EnrollmentAct.TRANSFER_OUT:
        facts.append((_("Went to"), change.enrollment.transferred_to.training_class.reference))
    if change.act in (EnrollmentAct.ROSTER_CHANGE, EnrollmentAct.CORRECTION):
        labels = [_column_label(key) for key in change.fields]
        facts.append((_("What changed"), "、".join(labels)))
    return _moment(
        change.get_act_display(), change.done_at, TONES.get(EnrollmentAct(change.act), "done"), facts
    )


def _column_label(key: str) -> str:
    in_english = (get_language() or "").startswith("en")
    return next((c.en if in_english else c.zh for c in ROSTER_COLUMNS if c.key == key), key)


def _moment(title: object, at: datetime, tone: str, facts: Facts) -> dict[str, object]:
    return {"title": title, "at": at, "tone": tone, "facts": facts, "before": "", "status": "", "label": ""}
