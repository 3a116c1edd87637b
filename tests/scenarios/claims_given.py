"""What a scenario of the training subsidy begins with: policies, classes, and what institutions have spent."""

from datetime import date
from decimal import Decimal

from django.db.backends.postgresql.psycopg_any import DateRange

from demo.identifiers import make_card_number, make_cnaps
from institutions.enums import Role
from institutions.models import User
from institutions.services.accounts import (
    AccountEntry,
    approve_institution_account,
    propose_institution_account,
)
from subsidies import queries
from subsidies.enums import AdvanceBasis
from subsidies.models import Advance, ClaimEvidence
from subsidies.services.advances import AdvanceEntry, record_advance, withdraw_advance
from tests.factories.claims import ClaimEvidenceFactory
from tests.factories.institutions import InstitutionAccountFactory
from tests.factories.standing import SuspensionFactory, known_years
from tests.scenarios.claims_story import Step, step
from tests.scenarios.claims_world import ClassWorld, Cohort, Who
from tests.scenarios.world import CITY

SUMS = {
    "least_attendance",
    "fee_share",
    "factor_floor",
    "factor_cap",
    "small_class_factor",
    "one_signature_limit",
}
COHORT = set(Cohort.__dataclass_fields__)


# ── What a scenario begins with ──────────────────────────────────────────────────────────────────────────
def training(money: str = "100000.00", **policy: object) -> Step:
    """A training policy over the classes that end in 2026, and money in the city's budget."""
    return step(lambda world: (world.open_budget(CITY, money), training_policy(**policy)(world)))


def training_policy(
    since: str = "2026-01-01",
    until: str = "2027-01-01",
    table: dict[str, str] | None = None,
    **values: object,
) -> Step:
    """A training policy over the classes that end from the one day until before the other."""

    def take(world: ClassWorld) -> None:
        if values.get("notice_working_days"):
            known_years(2026)
        said = {name: Decimal(str(value)) if name in SUMS else value for name, value in values.items()}
        world.open_training(since, until, table or {}, said)

    return take


def class_(label: str, *people: Who, advance: str = "40000.00", ready: bool = True, **cohort: object) -> Step:
    """A class that was held to its end. If it is ready, nothing is missing that its institution has to say or show."""

    def take(world: ClassWorld) -> None:
        unknown = cohort.keys() - COHORT
        assert not unknown, f"A class says nothing of {sorted(unknown)}."
        training_class = world.train(label, Cohort(**cohort), people)
        if not ready:
            return
        advanced(label, advance)(world)
        ClaimEvidenceFactory(training_class=training_class, uploaded_by=training_class.drafted_by)
        if not queries.has_account_to_be_paid_to(training_class.institution_id):
            InstitutionAccountFactory(
                institution=training_class.institution,
                proposed_by=world.of_school(training_class.institution),
                approved=True,
            )

    return take


def some(count: int, *sat: str, **values: object) -> tuple[Who, ...]:
    """So many people of whom nothing more is said; they passed, unless it says otherwise."""
    return tuple(Who("", sat or ("PASSED",), **values) for _ in range(count))


def receipt(label: str, **values: object) -> Step:
    """A receipt is handed in."""
    return step(lambda world: ClaimEvidenceFactory(training_class=world.classes[label], **values))


def scanned_infected(label: str) -> Step:
    """The scanner finds malware in what was handed in."""
    return step(
        lambda world: ClaimEvidence.objects.filter(training_class=world.classes[label]).update(
            scan_status="INFECTED", scanned_at=world.now
        )
    )


def paid_to(label: str) -> Step:
    """The institution names another account, and the bureau approves it."""

    def take(world: ClassWorld) -> None:
        school = world.classes[label].institution
        entry = AccountEntry(
            school.name_zh, make_card_number(700 + school.pk % 200), "示范银行", make_cnaps(1)
        )
        proposed = propose_institution_account(
            institution_id=school.pk,
            entry=entry,
            reason="The bank closed the former one.",
            proposer=world.of_school(school),
            now=world.now,
        )
        approve_institution_account(
            account_id=proposed.pk, decider=world.someone(Role.MUNICIPAL_FINANCE), reason="", now=world.now
        )

    return take


def suspended(label: str, since: str = "2026-10-01") -> Step:
    """The institution is suspended from a day on."""
    return step(
        lambda world: SuspensionFactory(
            institution=world.classes[label].institution,
            in_force=DateRange(date.fromisoformat(since), None),
        )
    )


# ── What was advanced ────────────────────────────────────────────────────────────────────────────────────
def advanced(label: str, amount: str) -> Step:
    """The institution says what it has spent on a class."""
    entry = AdvanceEntry(AdvanceBasis.PER_CLASS, Decimal(amount), date(2026, 6, 26))
    return step(
        lambda world: record_advance(
            class_id=world.classes[label].pk, entry=entry, recorder=manager(world, label), now=world.now
        )
    )


def not_advanced(label: str) -> Step:
    """The institution takes back what it said last."""
    return step(
        lambda world: withdraw_advance(
            advance_id=Advance.objects.filter(training_class=world.classes[label]).latest("pk").pk,
            withdrawer=manager(world, label),
            reason="A receipt was counted twice.",
            now=world.now,
        )
    )


def manager(world: ClassWorld, label: str) -> User:
    """Return the manager of the institution that holds a class."""
    return world.of_school(world.classes[label].institution)
