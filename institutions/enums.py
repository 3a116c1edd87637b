from django.db.models import TextChoices

from chongqing_dte.foundation.sentences import gettext_lazy as _


class Level(TextChoices):
    JUNIOR = "JUNIOR", _("Junior")
    INTERMEDIATE = "INTERMEDIATE", _("Intermediate")
    SENIOR = "SENIOR", _("Senior")


class DistrictKind(TextChoices):
    DISTRICT = "DISTRICT", _("District")
    COUNTY = "COUNTY", _("County")
    AUTONOMOUS_COUNTY = "AUTONOMOUS_COUNTY", _("Autonomous county")
    DEVELOPMENT_ZONE = "DEVELOPMENT_ZONE", _("Development zone")


class AccreditationKind(TextChoices):
    TRAINING = "TRAINING", _("Training")
    EVALUATION = "EVALUATION", _("Evaluation")


class Role(TextChoices):
    MUNICIPAL_OPERATOR = "MUNICIPAL_OPERATOR", _("Municipal operator")
    MUNICIPAL_REVIEWER = "MUNICIPAL_REVIEWER", _("Municipal reviewer")
    MUNICIPAL_FINANCE = "MUNICIPAL_FINANCE", _("Municipal finance")
    MUNICIPAL_AUDITOR = "MUNICIPAL_AUDITOR", _("Municipal auditor")
    MUNICIPAL_ADMINISTRATOR = "MUNICIPAL_ADMINISTRATOR", _("Municipal administrator")
    DISTRICT_REVIEWER = "DISTRICT_REVIEWER", _("District reviewer")
    DISTRICT_LEAD = "DISTRICT_LEAD", _("District lead")
    TRAINING_OPERATOR = "TRAINING_OPERATOR", _("Training institution operator")
    TRAINING_MANAGER = "TRAINING_MANAGER", _("Training institution manager")
    EVALUATION_OPERATOR = "EVALUATION_OPERATOR", _("Evaluation institution operator")
    REGISTER_OPERATOR = "REGISTER_OPERATOR", _("Register operator")


MUNICIPAL_ROLES = (
    Role.MUNICIPAL_OPERATOR,
    Role.MUNICIPAL_REVIEWER,
    Role.MUNICIPAL_FINANCE,
    Role.MUNICIPAL_AUDITOR,
    Role.MUNICIPAL_ADMINISTRATOR,
)
DISTRICT_ROLES = (Role.DISTRICT_REVIEWER, Role.DISTRICT_LEAD)
TRAINING_ROLES = (Role.TRAINING_OPERATOR, Role.TRAINING_MANAGER)
EVALUATION_ROLES = (Role.EVALUATION_OPERATOR,)
# Registers of other authorities are no office of ours: only their machines take part.
MACHINE_ROLES = (Role.REGISTER_OPERATOR,)
PEOPLE_ROLES = tuple(role for role in Role if role not in MACHINE_ROLES)
