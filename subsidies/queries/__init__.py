from institutions.queries import (
    districts_answered_for as districts_answered_for,
)
from subsidies.queries.advances import (
    Owed as Owed,
)
from subsidies.queries.advances import (
    advances_of_class as advances_of_class,
)
from subsidies.queries.advances import (
    advances_visible_to as advances_visible_to,
)
from subsidies.queries.advances import (
    class_of_advance as class_of_advance,
)
from subsidies.queries.advances import (
    institutions_owed as institutions_owed,
)
from subsidies.queries.advances import (
    lock_advance as lock_advance,
)
from subsidies.queries.advances import (
    owed_by_class as owed_by_class,
)
from subsidies.queries.advances import (
    people_in_class as people_in_class,
)
from subsidies.queries.advances import (
    total_outstanding as total_outstanding,
)
from subsidies.queries.bank_formats import (
    LeftOut as LeftOut,
)
from subsidies.queries.bank_formats import (
    bank_formats_visible_to as bank_formats_visible_to,
)
from subsidies.queries.bank_formats import (
    lock_bank_format as lock_bank_format,
)
from subsidies.queries.bank_formats import (
    open_bank_formats as open_bank_formats,
)
from subsidies.queries.bank_formats import (
    payments_left_out as payments_left_out,
)
from subsidies.queries.bank_results import (
    amounts_by_reference as amounts_by_reference,
)
from subsidies.queries.bank_results import (
    answer_counts as answer_counts,
)
from subsidies.queries.bank_results import (
    answers_to_payment_of as answers_to_payment_of,
)
from subsidies.queries.bank_results import (
    approved_count as approved_count,
)
from subsidies.queries.bank_results import (
    attempts_with_reference as attempts_with_reference,
)
from subsidies.queries.bank_results import (
    batch_ids_behind as batch_ids_behind,
)
from subsidies.queries.bank_results import (
    batch_ids_of_references as batch_ids_of_references,
)
from subsidies.queries.bank_results import (
    brought_file_id as brought_file_id,
)
from subsidies.queries.bank_results import (
    exceptions_visible_to as exceptions_visible_to,
)
from subsidies.queries.bank_results import (
    format_ids_of as format_ids_of,
)
from subsidies.queries.bank_results import (
    formats_to_read_by as formats_to_read_by,
)
from subsidies.queries.bank_results import (
    line_count_of as line_count_of,
)
from subsidies.queries.bank_results import (
    line_id_of_resolution as line_id_of_resolution,
)
from subsidies.queries.bank_results import (
    live_resolution_of as live_resolution_of,
)
from subsidies.queries.bank_results import (
    lock_batches as lock_batches,
)
from subsidies.queries.bank_results import (
    lock_exception as lock_exception,
)
from subsidies.queries.bank_results import (
    lock_instructions_of as lock_instructions_of,
)
from subsidies.queries.bank_results import (
    lock_resolution as lock_resolution,
)
from subsidies.queries.bank_results import (
    lock_result_file as lock_result_file,
)
from subsidies.queries.bank_results import (
    resolutions_of as resolutions_of,
)
from subsidies.queries.bank_results import (
    result_file_by_content as result_file_by_content,
)
from subsidies.queries.bank_results import (
    result_file_ids_to_read_again as result_file_ids_to_read_again,
)
from subsidies.queries.bank_results import (
    result_file_is_known as result_file_is_known,
)
from subsidies.queries.bank_results import (
    result_files_visible_to as result_files_visible_to,
)
from subsidies.queries.bank_results import (
    result_lines_visible_to as result_lines_visible_to,
)
from subsidies.queries.bank_results import (
    standing_of as standing_of,
)
from subsidies.queries.bank_results import (
    unapplied_lines_of as unapplied_lines_of,
)
from subsidies.queries.bank_results import (
    waiting_exceptions as waiting_exceptions,
)
from subsidies.queries.bank_results import (
    why_not_found as why_not_found,
)
from subsidies.queries.budget_figures import (
    NOBODY_WAITS as NOBODY_WAITS,
)
from subsidies.queries.budget_figures import (
    Queue as Queue,
)
from subsidies.queries.budget_figures import (
    everybody_waiting_for_budget as everybody_waiting_for_budget,
)
from subsidies.queries.budget_figures import (
    paces_of as paces_of,
)
from subsidies.queries.budget_figures import (
    queues_of_year as queues_of_year,
)
from subsidies.queries.budget_queue import (
    first_certificates_waiting as first_certificates_waiting,
)
from subsidies.queries.budget_queue import (
    lock_budgets_of_year as lock_budgets_of_year,
)
from subsidies.queries.budgets import (
    allotted_budgets_of as allotted_budgets_of,
)
from subsidies.queries.budgets import (
    budget_by_reference as budget_by_reference,
)
from subsidies.queries.budgets import (
    budget_changes_visible_to as budget_changes_visible_to,
)
from subsidies.queries.budgets import (
    budget_for as budget_for,
)
from subsidies.queries.budgets import (
    budget_of_office as budget_of_office,
)
from subsidies.queries.budgets import (
    budgets_by_id as budgets_by_id,
)
from subsidies.queries.budgets import (
    changes_of_budget as changes_of_budget,
)
from subsidies.queries.budgets import (
    lock_budget_change as lock_budget_change,
)
from subsidies.queries.budgets import (
    years_of_allotted_budgets as years_of_allotted_budgets,
)
from subsidies.queries.budgets import (
    years_with_budgets as years_with_budgets,
)
from subsidies.queries.certificates import (
    certificates_chosen as certificates_chosen,
)
from subsidies.queries.certificates import (
    certificates_of_person as certificates_of_person,
)
from subsidies.queries.certificates import (
    certificates_to_export as certificates_to_export,
)
from subsidies.queries.certificates import (
    district_names as district_names,
)
from subsidies.queries.changed_claims import (
    claims_with_live_payment as claims_with_live_payment,
)
from subsidies.queries.changed_claims import (
    confirmed_ids_to_look_at as confirmed_ids_to_look_at,
)
from subsidies.queries.changed_claims import (
    lock_confirmed_that_moved as lock_confirmed_that_moved,
)
from subsidies.queries.changed_claims import (
    lock_confirmed_to_look_at as lock_confirmed_to_look_at,
)
from subsidies.queries.changed_claims import (
    lock_part_recoveries as lock_part_recoveries,
)
from subsidies.queries.changed_claims import (
    lock_payments_of_claims as lock_payments_of_claims,
)
from subsidies.queries.changed_claims import (
    payments_asked_back_whole as payments_asked_back_whole,
)
from subsidies.queries.changed_claims import (
    payments_held_by_results as payments_held_by_results,
)
from subsidies.queries.changed_claims import (
    payments_said_to_be_paid as payments_said_to_be_paid,
)
from subsidies.queries.changed_claims import (
    payments_to_leave_alone as payments_to_leave_alone,
)
from subsidies.queries.changed_claims import (
    subsidies_paid_by as subsidies_paid_by,
)
from subsidies.queries.claim_evidence import (
    claim_evidence_visible_to as claim_evidence_visible_to,
)
from subsidies.queries.claim_evidence import (
    class_of_evidence as class_of_evidence,
)
from subsidies.queries.claim_evidence import (
    content_of_evidence as content_of_evidence,
)
from subsidies.queries.claim_evidence import (
    evidence_of_class as evidence_of_class,
)
from subsidies.queries.claim_evidence import (
    evidence_to_scan as evidence_to_scan,
)
from subsidies.queries.claim_evidence import (
    has_evidence as has_evidence,
)
from subsidies.queries.claim_evidence import (
    has_infected_file as has_infected_file,
)
from subsidies.queries.claim_evidence import (
    has_receipt as has_receipt,
)
from subsidies.queries.claim_evidence import (
    live_evidence_count as live_evidence_count,
)
from subsidies.queries.claim_evidence import (
    lock_claim_evidence as lock_claim_evidence,
)
from subsidies.queries.claim_facts import (
    ClaimFacts as ClaimFacts,
)
from subsidies.queries.claim_facts import (
    gather_claim_facts as gather_claim_facts,
)
from subsidies.queries.claim_payments import (
    claim_ids_to_pay as claim_ids_to_pay,
)
from subsidies.queries.claim_payments import (
    claims_by_id as claims_by_id,
)
from subsidies.queries.claim_payments import (
    has_live_payment as has_live_payment,
)
from subsidies.queries.claim_payments import (
    last_payment_opened_at as last_payment_opened_at,
)
from subsidies.queries.claim_payments import (
    lines_to_pay as lines_to_pay,
)
from subsidies.queries.claim_payments import (
    lock_claims_to_pay as lock_claims_to_pay,
)
from subsidies.queries.claim_payments import (
    subsidized_already as subsidized_already,
)
from subsidies.queries.claim_queue import (
    claims_behind as claims_behind,
)
from subsidies.queries.claim_queue import (
    claims_chosen as claims_chosen,
)
from subsidies.queries.claim_queue import (
    claims_in_queue as claims_in_queue,
)
from subsidies.queries.claim_queue import (
    claims_to_confirm as claims_to_confirm,
)
from subsidies.queries.claim_queue import (
    claims_to_list as claims_to_list,
)
from subsidies.queries.claim_queue import (
    districts_in_queue as districts_in_queue,
)
from subsidies.queries.claim_queue import (
    districts_to_confirm as districts_to_confirm,
)
from subsidies.queries.claim_queue import (
    institutions_in_queue as institutions_in_queue,
)
from subsidies.queries.claim_queue import (
    overseen_late_count as overseen_late_count,
)
from subsidies.queries.claim_queue import (
    queue_figures as queue_figures,
)
from subsidies.queries.claim_review_page import (
    classes_named as classes_named,
)
from subsidies.queries.claim_reviews import (
    behind_first_signature as behind_first_signature,
)
from subsidies.queries.claim_reviews import (
    claim_of_question as claim_of_question,
)
from subsidies.queries.claim_reviews import (
    claims_to_hand_over as claims_to_hand_over,
)
from subsidies.queries.claim_reviews import (
    due_days as due_days,
)
from subsidies.queries.claim_reviews import (
    has_line_of as has_line_of,
)
from subsidies.queries.claim_reviews import (
    has_reviewed as has_reviewed,
)
from subsidies.queries.claim_reviews import (
    late_claims_by_office as late_claims_by_office,
)
from subsidies.queries.claim_reviews import (
    latest_reviews as latest_reviews,
)
from subsidies.queries.claim_reviews import (
    line_seen as line_seen,
)
from subsidies.queries.claim_reviews import (
    line_standings as line_standings,
)
from subsidies.queries.claim_reviews import (
    lines_of_claim as lines_of_claim,
)
from subsidies.queries.claim_reviews import (
    lock_claims_to_hand_over as lock_claims_to_hand_over,
)
from subsidies.queries.claim_reviews import (
    lock_districts as lock_districts,
)
from subsidies.queries.claim_reviews import (
    lock_overdue_claims as lock_overdue_claims,
)
from subsidies.queries.claim_reviews import (
    lock_question as lock_question,
)
from subsidies.queries.claim_reviews import (
    lock_questions_without_a_day as lock_questions_without_a_day,
)
from subsidies.queries.claim_reviews import (
    lock_waiting_claims as lock_waiting_claims,
)
from subsidies.queries.claim_reviews import (
    open_questions as open_questions,
)
from subsidies.queries.claim_reviews import (
    overdue_claim_ids as overdue_claim_ids,
)
from subsidies.queries.claim_reviews import (
    questions_about as questions_about,
)
from subsidies.queries.claim_reviews import (
    retired_districts_with_claims as retired_districts_with_claims,
)
from subsidies.queries.claim_reviews import (
    sha256_to_sign as sha256_to_sign,
)
from subsidies.queries.claim_reviews import (
    successors_of as successors_of,
)
from subsidies.queries.claim_reviews import (
    waiting_claims as waiting_claims,
)
from subsidies.queries.claim_statements import (
    ClaimStatement as ClaimStatement,
)
from subsidies.queries.claim_statements import (
    Moved as Moved,
)
from subsidies.queries.claim_statements import (
    PaidClaim as PaidClaim,
)
from subsidies.queries.claim_statements import (
    Span as Span,
)
from subsidies.queries.claim_statements import (
    claim_journal_lines_visible_to as claim_journal_lines_visible_to,
)
from subsidies.queries.claim_statements import (
    claim_statement as claim_statement,
)
from subsidies.queries.claim_statements import (
    institutions_with_claims as institutions_with_claims,
)
from subsidies.queries.claim_waiting import (
    Waiting as Waiting,
)
from subsidies.queries.claims import (
    claim_counts_of as claim_counts_of,
)
from subsidies.queries.claims import (
    claim_ids_to_lapse as claim_ids_to_lapse,
)
from subsidies.queries.claims import (
    claim_ids_to_reckon as claim_ids_to_reckon,
)
from subsidies.queries.claims import (
    claim_lines_visible_to as claim_lines_visible_to,
)
from subsidies.queries.claims import (
    claims_visible_to as claims_visible_to,
)
from subsidies.queries.claims import (
    class_ids_to_claim as class_ids_to_claim,
)
from subsidies.queries.claims import (
    classes_moved as classes_moved,
)
from subsidies.queries.claims import (
    classes_without_training_policy as classes_without_training_policy,
)
from subsidies.queries.claims import (
    has_account_to_be_paid_to as has_account_to_be_paid_to,
)
from subsidies.queries.claims import (
    lines_of_reckonings as lines_of_reckonings,
)
from subsidies.queries.claims import (
    lock_claim as lock_claim,
)
from subsidies.queries.claims import (
    lock_claims_that_moved as lock_claims_that_moved,
)
from subsidies.queries.claims import (
    lock_claims_to_lapse as lock_claims_to_lapse,
)
from subsidies.queries.claims import (
    lock_claims_to_reckon as lock_claims_to_reckon,
)
from subsidies.queries.claims import (
    lock_class_to_claim as lock_class_to_claim,
)
from subsidies.queries.claims import (
    lock_classes_to_claim as lock_classes_to_claim,
)
from subsidies.queries.claims import (
    lock_live_claim_of as lock_live_claim_of,
)
from subsidies.queries.claims import (
    reckonings_by_id as reckonings_by_id,
)
from subsidies.queries.claims import (
    reckonings_of_claim as reckonings_of_claim,
)
from subsidies.queries.claims import (
    steps_of_claim as steps_of_claim,
)
from subsidies.queries.corrected_evidence import (
    lock_decided_by_other_evidence as lock_decided_by_other_evidence,
)
from subsidies.queries.corrected_evidence import (
    reopened_by_corrections as reopened_by_corrections,
)
from subsidies.queries.decisions import (
    claims_of as claims_of,
)
from subsidies.queries.decisions import (
    first_issues as first_issues,
)
from subsidies.queries.decisions import (
    live_entitlements_of as live_entitlements_of,
)
from subsidies.queries.decisions import (
    lock_budgets as lock_budgets,
)
from subsidies.queries.decisions import (
    lock_held_that_can_go_on as lock_held_that_can_go_on,
)
from subsidies.queries.decisions import (
    lock_holds_of as lock_holds_of,
)
from subsidies.queries.decisions import (
    lock_refused_for_claims as lock_refused_for_claims,
)
from subsidies.queries.decisions import (
    objections_upheld_against as objections_upheld_against,
)
from subsidies.queries.decisions import (
    reopened_by_objections as reopened_by_objections,
)
from subsidies.queries.decisions import (
    trainees_refused_elsewhere as trainees_refused_elsewhere,
)
from subsidies.queries.decisions import (
    trainees_whose_holds_claim as trainees_whose_holds_claim,
)
from subsidies.queries.deliveries import (
    batch_id_of_download as batch_id_of_download,
)
from subsidies.queries.deliveries import (
    batch_ids_to_deliver as batch_ids_to_deliver,
)
from subsidies.queries.deliveries import (
    downloads_visible_to as downloads_visible_to,
)
from subsidies.queries.deliveries import (
    live_stops as live_stops,
)
from subsidies.queries.deliveries import (
    lock_download as lock_download,
)
from subsidies.queries.deliveries import (
    lock_live_stop as lock_live_stop,
)
from subsidies.queries.deliveries import (
    sending_is_stopped as sending_is_stopped,
)
from subsidies.queries.deliveries import (
    sending_stops_visible_to as sending_stops_visible_to,
)
from subsidies.queries.deliveries import (
    was_fetched as was_fetched,
)
from subsidies.queries.deliveries import (
    was_offered as was_offered,
)
from subsidies.queries.desk import (
    MANY_WAITING as MANY_WAITING,
)
from subsidies.queries.desk import (
    Stuck as Stuck,
)
from subsidies.queries.desk import (
    districts_of_desk as districts_of_desk,
)
from subsidies.queries.desk import (
    has_districts as has_districts,
)
from subsidies.queries.desk import (
    lock_live_alarms as lock_live_alarms,
)
from subsidies.queries.desk import (
    may_act_on as may_act_on,
)
from subsidies.queries.desk import (
    promises_not_checked as promises_not_checked,
)
from subsidies.queries.desk import (
    rows_after as rows_after,
)
from subsidies.queries.desk import (
    stuck_rows as stuck_rows,
)
from subsidies.queries.desk import (
    waiting_count as waiting_count,
)
from subsidies.queries.desk import (
    what_is_stuck as what_is_stuck,
)
from subsidies.queries.desk_causes import (
    why_in_no_batch as why_in_no_batch,
)
from subsidies.queries.desk_view import (
    Desk as Desk,
)
from subsidies.queries.desk_view import (
    working_calendar as working_calendar,
)
from subsidies.queries.nettings import (
    OpenRecovery as OpenRecovery,
)
from subsidies.queries.nettings import (
    amount_held as amount_held,
)
from subsidies.queries.nettings import (
    is_partly_set_off as is_partly_set_off,
)
from subsidies.queries.nettings import (
    lock_held as lock_held,
)
from subsidies.queries.nettings import (
    lock_recoveries_to_set_off as lock_recoveries_to_set_off,
)
from subsidies.queries.nettings import (
    owed_again_after as owed_again_after,
)
from subsidies.queries.nettings import (
    partly_set_off as partly_set_off,
)
from subsidies.queries.nettings import (
    set_off_against as set_off_against,
)
from subsidies.queries.nettings import (
    set_off_before as set_off_before,
)
from subsidies.queries.nettings import (
    set_off_sum as set_off_sum,
)
from subsidies.queries.nettings import (
    touched_recoveries as touched_recoveries,
)
from subsidies.queries.notices import (
    ClaimToNotice as ClaimToNotice,
)
from subsidies.queries.notices import (
    PaymentToNotice as PaymentToNotice,
)
from subsidies.queries.notices import (
    calendar_reaches as calendar_reaches,
)
from subsidies.queries.notices import (
    districts_to_notice as districts_to_notice,
)
from subsidies.queries.notices import (
    districts_with_notices as districts_with_notices,
)
from subsidies.queries.notices import (
    id_numbers_of as id_numbers_of,
)
from subsidies.queries.notices import (
    lines_of_notice as lines_of_notice,
)
from subsidies.queries.notices import (
    lock_claims_to_notice as lock_claims_to_notice,
)
from subsidies.queries.notices import (
    lock_notice as lock_notice,
)
from subsidies.queries.notices import (
    lock_payments_off_notice as lock_payments_off_notice,
)
from subsidies.queries.notices import (
    lock_payments_to_notice as lock_payments_to_notice,
)
from subsidies.queries.notices import (
    notice_content as notice_content,
)
from subsidies.queries.notices import (
    notice_ids_to_close as notice_ids_to_close,
)
from subsidies.queries.notices import (
    notice_line_of as notice_line_of,
)
from subsidies.queries.notices import (
    notice_stands as notice_stands,
)
from subsidies.queries.notices import (
    notices_narrowed as notices_narrowed,
)
from subsidies.queries.notices import (
    notices_published as notices_published,
)
from subsidies.queries.notices import (
    payment_ids_off_notice as payment_ids_off_notice,
)
from subsidies.queries.notices import (
    payments_of_claims_objected_to as payments_of_claims_objected_to,
)
from subsidies.queries.notices import (
    payments_waiting_for_notice as payments_waiting_for_notice,
)
from subsidies.queries.notices import (
    to_notice_since as to_notice_since,
)
from subsidies.queries.notifications import (
    MANY_UNREAD as MANY_UNREAD,
)
from subsidies.queries.notifications import (
    attempt_ids_to_announce as attempt_ids_to_announce,
)
from subsidies.queries.notifications import (
    decision_ids_to_announce as decision_ids_to_announce,
)
from subsidies.queries.notifications import (
    holds_for_an_account as holds_for_an_account,
)
from subsidies.queries.notifications import (
    holds_in_groups as holds_in_groups,
)
from subsidies.queries.notifications import (
    lock_attempts_to_announce as lock_attempts_to_announce,
)
from subsidies.queries.notifications import (
    lock_decisions_to_announce as lock_decisions_to_announce,
)
from subsidies.queries.notifications import (
    lock_message as lock_message,
)
from subsidies.queries.notifications import (
    lock_notifications_to_send as lock_notifications_to_send,
)
from subsidies.queries.notifications import (
    lock_unread as lock_unread,
)
from subsidies.queries.notifications import (
    messages_to_person as messages_to_person,
)
from subsidies.queries.notifications import (
    notifications_overseen_by as notifications_overseen_by,
)
from subsidies.queries.notifications import (
    notifications_visible_to as notifications_visible_to,
)
from subsidies.queries.notifications import (
    office_addresses as office_addresses,
)
from subsidies.queries.notifications import (
    offices_told_of_holds_at as offices_told_of_holds_at,
)
from subsidies.queries.notifications import (
    offices_with_an_address as offices_with_an_address,
)
from subsidies.queries.notifications import (
    oldest_unsent as oldest_unsent,
)
from subsidies.queries.notifications import (
    returned_claims_without_another_account as returned_claims_without_another_account,
)
from subsidies.queries.notifications import (
    returns_without_another_account as returns_without_another_account,
)
from subsidies.queries.notifications import (
    unread_count as unread_count,
)
from subsidies.queries.notifications import (
    with_what_they_say as with_what_they_say,
)
from subsidies.queries.objection_holds import (
    entitlements_objected_to as entitlements_objected_to,
)
from subsidies.queries.objection_holds import (
    has_open_objection as has_open_objection,
)
from subsidies.queries.objections import (
    UPHELD_REASON as UPHELD_REASON,
)
from subsidies.queries.objections import (
    claim_payment_ids_objected_to as claim_payment_ids_objected_to,
)
from subsidies.queries.objections import (
    decisions_to_object_to as decisions_to_object_to,
)
from subsidies.queries.objections import (
    districts_with_objections as districts_with_objections,
)
from subsidies.queries.objections import (
    has_open_objection_of_person as has_open_objection_of_person,
)
from subsidies.queries.objections import (
    line_to_object_to as line_to_object_to,
)
from subsidies.queries.objections import (
    lock_claim_payments_objected_to as lock_claim_payments_objected_to,
)
from subsidies.queries.objections import (
    lock_claim_to_object_to as lock_claim_to_object_to,
)
from subsidies.queries.objections import (
    lock_decision as lock_decision,
)
from subsidies.queries.objections import (
    lock_objection as lock_objection,
)
from subsidies.queries.objections import (
    lock_payments_objected_to as lock_payments_objected_to,
)
from subsidies.queries.objections import (
    objection_by_receipt as objection_by_receipt,
)
from subsidies.queries.objections import (
    objections_to_list as objections_to_list,
)
from subsidies.queries.objections import (
    objections_to_read as objections_to_read,
)
from subsidies.queries.objections import (
    objections_visible_to as objections_visible_to,
)
from subsidies.queries.objections import (
    open_objection_count as open_objection_count,
)
from subsidies.queries.objections import (
    payment_ids_objected_to as payment_ids_objected_to,
)
from subsidies.queries.objections import (
    upheld_objections_of as upheld_objections_of,
)
from subsidies.queries.objections import (
    upheld_objections_of_claims as upheld_objections_of_claims,
)
from subsidies.queries.open_books import (
    balances_between as balances_between,
)
from subsidies.queries.open_books import (
    books_agree as books_agree,
)
from subsidies.queries.open_books import (
    newest_journal_line as newest_journal_line,
)
from subsidies.queries.open_books import (
    settled_line as settled_line,
)
from subsidies.queries.other_subsidies import (
    certificates_decided_by_other_subsidies as certificates_decided_by_other_subsidies,
)
from subsidies.queries.other_subsidies import (
    certificates_granted_beside as certificates_granted_beside,
)
from subsidies.queries.other_subsidies import (
    lock_other_subsidy as lock_other_subsidy,
)
from subsidies.queries.other_subsidies import (
    other_subsidies_found as other_subsidies_found,
)
from subsidies.queries.other_subsidies import (
    other_subsidies_of as other_subsidies_of,
)
from subsidies.queries.other_subsidies import (
    other_subsidies_visible_to as other_subsidies_visible_to,
)
from subsidies.queries.other_subsidies import (
    trainee_of_other_subsidy as trainee_of_other_subsidy,
)
from subsidies.queries.payments import (
    Account as Account,
)
from subsidies.queries.payments import (
    account_holder as account_holder,
)
from subsidies.queries.payments import (
    accounts_to_pay as accounts_to_pay,
)
from subsidies.queries.payments import (
    attempt_counts as attempt_counts,
)
from subsidies.queries.payments import (
    batch_has_open_ends as batch_has_open_ends,
)
from subsidies.queries.payments import (
    behind_the_claims_of as behind_the_claims_of,
)
from subsidies.queries.payments import (
    budget_of as budget_of,
)
from subsidies.queries.payments import (
    class_attempt_counts as class_attempt_counts,
)
from subsidies.queries.payments import (
    institution_accounts_to_pay as institution_accounts_to_pay,
)
from subsidies.queries.payments import (
    institutions_paid_in as institutions_paid_in,
)
from subsidies.queries.payments import (
    is_contradicted as is_contradicted,
)
from subsidies.queries.payments import (
    journal_balance as journal_balance,
)
from subsidies.queries.payments import (
    lock_attempts_of as lock_attempts_of,
)
from subsidies.queries.payments import (
    lock_batch as lock_batch,
)
from subsidies.queries.payments import (
    lock_batch_by_reference as lock_batch_by_reference,
)
from subsidies.queries.payments import (
    lock_payments_ready as lock_payments_ready,
)
from subsidies.queries.payments import (
    lock_returned_with_new_account as lock_returned_with_new_account,
)
from subsidies.queries.payments import (
    payees_of as payees_of,
)
from subsidies.queries.payments import (
    ready_since as ready_since,
)
from subsidies.queries.payments import (
    references_in_use as references_in_use,
)
from subsidies.queries.payments import (
    withdrawals_before as withdrawals_before,
)
from subsidies.queries.policies import (
    approved_policies as approved_policies,
)
from subsidies.queries.policies import (
    lock_approved_policy_versions_over as lock_approved_policy_versions_over,
)
from subsidies.queries.policies import (
    lock_policy_version as lock_policy_version,
)
from subsidies.queries.policies import (
    policy_versions_visible_to as policy_versions_visible_to,
)
from subsidies.queries.reconciliation import (
    book_figures as book_figures,
)
from subsidies.queries.reconciliation_rows import (
    BudgetApart as BudgetApart,
)
from subsidies.queries.reconciliation_rows import (
    PaymentApart as PaymentApart,
)
from subsidies.queries.reconciliation_rows import (
    book_figures_by_row as book_figures_by_row,
)
from subsidies.queries.reconciliation_rows import (
    budgets_apart as budgets_apart,
)
from subsidies.queries.reconciliation_rows import (
    payments_apart as payments_apart,
)
from subsidies.queries.recoveries import (
    amounts_asked_back as amounts_asked_back,
)
from subsidies.queries.recoveries import (
    districts_with_recoveries as districts_with_recoveries,
)
from subsidies.queries.recoveries import (
    has_all_come_back as has_all_come_back,
)
from subsidies.queries.recoveries import (
    has_come_back as has_come_back,
)
from subsidies.queries.recoveries import (
    history_of_recovery as history_of_recovery,
)
from subsidies.queries.recoveries import (
    journal_of_recovery as journal_of_recovery,
)
from subsidies.queries.recoveries import (
    lock_not_owed as lock_not_owed,
)
from subsidies.queries.recoveries import (
    lock_recovery as lock_recovery,
)
from subsidies.queries.recoveries import (
    lock_settlement as lock_settlement,
)
from subsidies.queries.recoveries import (
    messages_about as messages_about,
)
from subsidies.queries.recoveries import (
    next_to_decide as next_to_decide,
)
from subsidies.queries.recoveries import (
    payments_not_owed_back as payments_not_owed_back,
)
from subsidies.queries.recoveries import (
    recoveries_chosen as recoveries_chosen,
)
from subsidies.queries.recoveries import (
    recoveries_visible_to as recoveries_visible_to,
)
from subsidies.queries.recoveries import (
    recoveries_with_certificates_visible_to as recoveries_with_certificates_visible_to,
)
from subsidies.queries.recoveries import (
    recovery_id_of_settlement as recovery_id_of_settlement,
)
from subsidies.queries.recoveries import (
    recovery_sums as recovery_sums,
)
from subsidies.queries.recoveries import (
    settlement_amount_proposed as settlement_amount_proposed,
)
from subsidies.queries.recoveries import (
    settlements_visible_to as settlements_visible_to,
)
from subsidies.queries.recoveries import (
    statement_line_is_counted as statement_line_is_counted,
)
from subsidies.queries.revocations import (
    batch_ids_held_up as batch_ids_held_up,
)
from subsidies.queries.revocations import (
    batch_ids_of_merged_people as batch_ids_of_merged_people,
)
from subsidies.queries.revocations import (
    certificates_barred_by as certificates_barred_by,
)
from subsidies.queries.revocations import (
    grants_of as grants_of,
)
from subsidies.queries.revocations import (
    last_revoked_at as last_revoked_at,
)
from subsidies.queries.revocations import (
    lines_held_up as lines_held_up,
)
from subsidies.queries.revocations import (
    lock_certificates_of_people as lock_certificates_of_people,
)
from subsidies.queries.revocations import (
    lock_payments_to_take_back as lock_payments_to_take_back,
)
from subsidies.queries.revocations import (
    lock_recoveries_to_note as lock_recoveries_to_note,
)
from subsidies.queries.revocations import (
    lock_recoveries_to_withdraw as lock_recoveries_to_withdraw,
)
from subsidies.queries.revocations import (
    lock_unpaid as lock_unpaid,
)
from subsidies.queries.revocations import (
    lock_what_stands_behind as lock_what_stands_behind,
)
from subsidies.queries.revocations import (
    on_their_way as on_their_way,
)
from subsidies.queries.revocations import (
    passes_stand_again as passes_stand_again,
)
from subsidies.queries.revocations import (
    payment_ids_to_take_back as payment_ids_to_take_back,
)
from subsidies.queries.revocations import (
    payments_in as payments_in,
)
from subsidies.queries.revocations import (
    payments_owed as payments_owed,
)
from subsidies.queries.revocations import (
    recovery_counts as recovery_counts,
)
from subsidies.queries.revocations import (
    recovery_ids_to_withdraw as recovery_ids_to_withdraw,
)
from subsidies.queries.revocations import (
    rows_of_merged_people as rows_of_merged_people,
)
from subsidies.queries.revocations import (
    unpaid_of_merged_people as unpaid_of_merged_people,
)
from subsidies.queries.self_checks import (
    NOBODY as NOBODY,
)
from subsidies.queries.self_checks import (
    Holder as Holder,
)
from subsidies.queries.self_checks import (
    codes_issued_since as codes_issued_since,
)
from subsidies.queries.self_checks import (
    codes_to_send as codes_to_send,
)
from subsidies.queries.self_checks import (
    holder_of as holder_of,
)
from subsidies.queries.self_checks import (
    links_of_certificate as links_of_certificate,
)
from subsidies.queries.self_checks import (
    live_entitlement_of as live_entitlement_of,
)
from subsidies.queries.self_checks import (
    lock_key as lock_key,
)
from subsidies.queries.self_checks import (
    lock_key_of_link as lock_key_of_link,
)
from subsidies.queries.self_checks import (
    money_may_still_move as money_may_still_move,
)
from subsidies.queries.self_checks import (
    opened_key as opened_key,
)
from subsidies.queries.simulations import (
    approved_policies_over as approved_policies_over,
)
from subsidies.queries.simulations import (
    certificates_in_order as certificates_in_order,
)
from subsidies.queries.simulations import (
    claims_before as claims_before,
)
from subsidies.queries.simulations import (
    first_certificates_by_person as first_certificates_by_person,
)
from subsidies.queries.simulations import (
    issued_again as issued_again,
)
from subsidies.queries.simulations import (
    policy_versions_by_id as policy_versions_by_id,
)
from subsidies.queries.simulations import (
    real_decisions_on as real_decisions_on,
)
from subsidies.queries.simulations import (
    simulated_certificates as simulated_certificates,
)
from subsidies.queries.statements import (
    WITHOUT_DISTRICT as WITHOUT_DISTRICT,
)
from subsidies.queries.statements import (
    Extract as Extract,
)
from subsidies.queries.statements import (
    districts_by_id as districts_by_id,
)
from subsidies.queries.statements import (
    districts_with_statements as districts_with_statements,
)
from subsidies.queries.statements import (
    journal_lines_visible_to as journal_lines_visible_to,
)
from subsidies.queries.statements import (
    lines_in as lines_in,
)
from subsidies.queries.statements import (
    posted_in as posted_in,
)
from subsidies.queries.statements import (
    years_in_the_journal as years_in_the_journal,
)
from subsidies.queries.training_policies import (
    PoliciesInForce as PoliciesInForce,
)
from subsidies.queries.training_policies import (
    approved_training_policy_versions as approved_training_policy_versions,
)
from subsidies.queries.training_policies import (
    lock_approved_training_policy_versions_over as lock_approved_training_policy_versions_over,
)
from subsidies.queries.training_policies import (
    lock_training_policy_version as lock_training_policy_version,
)
from subsidies.queries.training_policies import (
    policy_on as policy_on,
)
from subsidies.queries.training_policies import (
    training_policies_in_force as training_policies_in_force,
)
from subsidies.queries.training_policies import (
    training_policy_versions_visible_to as training_policy_versions_visible_to,
)
from subsidies.queries.training_policies import (
    values_of_training_policy as values_of_training_policy,
)
from subsidies.queries.training_simulations import (
    classes_that_ended as classes_that_ended,
)
from subsidies.queries.training_simulations import (
    gather_to_try as gather_to_try,
)
from subsidies.queries.training_simulations import (
    institutions_tried as institutions_tried,
)
from subsidies.queries.training_simulations import (
    training_policies_by_id as training_policies_by_id,
)
from subsidies.queries.training_simulations import (
    training_policies_over as training_policies_over,
)
from subsidies.queries.training_simulations import (
    tried_classes as tried_classes,
)
from subsidies.queries.training_simulations import (
    values_to_try as values_to_try,
)
from subsidies.queries.visible import (
    batch_lines as batch_lines,
)
from subsidies.queries.visible import (
    batches_visible_to as batches_visible_to,
)
from subsidies.queries.visible import (
    budgets_visible_to as budgets_visible_to,
)
from subsidies.queries.visible import (
    certificates_visible_to as certificates_visible_to,
)
from subsidies.queries.visible import (
    entitlements_visible_to as entitlements_visible_to,
)
from subsidies.queries.visible import (
    journal_entries_visible_to as journal_entries_visible_to,
)
from subsidies.queries.visible import (
    payment_attempts_visible_to as payment_attempts_visible_to,
)
from subsidies.queries.visible import (
    payments_visible_to as payments_visible_to,
)
