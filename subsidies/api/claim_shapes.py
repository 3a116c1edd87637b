"""How a claim is answered: its state, its days, what it comes to, its lines and the questions about it."""

from typing import Any

from rest_framework import serializers

from chongqing_dte.foundation.sentences import gettext_lazy as _
from partners.rest.listing import SyncOutput
from partners.rest.references import DistrictReference, InstitutionReference
from partners.rest.schema import TextsOutput
from subsidies.api.references import (
    CLAIM_EXAMPLE,
    CLASS_EXAMPLE,
    DISTRICT_EXAMPLE,
    ENROLLMENT_EXAMPLE,
    INSTITUTION_EXAMPLE,
    ClassReference,
)
from subsidies.enums import ClaimStatus, ReckoningCause

EXAMPLE = {
    **CLAIM_EXAMPLE,
    "changed_at": "2027-01-12T03:20:44.002817Z",
    "status": "SUBMITTED",
    "status_reason": "",
    "training_class": CLASS_EXAMPLE,
    "institution": INSTITUTION_EXAMPLE,
    "district": DISTRICT_EXAMPLE,
    "opened_at": "2026-12-29T06:00:02+08:00",
    "submit_until": "2027-02-18",
    "submitted_at": "2027-01-12T11:20:41+08:00",
    "recommended_at": None,
    "first_confirmed_at": None,
    "second_confirmed_at": None,
    "due_on": "2027-01-26",
    "escalated_at": None,
    "waits_for_budget": False,
    "reckoning": {
        "number": 3,
        "cause": "SUBMITTED",
        "policy_version": "2026",
        "pass_count": 30,
        "rate_count": 38,
        "factor": "0.7895",
        "counted_count": 1,
        "standard_total": "800.00",
        "advance_cap": None,
        "amount": "631.60",
        "is_complete": True,
        "reckoned_at": "2027-01-12T11:20:41+08:00",
    },
    "lines": [
        {
            "number": 1,
            "enrollment_id": ENROLLMENT_EXAMPLE,
            "in_rate": True,
            "is_pass": True,
            "counts": True,
            "reason": "",
            "reason_texts": None,
            "standard": "800.00",
            "amount": "631.60",
        }
    ],
    "questions": [
        {
            "id": "f6071829-3a4b-4c5d-8e6f-708192a3b420",
            "enrollment_id": None,
            "question": "培训教师的课酬何时支付?",
            "asked_at": "2027-01-13T09:05:00+08:00",
            "due_on": "2027-01-20",
            "answer": "",
            "answered_at": None,
        }
    ],
}


class ReckoningOutput(serializers.Serializer[Any]):
    """What a claim comes to, in yuan, and how."""

    number = serializers.IntegerField(help_text=_("A claim is reckoned anew whenever its facts change."))
    cause = serializers.ChoiceField(choices=ReckoningCause.choices)
    policy_version = serializers.CharField(source="policy_version.name")
    pass_count = serializers.IntegerField()
    rate_count = serializers.IntegerField(help_text=_("Of how many people the passes are a share."))
    factor = serializers.DecimalField(max_digits=5, decimal_places=4)
    counted_count = serializers.IntegerField(help_text=_("For how many people money is asked."))
    standard_total = serializers.DecimalField(
        max_digits=12, decimal_places=2, help_text=_("What their standards come to before the factor.")
    )
    advance_cap = serializers.DecimalField(
        max_digits=12,
        decimal_places=2,
        allow_null=True,
        help_text=_("What was advanced, where the policy pays no more."),
    )
    amount = serializers.DecimalField(max_digits=12, decimal_places=2)
    is_complete = serializers.BooleanField(
        help_text=_("Whether nothing is missing without which nobody can say what it comes to.")
    )
    reckoned_at = serializers.DateTimeField()


class ClaimLineOutput(serializers.Serializer[Any]):
    """One person of the class: whether they count, why not, and what is asked for them, in yuan."""

    number = serializers.IntegerField(source="line_number")
    enrollment_id = serializers.UUIDField(
        source="enrollment_number", help_text=_("To be looked up among the enrollments.")
    )
    in_rate = serializers.BooleanField()
    is_pass = serializers.BooleanField()
    counts = serializers.BooleanField(help_text=_("Whether money is asked for them."))
    reason = serializers.CharField(help_text=_("The check because of which none is; else empty."))
    reason_texts = TextsOutput(allow_null=True)
    standard = serializers.DecimalField(max_digits=12, decimal_places=2)
    amount = serializers.DecimalField(max_digits=12, decimal_places=2)


class ClaimQuestionOutput(serializers.Serializer[Any]):
    """What a reviewer asked the institution, and its answer."""

    id = serializers.UUIDField(source="public_id")
    enrollment_id = serializers.UUIDField(
        source="enrollment_number", allow_null=True, help_text=_("Empty for the whole claim.")
    )
    question = serializers.CharField()
    asked_at = serializers.DateTimeField()
    due_on = serializers.DateField(allow_null=True)
    answer = serializers.CharField()
    answered_at = serializers.DateTimeField(allow_null=True)


class ClaimOutput(SyncOutput):
    """One class's request to be reimbursed. Files that show what it cost are handed in on its page."""

    reference = serializers.CharField(help_text=_("The number on paper."))
    status = serializers.ChoiceField(choices=ClaimStatus.choices)
    status_reason = serializers.CharField(help_text=_("Why it was returned, refused or withdrawn."))
    training_class = ClassReference()
    institution = InstitutionReference()
    district = DistrictReference(help_text=_("Whose bureau reviews it."))
    opened_at = serializers.DateTimeField()
    submit_until = serializers.DateField(help_text=_("The last day on which it can be submitted."))
    submitted_at = serializers.DateTimeField(allow_null=True)
    recommended_at = serializers.DateTimeField(allow_null=True)
    first_confirmed_at = serializers.DateTimeField(allow_null=True)
    second_confirmed_at = serializers.DateTimeField(allow_null=True)
    due_on = serializers.DateField(
        allow_null=True, help_text=_("The last day for the answer of the bureau that has it.")
    )
    escalated_at = serializers.DateTimeField(
        allow_null=True, help_text=_("When it went up because no answer had come in time.")
    )
    waits_for_budget = serializers.BooleanField(
        source="payment_due", help_text=_("Whether it is confirmed and no payment of it is opened yet.")
    )
    reckoning = ReckoningOutput(allow_null=True)
    lines = ClaimLineOutput(source="shown_lines", many=True)
    questions = ClaimQuestionOutput(source="queries", many=True)
