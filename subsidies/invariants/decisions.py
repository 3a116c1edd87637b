"""What no decision passes: caps, the order of levels, its own district, and its own money."""

from typing import Final

from chongqing_dte.foundation.sentences import gettext_lazy as _
from subsidies.invariants.kinds import Invariant

# Live grants, and live grants of the same person that were made before. Rows that were merged later count apart: what
# was granted before anybody knew is a matter of getting money back, not of a wrong decision.
GRANTS: Final = """
    WITH grants AS (
        SELECT entitlement.*, certificate.occupation_id, certificate.level,
               coalesce((SELECT merge.kept_id FROM enrollment_traineemerge merge
                         WHERE merge.status = 'APPROVED' AND merge.merged_id = entitlement.person_id),
                        entitlement.person_id) AS whose
        FROM subsidies_entitlement entitlement
        JOIN assessment_levelcertificate certificate ON certificate.id = entitlement.certificate_id
        WHERE entitlement.decision = 'GRANTED' AND entitlement.superseded_at IS NULL
    ),
    before AS (
        SELECT later.id, later.policy_version_id, later.level, later.occupation_id,
               earlier.id AS earlier_id, earlier.level AS earlier_level,
               earlier.occupation_id AS earlier_occupation_id,
               earlier.slot_year = later.slot_year AS in_the_year,
               earlier.lifetime_slot = later.lifetime_slot
                   OR (earlier.slot_year = later.slot_year AND earlier.yearly_slot = later.yearly_slot)
                   AS in_one_place
        FROM grants later
        JOIN grants earlier ON earlier.whose = later.whose AND earlier.id < later.id
        WHERE earlier.person_id = later.person_id OR NOT EXISTS (
            SELECT 1 FROM enrollment_traineemerge merge
            WHERE merge.status = 'APPROVED' AND merge.decided_at >= later.decided_at
              AND merge.merged_id IN (earlier.person_id, later.person_id))
    )
"""


def of_grants(query: str) -> str:
    """Return a query over these grants."""
    return GRANTS + query


DECISION_INVARIANTS: Final = (
    Invariant(
        "nobody_is_granted_above_a_cap",
        _(
            "Nobody was granted more subsidies, in a lifetime or in a year, than the policy of the grant allows."
        ),
        of_grants("""
        SELECT before.id FROM before JOIN subsidies_policyversion policy ON policy.id = before.policy_version_id
        GROUP BY before.id, policy.lifetime_cap, policy.yearly_cap
        HAVING count(*) >= policy.lifetime_cap OR count(*) FILTER (WHERE before.in_the_year) >= policy.yearly_cap
        """),
    ),
    Invariant(
        "grants_of_a_person_have_places_of_their_own",
        _("No two grants of one person have the same place in their lifetime or in a year."),
        of_grants("SELECT id FROM before WHERE in_one_place"),
    ),
    Invariant(
        "no_lower_level_is_granted_after_a_higher_one",
        _("Where the policy pays none for a lower level after a higher one, none was granted."),
        of_grants("""
        SELECT before.id FROM before JOIN subsidies_policyversion policy ON policy.id = before.policy_version_id
        WHERE policy.ladder_rule <> 'NONE'
          AND (policy.ladder_rule = 'ANY_OCCUPATION' OR before.occupation_id = before.earlier_occupation_id)
          AND array_position(ARRAY['JUNIOR', 'INTERMEDIATE', 'SENIOR'], before.level::text)
            < array_position(ARRAY['JUNIOR', 'INTERMEDIATE', 'SENIOR'], before.earlier_level::text)
        """),
    ),
    Invariant(
        "nothing_granted_too_often_leaves_after_a_merge",
        _(
            "Once rows are known to be one person's, nothing leaves that is above a cap, for a first pass that is "
            "paid, or of a lower level than what was granted before."
        ),
        """
        WITH leaving AS (
            SELECT entitlement.id, entitlement.slot_year, certificate.occupation_id, certificate.level,
                   policy.lifetime_cap, policy.yearly_cap, policy.ladder_rule, policy.first_pass_scope AS scope,
                   coalesce(trainee.merged_into_id, trainee.id) AS whose,
                   coalesce(batch.second_released_at, batch.assembled_at) AS left_at
            FROM subsidies_paymentattempt attempt
            JOIN subsidies_paymentbatch batch ON batch.id = attempt.batch_id
            JOIN subsidies_payment payment ON payment.id = attempt.payment_id
            JOIN subsidies_entitlement entitlement ON entitlement.id = payment.entitlement_id
            JOIN subsidies_policyversion policy ON policy.id = entitlement.policy_version_id
            JOIN assessment_levelcertificate certificate ON certificate.id = entitlement.certificate_id
            JOIN enrollment_trainee trainee ON trainee.id = certificate.trainee_id
            -- What waits for signatures is withdrawn before it leaves.
            WHERE attempt.status IN ('OPEN', 'UNKNOWN', 'PAID') AND batch.status <> 'ASSEMBLED'
              AND entitlement.superseded_at IS NULL
        ),
        late AS (
            SELECT leaving.* FROM leaving WHERE leaving.left_at > (
                SELECT max(merge.decided_at) FROM enrollment_traineemerge merge
                JOIN enrollment_trainee merged ON merged.id = merge.merged_id
                WHERE merge.status = 'APPROVED' AND merged.merged_into_id = leaving.whose)
        )
        SELECT late.id FROM late JOIN leaving other ON other.whose = late.whose
        GROUP BY late.id, late.slot_year, late.level, late.occupation_id, late.scope, late.ladder_rule
        -- However they are put in order: more than even the most generous of their policies allows.
        HAVING (count(*) > max(other.lifetime_cap) AND count(*) = count(other.lifetime_cap))
            OR (count(*) FILTER (WHERE other.slot_year = late.slot_year)
                  > max(other.yearly_cap) FILTER (WHERE other.slot_year = late.slot_year)
                AND bool_and(other.yearly_cap IS NOT NULL) FILTER (WHERE other.slot_year = late.slot_year))
            OR bool_or(other.id < late.id AND late.ladder_rule <> 'NONE'
                AND (late.ladder_rule = 'ANY_OCCUPATION' OR other.occupation_id = late.occupation_id)
                AND array_position(ARRAY['JUNIOR', 'INTERMEDIATE', 'SENIOR'], late.level::text)
                  < array_position(ARRAY['JUNIOR', 'INTERMEDIATE', 'SENIOR'], other.level::text))
            OR bool_or(other.id <> late.id AND ('PERSON' IN (late.scope, other.scope)
                OR (other.occupation_id = late.occupation_id
                    AND ('OCCUPATION' IN (late.scope, other.scope) OR other.level = late.level))))
        """,
    ),
    Invariant(
        "grant_belongs_to_its_district",
        _("Every grant belongs to the district that its policy names."),
        """
        SELECT entitlement.id FROM subsidies_entitlement entitlement
        JOIN subsidies_policyversion policy ON policy.id = entitlement.policy_version_id
        JOIN assessment_levelcertificate certificate ON certificate.id = entitlement.certificate_id
        JOIN assessment_attempt attempt ON attempt.id = certificate.attempt_id
        LEFT JOIN enrollment_enrollment enrollment ON enrollment.id = attempt.enrollment_id
        LEFT JOIN enrollment_trainingclass class ON class.id = enrollment.training_class_id
        WHERE entitlement.decision = 'GRANTED' AND entitlement.superseded_at IS NULL
          AND (entitlement.district_id IS NULL
               OR (policy.competent_district_rule = 'TRAINING' AND class.district_id <> entitlement.district_id))
        """,
    ),
    Invariant(
        "grant_is_paid_from_its_own_budget",
        _(
            "A district's budget pays for grants of that district only, and only where the policy has such budgets."
        ),
        """
        SELECT entitlement.id FROM subsidies_entitlement entitlement
        JOIN subsidies_budget budget ON budget.id = entitlement.budget_id
        JOIN subsidies_policyversion policy ON policy.id = entitlement.policy_version_id
        WHERE budget.district_id IS NOT NULL
          AND (NOT policy.budget_by_district OR budget.district_id IS DISTINCT FROM entitlement.district_id)
        """,
    ),
    Invariant(
        "hold_is_as_old_as_the_first_of_it",
        _("What goes on being held is held since it first was, whatever is missing by now."),
        """
        SELECT entitlement.id FROM subsidies_entitlement entitlement
        JOIN subsidies_entitlement former ON former.id = entitlement.supersedes_id
        WHERE entitlement.decision = 'HELD' AND former.decision = 'HELD'
          AND entitlement.held_since <> former.held_since
        """,
    ),
)
