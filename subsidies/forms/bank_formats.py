import json
from collections.abc import Mapping
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from enrollment.rules.identifiers import normalize_identifier
from subsidies.enums import BankSide, DeliveryWay, PaymentFormat

# What a bank's own template is begun with.
EXAMPLE_LAYOUT: Final[Mapping[str, Any]] = {
    "kind": "TXT",
    "encoding": "GBK",
    "delimiter": "|",
    "line_end": "CRLF",
    "head": [{"field": "batch"}, {"field": "count"}, {"field": "total", "as": "YUAN"}],
    "header_row": False,
    "columns": [
        {"header": "序号", "field": "line_number"},
        {"header": "收款账号", "field": "account"},
        {"header": "户名", "field": "payee_name"},
        {"header": "金额", "field": "amount", "as": "YUAN"},
        {"header": "用途", "value": "评价补贴"},
        {"header": "业务编号", "field": "reference"},
    ],
    "trailer": [],
    "results": {
        "skip_first": 1,
        "columns": {"reference": 6, "amount": 4, "status": 7, "reason": 8},
        "words": {"paid": ["成功"], "returned": ["失败", "退票"], "unknown": ["处理中"]},
    },
}


class IndentedJSON(json.JSONEncoder):
    """Writes a layout as a person reads it."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{**options, "indent": 2, "ensure_ascii": False})


class LayoutField(forms.JSONField):
    """A layout as text; where there is none, the field stands empty."""

    def prepare_value(self, value: Any) -> str:
        """Return what the field shows."""
        return "" if value is None else super().prepare_value(value)


class BankFormatForm(forms.Form):
    """How files for one bank are written and delivered."""

    name = forms.CharField(
        label=_("Name of the format"), help_text=_("The bank, and what the file is for."), max_length=128
    )
    payment_format = forms.ChoiceField(label=_("Format"), choices=PaymentFormat)
    side = forms.ChoiceField(
        label=_("For"),
        choices=BankSide,
        help_text=_("With one format for its own accounts and one for others, payments are kept apart."),
    )
    own_bank_code = forms.CharField(
        label=_("First digits of the bank's own CNAPS codes"),
        help_text=_("What tells its own accounts from others. Not needed where the file is for all banks."),
        required=False,
        max_length=12,
    )
    delivery = forms.ChoiceField(label=_("Way of delivery"), choices=DeliveryWay)
    payer_name = forms.CharField(label=_("Payer"), required=False, max_length=128)
    payer_account = forms.CharField(
        label=_("Payer's account"),
        help_text=_("Shown by its last four digits only, once it is written down."),
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "numeric"}),
    )
    payer_cnaps = forms.CharField(label=_("Payer's CNAPS code"), required=False, max_length=12)
    line_limit = forms.IntegerField(
        label=_("Payments in one file at most"),
        help_text=_("Beside the policy's own limit. Left empty, the policy's alone counts."),
        required=False,
        min_value=1,
        max_value=100_000,
    )
    amount_limit = forms.DecimalField(
        label=_("Sum of one file at most"),
        help_text=_("In yuan. One payment above it goes alone."),
        required=False,
        min_value=1,
        max_digits=14,
        decimal_places=2,
    )
    layout = LayoutField(
        label=_("Layout"),
        help_text=_(
            "Of a bank's own template: which columns are written and read. Of ISO 20022: which words of the bank mean "
            "more than the standard says. Otherwise left empty."
        ),
        required=False,
        encoder=IndentedJSON,
        widget=forms.Textarea(attrs={"rows": 18, "spellcheck": "false", "class": "code"}),
    )

    def clean_payer_account(self) -> str:
        """Return the account without the spaces that people write between its digits."""
        return normalize_identifier(self.cleaned_data["payer_account"])

    def clean_layout(self) -> dict[str, Any]:
        """Return the layout, or nothing. What it says is checked where the format is written down."""
        layout = self.cleaned_data["layout"] or {}
        if not isinstance(layout, dict):
            raise forms.ValidationError(_("The layout is an object in braces."))
        return layout
