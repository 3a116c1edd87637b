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
    SyncParameters,
)
from partners.rest.operations import Operation
from subsidies.api.claim_shapes import EXAMPLE, ClaimOutput
from subsidies.claim_words import claim_line_reason
from subsidies.models import SubsidyClaim
from subsidies.queries.followed import claims_to_follow

# A claim has a line for each person of its class.
MOST_CLAIMS, USUAL_CLAIMS = 50, 20


class ClaimParameters(SyncParameters):
    limit = serializers.IntegerField(required=False, default=USUAL_CLAIMS, min_value=1, max_value=MOST_CLAIMS)
    institution = serializers.UUIDField(
        required=False, source="institution__public_id", help_text=_("Only the claims of this institution.")
    )
    class_id = serializers.UUIDField(
        required=False, source="training_class__public_id", help_text=_("Only the claims of this class.")
    )


class Followed(FollowedView):
    resource = "claims"
    kind = "claims"
    output = ClaimOutput

    def visible(self, user: User) -> QuerySet[SubsidyClaim]:
        return claims_to_follow(user)

    def shown(self, row: Any, changed_at: datetime) -> dict[str, Any]:
        row.shown_lines = row.reckoning.lines.all() if row.reckoning else []
        for line in row.shown_lines:
            line.reason_texts = None if line.counts else in_every_language(claim_line_reason(line))
        return super().shown(row, changed_at)


class ClaimList(Followed, SyncList):
    """GET /claims: every claim that the office sees."""

    parameters = ClaimParameters
    operations = {
        "get": Operation(
            name="listClaims",
            summary=_("List the reimbursement claims, or what changed of them since"),
            example=EXAMPLE,
            parameters=ClaimParameters,
            is_list=True,
            refusals=[CursorUnknown, CursorOfAnotherTime],
        )
    }


class ClaimDetail(Followed, DetailView):
    """GET /claims/{id}: one claim."""

    operations = {
        "get": Operation(name="getClaim", summary=_("Get one reimbursement claim"), example=EXAMPLE)
    }
