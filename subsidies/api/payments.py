from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers

from chongqing_dte.foundation.sentences import gettext_lazy as _
from chongqing_dte.foundation.sentences import in_every_language
from institutions.models import User
from partners.rest.listing import (
    CursorOfAnotherTime,
    CursorUnknown,
    DetailView,
    FollowedView,
    SyncList,
    SyncOutput,
    SyncParameters,
)
from partners.rest.operations import Operation
from partners.rest.references import DistrictReference, InstitutionReference
from partners.rest.schema import TextsOutput
from subsidies.api.references import (
    CLAIM_EXAMPLE,
    DISTRICT_EXAMPLE,
    ENROLLMENT_EXAMPLE,
    INSTITUTION_EXAMPLE,
    ClaimReference,
    EntitlementReference,
)
from subsidies.enums import AttemptStatus, PaymentStatus, RecoveryStatus, SubsidyKind
from subsidies.explanations import recovery_sentence
from subsidies.models import Payment
from subsidies.queries.followed import payments_to_follow

EXAMPLE = {
    "id": "1a2b3c4d-5e6f-4071-8293-a4b5c6d7e821",
    "changed_at": "2027-03-02T08:11:09.440127Z",
    "kind": "TRAINING",
    "amount": "24000.00",
    "status": "PAID",
    "entitlement": None,
    "claim": CLAIM_EXAMPLE,
    "institution": INSTITUTION_EXAMPLE,
    "district": DISTRICT_EXAMPLE,
    "opened_at": "2027-02-10T06:00:04+08:00",
    "paid_at": "2027-02-16T10:12:00+08:00",
    "cancelled_at": None,
    "last_attempt": {"number": 1, "status": "PAID", "answered_at": "2027-02-16T10:12:00+08:00"},
    "recoveries": [
        {
            "id": "2b3c4d5e-6f70-4182-93a4-b5c6d7e8f922",
            "status": "OPEN",
            "enrollment_id": ENROLLMENT_EXAMPLE,
            "amount": "800.00",
            "recovered": "0.00",
            "written_off": "0.00",
            "reason": "claim_line_fell",
            "reason_texts": {
                "zh-Hans": "该申领中已支付的一名人员不再计入。已为其支付的款项应予退回。",
                "en": "A person who was paid for in the claim does not count any more. "
                "What was paid for them is to come back.",
            },
            "opened_at": "2027-03-02T16:11:02+08:00",
            "due_on": "2027-04-01",
            "settled_at": None,
            "withdrawn_at": None,
        }
    ],
}


class AttemptOutput(serializers.Serializer[Any]):
    """The latest instruction to the bank. Its account is not told."""

    number = serializers.IntegerField()
    status = serializers.ChoiceField(choices=AttemptStatus.choices)
    answered_at = serializers.DateTimeField(allow_null=True)


class RecoveryOutput(serializers.Serializer[Any]):
    """Money of this payment that is to come back, in yuan."""

    id = serializers.UUIDField(source="public_id")
    status = serializers.ChoiceField(choices=RecoveryStatus.choices)
    enrollment_id = serializers.UUIDField(
        source="enrollment_number",
        allow_null=True,
        help_text=_("Whose part of a claim it is; empty where all of the payment comes back."),
    )
    amount = serializers.DecimalField(max_digits=12, decimal_places=2)
    recovered = serializers.DecimalField(max_digits=12, decimal_places=2)
    written_off = serializers.DecimalField(max_digits=12, decimal_places=2)
    reason = serializers.CharField()
    reason_texts = TextsOutput()
    opened_at = serializers.DateTimeField()
    due_on = serializers.DateField(allow_null=True)
    settled_at = serializers.DateTimeField(allow_null=True)
    withdrawn_at = serializers.DateTimeField(allow_null=True)


class PaymentOutput(SyncOutput):
    """One amount owed to one payee, in yuan, and how it stands."""

    kind = serializers.ChoiceField(source="budget.kind", choices=SubsidyKind.choices)
    amount = serializers.DecimalField(max_digits=12, decimal_places=2)
    status = serializers.ChoiceField(choices=PaymentStatus.choices)
    entitlement = EntitlementReference(
        allow_null=True, help_text=_("The decision that it pays, where it goes to a person.")
    )
    claim = ClaimReference(
        allow_null=True, help_text=_("The claim that it pays, where it goes to an institution.")
    )
    institution = InstitutionReference(allow_null=True)
    district = DistrictReference(allow_null=True)
    opened_at = serializers.DateTimeField()
    paid_at = serializers.DateTimeField(allow_null=True)
    cancelled_at = serializers.DateTimeField(allow_null=True)
    last_attempt = AttemptOutput(allow_null=True)
    recoveries = RecoveryOutput(source="shown_recoveries", many=True)


class PaymentParameters(SyncParameters):
    claim_id = serializers.UUIDField(
        required=False, source="claim__public_id", help_text=_("Only the payments of this claim.")
    )
    entitlement_id = serializers.UUIDField(
        required=False,
        source="entitlement__public_id",
        help_text=_("Only the payment of this decision."),
    )


class Followed(FollowedView):
    resource = "payments"
    kind = "payments"
    output = PaymentOutput

    def visible(self, user: User) -> QuerySet[Payment]:
        return payments_to_follow(user)

    def shown(self, row: Any, changed_at: datetime) -> dict[str, Any]:
        row.last_attempt = next(iter(row.attempts.all()), None)
        row.shown_recoveries = row.recoveries.all()
        for recovery in row.shown_recoveries:
            recovery.reason_texts = in_every_language(recovery_sentence(recovery.reason, recovery.facts))
        return super().shown(row, changed_at)


class PaymentList(Followed, SyncList):
    """GET /payments: every payment that the office sees."""

    parameters = PaymentParameters
    operations = {
        "get": Operation(
            name="listPayments",
            summary=_("List the payments, or what changed of them since"),
            example=EXAMPLE,
            parameters=PaymentParameters,
            is_list=True,
            refusals=[CursorUnknown, CursorOfAnotherTime],
        )
    }


class PaymentDetail(Followed, DetailView):
    """GET /payments/{id}: one payment."""

    operations = {"get": Operation(name="getPayment", summary=_("Get one payment"), example=EXAMPLE)}
