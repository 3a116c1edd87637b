from collections.abc import Sequence

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from chongqing_dte.foundation.errors import DomainError, InvalidTransition, NotPermitted
from enrollment import policies, queries
from enrollment.enums import ClassStatus, EnrollmentStatus
from enrollment.models import Enrollment, TrainingClass
from enrollment.services.completion import complete_class
from enrollment.views.classes import find_class
from enrollment.views.people import people_rows
from institutions.requests import SignedInRequest

COLUMNS = (
    (gettext_lazy("Training completed"), ""),
    (gettext_lazy("Name"), ""),
    (gettext_lazy("ID number"), ""),
    (gettext_lazy("Attendance rate"), "numeric"),
    (gettext_lazy("Hours not reported"), "numeric"),
    (gettext_lazy("Why not, if not"), ""),
)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def complete(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Ask who completed the training, and report the class as completed."""
    training_class = find_class(request, public_id)
    policies.check_can_complete_class(request.user, training_class)
    if training_class.status != ClassStatus.RUNNING:
        raise InvalidTransition(
            _("The class is %(status)s; only a running class can be completed.")
            % {"status": training_class.get_status_display()}
        )
    people = list(queries.enrollments_of(training_class).filter(status=EnrollmentStatus.ENROLLED))
    if request.method != "POST":
        return page(request, training_class, people)
    try:
        complete_class(
            class_id=training_class.pk,
            completer=request.user,
            not_completed=not_completed_in(request.POST, people),
            now=timezone.now(),
        )
    except (NotPermitted, InvalidTransition):
        raise
    except DomainError as refusal:
        return page(request, training_class, people, refusal=refusal)
    messages.success(request, _("The class is completed. Its people may be assessed now."))
    return redirect("class-certificates", public_id)


def not_completed_in(ticks: QueryDict, people: Sequence[Enrollment]) -> dict[int, str]:
    """Return whom the form does not name as completed, each with the reason that it gives."""
    completed = set(ticks.getlist("completed"))
    return {
        enrollment.pk: ticks.get(f"reason-{enrollment.public_id}", "").strip()[:500]
        for enrollment in people
        if str(enrollment.public_id) not in completed
    }


def page(
    request: SignedInRequest,
    training_class: TrainingClass,
    people: Sequence[Enrollment],
    *,
    refusal: DomainError | None = None,
) -> HttpResponse:
    """Return the form with everybody ticked, or as it was sent with why it was refused."""
    reasons = not_completed_in(request.POST, people) if refusal else {}
    rows = people_rows(request.user, training_class, people)
    for enrollment, row in zip(people, rows, strict=True):
        row["is_completed"] = enrollment.pk not in reasons
        row["reason"] = reasons.get(enrollment.pk, "")
        row["lacks_reason"] = enrollment.pk in reasons and not reasons[enrollment.pk]
    context = {
        "training_class": training_class,
        "rows": rows,
        "columns": COLUMNS,
        "refusal": str(refusal) if refusal else "",
    }
    return render(request, "enrollment/class_completion.html", context, status=422 if refusal else 200)
