from django import forms
from django.utils.translation import gettext_lazy as _

from subsidies.forms.bank import ReasonField


class AccountDecisionForm(forms.Form):
    """What the finance office says of a proposed account."""

    reason = ReasonField(
        label=_("Reason of the decision"),
        help_text=_("The institution reads it. May be left empty where the account is approved."),
        required=False,
    )


class AccountRevealForm(forms.Form):
    """Why somebody needs to see an account number whole."""

    reason = ReasonField(label=_("Why you need to see it"), help_text=_("It is kept with your name."))
