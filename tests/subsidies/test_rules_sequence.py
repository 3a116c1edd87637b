from collections import Counter
from dataclasses import replace
from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from subsidies.rules.eligibility import CertificateFacts
from subsidies.rules.limits import LADDER
from subsidies.rules.reservations import Purse, Reservations
from subsidies.rules.sequence import Decided, decide_in_order
from tests.subsidies.test_rules_eligibility import FACTS, POLICY, SITTING


def certificate(
    number: int,
    *,
    person: int = 1,
    occupation: int = 1,
    level: str = "JUNIOR",
    year: int = 2026,
    **policy: object,
) -> CertificateFacts:
    """Return the facts of a certificate in an occupation of its own, unless another is named."""
    values = replace(POLICY, first_pass_scope="OCCUPATION_AND_LEVEL", **policy)
    sitting = replace(SITTING, sitting_id=number, attempt_id=number, occupation_id=occupation, level=level)
    return replace(
        FACTS,
        certificate_id=number,
        person_id=person,
        category="ENTERPRISE_EMPLOYEE",
        graduated_on=None,
        issued_on=date(year, 7, 20),
        sitting=sitting,
        policy=values,
        evaluation_district_id=5,
    )


@st.composite
def programmes(draw: st.DrawFn) -> list[CertificateFacts]:
    """Draw certificates of three people, each first pass another, under one policy with or without limits."""
    policy = {
        "lifetime_cap": draw(st.none() | st.integers(1, 3)),
        "yearly_cap": draw(st.none() | st.integers(1, 2)),
        "ladder_rule": draw(st.sampled_from(["NONE", "SAME_OCCUPATION", "ANY_OCCUPATION"])),
    }
    passes = draw(
        st.lists(
            st.tuples(
                st.integers(1, 3), st.integers(1, 3), st.sampled_from(LADDER), st.sampled_from([2025, 2026])
            ),
            max_size=12,
        )
    )
    return [
        certificate(number, person=person, occupation=occupation, level=level, year=year, **policy)
        for number, (person, occupation, level, year) in enumerate(passes, start=1)
    ]


def granted(decided: list[Decided]) -> list[Decided]:
    return [each for each in decided if each.ruling.decision == "GRANTED"]


@given(programmes(), st.randoms(use_true_random=False))
def test_nobody_passes_a_cap_in_whatever_order_they_are_decided(programme, chance):
    chance.shuffle(programme)

    grants = granted(decide_in_order(programme))

    lifetime = Counter(each.facts.person_id for each in grants)
    yearly = Counter((each.facts.person_id, each.facts.issued_on.year) for each in grants)
    for facts in programme:
        assert facts.policy.lifetime_cap is None or lifetime[facts.person_id] <= facts.policy.lifetime_cap
        assert (
            facts.policy.yearly_cap is None
            or yearly[facts.person_id, facts.issued_on.year] <= facts.policy.yearly_cap
        )


@given(programmes(), st.randoms(use_true_random=False))
def test_who_has_room_left_was_refused_for_no_cap(programme, chance):
    chance.shuffle(programme)

    decided = decide_in_order(programme)

    had: Counter[int] = Counter()
    for each in decided:
        if each.ruling.reason == "within_lifetime_cap":
            assert had[each.facts.person_id] == each.facts.policy.lifetime_cap
        had[each.facts.person_id] += each.ruling.decision == "GRANTED"


@given(programmes(), st.randoms(use_true_random=False))
def test_places_are_given_once_and_within_the_caps(programme, chance):
    chance.shuffle(programme)

    grants = [each.grant for each in granted(decide_in_order(programme))]
    people = {each.facts.certificate_id: each.facts.person_id for each in decide_in_order(programme)}

    lifetime = [(people[grant.certificate_id], grant.lifetime_slot) for grant in grants]
    yearly = [(people[grant.certificate_id], grant.year, grant.yearly_slot) for grant in grants]
    assert len(lifetime) == len(set(lifetime))
    assert len(yearly) == len(set(yearly))
    assert all(slot <= Counter(person for person, _slot in lifetime)[person] for person, slot in lifetime)


@given(programmes(), st.randoms(use_true_random=False))
def test_no_lower_level_is_granted_after_a_higher_one(programme, chance):
    chance.shuffle(programme)

    grants = granted(decide_in_order(programme))

    for place, earlier in enumerate(grants):
        for later in grants[place + 1 :]:
            if earlier.facts.person_id != later.facts.person_id or earlier.facts.policy.ladder_rule == "NONE":
                continue
            same = earlier.facts.sitting.occupation_id == later.facts.sitting.occupation_id
            if same or earlier.facts.policy.ladder_rule == "ANY_OCCUPATION":
                assert LADDER.index(later.facts.sitting.level) >= LADDER.index(earlier.facts.sitting.level)


def test_two_certificates_of_one_person_see_each_other_s_grants():
    first, second, third = decide_in_order(
        [certificate(number, occupation=number, lifetime_cap=2) for number in (1, 2, 3)]
    )

    assert [first.grant.lifetime_slot, second.grant.lifetime_slot] == [1, 2]
    assert (third.ruling.decision, third.ruling.reason) == ("REFUSED", "within_lifetime_cap")
    assert third.facts.grants == (first.grant, second.grant)


def test_what_finds_no_room_in_the_budget_takes_no_place():
    reservations = Reservations({5: Purse(1, Decimal("0.00")), None: Purse(2, Decimal("1000.00"))})
    waiting = certificate(1, occupation=1, lifetime_cap=1, budget_by_district=True)
    paid = certificate(2, occupation=2, lifetime_cap=1)

    held, granted_one = decide_in_order([waiting, paid], reservations.reserve)

    assert (held.ruling.decision, held.ruling.reason, held.grant) == ("HELD", "budget_has_room", None)
    assert granted_one.ruling.decision == "GRANTED"
    assert reservations.budget_ids == {2: 2}


@given(
    available=st.decimals("0", "4000", places=2),
    first_waiting=st.none() | st.integers(1, 8),
    count=st.integers(0, 8),
)
def test_nothing_is_reserved_that_is_not_there_and_nobody_passes_another(available, first_waiting, count):
    reservations = Reservations({None: Purse(1, available, first_waiting)})

    decided = decide_in_order(
        [certificate(number, person=number) for number in range(1, count + 1)], reservations.reserve
    )

    served = [each.facts.certificate_id for each in granted(decided)]
    assert sum((each.ruling.amount for each in granted(decided)), Decimal(0)) <= available
    assert served == list(range(1, len(served) + 1))
    assert first_waiting is None or all(number <= first_waiting for number in served)


def test_a_district_without_a_budget_of_its_own_is_paid_by_the_city():
    by_district = certificate(1, budget_by_district=True)
    with_own = Reservations({5: Purse(1, Decimal("800.00")), None: Purse(2, Decimal("800.00"))})
    without = Reservations({None: Purse(2, Decimal("800.00"))})

    for reservations in (with_own, without):
        decide_in_order([by_district], reservations.reserve)

    assert (with_own.budget_ids, without.budget_ids) == ({1: 1}, {1: 2})
