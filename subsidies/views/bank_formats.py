from io import BytesIO

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from chongqing_dte.foundation.errors import DomainError, InvalidTransition, NotPermitted
from chongqing_dte.foundation.paging import page_of
from chongqing_dte.foundation.templatetags.figures import yuan
from enrollment.rules.identifiers import mask_account
from institutions.requests import SignedInRequest
from subsidies import policies, queries
from subsidies.bank.example import example_file, example_name, example_text
from subsidies.bank.formats import UNWRITABLE, spec_of
from subsidies.bank.pain_whole import whole_answer_in_words
from subsidies.enums import PaymentFormat
from subsidies.forms.bank_formats import EXAMPLE_LAYOUT, BankFormatForm
from subsidies.models import BankFormat
from subsidies.paid_for import HEADING, PAYEE, paid_for
from subsidies.services.bank_formats import (
    FormatDraft,
    approve_bank_format,
    check_draft,
    close_bank_format,
    draft_bank_format,
)

FORMAT_COLUMNS = (
    (gettext_lazy("Name of the format"), ""),
    (gettext_lazy("Format"), ""),
    (gettext_lazy("For"), ""),
    (gettext_lazy("Way of delivery"), ""),
    (gettext_lazy("Status"), ""),
)
LEFT_OUT_COLUMNS = (
    (HEADING, ""),
    (PAYEE, ""),
    (gettext_lazy("Amount"), "numeric"),
    (gettext_lazy("Reason"), ""),
)


@require_safe
@login_required
def bank_format_list(request: SignedInRequest) -> HttpResponse:
    """List the bank formats, newest first, with what becomes of payments that none of them is for."""
    policies.check_can_see_money(request.user)
    page = page_of(queries.bank_formats_visible_to(request.user), request)
    context = {
        "rows": [{"format": each, **standing_of(each)} for each in page.rows],
        "page": page,
        "columns": FORMAT_COLUMNS,
        "may_draft": policies.can_draft_bank_format(request.user),
        "is_plain": not queries.open_bank_formats(),
        "left_out": [shown_left_out(each) for each in queries.payments_left_out()],
        "left_out_columns": LEFT_OUT_COLUMNS,
    }
    return render(request, "subsidies/bank_format_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def bank_format_draft(request: SignedInRequest) -> HttpResponse:
    """Draft a bank format. What it writes is shown before it is written down."""
    policies.check_can_draft_bank_format(request.user)
    if request.method != "POST":
        return _draft_page(request, BankFormatForm(initial=_beginning(request)))
    form = BankFormatForm(request.POST)
    draft = _checked_draft(form)
    if draft is None:
        return _draft_page(request, form, status=422)
    if "preview" in request.POST:
        return _draft_page(request, form, example=example_text(draft.spec))
    drafted = draft_bank_format(draft=draft, author=request.user, now=timezone.now())
    messages.success(request, _("The draft is written down. Somebody of finance has to approve it."))
    return redirect("bank-format-detail", public_id=drafted.public_id)


@require_safe
@login_required
def bank_format_detail(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Show a bank format with the file of three example payments, and to whom may act what can be done."""
    bank_format = find_format(request, public_id)
    is_closed = bank_format.closed_at is not None
    is_draft = bank_format.approved_at is None and not is_closed
    context = {
        "format": bank_format,
        **standing_of(bank_format),
        "facts": format_facts(bank_format),
        "example": example_text(spec_of(bank_format)),
        "example_name": example_name(spec_of(bank_format)),
        "may_approve": is_draft and policies.can_approve_bank_format(request.user, bank_format),
        "may_close": not is_closed and policies.can_close_bank_format(request.user),
        "is_draft": is_draft,
    }
    return render(request, "subsidies/bank_format_detail.html", context)


@require_safe
@login_required
def bank_format_example(request: SignedInRequest, public_id: str) -> FileResponse:
    """Download the file of three example payments, to try it out at the bank."""
    spec = spec_of(find_format(request, public_id))
    return FileResponse(BytesIO(example_file(spec)), as_attachment=True, filename=example_name(spec))


@require_POST
@login_required
def bank_format_approve(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Let batches be written by this format."""
    bank_format = find_format(request, public_id)
    approve_bank_format(format_id=bank_format.pk, approver=request.user, now=timezone.now())
    messages.success(request, _("The bank format is in use. The next batch is written by it."))
    return redirect("bank-format-detail", public_id=bank_format.public_id)


@require_POST
@login_required
def bank_format_close(request: SignedInRequest, public_id: str) -> HttpResponse:
    """End the use of this format."""
    bank_format = find_format(request, public_id)
    close_bank_format(format_id=bank_format.pk, closer=request.user, now=timezone.now())
    messages.success(
        request, _("The bank format is closed. Files that were written by it can still be answered.")
    )
    return redirect("bank-format-detail", public_id=bank_format.public_id)


def find_format(request: SignedInRequest, public_id: str) -> BankFormat:
    """Return a bank format that this person may see; any other does not exist for them."""
    return get_object_or_404(queries.bank_formats_visible_to(request.user), public_id=public_id)


def standing_of(bank_format: BankFormat) -> dict[str, str]:
    """Return where a format stands, and what that is called."""
    if bank_format.closed_at is not None:
        return {"status": "ENDED", "label": _("Closed")}
    if bank_format.approved_at is not None:
        return {"status": "IN_FORCE", "label": _("In use")}
    return {"status": "DRAFTED", "label": _("Draft, counts for nothing yet")}


def shown_left_out(left_out: queries.LeftOut) -> dict[str, object]:
    """Return one payment that no file can hold as the list shows it, a person's name masked."""
    return {
        "payment": left_out.payment,
        "paid_for": paid_for(left_out.payment),
        "reason": UNWRITABLE[left_out.reason],
    }


def format_facts(bank_format: BankFormat) -> list[tuple[str, object]]:
    """Return the facts of a format as its page shows them, the account by its last four digits."""
    return [
        (_("Format"), bank_format.get_payment_format_display()),
        (_("For"), bank_format.get_side_display()),
        (_("First digits of the bank's own CNAPS codes"), bank_format.own_bank_code),
        (_("Way of delivery"), bank_format.get_delivery_display()),
        (_("Payer"), bank_format.payer_name),
        (_("Payer's account"), mask_account(bank_format.payer_account)),
        (_("Payer's CNAPS code"), bank_format.payer_cnaps),
        (_("Payments in one file at most"), bank_format.line_limit),
        (_("Sum of one file at most"), yuan(bank_format.amount_limit) if bank_format.amount_limit else ""),
        *_meaning_of_answers(bank_format),
        (_("Drafted by"), bank_format.drafted_by),
        (_("Approved by"), bank_format.approved_by),
    ]


def _meaning_of_answers(bank_format: BankFormat) -> list[tuple[str, object]]:
    """Return what the bank's words mean by this format, where a format can say it."""
    if bank_format.payment_format != PaymentFormat.PAIN_001:
        return []
    return [
        (_("Words that mean paid as well"), ", ".join(bank_format.layout.get("also_paid", []))),
        (_("A status of the whole file pays"), whole_answer_in_words(bank_format.layout)),
    ]


def _beginning(request: SignedInRequest) -> dict[str, object]:
    """Return what a draft begins with: an example of a template for whoever asks for one."""
    if request.GET.get("begin") == "template":
        return {"payment_format": "TEMPLATE", "layout": EXAMPLE_LAYOUT}
    return {}


def _checked_draft(form: BankFormatForm) -> FormatDraft | None:
    """Return what the form says, or tell the form why no file could be written by it."""
    if not form.is_valid():
        return None
    draft = FormatDraft(**form.cleaned_data)
    try:
        check_draft(draft=draft)
    except (NotPermitted, InvalidTransition):
        raise
    except DomainError as refusal:
        form.add_error(refusal.code if refusal.code in form.fields else None, str(refusal))
        return None
    return draft


def _draft_page(
    request: SignedInRequest, form: BankFormatForm, *, example: str = "", status: int = 200
) -> HttpResponse:
    context = {"form": form, "example": example}
    return render(request, "subsidies/bank_format_draft.html", context, status=status)
