"""The pages of every kind of dated figures: the list of its versions, and the acts of those who draft and approve."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from chongqing_dte.foundation.errors import DomainError, InvalidTransition, NotPermitted
from chongqing_dte.foundation.sentences import gettext as _
from chongqing_dte.foundation.templatetags.spans import days
from chongqing_dte.foundation.version_forms import EndVersionForm, VersionForm
from chongqing_dte.foundation.versions import Version

FIELD_OF_REFUSAL = {
    "days_out_of_order": "last_day",
    "source_missing": "source",
    "reason_missing": "reason",
    "ends_in_the_past": "last_day",
    "day_out_of_range": "last_day",
}


@dataclass(frozen=True)
class Texts:
    """What the pages of one kind of figures say, each a text to be translated."""

    title: Any
    lead: Any
    # What does not work without a version, on the empty list and beside the form that ends one.
    nothing_yet: Any
    after_its_end: Any


# What a source says of figures that are only an example.
EXAMPLE_WORDS = ("example", "示例", "样例")


def anybody_may_see(_user: Any) -> None:
    """Let everybody see a list who is signed in."""


def no_links(_user: Any, _version: Version) -> Sequence[tuple[Any, str]]:
    """Return no page that goes on from a version."""
    return ()


def no_options(_user: Any) -> Mapping[str, Any]:
    """Give a form nothing that it would need beside what is sent."""
    return {}


@dataclass(frozen=True)
class Drawing:
    """How some figures are drawn, as HTML: those of a version, and those of a draft before it is written down."""

    of_version: Callable[[Any], str]
    of_draft: Callable[[Any], str]


@dataclass(frozen=True)
class VersionPages:
    """One kind of figures: its route names, its texts, who may do what, and the services that do it."""

    # The routes are `<name>-list`, `<name>-draft`, `<name>-approve` and `<name>-end`.
    name: str
    texts: Texts
    form: type[VersionForm]
    visible_to: Callable[[Any], QuerySet[Any]]
    # The figures that hold today, to begin a draft with.
    present: Callable[[], Mapping[str, Any]]
    check_can_draft: Callable[[Any], None]
    can_draft: Callable[[Any], bool]
    can_approve: Callable[[Any, Any], bool]
    check_can_end: Callable[[Any], None]
    can_end: Callable[[Any], bool]
    draft: Callable[..., Any]
    approve: Callable[..., Any]
    end: Callable[..., Any]
    check_can_see: Callable[[Any], None] = anybody_may_see
    # The pages that go on from one version: what each is called, and its address.
    links: Callable[[Any, Any], Sequence[tuple[Any, str]]] = no_links
    # What the form needs to know beside what is sent, such as what there is to choose from.
    form_options: Callable[[Any], Mapping[str, Any]] = no_options
    drawing: Drawing | None = None
    tabs: str = "institutions/_setup_tabs.html"
    tabs_follow_title: bool = False
    tab: str = ""

    @property
    def list_route(self) -> str:
        """The name of the list's route."""
        return f"{self.name}-list"


def views_of(pages: VersionPages) -> Sequence[Callable[..., HttpResponse]]:
    """Return the views of the list, the draft, the approval and the end."""
    either = require_http_methods(["GET", "HEAD", "POST"])
    return [
        require_safe(login_required(partial(_version_list, pages))),
        *(either(login_required(partial(act, pages))) for act in (_draft, _approve, _end)),
    ]


def _version_list(pages: VersionPages, request: HttpRequest) -> HttpResponse:
    """List the versions, newest first, with what may be done to each."""
    pages.check_can_see(request.user)
    return render(request, "version_list.html", _list_context(pages, request.user))


def _draft(pages: VersionPages, request: HttpRequest) -> HttpResponse:
    """Draft a version, beginning with the figures that hold today."""
    pages.check_can_draft(request.user)
    options = pages.form_options(request.user)
    if request.method != "POST":
        return _draft_page(request, pages, pages.form(initial=dict(pages.present()), **options))
    form = pages.form(request.POST, **options)
    if pages.drawing and "preview" in request.POST:
        form.leave_missing_open()
        return _draft_page(request, pages, form)
    if form.is_valid() and _is_drafted(pages, request.user, form):
        messages.success(request, _("The draft is written down. It counts once a reviewer approves it."))
        return redirect(pages.list_route)
    return _draft_page(request, pages, form, status=422)


def _approve(pages: VersionPages, request: HttpRequest) -> HttpResponse:
    """Let the version that the form names count."""
    if request.method != "POST":
        return redirect(pages.list_route)
    version = _find_version(pages, request)
    pages.approve(version_id=version.pk, approver=request.user, now=timezone.now())
    messages.success(request, _("The version is approved."))
    return redirect(pages.list_route)


def _end(pages: VersionPages, request: HttpRequest) -> HttpResponse:
    """Let the version that the form names end earlier."""
    if request.method != "POST":
        return redirect(pages.list_route)
    version = _find_version(pages, request)
    pages.check_can_end(request.user)
    form = EndVersionForm(request.POST, auto_id=f"end-{version.pk}_%s")
    if form.is_valid() and _is_ended(pages, request.user, version, form):
        messages.success(request, _("The end of the version is recorded."))
        return redirect(pages.list_route)
    context = _list_context(pages, request.user, refused={version.pk: form})
    return render(request, "version_list.html", context, status=422)


def _draft_page(
    request: HttpRequest, pages: VersionPages, form: VersionForm, *, status: int = 200
) -> HttpResponse:
    context = {
        "pages": pages,
        "form": form,
        "draft_route": f"{pages.name}-draft",
        "may_preview": pages.drawing is not None,
        "drawing": pages.drawing.of_draft(form) if pages.drawing and form.is_bound else "",
    }
    return render(request, "version_draft.html", context, status=status)


def _find_version(pages: VersionPages, request: HttpRequest) -> Version:
    """Return the version that the form names; one that this person may not see does not exist for them."""
    key = request.POST.get("version", "")
    key = key if key.isascii() and key.isdigit() and len(key) < 19 else "0"
    version: Version = get_object_or_404(pages.visible_to(request.user), pk=int(key))
    return version


def _is_drafted(pages: VersionPages, author: Any, form: VersionForm) -> bool:
    """Write down what the form says, or tell the form why not."""
    return _is_done(form, lambda: pages.draft(values=form.values(), author=author, now=timezone.now()))


def _is_ended(pages: VersionPages, approver: Any, version: Version, form: EndVersionForm) -> bool:
    """End the version as the form says, or tell the form why not."""
    return _is_done(
        form,
        lambda: pages.end(
            version_id=version.pk,
            ends_before=form.ends_before(),
            reason=form.cleaned_data["reason"],
            approver=approver,
            now=timezone.now(),
        ),
    )


def _is_done(form: forms.Form, act: Callable[[], object]) -> bool:
    try:
        act()
    except (NotPermitted, InvalidTransition):
        raise
    except DomainError as refusal:
        field = FIELD_OF_REFUSAL.get(refusal.code, refusal.code)
        form.add_error(field if field in form.fields else None, str(refusal))
    return form.is_valid()


def _list_context(
    pages: VersionPages, user: Any, refused: dict[int, EndVersionForm] | None = None
) -> dict[str, object]:
    """Return all that the list shows. A `refused` form takes the place of the version's empty one."""
    versions = pages.visible_to(user).select_related("drafted_by", "approved_by")
    return {
        "pages": pages,
        "draft_route": f"{pages.name}-draft",
        "approve_route": f"{pages.name}-approve",
        "end_route": f"{pages.name}-end",
        "tab": pages.tab or pages.name,
        "versions": [_shown(pages, user, version, refused or {}) for version in versions.order_by("-pk")],
        "may_draft": pages.can_draft(user),
    }


def _shown(
    pages: VersionPages, user: Any, version: Version, refused: dict[int, EndVersionForm]
) -> dict[str, object]:
    status, label = _standing_of(version)
    may_end = status in {"IN_FORCE", "UPCOMING"} and pages.can_end(user)
    empty = EndVersionForm(auto_id=f"end-{version.pk}_%s") if may_end else None
    return {
        "version": version,
        "status": status,
        "label": label,
        "is_example": any(word in version.source.lower() for word in EXAMPLE_WORDS),
        "groups": _groups_of(pages, version),
        "links": pages.links(user, version),
        "drawing": pages.drawing.of_version(version) if pages.drawing else "",
        "may_approve": status == "DRAFTED" and pages.can_approve(user, version),
        "end_form": refused.get(version.pk, empty),
    }


def _standing_of(version: Version) -> tuple[str, str]:
    """Return where a version stands today, and what that is called."""
    today = timezone.localdate()
    if version.approved_at is None:
        return "DRAFTED", _("Draft, counts for nothing yet")
    if version.in_force.upper is not None and version.in_force.upper <= today:
        return "ENDED", _("Ended")
    if version.in_force.lower is not None and version.in_force.lower > today:
        return "UPCOMING", _("Upcoming")
    return "IN_FORCE", _("In force now")


def _groups_of(pages: VersionPages, version: Version) -> list[tuple[object, list[tuple[object, object]]]]:
    """Return the figures of a version by heading, where they come from, and who answers for them."""
    figures = [
        (heading, [_figure_of(pages, version, name) for name in names])
        for heading, names in pages.form.grouped_figures()
    ]
    span: tuple[object, object] = (_("Days"), days(version.in_force))
    record: list[tuple[object, object]] = [
        (_("Drafted by"), version.drafted_by),
        (_("Approved by"), version.approved_by),
        (_("Source"), version.source),
    ]
    if not pages.form.groups:
        return [("", [span, *figures[0][1], *record])]
    return [("", [span]), *figures, (_("Source and signatures"), record)]


def _figure_of(pages: VersionPages, version: Version, name: str) -> tuple[object, object]:
    return (pages.form.base_fields[name].label, pages.form.in_words(name, getattr(version, name)))
