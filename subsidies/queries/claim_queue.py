"""Which claims wait for whose answer: the queue of a bureau, narrowed and in order, and what it comes to."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from django.db.models import BooleanField, Count, Exists, ExpressionWrapper, F, OuterRef, Q, QuerySet, Sum

from institutions.enums import DISTRICT_ROLES, MUNICIPAL_ROLES, Role
from institutions.models import District, Institution, User
from subsidies.enums import ClaimStatus
from subsidies.models import ClaimQuery, LineReview, SubsidyClaim
from subsidies.queries.claim_reviews import WAITING_FOR_A_BUREAU, clock_stands_still, is_late
from subsidies.rules.facts import FAILED


@dataclass(frozen=True)
class QueueFigures:
    """How many claims of a queue wait, how many of them are late, and what they come to, in yuan."""

    waiting: int
    late: int
    due_today: int
    asked: int
    flagged: int
    without_due_day: int
    total: Any


class QueuePlace(NamedTuple):
    """A place in the order of the last days. It stays where it is, whatever becomes of the claim that stood there."""

    due_on: date | None
    claim_id: int


def claims_in_queue(user: User) -> QuerySet[SubsidyClaim]:
    """Return the claims that wait for a person's office; none for whoever answers none.

    A district's own: what it took over from another one is given to it by an act. The municipal bureau confirms what
    is recommended, and sees what districts are late with.
    """
    waiting = SubsidyClaim.objects.filter(status__in=WAITING_FOR_A_BUREAU)
    if user.role in DISTRICT_ROLES:
        return waiting.filter(status=ClaimStatus.SUBMITTED, district=user.district_id)
    if user.role in MUNICIPAL_ROLES:
        return waiting.filter(Q(status=ClaimStatus.RECOMMENDED) | Q(escalated_at__isnull=False))
    return waiting.none()


def claims_to_list(user: User, today: date) -> QuerySet[SubsidyClaim]:
    """Return the same in the order of their last days, each with what a list shows of it, in one query."""
    return _in_order(claims_in_queue(user)).annotate(is_asked=clock_stands_still(today))


def claims_chosen(
    claims: QuerySet[SubsidyClaim], chosen: Mapping[str, Any], *, user: User, today: date
) -> QuerySet[SubsidyClaim]:
    """Return those of these claims that a list's filters ask for; a filter without a value asks for nothing."""
    conditions = Q()
    if chosen.get("status"):
        conditions &= Q(status=chosen["status"])
    if chosen.get("due"):
        conditions &= _due(chosen["due"], today)
    if chosen.get("q"):
        conditions &= _searched(chosen["q"])
    if chosen.get("institution"):
        conditions &= Q(institution=chosen["institution"])
    if chosen.get("district"):
        conditions &= Q(district__code=chosen["district"])
    if chosen.get("flagged"):
        conditions &= _is_flagged() if chosen["flagged"] == "yes" else ~_is_flagged()
    if chosen.get("worked_on"):
        conditions &= _worked_on(chosen["worked_on"], user)
    return claims.filter(conditions)


def claims_behind(claims: QuerySet[SubsidyClaim], place: QueuePlace | None) -> QuerySet[SubsidyClaim]:
    """Return those of these claims that come after this place in the order of their last days."""
    if place is None:
        return claims
    if place.due_on is None:
        return claims.filter(due_on__isnull=True, pk__gt=place.claim_id)
    return claims.filter(
        Q(due_on__gt=place.due_on) | Q(due_on__isnull=True) | Q(due_on=place.due_on, pk__gt=place.claim_id)
    )


def queue_figures(user: User, today: date) -> QueueFigures:
    """Return what the queue of a person's office comes to, in one query."""
    asked = Q(is_asked=True)
    figures = (
        claims_in_queue(user)
        .annotate(
            is_asked=clock_stands_still(today),
            is_overdue=ExpressionWrapper(is_late(today), output_field=BooleanField()),
        )
        .aggregate(
            waiting=Count("pk"),
            late=Count("pk", filter=Q(is_overdue=True)),
            due_today=Count("pk", filter=Q(due_on=today) & ~asked),
            asked=Count("pk", filter=asked),
            flagged=Count("pk", filter=_is_flagged()),
            without_due_day=Count("pk", filter=Q(due_on__isnull=True)),
            total=Sum("reckoning__amount"),
        )
    )
    return QueueFigures(**figures)


def institutions_in_queue(user: User) -> list[Institution]:
    """Return the institutions whose claims wait for a person's office, by name."""
    waiting = claims_in_queue(user).filter(institution=OuterRef("pk"))
    return list(Institution.objects.filter(Exists(waiting)).order_by("name_zh", "pk"))


def districts_in_queue(user: User) -> list[District]:
    """Return the districts whose claims wait for the municipal bureau, by code."""
    return _districts_of(claims_in_queue(user)) if user.role in MUNICIPAL_ROLES else []


def districts_to_confirm(user: User) -> list[District]:
    """Return the districts whose claims wait for this person's signature, by code."""
    return _districts_of(claims_to_confirm(user))


def claims_to_confirm(user: User) -> QuerySet[SubsidyClaim]:
    """Return what districts recommend and this person has had no part in, in the order of the last days."""
    own_part = Q(submitted_by=user) | Q(recommended_by=user) | Q(first_confirmed_by=user)
    return _in_order(claims_in_queue(user)).filter(status=ClaimStatus.RECOMMENDED).exclude(own_part)


def overseen_late_count(user: User, today: date) -> int:
    """Return with how many claims the bureau that a person works for, or oversees, is late."""
    if user.role == Role.MUNICIPAL_AUDITOR:
        return 0
    return claims_in_queue(user).filter(is_late(today)).count()


def _districts_of(claims: QuerySet[SubsidyClaim]) -> list[District]:
    theirs = claims.order_by().filter(district=OuterRef("pk"))
    return list(District.objects.filter(Exists(theirs)).order_by("code"))


def _in_order(claims: QuerySet[SubsidyClaim]) -> QuerySet[SubsidyClaim]:
    flagged = ExpressionWrapper(_is_flagged(), output_field=BooleanField())
    related = claims.select_related("institution", "district", "training_class__occupation", "reckoning")
    return related.annotate(is_flagged=flagged).order_by(F("due_on").asc(nulls_last=True), "id")


def _is_flagged() -> Q:
    return Q(reckoning__flags__contains=[{"outcome": FAILED}])


def _searched(words: str) -> Q:
    """Return the condition for a claim by its own or its class's reference, or by a part of its institution's name."""
    return (
        Q(reference__icontains=words)
        | Q(institution__name_zh__icontains=words)
        | Q(institution__name_en__icontains=words)
    )


def _due(which: str, today: date) -> Q:
    return {
        "late": is_late(today),
        "today": Q(due_on=today) & ~Q(clock_stands_still(today)),
        "asked": Q(clock_stands_still(today)),
        "no_day": Q(due_on__isnull=True),
    }[which]


def _worked_on(by: str, user: User) -> Q:
    """Return the condition for claims about which this person, somebody else or nobody has said or asked anything."""
    said = LineReview.objects.filter(claim=OuterRef("pk"))
    asked = ClaimQuery.objects.filter(claim=OuterRef("pk"))
    own = Q(Exists(said.filter(reviewed_by=user))) | Q(Exists(asked.filter(asked_by=user)))
    anybody = Q(Exists(said)) | Q(Exists(asked))
    return {"me": own, "others": anybody & ~own, "nobody": ~anybody}[by]
