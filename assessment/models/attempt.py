import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from assessment.enums import Outcome
from assessment.models.session import AssessmentSession, ResultsUpload
from chongqing_dte.foundation.constraints import append_only, implies, known_value

SCORED = (Outcome.PASSED, Outcome.FAILED)


class Attempt(models.Model):
    """One trainee's one sitting, with its outcome and scores (0 to 100). Never overwritten."""

    session = models.ForeignKey(
        AssessmentSession,
        verbose_name=_("Assessment session"),
        on_delete=models.PROTECT,
        related_name="attempts",
    )
    enrollment = models.ForeignKey(
        "enrollment.Enrollment", verbose_name=_("Enrollment"), on_delete=models.PROTECT, related_name="+"
    )
    # Copied from the enrollment: the chain of a person's attempts is read on every decision.
    trainee = models.ForeignKey(
        "enrollment.Trainee", verbose_name=_("Trainee"), on_delete=models.PROTECT, related_name="+"
    )
    results_upload = models.ForeignKey(ResultsUpload, on_delete=models.PROTECT, related_name="attempts")
    row_number = models.PositiveIntegerField(_("Row"))
    outcome = models.CharField(_("Outcome"), max_length=12, choices=Outcome)
    theory_score = models.DecimalField(_("Theory score"), max_digits=4, decimal_places=1, null=True)
    practice_score = models.DecimalField(_("Practice score"), max_digits=4, decimal_places=1, null=True)
    recorded_at = models.DateTimeField(_("Recorded at"))

    class Meta:
        verbose_name = _("Attempt")
        verbose_name_plural = _("Attempts")
        constraints = [
            models.UniqueConstraint(name="attempt_once_per_session", fields=["session", "trainee"]),
            models.UniqueConstraint(
                name="attempt_row_once_per_upload", fields=["results_upload", "row_number"]
            ),
            known_value("outcome", Outcome, name="attempt_outcome_known"),
            implies(
                Q(outcome__in=SCORED),
                # A comparison with NULL is not false, so that a missing score has to be refused by itself.
                Q(theory_score__isnull=False, theory_score__range=(0, 100))
                & Q(practice_score__isnull=False, practice_score__range=(0, 100)),
                name="attempt_scored_when_sat",
            ),
            implies(
                ~Q(outcome__in=SCORED),
                Q(theory_score__isnull=True, practice_score__isnull=True),
                name="attempt_without_score_when_not_sat",
            ),
        ]
        triggers = [
            *append_only(),
            # Whoever trains must not assess the same people: one statement checks all of its rows.
            pgtrigger.Trigger(
                name="attempt_assessor_is_not_trainer",
                operation=pgtrigger.Insert,
                when=pgtrigger.After,
                level=pgtrigger.Statement,
                referencing=pgtrigger.Referencing(new="new_attempts"),
                func="""
                    IF EXISTS (
                        SELECT 1 FROM new_attempts attempt
                        JOIN assessment_assessmentsession session ON session.id = attempt.session_id
                        JOIN enrollment_enrollment enrollment ON enrollment.id = attempt.enrollment_id
                        JOIN enrollment_trainingclass class ON class.id = enrollment.training_class_id
                        WHERE class.institution_id = session.institution_id
                           OR enrollment.trainee_id <> attempt.trainee_id
                           OR class.occupation_id <> session.occupation_id
                           OR class.level <> session.level
                    ) THEN
                        RAISE EXCEPTION 'attempt_assessor_is_not_trainer' USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NULL;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.session_id}:{self.row_number}"
