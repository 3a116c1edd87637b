import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from chongqing_dte.foundation.constraints import frozen, implies, known_value, never_deleted
from chongqing_dte.foundation.crypto import EncryptedTextField
from enrollment.enums import AccountSource


class Trainee(models.Model):
    """One person, once, whatever classes they take. Found by the keyed hash of the ID number."""

    public_id = models.UUIDField(_("Public number"), default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(_("Name"), max_length=64)
    id_number = EncryptedTextField(_("ID number"))
    id_number_hash = models.CharField(max_length=64, unique=True)
    birth_date = models.DateField(_("Birth date"))
    mobile = EncryptedTextField(_("Mobile"))
    recorded_at = models.DateTimeField(_("Recorded at"))

    class Meta:
        verbose_name = _("Trainee")
        verbose_name_plural = _("Trainees")
        triggers = never_deleted()

    def __str__(self) -> str:
        return str(self.public_id)


class BankAccount(models.Model):
    """One bank account that a trainee is paid to. A correction is a new row: a payment keeps the one it used."""

    trainee = models.ForeignKey(Trainee, on_delete=models.PROTECT, related_name="bank_accounts")
    number = EncryptedTextField(_("Account"))
    number_hash = models.CharField(max_length=64, db_index=True)
    last_four = models.CharField(max_length=4)
    bank_name = models.CharField(_("Bank"), max_length=128)
    cnaps = models.CharField(_("CNAPS code"), max_length=12)
    source = models.CharField(_("Source"), max_length=12, choices=AccountSource)
    reason = models.TextField(_("Reason"), blank=True)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("Recorded by"), on_delete=models.PROTECT, related_name="+"
    )
    recorded_at = models.DateTimeField(_("Recorded at"))
    replaced_at = models.DateTimeField(_("Replaced at"), null=True, blank=True)

    class Meta:
        verbose_name = _("Bank account")
        verbose_name_plural = _("Bank accounts")
        constraints = [
            models.UniqueConstraint(
                name="bank_account_one_current_per_trainee",
                fields=["trainee"],
                condition=Q(replaced_at__isnull=True),
            ),
            known_value("source", AccountSource, name="bank_account_source_known"),
            models.CheckConstraint(
                name="bank_account_cnaps_has_12_digits", condition=Q(cnaps__regex=r"^[0-9]{12}$")
            ),
            implies(
                Q(source=AccountSource.CORRECTION), ~Q(reason=""), name="bank_account_correction_has_reason"
            ),
        ]
        triggers = frozen(
            "trainee", "number", "number_hash", "last_four", "bank_name", "cnaps", "recorded_at"
        )

    def __str__(self) -> str:
        return f"****{self.last_four}"
