"""The list of certificates with their decisions: what it is narrowed to, and what goes into its file."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from assessment.models import LevelCertificate
from enrollment.queries import id_number_hash, persons_by_hash, rows_of_persons, trainee_rows_named
from enrollment.rules.identifiers import normalize_identifier
from institutions.models import District
from subsidies.models import Entitlement

# What is asked of the live decision, by the name of the filter.
OF_THE_DECISION = {
    "decision": "decision",
    "reason": "reason",
    "payment": "payment__status",
    "since": "decided_at__date__gte",
    "until": "decided_at__date__lte",
}


def _live() -> QuerySet[Entitlement]:
    return Entitlement.objects.filter(certificate=OuterRef("pk"), superseded_at__isnull=True)


def certificates_chosen(
    certificates: QuerySet[LevelCertificate], chosen: Mapping[str, Any]
) -> QuerySet[LevelCertificate]:
    """Return those of these certificates that a list's filters ask for; a filter without a value asks for nothing.

    What nobody has decided on yet is asked for as the decision WAITING, and belongs to the district of its class.
    """
    asked = {OF_THE_DECISION[name]: chosen[name] for name in OF_THE_DECISION if chosen.get(name)}
    is_waiting = asked.get("decision") == "WAITING"
    if is_waiting:
        del asked["decision"]
        certificates = certificates.filter(~Exists(_live()))
    if asked:
        certificates = certificates.filter(Exists(_live().filter(**asked)))
    if chosen.get("q"):
        certificates = certificates.filter(number=chosen["q"])
    if chosen.get("district"):
        certificates = certificates.filter(_of_district(chosen["district"]))
    return certificates


def _of_district(code: str) -> Q:
    of_class = Q(attempt__enrollment__training_class__district__code=code)
    return Q(Exists(_live().filter(district__code=code))) | (~Q(Exists(_live())) & of_class)


def certificates_of_person(
    certificates: QuerySet[LevelCertificate], name_or_number: str
) -> QuerySet[LevelCertificate]:
    """Return those of whoever has this ID number; if nobody has, those of people of exactly this (normalized) name."""
    persons = persons_by_hash({id_number_hash(normalize_identifier(name_or_number))})
    if persons:
        return certificates.filter(trainee__in=rows_of_persons([person.pk for person in persons.values()]))
    return certificates.filter(trainee__in=trainee_rows_named(name_or_number))


def certificates_to_export(certificates: QuerySet[LevelCertificate]) -> QuerySet[LevelCertificate]:
    """Return these certificates, newest first, with what a file holds of each live decision."""
    return certificates.annotate(
        amount=Subquery(_live().values("amount")[:1]),
        decided_at=Subquery(_live().values("decided_at")[:1]),
        district_id=Subquery(_live().values("district_id")[:1]),
    ).order_by("-pk")


def district_names() -> dict[int, str]:
    """Return what each district is called, by its id."""
    return {district.pk: district.name for district in District.objects.all()}
