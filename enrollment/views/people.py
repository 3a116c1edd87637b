from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from chongqing_dte.foundation.paging import page_of
from enrollment import policies, queries
from enrollment.enums import ClassStatus, EnrollmentStatus
from enrollment.models import Enrollment, TrainingClass
from enrollment.rules.attendance import Hours, attendance_rate
from enrollment.rules.identifiers import mask_id_number, mask_name
from enrollment.views.classes import find_class
from enrollment.views.figures import hour_facts, shown_hours, shown_rate
from institutions.models import User
from institutions.requests import SignedInRequest

PEOPLE_COLUMNS = (
    (gettext_lazy("Name"), ""),
    (gettext_lazy("ID number"), ""),
    (gettext_lazy("Participant category"), ""),
    (gettext_lazy("Attendance rate"), "numeric"),
    (gettext_lazy("Hours not reported"), "numeric"),
    (gettext_lazy("Register"), ""),
    (gettext_lazy("Status"), ""),
)
CERTIFICATE_COLUMNS = (
    (gettext_lazy("Certificate number"), ""),
    (gettext_lazy("Name"), ""),
    (gettext_lazy("ID number"), ""),
    (gettext_lazy("Issued on"), ""),
)


@dataclass(frozen=True)
class StatusTab:
    """One way to narrow the list of people."""

    label: str
    query: str
    count: int
    is_chosen: bool


@require_safe
@login_required
def class_people(request: SignedInRequest, public_id: str) -> HttpResponse:
    """List the people of a class with their attendance."""
    training_class = find_class(request, public_id)
    chosen = request.GET.get("status", "")
    people = queries.enrollments_of(training_class)
    if chosen in EnrollmentStatus.values:
        people = people.filter(status=chosen)
    page = page_of(people, request, size=100)
    today = timezone.localdate()
    context = {
        "training_class": training_class,
        "facts": [
            *lock_facts(training_class),
            *hour_facts(queries.hours_of_class(training_class, today=today)),
        ],
        "tabs": status_tabs(training_class, chosen),
        "rows": people_rows(request.user, training_class, page.rows),
        "columns": PEOPLE_COLUMNS,
        "page": page,
        "query": f"status={chosen}&" if chosen in EnrollmentStatus.values else "",
        "may_complete": training_class.status == ClassStatus.RUNNING
        and policies.can_complete_class(request.user, training_class),
        "is_over": training_class.ends_on <= today,
    }
    return render(request, "enrollment/class_people.html", context)


@require_safe
@login_required
def class_certificates(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Show the training certificates of a class, to read or to print."""
    training_class = find_class(request, public_id)
    full_names = policies.works_for(request.user, training_class)
    rows = [
        {
            "number": certificate.number,
            "enrollment": certificate.enrollment,
            "name": shown_name(certificate.enrollment, full_names=full_names),
            "id_number": mask_id_number(certificate.enrollment.trainee.id_number),
            "issued_on": certificate.issued_on,
        }
        for certificate in queries.training_certificates_of(training_class)
    ]
    context = {"training_class": training_class, "rows": rows, "columns": CERTIFICATE_COLUMNS}
    return render(request, "enrollment/class_certificates.html", context)


def people_rows(
    user: User, training_class: TrainingClass, people: Sequence[Enrollment]
) -> list[dict[str, object]]:
    """Return people as the list shows them: ID numbers masked, and names too unless they are one's own."""
    full_names = policies.works_for(user, training_class)
    hours = queries.hours_of_people(training_class, people, today=timezone.localdate())
    answers = queries.latest_answers([enrollment.pk for enrollment in people])
    return [
        {
            **_row(enrollment, hours[enrollment.pk], full_names=full_names),
            "answer": answers.get(enrollment.pk),
        }
        for enrollment in people
    ]


def shown_name(enrollment: Enrollment, *, full_names: bool) -> str:
    """Return a person's name, whole only for their own institution."""
    return enrollment.trainee.name if full_names else mask_name(enrollment.trainee.name)


def lock_facts(training_class: TrainingClass) -> list[tuple[str, object]]:
    """Return since when the roster changes by acts only, and how many people the pass rate counts."""
    if training_class.roster_locked_at is None:
        return [(_("Roster"), _("Open for rosters"))]
    day = timezone.localdate(training_class.roster_locked_at)
    return [
        (_("Roster"), _("Locked since %(day)s") % {"day": day.isoformat()}),
        (_("People whom the pass rate counts"), training_class.locked_count),
    ]


def status_tabs(training_class: TrainingClass, chosen: str) -> list[StatusTab]:
    """Return the filters with their counts. A status that nobody has is left out, unless it is chosen."""
    counts = queries.status_counts_of(training_class)
    everybody = StatusTab(
        _("Everybody"), "", sum(counts.values()), is_chosen=chosen not in EnrollmentStatus.values
    )
    return [
        everybody,
        *(
            StatusTab(
                str(status.label), f"status={status.value}", counts.get(status, 0), is_chosen=status == chosen
            )
            for status in EnrollmentStatus
            if counts.get(status) or status == chosen
        ),
    ]


def _row(enrollment: Enrollment, hours: Hours, *, full_names: bool) -> dict[str, object]:
    return {
        "public_id": enrollment.public_id,
        "name": shown_name(enrollment, full_names=full_names),
        "id_number": mask_id_number(enrollment.trainee.id_number),
        "category": enrollment.get_category_display(),
        "rate": shown_rate(attendance_rate(hours)),
        "not_reported": shown_hours(hours.not_reported),
        "counts": enrollment.locked_at is not None,
        "status": enrollment.status,
        "status_label": enrollment.get_status_display(),
    }
