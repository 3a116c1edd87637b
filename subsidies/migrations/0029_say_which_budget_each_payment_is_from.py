"""Say of each payment what its decision says: for which district it is, from which budget, how long it is on notice."""

from django.db import migrations

STATEMENTS = (
    """
    UPDATE subsidies_payment payment
    SET district_id = entitlement.district_id, budget_id = entitlement.budget_id,
        notice_working_days = policy.notice_working_days
    FROM subsidies_entitlement entitlement
    JOIN subsidies_policyversion policy ON policy.id = entitlement.policy_version_id
    WHERE entitlement.id = payment.entitlement_id
    """,
)


class Migration(migrations.Migration):

    dependencies = [("subsidies", "0028_payments_bear_their_budget")]

    operations = [migrations.RunSQL(list(STATEMENTS), migrations.RunSQL.noop)]
