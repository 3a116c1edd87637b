from django.db.models import OuterRef, Q, QuerySet, Subquery, Sum

from assessment.models import LevelCertificate
from assessment.queries import certificates_visible_to as issued_certificates_visible_to
from institutions.models import User
from institutions.queries import AnsweredForBy
from subsidies.models import (
    Budget,
    Entitlement,
    JournalEntry,
    Payment,
    PaymentAttempt,
    PaymentBatch,
)
from subsidies.policies import can_see_budgets, can_see_decisions, can_see_money
from subsidies.queries.claims import claims_visible_to


def certificates_visible_to(user: User) -> QuerySet[LevelCertificate]:
    """Return the certificates whose decisions this person may see, each with its live `decision`, if any."""
    certificates = (
        issued_certificates_visible_to(user) if can_see_decisions(user) else LevelCertificate.objects.none()
    )
    live = Entitlement.objects.filter(certificate=OuterRef("pk"), superseded_at__isnull=True)
    return certificates.select_related("institution", "occupation", "trainee").annotate(
        decision=Subquery(live.values("decision")[:1]),
        reason=Subquery(live.values("reason")[:1]),
        payment_status=Subquery(live.values("payment__status")[:1]),
    )


def entitlements_visible_to(user: User) -> QuerySet[Entitlement]:
    """Return the decisions that this person may see."""
    if not can_see_decisions(user):
        return Entitlement.objects.none()
    return Entitlement.objects.filter(certificate__in=issued_certificates_visible_to(user))


def payments_visible_to(user: User) -> QuerySet[Payment]:
    """Return the payments that follow from the decisions and the claims this person may see."""
    of_people = Q(entitlement__in=entitlements_visible_to(user))
    return Payment.objects.filter(of_people | Q(claim__in=claims_visible_to(user).order_by().values("pk")))


def batches_visible_to(user: User) -> QuerySet[PaymentBatch]:
    """Return the batches: those who see the money see all of them, others none."""
    batches = PaymentBatch.objects.defer("content")
    return batches if can_see_money(user) else batches.none()


def batch_lines(batch: PaymentBatch) -> QuerySet[PaymentAttempt]:
    """Return a batch's instructions in the order of the file, with what a list shows of each."""
    return (
        PaymentAttempt.objects.filter(batch=batch)
        .select_related(
            "bank_account",
            "institution_account",
            "payment__payee",
            "payment__entitlement__certificate",
            "payment__claim",
            "payment__institution",
        )
        .defer("bank_account__number", "institution_account__number")
        .order_by("line_number")
    )


def payment_attempts_visible_to(user: User) -> QuerySet[PaymentAttempt]:
    """Return the instructions to the bank, for those who see the money."""
    return PaymentAttempt.objects.all() if can_see_money(user) else PaymentAttempt.objects.none()


def budgets_visible_to(user: User) -> QuerySet[Budget]:
    """Return the budgets: the city sees all of them, a district its own and those of districts it took over from."""
    if can_see_money(user):
        return Budget.objects.all()
    if can_see_budgets(user) and user.district_id is not None:
        return Budget.objects.filter(AnsweredForBy("district_id", user.district_id))
    return Budget.objects.none()


def journal_entries_visible_to(user: User) -> QuerySet[JournalEntry]:
    """Return the journal, for those who see the money, each entry with its sum of `debits`."""
    entries = JournalEntry.objects.all() if can_see_money(user) else JournalEntry.objects.none()
    return entries.annotate(debits=Sum("lines__amount", filter=Q(lines__amount__gt=0)))
