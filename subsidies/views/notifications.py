"""What an office was told, that somebody has read it, and what could not be sent."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from chongqing_dte.foundation.errors import DomainError, NotPermitted
from chongqing_dte.foundation.paging import page_of
from enrollment.rules.identifiers import mask_name
from institutions.requests import SignedInRequest
from subsidies import policies, queries
from subsidies.desk_words import message_problem
from subsidies.enums import NotificationKind, NotificationStatus
from subsidies.messages import OF_CLAIM, TO_OFFICE, sentence
from subsidies.models import Notification
from subsidies.paid_for import page_of_claim
from subsidies.services.notifications import mark_read, send_again

COLUMNS: Final = (
    (gettext_lazy("Choose"), ""),
    (gettext_lazy("When"), ""),
    (gettext_lazy("About"), ""),
    (gettext_lazy("What happened"), ""),
    (gettext_lazy("Read by"), ""),
)
ABOUT_A_BATCH: Final = (NotificationKind.BATCH_WAITS, NotificationKind.BATCH_WITHDRAWN)
# Where what a message speaks of is listed, if not on a page of its own.
LISTED_ON: Final[Mapping[str, str]] = {
    NotificationKind.BUDGET_SHORT: "budget-list",
    NotificationKind.DECISIONS_HELD: "subsidy-desk",
    NotificationKind.CLAIMS_LATE: "claim-queue",
    NotificationKind.CLAIMS_HANDED_OVER: "claim-queue",
    NotificationKind.CLAIM_SET_OFF: "claim-statement",
}
# More than one page shows nobody chooses at once.
CHOSEN_AT_ONCE: Final = 50


@require_safe
@login_required
def inbox(request: SignedInRequest) -> HttpResponse:
    """List what this person's office was told and nobody has read, newest first; or all of it, or of one kind."""
    policies.check_can_have_inbox(request.user)
    chosen = _chosen(request)
    found = queries.notifications_visible_to(request.user).select_related(
        "read_by", "entitlement__certificate__occupation", "claim"
    )
    if chosen["show"] != "all":
        found = found.filter(read_at__isnull=True)
    if chosen["kind"]:
        found = found.filter(kind=chosen["kind"])
    page = page_of(found, request)
    may_mark = policies.can_mark_read(request.user)
    context = {
        "rows": [_shown(notification, may_mark=may_mark) for notification in page.rows],
        "page": page,
        "columns": COLUMNS,
        "kinds": [(kind, NotificationKind(kind).label) for kind in {**TO_OFFICE, **OF_CLAIM}],
        "chosen": chosen,
        "query": f"{urlencode(chosen)}&",
        "may_mark": may_mark,
    }
    return render(request, "subsidies/inbox.html", context)


@require_POST
@login_required
def inbox_read(request: SignedInRequest) -> HttpResponse:
    """Mark what was chosen as read, and lead back to what is left."""
    policies.check_can_mark_read(request.user)
    name = "shown" if "all" in request.POST else "chosen"
    public_ids = [
        public_id
        for text in request.POST.getlist(name)[:CHOSEN_AT_ONCE]
        if (public_id := _as_uuid(text)) is not None
    ]
    count = mark_read(reader=request.user, public_ids=public_ids, now=timezone.now())
    text = ngettext("%(count)s message is marked as read.", "%(count)s messages are marked as read.", count)
    messages.success(request, text % {"count": count})
    return redirect(f"{reverse('inbox')}?{urlencode(_chosen(request))}")


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def failed_message(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """Show a message that could not be sent, without its words, and let it be tried again."""
    found = queries.notifications_overseen_by(request.user).exclude(status=NotificationStatus.QUEUED)
    message = get_object_or_404(found.select_related("person", "district"), public_id=public_id)
    if request.method == "POST":
        try:
            send_again(public_id=public_id, sender=request.user, now=timezone.now())
        except NotPermitted:
            raise
        except DomainError as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(
                request, _("It is tried again within minutes. If that fails, it stands here again.")
            )
            return redirect(f"{reverse('subsidy-desk-list')}?{urlencode({'matter': 'messages-failed'})}")
    whose = mask_name(message.person.name) if message.person else message.get_role_display()
    context = {
        "facts": [
            (_("About"), message.get_kind_display()),
            (_("Recipient"), f"{whose} · {message.district}" if message.district else whose),
            (_("Way of sending"), message.get_channel_display()),
            (_("Created at"), timezone.localtime(message.created_at).strftime("%Y-%m-%d %H:%M")),
            (_("Number of tries"), message.tried_count),
            (_("Status"), message.get_status_display()),
            (_("Problem"), message_problem(message.problem) or "—"),
        ],
        "may_send": policies.can_send_again(request.user) and message.status == NotificationStatus.FAILED,
    }
    return render(request, "subsidies/failed_message.html", context)


def _chosen(request: SignedInRequest) -> dict[str, str]:
    given = request.POST if request.method == "POST" else request.GET
    return {
        "kind": given["kind"] if given.get("kind") in NotificationKind.values else "",
        "show": "all" if given.get("show") == "all" else "unread",
    }


def _as_uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _shown(notification: Notification, *, may_mark: bool) -> dict[str, object]:
    return {
        "notification": notification,
        "sentence": sentence(notification),
        "url": _url_of(notification),
        "may_choose": may_mark and notification.read_at is None,
    }


def _url_of(notification: Notification) -> str:
    """Return where the row stands that a message is about, or nothing."""
    facts = notification.facts
    if notification.kind in ABOUT_A_BATCH and "batch" in facts:
        return reverse("batch-detail", args=[facts["batch"]])
    if notification.kind in LISTED_ON:
        return reverse(LISTED_ON[notification.kind])
    if "objection" in facts and _as_uuid(str(facts["objection"])):
        return reverse("objection-detail", args=[facts["objection"]])
    if notification.entitlement is not None:
        return reverse("certificate-detail", args=[notification.entitlement.certificate.public_id])
    return page_of_claim(notification.claim) if notification.claim is not None else ""
