from django.contrib import admin
from django.contrib.auth.models import Group
from django.utils.translation import gettext_lazy as _

from chongqing_dte.foundation.windows import Window
from institutions import delegation_queries, queries
from institutions.models import (
    Accreditation,
    CalendarDay,
    Delegation,
    District,
    FeeSchedule,
    FundedQuota,
    Institution,
    InstitutionAccount,
    Occupation,
    ProgrammeYear,
    Suspension,
    User,
)

# Roles are few and closed, so there are no groups to hand out.
admin.site.unregister(Group)


@admin.register(District)
class DistrictWindow(Window):
    visible_to = queries.districts_visible_to
    ordering = ("code",)
    list_display = ("code", "name_zh", "name_en", "kind", "in_force")
    list_filter = ("kind",)
    search_fields = ("code", "name_zh", "name_en")


@admin.register(Occupation)
class OccupationWindow(Window):
    visible_to = queries.occupations_visible_to
    ordering = ("code",)
    list_display = ("code", "former_code", "name_zh", "name_en", "field")
    list_select_related = ("field",)
    search_fields = ("code", "former_code", "name_zh", "name_en")


@admin.register(ProgrammeYear)
class ProgrammeYearWindow(Window):
    visible_to = queries.programme_years_visible_to
    ordering = ("year",)
    list_display = ("year", "target", "source")


@admin.register(Institution)
class InstitutionWindow(Window):
    visible_to = queries.institutions_visible_to
    list_display = ("name_zh", "name_en", "credit_code", "district")
    list_select_related = ("district",)
    search_fields = ("name_zh", "name_en", "credit_code")


@admin.register(Accreditation)
class AccreditationWindow(Window):
    visible_to = queries.accreditations_visible_to
    list_display = ("institution", "kind", "occupation", "direction", "level", "in_force")
    list_select_related = ("institution", "occupation")
    list_filter = ("kind", "level")


@admin.register(FeeSchedule)
class FeeScheduleWindow(Window):
    visible_to = queries.fee_schedules_visible_to
    list_display = ("institution", "occupation", "level", "total", "in_force", "announcement_url")
    list_select_related = ("institution", "occupation")
    list_filter = ("level",)


@admin.register(FundedQuota)
class FundedQuotaWindow(Window):
    visible_to = queries.quotas_visible_to
    list_display = ("institution", "year", "seat_count", "reserved_count", "free_count", "source")
    list_select_related = ("institution",)
    list_filter = ("year",)

    @admin.display(description=_("Free seats"))
    def free_count(self, quota: FundedQuota) -> int:
        return quota.free_count


@admin.register(Suspension)
class SuspensionWindow(Window):
    visible_to = queries.suspensions_visible_to
    list_display = ("institution", "in_force", "reason", "imposed_by", "imposed_at", "lifted_by", "lifted_at")
    list_select_related = ("institution", "imposed_by", "lifted_by")


@admin.register(InstitutionAccount)
class InstitutionAccountWindow(Window):
    """Without the number: whoever needs it says why on the account's own page."""

    visible_to = queries.institution_accounts_visible_to
    list_display = (
        "institution",
        "last_four",
        "bank_name",
        "status",
        "proposed_at",
        "decided_at",
        "replaced_at",
    )
    list_select_related = ("institution",)
    list_filter = ("status",)
    fields = (
        "institution",
        "holder_name",
        "last_four",
        "bank_name",
        "cnaps",
        "status",
        "reason",
        "proposed_by",
        "proposed_at",
        "decided_by",
        "decided_at",
        "decision_reason",
        "replaced_at",
    )


@admin.register(Delegation)
class DelegationWindow(Window):
    visible_to = delegation_queries.delegations_visible_to
    list_display = (
        "delegator",
        "delegate",
        "in_force",
        "reason",
        "given_by",
        "given_at",
        "ended_by",
        "ended_at",
    )
    list_select_related = ("delegator", "delegate", "given_by", "ended_by")


@admin.register(CalendarDay)
class CalendarDayWindow(Window):
    visible_to = queries.calendar_visible_to
    ordering = ("-day",)
    list_display = ("day", "is_working", "name", "source")
    list_filter = ("is_working",)


@admin.register(User)
class UserWindow(Window):
    visible_to = queries.users_visible_to
    list_display = ("username", "full_name", "role", "district", "institution", "is_active")
    list_select_related = ("district", "institution")
    list_filter = ("role", "is_active")
    search_fields = ("username", "full_name")
    fieldsets = (
        (_("User"), {"fields": ("username", "full_name", "role", "district", "institution", "is_active")}),
    )
