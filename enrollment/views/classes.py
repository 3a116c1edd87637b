from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from chongqing_dte.foundation.paging import page_of
from chongqing_dte.foundation.uploads import UploadForm
from enrollment import policies, queries
from enrollment.enums import ClassStatus
from enrollment.models import TrainingClass
from enrollment.rules.identifiers import mask_id_number, mask_name
from enrollment.services.classes import complete_class, confirm_class
from institutions.models import User
from institutions.requests import SignedInRequest

CLASS_COLUMNS = (
    (gettext_lazy("Reference"), ""),
    (gettext_lazy("Training institution"), ""),
    (gettext_lazy("District"), ""),
    (gettext_lazy("Occupation and level"), ""),
    (gettext_lazy("Dates"), ""),
    (gettext_lazy("Enrolled"), "numeric"),
    (gettext_lazy("Status"), ""),
)
PEOPLE_COLUMNS = (
    (gettext_lazy("Name"), ""),
    (gettext_lazy("ID number"), ""),
    (gettext_lazy("Participant category"), ""),
    (gettext_lazy("Enrolled at"), ""),
    (gettext_lazy("Status"), ""),
)
UPLOAD_COLUMNS = (
    (gettext_lazy("File"), ""),
    (gettext_lazy("Uploaded"), ""),
    (gettext_lazy("Accepted rows"), "numeric"),
    (gettext_lazy("Refused rows"), "numeric"),
    (gettext_lazy("Status"), ""),
)


@require_safe
@login_required
def class_list(request: SignedInRequest) -> HttpResponse:
    """List the training classes of the person's office, newest first."""
    page = page_of(queries.classes_with_counts_visible_to(request.user), request)
    return render(request, "enrollment/class_list.html", {"page": page, "columns": CLASS_COLUMNS})


@require_safe
@login_required
def class_detail(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Show one class, its people and its rosters, with what this person may do next."""
    training_class = find_class(request, public_id)
    return render(
        request, "enrollment/class_detail.html", class_context(request.user, training_class, UploadForm())
    )


@require_POST
@login_required
def confirm(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Confirm a filed class."""
    training_class = find_class(request, public_id)
    confirm_class(class_id=training_class.pk, confirmer=request.user, now=timezone.now())
    messages.success(request, _("The class is confirmed. Rosters may come in now."))
    return redirect("class-detail", public_id)


@require_POST
@login_required
def complete(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Report a class as completed."""
    training_class = find_class(request, public_id)
    complete_class(class_id=training_class.pk, completer=request.user, now=timezone.now())
    messages.success(request, _("The class is completed. Its people may be assessed now."))
    return redirect("class-detail", public_id)


def find_class(request: SignedInRequest, public_id: str) -> TrainingClass:
    """Return a class that this person may see; any other does not exist for them."""
    classes = queries.classes_visible_to(request.user).select_related("institution", "district", "occupation")
    return get_object_or_404(classes, public_id=public_id)


def class_context(user: User, training_class: TrainingClass, form: forms.Form) -> dict[str, object]:
    """Return all that the page of a class shows."""
    is_running = training_class.status == ClassStatus.CONFIRMED
    people = people_of(training_class, full_names=policies.works_for(user, training_class))
    return {
        "training_class": training_class,
        "facts": facts_of(training_class, len(people)),
        "people": people,
        "people_columns": PEOPLE_COLUMNS,
        "uploads": queries.roster_uploads_visible_to(user)
        .filter(training_class=training_class)
        .defer("content"),
        "upload_columns": UPLOAD_COLUMNS,
        "form": form,
        "may_upload": is_running and policies.can_upload_roster(user, training_class),
        "may_complete": is_running and bool(people) and policies.can_complete_class(user, training_class),
        "may_confirm": training_class.status == ClassStatus.FILED
        and policies.can_confirm_class(user, training_class),
    }


def facts_of(training_class: TrainingClass, enrolled_count: int) -> list[tuple[str, object]]:
    """Return the facts of a class, each with its label."""
    return [
        (_("Training institution"), training_class.institution.name),
        (_("District"), training_class.district.name),
        (_("Occupation"), training_class.occupation.name),
        (_("Direction"), training_class.direction),
        (_("Level"), training_class.get_level_display()),
        (_("Starts on"), training_class.starts_on.isoformat()),
        (_("Ends on"), training_class.ends_on.isoformat()),
        (_("Enrolled / seats"), f"{enrolled_count} / {training_class.seat_count}"),
    ]


def people_of(training_class: TrainingClass, *, full_names: bool) -> list[dict[str, object]]:
    """Return the people of a class, the ID numbers masked, and the names too unless they are one's own."""
    return [
        {
            "name": enrollment.trainee.name if full_names else mask_name(enrollment.trainee.name),
            "id_number": mask_id_number(enrollment.trainee.id_number),
            "category": enrollment.get_category_display(),
            "enrolled_at": enrollment.enrolled_at,
            "status": enrollment.status,
            "status_label": enrollment.get_status_display(),
        }
        for enrollment in queries.enrollments_of(training_class)
    ]
