"""Logs as one JSON line an event, with the request's id, which Celery tasks carry on."""

import logging
import logging.config
import re
import uuid
from collections.abc import Callable, Mapping
from typing import Any

import structlog
from celery import signals
from django.http import HttpRequest, HttpResponse

HEADER = "X-Request-ID"
ACCEPTABLE_ID = re.compile(r"[A-Za-z0-9-]{8,64}\Z")
# A run of 11 or more digits is a mobile number, an ID number or an account, and no log needs it. What is kept
# are UUIDs and hexadecimal hashes, in which such a run means nothing.
LONG_NUMBER = re.compile(
    r"(?P<kept>\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\b(?=\w*[a-f])[0-9a-f]{32,64}\b)|\d{11,}[Xx]?"
)


def mask_long_numbers(_logger: Any, _method: str, event: dict[str, Any]) -> dict[str, Any]:
    """Blank out anything that could be an ID number, a mobile number or an account, as the last step of all."""
    # Names with an underscore are structlog's own and are never printed.
    kept = {key: value for key, value in event.items() if key == "request_id" or key.startswith("_")}
    return {key: kept[key] if key in kept else _masked(value) for key, value in event.items()}


def _masked(value: Any) -> Any:
    if value is None or isinstance(value, bool | float):
        return value
    if isinstance(value, Mapping):
        return {str(key): _masked(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_masked(inner) for inner in value]
    text = value if isinstance(value, str) else repr(value)
    masked = LONG_NUMBER.sub(lambda found: found["kept"] or "***", text)
    return value if masked == text and isinstance(value, int) else masked


class RouteForPath(logging.Filter):
    """Puts the route where a library names the path of a request: a path can hold what somebody typed, or a link."""

    def filter(self, record: logging.LogRecord) -> bool:
        request = getattr(record, "request", None)
        path = getattr(request, "path", None)
        if path and isinstance(record.args, tuple):
            match = getattr(request, "resolver_match", None)
            route = match.route if match else ""
            record.args = tuple(route if argument == path else argument for argument in record.args)
        return True


SHARED_PROCESSORS: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso"),
    structlog.processors.format_exc_info,
    mask_long_numbers,
]
# One list for good: a logger keeps the list that it was first used with, and whoever listens changes that list.
PROCESSORS: list[Any] = [
    structlog.stdlib.filter_by_level,
    *SHARED_PROCESSORS,
    structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
]


def configure_logging(options: dict[str, Any]) -> None:
    """Send everything, the libraries' messages too, to standard error as JSON lines. Safe to repeat."""
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "json": {
                    "()": structlog.stdlib.ProcessorFormatter,
                    "foreign_pre_chain": SHARED_PROCESSORS,
                    "processors": [
                        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                        structlog.processors.JSONRenderer(ensure_ascii=False),
                    ],
                }
            },
            "filters": {"routes": {"()": RouteForPath}},
            "handlers": {
                "lines": {"class": "logging.StreamHandler", "formatter": "json", "filters": ["routes"]}
            },
            "root": {"handlers": ["lines"], "level": options.get("level", "INFO")},
            # At the level of DEBUG it writes the tokens that it gives out.
            "loggers": {"oauthlib": {"level": "INFO"}},
        }
    )
    structlog.configure(
        processors=PROCESSORS,
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def current_request_id() -> str:
    """Return the id of the web request that this code runs for, directly or in a task that it started."""
    return str(structlog.contextvars.get_contextvars().get("request_id", ""))


def _is_acceptable(request_id: str) -> bool:
    """Test whether an id from outside is one: short, plain, and nothing that could be somebody's number."""
    return bool(ACCEPTABLE_ID.match(request_id)) and not re.search(r"\d{11}", request_id)


class RequestIdMiddleware:
    """Gives each request an id, answers with it, and writes one line about the answer."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.log = structlog.get_logger("request")

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get(HEADER, "")
        request_id = given if _is_acceptable(given) else uuid.uuid4().hex
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            response = self.get_response(request)
            # The route, not the path: a path can hold what somebody typed.
            match = request.resolver_match
            self.log.info(
                "answered",
                method=request.method,
                route=match.route if match else "",
                status=response.status_code,
            )
        response[HEADER] = request_id
        return response


@signals.before_task_publish.connect
def _carry_request_id(headers: dict[str, Any] | None = None, **_: Any) -> None:
    if headers is not None:
        headers["request_id"] = current_request_id() or uuid.uuid4().hex


@signals.task_prerun.connect
def _take_up_request_id(task: Any = None, **_: Any) -> None:
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(
        request_id=getattr(task.request, "request_id", "") or "", task=task.name
    )


@signals.setup_logging.connect
def _keep_our_logging(**_: Any) -> None:
    """Celery leaves logging alone once somebody listens to this signal."""
