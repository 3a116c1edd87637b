import uuid

import pgtrigger
from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateRangeField, RangeOperators
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from chongqing_dte.foundation.changes import INSERT, announces
from chongqing_dte.foundation.constraints import append_only, frozen, frozen_when, implies, known_value
from chongqing_dte.foundation.crypto import EncryptedTextField
from enrollment.enums import IN_TRAINING, EnrollmentAct, EnrollmentStatus
from enrollment.models.evidence import EVIDENCE_FIELDS, CategoryEvidence, evidence_constraints
from enrollment.models.roster import RosterRow
from enrollment.models.trainee import Trainee
from enrollment.models.training_class import TrainingClass


class Enrollment(CategoryEvidence):
    """One trainee in one class, as the roster row named them, with the evidence for their category."""

    public_id = models.UUIDField(_("Public number"), default=uuid.uuid4, unique=True, editable=False)
    training_class = models.ForeignKey(
        TrainingClass, verbose_name=_("Training class"), on_delete=models.PROTECT, related_name="enrollments"
    )
    trainee = models.ForeignKey(
        Trainee, verbose_name=_("Trainee"), on_delete=models.PROTECT, related_name="enrollments"
    )
    # The row that enrolled the person. Empty for whom an act brought over from another class.
    roster_row = models.OneToOneField(
        RosterRow, null=True, blank=True, on_delete=models.PROTECT, related_name="enrollment"
    )
    transferred_from = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="transferred_to"
    )
    # The days of the class, both inclusive: one person is in one class at a time.
    training_period = DateRangeField(_("Training period"))
    status = models.CharField(
        _("Status"), max_length=16, choices=EnrollmentStatus, default=EnrollmentStatus.ENROLLED
    )
    enrolled_at = models.DateTimeField(_("Enrolled at"))
    # Set for everybody who is in the class at its roster lock: the denominator of its pass rate.
    locked_at = models.DateTimeField(_("In the class at the roster lock"), null=True, blank=True)
    completed_at = models.DateTimeField(_("Completed at"), null=True, blank=True)
    left_at = models.DateTimeField(_("Left at"), null=True, blank=True)
    # When the registers are asked about this person next. Empty once they have answered.
    registers_due_at = models.DateTimeField(_("Registers due at"), null=True, blank=True)

    class Meta:
        verbose_name = _("Enrollment")
        verbose_name_plural = _("Enrollments")
        indexes = [
            # By category, because each category has its register, and one of them may not be connected.
            models.Index(
                name="enrollment_registers_due",
                fields=["category", "registers_due_at"],
                condition=Q(registers_due_at__isnull=False),
            ),
        ]
        constraints = [
            models.UniqueConstraint(name="enrollment_once_per_class", fields=["training_class", "trainee"]),
            # Two rosters at once, in two institutions: one of them finds the person taken.
            ExclusionConstraint(
                name="enrollment_one_class_at_a_time",
                expressions=[
                    ("trainee", RangeOperators.EQUAL),
                    ("training_period", RangeOperators.OVERLAPS),
                ],
                condition=Q(status__in=IN_TRAINING),
            ),
            *evidence_constraints("enrollment"),
            known_value("status", EnrollmentStatus, name="enrollment_status_known"),
            models.CheckConstraint(
                name="enrollment_comes_from_somewhere",
                condition=Q(roster_row__isnull=False, transferred_from__isnull=True)
                | Q(roster_row__isnull=True, transferred_from__isnull=False),
            ),
            implies(
                Q(status=EnrollmentStatus.COMPLETED),
                Q(completed_at__isnull=False),
                name="enrollment_completed_at_some_time",
            ),
            implies(
                Q(status__in=[EnrollmentStatus.WITHDRAWN, EnrollmentStatus.TRANSFERRED]),
                Q(left_at__isnull=False),
                name="enrollment_left_at_some_time",
            ),
        ]
        triggers = [
            *frozen(
                "training_class",
                "trainee",
                "roster_row",
                "transferred_from",
                "training_period",
                "enrolled_at",
            ),
            frozen_when("OLD.locked_at IS NOT NULL", "locked_at", name="enrollment_stays_in_the_denominator"),
            # After the lock an enrollment changes by acts: what made the person eligible becomes what the last approved
            # correction of it says, and nothing else.
            pgtrigger.Trigger(
                name="enrollment_evidence_stays_after_the_lock",
                operation=pgtrigger.UpdateOf(*EVIDENCE_FIELDS),
                when=pgtrigger.Before,
                condition=pgtrigger.AnyChange(*EVIDENCE_FIELDS),
                func="""
                IF EXISTS (SELECT 1 FROM enrollment_trainingclass
                           WHERE id = NEW.training_class_id AND roster_locked_at IS NOT NULL)
                   AND NOT EXISTS (
                       SELECT 1 FROM (SELECT * FROM enrollment_evidencecorrection
                                      WHERE enrollment_id = NEW.id AND status = 'APPROVED'
                                      ORDER BY id DESC LIMIT 1) last
                       WHERE (last.category, last.education, last.school, last.student_number,
                              last.graduated_on, last.employer_name, last.employer_credit_code)
                             IS NOT DISTINCT FROM
                             (NEW.category, NEW.education, NEW.school, NEW.student_number,
                              NEW.graduated_on, NEW.employer_name, NEW.employer_credit_code)) THEN
                    RAISE EXCEPTION 'enrollment_evidence_stays_after_the_lock';
                END IF;
                RETURN NEW;
                """,
            ),
            *announces("enrollments", hides=["registers_due_at"]),
        ]

    def __str__(self) -> str:
        return str(self.public_id)


class EnrollmentChange(models.Model):
    """One act on an enrollment after it was made: what, by whom, why, and what stood there before."""

    enrollment = models.ForeignKey(Enrollment, on_delete=models.PROTECT, related_name="changes")
    act = models.CharField(_("Act"), max_length=16, choices=EnrollmentAct)
    # The roster row that said otherwise, for a change by roster.
    roster_row = models.ForeignKey(
        RosterRow, null=True, blank=True, on_delete=models.PROTECT, related_name="changes"
    )
    fields = ArrayField(models.CharField(max_length=32), verbose_name=_("What changed"), default=list)
    # The former values as JSON text, by field.
    former_values = EncryptedTextField(_("Former values"))
    reason = models.TextField(_("Reason"), blank=True)
    done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("By"), on_delete=models.PROTECT, related_name="+"
    )
    done_at = models.DateTimeField(_("At"))

    class Meta:
        verbose_name = _("Change of an enrollment")
        verbose_name_plural = _("Changes of enrollments")
        ordering = ["id"]
        constraints = [
            known_value("act", EnrollmentAct, name="enrollment_change_act_known"),
            implies(~Q(act=EnrollmentAct.ROSTER_CHANGE), ~Q(reason=""), name="enrollment_change_has_reason"),
            implies(
                Q(act=EnrollmentAct.ROSTER_CHANGE),
                Q(roster_row__isnull=False),
                name="enrollment_change_names_its_row",
            ),
        ]
        triggers = [
            *append_only(encrypted=["former_values"]),
            *announces("enrollments", "enrollment_id", on=[INSERT]),
        ]

    def __str__(self) -> str:
        return f"{self.enrollment_id} {self.act}"
