import uuid

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from chongqing_dte.foundation.changes import DELETE, INSERT, UPDATE, announces
from chongqing_dte.foundation.constraints import (
    append_only,
    both_or_neither,
    frozen_when,
    implies,
    known_value,
    never_deleted,
    not_the_same,
)
from enrollment.enums import ClassStatus
from institutions.enums import Level

# What the institution may still write: nobody has been asked about it, or it was handed back.
IN_THE_INSTITUTIONS_HANDS = (ClassStatus.DRAFT, ClassStatus.RETURNED)
PLAN_FIELDS = (
    "institution",
    "occupation",
    "direction",
    "level",
    "starts_on",
    "ends_on",
    "venue",
    "plan",
    "planned_hours",
    "seat_count",
    "intended_evaluator",
)


class TrainingClass(models.Model):
    """One cohort: an institution trains up to so many people for one occupation, direction and level."""

    public_id = models.UUIDField(_("Public number"), default=uuid.uuid4, unique=True, editable=False)
    reference = models.CharField(_("Reference"), max_length=32, unique=True)
    institution = models.ForeignKey(
        "institutions.Institution",
        verbose_name=_("Training institution"),
        on_delete=models.PROTECT,
        related_name="+",
    )
    # The district that was competent when the class was filed. It stays, whatever becomes of the district.
    district = models.ForeignKey(
        "institutions.District", verbose_name=_("District"), on_delete=models.PROTECT, related_name="+"
    )
    occupation = models.ForeignKey(
        "institutions.Occupation", verbose_name=_("Occupation"), on_delete=models.PROTECT, related_name="+"
    )
    direction = models.CharField(_("Direction"), max_length=64, blank=True)
    level = models.CharField(_("Level"), max_length=12, choices=Level)
    starts_on = models.DateField(_("Starts on"))
    ends_on = models.DateField(_("Ends on"))
    venue = models.CharField(_("Venue"), max_length=200, blank=True)
    plan = models.TextField(_("Training plan"), blank=True)
    planned_hours = models.DecimalField(_("Planned hours"), max_digits=6, decimal_places=1, default=0)
    seat_count = models.PositiveIntegerField(_("Seats"))
    intended_evaluator = models.ForeignKey(
        "institutions.Institution",
        verbose_name=_("Intended evaluation institution"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    # The funded seats that the class holds, and the quota they were taken from.
    quota = models.ForeignKey(
        "institutions.FundedQuota",
        verbose_name=_("Funded quota"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    reserved_seat_count = models.PositiveIntegerField(_("Reserved seats"), default=0)
    status = models.CharField(_("Status"), max_length=12, choices=ClassStatus, default=ClassStatus.DRAFT)
    # Why the class was returned or cancelled.
    status_reason = models.TextField(_("Reason"), blank=True)
    drafted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("Drafted by"), on_delete=models.PROTECT, related_name="+"
    )
    drafted_at = models.DateTimeField(_("Drafted at"))
    filed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("Filed by"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    filed_at = models.DateTimeField(_("Filed at"), null=True, blank=True)
    # The last day for the district's answer. Empty while the calendar of that year is not published.
    answer_due_on = models.DateField(_("Answer due on"), null=True, blank=True)
    # When the filing went up to the municipal bureau, because no answer had come in time.
    escalated_at = models.DateTimeField(_("Escalated at"), null=True, blank=True)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("Confirmed by"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    confirmed_at = models.DateTimeField(_("Confirmed at"), null=True, blank=True)
    started_at = models.DateTimeField(_("Started at"), null=True, blank=True)
    # From here on the roster changes by acts only, and `locked_count` people are the pass rate's denominator.
    roster_locked_at = models.DateTimeField(_("Roster locked at"), null=True, blank=True)
    locked_count = models.PositiveIntegerField(_("People at the roster lock"), null=True, blank=True)
    completed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("Completed by"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    completed_at = models.DateTimeField(_("Completed at"), null=True, blank=True)

    class Meta:
        verbose_name = _("Training class")
        verbose_name_plural = _("Training classes")
        ordering = ["-id"]
        indexes = [
            # What waits for a district's answer, and what waits for its first day: never the years behind.
            models.Index(
                name="class_waits_for_answer", fields=["answer_due_on"], condition=Q(status=ClassStatus.FILED)
            ),
            models.Index(
                name="class_waits_for_start", fields=["starts_on"], condition=Q(status=ClassStatus.CONFIRMED)
            ),
            models.Index(
                name="class_waits_for_roster_lock",
                fields=["starts_on"],
                condition=Q(status=ClassStatus.RUNNING, roster_locked_at__isnull=True),
            ),
            # One page of each office's list of one state, and how many are in it.
            models.Index(name="class_of_institution_by_status", fields=["institution", "status", "-id"]),
            models.Index(name="class_of_district_by_status", fields=["district", "status", "-id"]),
            models.Index(name="class_by_status", fields=["status", "-id"]),
        ]
        constraints = [
            known_value("status", ClassStatus, name="class_status_known"),
            known_value("level", Level, name="class_level_known"),
            models.CheckConstraint(
                name="class_ends_after_it_starts", condition=Q(ends_on__gte=F("starts_on"))
            ),
            models.CheckConstraint(name="class_has_seats", condition=Q(seat_count__gt=0)),
            models.CheckConstraint(name="class_hours_not_negative", condition=Q(planned_hours__gte=0)),
            models.CheckConstraint(
                name="class_holds_no_more_than_its_seats",
                condition=Q(reserved_seat_count__lte=F("seat_count")),
            ),
            implies(
                Q(reserved_seat_count__gt=0), Q(quota__isnull=False), name="class_seats_come_from_a_quota"
            ),
            # Trainer and assessor are never the same body.
            not_the_same("institution", "intended_evaluator", name="class_assessed_by_another_body"),
            both_or_neither("filed_by", "filed_at", name="class_filing_complete"),
            both_or_neither("confirmed_by", "confirmed_at", name="class_confirmation_complete"),
            both_or_neither("roster_locked_at", "locked_count", name="class_roster_lock_complete"),
            both_or_neither("completed_by", "completed_at", name="class_completion_complete"),
            not_the_same("filed_by", "confirmed_by", name="class_confirmed_by_someone_else"),
            implies(
                Q(status=ClassStatus.FILED) | Q(status=ClassStatus.RETURNED),
                Q(filed_at__isnull=False),
                name="class_answered_only_after_filing",
            ),
            implies(
                Q(status__in=[ClassStatus.CONFIRMED, ClassStatus.RUNNING, ClassStatus.COMPLETED]),
                Q(filed_at__isnull=False, confirmed_at__isnull=False),
                name="class_runs_only_after_confirmation",
            ),
            implies(
                Q(status=ClassStatus.COMPLETED),
                Q(completed_at__isnull=False, roster_locked_at__isnull=False),
                name="class_completed_by_somebody",
            ),
            implies(
                Q(status__in=[ClassStatus.RETURNED, ClassStatus.CANCELLED]),
                ~Q(status_reason=""),
                name="class_returned_or_cancelled_with_reason",
            ),
            implies(
                Q(status__in=[ClassStatus.DRAFT, ClassStatus.RETURNED, ClassStatus.CANCELLED]),
                Q(reserved_seat_count=0),
                name="class_holds_seats_only_while_live",
            ),
        ]
        triggers = [
            # The bureau answers what it was shown.
            frozen_when(
                "OLD.status NOT IN ('DRAFT', 'RETURNED')", *PLAN_FIELDS, name="class_plan_stays_once_filed"
            ),
            # The denominator freezes once.
            frozen_when(
                "OLD.roster_locked_at IS NOT NULL",
                "roster_locked_at",
                "locked_count",
                name="class_roster_lock_stays",
            ),
            *never_deleted(),
            *announces("classes"),
            # Who sees a class sees what is in it.
            *announces("class-scope", shows=["filed_at", "district_id", "institution_id"], on=[UPDATE]),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def is_roster_locked(self) -> bool:
        """Whether the roster changes by acts only."""
        return self.roster_locked_at is not None


class ClassStep(models.Model):
    """One change of a class's state: who, when and why. Without an actor the calendar did it."""

    training_class = models.ForeignKey(TrainingClass, on_delete=models.PROTECT, related_name="steps")
    # Empty for the first.
    from_status = models.CharField(_("From"), max_length=12, choices=ClassStatus, blank=True)
    to_status = models.CharField(_("To"), max_length=12, choices=ClassStatus)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("By"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    at = models.DateTimeField(_("At"))
    reason = models.TextField(_("Reason"), blank=True)

    class Meta:
        verbose_name = _("Step of a class")
        verbose_name_plural = _("Steps of classes")
        ordering = ["id"]
        constraints = [
            known_value("from_status", ClassStatus, name="class_step_from_known", may_be_empty=True),
            known_value("to_status", ClassStatus, name="class_step_to_known"),
        ]
        triggers = append_only()

    def __str__(self) -> str:
        return f"{self.training_class_id}: {self.from_status} → {self.to_status}"


class ClassTrainer(models.Model):
    """One teacher named in a class's filing, with what shows that they may teach it."""

    training_class = models.ForeignKey(TrainingClass, on_delete=models.PROTECT, related_name="trainers")
    name = models.CharField(_("Name"), max_length=64)
    qualification = models.CharField(_("Title or certificate"), max_length=128)

    class Meta:
        verbose_name = _("Trainer")
        verbose_name_plural = _("Trainers")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                name="class_trainer_named_once", fields=["training_class", "name", "qualification"]
            ),
            models.CheckConstraint(
                name="class_trainer_has_qualification", condition=~Q(name="") & ~Q(qualification="")
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="class_trainers_stay_once_filed",
                operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
                when=pgtrigger.Before,
                func="""
                IF (SELECT status FROM enrollment_trainingclass
                    WHERE id = COALESCE(NEW.training_class_id, OLD.training_class_id))
                   NOT IN ('DRAFT', 'RETURNED') THEN
                    RAISE EXCEPTION 'class_trainers_stay_once_filed';
                END IF;
                RETURN COALESCE(NEW, OLD);
                """,
            ),
            *announces("classes", "training_class_id", on=[INSERT, UPDATE, DELETE]),
        ]

    def __str__(self) -> str:
        return self.name
