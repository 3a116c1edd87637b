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


class PendingChange(models.Model):
    """One row that changed and has no place in the order yet. Triggers write it down, the stamper takes it."""

    kind = models.CharField(max_length=32)
    subject_id = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.kind} {self.subject_id}"


class ResourceChange(models.Model):
    """When one row changed last for one office that sees it, or when it was gone for one that saw it."""

    pk = models.CompositePrimaryKey("kind", "subject_id", "office")
    kind = models.CharField(max_length=32)
    subject_id = models.BigIntegerField()
    office = models.CharField(max_length=48)
    # What the row is called outside. Whoever is told that it is gone cannot look it up.
    public_id = models.UUIDField()
    changed_at = models.DateTimeField()
    is_gone = models.BooleanField()

    class Meta:
        indexes: ClassVar[list[Any]] = [
            models.Index(name="change_of_office", fields=["office", "kind", "changed_at", "subject_id"])
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject_id} {self.office}"


class ChangeClock(models.Model):
    """The moment of the last stamp, in one row, which whoever stamps holds until its transaction has committed."""

    last_changed_at = models.DateTimeField()
    # Which of its lives the database is in, and how that is told: another one begins with every restore.
    era = models.UUIDField()
    identity = models.CharField(max_length=64)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(name="change_clock_is_one", condition=models.Q(id=1))
        ]

    def __str__(self) -> str:
        return f"{self.last_changed_at:%F %T.%f}"
