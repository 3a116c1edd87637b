"""Every unique key, every exclusion constraint and every trigger of the subsidies, dropped one at a time.

They are read from the models, so that a new one has to name the test that fails without it.
"""

from collections.abc import Iterator
from typing import Any, Final

import pgtrigger
from django.apps import apps
from django.contrib.postgres.constraints import ExclusionConstraint
from django.db import models

from chongqing_dte.foundation.changes import Announcement
from enrollment.models import Enrollment, EvidenceCorrection
from tests.planted.kinds import Dropped

Model = type[models.Model]


def _in(module: str, **tests: str) -> dict[str, str]:
    return {name: f"tests/subsidies/test_{module}.py::test_{test}" for name, test in tests.items()}


# The test that fails without the key or trigger of this name; where there is one, a test that shows the harm.
NAMED: Final[dict[str, str]] = {
    **_in(
        "entitlement_constraints",
        entitlement_one_live_per_certificate="a_certificate_has_one_live_decision",
        entitlement_one_live_per_first_pass="a_first_pass_is_claimed_once[held]",
        entitlement_one_per_lifetime_slot="a_place_of_a_person_is_given_once[place0-entitlement_one_per_lifetime_slot]",
        entitlement_one_per_yearly_slot="a_place_of_a_person_is_given_once[place1-entitlement_one_per_yearly_slot]",
        entitlement_grant_stays="a_grant_is_not_superseded_while_its_payment_stands[owed]",
        entitlement_granted_has_payment="a_grant_without_a_payment_is_refused_at_the_commit",
        entitlement_within_caps="a_place_behind_a_cap_is_refused[in a lifetime]",
    ),
    **_in(
        "payment_constraints",
        attempt_one_open_per_payment="a_payment_has_one_open_attempt[OPEN-UNKNOWN]",
        attempt_one_paid_per_payment="a_payment_is_paid_by_one_attempt",
        attempt_number_once_per_payment="the_attempts_of_a_payment_are_numbered",
        attempt_reference_once="two_instructions_do_not_share_a_bank_reference",
        attempt_line_once_per_batch="the_lines_of_a_batch_are_numbered",
        batch_reference_once="batches_do_not_share_a_reference",
        payment_stays_cancelled="what_has_ended_without_money_stays_so[<lambda>-change0-payment_stays_cancelled]",
        batch_stays_withdrawn="what_has_ended_without_money_stays_so[<lambda>-change1-batch_stays_withdrawn]",
        batch_withdrawn_before_it_left="a_batch_that_may_have_left_is_not_withdrawn[SENDING]",
        attempt_stays_withdrawn="what_has_ended_without_money_stays_so[<lambda>-change2-attempt_stays_withdrawn]",
    ),
    **_in(
        "recovery_constraints",
        recovery_one_live_per_payment="a_payment_is_asked_back_once_at_a_time",
        recovery_one_live_of_a_second_amount="a_second_amount_is_asked_back_once_at_a_time",
        recovery_stays_ended="a_recovery_that_is_settled_stays_settled[changes0]",
        settlement_counts_in_its_recovery="what_was_approved_counts_in_its_recovery",
        settlement_stays_decided="a_settlement_that_counts_stays_as_it_is[changes1-settlement_stays_decided]",
    ),
    **_in(
        "settlement_races",
        settlement_statement_line_once="one_line_of_the_statement_is_put_down_once_for_two_recoveries",
    ),
    **_in(
        "bank_result_constraints",
        result_line_once_per_file="a_line_is_stored_once",
        result_file_by_hand_is_confirmed="what_one_person_brought_becomes_applied_only_if_confirmed",
    ),
    **_in(
        "delivery_constraints",
        batch_download_password_shown_once="a_password_is_shown_once",
        sending_stop_one_at_a_time="one_stop_of_a_kind_holds_at_a_time",
        sending_stop_stays_lifted="a_lifted_stop_stays_lifted",
        result_file_stays_ended="a_file_that_has_ended_stays_so[applied]",
        resolution_one_live_per_line="a_line_has_one_live_finding",
        resolution_stays_decided="a_decided_finding_stays_decided",
        result_line_resolved_by_two_people="a_line_is_not_settled_without_two_people[None]",
    ),
    **_in(
        "budget_constraints",
        budget_one_per_year_kind_and_district="a_year_has_one_budget_for_a_subsidy_and_an_office[city]",
        budget_allotted_by_two_people="nobody_writes_an_allotment_into_a_budget",
        budget_change_one_allotment="a_budget_is_allotted_once",
        budget_change_stays_decided="a_decision_stays",
    ),
    **_in(
        "journal_constraints",
        journal_fact_recorded_once="a_fact_of_a_payment_is_recorded_once",
        journal_lines_balance="journal_entry_is_refused_by[a cent short]",
        journal_entry_balances="journal_entry_is_refused_by[no line]",
    ),
    **_in(
        "notice_constraints",
        notice_one_a_day_and_district="a_district_has_one_notice_a_day[True]",
        notice_line_once_per_notice="a_line_is_numbered_once",
        notice_stays_closed="a_closed_notice_is_not_opened_again",
        payment_leaves_a_closed_notice="money_that_was_never_published_does_not_leave",
        objection_stays_decided="a_decided_objection_stays_decided[upheld]",
    ),
    **_in(
        "notification_constraints",
        notification_said_once="one_thing_is_said_once_to_one_person",
        notification_stays_sent="a_message_that_was_sent_stays_so[change0]",
        alarm_one_live_per_invariant="a_promise_has_one_alarm_at_a_time",
    ),
    **_in(
        "other_subsidy_constraints",
        other_subsidy_recorded_once="one_programme_pays_once",
        other_subsidy_stays_withdrawn="what_was_taken_back_stays_taken_back",
    ),
    **_in(
        "bank_format_constraints",
        bank_format_one_open_per_side="there_is_one_open_format_for_each_side",
        bank_format_open_sides_of_one_bank="the_open_sides_tell_one_bank_by_the_same_digits",
        bank_format_stays_approved="what_became_of_a_format_stays[made0-change0-bank_format_stays_approved]",
        bank_format_stays_closed="what_became_of_a_format_stays[made1-change1-bank_format_stays_closed]",
    ),
    **_in(
        "policy_constraints",
        policy_no_overlap="two_approved_policies_do_not_share_a_day",
        policy_approved_stays="an_approved_version_is_never_changed[changes0]",
    ),
    **_in(
        "claim_constraints",
        claim_one_live_per_class="a_class_has_one_claim_that_has_not_ended",
        claim_stays_ended="a_claim_that_ended_stays_so[refused]",
        claim_keeps_what_was_confirmed="a_confirmed_claim_keeps_the_sum_that_was_signed",
        claim_reckoning_numbered_once="the_reckonings_of_a_claim_are_numbered",
        claim_reckoning_is_its_lines="a_reckoning_that_is_not_the_sum_of_its_lines_is_refused_at_the_commit[amount]",
        claim_line_numbered_once="the_lines_of_a_reckoning_are_numbered",
        claim_line_once_per_enrollment="a_person_has_one_line_of_a_reckoning",
        training_subsidy_one_live_per_enrollment="an_enrollment_is_paid_for_once",
        training_subsidy_one_live_per_key="a_key_is_paid_for_once",
        training_subsidy_stays_voided="what_was_voided_stays_so",
        claim_query_stays_answered="an_answer_stays_as_it_was_given",
    ),
    **_in(
        "advance_constraints",
        advance_stays_withdrawn="an_advance_that_was_taken_back_stays_so",
        advance_stays_while_reviewed="an_advance_stays_while_a_bureau_has_the_claim[submitted]",
        claim_evidence_once_per_class="a_file_is_handed_in_once_for_a_class",
        claim_evidence_stays_withdrawn="a_file_that_was_taken_back_stays_so",
        claim_evidence_stays_while_reviewed="a_file_stays_while_a_bureau_has_the_claim[submitted]",
    ),
    **_in(
        "netting_constraints",
        netting_one_live_per_recovery_and_payment="a_recovery_is_set_off_once_against_a_payment",
        netting_stays_ended="a_set_off_that_has_ended_stays_so",
        netting_leaves_what_is_instructed="nothing_is_held_back_of_what_the_bank_was_told_to_pay",
        attempt_is_what_is_not_set_off="the_bank_is_not_told_to_pay_what_is_held_back",
        netting_within_what_is_asked_back="nobody_pays_with_what_is_owed_to_a_person",
    ),
    **_in(
        "training_policy_constraints",
        training_policy_no_overlap="two_approved_training_policies_do_not_share_a_day",
        training_policy_approved_stays="an_approved_training_policy_is_never_changed",
        training_standard_once="a_table_has_one_entry_for_an_occupation_and_level",
        training_standard_stays_once_approved="the_table_of_an_approved_policy_is_never_changed",
    ),
    **_in(
        "claim_money_constraints",
        payment_one_live_per_claim="a_claim_has_one_live_payment",
        payment_of_a_claim_is_what_was_confirmed="what_is_paid_was_confirmed_for_this_institution[amount]",
        recovery_one_open_per_subsidy="one_persons_part_is_asked_back_once_at_a_time",
        recovery_within_what_was_paid="never_more_is_asked_back_than_was_paid[person]",
        batch_released_by_nobody_behind_its_claims=(
            "no_batch_is_signed_by_somebody_behind_its_claims[submitted_by-first]"
        ),
    ),
    **_in("self_check_constraints", self_check_used_once="used_key_stays_used[change0]"),
}
# A field that is unique by itself has no name of ours.
FIELDS: Final[dict[str, str]] = {
    **_in("races", BankResultFile_sha256="one_result_file_that_comes_twice_at_once_is_applied_once"),
    **_in("payment_constraints", Payment_entitlement="a_grant_has_one_payment"),
    **_in("entitlement_constraints", Entitlement_supersedes="a_decision_is_superseded_once"),
    **_in("journal_constraints", JournalEntry_key="an_event_is_entered_once"),
    **_in(
        "notice_constraints",
        NoticeLine_payment="a_payment_stands_on_one_notice",
        PublicNotice_reference="two_notices_do_not_share_a_reference",
    ),
    **_in("claim_constraints", SubsidyClaim_reference="a_reference_names_one_claim"),
    **_in("self_check_constraints", SelfCheckAccess_secret_hash="one_secret_is_one_key"),
}
# What else money rests on: keys and a trigger of other apps' tables, and conditions that no service may go round.
AROUND: Final = (
    Dropped(
        name="certificate_decided_has_entitlement",
        bug="the trigger certificate_decided_has_entitlement is dropped",
        table="assessment_levelcertificate",
        kind="trigger",
        place="certificate_decided_has_entitlement",
        test="tests/subsidies/test_entitlement_constraints.py::"
        "test_a_certificate_does_not_leave_the_queue_without_a_decision",
    ),
    Dropped(
        name="trainee_id_number_hash",
        bug="the unique key over the ID numbers of trainees is dropped",
        table="enrollment_trainee",
        kind="unique",
        place="id_number_hash",
        test="tests/enrollment/test_enrollment_constraints.py::test_id_number_belongs_to_one_trainee",
    ),
    Dropped(
        name="bank_account_one_current_per_trainee",
        bug="the unique key bank_account_one_current_per_trainee is dropped",
        table="enrollment_bankaccount",
        kind="index",
        place="bank_account_one_current_per_trainee",
        test="tests/enrollment/test_enrollment_constraints.py::test_trainee_has_one_current_account",
    ),
    Dropped(
        name="certificate_one_valid_per_attempt",
        bug="the unique key certificate_one_valid_per_attempt is dropped",
        table="assessment_levelcertificate",
        kind="index",
        place="certificate_one_valid_per_attempt",
        test="tests/assessment/test_certificate_constraints.py::test_attempt_has_one_valid_certificate",
    ),
    Dropped(
        name="certificate_number_once",
        bug="the unique key certificate_number_once is dropped",
        table="assessment_levelcertificate",
        kind="constraint",
        place="certificate_number_once",
        test="tests/assessment/test_certificate_constraints.py::"
        "test_number_is_given_once_in_the_whole_programme",
    ),
    Dropped(
        name="fee_schedule_no_overlap",
        bug="the exclusion constraint fee_schedule_no_overlap is dropped",
        table="institutions_feeschedule",
        kind="constraint",
        place="fee_schedule_no_overlap",
        test="tests/institutions/test_institution_constraints.py::test_two_fees_never_hold_on_one_day",
    ),
    Dropped(
        name="institution_account_one_current",
        bug="the unique key institution_account_one_current is dropped",
        table="institutions_institutionaccount",
        kind="index",
        place="institution_account_one_current",
        test="tests/institutions/test_institution_accounts.py::test_an_institution_is_paid_to_one_account",
    ),
    Dropped(
        name="budget_never_overspent",
        bug="the condition budget_never_overspent is dropped",
        table="subsidies_budget",
        kind="constraint",
        place="budget_never_overspent",
        test="tests/subsidies/test_budget_constraints.py::test_a_budget_is_never_overspent",
    ),
    Dropped(
        name="batch_leaves_only_released",
        bug="the condition batch_leaves_only_released is dropped",
        table="subsidies_paymentbatch",
        kind="constraint",
        place="batch_leaves_only_released",
        test="tests/subsidies/test_payment_constraints.py::test_one_signature_does_not_release",
    ),
    Dropped(
        name="batch_released_by_two_people",
        bug="the condition batch_released_by_two_people is dropped",
        table="subsidies_paymentbatch",
        kind="constraint",
        place="batch_released_by_two_people",
        test="tests/subsidies/test_payment_constraints.py::test_one_person_does_not_sign_twice",
    ),
    Dropped(
        name="entitlement_granted_on_complete_facts",
        bug="the condition entitlement_granted_on_complete_facts is dropped",
        table="subsidies_entitlement",
        kind="constraint",
        place="entitlement_granted_on_complete_facts",
        test="tests/subsidies/test_entitlement_constraints.py::"
        "test_entitlement_is_refused_by[fields5-entitlement_granted_on_complete_facts]",
    ),
)
EVIDENCE: Final = "tests/enrollment/test_evidence_correction_constraints.py::test_"
ANNOUNCED: Final = "tests/subsidies/test_announcement_constraints.py::test_"
FROZEN: Final = "tests/subsidies/test_frozen_constraints.py::test_"


def models_of_money() -> list[Model]:
    """Return the models whose keys and triggers guard money."""
    return list(apps.get_app_config("subsidies").get_models())


def schema_plants() -> Iterator[Dropped]:
    """Yield one plant for each unique key, exclusion constraint and trigger. The test is empty where none is named."""
    for model in models_of_money():
        yield from _unique_fields(model)
        yield from _keys(model)
        yield from _triggers(model)
    yield from _evidence_plants()


def _evidence_plants() -> Iterator[Dropped]:
    """Yield what holds together who somebody is to the programme: decisions about money rest on it."""
    one_open = "evidence_correction_one_open_per_enrollment"
    yield _dropped(
        EvidenceCorrection,
        one_open,
        "index",
        one_open,
        f"{EVIDENCE}one_correction_of_an_enrollment_is_open_at_a_time",
    )
    stays = "evidence_correction_stays_decided"
    yield named_trigger(EvidenceCorrection, stays, f"{EVIDENCE}what_was_decided_stays_decided[changed0]")
    locked = "enrollment_evidence_stays_after_the_lock"
    yield named_trigger(
        Enrollment, locked, f"{EVIDENCE}evidence_becomes_nothing_but_what_was_approved[category]"
    )


def named_trigger(model: Model, name: str, test: str) -> Dropped:
    trigger = next(each for each in model._meta.triggers if each.name == name)
    return _dropped(model, name, "trigger", trigger.get_pgid(model), test)


def _unique_fields(model: Model) -> Iterator[Dropped]:
    for field in model._meta.local_fields:
        if field.unique and not field.primary_key:
            name = f"{model.__name__}_{field.name}"
            public = f"{FROZEN}public_number_names_one_row[{model.__name__}]"
            test = public if field.name == "public_id" else FIELDS.get(name, "")
            yield _dropped(model, name, "unique", field.column, test)


def _keys(model: Model) -> Iterator[Dropped]:
    for constraint in model._meta.constraints:
        if isinstance(constraint, models.UniqueConstraint | ExclusionConstraint):
            is_partial = isinstance(constraint, models.UniqueConstraint) and constraint.condition
            kind = "index" if is_partial else "constraint"
            yield _dropped(model, constraint.name, kind, constraint.name, NAMED.get(constraint.name, ""))


def _triggers(model: Model) -> Iterator[Dropped]:
    for trigger in model._meta.triggers:
        test = _general_test(model, trigger) or NAMED.get(trigger.name, "")
        is_general = trigger.name not in NAMED
        name = f"{model.__name__}_{trigger.name}" if is_general else trigger.name
        yield _dropped(model, name, "trigger", trigger.get_pgid(model), test)


def _general_test(model: Model, trigger: Any) -> str:
    """Return the test of a trigger that many tables have."""
    if isinstance(trigger, pgtrigger.ReadOnly):
        return f"{FROZEN}frozen_field_is_not_changed[{model.__name__}-{sorted(trigger.fields)[0]}]"
    if isinstance(trigger, Announcement):
        return f"{ANNOUNCED}change_is_announced[{model.__name__}-{trigger.name}]"
    if trigger.name == "frozen_secrets":
        column = trigger.operation.columns[0]
        return f"{FROZEN}encrypted_column_is_not_written_again_under_the_same_key[{model.__name__}-{column}]"
    tests = {
        "no_update": "append_only_row_is_not_changed",
        "no_delete": "row_is_not_deleted",
        "no_truncate": "table_is_not_emptied",
    }
    return f"{FROZEN}{tests[trigger.name]}[{model.__name__}]" if trigger.name in tests else ""


def _dropped(model: Model, name: str, kind: str, place: str, test: str) -> Dropped:
    what = {"trigger": "the trigger", "unique": "the unique key", "index": "the unique key"}.get(
        kind, "the key"
    )
    bug = f"{what} {name} is dropped"
    return Dropped(name=name, bug=bug, table=model._meta.db_table, kind=kind, place=place, test=test)
