from typing import Any

from rest_framework.response import Response
from rest_framework.views import exception_handler

from chongqing_dte.foundation.errors import DomainError


def handle_exception(problem: Exception, context: dict[str, Any]) -> Response | None:
    """Turn a domain error into its status code, for every endpoint alike."""
    if isinstance(problem, DomainError):
        return Response({"code": problem.code, "detail": str(problem)}, status=problem.status_code)
    return exception_handler(problem, context)
