from django.db import migrations

# A certificate leaves the queue of decisions only with a live decision. The trigger stands here, on a table of the
# app below, because only this app knows what a decision is.
CREATE = """
CREATE FUNCTION certificate_decided_has_entitlement() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM subsidies_entitlement entitlement
        WHERE entitlement.certificate_id = NEW.id AND entitlement.superseded_at IS NULL
    ) AND EXISTS (
        SELECT 1 FROM assessment_levelcertificate certificate
        WHERE certificate.id = NEW.id AND NOT certificate.decision_due
    ) THEN
        RAISE EXCEPTION 'certificate_decided_has_entitlement' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER certificate_decided_has_entitlement
    AFTER INSERT OR UPDATE OF decision_due ON assessment_levelcertificate
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NOT NEW.decision_due)
    EXECUTE FUNCTION certificate_decided_has_entitlement();
"""
DROP = """
DROP TRIGGER certificate_decided_has_entitlement ON assessment_levelcertificate;
DROP FUNCTION certificate_decided_has_entitlement();
"""


class Migration(migrations.Migration):
    dependencies = [("subsidies", "0001_initial")]
    operations = [migrations.RunSQL(CREATE, DROP)]
