import uuid

import pgtrigger
from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from assessment.enums import Outcome
from assessment.models.results import ResultsUpload
from assessment.models.session import AssessmentSession
from chongqing_dte.foundation.changes import INSERT, announces
from chongqing_dte.foundation.constraints import append_only, implies, known_value

SCORED = (Outcome.PASSED, Outcome.FAILED)


class Attempt(models.Model):
    """One candidate's one sitting, with its outcome and scores (0 to 100). Never overwritten.

    A correction is a new row that supersedes the former one. The attempt that counts is the one that no other
    supersedes.
    """

    public_id = models.UUIDField(
        _("Public number"), default=uuid.uuid4, db_default=RandomUUID(), unique=True, editable=False
    )
    session = models.ForeignKey(
        AssessmentSession,
        verbose_name=_("Assessment session"),
        on_delete=models.PROTECT,
        related_name="attempts",
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
    # Copied from the candidate: the chain of a person's attempts is read on every decision.
    trainee = models.ForeignKey(
        "enrollment.Trainee", verbose_name=_("Trainee"), on_delete=models.PROTECT, related_name="+"
    )
    results_upload = models.ForeignKey(
        ResultsUpload, null=True, blank=True, on_delete=models.PROTECT, related_name="attempts"
    )
    row_number = models.PositiveIntegerField(_("Row"))
    # What this row corrects, and by which approved correction.
    supersedes = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="superseded_by"
    )
    correction = models.OneToOneField(
        "assessment.AttemptCorrection",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="corrected_attempt",
    )
    outcome = models.CharField(_("Outcome"), max_length=12, choices=Outcome)
    theory_score = models.DecimalField(_("Theory score"), max_digits=4, decimal_places=1, null=True)
    practice_score = models.DecimalField(_("Practice score"), max_digits=4, decimal_places=1, null=True)
    recorded_at = models.DateTimeField(_("Recorded at"))

    class Meta:
        verbose_name = _("Attempt")
        verbose_name_plural = _("Attempts")
        constraints = [
            models.UniqueConstraint(
                name="attempt_once_per_session",
                fields=["session", "trainee"],
                condition=Q(supersedes__isnull=True),
            ),
            models.UniqueConstraint(
                name="attempt_row_once_per_upload", fields=["results_upload", "row_number"]
            ),
            models.CheckConstraint(
                name="attempt_comes_from_results_or_a_correction",
                condition=Q(results_upload__isnull=False, supersedes__isnull=True, correction__isnull=True)
                | Q(results_upload__isnull=True, supersedes__isnull=False, correction__isnull=False),
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
            # Whoever trains must not assess the same people, and whoever sits was admitted. One statement checks
            # all of its rows.
            pgtrigger.Trigger(
                name="attempt_of_an_admitted_candidate",
                operation=pgtrigger.Insert,
                when=pgtrigger.After,
                level=pgtrigger.Statement,
                referencing=pgtrigger.Referencing(new="new_attempts"),
                func="""
                    IF EXISTS (
                        SELECT 1 FROM new_attempts attempt
                        LEFT JOIN assessment_sessioncandidate candidate
                          ON candidate.session_id = attempt.session_id
                         AND candidate.trainee_id = attempt.trainee_id
                         AND candidate.removed_at IS NULL
                        WHERE candidate.admission_number IS NULL
                           OR candidate.enrollment_id IS DISTINCT FROM attempt.enrollment_id
                    ) THEN
                        RAISE EXCEPTION 'attempt_of_an_admitted_candidate' USING ERRCODE = 'check_violation';
                    END IF;
                    IF EXISTS (
                        SELECT 1 FROM new_attempts attempt
                        JOIN assessment_assessmentsession session ON session.id = attempt.session_id
                        WHERE attempt.theory_score IS NOT NULL
                          AND (attempt.outcome = 'PASSED') <> (
                              attempt.theory_score >= session.theory_pass_mark
                              AND attempt.practice_score >= session.practice_pass_mark)
                    ) THEN
                        RAISE EXCEPTION 'attempt_outcome_follows_the_pass_marks'
                            USING ERRCODE = 'check_violation';
                    END IF;
                    IF EXISTS (
                        SELECT 1 FROM new_attempts attempt
                        JOIN assessment_attempt former ON former.id = attempt.supersedes_id
                        WHERE former.session_id <> attempt.session_id
                           OR former.trainee_id <> attempt.trainee_id
                           OR former.row_number <> attempt.row_number
                    ) THEN
                        RAISE EXCEPTION 'attempt_supersedes_the_same_sitting' USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NULL;
                """,
            ),
            # The one that is corrected does not count any more.
            *announces("results", "id", "supersedes_id", on=[INSERT]),
        ]

    def __str__(self) -> str:
        return f"{self.session_id}:{self.row_number}"
