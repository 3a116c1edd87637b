from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class InstitutionsConfig(AppConfig):
    name = "institutions"
    verbose_name = _("Institutions")

    def ready(self) -> None:
        """Say which rows of the app can be followed."""
        # Models are not there yet when this module is imported.
        from institutions.resources import register

        register()
