from django.apps import AppConfig


class FoundationConfig(AppConfig):
    name = "chongqing_dte.foundation"
    label = "foundation"
