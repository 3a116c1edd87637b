import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from chongqing_dte.foundation.constraints import frozen, implies, known_value
from enrollment.enums import Education, EnrollmentStatus, ParticipantCategory
from enrollment.models.roster import RosterRow
from enrollment.models.trainee import Trainee
from enrollment.models.training_class import TrainingClass


class Enrollment(models.Model):
    """One trainee in one class, as the roster row named them, with the evidence for their category."""

    public_id = models.UUIDField(_("Public number"), default=uuid.uuid4, unique=True, editable=False)
    training_class = models.ForeignKey(
        TrainingClass, verbose_name=_("Training class"), on_delete=models.PROTECT, related_name="enrollments"
    )
    trainee = models.ForeignKey(
        Trainee, verbose_name=_("Trainee"), on_delete=models.PROTECT, related_name="enrollments"
    )
    roster_row = models.OneToOneField(RosterRow, on_delete=models.PROTECT, related_name="enrollment")
    category = models.CharField(_("Participant category"), max_length=20, choices=ParticipantCategory)
    education = models.CharField(_("Education"), max_length=16, choices=Education)
    school = models.CharField(_("School"), max_length=128, blank=True)
    student_number = models.CharField(_("Student number"), max_length=40, blank=True)
    graduated_on = models.DateField(_("Graduation date"), null=True, blank=True)
    employer_name = models.CharField(_("Employer"), max_length=128, blank=True)
    employer_credit_code = models.CharField(_("Employer's credit code"), max_length=18, blank=True)
    status = models.CharField(
        _("Status"), max_length=12, choices=EnrollmentStatus, default=EnrollmentStatus.ENROLLED
    )
    enrolled_at = models.DateTimeField(_("Enrolled at"))
    completed_at = models.DateTimeField(_("Completed at"), null=True)

    class Meta:
        verbose_name = _("Enrollment")
        verbose_name_plural = _("Enrollments")
        constraints = [
            models.UniqueConstraint(name="enrollment_once_per_class", fields=["training_class", "trainee"]),
            known_value("category", ParticipantCategory, name="enrollment_category_known"),
            known_value("education", Education, name="enrollment_education_known"),
            known_value("status", EnrollmentStatus, name="enrollment_status_known"),
            # Plan: college graduates with an associate degree or higher, and enterprise employees, may train.
            models.CheckConstraint(
                name="enrollment_open_to_this_person",
                condition=~Q(education=Education.BELOW_ASSOCIATE)
                | Q(category=ParticipantCategory.ENTERPRISE_EMPLOYEE),
            ),
            implies(
                Q(category=ParticipantCategory.ENTERPRISE_EMPLOYEE),
                ~Q(employer_name="") & ~Q(employer_credit_code=""),
                name="enrollment_employee_has_employer",
            ),
            implies(
                ~Q(category=ParticipantCategory.ENTERPRISE_EMPLOYEE),
                ~Q(school="") & Q(graduated_on__isnull=False),
                name="enrollment_graduate_has_school",
            ),
            implies(
                Q(status=EnrollmentStatus.COMPLETED),
                Q(completed_at__isnull=False),
                name="enrollment_completed_at_some_time",
            ),
        ]
        triggers = frozen("training_class", "trainee", "roster_row", "category", "enrolled_at")

    def __str__(self) -> str:
        return str(self.public_id)
