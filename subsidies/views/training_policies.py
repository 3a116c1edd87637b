from decimal import Decimal
from typing import Any

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chongqing_dte.foundation.version_pages import Drawing, Texts, VersionPages, views_of
from institutions.models import User
from institutions.queries import occupations_visible_to
from subsidies import policies, queries
from subsidies.curve_drawing import curve_drawing
from subsidies.forms.policies import percentage
from subsidies.forms.training_policies import TrainingPolicyForm
from subsidies.models import TrainingPolicyVersion
from subsidies.rules.pass_rates import PassRateCurve
from subsidies.services.training_policy_versions import (
    TrainingPolicyDraft,
    approve_training_policy_version,
    draft_training_policy_version,
    end_training_policy_version,
)


def present() -> dict[str, Any]:
    """Return the values that hold today, or else those approved last, to begin a draft with."""
    today = timezone.localdate()
    approved = sorted(
        queries.approved_training_policy_versions(),
        key=lambda version: (today in version.in_force, version.pk),
    )
    if not approved:
        return {}
    version = approved[-1]
    values = {name: getattr(version, name) for name in TrainingPolicyForm.figures()}
    return {
        **values,
        "curve_points": [
            (percentage(Decimal(rate)), percentage(Decimal(factor))) for rate, factor in version.curve_points
        ],
        "standards": {(each.occupation_id, each.level): str(each.amount) for each in version.standards.all()},
    }


def occupations(user: User) -> dict[str, Any]:
    """Return the occupations that the table of standards has a row for."""
    rows = occupations_visible_to(user).order_by("code")
    return {"occupations": [(each.pk, each.name) for each in rows]}


def draft_from(*, values: dict[str, Any], author: User, now: Any) -> TrainingPolicyVersion:
    """Draft a version from what the form gave."""
    return draft_training_policy_version(draft=TrainingPolicyDraft(**values), author=author, now=now)


def links(user: User, version: TrainingPolicyVersion) -> list[tuple[str, str]]:
    """Return where a version is tried on past classes."""
    if not policies.can_simulate_policies(user):
        return []
    query = urlencode({"version": version.pk})
    return [(_("Try it on past classes"), f"{reverse('training-policy-simulation')}?{query}")]


def curve_of_version(version: TrainingPolicyVersion) -> str:
    """Return the drawing of a version's curve."""
    return _drawn(queries.values_of_training_policy(version, {}).curve)


def curve_of_draft(form: TrainingPolicyForm) -> str:
    """Return the drawing of the curve that a form describes; nothing as long as it describes none."""
    form.is_valid()
    given = form.cleaned_data
    try:
        curve = PassRateCurve(
            points=given["curve_points"],
            floor=given["factor_floor"],
            cap=given["factor_cap"],
            small_class_size=given["small_class_size"],
            small_class_factor=given["small_class_factor"],
        )
    except (KeyError, ValueError):
        return ""
    return _drawn(curve)


def _drawn(curve: PassRateCurve) -> str:
    return render_to_string("subsidies/_claim_curve.html", {"curve": curve_drawing(curve)})


policy_list, draft, approve, end = views_of(
    VersionPages(
        name="training-policy",
        texts=Texts(
            title=gettext_lazy("Training policies"),
            lead=gettext_lazy(
                "The rules of the training subsidy. A claim goes by the version in force on the last day of its class."
            ),
            nothing_yet=gettext_lazy(
                "No version is there yet. Without an approved one, no claim opens for any class."
            ),
            after_its_end=gettext_lazy(
                "For classes that end after its last day no claim opens until another version is in force. What was "
                "reckoned stays."
            ),
        ),
        form=TrainingPolicyForm,
        visible_to=queries.training_policy_versions_visible_to,
        present=present,
        check_can_draft=policies.check_can_draft_policy,
        can_draft=policies.can_draft_policy,
        can_approve=policies.can_approve_policy,
        check_can_end=policies.check_can_end_policies,
        can_end=policies.can_end_policies,
        draft=draft_from,
        approve=approve_training_policy_version,
        end=end_training_policy_version,
        check_can_see=policies.check_can_see_claims,
        form_options=occupations,
        links=links,
        drawing=Drawing(curve_of_version, curve_of_draft),
        tabs="subsidies/_money_tabs.html",
        tabs_follow_title=True,
        tab="training-policy-list",
    )
)
