from django import forms


class ConfirmForm(forms.Form):
    """What somebody takes on who confirms a roster."""

    takes_warned_rows = forms.BooleanField(required=False)
