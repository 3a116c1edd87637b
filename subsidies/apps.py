from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SubsidiesConfig(AppConfig):
    name = "subsidies"
    verbose_name = _("Subsidies and payments")

    def ready(self) -> None:
        """Say which rows of the app can be followed."""
        # Models are not there yet when this module is imported.
        from subsidies.resources import register

        register()
