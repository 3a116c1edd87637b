"""What came of the other classes of an occupation and level, which a class's pass rate is compared with."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

from django.db.models import Case, Count, F, Sum, When
from django.db.models.functions import Coalesce

from subsidies.enums import ClaimStatus
from subsidies.models import SubsidyClaim
from subsidies.queries.claimed_classes import ClaimedClass
from subsidies.rules.claim_checks import OtherClasses

YEAR: Final = timedelta(days=365)
# Passes and people of some classes, and how many classes that is.
Tally = tuple[int, int, int]
# Occupation and level.
Kind = tuple[int, str]


def other_classes_of(classes: Sequence[ClaimedClass], *, today: date) -> dict[int, OtherClasses]:
    """Return for each of these classes what came of the others of its kind, in one query at most.

    Of those whose claims were confirmed within a year of this day, by the reckonings that hold of them.
    """
    if not classes:
        return {}
    own: dict[int, Tally] = {}
    whole: dict[Kind, list[Tally]] = defaultdict(list)
    for occupation_id, level, class_id, *counts in _confirmed(classes, today):
        tally = (counts[0], counts[1], counts[2])
        whole[occupation_id, level].append(tally)
        if class_id is not None:
            own[class_id] = tally
    return {
        each.class_id: _others(whole[each.occupation_id, each.level], own.get(each.class_id, (0, 0, 0)))
        for each in classes
    }


def _others(tallies: Sequence[Tally], own: Tally) -> OtherClasses:
    passes, people, count = (sum(each[place] for each in tallies) - own[place] for place in range(3))
    return OtherClasses(class_count=count, pass_count=passes, rate_count=people)


def _confirmed(
    classes: Sequence[ClaimedClass], today: date
) -> list[tuple[int, str, int | None, int, int, int]]:
    """Return the tallies by occupation and level, of the classes themselves one by one."""
    own = When(training_class__in={each.class_id for each in classes}, then=F("training_class"))
    rows = (
        SubsidyClaim.objects.filter(
            status=ClaimStatus.CONFIRMED,
            training_class__occupation__in={each.occupation_id for each in classes},
        )
        .annotate(confirmed_at=Coalesce("second_confirmed_at", "first_confirmed_at"))
        .filter(confirmed_at__date__gt=today - YEAR)
        .order_by()
        .values("training_class__occupation", "training_class__level", own=Case(own))
        .annotate(
            passes=Sum("reckoning__pass_count"), people=Sum("reckoning__rate_count"), classes=Count("pk")
        )
    )
    columns = ("training_class__occupation", "training_class__level", "own", "passes", "people", "classes")
    return list(rows.values_list(*columns))
