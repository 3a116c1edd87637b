"""How many queries the page of one claim takes, and that of a district's queue, as its reviewer opens them."""

from dataclasses import dataclass
from statistics import median
from typing import Any, Final

from benchmarks.claims_classes import CLASSES, Month, fill, fill_classes, scene
from benchmarks.measuring import seconds_of
from benchmarks.payout_people import as_replica

# Behind the classes whose claims are simulated.
ONE_CLAIM: Final = 9_000_000
QUEUE: Final = 12_000_000
# One in four has something that somebody should look at; they are due over three weeks.
CLAIMS: Final = (
    """
    INSERT INTO subsidies_subsidyclaim (id, public_id, reference, training_class_id, institution_id, district_id,
        status, reckoning_id, opened_at, submit_until, submitted_by_id, submitted_at, due_on, status_reason,
        payment_due)
    SELECT class.id, gen_random_uuid(), class.reference || '-1', class.id, class.institution_id, %(district_id)s,
           'SUBMITTED', class.id, now(), current_date, %(user_id)s, now(), current_date + class.id::int %% 21 - 5, '',
           false
    FROM enrollment_trainingclass class WHERE class.id BETWEEN %(first_class)s AND %(last_class)s
    """,
    """
    INSERT INTO subsidies_claimreckoning (id, claim_id, number, cause, policy_version_id, pass_count, rate_count,
        factor, counted_count, standard_total, amount, is_complete, flags, facts_sha256, reckoned_at)
    SELECT claim.id, claim.id, 1, 'SUBMITTED', %(training_policy_id)s, 0, 0, 0, 0, 0, 0, true,
           CASE claim.id %% 4 WHEN 0 THEN '[{"name": "shared_accounts", "outcome": "FAILED", "facts": {}}]'
                ELSE '[]' END::jsonb, repeat('0', 64), now()
    FROM subsidies_subsidyclaim claim WHERE claim.id BETWEEN %(first_class)s AND %(last_class)s
    """,
)


def queries_of_a_claim(people: int) -> dict[str, float]:
    """Return how many queries it takes to reckon one claim of so many people, and to open its page as its reviewer.

    The larger of the two is what counts.
    """
    from django.db import connection
    from django.test.utils import CaptureQueriesContext
    from django.utils import timezone

    from enrollment.models import TrainingClass
    from subsidies import queries
    from subsidies.models import SubsidyClaim
    from subsidies.services.claims import open_claim

    month = fill_classes(1, first=ONE_CLAIM, people=people)
    training_class = TrainingClass.objects.get(pk=month.first_class)
    opener = _user("TRAINING_MANAGER", institution_id=training_class.institution_id)
    claim = open_claim(class_id=training_class.pk, opener=opener, now=timezone.now())
    with CaptureQueriesContext(connection) as reckoned:
        queries.gather_claim_facts([training_class.pk], today=timezone.localdate())
    with as_replica():
        SubsidyClaim.objects.filter(pk=claim.pk).update(
            status="SUBMITTED", submitted_by=opener, submitted_at=timezone.now(), due_on=timezone.localdate()
        )
    reviewer = _user("DISTRICT_REVIEWER", district_id=claim.district_id)
    shown = _opened(_signed_in(reviewer), f"/claims/{claim.public_id}/", saying=claim.reference)
    return {
        "claim_queries": max(len(reckoned), shown.queries),
        "claim_reckoned_queries": len(reckoned),
        "claim_page_queries": shown.queries,
        "claim_page_s": shown.seconds,
    }


def queries_of_a_queue(count: int, repeats: int) -> dict[str, float]:
    """Return how many queries the first page of a district's queue of so many claims takes, and how long it does."""
    from enrollment.models import TrainingClass
    from subsidies.models import TrainingPolicyVersion

    month = Month(QUEUE, QUEUE + count - 1, scene()["month"])
    district_id = TrainingClass.objects.filter(pk__lt=ONE_CLAIM).order_by("pk")[0].district_id
    policy = TrainingPolicyVersion.objects.filter(approved_at__isnull=False).order_by("pk")[0]
    fill((CLASSES[0], *CLAIMS), month, 1, district_id=district_id, training_policy_id=policy.pk)
    client = _signed_in(_user("DISTRICT_REVIEWER", district_id=district_id))
    opened = [_opened(client, "/claims/queue/", saying="CLAIM-") for _ in range(repeats)]
    return {
        "queue_queries": max(each.queries for each in opened),
        "queue_s": median(each.seconds for each in opened),
    }


@dataclass(frozen=True)
class Opened:
    """What one page took."""

    queries: int
    seconds: float


def _opened(client: Any, address: str, *, saying: str) -> Opened:
    """Open a page twice: the first time imports and compiles, and takes up the session."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client.get(address)
    with CaptureQueriesContext(connection) as captured:
        pages: list[Any] = []
        seconds = seconds_of(lambda: pages.append(client.get(address)))
    if pages[0].status_code != 200 or saying not in pages[0].content.decode():
        raise RuntimeError(f"{address}: {pages[0].status_code}, and not what was expected.")
    return Opened(len(captured), seconds)


def _signed_in(user: Any) -> Any:
    from django.test import Client

    client = Client(SERVER_NAME="localhost")
    client.force_login(user)
    return client


def _user(role: str, **office: int) -> Any:
    """Return somebody with a role in an office."""
    from institutions.models import User

    name = "-".join(["bench", role.lower(), *map(str, office.values())])
    user, _made = User.objects.get_or_create(username=name, defaults={"role": role, **office})
    return user
