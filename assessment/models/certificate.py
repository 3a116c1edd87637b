import uuid

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from assessment.enums import CertificateStatus
from assessment.models.attempt import Attempt
from chongqing_dte.foundation.constraints import frozen, known_value
from institutions.enums import Level


class LevelCertificate(models.Model):
    """One professional technical level certificate, as its evaluation institution issued it.

    The row is the job: while `decision_due` stands, somebody owes this certificate a decision about money.
    """

    public_id = models.UUIDField(_("Public number"), default=uuid.uuid4, unique=True, editable=False)
    number = models.CharField(_("Certificate number"), max_length=40)
    institution = models.ForeignKey(
        "institutions.Institution",
        verbose_name=_("Evaluation institution"),
        on_delete=models.PROTECT,
        related_name="+",
    )
    attempt = models.OneToOneField(Attempt, on_delete=models.PROTECT, related_name="certificate")
    trainee = models.ForeignKey(
        "enrollment.Trainee", verbose_name=_("Trainee"), on_delete=models.PROTECT, related_name="+"
    )
    occupation = models.ForeignKey(
        "institutions.Occupation", verbose_name=_("Occupation"), on_delete=models.PROTECT, related_name="+"
    )
    direction = models.CharField(_("Direction"), max_length=64, blank=True)
    level = models.CharField(_("Level"), max_length=12, choices=Level)
    issued_on = models.DateField(_("Issued on"))
    status = models.CharField(
        _("Status"), max_length=12, choices=CertificateStatus, default=CertificateStatus.VALID
    )
    recorded_at = models.DateTimeField(_("Recorded"))
    decision_due = models.BooleanField(_("Decision due"), default=True, db_default=True)

    class Meta:
        verbose_name = _("Level certificate")
        verbose_name_plural = _("Level certificates")
        constraints = [
            models.UniqueConstraint(name="certificate_number_once", fields=["institution", "number"]),
            models.CheckConstraint(name="certificate_number_present", condition=~Q(number="")),
            known_value("status", CertificateStatus, name="certificate_status_known"),
            known_value("level", Level, name="certificate_level_known"),
        ]
        indexes = [
            # Stays as small as the queue, however many certificates there have been.
            models.Index(name="certificate_decision_due", fields=["id"], condition=Q(decision_due=True)),
            models.Index(name="certificate_by_trainee", fields=["trainee"]),
        ]
        triggers = [
            *frozen(
                "public_id",
                "number",
                "institution",
                "attempt",
                "trainee",
                "occupation",
                "direction",
                "level",
                "issued_on",
                "recorded_at",
            ),
            pgtrigger.Trigger(
                name="certificate_follows_a_pass",
                operation=pgtrigger.Insert,
                when=pgtrigger.After,
                level=pgtrigger.Statement,
                referencing=pgtrigger.Referencing(new="new_certificates"),
                func="""
                    IF EXISTS (
                        SELECT 1 FROM new_certificates certificate
                        JOIN assessment_attempt attempt ON attempt.id = certificate.attempt_id
                        JOIN assessment_assessmentsession session ON session.id = attempt.session_id
                        WHERE attempt.outcome <> 'PASSED'
                           OR attempt.trainee_id <> certificate.trainee_id
                           OR session.institution_id <> certificate.institution_id
                           OR session.occupation_id <> certificate.occupation_id
                           OR session.level <> certificate.level
                    ) THEN
                        RAISE EXCEPTION 'certificate_follows_a_pass' USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NULL;
                """,
            ),
        ]

    def __str__(self) -> str:
        return self.number
