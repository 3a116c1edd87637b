from typing import Any, ClassVar

from django.conf import settings
from django.db import models

from chongqing_dte.foundation.constraints import append_only


class AuditEvent(models.Model):
    """One thing that somebody, or the system itself, did to one row. Holds ids and codes, never personal data."""

    name = models.CharField(max_length=64)
    subject_type = models.CharField(max_length=64)
    subject_id = models.BigIntegerField()
    # Empty when a worker acted by itself.
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    at = models.DateTimeField()
    request_id = models.CharField(max_length=64, blank=True)
    reason = models.TextField(blank=True)
    facts = models.JSONField(default=dict)

    class Meta:
        indexes: ClassVar[list[Any]] = [
            models.Index(name="audit_by_subject", fields=["subject_type", "subject_id", "id"])
        ]
        triggers = append_only()

    def __str__(self) -> str:
        return f"{self.name} {self.subject_type} {self.subject_id}"


class Heartbeat(models.Model):
    """When a part of the system that nobody watches was last seen alive."""

    name = models.CharField(max_length=32, primary_key=True)
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} {self.seen_at:%F %T}"
