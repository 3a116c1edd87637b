"""For whom a training subsidy was paid before, over what the policy pays it once."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date
from itertools import takewhile
from typing import NamedTuple

from chongqing_dte.foundation.lookups import Among
from enrollment.queries import person_of
from subsidies.models import TrainingSubsidy
from subsidies.rules.claim_facts import ClassFacts, TraineeFacts, TrainingPolicyValues
from subsidies.rules.claim_lines import subsidy_key


class EarlierSubsidy(NamedTuple):
    """One training subsidy of a person, whichever of their rows it was paid under."""

    person_id: int
    enrollment_id: int
    occupation_id: int
    level: str
    subsidy_key: str


def earlier_subsidies_of(
    person_ids: Collection[int], *, ended_before: date | None = None
) -> dict[int, list[EarlierSubsidy]]:
    """Return the training subsidies that were not voided of these people, by person, in one query.

    With a day only those for classes that ended before it.
    """
    before = {} if ended_before is None else {"enrollment__training_class__ends_on__lt": ended_before}
    rows = (
        TrainingSubsidy.objects.filter(
            Among("enrollment__trainee_id", person_ids)
            | Among("enrollment__trainee__merged_into_id", person_ids),
            voided_at__isnull=True,
            **before,
        )
        .annotate(person=person_of("enrollment__trainee"))
        .values_list(
            "person",
            "enrollment_id",
            "enrollment__training_class__occupation_id",
            "enrollment__training_class__level",
            "subsidy_key",
        )
        .order_by("pk")
    )
    found: dict[int, list[EarlierSubsidy]] = defaultdict(list)
    for row in rows:
        earlier = EarlierSubsidy(*row)
        found[earlier.person_id].append(earlier)
    return found


def with_earlier(
    trainee: TraineeFacts,
    class_: ClassFacts,
    policy: TrainingPolicyValues | None,
    earlier: Mapping[int, Sequence[EarlierSubsidy]],
) -> TraineeFacts:
    """Return the same person with the enrollment that was paid for in this one's place, if there is one.

    Of two that were both paid for, before anybody knew them for one person, the first one stays.
    """
    if policy is None or trainee.person_id not in earlier:
        return trainee
    own = subsidy_key(trainee, class_, policy)
    claimed = (
        each.enrollment_id
        for each in takewhile(
            lambda paid: paid.enrollment_id != trainee.enrollment_id, earlier[trainee.person_id]
        )
        if own in (_key_now(each, class_, policy), each.subsidy_key)
    )
    return replace(trainee, claimed_elsewhere=next(claimed, None))


def _key_now(earlier: EarlierSubsidy, class_: ClassFacts, policy: TrainingPolicyValues) -> str:
    """Return what was paid for then, as this policy counts and by who the person is now."""
    other = replace(class_, occupation_id=earlier.occupation_id, level=earlier.level)
    paid = TraineeFacts(
        enrollment_id=earlier.enrollment_id,
        person_id=earlier.person_id,
        status="",
        in_denominator=True,
        category="",
        graduated_on=None,
        attended_share=None,
    )
    return subsidy_key(paid, other, policy)
