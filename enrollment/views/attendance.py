"""Lessons and attendance of a class: the timetable, the sheet to download and to send back, and what came of it."""

from collections.abc import Sequence

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from chongqing_dte.foundation.errors import DomainError, InvalidTransition, NotPermitted
from chongqing_dte.foundation.tabular import RowProblem
from chongqing_dte.foundation.uploads import UploadForm, workbook_download
from enrollment import policies, queries
from enrollment.attendance.marks import LessonKey
from enrollment.attendance.messages import message_for
from enrollment.attendance.sheet import ID_NUMBER, NAME, PERSON, SheetPerson, write_sheet
from enrollment.enums import ClassStatus, EnrollmentStatus, Presence
from enrollment.forms.classes import ReasonForm
from enrollment.forms.training import TimetableForm
from enrollment.models import Lesson, TrainingClass
from enrollment.rules.attendance import is_in_class_on
from enrollment.rules.identifiers import mask_id_number
from enrollment.services.attendance import (
    AttendanceRefused,
    Delivered,
    deliver_attendance_file,
    record_sheet_taken,
)
from enrollment.services.lessons import cancel_lesson, record_lessons
from enrollment.views.classes import find_class
from enrollment.views.figures import hour_facts, shown_hours
from institutions.models import User
from institutions.requests import SignedInRequest

LESSON_COLUMNS = (
    (gettext_lazy("Lesson"), ""),
    (gettext_lazy("Hours"), "numeric"),
    (gettext_lazy("Topic"), ""),
    (Presence.PRESENT.label, "numeric"),
    (Presence.ABSENT.label, "numeric"),
    (Presence.ON_LEAVE.label, "numeric"),
    (gettext_lazy("Not reported"), "numeric"),
    (gettext_lazy("Cancel"), "no-print"),
)
DELIVERY_COLUMNS = (
    (gettext_lazy("Delivered at"), ""),
    (gettext_lazy("Delivered by"), ""),
    (gettext_lazy("Channel"), ""),
    (gettext_lazy("File"), ""),
    (gettext_lazy("Marks"), "numeric"),
)
PROBLEM_COLUMNS = (
    (gettext_lazy("Row"), "numeric"),
    (gettext_lazy("Column"), ""),
    (gettext_lazy("Problem"), ""),
)
HEADINGS = {"person": PERSON, "name": NAME, "id_number": ID_NUMBER}


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def class_attendance(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Show the lessons of a class and who was there, or take in a sheet and show all that is wrong with it."""
    training_class = find_class(request, public_id)
    if request.method != "POST":
        return page(request, training_class)
    policies.check_can_report_attendance(request.user, training_class)
    form = UploadForm(request.POST, request.FILES)
    delivered, problems = taken_in(request.user, training_class, form)
    if delivered is None:
        return page(request, training_class, upload_form=form, problems=problems)
    messages.success(request, said_of(delivered))
    return redirect("class-attendance", public_id)


@require_safe
@login_required
def download_sheet(request: SignedInRequest, public_id: str) -> FileResponse:
    """Return the attendance sheet of a class with its people, its lessons and what is known already."""
    training_class = find_class(request, public_id)
    policies.check_can_report_attendance(request.user, training_class)
    lessons = [(lesson.held_on, lesson.number) for lesson in queries.lessons_of(training_class)]
    title = f"考勤表　培训班：{training_class.reference}　出勤 √　缺勤 ×　请假 △　空白即未报告"
    people = sheet_people(training_class)
    content = write_sheet(title, people, lessons)
    record_sheet_taken(
        class_id=training_class.pk, person_count=len(people), taker=request.user, now=timezone.now()
    )
    return workbook_download(content, file_name=f"attendance-{training_class.reference}.xlsx")


@require_POST
@login_required
def add_lessons(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Write lessons into the timetable of a class."""
    training_class = find_class(request, public_id)
    policies.check_can_report_attendance(request.user, training_class)
    form = TimetableForm(request.POST)
    if form.is_valid():
        try:
            lessons = record_lessons(
                class_id=training_class.pk,
                lessons=form.planned(),
                recorder=request.user,
                now=timezone.now(),
            )
        except (NotPermitted, InvalidTransition):
            raise
        except DomainError as refusal:
            form.add_error("first_day", str(refusal))
        else:
            text = ngettext("%(count)s lesson is entered.", "%(count)s lessons are entered.", len(lessons))
            messages.success(request, text % {"count": len(lessons)})
            return redirect("class-attendance", public_id)
    return page(request, training_class, timetable_form=form)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def cancel(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Ask why a lesson does not take place, and record that it does not."""
    lesson = get_object_or_404(queries.lessons_visible_to(request.user), public_id=public_id)
    policies.check_can_report_attendance(request.user, lesson.training_class)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        cancel_lesson(
            lesson_id=lesson.pk,
            canceller=request.user,
            reason=form.cleaned_data["reason"],
            now=timezone.now(),
        )
        messages.success(request, _("The lesson is cancelled and no longer counts."))
        return redirect("class-attendance", lesson.training_class.public_id)
    context = {"lesson": lesson, "training_class": lesson.training_class, "form": form}
    return render(
        request, "enrollment/lesson_cancellation.html", context, status=422 if form.is_bound else 200
    )


def page(
    request: SignedInRequest,
    training_class: TrainingClass,
    *,
    upload_form: forms.Form | None = None,
    timetable_form: TimetableForm | None = None,
    problems: Sequence[RowProblem] = (),
) -> HttpResponse:
    """Return the attendance page of a class, with what one of its forms was refused for."""
    may_report = policies.can_report_attendance(request.user, training_class)
    is_open = training_class.status in {ClassStatus.CONFIRMED, ClassStatus.RUNNING}
    lessons = list(queries.lessons_of(training_class))
    context = {
        "training_class": training_class,
        "facts": hour_facts(queries.hours_of_class(training_class, today=timezone.localdate())),
        "lessons": lesson_rows(training_class, lessons, may_cancel=may_report and is_open),
        "lesson_columns": LESSON_COLUMNS if may_report and is_open else LESSON_COLUMNS[:-1],
        "cancelled": queries.cancelled_lessons_of(training_class),
        "deliveries": queries.deliveries_of(training_class)[:50],
        "delivery_columns": DELIVERY_COLUMNS,
        "may_report": may_report and training_class.status == ClassStatus.RUNNING,
        "may_plan": may_report and is_open,
        "upload_form": upload_form or UploadForm(),
        "timetable_form": timetable_form or TimetableForm(initial={"first_day": training_class.starts_on}),
        "problems": [shown_problem(problem) for problem in problems],
        "problem_columns": PROBLEM_COLUMNS,
    }
    is_refused = upload_form is not None or timetable_form is not None
    return render(request, "enrollment/class_attendance.html", context, status=422 if is_refused else 200)


def taken_in(
    deliverer: User, training_class: TrainingClass, form: forms.Form
) -> tuple[Delivered | None, Sequence[RowProblem]]:
    """Record the sheet in the form, or tell the form why not and return the problems."""
    if not form.is_valid():
        return None, ()
    file = form.cleaned_data["file"]
    try:
        delivered = deliver_attendance_file(
            class_id=training_class.pk,
            deliverer=deliverer,
            file_name=file.name,
            content=file.read(),
            now=timezone.now(),
        )
    except (NotPermitted, InvalidTransition):
        raise
    except DomainError as refusal:
        form.add_error("file", str(refusal))
        return None, refusal.problems if isinstance(refusal, AttendanceRefused) else ()
    return delivered, ()


def said_of(delivered: Delivered) -> str:
    """Return what became of a sheet, in one sentence."""
    if not delivered.is_new:
        return _("This very file was delivered before. Nothing has changed.")
    figures = {"marks": delivered.delivery.mark_count, "changed": delivered.changed_count}
    return _("%(marks)s marks were read, %(changed)s of them new or corrected.") % figures


def sheet_people(training_class: TrainingClass) -> list[SheetPerson]:
    """Return who is in the class, with what is known of them, as the sheet names them."""
    lessons = {lesson.pk: (lesson.held_on, lesson.number) for lesson in queries.lessons_of(training_class)}
    said: dict[int, dict[LessonKey, str]] = {}
    for mark in queries.live_marks_of(training_class):
        said.setdefault(mark.enrollment_id, {})[lessons[mark.lesson_id]] = mark.presence
    people = queries.enrollments_of(training_class).filter(status=EnrollmentStatus.ENROLLED)
    return [
        SheetPerson(
            str(enrollment.public_id),
            enrollment.trainee.name,
            mask_id_number(enrollment.trainee.id_number),
            said.get(enrollment.pk, {}),
        )
        for enrollment in people
    ]


def lesson_rows(
    training_class: TrainingClass, lessons: Sequence[Lesson], *, may_cancel: bool
) -> list[dict[str, object]]:
    """Return each lesson with how many were there, and of how many nobody has said."""
    counts, today = queries.lesson_counts_of(training_class), timezone.localdate()
    days = [queries.days_in_class(enrollment) for enrollment in queries.enrollments_of(training_class)]
    rows = []
    for lesson in lessons:
        said = counts.get(lesson.pk, {})
        there = sum(is_in_class_on(lesson.held_on, came_on=came, left_on=left) for came, left in days)
        is_past = lesson.held_on <= today
        rows.append(
            {
                "lesson": lesson,
                "hours": shown_hours(lesson.hours),
                "present": said.get(Presence.PRESENT, 0),
                "absent": said.get(Presence.ABSENT, 0),
                "on_leave": said.get(Presence.ON_LEAVE, 0),
                "not_reported": max(there - sum(said.values()), 0) if is_past else _("To come"),
                "may_cancel": may_cancel,
            }
        )
    return rows


def shown_problem(problem: RowProblem) -> dict[str, object]:
    """Return a problem as the page shows it."""
    return {
        "row": problem.row_number,
        "column": HEADINGS.get(problem.column, problem.column),
        "reason": message_for(problem.code, problem.parameters),
    }
