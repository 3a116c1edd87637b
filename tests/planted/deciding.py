"""Bugs on the way from a certificate to a decision, each where somebody careless could have made it."""

from typing import Final

from tests.planted.kinds import Rewritten

DECISIONS: Final = "subsidies.services.decisions"
STEPS: Final = "subsidies.services.decision_steps"
EVIDENCE: Final = "subsidies.services.evidence"
RULES: Final = "subsidies.rules.eligibility"
TESTS: Final = "tests/subsidies/test_"

DECIDING: Final = (
    # ── Two at one moment ────────────────────────────────────────────────────────────────────────────────
    Rewritten(
        name="no_skip_locked",
        bug="a second worker waits for the certificates that the first has locked",
        module="assessment.queries.certificates",
        text="select_for_update(skip_locked=True, no_key=True, of=",
        instead="select_for_update(no_key=True, of=",
        test=f"{TESTS}races.py::test_a_second_worker_leaves_alone_what_the_first_decides",
    ),
    Rewritten(
        name="no_lock_on_certificates",
        bug="certificates are decided without being locked",
        module="assessment.queries.certificates",
        text='LevelCertificate.objects.select_for_update(skip_locked=True, no_key=True, of=("self",))',
        instead="LevelCertificate.objects.all()",
        test=f"{TESTS}races.py::test_a_second_worker_decides_what_the_first_has_not_taken",
    ),
    Rewritten(
        name="no_lock_on_people",
        bug="a decision does not lock the people whom it is about",
        module=DECISIONS,
        text="    lock_trainees(rows_of_persons(",
        instead="    (lambda rows: rows)(rows_of_persons(",
        test=f"{TESTS}merged_people.py::test_a_merge_waits_for_the_decision_that_is_under_way",
    ),
    Rewritten(
        name="no_lock_on_one_s_other_rows",
        bug="a decision locks only the row of a person that the certificate names",
        module=DECISIONS,
        text="    lock_trainees(rows_of_persons({certificate.trainee_id for certificate in certificates}))",
        instead="    lock_trainees({certificate.trainee_id for certificate in certificates})",
        test=f"{TESTS}cap_races.py::test_the_second_worker_waits_though_it_knows_the_person_by_another_row",
    ),
    Rewritten(
        name="no_lock_on_budgets",
        bug="money is reserved from budgets that are not locked",
        module="subsidies.queries.budget_queue",
        text='Budget.objects.select_for_update(of=("self",), no_key=True).filter(',
        instead="Budget.objects.filter(",
        test=f"{TESTS}races.py::test_two_workers_do_not_spend_the_last_money_twice",
    ),
    Rewritten(
        name="held_before_a_claim",
        bug="what was held before another certificate claimed the first pass is not looked at again",
        module=DECISIONS,
        text=" - _held_before_new_claims(cases)",
        instead="",
        test=f"{TESTS}claims_in_sets.py::test_who_has_no_policy_yet_is_refused_once_an_earlier_pass_is_claimed",
    ),
    Rewritten(
        name="left_out_counts",
        bug="what another worker stood in the way of counts for the person's next certificate",
        module=DECISIONS,
        text="    _check_nobody_counted_what_was_left_out(cases, written)",
        instead="    pass",
        test=f"{TESTS}races.py::test_what_could_not_be_written_counts_for_no_other_certificate_of_the_person",
    ),
    # ── What becomes of the queue ────────────────────────────────────────────────────────────────────────
    Rewritten(
        name="never_marked",
        bug="a certificate stays in the queue though it is decided",
        module=DECISIONS,
        text="    mark_decided(done)",
        instead="    pass",
        test=f"{TESTS}decide_certificates.py::test_a_decision_leaves_an_event_and_ends_the_wait",
    ),
    Rewritten(
        name="bad_one_stops_all",
        bug="one certificate that cannot be decided stops all the others",
        module=DECISIONS,
        text='        decided_count += act_or_isolate(due, decide, complaint="certificate_cannot_be_decided")',
        instead="        decided_count += decide(due)",
        test=f"{TESTS}contradictions.py::test_a_certificate_that_cannot_be_decided_holds_up_nobody_else",
    ),
    Rewritten(
        name="held_for_ever",
        bug="what is held is never taken up again",
        module=DECISIONS,
        text="    make_due_again([entitlement.certificate_id for entitlement in held])",
        instead="    pass",
        test=f"{TESTS}hold_certificates.py::"
        "test_a_held_certificate_is_granted_when_the_missing_fact_arrives[no account]",
    ),
    Rewritten(
        name="one_set_only",
        bug="a sweep ends after the first set",
        module=DECISIONS,
        text="        last_id = due[-1]",
        instead="        last_id = 2**31 - 1",
        test=f"{TESTS}decide_certificates.py::test_a_queue_longer_than_a_set_is_decided_in_one_go",
    ),
    Rewritten(
        name="queue_jumped",
        bug="whoever needs less is served before those who have waited longer for the budget",
        module=DECISIONS,
        text="first_waiting.get(district_id)",
        instead="None",
        test=f"{TESTS}hold_certificates.py::test_who_is_recorded_later_waits_behind_who_waits_already",
    ),
    Rewritten(
        name="own_clock",
        bug="a decision is dated by the clock of the machine that it is made on",
        module=STEPS,
        text="        decided_at=now,",
        instead="        decided_at=datetime.now(now.tzinfo),",
        test=f"{TESTS}decide_certificates.py::test_a_decision_leaves_an_event_and_ends_the_wait",
    ),
    Rewritten(
        name="grant_decided_again",
        bug="a correction decides anew what was granted",
        module=DECISIONS,
        text="        if entitlement.decision == Decision.GRANTED\n        or (",
        instead="        if (",
        test=f"{TESTS}redecisions.py::test_another_fee_policy_or_account_later_changes_no_decision[attributes0]",
    ),
    Rewritten(
        name="not_journaled",
        bug="a grant is not entered in the journal",
        module="subsidies.services.journal",
        text="    if not moves:",
        instead="    if not moves or kind == JournalKind.GRANT:",
        test=f"{TESTS}decide_certificates.py::test_a_grant_is_entered_in_the_journal",
    ),
    Rewritten(
        name="not_reserved",
        bug="a grant reserves nothing",
        module=STEPS,
        text="    _reserve(granted, budgets)",
        instead="    pass",
        test=f"{TESTS}decide_certificates.py::test_a_grant_reserves_its_amount",
    ),
    # ── Who, and how much ────────────────────────────────────────────────────────────────────────────────
    Rewritten(
        name="other_institutions_ignored",
        bug="only passes at the same institution count",
        module="subsidies.rules.first_pass",
        text="        counted=is_earlier and in_scope and takes_it_away,",
        instead="        counted=is_earlier and in_scope and takes_it_away"
        " and sitting.institution_id == own.institution_id,",
        test=f"{TESTS}decide_certificates.py::test_a_second_pass_of_one_person_is_refused",
    ),
    Rewritten(
        name="two_rows_two_people",
        bug="two rows that were merged are taken for two people",
        module=EVIDENCE,
        text="    persons = rows_of_persons({certificate.trainee_id for certificate in certificates})",
        instead="    persons = {each.trainee_id: each.trainee_id for each in certificates}",
        test=f"{TESTS}merged_people.py::test_two_merged_rows_with_a_certificate_each_are_paid_once",
    ),
    Rewritten(
        name="claims_forgotten",
        bug="what other decisions claim is not looked at",
        module=EVIDENCE,
        text="    if with_claims:",
        instead="    if False:",
        test=f"{TESTS}reissued_certificates.py::test_a_certificate_that_is_issued_again_is_not_paid_again",
    ),
    Rewritten(
        name="review_ignored",
        bug="a person is granted money while a result of theirs is in question",
        module=RULES,
        text="UNKNOWN if facts.is_under_review else PASSED",
        instead="PASSED",
        test=f"{TESTS}hold_certificates.py::test_a_proposed_revocation_holds_the_decision",
    ),
    Rewritten(
        name="fee_of_today",
        bug="the fee of the certificate's day is taken, and not that of the assessment's",
        module=EVIDENCE,
        text="_fee_in_force(certificate, own.held_on, fees)",
        instead="_fee_in_force(certificate, certificate.issued_on, fees)",
        test=f"{TESTS}redecisions.py::test_the_fee_is_that_of_the_day_of_the_assessment",
    ),
    Rewritten(
        name="above_the_ceiling",
        bug="the ceiling of the policy is forgotten",
        module="subsidies.rules.amounts",
        text="    return min((published_fee * fee_share).quantize(CENT, rounding=ROUND_HALF_UP), ceiling)",
        instead="    return (published_fee * fee_share).quantize(CENT, rounding=ROUND_HALF_UP)",
        test=f"{TESTS}decide_certificates.py::test_a_grant_is_of_the_amount_that_the_policy_sets[the ceiling]",
    ),
    Rewritten(
        name="binary_fractions",
        bug="an amount is reckoned in binary fractions",
        module="subsidies.rules.amounts",
        text="(published_fee * fee_share).quantize(CENT, rounding=ROUND_HALF_UP)",
        instead="Decimal(round(float(published_fee) * float(fee_share), 2)).quantize(CENT)",
        test=f"{TESTS}rules_amounts.py::"
        "test_amount_is_the_share_of_the_fee_up_to_the_ceiling[half a cent that a binary fraction would lose]",
    ),
)
