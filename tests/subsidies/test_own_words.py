"""Whoever looks at their own decision reads sentences to them, and not those of an office."""

import pytest
from django.utils.translation import override

from subsidies.enums import PaymentStatus
from subsidies.explanations import SENTENCES
from subsidies.own_words import OWN_SENTENCES, WHAT_IS_NEXT, own_sentence


@pytest.mark.parametrize(("name", "outcome"), [key for key in SENTENCES if key[1] != "UNKNOWN"])
def test_every_check_has_a_sentence_to_the_person(name, outcome):
    assert (name, outcome) in OWN_SENTENCES


@pytest.mark.parametrize("status", PaymentStatus)
def test_every_state_of_a_payment_says_what_comes_next(status):
    assert str(WHAT_IS_NEXT[status])


@override("en")
def test_what_has_no_sentence_yet_is_not_decided_yet():
    check = {"name": "ladder_is_kept", "outcome": "UNKNOWN", "facts": {}}

    assert own_sentence(check) == "This is not decided yet."


@override("en")
def test_facts_fill_the_gaps():
    check = {
        "name": "category_is_eligible",
        "outcome": "FAILED",
        "facts": {"category": "EARLIER_GRADUATE"},
    }

    assert own_sentence(check) == "You took part as Earlier graduate, and that is not subsidized."
