"""A month of claims recomputed for a simulation, and the bare read of the same facts."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from typing import Any

from benchmarks.claims_classes import Month
from benchmarks.measuring import seconds_of


@dataclass
class Beside:
    """How long the simulation of a month took, and how long the bare read of what it had read."""

    simulated: float = 0.0
    read: float = 0.0


@dataclass
class Noted:
    """The statements that were sent meanwhile."""

    statements: list[tuple[str, Any]] = field(default_factory=list)

    def __call__(self, execute: Any, sql: str, params: Any, *how: Any) -> Any:
        """Note a statement, and send it."""
        self.statements.append((sql, params))
        return execute(sql, params, *how)


def simulate_and_read(month: Month) -> Beside:
    """Try another version on the classes of a month, as a worker does; what each part read is read again by hand.

    Part by part in turn, so that whatever else the machine does slows both down alike.
    """
    from django.db import connection, transaction
    from django.utils import timezone

    from subsidies import queries
    from subsidies.services.training_simulations import Engine, TrainingSimulation, chunks

    beside = Beside()
    with transaction.atomic():
        simulation = TrainingSimulation(_tried(), month.first_day, month.last_day, [])
        engine = Engine(simulation, today=timezone.localdate())
        ended = list(queries.classes_that_ended(month.first_day, month.last_day))
        for chunk in chunks(ended=ended):
            noted = Noted()
            with connection.execute_wrapper(noted):
                beside.simulated += seconds_of(partial(engine.take, chunk))
            beside.read += seconds_of(partial(_read, noted.statements))
    if not simulation.changes:
        raise RuntimeError("The version that was tried changes nothing.")
    return beside


def check_same_sums(month: Month, *, sample: int) -> None:
    """Raise RuntimeError unless the simulation comes to the sums that the claims themselves are reckoned to."""
    from django.utils import timezone

    from subsidies import queries
    from subsidies.rules.claim_lines import reckon
    from subsidies.services.training_simulations import Engine, TrainingSimulation

    ended = list(queries.classes_that_ended(month.first_day, month.last_day)[:sample])
    today = timezone.localdate()
    reckoned = Decimal(0)
    for each in queries.gather_claim_facts(
        [class_id for _day, class_id, _district in ended], today=today
    ).values():
        if each.policy is None:
            raise RuntimeError("No training policy holds for the classes.")
        reckoned += reckon(each.class_, each.trainees, each.policy, each.advance).amount
    simulation = TrainingSimulation(_tried(), month.first_day, month.last_day, [])
    Engine(simulation, today=today).take(ended)
    simulated = simulation.tables.total.in_force_owed
    if not reckoned or simulated != reckoned:
        raise RuntimeError(f"The simulation comes to {simulated}, and the claims to {reckoned}.")


def _tried() -> Any:
    """Return a draft that changes whom money is for, how it is reckoned, and which sitting counts."""
    from subsidies.models import TrainingPolicyVersion

    found = TrainingPolicyVersion.objects.filter(approved_at__isnull=True).first()
    if found is not None:
        return found
    draft = TrainingPolicyVersion.objects.filter(approved_at__isnull=False).order_by("pk")[0]
    draft.pk = None
    draft.approved_by = draft.approved_at = None
    draft.name, draft.line_rule, draft.pass_rule = "Tried", "PASSED", "FIRST_ATTEMPT"
    draft.fee_share = Decimal("0.7500")
    draft.save(force_insert=True)
    return draft


def _read(statements: Sequence[tuple[str, Any]]) -> None:
    from django.db import connection

    # The driver's own cursor: nothing of Django stands between it and the rows.
    with connection.connection.cursor() as cursor:
        for sql, params in statements:
            cursor.execute(sql, params)
            cursor.fetchall()
