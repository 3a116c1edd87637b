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
from partners.rest.references import DistrictReference
from partners.rest.schema import TextsOutput
from subsidies.api.references import (
    CERTIFICATE_EXAMPLE,
    DISTRICT_EXAMPLE,
    CertificateReference,
    EntitlementReference,
)
from subsidies.enums import Decision, PaymentStatus
from subsidies.explanations import decision_sentence
from subsidies.models import Entitlement
from subsidies.queries.followed import entitlements_to_follow

EXAMPLE = {
    "id": "a7b8c9d0-e1f2-4a3b-8c4d-5e6f70819218",
    "changed_at": "2026-12-28T02:40:11.318204Z",
    "certificate": CERTIFICATE_EXAMPLE,
    "trainee_id": "b8c9d0e1-f203-4b4c-9d5e-6f7081920319",
    "district": DISTRICT_EXAMPLE,
    "decision": "HELD",
    "reason": "account_is_known",
    "reason_texts": {
        "zh-Hans": "尚未登记银行账户。收到本人账户后自动继续办理。",
        "en": "No bank account is recorded. As soon as the person's account arrives, this goes on by itself.",
    },
    "amount": "800.00",
    "policy_version": "2026",
    "decided_at": "2026-12-28T10:40:07+08:00",
    "held_since": "2026-12-28T10:40:07+08:00",
    "supersedes": None,
    "superseded_at": None,
    "payment": None,
}


class PaymentStateOutput(serializers.Serializer[Any]):
    """The payment that a decision led to, to be looked up among the payments."""

    id = serializers.UUIDField(source="public_id")
    status = serializers.ChoiceField(choices=PaymentStatus.choices)


class EntitlementOutput(SyncOutput):
    """The decision on one certificate. It never changes; another one supersedes it."""

    certificate = CertificateReference()
    trainee_id = serializers.UUIDField(
        source="trainee_number", help_text=_("The person's number, as enrollments name it.")
    )
    district = DistrictReference(allow_null=True, help_text=_("Whose decision it was on that day."))
    decision = serializers.ChoiceField(choices=Decision.choices)
    reason = serializers.CharField(help_text=_("The check that refused or holds it; empty when granted."))
    reason_texts = TextsOutput(allow_null=True)
    amount = serializers.DecimalField(max_digits=12, decimal_places=2, help_text=_("In yuan."))
    policy_version = serializers.CharField(source="policy_version.name", default=None, allow_null=True)
    decided_at = serializers.DateTimeField()
    held_since = serializers.DateTimeField(allow_null=True)
    supersedes = EntitlementReference(allow_null=True)
    superseded_at = serializers.DateTimeField(
        allow_null=True, help_text=_("Empty for the decision that holds.")
    )
    payment = PaymentStateOutput(source="shown_payment", allow_null=True)


class EntitlementParameters(SyncParameters):
    certificate_id = serializers.UUIDField(
        required=False,
        source="certificate__public_id",
        help_text=_("Only the decisions on this certificate."),
    )


class Followed(FollowedView):
    resource = "entitlements"
    kind = "entitlements"
    output = EntitlementOutput

    def visible(self, user: User) -> QuerySet[Entitlement]:
        return entitlements_to_follow(user)

    def shown(self, row: Any, changed_at: datetime) -> dict[str, Any]:
        row.reason_texts = (
            in_every_language(decision_sentence(row.checks, row.reason)) if row.reason else None
        )
        row.shown_payment = getattr(row, "payment", None)
        return super().shown(row, changed_at)


class EntitlementList(Followed, SyncList):
    """GET /entitlements: every decision that the office sees."""

    parameters = EntitlementParameters
    operations = {
        "get": Operation(
            name="listEntitlements",
            summary=_("List the decisions on certificates, or what changed of them since"),
            example=EXAMPLE,
            parameters=EntitlementParameters,
            is_list=True,
            refusals=[CursorUnknown, CursorOfAnotherTime],
        )
    }


class EntitlementDetail(Followed, DetailView):
    """GET /entitlements/{id}: one decision."""

    operations = {"get": Operation(name="getEntitlement", summary=_("Get one decision"), example=EXAMPLE)}
