"""Say of what stood before what is asked of it now: whose each decision is, which of their grants, and since when held.

What was decided and paid before there were notifications is told once, by the first sweep.
"""

from django.db import migrations

STATEMENTS = (
    "UPDATE subsidies_policyversion SET ceiling_junior = ceiling, ceiling_intermediate = ceiling, ceiling_senior = ceiling",
    "UPDATE subsidies_budget SET opening = allotted",
    """
    UPDATE subsidies_entitlement entitlement
    SET person_id = known.person_id, district_id = known.district_id,
        held_since = CASE WHEN entitlement.decision = 'HELD' THEN entitlement.decided_at END,
        lifetime_slot = known.lifetime_slot, yearly_slot = known.yearly_slot, slot_year = known.slot_year
    FROM (
        SELECT decided.id, coalesce(trainee.merged_into_id, trainee.id) AS person_id, class.district_id,
               CASE WHEN decided.decision = 'GRANTED' THEN row_number() OVER (
                   PARTITION BY coalesce(trainee.merged_into_id, trainee.id), decided.decision,
                                decided.superseded_at IS NULL ORDER BY decided.id) END AS lifetime_slot,
               CASE WHEN decided.decision = 'GRANTED' THEN row_number() OVER (
                   PARTITION BY coalesce(trainee.merged_into_id, trainee.id), decided.decision,
                                decided.superseded_at IS NULL, extract(year FROM certificate.issued_on)
                   ORDER BY decided.id) END AS yearly_slot,
               CASE WHEN decided.decision = 'GRANTED' THEN extract(year FROM certificate.issued_on) END AS slot_year
        FROM subsidies_entitlement decided
        JOIN assessment_levelcertificate certificate ON certificate.id = decided.certificate_id
        JOIN enrollment_trainee trainee ON trainee.id = certificate.trainee_id
        JOIN assessment_attempt attempt ON attempt.id = certificate.attempt_id
        LEFT JOIN enrollment_enrollment enrollment ON enrollment.id = attempt.enrollment_id
        LEFT JOIN enrollment_trainingclass class ON class.id = enrollment.training_class_id
    ) known
    WHERE known.id = entitlement.id
    """,
    "UPDATE subsidies_recovery SET status = 'WITHDRAWN' WHERE withdrawn_at IS NOT NULL",
)


class Migration(migrations.Migration):

    dependencies = [("subsidies", "0007_notices_budgets_bank_formats_recoveries")]

    operations = [migrations.RunSQL(list(STATEMENTS), migrations.RunSQL.noop)]
