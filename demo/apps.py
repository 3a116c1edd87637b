from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, register


class DemoConfig(AppConfig):
    name = "demo"
    verbose_name = "Demo"

    def ready(self) -> None:
        register(made_up_people_are_allowed)


def made_up_people_are_allowed(*_: Any, **__: Any) -> list[CheckMessage]:
    """Refuse to start where the demo is installed and the settings do not say that nobody in it is real."""
    if getattr(settings, "MADE_UP_PEOPLE_ALLOWED", False):
        return []
    return [
        Error(
            "The demo is installed beside real people.",
            hint="Take it out of INSTALLED_APPS; it is for development and tests.",
            id="demo.E001",
        )
    ]
