"""The pages of the reimbursement claims."""

from django.urls import path

from subsidies.views import (
    account_decisions,
    advance_list,
    advances,
    claim_acts,
    claim_confirmation_acts,
    claim_confirmations,
    claim_files,
    claim_handover,
    claim_queue,
    claim_review_acts,
    claim_statements,
    claims,
    institution_accounts,
    training_policies,
    training_simulations,
)

CLASS = "claims/classes/<uuid:public_id>/"
# By its public number: a reference begins with the institution's own number of the class, which may be any text.
CLAIM = "claims/<uuid:public_id>/"
ACCOUNT = "institution-accounts/<uuid:public_id>/"

urlpatterns = [
    path("claims/", claims.claim_list, name="claim-list"),
    path("claims/account/", institution_accounts.institution_account, name="institution-account"),
    path(CLASS, advances.class_advances, name="class-advances"),
    path(f"{CLASS}advances/", advances.advance_record, name="advance-record"),
    path(f"{CLASS}evidence/", advances.evidence_hand_in, name="claim-evidence-hand-in"),
    path(f"{CLASS}opening/", claim_acts.claim_open, name="claim-open"),
    path("claims/advances/<uuid:public_id>/withdrawal/", advances.advance_withdraw, name="advance-withdraw"),
    path("claims/evidence/<uuid:public_id>/", claim_files.evidence_file, name="claim-evidence"),
    path(
        "claims/evidence/<uuid:public_id>/withdrawal/",
        advances.evidence_withdraw,
        name="claim-evidence-withdraw",
    ),
    path("claims/questions/<uuid:public_id>/answer/", claim_acts.claim_answer, name="claim-answer"),
    path("claims/queue/", claim_queue.claim_queue, name="claim-queue"),
    path("claims/queue/next/", claim_queue.claim_queue_next, name="claim-queue-next"),
    path("claims/queue/export/", claim_queue.claim_queue_export, name="claim-queue-export"),
    path(CLAIM, claims.claim_detail, name="claim-detail"),
    path(f"{CLAIM}lines/", claim_review_acts.claim_lines_review, name="claim-lines-review"),
    path(f"{CLAIM}lines/unflagged/", claim_review_acts.claim_lines_accept, name="claim-lines-accept"),
    path(f"{CLAIM}questions/", claim_review_acts.claim_ask, name="claim-ask"),
    path(f"{CLAIM}recommendation/", claim_review_acts.claim_recommend, name="claim-recommend"),
    path(f"{CLAIM}return/", claim_review_acts.claim_return, name="claim-return"),
    path(f"{CLAIM}refusal/", claim_review_acts.claim_refuse, name="claim-refuse"),
    path(f"{CLAIM}submission/", claim_acts.claim_submit, name="claim-submit"),
    path(f"{CLAIM}withdrawal/", claim_acts.claim_withdraw, name="claim-withdraw"),
    path("claims/confirmations/", claim_confirmations.claim_confirmations, name="claim-confirmations"),
    path("claims/confirmations/signing/", claim_confirmations.claims_confirm, name="claims-confirm"),
    path(f"{CLAIM}confirmation/", claim_confirmation_acts.claim_confirm, name="claim-confirm"),
    path(f"{CLAIM}sending-back/", claim_confirmation_acts.claim_send_back, name="claim-send-back"),
    path(
        f"{CLAIM}municipal-refusal/",
        claim_confirmation_acts.claim_refuse_recommended,
        name="claim-refuse-recommended",
    ),
    path("claims/handover/", claim_handover.claim_handover, name="claim-handover"),
    path("claims/handover/<int:district_id>/", claim_handover.claims_hand_over, name="claims-hand-over"),
    path("institution-accounts/", account_decisions.account_list, name="institution-account-list"),
    path(ACCOUNT, account_decisions.account_detail, name="institution-account-detail"),
    path(f"{ACCOUNT}approval/", account_decisions.account_approve, name="institution-account-approve"),
    path(f"{ACCOUNT}refusal/", account_decisions.account_refuse, name="institution-account-refuse"),
    path(f"{ACCOUNT}whole/", account_decisions.account_reveal, name="institution-account-reveal"),
    path("claims/statement/", claim_statements.claim_statement, name="claim-statement"),
    path("claims/statement/statement.pdf", claim_statements.claim_statement_pdf, name="claim-statement-pdf"),
    path(
        "claims/statement/statement.xlsx", claim_statements.claim_statement_xlsx, name="claim-statement-xlsx"
    ),
    path("advances/", advance_list.advance_list, name="advance-list"),
    path("advances/export/", advance_list.advance_export, name="advance-export"),
    path("training-policies/", training_policies.policy_list, name="training-policy-list"),
    path("training-policies/draft/", training_policies.draft, name="training-policy-draft"),
    path("training-policies/approval/", training_policies.approve, name="training-policy-approve"),
    path("training-policies/end/", training_policies.end, name="training-policy-end"),
    path(
        "training-policies/simulation/",
        training_simulations.policy_simulation,
        name="training-policy-simulation",
    ),
    path(
        "training-policies/simulation/again/",
        training_simulations.simulation_again,
        name="training-policy-simulation-again",
    ),
    path(
        "training-policies/simulation/changes/",
        training_simulations.simulation_export,
        name="training-policy-simulation-export",
    ),
]
