"""A policy version tried on the certificates of a past period. No row is written, and none could be."""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any, Final

import structlog
from django.core.exceptions import ObjectDoesNotExist
from django.db import transaction

from assessment.enums import CertificateStatus
from assessment.models import LevelCertificate
from chongqing_dte.foundation.days import check_span
from chongqing_dte.foundation.errors import POISON, DomainError
from chongqing_dte.foundation.jobs import nudge_after_commit
from chongqing_dte.foundation.long_work import DONE, Asked, LongWork, Standing, Superseded
from chongqing_dte.foundation.read_only import refuse_writes
from chongqing_dte.foundation.sentences import gettext as _
from enrollment.queries import rows_of_persons
from institutions.models import User
from subsidies import policies, queries
from subsidies.enums import Decision
from subsidies.models import PolicyVersion
from subsidies.rules.comparison import Comparison, RealDecision, side_of, why_reality_differs
from subsidies.rules.eligibility import CertificateFacts, Grant, PolicyValues
from subsidies.rules.facts import Claim
from subsidies.rules.keeping import change_of, greatest_first, kept_change, kept_tables, tables_of
from subsidies.rules.sequence import Decided, decide_in_order
from subsidies.rules.tallies import Tables
from subsidies.services.evidence import chains_of, claim_of, gather_facts, grant_of, values_of

log = structlog.get_logger(__name__)

# More would keep whoever asks waiting longer than a page may take: a worker does it.
MOST_CERTIFICATES: Final = 10_000
CHUNK: Final = 1_000
# How many changes are kept, and read again, at once.
BLOCK: Final = 1_000
WORK: Final = LongWork("simulations")


class TooManyCertificates(DomainError):
    """A period with more certificates than are simulated at once."""

    code = "last_day"

    def __init__(self) -> None:
        super().__init__(
            _("More than %(most)s certificates were issued in this period.")
            % {"most": f"{MOST_CERTIFICATES:,}"}
        )


@dataclass
class Simulation:
    """What a version would change over a period, and how far the same rules come to the decisions that stand."""

    version: PolicyVersion
    first_day: date
    last_day: date
    in_force: list[PolicyVersion]
    certificate_count: int = 0
    tables: Tables = field(default_factory=Tables)
    # The greatest first. Of one that was worked through by a worker those that were asked for, else all of them.
    changes: list[Comparison] = field(default_factory=list)
    change_count: int = 0
    # How many certificates are decided in reality as they are simulated (""), and why the others are not.
    reality: Counter[str] = field(default_factory=Counter)
    # Of one that a worker worked through: when, and under which name it is kept.
    worked_at: datetime | None = None
    run: str = ""


@dataclass
class Past:
    """What one policy has granted and held so far, by person."""

    grants: dict[int, list[Grant]] = field(default_factory=lambda: defaultdict(list))
    claims: dict[int, list[Claim]] = field(default_factory=lambda: defaultdict(list))

    def decide(self, facts: CertificateFacts) -> Decided:
        """Decide a certificate after everything that came before it, and remember what it claims."""
        person_id = facts.person_id
        [decided] = decide_in_order(
            [
                replace(
                    facts,
                    grants=tuple(self.grants[person_id]),
                    claims=tuple(self.claims[person_id]),
                )
            ]
        )
        if decided.grant is not None:
            self.grants[person_id].append(decided.grant)
        if decided.claim is not None:
            self.claims[person_id].append(decided.claim)
        return decided


@transaction.atomic(durable=True)
def simulate_policy(*, version_id: int, first_day: date, last_day: date, viewer: User) -> Simulation:
    """Try a version on every certificate of these days, beside the versions in force, and write nothing.

    Both sides are decided in the order of issue, from the facts as they are now and from the decisions that stand on
    certificates before the first day. What either side grants counts for its later certificates. No budget is asked.
    Raises NotPermitted, DomainError for days that cannot be, and TooManyCertificates where a page cannot wait for it.
    """
    refuse_writes()
    version = _version_to_try(version_id, first_day, last_day, viewer)
    issued = list(queries.first_certificates_by_person(first_day, last_day)[: MOST_CERTIFICATES + 1])
    if len(issued) > MOST_CERTIFICATES:
        raise TooManyCertificates
    in_force = queries.approved_policies_over(first_day, last_day)
    simulation = Simulation(version, first_day, last_day, in_force, len(issued))
    engine = _Engine(values_of(version), simulation)
    for chunk in _by_whole_people(issued):
        engine.take(queries.certificates_in_order([certificate_id for _person, certificate_id in chunk]))
    simulation.changes.sort(key=lambda change: (-abs(change.difference), change.certificate_id))
    simulation.change_count = len(simulation.changes)
    return simulation


def ask_for_simulation(
    *, version_id: int, first_day: date, last_day: date, viewer: User, now: datetime, instead_of: str = ""
) -> Standing:
    """Have a worker try a version on days with any number of certificates, and return how far that is.

    Safe to repeat: what one person asked for already goes on, unless it is the run that they want another in place
    of. What it comes to is kept for an hour, for them alone. Raises NotPermitted, DomainError for days that cannot be,
    and NotBegun.
    """
    _version_to_try(version_id, first_day, last_day, viewer)
    asked = _asked(version_id, first_day, last_day, viewer)
    standing = WORK.begin(asked, now=now, instead_of=instead_of)
    nudge_after_commit("simulation_asked")
    return standing


def kept_simulation(
    *, version_id: int, first_day: date, last_day: date, viewer: User, rows: slice
) -> Simulation | Standing | None:
    """Return what a worker came to, with these of the changes, or how far it is. None if this person has to ask.

    Raises NotPermitted, and DomainError for days that cannot be.
    """
    version = _version_to_try(version_id, first_day, last_day, viewer)
    asked = _asked(version_id, first_day, last_day, viewer)
    standing = WORK.standing_of(asked)
    if standing is None or standing.stage != DONE:
        return standing
    # The first list is what it came to as a whole; the changes follow, so many in each.
    first, last = rows.start // BLOCK, -(-rows.stop // BLOCK)
    answer = WORK.answer(asked, standing.run, 1 + first, 1 + last)
    if answer is None:
        return None
    [written], blocks = answer
    whole, before = json.loads(written), first * BLOCK
    lines = [line for block in blocks for line in block]
    return Simulation(
        version,
        first_day,
        last_day,
        queries.policy_versions_by_id(whole["in_force"]),
        certificate_count=standing.total_count,
        tables=tables_of(whole["tables"]),
        changes=[change_of(line) for line in lines[rows.start - before : rows.stop - before]],
        change_count=whole["change_count"],
        reality=Counter(whole["reality"]),
        worked_at=standing.moved_at,
        run=standing.run,
    )


def continue_simulations(*, clock: Callable[[], datetime], turn: timedelta) -> int:
    """Go on with what people wait for until the turn is over, and return how many simulations came to their end.

    Safe to repeat, and to kill: what is noted stays, and the next turn goes on from there. `clock` is asked after each
    step, since a turn takes long.
    """
    began, done_count = clock(), 0
    for asked, run in WORK.waiting():
        if clock() - began > turn:
            break
        done_count += _continue_one(asked, run, clock, began + turn)
    if clock() - began > turn and WORK.waiting():
        # Whoever waits for the same workers comes in between.
        nudge_after_commit("simulation_asked")
    return done_count


def _continue_one(asked: Asked, run: str, clock: Callable[[], datetime], until: datetime) -> bool:
    """Go on with one, and return whether it came to its end."""
    try:
        with WORK.turn_at(asked, run, now=clock()) as standing:
            if standing is None:
                return False
            try:
                return _work_until(asked, standing, clock, until)
            except (*POISON, DomainError, ObjectDoesNotExist):
                log.exception("simulation_failed", asker=asked.asker_id, asked=asked.question)
                WORK.fail(asked, standing)
    except Superseded:
        log.info("simulation_superseded", asker=asked.asker_id, asked=asked.question)
    return False


@transaction.atomic(durable=True)
def _work_until(asked: Asked, standing: Standing, clock: Callable[[], datetime], until: datetime) -> bool:
    refuse_writes()
    version_id, first_day, last_day = _as_asked(asked)
    viewer = User.objects.get(pk=asked.asker_id, is_active=True)
    version = _version_to_try(version_id, first_day, last_day, viewer)
    last_person = standing.notes.get("last_person", 0)
    issued = list(queries.first_certificates_by_person(first_day, last_day, after=last_person))
    standing = replace(standing, total_count=standing.done_count + len(issued))
    simulation = Simulation(version, first_day, last_day, [])
    if standing.notes:
        simulation.tables = tables_of(standing.notes["tables"])
        simulation.reality = Counter(standing.notes["reality"])
    engine = _Engine(values_of(version), simulation)
    for chunk in _by_whole_people(issued):
        if clock() > until:
            return False
        engine.take(queries.certificates_in_order([certificate_id for _person, certificate_id in chunk]))
        standing = _note(asked, standing, simulation, chunk, clock())
    _keep(asked, replace(standing, moved_at=clock()), simulation)
    return True


def _note(
    asked: Asked, standing: Standing, simulation: Simulation, chunk: Sequence[tuple[int, int]], now: datetime
) -> Standing:
    """Note what the simulation has come to by the end of a chunk, and forget its changes: they are noted too."""
    found = [kept_change(change) for change in simulation.changes]
    simulation.changes.clear()
    further = replace(
        standing,
        moved_at=now,
        done_count=standing.done_count + len(chunk),
        tries=0,
        notes={
            "last_person": chunk[-1][0],
            "tables": kept_tables(simulation.tables),
            "reality": simulation.reality,
        },
    )
    WORK.step(asked, further, found)
    return further


def _keep(asked: Asked, standing: Standing, simulation: Simulation) -> None:
    lines = [line for found in WORK.found(asked, standing.run) for line in found]
    lines.sort(key=greatest_first)
    in_force = queries.approved_policies_over(simulation.first_day, simulation.last_day)
    whole: dict[str, Any] = {
        "in_force": [version.pk for version in in_force],
        "tables": kept_tables(simulation.tables),
        "reality": simulation.reality,
        "change_count": len(lines),
    }
    WORK.finish(asked, standing, _blocks(json.dumps(whole), lines))


def _blocks(whole: str, lines: Sequence[str]) -> Iterator[Sequence[str]]:
    yield [whole]
    for start in range(0, len(lines), BLOCK):
        yield lines[start : start + BLOCK]


def _version_to_try(version_id: int, first_day: date, last_day: date, viewer: User) -> PolicyVersion:
    policies.check_can_simulate_policies(viewer)
    check_span(first_day, last_day)
    if last_day < first_day:
        raise DomainError(_("The last day comes before the first."), code="last_day")
    return queries.policy_versions_visible_to(viewer).get(pk=version_id)


def _asked(version_id: int, first_day: date, last_day: date, viewer: User) -> Asked:
    return Asked(viewer.pk, f"{version_id}:{first_day.isoformat()}:{last_day.isoformat()}")


def _as_asked(asked: Asked) -> tuple[int, date, date]:
    version_id, first_day, last_day = asked.question.split(":")
    return int(version_id), date.fromisoformat(first_day), date.fromisoformat(last_day)


def _by_whole_people(issued: Sequence[tuple[int, int]]) -> Iterator[list[tuple[int, int]]]:
    """Cut pairs of person and certificate into chunks, never between two of one person.

    What somebody is granted counts for their later certificates, and for nobody else's.
    """
    chunk: list[tuple[int, int]] = []
    for person_id, certificate_id in issued:
        if len(chunk) >= CHUNK and chunk[-1][0] != person_id:
            yield chunk
            chunk = []
        chunk.append((person_id, certificate_id))
    if chunk:
        yield chunk


class _Engine:
    """Decides chunk by chunk under both policies. Whoever is in one chunk is in no other."""

    def __init__(self, tried: PolicyValues, simulation: Simulation) -> None:
        self.tried, self.simulation = tried, simulation
        self.in_force_past, self.tried_past = Past(), Past()

    def take(self, certificates: Sequence[LevelCertificate]) -> None:
        """Decide all certificates of some people, given in the order of issue."""
        self.in_force_past, self.tried_past = Past(), Past()
        facts = gather_facts(certificates, with_claims=False)
        self._remember_before({each.person_id for each in facts.values()})
        chains = queries.issued_again(certificates)
        real = queries.real_decisions_on(certificates, chains)
        for certificate in certificates:
            last = chains.get(certificate.pk, [certificate])[-1]
            is_valid = last.status == CertificateStatus.VALID
            one = replace(facts[certificate.pk], is_valid=is_valid)
            self._compare(one, real.get(certificate.pk))

    def _compare(self, facts: CertificateFacts, real: RealDecision | None) -> None:
        now = self.in_force_past.decide(facts)
        then = self.tried_past.decide(replace(facts, policy=self.tried))
        comparison = Comparison(
            facts.certificate_id,
            facts.issued_on,
            side_of(now.facts, now.ruling),
            side_of(then.facts, then.ruling),
        )
        self.simulation.tables.add(comparison)
        if comparison.is_change:
            self.simulation.changes.append(comparison)
        self.simulation.reality[why_reality_differs(now.facts, now.ruling, real)] += 1

    def _remember_before(self, person_ids: Collection[int]) -> None:
        """Take in what stands of these people for certificates before the first day: it is the past of both sides."""
        persons = rows_of_persons(person_ids)
        before = queries.claims_before(persons.keys(), self.simulation.first_day)
        if not before:
            return
        people = {persons[claim.certificate.trainee_id] for claim in before}
        chains = chains_of({row: person for row, person in persons.items() if person in people})
        for claim in before:
            attempt = claim.certificate.attempt
            sitting = chains.by_key[attempt.session_id, attempt.trainee_id]
            person_id = persons[claim.certificate.trainee_id]
            for past in (self.in_force_past, self.tried_past):
                past.claims[person_id].append(claim_of(claim, sitting))
                if claim.decision == Decision.GRANTED:
                    past.grants[person_id].append(grant_of(claim))
