from partners.models.access import ApiAccess
from partners.models.client import PartnerClient
from partners.models.idempotency import IdempotentAnswer
from partners.models.webhook import WebhookDelivery, WebhookEndpoint, WebhookSecret

__all__ = [
    "ApiAccess",
    "IdempotentAnswer",
    "PartnerClient",
    "WebhookDelivery",
    "WebhookEndpoint",
    "WebhookSecret",
]
