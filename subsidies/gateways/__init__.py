"""How text messages leave the house. Which gateway does it stands in settings.SMS_GATEWAY."""

from django.conf import settings
from django.utils.module_loading import import_string

from subsidies.gateways.interface import GatewayUnavailable, SmsGateway

__all__ = ["GatewayUnavailable", "SmsGateway", "sms_gateway"]


def sms_gateway() -> SmsGateway:
    """Return the gateway that is set up: what settings.SMS_GATEWAY names makes it, with no argument."""
    gateway: SmsGateway = import_string(settings.SMS_GATEWAY)()
    return gateway
