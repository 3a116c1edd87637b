"""Whatever class, policy and history: a claim is what the policy's words say, and nobody is paid more than that."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from subsidies.rules.claim_facts import ClaimSitting, Reckoning, TraineeFacts, TrainingPolicyValues
from subsidies.rules.claim_lines import reckon
from subsidies.rules.facts import PublishedFee
from subsidies.rules.pass_rates import PassRateCurve
from tests.subsidies.claim_examples import CLASS, CUT_OFF, PASS, POLICY, TRAINEE

DAYS = (date(2026, 7, 11), date(2026, 9, 5), CUT_OFF.replace(day=29))


@dataclass(frozen=True)
class Person:
    """Somebody of a class in the plainest words: what each of three sittings came to, "" where they did not sit."""

    outcomes: tuple[str, str, str]
    locked: bool
    status: str
    category: str
    fee_cents: int
    refused: bool

    def passed(self, rule: str) -> bool:
        """Test whether they passed, as the policy counts sittings. The third one was after the cut-off day."""
        sat = [outcome for outcome in self.outcomes[:2] if outcome not in ("", "ABSENT")]
        return (sat[:1] if rule == "FIRST_ATTEMPT" else sat).count("PASSED") > 0

    def sat(self) -> bool:
        return any(outcome not in ("", "ABSENT") for outcome in self.outcomes[:2])


@dataclass(frozen=True)
class Words:
    """A policy in the plainest words. Shares in ten thousandths, sums in cents."""

    line_rule: str
    denominator: str
    pass_rule: str
    share: int
    points: tuple[tuple[int, int], ...]
    floor: int
    cap: int
    small_size: int
    small_factor: int
    capped_by_advance: bool


@dataclass(frozen=True)
class Came:
    """What the words say that a claim comes to; sums in cents, the factor in ten thousandths."""

    passes: int
    people: int
    factor: int
    standards: dict[int, int]
    amount: int


def half_up(value: Fraction) -> int:
    return (value + Fraction(1, 2)).__floor__()


def by_the_words(people: Sequence[Person], words: Words, advance: int) -> Came:
    """Reckon a claim the slow way, in whole cents and fractions, from the policy's words alone."""
    locked = [person for person in people if person.locked]
    in_rate = {
        "ROSTER": locked,
        "COMPLETED": [person for person in locked if person.status == "COMPLETED"],
        "EXAMINED": [person for person in locked if person.sat()],
    }[words.denominator]
    passes = sum(person.passed(words.pass_rule) for person in in_rate)
    factor = factor_of(passes, len(in_rate), words)
    standards = {
        number: half_up(Fraction(person.fee_cents * words.share, 10_000))
        for number, person in enumerate(people, start=1)
        if is_paid_for(person, words)
    }
    amount = half_up(Fraction(sum(standards.values()) * factor, 10_000))
    return Came(
        passes,
        len(in_rate),
        factor,
        standards,
        min(amount, advance) if words.capped_by_advance else amount,
    )


def is_paid_for(person: Person, words: Words) -> bool:
    asked = {"COMPLETED": True, "EXAMINED": person.sat(), "PASSED": person.passed(words.pass_rule)}
    is_of_the_class = person.locked and person.status == "COMPLETED"
    is_eligible = person.category in ("GRADUATING_STUDENT", "ENTERPRISE_EMPLOYEE")
    return is_of_the_class and is_eligible and asked[words.line_rule] and not person.refused


def factor_of(passes: int, people: int, words: Words) -> int:
    """Return the factor: the height of the curve over the rate, looked up point by point."""
    rate = Fraction(passes, people) if people else Fraction(0)
    points = [(Fraction(at, 10_000), Fraction(height, 10_000)) for at, height in words.points]
    left = [point for point in points if point[0] <= rate]
    right = [point for point in points if point[0] >= rate]
    if not left:
        height = points[0][1]
    elif not right:
        height = points[-1][1]
    elif left[-1] == right[0]:
        height = left[-1][1]
    else:
        (x, low), (z, high) = left[-1], right[0]
        height = (low * (z - rate) + high * (rate - x)) / (z - x)
    height = max(height, Fraction(words.floor, 10_000))
    if 0 < people < words.small_size:
        height = max(height, Fraction(words.small_factor, 10_000))
    return half_up(min(height, Fraction(words.cap, 10_000)) * 10_000)


# ── The same for the rules ───────────────────────────────────────────────────────────────────────────────
def share(ten_thousandths: int) -> Decimal:
    return Decimal(ten_thousandths) / 10_000


def as_trainee(number: int, person: Person) -> TraineeFacts:
    sittings = tuple(
        as_sitting(number * 10 + place, day, outcome)
        for place, (day, outcome) in enumerate(zip(DAYS, person.outcomes, strict=True))
        if outcome
    )
    return replace(
        TRAINEE,
        enrollment_id=number,
        person_id=number,
        status=person.status,
        in_denominator=person.locked,
        category=person.category,
        graduated_on=date(2026, 6, 20),
        sittings=sittings,
        fee=PublishedFee(1, Decimal(person.fee_cents) / 100),
        refused_in_review="OTHER" if person.refused else "",
    )


def as_sitting(sitting_id: int, day: date, outcome: str) -> ClaimSitting:
    certificates = ("VALID",) if outcome == "PASSED" else ()
    return replace(
        PASS,
        sitting_id=sitting_id,
        attempt_id=sitting_id,
        held_on=day,
        outcome=outcome,
        certificates=certificates,
    )


def as_policy(words: Words) -> TrainingPolicyValues:
    curve = PassRateCurve(
        points=tuple((share(at), share(height)) for at, height in words.points),
        floor=share(words.floor),
        cap=share(words.cap),
        small_class_size=words.small_size,
        small_class_factor=share(words.small_factor),
    )
    return replace(
        POLICY,
        line_rule=words.line_rule,
        denominator=words.denominator,
        pass_rule=words.pass_rule,
        fee_share=share(words.share),
        curve=curve,
        capped_by_advance=words.capped_by_advance,
    )


def by_the_rules(people: Sequence[Person], words: Words, advance: int) -> Reckoning:
    class_ = replace(CLASS, locked_count=sum(person.locked for person in people))
    trainees = [as_trainee(number, person) for number, person in enumerate(people, start=1)]
    return reckon(class_, trainees, as_policy(words), Decimal(advance) / 100)


# ── Any class, any policy ────────────────────────────────────────────────────────────────────────────────
OUTCOMES = st.sampled_from(["", "PASSED", "PASSED", "FAILED", "ABSENT", "MISCONDUCT"])
PEOPLE = st.lists(
    st.builds(
        Person,
        outcomes=st.tuples(OUTCOMES, OUTCOMES, OUTCOMES),
        locked=st.sampled_from([True, True, True, False]),
        status=st.sampled_from(["COMPLETED", "COMPLETED", "COMPLETED", "WITHDRAWN", "TRANSFERRED"]),
        category=st.sampled_from(["ENTERPRISE_EMPLOYEE", "GRADUATING_STUDENT", "EARLIER_GRADUATE"]),
        fee_cents=st.integers(1, 200_000),
        refused=st.sampled_from([False, False, False, True]),
    ),
    min_size=1,
    max_size=12,
)
SHARES = st.integers(0, 10_000)


@st.composite
def words_of_policies(draw: st.DrawFn) -> Words:
    rates = sorted(draw(st.sets(SHARES, min_size=1, max_size=4)))
    heights = sorted(draw(st.lists(SHARES, min_size=len(rates), max_size=len(rates))))
    floor, cap = sorted((draw(SHARES), draw(SHARES)))
    return Words(
        line_rule=draw(st.sampled_from(["COMPLETED", "EXAMINED", "PASSED"])),
        denominator=draw(st.sampled_from(["ROSTER", "COMPLETED", "EXAMINED"])),
        pass_rule=draw(st.sampled_from(["FIRST_ATTEMPT", "ANY_ATTEMPT"])),
        share=draw(st.integers(1, 10_000)),
        points=tuple(zip(rates, heights, strict=True)),
        floor=floor,
        cap=cap,
        small_size=draw(st.integers(0, 8)),
        small_factor=draw(SHARES),
        capped_by_advance=draw(st.booleans()),
    )


POLICIES = words_of_policies()
ADVANCES = st.integers(0, 1_500_000)


@given(PEOPLE, POLICIES, ADVANCES)
def test_a_claim_comes_to_what_the_words_of_the_policy_say(people, words, advance):
    found, expected = by_the_rules(people, words, advance), by_the_words(people, words, advance)

    assert (found.pass_count, found.rate_count) == (expected.passes, expected.people)
    assert found.factor == share(expected.factor)
    assert {line.ruling.enrollment_id for line in found.lines if line.ruling.counts} == set(
        expected.standards
    )
    assert found.standard_total * 100 == sum(expected.standards.values())
    assert found.amount * 100 == expected.amount
    assert found.is_complete


@given(PEOPLE, POLICIES, ADVANCES)
def test_the_lines_are_the_claim_and_each_is_within_a_cent_of_its_share(people, words, advance):
    found, expected = by_the_rules(people, words, advance), by_the_words(people, words, advance)
    total = sum(expected.standards.values())

    assert sum(line.amount for line in found.lines) == found.amount
    for line in found.lines:
        standard = expected.standards.get(line.ruling.enrollment_id, 0)
        exact = Fraction(expected.amount * standard, total) if total else Fraction(0)
        assert abs(Fraction(line.amount) * 100 - exact) < 1
        assert line.amount * 100 <= standard


@given(PEOPLE, POLICIES, ADVANCES, st.data())
def test_somebody_who_passes_after_all_never_makes_the_claim_less(people, words, advance, data):
    if words.denominator == "EXAMINED":
        # One more who sat may be one too many for a small class.
        words = replace(words, small_size=0)
    place = data.draw(st.integers(0, len(people) - 1))
    better = [*people]
    better[place] = replace(people[place], outcomes=("PASSED", *people[place].outcomes[1:]))

    assert by_the_rules(better, words, advance).amount >= by_the_rules(people, words, advance).amount
