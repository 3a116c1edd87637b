"""Bugs in how a class's pass rate is compared with others, and in what is shown and signed of many claims."""

from typing import Final

from tests.planted.kinds import Rewritten

OTHERS: Final = "tests/subsidies/test_other_classes.py::test_"
CONFIRMING: Final = "tests/subsidies/test_claim_confirmation_pages.py::test_"

COMPARING: Final = (
    Rewritten(
        name="compared_with_itself",
        bug="a class that is looked at after its claim was confirmed is compared with itself",
        module="subsidies.queries.other_classes",
        text="sum(each[place] for each in tallies) - own[place]",
        instead="sum(each[place] for each in tallies)",
        test=f"{OTHERS}a_class_is_not_compared_with_itself",
    ),
    Rewritten(
        name="others_void_a_signature",
        bug="whenever a claim is confirmed, nobody can sign the others of its kind as they saw them",
        module="subsidies.services.reckoning_steps",
        text="or not same_to_look_at(former.flags, flags_of(facts))",
        instead="or former.flags != flags_of(facts)",
        test=f"{OTHERS}what_others_do_meanwhile_makes_no_new_reckoning_and_hinders_no_signature",
    ),
    Rewritten(
        name="narrowed_in_name_only",
        bug="who narrows what they sign to a district chooses the claims of all of them",
        module="subsidies.views.claim_confirmations",
        text="found = found.filter(district=district)",
        instead="pass",
        test=f"{CONFIRMING}the_list_is_narrowed_to_a_district_and_only_what_it_shows_is_chosen_and_signed",
    ),
)
