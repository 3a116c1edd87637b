from partners.gateways.https_sender import HttpsSender as HttpsSender
from partners.gateways.https_sender import from_settings as sender_from_settings
from partners.gateways.interface import Answer as Answer
from partners.gateways.interface import WebhookSender as WebhookSender

__all__ = ["Answer", "HttpsSender", "WebhookSender", "sender_from_settings"]
