from decimal import Decimal

import pytest

from assessment.rules.signals import Heaping, heaping_of, identical_scores_of, scored_count

LIMITS = Heaping(pass_mark=Decimal("60.0"), band=Decimal("2.0"), share=Decimal("0.5"))


def pairs(*scores):
    """Return how many candidates have each pair of (theory, practice)."""
    counted = {}
    for theory, practice in scores:
        pair = (Decimal(theory), Decimal(practice))
        counted[pair] = counted.get(pair, 0) + 1
    return counted


@pytest.mark.parametrize(
    ("theory", "in_band"),
    [
        pytest.param(
            ["60.0", "62.0", "59.9", "62.1"], 2, id="both ends belong to the band, half of four is enough"
        ),
        pytest.param(["60.0", "59.9", "59.9", "62.1"], None, id="one of four is not half"),
        pytest.param(["61.0", "61.0", "61.0", "61.0"], 4, id="all of them"),
        pytest.param(["90.0", "20.0"], None, id="nobody near the mark"),
    ],
)
def test_scores_heap_up_when_their_share_in_the_band_is_reached(theory, in_band):
    measured = heaping_of(pairs(*((score, "90.0") for score in theory)), part=0, limits=LIMITS)

    assert (measured and measured["in_band"]) == in_band


def test_heaping_is_told_in_figures():
    measured = heaping_of(pairs(("70", "60"), ("70", "60"), ("70", "30")), part=1, limits=LIMITS)

    assert measured == {"scored": 3, "in_band": 2, "share": "0.6667", "from": "60.0", "to": "62.0"}


def test_nobody_heaps_up():
    assert heaping_of({}, part=0, limits=LIMITS) is None


@pytest.mark.parametrize(
    ("scores", "measured"),
    [
        pytest.param([("70", "70")] * 2 + [("70", "71")], None, id="two are no group of three"),
        pytest.param(
            [("70", "70")] * 3 + [("80", "80")] * 4 + [("90", "90")] * 2,
            {"scored": 9, "groups": 2, "candidates": 7, "largest": 4},
            id="two groups",
        ),
        pytest.param([("70", "80"), ("80", "70"), ("70", "80")], None, id="the order of the parts counts"),
    ],
)
def test_identical_scores_are_groups_of_the_same_pair(scores, measured):
    assert identical_scores_of(pairs(*scores), at_least=3) == measured


def test_candidates_are_counted_and_not_pairs():
    assert scored_count(pairs(("70", "70"), ("70", "70"), ("1", "2"))) == 3
