"""What a service refuses, told on the form that was sent: what was entered is kept, and the reason stands beside it."""

from typing import Final

from django import forms

from chongqing_dte.foundation.errors import DomainError, InvalidTransition, NotPermitted

# Which field a refusal belongs to, by its code.
FIELD_OF_REFUSAL: Final = {
    "reason_missing": "reason",
    "bank_reference_missing": "bank_reference",
    "amount_not_positive": "amount",
    "more_than_is_left": "amount",
    "received_day_impossible": "received_on",
    "statement_line_used": "bank_reference",
}


def tell_form(form: forms.Form, refusal: DomainError, *, otherwise: str | None = None) -> None:
    """Put a refusal beside its field, or beside the one named `otherwise`; a form without it is told as a whole.

    Raises the refusal again if no entry would help: who may not, and what is over, have a page of their own.
    """
    if isinstance(refusal, (InvalidTransition, NotPermitted)):
        raise refusal
    field = FIELD_OF_REFUSAL.get(refusal.code, otherwise)
    form.add_error(field if field in form.fields else None, str(refusal))
