from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from chongqing_dte.foundation.resources import REGISTRY


class PartnersConfig(AppConfig):
    name = "partners"
    verbose_name = _("Partner systems")

    def ready(self) -> None:
        """Have what changes queued for whoever is told of it, by whoever stamps it."""
        from partners.services.webhook_steps import queue_webhooks

        REGISTRY.on_stamped(queue_webhooks)
