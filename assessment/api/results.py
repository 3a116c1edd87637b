from collections.abc import Mapping
from typing import Any, Final, cast

from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from assessment import policies, queries
from assessment.enums import ResultsStatus
from assessment.models import ResultsUpload
from assessment.results.columns import RESULT_COLUMNS
from assessment.results.messages import message_for
from assessment.results.people import NO_ROW
from assessment.services.results import deliver_results
from chongqing_dte.foundation.api import BoundedList
from institutions.models import User

MOST_RESULTS: Final = 20_000
LONGEST_TEXT: Final = 200
REFUSED: Final = 422
KEYS: Final = frozenset(column.key for column in RESULT_COLUMNS)


class ResultInput(serializers.Serializer[Any]):
    """One result, under the keys of the columns of a result list. What is wrong with it is the checks' question."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {
            column.key: serializers.CharField(
                required=False, allow_blank=True, allow_null=True, max_length=LONGEST_TEXT
            )
            for column in RESULT_COLUMNS
        }

    def to_internal_value(self, data: Any) -> dict[str, str]:
        """Return every cell as text. A key that is not known is refused: a misspelled one would be lost."""
        if isinstance(data, Mapping) and set(data) - KEYS:
            known = ", ".join(column.key for column in RESULT_COLUMNS)
            raise serializers.ValidationError(
                _("A field is not known. The fields of a result are: %(known)s.") % {"known": known}
            )
        return {key: text or "" for key, text in super().to_internal_value(data).items()}


class ResultsInput(serializers.Serializer[Any]):
    results = BoundedList(child=ResultInput(), allow_empty=False, max_length=MOST_RESULTS)


class SessionResults(APIView):
    """The results of a session, to report. Which session exists depends on who asks."""

    def post(self, request: Request, public_id: str) -> Response:
        """Record the results, all of them or none. The same results again are answered in the same way."""
        user = cast(User, request.user)
        session = get_object_or_404(queries.sessions_visible_to(user), public_id=public_id)
        policies.check_can_record_results(user, session)
        given = ResultsInput(data=request.data)
        given.is_valid(raise_exception=True)
        upload = deliver_results(
            session_id=session.pk,
            operator=user,
            entries=given.validated_data["results"],
            now=timezone.now(),
        )
        if upload.status != ResultsStatus.RECORDED:
            return Response(_refused(upload), status=REFUSED)
        return Response(_recorded(upload), status=201)


def _recorded(upload: ResultsUpload) -> dict[str, object]:
    return {
        "upload": str(upload.public_id),
        "results": upload.row_count,
        "passed": upload.passed_count,
        "failed": upload.failed_count,
        "absent": upload.absent_count,
        "misconduct": upload.misconduct_count,
        "certificates": upload.passed_count,
    }


def _refused(upload: ResultsUpload) -> dict[str, object]:
    return {
        "code": "results_refused",
        "detail": _(
            "The results have problems, so nothing of them was recorded. Correct them and send them again."
        ),
        "upload": str(upload.public_id),
        "problems": [
            {
                "row": None if problem["row"] == NO_ROW else problem["row"],
                "field": problem["column"],
                "code": problem["code"],
                "severity": problem["severity"],
                "detail": message_for(problem["code"], problem["parameters"]),
            }
            for problem in upload.problems
        ],
    }
