"""What no decision passes: caps, the order of levels, its own district, and its own money."""

from typing import Final

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
        "Nobody was granted more subsidies, in a lifetime or in a year, than the policy of the grant allows.",
        of_grants("""
        SELECT before.id FROM before JOIN subsidies_policyversion policy ON policy.id = before.policy_version_id
        GROUP BY before.id, policy.lifetime_cap, policy.yearly_cap
        HAVING count(*) >= policy.lifetime_cap OR count(*) FILTER (WHERE before.in_the_year) >= policy.yearly_cap
        """),
    ),
    Invariant(
        "grants_of_a_person_have_places_of_their_own",
        "No two grants of one person have the same place in their lifetime or in a year.",
        of_grants("SELECT id FROM before WHERE in_one_place"),
    ),
    Invariant(
        "no_lower_level_is_granted_after_a_higher_one",
        "Where the policy pays none for a lower level after a higher one, none was granted.",
        of_grants("""
        SELECT before.id FROM before JOIN subsidies_policyversion policy ON policy.id = before.policy_version_id
        WHERE policy.ladder_rule <> 'NONE'
          AND (policy.ladder_rule = 'ANY_OCCUPATION' OR before.occupation_id = before.earlier_occupation_id)
          AND array_position(ARRAY['JUNIOR', 'INTERMEDIATE', 'SENIOR'], before.level::text)
            < array_position(ARRAY['JUNIOR', 'INTERMEDIATE', 'SENIOR'], before.earlier_level::text)
        """),
    ),
    Invariant(
        "grant_belongs_to_its_district",
        "Every grant belongs to the district that its policy names.",
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
        "A district's budget pays for grants of that district only, and only where the policy has such budgets.",
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
        "What goes on being held is held since it first was, whatever is missing by now.",
        """
        SELECT entitlement.id FROM subsidies_entitlement entitlement
        JOIN subsidies_entitlement former ON former.id = entitlement.supersedes_id
        WHERE entitlement.decision = 'HELD' AND former.decision = 'HELD'
          AND entitlement.held_since <> former.held_since
        """,
    ),
)
