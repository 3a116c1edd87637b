import re
from datetime import date
from typing import Any, Final
from uuid import UUID

from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from chongqing_dte.foundation.sentences import gettext_lazy as _
from chongqing_dte.foundation.sentences import in_every_language
from partners.rest.bulk import Input
from partners.rest.operations import Operation
from partners.rest.problems import NOTHING_HERE
from partners.rest.views import PartnerView
from subsidies.api.statement_shapes import (
    EXAMPLE,
    MONTHS_EXAMPLE,
    StatementMonthsOutput,
    StatementOutput,
)
from subsidies.explanations import recovery_sentence
from subsidies.queries.claim_statements import (
    claim_statement,
    institutions_with_statements,
    span_of_month,
    statement_months,
)

MONTH: Final = r"20[2-9]\d-(0[1-9]|1[0-2])"


class StatementParameters(Input):
    """Of which institution or of which month: one of them has to be said, so that an answer stays short."""

    institution = serializers.UUIDField(
        required=False, help_text=_("All months of this institution in which something moved.")
    )
    month = serializers.RegexField(
        f"^{MONTH}$", required=False, help_text=_("All institutions of which something moved in this month.")
    )

    def validate(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Refuse to list everything."""
        if not asked:
            text = _("Name an institution or a month.")
            raise serializers.ValidationError({"institution": [text]}, code="required")
        return asked


class StatementList(PartnerView):
    """GET /statements: the months of which there is something to read, latest first."""

    resource = "statements"
    operations = {
        "get": Operation(
            name="listStatements",
            summary=_("List the statements of an institution or of a month"),
            description=_(
                "The months in which the journal moved. Any other month can be asked for as well, the present one too."
            ),
            example=MONTHS_EXAMPLE,
            parameters=StatementParameters,
            answer=StatementMonthsOutput,
        )
    }

    def get(self, request: Request) -> Response:
        """Return the months."""
        asked = self.asked(StatementParameters)
        span = span_of_month(_first_day(asked["month"])) if "month" in asked else None
        months = statement_months(self.machine(), institution=asked.get("institution"), span=span)
        return Response(StatementMonthsOutput({"items": months}).data)


class StatementDetail(PartnerView):
    """GET /statements/{institution}/{month}: what the page, the paper and the workbook of that month say."""

    resource = "statements"
    output = StatementOutput
    operations = {
        "get": Operation(
            name="getStatement",
            summary=_("Get an institution's statement of one month"),
            description=_(
                "As the journal has it, to the cent. A district reads the part that it answers for."
            ),
            example=EXAMPLE,
        )
    }

    def get(self, request: Request, institution: UUID, month: str) -> Response:
        """Return the statement as far as the office sees the institution's claims."""
        user = self.machine()
        found = institutions_with_statements(user).filter(public_id=institution).first()
        if found is None or not re.fullmatch(MONTH, month):
            raise NOTHING_HERE
        statement: Any = claim_statement(user, found, span_of_month(_first_day(month)), now=timezone.now())
        for netting in statement.set_off:
            recovery = netting.recovery
            netting.reason_texts = in_every_language(recovery_sentence(recovery.reason, recovery.facts))
        return Response(StatementOutput(statement).data)


def _first_day(month: str) -> date:
    return date.fromisoformat(f"{month}-01")
