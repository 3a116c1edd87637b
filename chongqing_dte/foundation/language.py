from collections.abc import Callable

from django.http import HttpRequest, HttpResponse


class ChosenLanguageMiddleware:
    """Chinese unless the person chose otherwise: many offices have browsers that ask for English unasked."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.META.pop("HTTP_ACCEPT_LANGUAGE", None)
        return self.get_response(request)
