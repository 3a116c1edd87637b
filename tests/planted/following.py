"""How partners follow what changes: nothing is passed over, and nobody follows what others see."""

from typing import Final

from tests.planted.kinds import Rewritten, Unscheduled

LISTS: Final = "tests/partners/test_sync_classes.py::test_"
STAMPS: Final = "tests/foundation/test_change_stamps.py::test_"

FOLLOWING: Final = (
    Rewritten(
        name="clock_waited_for",
        bug="whoever reads waits as long as somebody else stamps",
        module="chongqing_dte.foundation.change_steps",
        text="        _hold_clock(cursor, wait)",
        instead="        cursor.execute(MAKE_CLOCK)",
        test=f"{STAMPS}nobody_waits_long_for_whoever_holds_the_clock",
    ),
    Rewritten(
        name="newer_kinds_thrown_away",
        bug="a change of a kind that this release does not know is thrown away",
        module="chongqing_dte.foundation.change_steps",
        text="        cursor.execute(TAKE, [REGISTRY.known(), at_most])",
        instead='        cursor.execute(TAKE, [[*REGISTRY.known(), "of-tomorrow"], at_most])',
        test=f"{STAMPS}change_of_a_kind_of_a_newer_release_waits_for_it",
    ),
    Rewritten(
        name="gone_without_a_word",
        bug="an office is not told that a row has left it",
        module="chongqing_dte.foundation.change_steps",
        text='    cursor.execute(LEAVE, {"kind": kind, "at": at, "ids": list(ids)})',
        instead='    cursor.execute(LEAVE, {"kind": kind, "at": at, "ids": []})',
        test=f"{LISTS}class_that_leaves_the_office_is_told_as_gone",
    ),
    Rewritten(
        name="classes_of_others",
        bug="a partner reads the classes of every office by their numbers",
        module="enrollment.api.classes",
        text="            queries.classes_visible_to(user)",
        instead="            TrainingClass._default_manager.all()",
        test=f"{LISTS}other_institution_sees_neither_the_class_nor_its_row",
    ),
    Rewritten(
        name="rosters_of_others",
        bug="a partner reads what was found in the rosters of every institution",
        module="enrollment.api.rosters",
        text="        return queries.roster_uploads_visible_to(user)",
        instead="        return RosterUpload._default_manager.all()",
        test="tests/enrollment/test_api_reads.py::test_problems_of_another_institutions_roster_do_not_exist",
    ),
    Rewritten(
        name="acts_on_classes_of_others",
        bug="a partner is told of a class of another office that it acts on",
        module="enrollment.api.classes",
        text="    found = queries.classes_visible_to(user).filter(",
        instead="    found = TrainingClass._default_manager.filter(",
        test="tests/enrollment/test_api_attendance.py::test_class_of_another_office_does_not_exist",
    ),
    Rewritten(
        name="drafts_followed",
        bug="the bureaus follow classes that nobody has filed",
        module="enrollment.resources",
        text="    return (own,) if filed_at is None else (own, district_office(district_id), BUREAU)",
        instead="    return (own, district_office(district_id), BUREAU)",
        test="tests/partners/test_sync_offices.py::test_office_follows_what_its_people_see[0]",
    ),
    Rewritten(
        name="era_not_asked_for",
        bug="whoever knows more than the database after a restore reads on",
        module="partners.rest.listing",
        text="    if start.era and (start.era != page.era or start.position.changed_at > page.last):",
        instead="    if start.era and start.position.changed_at > page.last:",
        test=f"{LISTS}after_a_restore_everybody_begins_anew",
    ),
    Rewritten(
        name="future_waited_for",
        bug="a reader waits until the clock has reached what it knows",
        module="partners.rest.listing",
        text="    if start.era and (start.era != page.era or start.position.changed_at > page.last):",
        instead="    if start.era and start.era != page.era:",
        test=f"{LISTS}cursor_from_the_future_does_not_wait_for_it",
    ),
    Rewritten(
        name="narrowed_by_half",
        bug="a narrowed list goes on behind what it has not shown",
        module="partners.rest.listing",
        text="            return chosen[:limit], chosen[limit - 1].position",
        instead="            return chosen[:limit], page.changes[-1].position",
        test=f"{LISTS}narrowed_list_passes_over_the_others_and_loses_none",
    ),
    Rewritten(
        name="predecessors_unread",
        bug="a district does not follow the rows of the one it took over from",
        module="institutions.office_queries",
        text="        yield from map(district_office, districts_answered_for(user))",
        instead="        yield district_office(user.district_id)",
        test=f"{LISTS}successor_reads_the_classes_of_its_predecessor",
    ),
    Unscheduled(
        name="stamping_swept",
        bug="changes are stamped only when somebody reads",
        task="chongqing_dte.foundation.tasks.stamp_changes_task",
        test=f"{STAMPS}changes_are_stamped_by_a_sweep",
    ),
)
