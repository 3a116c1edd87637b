from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class EnrollmentConfig(AppConfig):
    name = "enrollment"
    verbose_name = _("Classes and trainees")

    def ready(self) -> None:
        """Say which rows of the app can be followed."""
        # Models are not there yet when this module is imported.
        from enrollment.resources import register

        register()
