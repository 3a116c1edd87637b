from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subsidies.rules.eligibility import first_pass_key
from subsidies.rules.references import claim_words, training_words
from tests.subsidies.test_rules_eligibility import with_policy

SCOPES = ["PERSON", "OCCUPATION", "OCCUPATION_AND_LEVEL"]

passes = st.tuples(st.sampled_from(SCOPES), st.integers(1, 3), st.integers(1, 3), st.sampled_from("ABC"))


def words_of(scope, person, occupation, level):
    return claim_words(
        scope=scope, known_as=f"{person:064x}", occupation_code=f"4-04-05-0{occupation}", level=level
    )


def key_of(scope, person, occupation, level):
    facts = replace(with_policy(first_pass_scope=scope), person_id=person)
    return first_pass_key(
        replace(facts, sitting=replace(facts.sitting, occupation_id=occupation, level=level))
    )


@pytest.mark.parametrize(
    ("scope", "words"),
    [
        ("PERSON", ("assessment", "ab")),
        ("OCCUPATION", ("assessment", "ab", "4-04-05-05")),
        ("OCCUPATION_AND_LEVEL", ("assessment", "ab", "4-04-05-05", "SENIOR")),
    ],
)
def test_a_claim_is_put_into_the_words_of_its_scope(scope, words):
    assert claim_words(scope=scope, known_as="ab", occupation_code="4-04-05-05", level="SENIOR") == words


@given(one=passes, other=passes)
def test_two_passes_have_the_same_words_exactly_if_they_are_one_first_pass(one, other):
    assert (words_of(*one) == words_of(*other)) == (key_of(*one) == key_of(*other))


def test_a_claim_for_a_class_is_whose_class_it_is_and_which():
    words = training_words(credit_code="91500000MA5U000000", class_reference="CLASS-7")

    assert words == ("training", "91500000MA5U000000", "CLASS-7")
