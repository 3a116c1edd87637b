import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from chongqing_dte.foundation.constraints import append_only, known_value
from subsidies.enums import JournalAccount, JournalKind
from subsidies.models.payment import Payment


class JournalEntry(models.Model):
    """One balanced double-entry record of one event: a set of grants, one release, one bank result."""

    key = models.CharField(_("Key"), max_length=96, unique=True)
    kind = models.CharField(_("Kind"), max_length=12, choices=JournalKind)
    recorded_at = models.DateTimeField(_("Recorded"))

    class Meta:
        verbose_name = _("Journal entry")
        verbose_name_plural = _("Journal entries")
        ordering = ["-id"]
        constraints = [known_value("kind", JournalKind, name="journal_kind_known")]
        triggers = [
            *append_only(),
            # Looked at once, when the transaction commits: an entry has lines, and they balance to the cent.
            pgtrigger.Trigger(
                name="journal_entry_balances",
                operation=pgtrigger.Insert,
                when=pgtrigger.After,
                timing=pgtrigger.Deferred,
                func="""
                    IF (SELECT count(*) < 2 OR sum(line.amount) <> 0
                        FROM subsidies_journalline line WHERE line.entry_id = NEW.id) THEN
                        RAISE EXCEPTION 'journal_entry_balances' USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NULL;
                """,
            ),
        ]

    def __str__(self) -> str:
        return self.key


class JournalLine(models.Model):
    """One account's part in an entry, in yuan: positive is a debit, negative a credit."""

    entry = models.ForeignKey(JournalEntry, on_delete=models.PROTECT, related_name="lines")
    account = models.CharField(pgettext_lazy("ledger", "Account"), max_length=24, choices=JournalAccount)
    amount = models.DecimalField(_("Amount"), max_digits=14, decimal_places=2)
    payment = models.ForeignKey(
        Payment, verbose_name=_("Payment"), null=True, on_delete=models.PROTECT, related_name="journal_lines"
    )
    # What this line records of a payment, once for ever: "granted", "released:1", "paid:1", "returned:1".
    fact = models.CharField(_("Fact"), max_length=24, blank=True)

    class Meta:
        verbose_name = _("Journal line")
        verbose_name_plural = _("Journal lines")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(name="journal_line_not_zero", condition=~Q(amount=0)),
            known_value("account", JournalAccount, name="journal_account_known"),
            models.UniqueConstraint(name="journal_fact_recorded_once", fields=["payment", "fact", "account"]),
            models.CheckConstraint(
                name="journal_fact_belongs_to_a_payment",
                condition=Q(payment__isnull=True, fact="") | (Q(payment__isnull=False) & ~Q(fact="")),
            ),
        ]
        triggers = [
            *append_only(),
            # A statement that adds lines adds balanced ones, so that an entry stays balanced after its commit too.
            pgtrigger.Trigger(
                name="journal_lines_balance",
                operation=pgtrigger.Insert,
                when=pgtrigger.After,
                level=pgtrigger.Statement,
                referencing=pgtrigger.Referencing(new="new_lines"),
                func="""
                    IF EXISTS (SELECT 1 FROM new_lines line GROUP BY line.entry_id HAVING sum(line.amount) <> 0) THEN
                        RAISE EXCEPTION 'journal_lines_balance' USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NULL;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account} {self.amount}"
