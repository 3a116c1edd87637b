import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _

from partners.models.client import PartnerClient

# The half year that every request must be kept for, at least.
KEPT_DAYS = 183


class ApiAccess(models.Model):
    """One request that somebody made of the API: by which client, to which route, with what outcome.

    Neither the address that was asked from nor what was asked for can be read here. Refused requests are kept, too;
    without a client where nobody showed who they are.
    """

    client = models.ForeignKey(
        PartnerClient,
        verbose_name=_("Partner system"),
        null=True,
        on_delete=models.PROTECT,
        related_name="accesses",
        db_index=False,
    )
    at = models.DateTimeField(_("At"))
    method = models.CharField(_("Method"), max_length=8)
    route = models.CharField(_("Route"), max_length=128, blank=True)
    status = models.PositiveSmallIntegerField(_("Status"))
    milliseconds = models.PositiveIntegerField(_("Milliseconds"))
    request_bytes = models.PositiveBigIntegerField(_("Size of the request"))
    answer_bytes = models.PositiveBigIntegerField(_("Size of the answer"))
    request_id = models.CharField(_("Number of the request"), max_length=64, blank=True)
    address_hash = models.CharField(_("Hash of the address"), max_length=64)

    class Meta:
        verbose_name = _("API request")
        verbose_name_plural = _("API requests")
        indexes = [
            models.Index(fields=["client", "-at"], name="api_access_of_client"),
            models.Index(fields=["at"], name="api_access_at"),
        ]
        triggers = [
            pgtrigger.Protect(name="no_update", operation=pgtrigger.Update),
            pgtrigger.Trigger(
                name="kept_half_a_year",
                operation=pgtrigger.Delete,
                when=pgtrigger.Before,
                func=f"""
                IF OLD.at > now() - interval '{KEPT_DAYS} days' THEN
                    RAISE EXCEPTION 'kept_half_a_year: % keeps its rows so long', TG_TABLE_NAME;
                END IF;
                RETURN OLD;
                """,
            ),
            pgtrigger.Trigger(
                name="no_truncate",
                operation=pgtrigger.Truncate,
                when=pgtrigger.Before,
                level=pgtrigger.Statement,
                func="RAISE EXCEPTION 'no_truncate: % keeps every row', TG_TABLE_NAME;",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.method} {self.route} {self.status}"
