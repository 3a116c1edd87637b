import uuid

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from assessment.enums import CandidateOrigin, CertificateOrigin, SessionStatus
from assessment.models.policy import AssessmentPolicy
from chongqing_dte.foundation.changes import announces
from chongqing_dte.foundation.constraints import both_or_neither, frozen, frozen_when, implies, known_value
from institutions.enums import Level


class AssessmentSession(models.Model):
    """One sitting organized by an evaluation institution for one occupation, direction and level."""

    public_id = models.UUIDField(_("Public number"), default=uuid.uuid4, unique=True, editable=False)
    reference = models.CharField(_("Reference"), max_length=32, unique=True)
    institution = models.ForeignKey(
        "institutions.Institution",
        verbose_name=_("Evaluation institution"),
        on_delete=models.PROTECT,
        related_name="+",
    )
    occupation = models.ForeignKey(
        "institutions.Occupation", verbose_name=_("Occupation"), on_delete=models.PROTECT, related_name="+"
    )
    direction = models.CharField(_("Direction"), max_length=64, blank=True)
    level = models.CharField(_("Level"), max_length=12, choices=Level)
    held_on = models.DateField(_("Held on"))
    theory_time = models.TimeField(_("Theory begins"), null=True, blank=True)
    practice_time = models.TimeField(_("Practice begins"), null=True, blank=True)
    # Empty for what was filed before sites were kept.
    site = models.ForeignKey(
        "institutions.AssessmentSite",
        verbose_name=_("Assessment site"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    # The policy on the day of the session, and its pass marks, so that candidates know what they sit for.
    policy = models.ForeignKey(
        AssessmentPolicy,
        verbose_name=_("Assessment policy"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    theory_pass_mark = models.DecimalField(_("Pass mark for theory"), max_digits=4, decimal_places=1)
    practice_pass_mark = models.DecimalField(_("Pass mark for practice"), max_digits=4, decimal_places=1)
    certificate_origin = models.CharField(
        _("Certificates numbered by"),
        max_length=12,
        choices=CertificateOrigin,
        default=CertificateOrigin.INSTITUTION,
    )
    status = models.CharField(_("Status"), max_length=12, choices=SessionStatus, default=SessionStatus.FILED)
    filed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("Filed by"), on_delete=models.PROTECT, related_name="+"
    )
    filed_at = models.DateTimeField(_("Filed at"))
    admitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("Candidates admitted by"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    admitted_at = models.DateTimeField(_("Candidates admitted at"), null=True, blank=True)
    cancelled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("Cancelled by"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    cancelled_at = models.DateTimeField(_("Cancelled at"), null=True, blank=True)
    cancel_reason = models.TextField(_("Reason"), blank=True)

    class Meta:
        verbose_name = _("Assessment session")
        verbose_name_plural = _("Assessment sessions")
        ordering = ["-id"]
        indexes = [
            models.Index(name="session_by_status", fields=["status", "held_on"]),
        ]
        constraints = [
            known_value("status", SessionStatus, name="session_status_known"),
            known_value("level", Level, name="session_level_known"),
            known_value("certificate_origin", CertificateOrigin, name="session_certificate_origin_known"),
            models.CheckConstraint(
                name="session_pass_marks_in_range",
                condition=Q(theory_pass_mark__range=(0, 100), practice_pass_mark__range=(0, 100)),
            ),
            both_or_neither("admitted_by", "admitted_at", name="session_admission_complete"),
            both_or_neither("cancelled_by", "cancelled_at", name="session_cancellation_complete"),
            implies(
                Q(status__in=[SessionStatus.ADMITTED, SessionStatus.RECORDED]),
                Q(admitted_at__isnull=False),
                name="session_sat_by_admitted_candidates",
            ),
            implies(
                Q(status=SessionStatus.CANCELLED),
                Q(cancelled_at__isnull=False) & ~Q(cancel_reason=""),
                name="session_cancelled_for_a_reason",
            ),
        ]
        triggers = [
            *frozen(
                "public_id",
                "institution",
                "occupation",
                "direction",
                "level",
                "held_on",
                "policy",
                "theory_pass_mark",
                "practice_pass_mark",
                "certificate_origin",
                "filed_by",
                "filed_at",
            ),
            # Candidates were told where and when.
            frozen_when(
                "OLD.status <> 'FILED'",
                "site",
                "theory_time",
                "practice_time",
                name="session_place_stays_after_admission",
            ),
            *announces("assessment-sessions"),
        ]

    def __str__(self) -> str:
        return self.reference


class SessionCandidate(models.Model):
    """One person who is to sit one session. Until the admission somebody may take them off; the row stays."""

    public_id = models.UUIDField(_("Public number"), default=uuid.uuid4, unique=True, editable=False)
    session = models.ForeignKey(
        AssessmentSession,
        verbose_name=_("Assessment session"),
        on_delete=models.PROTECT,
        related_name="candidates",
    )
    trainee = models.ForeignKey(
        "enrollment.Trainee", verbose_name=_("Trainee"), on_delete=models.PROTECT, related_name="+"
    )
    # Empty for whom somebody else trained, outside the programme.
    enrollment = models.ForeignKey(
        "enrollment.Enrollment",
        verbose_name=_("Enrollment"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    origin = models.CharField(_("Origin"), max_length=12, choices=CandidateOrigin)
    # Given at the admission. What is printed on the admission ticket.
    admission_number = models.CharField(
        _("Admission number"), max_length=40, null=True, blank=True, unique=True
    )
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("Added by"), on_delete=models.PROTECT, related_name="+"
    )
    added_at = models.DateTimeField(_("Added at"))
    removed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("Taken off by"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    removed_at = models.DateTimeField(_("Taken off at"), null=True, blank=True)

    class Meta:
        verbose_name = _("Candidate")
        verbose_name_plural = _("Candidates")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                name="candidate_once_per_session",
                fields=["session", "trainee"],
                condition=Q(removed_at__isnull=True),
            ),
            known_value("origin", CandidateOrigin, name="candidate_origin_known"),
            models.CheckConstraint(
                name="candidate_trained_in_a_class",
                condition=Q(origin=CandidateOrigin.TRAINED, enrollment__isnull=False)
                | Q(origin=CandidateOrigin.OUTSIDE, enrollment__isnull=True),
            ),
            both_or_neither("removed_by", "removed_at", name="candidate_removal_complete"),
            # Whoever was admitted and does not come is absent.
            models.CheckConstraint(
                name="candidate_admitted_or_removed",
                condition=Q(admission_number__isnull=True) | Q(removed_at__isnull=True),
            ),
        ]
        triggers = [
            *frozen("public_id", "session", "trainee", "enrollment", "origin", "added_by", "added_at"),
            frozen_when(
                "OLD.admission_number IS NOT NULL",
                "admission_number",
                name="candidate_keeps_admission_number",
            ),
            frozen_when(
                "OLD.removed_at IS NOT NULL", "removed_by", "removed_at", name="candidate_stays_removed"
            ),
            # Whoever trains must not assess the same people: one statement checks all of its rows.
            pgtrigger.Trigger(
                name="candidate_assessor_is_not_trainer",
                operation=pgtrigger.Insert,
                when=pgtrigger.After,
                level=pgtrigger.Statement,
                referencing=pgtrigger.Referencing(new="new_candidates"),
                func="""
                    IF EXISTS (
                        SELECT 1 FROM new_candidates candidate
                        JOIN assessment_assessmentsession session ON session.id = candidate.session_id
                        JOIN enrollment_enrollment enrollment ON enrollment.id = candidate.enrollment_id
                        JOIN enrollment_trainingclass class ON class.id = enrollment.training_class_id
                        WHERE class.institution_id = session.institution_id
                           OR enrollment.trainee_id <> candidate.trainee_id
                           OR enrollment.status <> 'COMPLETED'
                           OR class.occupation_id <> session.occupation_id
                           OR class.level <> session.level
                    ) THEN
                        RAISE EXCEPTION 'candidate_assessor_is_not_trainer' USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NULL;
                """,
            ),
            *announces("assessment-sessions", "session_id"),
        ]

    def __str__(self) -> str:
        return self.admission_number or str(self.public_id)
