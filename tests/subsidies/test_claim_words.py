"""Every check of a claim has a name and a sentence for each outcome that it can have."""

import inspect

import pytest
from django.utils import translation

from subsidies.claim_words import NAMES, SENTENCES, claim_check_sentence, shown_check
from subsidies.rules import claim_checks, claim_lines

RULES = (*claim_lines.CHECKS, *claim_checks.CHECKS)


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_check_has_a_name_and_a_sentence_for_each_outcome_in_its_code(rule):
    code = inspect.getsource(rule)
    outcomes = {outcome for outcome in ("PASSED", "FAILED", "UNKNOWN") if outcome in code}
    if "_check(" in code:
        outcomes |= {"PASSED", "FAILED"}

    assert rule.__name__ in NAMES
    assert {outcome for name, outcome in SENTENCES if name == rule.__name__} == outcomes


def test_facts_are_told_as_people_read_them():
    check = {
        "name": "attended_enough",
        "outcome": "FAILED",
        "facts": {"least": "0.8000", "attended": "0.7543"},
    }

    assert claim_check_sentence(check) == "Attended only 75.43% of the hours taught; 80% are needed."


def test_codes_are_told_by_their_labels():
    check = {"name": "not_refused_in_review", "outcome": "FAILED", "facts": {"code": "NOT_TRAINED_HERE"}}

    assert "The person was not trained in this class" in claim_check_sentence(check)


def test_what_the_policy_does_not_ask_for_is_said():
    check = {"name": "passed_the_assessment", "outcome": "PASSED", "facts": {"line_rule": "COMPLETED"}}

    assert shown_check(check)["sentence"] == "The policy does not ask for it."
