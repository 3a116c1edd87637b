from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AssessmentConfig(AppConfig):
    name = "assessment"
    verbose_name = _("Level assessment")

    def ready(self) -> None:
        """Say which rows of the app can be followed."""
        # Models are not there yet when this module is imported.
        from assessment.resources import register

        register()
