"""What a scenario begins with: a programme, people, sittings, certificates, fees. Each word is a step."""

from dataclasses import fields
from decimal import Decimal

from tests.factories.standing import known_years
from tests.scenarios.story import Step, step
from tests.scenarios.world import CITY, Sat, World, at_ten

SITTING = {field.name for field in fields(Sat)}
SUMS = {
    "fee_share",
    "ceiling_junior",
    "ceiling_intermediate",
    "ceiling_senior",
    "batch_amount_limit",
    "automatic_release_limit",
}


def programme(money: str = "100000.00", **policy: object) -> Step:
    """A policy over the certificates of 2026, and money for them in the city's budget."""
    return step(lambda world: (world.open_budget(CITY, money), _open(world, policy)))


def policy(since: str = "2026-01-01", until: str = "2027-01-01", **values: object) -> Step:
    """A policy over the certificates that are issued from the one day until before the other."""
    return step(lambda world: _open(world, {"since": since, "until": until, **values}))


def budget(whose: str, money: str) -> Step:
    """Money of the year for a district, or the city."""
    return step(lambda world: world.open_budget(whose, money))


def _open(world: World, policy: dict[str, object]) -> None:
    values = {name: Decimal(str(value)) if name in SUMS else value for name, value in policy.items()}
    since, until = values.pop("since", "2026-01-01"), values.pop("until", "2027-01-01")
    if values.get("notice_working_days"):
        known_years(2026)
    world.open_policy(str(since), str(until), values)


def today_is(day: str) -> Step:
    """Ten o'clock on this day."""
    return step(lambda world: setattr(world, "now", at_ten(day)))


def person(name: str, *, account: bool = True) -> Step:
    """Somebody whose account is known, or not."""
    return step(lambda world: world.person(name, account=account))


def fee(amount: str, since: str | None = None, until: str | None = None, **kind: str) -> Step:
    """What an institution has announced for these days: at=, occupation=, level=, direction=."""
    return step(lambda world: world.publish_fee(Sat("", fee=amount, **kind), since, until))


def sits(label: str, **what: str) -> Step:
    """A result without a certificate: the label's first word is the person."""
    return step(lambda world: world.sit(label, _sat(label, what)))


def certificate(
    label: str, *, issued: str = "2026-07-20", recorded: str | None = None, **what: str | None
) -> Step:
    """A recorded certificate, of an employee unless category= says otherwise. The label's first word is the person."""
    return step(lambda world: world.certify(label, _sat(label, what), issued, recorded))


def _sat(label: str, what: dict[str, str | None]) -> Sat:
    unknown = what.keys() - SITTING
    if unknown:
        raise AssertionError(f"A sitting says nothing of {sorted(unknown)}.")
    return Sat(**{"person": label.split()[0], **what})
