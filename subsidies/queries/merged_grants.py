"""Grants of one person that were all paid before anybody knew that their rows are one person's."""

from django.db.models import (
    Case,
    Count,
    Exists,
    F,
    IntegerField,
    Max,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
    Window,
)
from django.db.models.functions import RowNumber

from assessment.enums import CertificateStatus
from chongqing_dte.foundation.proposals import RequestStatus
from enrollment.models import Trainee, TraineeMerge
from enrollment.queries import person_of
from institutions.enums import Level
from subsidies.enums import (
    PAID_TWICE,
    Decision,
    FirstPassScope,
    LadderRule,
    ObjectionKind,
    PaymentStatus,
    RecoveryStatus,
)
from subsidies.models import Entitlement, Objection, Recovery

SITTING_ORDER = (
    "certificate__attempt__session__held_on",
    "certificate__attempt__session_id",
    "certificate_id",
)


def paid_before_a_merge(entitlements: QuerySet[Entitlement]) -> QuerySet[Entitlement]:
    """Return which of these grants would not have been made beside others that were paid as well, with `since`.

    Both stay paid. An office has to look at it: what it objects to, or has objected to since the merge, and what is
    asked back, is elsewhere.
    """
    merges = TraineeMerge.objects.filter(status=RequestStatus.APPROVED).filter(
        Q(kept=OuterRef("certificate__trainee")) | Q(kept=OuterRef("certificate__trainee__merged_into"))
    )
    looked_at = Objection.objects.filter(
        entitlement__certificate=OuterRef("certificate"),
        kind=ObjectionKind.OFFICE,
        raised_at__gte=OuterRef("since"),
    )
    too_many = entitlements.filter(pk__in=_too_many().values("pk"))
    since = too_many.annotate(since=Subquery(merges.order_by("-decided_at").values("decided_at")[:1]))
    return since.filter(~Exists(looked_at))


def _too_many() -> QuerySet[Entitlement]:
    """Return the paid grants of merged people that another one stands before: as `rules.standing` weighs them.

    Each is compared with those before it in its person's windows, so that it costs one look at these few people.
    """
    by_person, by_occupation = [F("whose")], [F("whose"), F("certificate__occupation")]
    by_level = [*by_occupation, F("certificate__level")]
    scope = "policy_version__first_pass_scope"
    rank = Case(
        *(When(certificate__level=level, then=Value(place)) for place, level in enumerate(Level.values)),
        output_field=IntegerField(),
    )
    weighed = _paid_to_merged_people().annotate(
        place=Window(RowNumber(), by_person, SITTING_ORDER),
        place_of_year=Window(RowNumber(), [*by_person, F("slot_year")], SITTING_ORDER),
        place_of_occupation=Window(RowNumber(), by_occupation, SITTING_ORDER),
        place_of_level=Window(RowNumber(), by_level, SITTING_ORDER),
        one_a_person=Window(
            Count("pk", filter=Q(**{scope: FirstPassScope.PERSON})), by_person, SITTING_ORDER
        ),
        one_an_occupation=Window(
            Count("pk", filter=Q(**{scope: FirstPassScope.OCCUPATION})), by_occupation, SITTING_ORDER
        ),
        rank=rank,
        highest=Window(Max(rank), by_person, "pk"),
        highest_of_occupation=Window(Max(rank), by_occupation, "pk"),
    )
    for_one_first_pass = (
        Q(place__gt=1, one_a_person__gt=0)
        | Q(place_of_occupation__gt=1, one_an_occupation__gt=0)
        | Q(place_of_level__gt=1)
    )
    above_a_cap = Q(place__gt=F("policy_version__lifetime_cap")) | Q(
        place_of_year__gt=F("policy_version__yearly_cap")
    )
    after_a_higher_level = Q(
        policy_version__ladder_rule=LadderRule.ANY_OCCUPATION, highest__gt=F("rank")
    ) | Q(policy_version__ladder_rule=LadderRule.SAME_OCCUPATION, highest_of_occupation__gt=F("rank"))
    return weighed.filter(for_one_first_pass | above_a_cap | after_a_higher_level)


def _paid_to_merged_people() -> QuerySet[Entitlement]:
    merged = Trainee.objects.filter(merged_into__isnull=False)
    rows = merged.values("pk").union(merged.values("merged_into"))
    paid = Entitlement.objects.filter(
        certificate__trainee__in=rows,
        decision=Decision.GRANTED,
        superseded_at__isnull=True,
        payment__status=PaymentStatus.PAID,
    ).exclude(certificate__status=CertificateStatus.REVOKED)
    asked_back = Recovery.objects.filter(payment=OuterRef("payment")).exclude(
        Q(status=RecoveryStatus.WITHDRAWN) | Q(reason=PAID_TWICE)
    )
    return paid.filter(~Exists(asked_back)).annotate(whose=person_of("certificate__trainee"))
