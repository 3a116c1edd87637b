"""Objections: what they hold, who sees them, and what follows from one that is upheld."""

from collections.abc import Collection
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from assessment.models import LevelCertificate
from institutions.enums import MUNICIPAL_ROLES
from institutions.models import District, User
from institutions.queries import districts_answered_for
from subsidies.enums import UNPAID, ObjectionKind, ObjectionStatus, PaymentStatus
from subsidies.models import Entitlement, NoticeLine, Objection, Payment, Recovery, SubsidyClaim
from subsidies.queries.claims import lock_claim
from subsidies.queries.nettings import is_partly_set_off
from subsidies.queries.objection_holds import speaks_against_paying
from subsidies.queries.payments import said_to_be_paid
from subsidies.queries.recoveries import amounts_asked_back, asked_back, is_left_to_ask_back

UPHELD_REASON = "objection_upheld"


# ── One objection ────────────────────────────────────────────────────────────────────────────────────────
def lock_decision(entitlement_id: int) -> Entitlement:
    """Return one decision, about which nothing is paid, decided or released until this transaction ends."""
    payments = Payment.objects.select_for_update(of=("self",), no_key=True)
    list(payments.filter(entitlement=entitlement_id).values_list("pk", flat=True))
    certificates = LevelCertificate.objects.select_for_update(of=("self",), no_key=True)
    behind = Entitlement.objects.filter(pk=entitlement_id).values("certificate_id")
    list(certificates.filter(pk__in=behind).values_list("pk", flat=True))
    return Entitlement.objects.get(pk=entitlement_id)


def lock_claim_to_object_to(claim_id: int) -> SubsidyClaim:
    """Return one claim, of which nothing is paid, reviewed or released until this transaction ends."""
    payments = Payment.objects.select_for_update(of=("self",), no_key=True)
    list(payments.filter(claim=claim_id).order_by("pk").values_list("pk", flat=True))
    return lock_claim(claim_id)


def lock_objection(objection_id: int) -> Objection:
    """Return one objection that no other transaction can change until this one ends."""
    objections = Objection.objects.select_for_update(of=("self",)).select_related("entitlement", "claim")
    return objections.get(pk=objection_id)


def objection_by_receipt(public_id: UUID) -> Objection | None:
    """Return the objection with this receipt number, without what was said in it and by whom."""
    objections = Objection.objects.defer("statement", "objector_name", "contact")
    return objections.filter(public_id=public_id).first()


def has_open_objection_of_person(entitlement_id: int) -> bool:
    """Test whether the person's own objection to this decision is being looked into."""
    return Objection.objects.filter(
        entitlement=entitlement_id, kind=ObjectionKind.PERSON, status=ObjectionStatus.RAISED
    ).exists()


def line_to_object_to(notice_line_id: int) -> NoticeLine | None:
    """Return a line of a notice with its notice, and with the payment that it is about."""
    lines = NoticeLine.objects.select_related("notice", "payment").defer("notice__content")
    return lines.filter(pk=notice_line_id).first()


# ── What follows from one that is upheld ─────────────────────────────────────────────────────────────────
def payment_ids_objected_to(*, after: int, limit: int) -> list[int]:
    """Return up to `limit` payments that fall by an objection that was upheld, from behind this one on.

    One that is with the bank waits for the bank's word.
    """
    payments = Payment.objects.filter(_falls_by_an_objection(), pk__gt=after)
    return list(payments.order_by("pk").values_list("pk", flat=True)[:limit])


def lock_payments_objected_to(payment_ids: Collection[int]) -> list[Payment]:
    """Return those of these payments that still fall by an objection, locked; those of others are left out."""
    locked = list(
        Payment.objects.select_for_update(of=("self",), skip_locked=True, no_key=True)
        .filter(_falls_by_an_objection(), pk__in=payment_ids)
        .select_related("entitlement__certificate")
        .order_by("pk")
    )
    # A recovery leaves its payment as it is, so that one opened while we came to the lock shows only now.
    asked = amounts_asked_back(locked)
    return [payment for payment in locked if asked.get(payment.pk) != payment.amount]


def claim_payment_ids_objected_to(*, after: int, limit: int) -> list[int]:
    """Return up to `limit` payments whose claim falls by an objection that was upheld, as for decisions."""
    payments = Payment.objects.filter(_claim_falls_by_an_objection(), pk__gt=after)
    return list(payments.order_by("pk").values_list("pk", flat=True)[:limit])


def lock_claim_payments_objected_to(payment_ids: Collection[int]) -> list[Payment]:
    """Return those of these payments whose claim still falls, locked; those of others are left out."""
    locked = list(
        Payment.objects.select_for_update(of=("self",), skip_locked=True, no_key=True)
        .filter(_claim_falls_by_an_objection(), pk__in=payment_ids)
        .order_by("pk")
    )
    whole = _asked_back().filter(payment__in=locked, subsidy__isnull=True)
    asked = set(whole.values_list("payment_id", flat=True))
    return [payment for payment in locked if payment.pk not in asked]


def upheld_objections_of_claims(payments: Collection[Payment]) -> dict[int, Objection]:
    """Return the first objection that was upheld against each of these payments' claims since it was opened."""
    upheld = Objection.objects.filter(
        claim__in=[payment.claim_id for payment in payments], status=ObjectionStatus.UPHELD
    ).defer("statement", "objector_name", "contact")
    found: dict[int, Objection] = {}
    for objection in upheld.order_by("-pk"):
        for payment in payments:
            is_since = objection.decided_at is not None and objection.decided_at >= payment.opened_at
            if payment.claim_id == objection.claim_id and is_since:
                found[payment.pk] = objection
    return found


def upheld_objections_of(payments: Collection[Payment]) -> dict[int, Objection]:
    """Return the first objection that was upheld against each of these payments' decisions, by payment."""
    certificates = {payment.pk: payment.grant.certificate_id for payment in payments}
    upheld = _upheld().filter(entitlement__certificate__in=certificates.values())
    found = upheld.select_related("entitlement").defer("statement", "objector_name", "contact")
    first = {objection.against.certificate_id: objection for objection in found.order_by("-pk")}
    return {payment_id: first[certificate_id] for payment_id, certificate_id in certificates.items()}


def _falls_by_an_objection() -> Q:
    unpaid = Q(status__in=UNPAID) & ~Q(said_to_be_paid())
    once = Recovery.objects.filter(payment=OuterRef("pk"), reason=UPHELD_REASON)
    paid = Q(status=PaymentStatus.PAID) & ~Exists(once) & is_left_to_ask_back()
    return (unpaid | paid) & Q(is_upheld_against("entitlement__certificate"))


def _claim_falls_by_an_objection() -> Q:
    upheld = Objection.objects.filter(
        claim=OuterRef("claim"), status=ObjectionStatus.UPHELD, decided_at__gte=OuterRef("opened_at")
    )
    unpaid = Q(status__in=UNPAID) & ~Q(said_to_be_paid())
    partly_paid = unpaid & Q(is_partly_set_off())
    # What was asked back of persons' parts leaves the rest.
    asked = _asked_back().filter(payment=OuterRef("pk"), subsidy__isnull=True)
    paid = (Q(status=PaymentStatus.PAID) | partly_paid) & ~Exists(asked) & is_left_to_ask_back()
    return Q(claim__isnull=False) & (unpaid & ~Q(is_partly_set_off()) | paid) & Q(Exists(upheld))


def _upheld() -> QuerySet[Objection]:
    return Objection.objects.filter(speaks_against_paying(), status=ObjectionStatus.UPHELD)


def is_upheld_against(path: str) -> Exists:
    """Test whether an objection was upheld against any decision on the certificate that `path` leads to."""
    return Exists(_upheld().filter(entitlement__certificate=OuterRef(path)))


def _asked_back() -> QuerySet[Recovery]:
    """Return the recoveries that keep a payment from being asked back: a live one, and once for an objection."""
    return asked_back() | Recovery.objects.filter(reason=UPHELD_REASON)


# ── Who sees them ────────────────────────────────────────────────────────────────────────────────────────
def objections_visible_to(user: User) -> QuerySet[Objection]:
    """Return every objection for the municipal bureau, and for a district those that it is competent for."""
    objections = Objection.objects.order_by("-id")
    if user.role in MUNICIPAL_ROLES:
        return objections
    own = districts_answered_for(user)
    return objections.filter(Q(entitlement__district__in=own) | Q(claim__district__in=own))


def objections_to_list(user: User) -> QuerySet[Objection]:
    """Return the same with what a list shows of each, and without what was said and by whom."""
    return (
        objections_visible_to(user)
        .select_related(
            "entitlement__certificate",
            "entitlement__person",
            "entitlement__district",
            "claim__institution",
            "claim__district",
            "notice_line__notice",
        )
        .defer(
            "statement",
            "objector_name",
            "contact",
            "notice_line__notice__content",
            "entitlement__person__id_number",
            "entitlement__person__mobile",
        )
    )


def objections_to_read(user: User) -> QuerySet[Objection]:
    """Return the same with what a page shows of one, what was said and by whom."""
    return (
        objections_visible_to(user)
        .select_related(
            "entitlement__certificate",
            "entitlement__person",
            "entitlement__district",
            "claim__institution",
            "claim__district",
            "claim__reckoning",
            "notice_line__notice",
            "raised_by",
            "decided_by",
        )
        .defer(
            "notice_line__notice__content",
            "entitlement__checks",
            "entitlement__person__id_number",
            "entitlement__person__mobile",
        )
    )


def decisions_to_object_to(user: User) -> QuerySet[Entitlement]:
    """Return the live decisions against which this person's office may record an objection."""
    live = Entitlement.objects.filter(superseded_at__isnull=True).defer("checks")
    if user.role in MUNICIPAL_ROLES:
        return live
    return live.filter(district__in=districts_answered_for(user))


def districts_with_objections(user: User) -> list[District]:
    """Return the districts to which the objections that this person sees belong, by code."""
    seen = objections_visible_to(user).order_by()
    named = Q(pk__in=seen.values("entitlement__district")) | Q(pk__in=seen.values("claim__district"))
    return list(District.objects.filter(named).order_by("code"))


def open_objection_count(user: User) -> int:
    """Return how many of the objections that this person sees wait for a decision."""
    return objections_visible_to(user).filter(status=ObjectionStatus.RAISED).count()
