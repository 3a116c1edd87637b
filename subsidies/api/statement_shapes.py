"""How a statement is answered, in yuan: the same figures as on its page, under the names of the journal's rules."""

from typing import Any

from django.utils import timezone
from rest_framework import serializers

from chongqing_dte.foundation.sentences import gettext_lazy as _
from partners.rest.references import InstitutionReference
from partners.rest.schema import TextsOutput
from subsidies.api.references import (
    CLAIM_EXAMPLE,
    ENROLLMENT_EXAMPLE,
    INSTITUTION_EXAMPLE,
    ClaimReference,
)
from subsidies.claim_statement_tables import EVENTS, WAITS_FOR

OTHER_CLAIM = {"id": "4c5d6e7f-8091-42a3-b4c5-d6e7f8091a23", "reference": "TC-2026-000009-1"}
MONTHS_EXAMPLE = {"items": [{"institution": INSTITUTION_EXAMPLE, "month": "2027-02"}]}
EXAMPLE = {
    "institution": INSTITUTION_EXAMPLE,
    "month": "2027-02",
    "is_part": False,
    "is_running": False,
    "owed_before": "0.00",
    "owed_after": "0.00",
    "owed_back_before": "0.00",
    "owed_back_after": "0.00",
    "sums": [
        {"event": "granted", "count": 1, "amount": "800.00", "owed": "800.00", "owed_back": "0.00"},
        {"event": "paid", "count": 1, "amount": "800.00", "owed": "-800.00", "owed_back": "0.00"},
    ],
    "movements": [
        {
            "claim": CLAIM_EXAMPLE,
            "at": "2027-02-16T10:12:00+08:00",
            "event": "paid",
            "amount": "800.00",
            "owed": "-800.00",
            "owed_back": "0.00",
        }
    ],
    "paid": [
        {
            "claim": CLAIM_EXAMPLE,
            "by_bank": "800.00",
            "by_set_off": "0.00",
            "lines": [
                {
                    "number": 1,
                    "enrollment_id": ENROLLMENT_EXAMPLE,
                    "standard": "800.00",
                    "amount": "800.00",
                }
            ],
        }
    ],
    "set_off": [
        {
            "claim": CLAIM_EXAMPLE,
            "owed_back_for": OTHER_CLAIM,
            "at": "2027-02-16T10:12:00+08:00",
            "amount": "800.00",
            "reason": "claim_line_fell",
            "reason_texts": {
                "zh-Hans": "该申领中已支付的一名人员不再计入。已为其支付的款项应予退回。",
                "en": "A person who was paid for in the claim does not count any more. "
                "What was paid for them is to come back.",
            },
        }
    ],
    "waiting": [
        {
            "claim": OTHER_CLAIM,
            "waits_for": "district",
            "since": "2027-02-20T09:00:00+08:00",
            "until": "2027-03-06",
            "amount": "24000.00",
            "place": None,
            "batch": "",
        }
    ],
}


def _yuan(**options: Any) -> serializers.DecimalField:
    return serializers.DecimalField(max_digits=16, decimal_places=2, **options)


class StatementMonthOutput(serializers.Serializer[Any]):
    """One month of which there is something to read."""

    institution = InstitutionReference()
    month = serializers.CharField()


class StatementMonthsOutput(serializers.Serializer[Any]):
    """The months, latest first."""

    items = StatementMonthOutput(many=True)


class SumOutput(serializers.Serializer[Any]):
    """What the movements of one kind come to."""

    event = serializers.ChoiceField(choices=list(EVENTS.items()))
    count = serializers.IntegerField()
    amount = _yuan()
    owed = _yuan(help_text=_("Change of what is owed"))
    owed_back = _yuan(help_text=_("Change of what is owed back"))


class MovementOutput(serializers.Serializer[Any]):
    """One movement of the month."""

    claim = ClaimReference()
    at = serializers.DateTimeField(source="movement.at")
    event = serializers.ChoiceField(source="movement.event", choices=list(EVENTS.items()))
    amount = _yuan(source="movement.amount")
    owed = _yuan(source="movement.owed", help_text=_("Change of what is owed"))
    owed_back = _yuan(source="movement.owed_back", help_text=_("Change of what is owed back"))


class PaidLineOutput(serializers.Serializer[Any]):
    """One person's part of what was paid for a claim."""

    number = serializers.IntegerField(source="line_number")
    enrollment_id = serializers.UUIDField(source="enrollment.public_id")
    standard = _yuan()
    amount = _yuan()


class PaidOutput(serializers.Serializer[Any]):
    """What was paid for one claim, and for whom."""

    claim = ClaimReference()
    by_bank = _yuan()
    by_set_off = _yuan()
    lines = PaidLineOutput(many=True)


class SetOffOutput(serializers.Serializer[Any]):
    """What was set off out of one claim against what was owed back of another."""

    claim = ClaimReference(source="payment.claim")
    owed_back_for = ClaimReference(source="recovery.payment.claim")
    at = serializers.DateTimeField(source="ended_at")
    amount = _yuan()
    reason = serializers.CharField(source="recovery.reason")
    reason_texts = TextsOutput()


class WaitingOutput(serializers.Serializer[Any]):
    """One claim that waited when the month ended, or waits now, and for whom."""

    claim = ClaimReference()
    waits_for = serializers.ChoiceField(choices=list(WAITS_FOR.items()))
    since = serializers.DateTimeField()
    until = serializers.DateField(allow_null=True)
    amount = _yuan(allow_null=True)
    place = serializers.IntegerField(allow_null=True, help_text=_("Its place before its budget."))
    batch = serializers.CharField(help_text=_("The batch that it is in."))


class StatementOutput(serializers.Serializer[Any]):
    """One institution's account over one month."""

    institution = InstitutionReference()
    month = serializers.SerializerMethodField()
    is_part = serializers.BooleanField(help_text=_("Whether it is of a district's claims alone."))
    is_running = serializers.BooleanField(help_text=_("Whether the month is not over."))
    owed_before = _yuan(help_text=_("Owed to the institution when the month began."))
    owed_after = _yuan(help_text=_("Owed to the institution when the month ended, or now."))
    owed_back_before = _yuan(help_text=_("Owed back by the institution when the month began."))
    owed_back_after = _yuan(help_text=_("Owed back by the institution when the month ended, or now."))
    sums = SumOutput(many=True)
    movements = MovementOutput(source="moved", many=True)
    paid = PaidOutput(many=True)
    set_off = SetOffOutput(many=True)
    waiting = WaitingOutput(many=True)

    def get_month(self, statement: Any) -> str:
        """Return the month as addresses name it."""
        return f"{timezone.localdate(statement.span.since):%Y-%m}"
