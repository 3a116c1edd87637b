from collections.abc import Collection, Iterable

from django.db.models import Q, QuerySet

from chongqing_dte.foundation.lookups import Among
from enrollment.queries import rows_of_persons, trainee_rows_named
from institutions.enums import MUNICIPAL_ROLES
from institutions.models import User
from subsidies.enums import Decision
from subsidies.models import Entitlement, OtherSubsidy


def other_subsidies_of(trainee_ids: Collection[int]) -> list[OtherSubsidy]:
    """Return what other programmes paid these rows of people, as far as it stands."""
    standing = OtherSubsidy.objects.filter(Among("trainee_id", trainee_ids), withdrawn_at__isnull=True)
    fields = ("trainee_id", "occupation_id", "level", "programme", "amount")
    return list(standing.only(*fields).order_by("id"))


def trainee_of_other_subsidy(other_subsidy_id: int) -> int:
    """Return whom another programme paid."""
    return OtherSubsidy.objects.values_list("trainee_id", flat=True).get(pk=other_subsidy_id)


def lock_other_subsidy(other_subsidy_id: int) -> OtherSubsidy:
    """Return one subsidy of another programme that no other transaction can change until this one ends."""
    return OtherSubsidy.objects.select_for_update(of=("self",), no_key=True).get(pk=other_subsidy_id)


def certificates_decided_by_other_subsidies(people: Collection[int]) -> list[int]:
    """Return these people's certificates that wait, or were refused for another programme's subsidy.

    Needs the people's certificates locked: else it would miss a decision that is about to be committed.
    """
    found = Entitlement.objects.filter(
        Q(decision=Decision.HELD) | Q(decision=Decision.REFUSED, reason="not_subsidized_elsewhere"),
        certificate__trainee__in=rows_of_persons(people),
        superseded_at__isnull=True,
    )
    return list(found.order_by("certificate_id").values_list("certificate_id", flat=True))


def certificates_granted_beside(others: Iterable[OtherSubsidy]) -> dict[int, Entitlement]:
    """Return the live grant for the same person, occupation and level as each of these, by their ids.

    Each comes with its certificate.
    """
    wanted = list(others)
    persons = rows_of_persons({other.trainee_id for other in wanted})
    grants = Entitlement.objects.filter(
        certificate__trainee__in=persons, decision=Decision.GRANTED, superseded_at__isnull=True
    )
    by_kind = {
        (
            persons[grant.certificate.trainee_id],
            grant.certificate.occupation_id,
            grant.certificate.level,
        ): grant
        for grant in grants.select_related("certificate").defer("checks").order_by("-id")
    }
    kinds = {other.pk: (persons[other.trainee_id], other.occupation_id, other.level) for other in wanted}
    return {other_id: by_kind[kind] for other_id, kind in kinds.items() if kind in by_kind}


def other_subsidies_visible_to(user: User) -> QuerySet[OtherSubsidy]:
    """Return what other programmes paid, for the municipal offices."""
    return OtherSubsidy.objects.all() if user.role in MUNICIPAL_ROLES else OtherSubsidy.objects.none()


def other_subsidies_found(
    user: User, *, name: str = "", programme: str = "", status: str = ""
) -> QuerySet[OtherSubsidy]:
    """Return those of a person of exactly this name, of a programme so called in part, that stand or do not."""
    found = other_subsidies_visible_to(user).select_related("trainee", "occupation")
    if name:
        found = found.filter(trainee__in=trainee_rows_named(name))
    if programme:
        found = found.filter(programme__icontains=programme)
    if status:
        found = found.filter(withdrawn_at__isnull=status == "STANDING")
    return found
