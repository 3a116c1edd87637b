from collections import Counter
from datetime import date
from random import Random
from types import SimpleNamespace

from demo.generator.names import IN_PARTS, SURNAMES, make_name
from demo.generator.people import People
from demo.identifiers import WORLD_REGION, make_card_number, make_mobile
from enrollment.rules.identifiers import (
    birth_date_of,
    luhn_is_valid,
    mobile_is_valid,
    normalize_name,
    resident_id_problem,
)

TODAY = date(2026, 10, 20)
BORN_ON = date(2004, 12, 31)


def people_with(taken: Counter[date]) -> People:
    return People(SimpleNamespace(), SimpleNamespace(), Random(1), taken=taken)


def test_a_day_that_is_full_gives_way_to_the_next():
    people = people_with(Counter())

    numbers = [people._id_number(BORN_ON) for _ in range(2500)]

    assert len(set(numbers)) == 2500
    assert {birth_date_of(number) for number in numbers} == {BORN_ON, date(2005, 1, 1), date(2005, 1, 2)}
    assert {resident_id_problem(number, today=TODAY) for number in numbers} == {None}
    assert {number[:6] for number in numbers} == {WORLD_REGION}


def test_numbers_go_on_behind_those_that_are_taken():
    before = people_with(Counter())
    earlier = {before._id_number(BORN_ON) for _ in range(300)}
    after = people_with(Counter({BORN_ON: 300}))

    assert not earlier & {after._id_number(BORN_ON) for _ in range(900)}


def test_numbers_stay_valid_at_a_million():
    for sequence in (0, 999_999, 1_000_000, 99_999_999):
        assert mobile_is_valid(make_mobile(sequence))
        assert luhn_is_valid(make_card_number(sequence))


def test_names_are_written_as_the_portal_writes_them():
    chance = Random(1)
    names = [make_name(chance, sex=chance.choice(("man", "woman"))) for _ in range(5000)]

    assert [normalize_name(name) for name in names] == names
    dotted = [name for name in names if "·" in name]
    assert 5 < len(dotted) < 100
    assert all(name.split("·")[0] in IN_PARTS[0] for name in dotted)
    surnames = Counter(name[0] for name in names if "·" not in name)
    assert surnames["王"] > surnames["秦"] > 0
    assert all(any(name.startswith(each) for each in SURNAMES) for name in names if "·" not in name)
