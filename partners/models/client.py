import uuid
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from oauth2_provider.models import AbstractApplication

from chongqing_dte.foundation.constraints import both_or_neither, frozen, frozen_when
from partners.enums import Scope

SLOWEST, FASTEST = 1, 6000
USUAL_RATE = 600
# A hash begins with its algorithm.
HASHED = r"^[a-z0-9_]+\$."
# The first version of the API, for a client that names none.
FIRST_VERSION = "2026-12-01"


class NetworkField(models.CharField):
    """A network of addresses, as `192.0.2.0/24` or `2001:db8::/32`. PostgreSQL refuses what is none."""

    description = _("Network")

    def db_type(self, connection: Any) -> str:
        """Return the column's type."""
        return "cidr"

    def from_db_value(self, value: object, _expression: object, _connection: object) -> str | None:
        """Return the network as text, whatever the driver made of it."""
        return None if value is None else str(value)


class PartnerClient(AbstractApplication):
    """One partner's system that asks by the API: an OAuth client that acts as one machine of one office.

    The machine says whose rows it sees, the scopes say what it may do with them. Only client credentials: what other
    grants would need is no column here. Its row stays when it is revoked.
    """

    client_type = AbstractApplication.CLIENT_CONFIDENTIAL
    authorization_grant_type = AbstractApplication.GRANT_CLIENT_CREDENTIALS
    registration_source = AbstractApplication.RegistrationSource.MANUAL
    redirect_uris = post_logout_redirect_uris = allowed_origins = algorithm = ""
    hash_client_secret = True
    skip_authorization = False
    cimd_expires_at = created = updated = None

    public_id = models.UUIDField(_("Public number"), default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(_("Name of the system"), max_length=64)
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, verbose_name=_("Machine"), on_delete=models.PROTECT, related_name="+"
    )
    scopes = ArrayField(models.CharField(max_length=32), verbose_name=_("Scopes"))
    # None: from anywhere.
    allowed_networks = ArrayField(
        NetworkField(), verbose_name=_("Allowed networks"), default=list, blank=True
    )
    certificate_sha256 = models.CharField(_("Checksum of its certificate"), max_length=64, blank=True)
    api_version = models.CharField(_("Version of the API"), max_length=10, default=FIRST_VERSION)
    requests_per_minute = models.PositiveIntegerField(_("Requests a minute"), default=USUAL_RATE)
    issued_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("Issued by"), on_delete=models.PROTECT, related_name="+"
    )
    issued_at = models.DateTimeField(_("Issued at"))
    secret_made_at = models.DateTimeField(_("Secret made at"))
    # The one before, for as long as it still opens.
    former_secret = models.CharField(_("Former secret"), max_length=255, blank=True)
    former_secret_ends_at = models.DateTimeField(_("Former secret ends at"), null=True)
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("Revoked by"),
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    revoked_at = models.DateTimeField(_("Revoked at"), null=True)
    revocation_reason = models.TextField(_("Reason of the revocation"), blank=True)

    class Meta:
        verbose_name = _("Partner system")
        verbose_name_plural = _("Partner systems")
        ordering = ["name", "pk"]
        constraints = [
            models.CheckConstraint(name="client_has_name", condition=~Q(name="")),
            models.CheckConstraint(name="client_has_scopes", condition=Q(scopes__len__gt=0)),
            models.CheckConstraint(
                name="client_scopes_known", condition=Q(scopes__contained_by=Scope.values)
            ),
            models.CheckConstraint(
                name="client_certificate_is_sha256",
                condition=Q(certificate_sha256="") | Q(certificate_sha256__regex="^[0-9a-f]{64}$"),
            ),
            models.CheckConstraint(
                name="client_version_is_a_date",
                condition=Q(api_version__regex="^20[0-9]{2}-[0-1][0-9]-[0-3][0-9]$"),
            ),
            models.CheckConstraint(
                name="client_rate_in_range", condition=Q(requests_per_minute__range=(SLOWEST, FASTEST))
            ),
            # The toolkit would take what is no hash for a secret in the clear.
            models.CheckConstraint(name="client_secret_hashed", condition=Q(client_secret__regex=HASHED)),
            models.CheckConstraint(
                name="client_former_secret_hashed",
                condition=Q(former_secret="", former_secret_ends_at__isnull=True)
                | Q(former_secret__regex=HASHED, former_secret_ends_at__isnull=False),
            ),
            models.CheckConstraint(
                name="client_former_secret_ends_later",
                condition=Q(former_secret_ends_at__isnull=True)
                | Q(former_secret_ends_at__isnull=False, former_secret_ends_at__gte=F("secret_made_at")),
            ),
            both_or_neither("revoked_by", "revoked_at", name="client_revocation_complete"),
            models.CheckConstraint(
                name="client_revoked_for_a_reason",
                condition=Q(revoked_at__isnull=True, revocation_reason="")
                | (Q(revoked_at__isnull=False) & ~Q(revocation_reason="")),
            ),
        ]
        triggers = [
            *frozen("public_id", "client_id", "user", "issued_by", "issued_at"),
            frozen_when(
                "OLD.revoked_at IS NOT NULL",
                "name",
                "scopes",
                "allowed_networks",
                "certificate_sha256",
                "api_version",
                "requests_per_minute",
                "client_secret",
                "secret_made_at",
                "former_secret",
                "former_secret_ends_at",
                "revoked_by",
                "revoked_at",
                "revocation_reason",
                name="client_stays_revoked",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def former_secret_holds(self, now: datetime) -> bool:
        """Test whether the secret before the last one still opens."""
        return self.former_secret_ends_at is not None and now < self.former_secret_ends_at
