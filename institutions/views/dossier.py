"""What the page of an institution shows."""

from collections.abc import Iterable
from datetime import date

from django import forms
from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chongqing_dte.foundation.templatetags.spans import days
from institutions import policies, queries
from institutions.forms import EndForm, GrantForm, LiftForm, QuotaForm, SuspendForm
from institutions.models import Accreditation, Institution, Suspension, User

ACCREDITATION_COLUMNS = (
    (gettext_lazy("Kind"), ""),
    (gettext_lazy("Occupation and level"), ""),
    (gettext_lazy("Days"), ""),
    (gettext_lazy("Status"), ""),
)
QUOTA_COLUMNS = (
    (gettext_lazy("Year"), ""),
    (gettext_lazy("Funded seats"), "numeric"),
    (gettext_lazy("Reserved seats"), "numeric"),
    (gettext_lazy("Free seats"), "numeric"),
    (gettext_lazy("Source"), ""),
)
SUSPENSION_COLUMNS = (
    (gettext_lazy("Days"), ""),
    (gettext_lazy("Reason"), ""),
    (gettext_lazy("Lifted"), ""),
    (gettext_lazy("Status"), ""),
)
LABELS = {
    "UPCOMING": gettext_lazy("Upcoming"),
    "IN_FORCE": gettext_lazy("In force now"),
    "SUSPENDED": gettext_lazy("Suspended"),
    "LIFTED": gettext_lazy("Lifted"),
    "ENDED": gettext_lazy("Ended"),
}


def institution_context(
    user: User, institution: Institution, refused: dict[str, forms.Form] | None = None
) -> dict[str, object]:
    """Return all that the page of an institution shows. A `refused` form takes the place of the empty one."""
    today = timezone.localdate()
    accreditations = accreditations_of(user, institution)
    suspensions = list(queries.suspensions_visible_to(user).filter(institution=institution).order_by("-pk"))
    context: dict[str, object] = {
        "institution": institution,
        "facts": [
            (_("Unified social credit code"), institution.credit_code),
            (_("District"), institution.district.name),
            (_("Chinese name"), institution.name_zh),
            (_("English name"), institution.name_en),
        ],
        "accreditation_columns": ACCREDITATION_COLUMNS,
        "accreditations": [dated(row, row.in_force, today) for row in accreditations],
        "quota_columns": QUOTA_COLUMNS,
        "quotas": queries.quotas_visible_to(user).filter(institution=institution).order_by("-year"),
        "suspension_columns": SUSPENSION_COLUMNS,
        "suspensions": [suspension_row(row, today) for row in suspensions],
    }
    return {**context, **empty_forms(user, accreditations, suspensions), **(refused or {})}


def accreditations_of(user: User, institution: Institution) -> list[Accreditation]:
    """Return the accreditations of an institution, newest first."""
    rows = queries.accreditations_visible_to(user).filter(institution=institution)
    return list(rows.select_related("occupation").order_by("-pk"))


def empty_forms(
    user: User, accreditations: Iterable[Accreditation], suspensions: Iterable[Suspension]
) -> dict[str, forms.Form | None]:
    """Return the forms for what this person may do, and None for what they may not or what there is nothing of."""
    today = timezone.localdate()
    ending = accreditation_choices(accreditations, today)
    lifting = suspension_choices(suspensions, today)
    may_accredit, may_suspend = policies.can_accredit(user), policies.can_suspend(user)
    return {
        "grant_form": GrantForm(auto_id="grant_%s", occupations=occupation_choices(user))
        if may_accredit
        else None,
        "end_form": EndForm(auto_id="end_%s", accreditations=ending) if may_accredit and ending else None,
        "quota_form": QuotaForm(auto_id="quota_%s", initial={"year": today.year})
        if policies.can_set_quota(user)
        else None,
        "suspend_form": SuspendForm(auto_id="suspend_%s", initial={"first_day": today})
        if may_suspend
        else None,
        "lift_form": LiftForm(auto_id="lift_%s", suspensions=lifting) if may_suspend and lifting else None,
    }


def occupation_choices(user: User) -> list[tuple[object, object]]:
    """Return every occupation to choose from."""
    occupations = queries.occupations_visible_to(user).order_by("code")
    return [(row.pk, f"{row.code} {row.name}") for row in occupations]


def accreditation_choices(rows: Iterable[Accreditation], today: date) -> list[tuple[object, object]]:
    """Return the accreditations that have not ended, to choose from."""
    return [
        (row.pk, " · ".join(filter(None, (*words_of(row), days(row.in_force)))))
        for row in rows
        if row.in_force.upper is None or row.in_force.upper > today
    ]


def words_of(row: Accreditation) -> tuple[str, str, str, str]:
    """Return what an accreditation is for."""
    return row.get_kind_display(), row.occupation.name, row.direction, row.get_level_display()


def suspension_choices(rows: Iterable[Suspension], today: date) -> list[tuple[object, object]]:
    """Return the suspensions that can be lifted, to choose from."""
    return [
        (row.pk, f"{days(row.in_force)} · {row.reason[:40]}")
        for row in rows
        if row.lifted_at is None and (row.in_force.upper is None or row.in_force.upper > today)
    ]


def dated(row: object, span: DateRange, today: date, *, now_called: str = "IN_FORCE") -> dict[str, object]:
    """Return a row with where this day stands in its span."""
    if span.upper is not None and span.upper <= today:
        status = "ENDED"
    elif span.lower is not None and span.lower > today:
        status = "UPCOMING"
    else:
        status = now_called
    return {"row": row, "status": status, "label": LABELS[status]}


def suspension_row(row: Suspension, today: date) -> dict[str, object]:
    """Return a suspension as the page shows it."""
    if row.lifted_at is not None:
        return {"row": row, "status": "LIFTED", "label": LABELS["LIFTED"]}
    return dated(row, row.in_force, today, now_called="SUSPENDED")
