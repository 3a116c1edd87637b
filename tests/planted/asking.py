"""What partners' systems ask for: only what their scopes allow, and each thing once."""

from typing import Final

from tests.planted.kinds import Rewritten

VIEWS: Final = "partners.rest.views"
ONCE: Final = "partners.services.idempotency"
ASKED: Final = "tests/partners/test_partner_view.py::test_"
REPEATED: Final = "tests/partners/test_idempotency.py::test_repeated_request_"

ASKING: Final = (
    Rewritten(
        name="scope_not_asked_for",
        bug="a token opens what it has no scope for",
        module=VIEWS,
        text="        self.check_permissions(request)\n",
        instead="",
        test=f"{ASKED}token_without_the_scope_is_refused",
    ),
    Rewritten(
        name="writing_by_the_scope_to_read",
        bug="whoever may read may write",
        module=VIEWS,
        text="{'read' if method in READING else 'write'}",
        instead="{'read' if method else 'write'}",
        test=f"{ASKED}token_without_the_scope_is_refused",
    ),
    Rewritten(
        name="answer_not_kept_at_all",
        bug="a request that is sent again is never found answered",
        module=VIEWS,
        text="            idempotency.settle(self._claim, response, is_final=self._is_final)",
        instead="            idempotency.settle(self._claim, response, is_final=False)",
        test=f"{REPEATED}is_done_once_and_answered_alike",
    ),
    Rewritten(
        name="other_body_taken_for_the_same",
        bug="another request under a key is answered as the first one",
        module=ONCE,
        text="    if (known.request, known.body_sha256) != (request, body_sha256):",
        instead="    if known.request != request:",
        test=f"{REPEATED}is_refused_with_another_body",
    ),
    Rewritten(
        name="failure_kept",
        bug="what was in the way of others for a moment is answered for days",
        module="partners.rest.idempotency",
        text="    if response.status_code >= 500 or not is_final:",
        instead="    if response.status_code >= 500:",
        test=f"{REPEATED}is_done_again_where_others_were_in_the_way",
    ),
)
