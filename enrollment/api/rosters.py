from datetime import UTC
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from chongqing_dte.foundation.api import BoundedList
from chongqing_dte.foundation.errors import InvalidTransition
from chongqing_dte.foundation.sentences import gettext_lazy as _
from chongqing_dte.foundation.sentences import in_every_language
from enrollment import queries
from enrollment.api.classes import class_of
from enrollment.enums import RosterSource, RosterStatus, RowOutcome
from enrollment.models import RosterRow, RosterUpload
from enrollment.roster.columns import ROSTER_COLUMNS
from enrollment.roster.messages import failure_text, message_for
from enrollment.services.roster_confirmation import confirm_roster, reject_roster
from enrollment.services.roster_uploads import receive_roster_rows
from institutions.models import User
from partners.rest.bulk import Input, NothingInput
from partners.rest.listing import (
    DetailView,
    FollowedView,
    SyncList,
    SyncOutput,
    SyncParameters,
    list_operation,
)
from partners.rest.operations import Operation, Refusal
from partners.rest.schema import TextsOutput

MOST_ROWS = 5000
MOST_PROBLEMS = 500
LARGEST_NUMBER = 2**31 - 1
EXAMPLE = {
    "id": "a0b1c2d3-e4f5-4a6b-8c7d-8e9f0a1b2c3d",
    "changed_at": "2026-11-25T01:00:00.000401Z",
    "class_id": "0d4e9c1a-6f0b-4a57-9d5c-3f2f6b1f7a10",
    "source": "API",
    "status": "READY",
    "failure": None,
    "row_count": 40,
    "new_count": 38,
    "changed_count": 0,
    "unchanged_count": 0,
    "refused_count": 2,
    "warned_count": 1,
    "put_in_count": 0,
    "takes_warned_rows": False,
    "uploaded_at": "2026-11-25T01:00:00Z",
    "checked_at": "2026-11-25T01:00:03Z",
    "confirmed_at": None,
}
RECEIVED = {
    **EXAMPLE,
    "status": "RECEIVED",
    "checked_at": None,
    **dict.fromkeys(("row_count", "new_count", "refused_count", "warned_count"), 0),
}
CONFIRMED = {
    **EXAMPLE,
    "status": "PARTLY_CONFIRMED",
    "put_in_count": 38,
    "takes_warned_rows": True,
    "confirmed_at": "2026-11-25T02:00:00Z",
}
ROW = {
    "name": "李示范",
    "id_number": "500112200305010017",
    "mobile": "13800000000",
    "category": "GRADUATING_STUDENT",
    "education": "BACHELOR",
    "school": "重庆大学",
    "student_number": "20220001",
    "graduated_on": "2026-06-30",
}
PROBLEMS = {
    "rows": [
        {
            "number": 4,
            "outcome": "REFUSED",
            "problems": [
                {
                    "column": "mobile",
                    "code": "mobile_format",
                    "severity": "error",
                    "texts": {
                        "zh-Hans": "手机号为 11 位，以 13 至 19 开头。",
                        "en": "A mobile number has 11 digits and begins with 13 to 19.",
                    },
                }
            ],
        }
    ],
    "next_after": 4,
    "has_more": False,
}


class FailureOutput(serializers.Serializer[Any]):
    """Why a whole roster was refused."""

    code = serializers.CharField()
    texts = TextsOutput()


class RosterOutput(SyncOutput):
    """One list of people for one class. Nothing of it goes in before it is confirmed."""

    class_id = serializers.UUIDField(source="training_class.public_id")
    status = serializers.ChoiceField(choices=RosterStatus.choices)
    failure = serializers.SerializerMethodField()
    row_count = serializers.IntegerField()
    new_count = serializers.IntegerField()
    changed_count = serializers.IntegerField()
    unchanged_count = serializers.IntegerField()
    refused_count = serializers.IntegerField()
    warned_count = serializers.IntegerField(help_text=_("Of the new and changed rows, those with a warning."))
    put_in_count = serializers.IntegerField()
    takes_warned_rows = serializers.BooleanField()
    uploaded_at = serializers.DateTimeField(default_timezone=UTC)
    checked_at = serializers.DateTimeField(allow_null=True, default_timezone=UTC)
    confirmed_at = serializers.DateTimeField(allow_null=True, default_timezone=UTC)

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        # Not among the above, where it would hide what every serializer has under this name.
        return {**super().get_fields(), "source": serializers.ChoiceField(choices=RosterSource.choices)}

    @extend_schema_field(FailureOutput(allow_null=True))
    def get_failure(self, upload: RosterUpload) -> dict[str, Any] | None:
        if upload.status != RosterStatus.FAILED:
            return None
        text = failure_text(upload.failure_code, upload.failure_parameters)
        return {"code": upload.failure_code, "texts": in_every_language(text)}


class RosterParameters(SyncParameters):
    class_id = serializers.UUIDField(
        required=False, source="training_class__public_id", help_text=_("Only those of this class.")
    )


class RosterRowInput(Input):
    """One person, with the columns of the template. What is in them is checked later, as that of a file."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {
            column.key: serializers.CharField(
                required=False,
                allow_blank=True,
                trim_whitespace=False,
                max_length=column.max_length * 2,
                help_text=f"{column.zh} / {column.en}",
            )
            for column in ROSTER_COLUMNS
        }


class RosterInput(Input):
    """A roster as rows."""

    rows = BoundedList(child=RosterRowInput(), allow_empty=False, max_length=MOST_ROWS)


class ConfirmationInput(Input):
    """Whether the rows with warnings go in, too."""

    takes_warned_rows = serializers.BooleanField(default=False)


class AfterInput(Input):
    after = serializers.IntegerField(
        required=False,
        default=0,
        min_value=0,
        max_value=LARGEST_NUMBER,
        help_text=_("The next_after of the page before."),
    )
    limit = serializers.IntegerField(required=False, default=100, min_value=1, max_value=MOST_PROBLEMS)


class RowProblemOutput(serializers.Serializer[Any]):
    """One thing found in one cell. What stands in the cell is not told."""

    column = serializers.CharField()
    code = serializers.CharField()
    severity = serializers.ChoiceField(choices=["error", "warning"])
    texts = TextsOutput()


class RosterRowOutput(serializers.Serializer[Any]):
    """A row in which something was found."""

    number = serializers.IntegerField(help_text=_("The row, counted from 1, or as in the file."))
    outcome = serializers.ChoiceField(choices=RowOutcome.choices)
    problems = RowProblemOutput(many=True)


class RosterProblemsOutput(serializers.Serializer[Any]):
    """Rows in which something was found, in their order."""

    rows = RosterRowOutput(many=True)
    next_after = serializers.IntegerField()
    has_more = serializers.BooleanField()


class Followed(FollowedView):
    resource = "rosters"
    kind = "roster-submissions"
    output: ClassVar[type[serializers.Serializer[Any]] | None] = RosterOutput

    def visible(self, user: User) -> QuerySet[RosterUpload]:
        return queries.roster_uploads_visible_to(user)


class RosterList(Followed, SyncList):
    """GET /roster-submissions: every roster of the classes that the office sees."""

    parameters = RosterParameters
    operations = list_operation(
        "listRosterSubmissions",
        _("List the roster submissions, or what changed of them since"),
        EXAMPLE,
        RosterParameters,
    )


class RosterDetail(Followed, DetailView):
    """GET /roster-submissions/{id}: one roster."""

    operations = {
        "get": Operation(name="getRosterSubmission", summary=_("Get one roster submission"), example=EXAMPLE)
    }


class RosterProblems(Followed):
    """GET /roster-submissions/{id}/problems: what was found, row by row."""

    output = RosterProblemsOutput
    operations = {
        "get": Operation(
            name="listRosterProblems",
            summary=_("List what was found in a roster, row by row"),
            example=PROBLEMS,
            parameters=AfterInput,
        )
    }

    def get(self, request: Request, public_id: UUID) -> Response:
        """Return the next rows in which something was found."""
        asked = self.asked(AfterInput)
        rows = queries.roster_problems_after(
            self.found(public_id), number=asked["after"], limit=asked["limit"] + 1
        )
        shown = rows[: asked["limit"]]
        return Response(
            {
                "rows": [_row_shown(row) for row in shown],
                "next_after": shown[-1].number if shown else asked["after"],
                "has_more": len(rows) > len(shown),
            }
        )


class RosterHandIn(Followed):
    """POST /classes/{id}/roster-submissions: hand in a roster as rows."""

    operations = {
        "post": Operation(
            name="handInRoster",
            summary=_("Hand in a roster"),
            description=_(
                "The rows are checked in the background, as those of a file. The same rows for the same class are "
                "the same submission. Nobody is enrolled before it is confirmed."
            ),
            status=202,
            request=RosterInput,
            request_example={"rows": [ROW]},
            example=RECEIVED,
            refusals=[Refusal(422, "class_takes_no_rosters")],
        )
    }

    def post(self, request: Request, public_id: UUID) -> Response:
        """Keep the rows for a worker to check."""
        upload = receive_roster_rows(
            class_id=class_of(self.machine(), public_id).pk,
            uploader=self.machine(),
            entries=self.given(RosterInput)["rows"],
            now=timezone.now(),
        )
        return Response(self.shown_now(upload.public_id), status=202)


class RosterConfirmation(Followed):
    """POST /roster-submissions/{id}/confirmation: put the good rows in."""

    operations = {
        "post": Operation(
            name="confirmRoster",
            summary=_("Put the good rows of a roster in"),
            request=ConfirmationInput,
            request_example={"takes_warned_rows": True},
            example=CONFIRMED,
            refusals=[InvalidTransition, Refusal(422, "only_warned_rows")],
        )
    }

    def post(self, request: Request, public_id: UUID) -> Response:
        """Enroll the newcomers, and change what the rows say otherwise."""
        confirm_roster(
            upload_id=self.found(public_id).pk,
            confirmer=self.machine(),
            takes_warned_rows=self.given(ConfirmationInput)["takes_warned_rows"],
            holders_of=queries.certificate_holders(),
            now=timezone.now(),
        )
        return Response(self.shown_now(public_id))


class RosterRejection(Followed):
    """POST /roster-submissions/{id}/rejection: put a roster aside."""

    operations = {
        "post": Operation(
            name="rejectRoster",
            summary=_("Put a roster aside, and nothing of it in"),
            request=NothingInput,
            request_example={},
            example={**EXAMPLE, "status": "REJECTED"},
            refusals=[InvalidTransition],
        )
    }

    def post(self, request: Request, public_id: UUID) -> Response:
        """Put it aside."""
        self.given(NothingInput)
        reject_roster(upload_id=self.found(public_id).pk, rejecter=self.machine(), now=timezone.now())
        return Response(self.shown_now(public_id))


def _row_shown(row: RosterRow) -> dict[str, Any]:
    problems = [
        {
            **{name: problem[name] for name in ("column", "code", "severity")},
            "texts": in_every_language(message_for(problem["code"], problem["parameters"])),
        }
        for problem in row.problems
    ]
    return {"number": row.number, "outcome": row.outcome, "problems": problems}
