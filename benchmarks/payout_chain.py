"""The least that could be done: a hand-written chain of INSERT ... SELECT that decides, and writes a worker's rows.

It knows what the benchmark's people are like, so that it can do without much of what a decision has to look at; the
rows that it writes are the same, their checks with all their facts included. Keys, constraints and triggers are on.
"""

from collections.abc import Sequence
from typing import Any, Final

from benchmarks.payout_people import Certified

# As many certificates as a worker decides at a time have one journal entry.
CHAIN: Final = (
    """
    CREATE TEMPORARY TABLE due ON COMMIT DROP AS
    WITH fee_on AS MATERIALIZED (SELECT * FROM institutions_feeschedule WHERE direction = '')
    SELECT certificate.id AS certificate_id, certificate.attempt_id, certificate.trainee_id AS person_id,
           certificate.occupation_id, certificate.level, certificate.issued_on, enrollment.category,
           enrollment.graduated_on, class.district_id, fee.id AS fee_schedule_id, fee.total,
           account.id AS bank_account_id, policy.id AS policy_version_id, policy.first_pass_rule,
           policy.first_pass_scope, policy.ladder_rule, policy.stacking_rule, policy.notice_working_days,
           budget.id AS budget_id, sat.sittings, sat.earlier_sittings,
           least(round(fee.total * policy.fee_share, 2),
                 CASE certificate.level WHEN 'JUNIOR' THEN policy.ceiling_junior
                      WHEN 'INTERMEDIATE' THEN policy.ceiling_intermediate
                      ELSE policy.ceiling_senior END) AS amount,
           nextval(pg_get_serial_sequence('subsidies_entitlement', 'id')) AS entitlement_id,
           nextval(pg_get_serial_sequence('subsidies_payment', 'id')) AS payment_id,
           gen_random_uuid() AS public_id,
           (row_number() OVER (ORDER BY certificate.id) - 1) / %(set)s AS part
    FROM assessment_levelcertificate certificate
    JOIN assessment_attempt attempt ON attempt.id = certificate.attempt_id
    JOIN assessment_assessmentsession session ON session.id = attempt.session_id
    JOIN enrollment_enrollment enrollment ON enrollment.id = attempt.enrollment_id
    JOIN enrollment_trainingclass class ON class.id = enrollment.training_class_id
    JOIN enrollment_bankaccount account
      ON account.trainee_id = certificate.trainee_id AND account.replaced_at IS NULL
    JOIN LATERAL (
        SELECT fee_on.id, fee_on.total FROM fee_on
        WHERE (fee_on.institution_id, fee_on.occupation_id) = (certificate.institution_id, certificate.occupation_id)
          AND fee_on.level = certificate.level AND fee_on.in_force @> session.held_on
        -- One at the most, by the schedules' own constraint: said, so that this join comes last.
        LIMIT 1
    ) fee ON true
    JOIN subsidies_policyversion policy
      ON policy.approved_at IS NOT NULL AND policy.in_force @> certificate.issued_on
    JOIN subsidies_budget budget
      ON budget.year = extract(year FROM %(now)s::timestamptz AT TIME ZONE 'Asia/Shanghai')
     AND budget.kind = 'ASSESSMENT' AND budget.district_id IS NULL,
    LATERAL (
        SELECT jsonb_agg(jsonb_build_object(
                   'level', other.level, 'is_own', its.id = attempt.id, 'attempt', its.id,
                   'counted', is_earlier AND in_scope AND its.outcome = 'PASSED', 'held_on', other.held_on,
                   'outcome', its.outcome, 'sitting', its.id, 'in_scope', in_scope, 'is_earlier', is_earlier,
                   'occupation', other.occupation_id, 'institution', other.institution_id
               ) ORDER BY other.held_on, its.id) AS sittings,
               count(*) FILTER (WHERE is_earlier AND in_scope AND its.outcome <> 'ABSENT') AS earlier_sittings,
               bool_or(is_earlier AND in_scope AND its.outcome = 'PASSED') AS passed_before
        FROM assessment_attempt its
        JOIN assessment_assessmentsession other ON other.id = its.session_id,
        LATERAL (SELECT (other.held_on, its.id) < (session.held_on, attempt.id) AS is_earlier,
                        other.occupation_id = session.occupation_id AND other.level = session.level AS in_scope) seen
        WHERE its.trainee_id = certificate.trainee_id
    ) sat
    WHERE certificate.decision_due AND certificate.status = 'VALID' AND attempt.outcome = 'PASSED'
      AND NOT sat.passed_before
      AND enrollment.category = ANY (policy.eligible_categories)
      AND (enrollment.category <> 'GRADUATING_STUDENT'
           OR extract(year FROM enrollment.graduated_on) = extract(year FROM certificate.issued_on))
    """,
    "ANALYZE due",
    """
    INSERT INTO subsidies_entitlement (id, public_id, certificate_id, person_id, district_id, decision, reason,
        first_pass_key, amount, policy_version_id, fee_schedule_id, budget_id, bank_account_id, lifetime_slot,
        yearly_slot, slot_year, checks, decided_at)
    SELECT entitlement_id, public_id, certificate_id, person_id, district_id, 'GRANTED', '',
           format('person:%%s/occupation:%%s/level:%%s', person_id, occupation_id, level), amount,
           policy_version_id, fee_schedule_id, budget_id, bank_account_id, 1, 1,
           extract(year FROM issued_on), jsonb_build_array(
               jsonb_build_object('name', 'policy_is_in_force', 'outcome', 'PASSED', 'facts',
                   jsonb_build_object('policy_version', policy_version_id)),
               jsonb_build_object('name', 'certificate_is_valid', 'outcome', 'PASSED', 'facts', '{}'::jsonb),
               jsonb_build_object('name', 'sitting_is_still_a_pass', 'outcome', 'PASSED', 'facts',
                   jsonb_build_object('attempt', attempt_id, 'outcome', 'PASSED')),
               jsonb_build_object('name', 'nothing_is_under_review', 'outcome', 'PASSED', 'facts', '{}'::jsonb),
               jsonb_build_object('name', 'no_objection_was_upheld', 'outcome', 'PASSED', 'facts', '{}'::jsonb),
               jsonb_build_object('name', 'trained_in_the_programme', 'outcome', 'PASSED', 'facts', '{}'::jsonb),
               jsonb_build_object('name', 'category_is_eligible', 'outcome', 'PASSED', 'facts',
                   jsonb_build_object('category', category)),
               jsonb_build_object('name', 'graduates_in_time', 'outcome', 'PASSED', 'facts',
                   CASE category WHEN 'GRADUATING_STUDENT' THEN jsonb_build_object(
                       'graduated_on', graduated_on, 'first', date_trunc('year', issued_on)::date,
                       'last', (date_trunc('year', issued_on) + interval '1 year')::date - 1)
                   ELSE jsonb_build_object('category', category) END),
               jsonb_build_object('name', 'recorded_in_time', 'outcome', 'PASSED', 'facts',
                   '{"days": null}'::jsonb),
               jsonb_build_object('name', 'passes_for_the_first_time', 'outcome', 'PASSED', 'facts',
                   jsonb_build_object('scope', first_pass_scope, 'rule', first_pass_rule,
                       'attempt', attempt_id, 'earlier_sittings', earlier_sittings, 'sittings', sittings)),
               jsonb_build_object('name', 'is_not_claimed_already', 'outcome', 'PASSED', 'facts',
                   '{"certificate": null}'::jsonb),
               jsonb_build_object('name', 'ladder_is_kept', 'outcome', 'PASSED', 'facts',
                   jsonb_build_object('rule', ladder_rule)),
               jsonb_build_object('name', 'within_lifetime_cap', 'outcome', 'PASSED', 'facts',
                   '{"cap": null, "granted": 0}'::jsonb),
               jsonb_build_object('name', 'within_yearly_cap', 'outcome', 'PASSED', 'facts',
                   jsonb_build_object('year', extract(year FROM issued_on), 'cap', null, 'granted', 0)),
               jsonb_build_object('name', 'fee_is_published', 'outcome', 'PASSED', 'facts',
                   jsonb_build_object('fee_schedule', fee_schedule_id, 'total', total::text)),
               jsonb_build_object('name', 'amount_is_positive', 'outcome', 'PASSED', 'facts',
                   jsonb_build_object('amount', amount::text)),
               jsonb_build_object('name', 'not_subsidized_elsewhere', 'outcome', 'PASSED', 'facts',
                   jsonb_build_object('rule', stacking_rule)),
               jsonb_build_object('name', 'account_is_known', 'outcome', 'PASSED', 'facts',
                   jsonb_build_object('bank_account', bank_account_id)),
               jsonb_build_object('name', 'budget_has_room', 'outcome', 'PASSED', 'facts',
                   jsonb_build_object('budget', budget_id))
           ), %(now)s
    FROM due
    """,
    """
    INSERT INTO subsidies_payment (id, public_id, entitlement_id, payee_id, district_id, budget_id,
                                   notice_working_days, amount, status, opened_at)
    SELECT payment_id, gen_random_uuid(), entitlement_id, person_id, district_id, budget_id, notice_working_days,
           amount,
           CASE WHEN notice_working_days > 0 THEN 'TO_NOTICE' ELSE 'READY' END, %(now)s
    FROM due
    """,
    """
    WITH entries AS (
        INSERT INTO subsidies_journalentry (key, kind, recorded_at)
        SELECT 'grant:' || public_id, 'GRANT', %(now)s
        FROM (SELECT DISTINCT ON (part) part, public_id FROM due ORDER BY part, certificate_id) first_of_part
        RETURNING id, key
    ), parts AS (
        SELECT due.part, entries.id AS entry_id FROM entries JOIN due ON 'grant:' || due.public_id = entries.key
    )
    INSERT INTO subsidies_journalline (entry_id, account, amount, payment_id, fact)
    SELECT entry_id, account, sign * amount, payment_id, 'granted'
    FROM due JOIN parts USING (part),
         (VALUES ('SUBSIDY_EXPENSE', 1), ('SUBSIDIES_PAYABLE', -1)) side (account, sign)
    """,
    """
    INSERT INTO foundation_auditevent (name, subject_type, subject_id, at, request_id, reason, facts)
    SELECT 'entitlement.granted', 'subsidies.entitlement', entitlement_id, %(now)s, '', '', '{}' FROM due
    """,
    """
    UPDATE subsidies_budget budget SET reserved = reserved + needed.amount
    FROM (SELECT budget_id, sum(amount) AS amount FROM due GROUP BY budget_id) needed
    WHERE budget.id = needed.budget_id
    """,
    """
    UPDATE assessment_levelcertificate certificate SET decision_due = false
    FROM due WHERE certificate.id = due.certificate_id
    """,
)
# Every column but keys, random numbers and times, and the checks as they are.
ROWS: Final = """
    SELECT entitlement.district_id, entitlement.decision, entitlement.reason, entitlement.amount,
           entitlement.certificate_id = entitlement.person_id AND entitlement.bank_account_id = entitlement.person_id
               AND payment.payee_id = entitlement.person_id,
           replace(entitlement.first_pass_key, entitlement.person_id::text, 'N'),
           entitlement.policy_version_id, entitlement.fee_schedule_id, entitlement.budget_id,
           entitlement.lifetime_slot, entitlement.yearly_slot, entitlement.slot_year, entitlement.held_since,
           entitlement.announced_at, entitlement.supersedes_id, entitlement.superseded_at,
           replace(replace(replace(entitlement.checks::text, (2 * entitlement.certificate_id)::text, '2N'),
                           (2 * entitlement.certificate_id - 1)::text, '2N-1'),
                   entitlement.certificate_id::text, 'N'),
           payment.district_id, payment.budget_id, payment.notice_working_days,
           payment.amount, payment.status, payment.paid_at, payment.cancelled_at,
           entitlement.decided_at = payment.opened_at AND event.at = payment.opened_at
               AND entry.recorded_at = payment.opened_at,
           line.account, line.amount, line.fact, entry.kind, split_part(entry.key, ':', 1),
           event.name, event.actor_id, event.request_id, event.reason, event.facts, certificate.decision_due
    FROM subsidies_entitlement entitlement
    JOIN subsidies_payment payment ON payment.entitlement_id = entitlement.id
    JOIN subsidies_journalline line ON line.payment_id = payment.id
    JOIN subsidies_journalentry entry ON entry.id = line.entry_id
    JOIN foundation_auditevent event
      ON event.subject_type = 'subsidies.entitlement' AND event.subject_id = entitlement.id
    JOIN assessment_levelcertificate certificate ON certificate.id = entitlement.certificate_id
    WHERE entitlement.certificate_id BETWEEN %(first)s AND %(last)s
    ORDER BY entitlement.certificate_id, line.account
"""
COUNTS: Final = """
    SELECT (SELECT count(*) FROM subsidies_entitlement),
           (SELECT count(*) FROM subsidies_payment),
           (SELECT count(*) FROM subsidies_journalentry),
           (SELECT count(*) FROM subsidies_journalline),
           (SELECT count(*) FROM foundation_auditevent),
           (SELECT sum(reserved) FROM subsidies_budget)
"""


def decide_by_chain(set_size: int) -> int:
    """Decide whatever is due by the chain, and return how many that were."""
    from django.db import connection, transaction
    from django.utils import timezone

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        values: dict[str, Any] = {"now": timezone.now(), "set": set_size}
        for statement in CHAIN:
            cursor.execute(statement, values)
        count: int = cursor.rowcount
    return count


def counts() -> list[Any]:
    """Return how many rows there are in each table that a decision writes into, and what is reserved."""
    return _rows(COUNTS, {})[0]


def check_same_rows(worker: Certified, chain: Certified, *, sample: int) -> None:
    """Raise RuntimeError if what a worker wrote for one filling is not what the chain wrote for another."""
    # People of a kind stand at the same distance from a multiple of six.
    starts = [-(-each.first // 6) * 6 for each in (worker, chain)]
    ours, theirs = (_rows(ROWS, {"first": start, "last": start + sample - 1}) for start in starts)
    if len(ours) != 2 * sample:
        raise RuntimeError(f"The worker wrote {len(ours)} rows for {sample} certificates.")
    for our, their in zip(ours, theirs, strict=True):
        if our != their:
            differ = [(one, other) for one, other in zip(our, their, strict=True) if one != other]
            raise RuntimeError(f"The worker's rows and the chain's differ: {differ}.")


def _rows(statement: str, values: dict[str, int]) -> Sequence[list[Any]]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return [list(row) for row in cursor.fetchall()]
