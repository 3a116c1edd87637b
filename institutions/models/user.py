from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from chongqing_dte.foundation.constraints import implies, known_value
from institutions.enums import (
    DISTRICT_ROLES,
    EVALUATION_ROLES,
    MACHINE_ROLES,
    MUNICIPAL_ROLES,
    TRAINING_ROLES,
    Role,
)
from institutions.models.district import District
from institutions.models.institution import Institution


class User(AbstractBaseUser):
    """One person, or one machine, that works in one office. There is no superuser: nobody gets past a constraint."""

    username = models.CharField(_("User name"), max_length=64, unique=True)
    full_name = models.CharField(_("Name"), max_length=64)
    role = models.CharField(_("Role"), max_length=32, choices=Role)
    # Where notifications to the person's office go, too.
    email = models.EmailField(_("E-mail"), blank=True, db_default="")
    district = models.ForeignKey(
        District,
        verbose_name=_("District"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    institution = models.ForeignKey(
        Institution,
        verbose_name=_("Institution"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    is_active = models.BooleanField(_("Active"), default=True)
    # A partner's system. It has no password, so it signs in nowhere, and asks by the tokens of its client.
    is_machine = models.BooleanField(_("Machine"), default=False, db_default=False)

    objects = BaseUserManager()

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS = []

    class Meta:
        verbose_name = _("User")
        verbose_name_plural = _("Users")
        constraints = [
            known_value("role", Role, name="user_role_known"),
            # A role belongs to an office, and an office to a role.
            models.CheckConstraint(
                name="user_role_has_its_office",
                condition=Q(
                    role__in=(*MUNICIPAL_ROLES, *MACHINE_ROLES),
                    district__isnull=True,
                    institution__isnull=True,
                )
                | Q(role__in=DISTRICT_ROLES, district__isnull=False, institution__isnull=True)
                | Q(
                    role__in=(*TRAINING_ROLES, *EVALUATION_ROLES),
                    district__isnull=True,
                    institution__isnull=False,
                ),
            ),
            implies(
                Q(is_machine=True),
                Q(password__startswith=UNUSABLE_PASSWORD_PREFIX),
                name="user_machine_has_no_password",
            ),
            implies(Q(role__in=MACHINE_ROLES), Q(is_machine=True), name="user_role_of_machines_only"),
        ]

    def __str__(self) -> str:
        return self.full_name or self.username

    @property
    def is_staff(self) -> bool:
        """Whether the person may open the bureau's admin. What they may do there is each page's own question."""
        return self.is_active and not self.is_machine and self.role in MUNICIPAL_ROLES

    def has_perm(self, _permission: str, _subject: object = None) -> bool:
        """The admin's front door only: each admin page asks the policies."""
        return self.is_staff

    def has_module_perms(self, _app_label: str) -> bool:
        """The admin's front door only."""
        return self.is_staff
