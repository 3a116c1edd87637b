"""Whose the rows of this app are, for those who follow their changes: as its queries show them to people."""

from collections.abc import Collection, Iterable

from chongqing_dte.foundation.resources import REGISTRY
from enrollment.resources import rows_of_people
from institutions.office_queries import BUREAU, district_office, trainer_office
from institutions.resources import scopes_by
from subsidies.models import Entitlement, Payment, SubsidyClaim

TRAINED_IN = "attempt__enrollment__training_class__district_id"


def _offices_of_decision(district_id: int | None) -> Collection[str]:
    # As of the certificate, and not as the decision was made: so people see it.
    return (BUREAU,) if district_id is None else (BUREAU, district_office(district_id))


def _offices_of_claim(institution_id: int, district_id: int) -> Collection[str]:
    return BUREAU, trainer_office(institution_id), district_office(district_id)


def _offices_of_payment(
    claim_id: int | None, institution_id: int | None, claims_district_id: int | None, district_id: int | None
) -> Collection[str]:
    if claim_id is None or institution_id is None or claims_district_id is None:
        return _offices_of_decision(district_id)
    return _offices_of_claim(institution_id, claims_district_id)


def _entitlements_of_people(ids: Collection[int]) -> Iterable[int]:
    decided = Entitlement.objects.filter(person__in=rows_of_people(ids))
    return decided.order_by().values_list("pk", flat=True)


def _payments_of_people(ids: Collection[int]) -> Iterable[int]:
    return Payment.objects.filter(payee__in=rows_of_people(ids)).order_by().values_list("pk", flat=True)


def _entitlements_of_payments(ids: Collection[int]) -> Iterable[int]:
    paid = Payment.objects.filter(pk__in=ids, entitlement__isnull=False)
    return paid.order_by().values_list("entitlement_id", flat=True)


def _payments_of_claims(ids: Collection[int]) -> Iterable[int]:
    return Payment.objects.filter(claim__in=ids).order_by().values_list("pk", flat=True)


def register() -> None:
    """Say which rows can be followed, and what changes with what."""
    REGISTRY.register(
        "entitlements",
        scopes_by(Entitlement, f"certificate__{TRAINED_IN}", offices=_offices_of_decision),
    )
    REGISTRY.register(
        "claims", scopes_by(SubsidyClaim, "institution_id", "district_id", offices=_offices_of_claim)
    )
    REGISTRY.register(
        "payments",
        scopes_by(
            Payment,
            "claim_id",
            "claim__institution_id",
            "claim__district_id",
            f"entitlement__certificate__{TRAINED_IN}",
            offices=_offices_of_payment,
        ),
    )
    REGISTRY.follow("people", "entitlements", _entitlements_of_people)
    REGISTRY.follow("people", "payments", _payments_of_people)
    # A decision is shown with how its payment stands.
    REGISTRY.follow("payments", "entitlements", _entitlements_of_payments)
    # A claim that is handed over takes its payments along.
    REGISTRY.follow("claims", "payments", _payments_of_claims)
