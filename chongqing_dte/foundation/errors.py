"""What can be wrong with a request. The text of each is fit to show to the person who made it."""

from collections.abc import Callable
from typing import ClassVar

from django.contrib import messages
from django.db import DataError, IntegrityError, InternalError, OperationalError
from django.db.backends.postgresql.psycopg_any import errors
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect, render
from django.urls import is_valid_path
from django.utils.http import url_has_allowed_host_and_scheme

from chongqing_dte.foundation.sentences import gettext_lazy as _

# What one bad row makes a set of rows fail with. A lost connection is not among them: that is nobody's row.
POISON = (IntegrityError, DataError, InternalError, ArithmeticError, LookupError, ValueError)

# What the database ends a transaction with because of others, and not because of what it did.
IN_THE_WAY = (errors.DeadlockDetected, errors.LockNotAvailable)


class DomainError(Exception):
    """Something that the user can put right. `code` is stable and goes to machines, the text goes to people."""

    status_code: ClassVar[int] = 422
    code: str = "refused"

    def __init__(self, message: object, *, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        if code is not None:
            self.code = code

    def __str__(self) -> str:
        return str(self.message)


class NotPermitted(DomainError):
    """The person may see the row and may not do this to it."""

    status_code = 403
    code = "not_permitted"

    def __init__(self, message: object = _("You may not do this.")) -> None:
        super().__init__(message)


class InvalidTransition(DomainError):
    """The row is not in a state from which this can be done."""

    status_code = 409
    code = "invalid_transition"


class Busy(DomainError):
    """Others held what was needed for too long, or waited in a ring with this one. Its transaction was undone."""

    status_code = 409
    code = "busy"

    def __init__(self) -> None:
        super().__init__(_("Somebody else is working on the same at this moment. Try again in a moment."))


def as_refusal(exception: Exception) -> DomainError | None:
    """Return what to tell whoever made the request, or None if it is nothing that they can put right."""
    if isinstance(exception, OperationalError) and isinstance(exception.__cause__, IN_THE_WAY):
        return Busy()
    return exception if isinstance(exception, DomainError) else None


class DomainErrorMiddleware:
    """Shows a domain error that no view answered: a page with the reason and the right status code.

    Whoever signs in again in the middle of a form, or opens the address of one, comes to the page that it stands on.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.method == "GET" and isinstance(response, HttpResponseNotAllowed):
            return _instead_of_a_form(request, response)
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        refusal = as_refusal(exception)
        if refusal is None:
            return None
        messages.error(request, str(refusal))
        context = {"error": refusal, "back": _came_from(request)}
        return render(request, "refused.html", context, status=refusal.status_code)


def _instead_of_a_form(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Lead to the nearest page above an address that only takes a form; where there is none, say what it is."""
    if page := _page_above(request.path):
        messages.warning(
            request, _("If you had entered something, it was not taken in. Enter it again here.")
        )
        return redirect(page)
    text = _("This address only takes a form. Open the page with the form again and repeat the entry.")
    messages.warning(request, text)
    response.content = render(request, "refused.html", {"back": ""}).content
    return response


def _page_above(path: str) -> str:
    """Return the nearest address above this one that the portal knows, but never its first page; or nothing."""
    while (path := path.rstrip("/").rpartition("/")[0] + "/") != "/":
        if is_valid_path(path):
            return path
    return ""


def _came_from(request: HttpRequest) -> str:
    """Return the page of the portal that the request was sent from, or nothing."""
    page = request.headers.get("Referer", "")
    return page if url_has_allowed_host_and_scheme(page, allowed_hosts={request.get_host()}) else ""
