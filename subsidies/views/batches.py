from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django.views.decorators.http import require_POST, require_safe

from chongqing_dte.foundation.paging import page_of
from chongqing_dte.foundation.templatetags.figures import yuan
from enrollment.rules.identifiers import normalize_identifier
from institutions.queries import suspended_among
from institutions.requests import SignedInRequest
from subsidies import policies, queries
from subsidies.enums import AttemptStatus, BankSide, BatchStatus, DeliveryWay, PaymentFormat, SubsidyKind
from subsidies.explanations import return_reason
from subsidies.forms.bank import AnotherLinkForm
from subsidies.models import PaymentAttempt, PaymentBatch
from subsidies.paid_for import HEADING, PAYEE, paid_for
from subsidies.services.batches import release_batch
from subsidies.views.bank_tables import (
    DOWNLOAD_COLUMNS,
    EXCEPTION_COLUMNS,
    RESULT_COLUMNS,
    shown_exception,
    shown_result,
)

BATCH_COLUMNS = (
    (gettext_lazy("Reference"), ""),
    (gettext_lazy("Assembled"), ""),
    (gettext_lazy("Format"), ""),
    (gettext_lazy("Number of payments"), "numeric"),
    (gettext_lazy("Total"), "numeric"),
    (gettext_lazy("Signatures"), ""),
    (gettext_lazy("Status"), ""),
)
LINE_COLUMNS = (
    (gettext_lazy("Line"), "numeric"),
    (gettext_lazy("Bank reference"), ""),
    (HEADING, ""),
    (PAYEE, ""),
    (gettext_lazy("Bank account"), ""),
    (gettext_lazy("Amount"), "numeric"),
    (gettext_lazy("Answer"), ""),
)
LINES_ON_A_PAGE = 100
# What a list of batches can be narrowed to: the word in the address, and the field that has to be equal to it.
NARROWED_BY = {
    "status": BatchStatus,
    "kind": SubsidyKind,
    "side": BankSide,
    "payment_format": PaymentFormat,
}


@require_safe
@login_required
def batch_list(request: SignedInRequest) -> HttpResponse:
    """List the payment batches, newest first, narrowed to what is asked for."""
    wanted, found = chosen_batches(request)
    page = page_of(found, request)
    query = urlencode({name: value for name, value in wanted.items() if value})
    context = {
        "rows": [{"batch": batch, "signatures": signature_count(batch)} for batch in page.rows],
        "page": page,
        "columns": BATCH_COLUMNS,
        "wanted": wanted,
        "statuses": BatchStatus.choices,
        "kinds": SubsidyKind.choices,
        "sides": BankSide.choices,
        "formats": PaymentFormat.choices,
        "query": f"{query}&" if query else "",
        "export_query": query,
        "is_stopped": queries.sending_is_stopped(),
    }
    return render(request, "subsidies/batch_list.html", context)


@require_safe
@login_required
def batch_detail(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Show a batch: its file, signatures, way to the bank, answers, what is open, and its lines."""
    return detail_page(request, find_batch(request, public_id), AnotherLinkForm())


def detail_page(
    request: SignedInRequest, batch: PaymentBatch, another_form: AnotherLinkForm, *, status: int = 200
) -> HttpResponse:
    """Return the page of a batch; `another_form` can be one that was filled in and could not be followed."""
    unapplied = list(queries.unapplied_lines_of(batch)[:20])
    context = {
        "batch": batch,
        "facts": batch_facts(batch),
        "open_ends": open_ends(batch),
        "may_release": may_release(request, batch),
        "is_second": batch.first_released_by_id is not None,
        "is_withdrawn": batch.status == BatchStatus.WITHDRAWN,
        "is_stopped": queries.sending_is_stopped(),
        "result_rows": [shown_result(file) for file in batch.result_files.defer("content")],
        "result_columns": RESULT_COLUMNS,
        "exception_rows": [shown_exception(line) for line in unapplied],
        "exception_columns": EXCEPTION_COLUMNS,
        **by_hand(request, batch),
        "another_form": another_form,
        **lines_of(request, batch),
    }
    return render(request, "subsidies/batch_detail.html", context, status=status)


def may_release(request: SignedInRequest, batch: PaymentBatch) -> bool:
    """Test whether this person may sign a batch now: nobody does who answers for a claim in it."""
    if batch.status != BatchStatus.ASSEMBLED or not policies.can_release(request.user, batch):
        return False
    if batch.kind != SubsidyKind.TRAINING:
        return True
    return not policies.is_behind_its_claims(request.user, queries.behind_the_claims_of(batch))


@require_POST
@login_required
def batch_release(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Add this person's signature to the file that they saw."""
    batch = find_batch(request, public_id)
    sha256 = request.POST.get("sha256", "")
    released = release_batch(batch_id=batch.pk, releaser=request.user, sha256=sha256, now=timezone.now())
    if released.status == BatchStatus.RELEASED:
        messages.success(request, _("The batch is released and goes to the bank."))
    else:
        messages.success(request, _("Your signature is recorded. A second person has to sign too."))
    return redirect("batch-detail", public_id=batch.public_id)


def find_batch(request: SignedInRequest, public_id: str) -> PaymentBatch:
    """Return a batch that this person may see; any other does not exist for them."""
    batches = queries.batches_visible_to(request.user).select_related(
        "first_released_by", "second_released_by", "bank_format"
    )
    return get_object_or_404(batches, public_id=public_id)


def chosen_batches(request: SignedInRequest) -> tuple[dict[str, str], QuerySet[PaymentBatch]]:
    """Return what the list is narrowed to, and what that leaves of the batches that this person may see."""
    wanted = {name: request.GET.get(name, "") for name in (*NARROWED_BY, "since", "until")}
    wanted["reference"] = normalize_identifier(request.GET.get("reference", ""))[:40]
    return wanted, narrowed(queries.batches_visible_to(request.user), wanted)


def narrowed(batches: QuerySet[PaymentBatch], wanted: dict[str, str]) -> QuerySet[PaymentBatch]:
    """Return the batches that fit; what is no choice and no day narrows nothing."""
    for name, choices in NARROWED_BY.items():
        if wanted[name] in choices:
            batches = batches.filter(**{name: wanted[name]})
    if wanted["reference"]:
        batches = batches.filter(reference__icontains=wanted["reference"])
    if since := day_in(wanted["since"]):
        batches = batches.filter(assembled_at__date__gte=since)
    if until := day_in(wanted["until"]):
        batches = batches.filter(assembled_at__date__lte=until)
    return batches


def day_in(text: str) -> Any:
    """Return the day that a text names, or None."""
    try:
        return parse_date(text)
    except ValueError:
        return None


def signature_count(batch: PaymentBatch) -> str:
    """Return how many of the two signatures there are, in words."""
    if batch.released_automatically:
        return _("Automatic")
    signed = sum(signer is not None for signer in (batch.first_released_by_id, batch.second_released_by_id))
    return _("%(signed)s of 2") % {"signed": signed}


def batch_facts(batch: PaymentBatch) -> list[tuple[str, object]]:
    """Return the facts of a batch as its page shows them."""
    way = DeliveryWay(batch.bank_format.delivery) if batch.bank_format else DeliveryWay.FOLDER
    facts = [
        (_("Number of payments"), batch.line_count),
        (_("Total"), yuan(batch.total)),
        (_("Subsidy"), batch.get_kind_display()),
        (_("Format"), batch.bank_format or batch.get_payment_format_display()),
        (_("For"), batch.get_side_display()),
        *suspended_in(batch),
        (_("Way of delivery"), way.label),
        (_("File"), batch.file_name),
        ("SHA-256", batch.sha256),
        (_("Assembled"), moment(batch.assembled_at)),
        (_("First signature"), signed_by_whom(batch.first_released_by, batch.first_released_at)),
        (_("Second signature"), signed_by_whom(batch.second_released_by, batch.second_released_at)),
        (_("Delivered"), moment(batch.delivered_at)),
        (_("Settled at"), moment(batch.settled_at)),
        (pgettext("payment", "Withdrawn"), moment(batch.withdrawn_at)),
    ]
    always = len(facts) - 3
    return [fact for place, fact in enumerate(facts) if place < always or fact[1]]


def suspended_in(batch: PaymentBatch) -> list[tuple[str, object]]:
    """Return which institutions that a batch pays are suspended today: a fact to know, which holds nothing up."""
    if batch.kind != SubsidyKind.TRAINING:
        return []
    suspended = suspended_among(queries.institutions_paid_in(batch), timezone.localdate())
    return [(_("Suspended at present"), ", ".join(each.name for each in suspended))] if suspended else []


def open_ends(batch: PaymentBatch) -> list[tuple[str, object]]:
    """Return how many of a batch's payments stand how, and how many bank lines wait."""
    counts = queries.answer_counts(batch)
    ends: list[tuple[str, object]] = [
        (str(status.label), counts[status]) for status in AttemptStatus if counts.get(status)
    ]
    if waiting := queries.unapplied_lines_of(batch).count():
        ends.append((_("Bank lines that wait for people"), waiting))
    return ends


def by_hand(request: SignedInRequest, batch: PaymentBatch) -> dict[str, object]:
    """Return what a page shows of a batch that a person carries to the bank."""
    goes_by_hand = batch.bank_format is not None and batch.bank_format.delivery == DeliveryWay.DOWNLOAD
    may_carry = goes_by_hand and policies.can_work_with_bank(request.user)
    downloads = queries.downloads_visible_to(request.user).filter(batch=batch)
    return {
        "goes_by_hand": goes_by_hand,
        "may_offer": may_carry and batch.status in (BatchStatus.RELEASED, BatchStatus.SENDING),
        "may_confirm": may_carry and batch.status == BatchStatus.SENDING,
        "is_another": bool(downloads),
        "download_rows": list(downloads),
        "download_columns": DOWNLOAD_COLUMNS,
    }


def lines_of(request: SignedInRequest, batch: PaymentBatch) -> dict[str, object]:
    """Return one page of a batch's lines in the order of the file, narrowed to an answer."""
    after = request.GET.get("after", "")
    answer, lines = chosen_lines(request, batch)
    is_first = not (after.isascii() and after.isdigit() and len(after) < 10)
    if not is_first:
        lines = lines.filter(line_number__gt=int(after))
    found = list(lines[: LINES_ON_A_PAGE + 1])
    shown = found[:LINES_ON_A_PAGE]
    return {
        "columns": LINE_COLUMNS,
        "rows": [shown_line(attempt) for attempt in shown],
        "next_key": shown[-1].line_number if len(found) > LINES_ON_A_PAGE else None,
        "is_first": is_first,
        "answer": answer,
        "answers": AttemptStatus.choices,
        "line_query": f"{urlencode({'answer': answer})}&" if answer else "",
        "line_export_query": urlencode({"answer": answer}),
    }


def chosen_lines(request: SignedInRequest, batch: PaymentBatch) -> tuple[str, QuerySet[PaymentAttempt]]:
    """Return the answer that a batch's lines are narrowed to, and those with it, in the order of the file."""
    answer = request.GET.get("answer", "")
    lines = queries.batch_lines(batch)
    return answer, lines.filter(status=answer) if answer in AttemptStatus else lines


def moment(at: datetime | None) -> str:
    """Return a time as the pages show it."""
    return timezone.localtime(at).strftime("%Y-%m-%d %H:%M") if at else ""


def signed_by_whom(signer: object, at: datetime | None) -> str:
    """Return who signed and when."""
    return f"{signer} · {moment(at)}" if signer else ""


def shown_line(attempt: PaymentAttempt) -> dict[str, object]:
    """Return one instruction as the page shows it: name masked, account by its last four."""
    return {
        "attempt": attempt,
        "paid_for": paid_for(attempt.payment),
        "reason": return_reason(attempt.return_code),
    }
