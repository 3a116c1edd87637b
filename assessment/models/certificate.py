import uuid

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from assessment.enums import CertificateOrigin, CertificateStatus
from assessment.models.attempt import Attempt
from chongqing_dte.foundation.changes import announces
from chongqing_dte.foundation.constraints import both_or_neither, frozen, frozen_when, implies, known_value
from chongqing_dte.foundation.proposals import Proposal, RequestStatus, proposal_constraints
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
    attempt = models.ForeignKey(Attempt, on_delete=models.PROTECT, related_name="certificates")
    # The certificate in whose place this one was issued, for the same sitting.
    supersedes = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="superseded_by"
    )
    origin = models.CharField(
        _("Numbered by"),
        max_length=12,
        choices=CertificateOrigin,
        default=CertificateOrigin.INSTITUTION,
        db_default=CertificateOrigin.INSTITUTION,
    )
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
    # Since when, through whom and why it is not valid any more.
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("Ended by"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    ended_at = models.DateTimeField(_("Ended at"), null=True, blank=True)
    end_reason = models.TextField(_("Why it ended"), blank=True, db_default="")
    recorded_at = models.DateTimeField(_("Recorded"))
    decision_due = models.BooleanField(_("Decision due"), default=True, db_default=True)

    class Meta:
        verbose_name = _("Level certificate")
        verbose_name_plural = _("Level certificates")
        constraints = [
            # The public checks a certificate by its number, so that there is one of each in the whole programme.
            models.UniqueConstraint(name="certificate_number_once", fields=["number"]),
            models.UniqueConstraint(
                name="certificate_one_valid_per_attempt",
                fields=["attempt"],
                condition=Q(status=CertificateStatus.VALID),
            ),
            known_value("origin", CertificateOrigin, name="certificate_origin_known"),
            both_or_neither("ended_by", "ended_at", name="certificate_ending_complete"),
            implies(
                ~Q(status=CertificateStatus.VALID),
                Q(ended_at__isnull=False) & ~Q(end_reason=""),
                name="certificate_ended_for_a_reason",
            ),
            implies(
                Q(status=CertificateStatus.VALID),
                Q(ended_at__isnull=True),
                name="certificate_valid_until_it_ended",
            ),
            models.CheckConstraint(name="certificate_number_present", condition=~Q(number="")),
            # As whoever checks one types it, once that is normalized. Any other number would never be found.
            models.CheckConstraint(
                name="certificate_number_normalized", condition=~Q(number__regex=r"[a-z[:space:]]")
            ),
            known_value("status", CertificateStatus, name="certificate_status_known"),
            known_value("level", Level, name="certificate_level_known"),
        ]
        indexes = [
            # Stays as small as the queue, however many certificates there have been.
            models.Index(name="certificate_decision_due", fields=["id"], condition=Q(decision_due=True)),
            models.Index(name="certificate_by_trainee", fields=["trainee"]),
            # What the status lists and the revocations look for: few, whatever the number of certificates.
            models.Index(
                name="certificate_not_valid", fields=["id"], condition=~Q(status=CertificateStatus.VALID)
            ),
        ]
        triggers = [
            *frozen(
                "public_id",
                "number",
                "institution",
                "attempt",
                "supersedes",
                "origin",
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
                    IF EXISTS (
                        SELECT 1 FROM new_certificates certificate
                        JOIN assessment_attempt later ON later.supersedes_id = certificate.attempt_id
                    ) THEN
                        RAISE EXCEPTION 'certificate_follows_the_attempt_that_counts'
                            USING ERRCODE = 'check_violation';
                    END IF;
                    IF EXISTS (
                        SELECT 1 FROM new_certificates certificate
                        JOIN assessment_levelcertificate former ON former.id = certificate.supersedes_id
                        WHERE former.status = 'VALID'
                           OR former.trainee_id <> certificate.trainee_id
                           OR former.institution_id <> certificate.institution_id
                           OR former.occupation_id <> certificate.occupation_id
                           OR former.level <> certificate.level
                    ) THEN
                        RAISE EXCEPTION 'certificate_supersedes_its_own_kind' USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NULL;
                """,
            ),
            *announces("certificates", "id", "supersedes_id", hides=["decision_due"]),
        ]

    def __str__(self) -> str:
        return self.number


class CertificateRevocation(Proposal):
    """One proposal to revoke a level certificate, and what somebody else decided."""

    public_id = models.UUIDField(_("Public number"), default=uuid.uuid4, unique=True, editable=False)
    certificate = models.ForeignKey(
        LevelCertificate,
        verbose_name=_("Level certificate"),
        on_delete=models.PROTECT,
        related_name="revocations",
    )

    class Meta:
        verbose_name = _("Revocation of a certificate")
        verbose_name_plural = _("Revocations of certificates")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                name="certificate_revocation_one_open",
                fields=["certificate"],
                condition=~Q(status=RequestStatus.REFUSED),
            ),
            *proposal_constraints("certificate_revocation"),
        ]
        triggers = [
            *frozen("public_id", "certificate", "reason", "proposed_by", "proposed_at"),
            *announces("certificates", "certificate_id"),
        ]

    def __str__(self) -> str:
        return str(self.public_id)


class CredentialKey(models.Model):
    """One public key under which the portal signed credentials, kept for ever, so that they stay verifiable.

    The private part stands in the settings, under the same version, for as long as it signs.
    """

    version = models.PositiveSmallIntegerField(_("Version"), unique=True)
    # Multibase, as the published key document shows it.
    public_key = models.CharField(_("Public key"), max_length=128, unique=True)
    used_from = models.DateTimeField(_("Used from"))
    used_until = models.DateTimeField(_("Used until"), null=True, blank=True)
    # Somebody else may have had it: nothing that it signed counts any more, whenever it was signed.
    withdrawn_at = models.DateTimeField(_("Withdrawn at"), null=True, blank=True)

    class Meta:
        verbose_name = _("Credential key")
        verbose_name_plural = _("Credential keys")
        ordering = ["version"]
        constraints = [
            models.CheckConstraint(
                name="credential_key_used_in_order",
                condition=Q(used_until__isnull=True) | Q(used_until__gt=models.F("used_from")),
            ),
            implies(
                Q(withdrawn_at__isnull=False),
                Q(used_until__isnull=False),
                name="credential_key_withdrawn_after_use",
            ),
            models.UniqueConstraint(
                name="credential_key_one_signs",
                fields=["used_until"],
                condition=Q(used_until__isnull=True),
                nulls_distinct=False,
            ),
        ]
        triggers = [
            *frozen("version", "public_key", "used_from"),
            frozen_when("OLD.used_until IS NOT NULL", "used_until", name="credential_key_stays_retired"),
            frozen_when(
                "OLD.withdrawn_at IS NOT NULL", "withdrawn_at", name="credential_key_stays_withdrawn"
            ),
        ]

    def __str__(self) -> str:
        return str(self.version)
