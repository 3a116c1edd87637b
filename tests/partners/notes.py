"""A little API as an app would write it, to see what every endpoint of the real one does. No office has notes."""

import os
import signal
from concurrent.futures import Future
from datetime import date

from django.db import transaction
from django.urls import include, path
from rest_framework import serializers
from rest_framework.response import Response

from chongqing_dte.foundation.audit import record_event
from chongqing_dte.foundation.errors import Busy, DomainError
from chongqing_dte.foundation.sentences import gettext as _
from partners.rest import versions
from partners.rest.bulk import BulkOutput, Input, answer_each, bulk_input
from partners.rest.operations import Operation
from partners.rest.views import PartnerView
from tests.clock import NOW

EXAMPLE = {"id": "a", "name": "Ada", "changed_at": "2026-03-09T09:00:00+08:00", "pages": 3}
ITEMS = [{**EXAMPLE, "id": name} for name in ("a", "b")]
GIVEN = {"name": "Ada", "rows": [{"mobile": "13800000000"}]}

NEWER = versions.Versions(
    [
        *versions.VERSIONS,
        versions.Version(
            name="2027-06-01",
            released_on=date(2027, 6, 1),
            changes=("title is called name, and pages are counted.",),
            down={
                "classes": versions.DownStep(
                    down=lambda note: {
                        **{name: value for name, value in note.items() if name not in ("name", "pages")},
                        "title": note["name"],
                    },
                    added=frozenset({"name", "pages"}),
                    removed=frozenset({"title"}),
                )
            },
        ),
    ]
)


class NameTaken(DomainError):
    """There is a note of this name."""

    status_code = 409
    code = "name_taken"


class NoteRowInput(Input):
    mobile = serializers.CharField(min_length=11, max_length=11)


class NoteInput(Input):
    name = serializers.CharField(max_length=8)
    rows = NoteRowInput(many=True, required=False)


class PageInput(Input):
    limit = serializers.IntegerField(min_value=1, max_value=500, required=False)


class NoteOutput(serializers.Serializer):
    id = serializers.CharField()
    name = serializers.CharField()
    pages = serializers.IntegerField()
    changed_at = serializers.DateTimeField()


class Work:
    """What the work on a note does, besides writing: whatever a test wants."""

    during = staticmethod(lambda: None)
    after = staticmethod(lambda: None)


@transaction.atomic(durable=True)
def write_note(*, name, author):
    if name == "taken":
        raise NameTaken(_("There is a note of the name %(name)s already.") % {"name": name})
    if name == "broken":
        raise ValueError("12345678901")
    record_event("note.written", subject=author, actor_id=author.pk, at=NOW)
    Work.during()


class Notes(PartnerView):
    resource = "classes"
    output = NoteOutput
    operations = {
        "get": Operation(
            name="listNotes", summary="List notes", example=EXAMPLE, is_list=True, parameters=PageInput
        ),
        "post": Operation(
            name="writeNote",
            summary="Write a note",
            status=201,
            request=NoteInput,
            request_example=GIVEN,
            example=EXAMPLE,
            refusals=(NameTaken,),
        ),
    }

    def get(self, request):
        self.asked(PageInput)
        return Response({"items": ITEMS, "next_cursor": "x", "has_more": False})

    def post(self, request):
        given = self.given(NoteInput)
        if given["name"] == "busy":
            raise Busy
        write_note(name=given["name"], author=self.machine())
        Work.after()
        name = "x" * 2_000_000 if given["name"] == "long" else given["name"]
        return Response({**EXAMPLE, "name": name}, status=201, headers={"Location": "/api/v1/notes/a"})


class Note(PartnerView):
    resource = "classes"
    output = NoteOutput
    operations = {"get": Operation(name="readNote", summary="Read a note", example=EXAMPLE)}

    def get(self, request, name):
        if name == "broken":
            raise ValueError("13800000000")
        return Response(EXAMPLE)


class NewerNote(Note):
    published = NEWER
    operations = {}


class NoteBulk(PartnerView):
    resource = "classes"
    operations = {
        "post": Operation(
            name="writeNotes",
            summary="Write many notes",
            status=207,
            request=bulk_input(NoteInput, most=3),
            request_example={"items": [{"request_id": "1", **GIVEN}]},
            answer=BulkOutput,
            example={"results": [{"request_id": "1", "status": 201, "id": "a"}]},
            refusals=(NameTaken,),
        )
    }

    def post(self, request):
        given = self.given(bulk_input(NoteInput, most=3))
        return answer_each(given["items"], NoteInput, self._written)

    def _written(self, given):
        write_note(name=given["name"], author=self.machine())
        return 201, "a"


def die():
    """End this process as nothing else does: no handler runs, nothing is rolled back by us."""
    os.kill(os.getpid(), signal.SIGKILL)


def hold_until(released: Future):
    """Return work that lasts until a test is done with something else."""
    return lambda: released.result(timeout=30)


urlpatterns = [
    path("api/v1/notes", Notes.as_view()),
    path("api/v1/notes/bulk", NoteBulk.as_view()),
    path("api/v1/notes/<str:name>", Note.as_view()),
    path("api/v1/newer/<str:name>", NewerNote.as_view()),
    path("", include("chongqing_dte.urls")),
]
handler400 = "partners.api.about.bad_request"
handler404 = "chongqing_dte.foundation.api.not_found"
handler500 = "partners.api.about.server_error"
