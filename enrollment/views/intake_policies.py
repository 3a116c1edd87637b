from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chongqing_dte.foundation.version_pages import Texts, VersionPages, views_of
from enrollment import policies, queries
from enrollment.forms.intake import IntakePolicyForm
from enrollment.models import IntakePolicy
from enrollment.services.intake_policies import (
    IntakeDraft,
    approve_intake_policy,
    draft_intake_policy,
    end_intake_policy,
)
from institutions.models import User


def present() -> dict[str, Any]:
    """Return the figures that hold today, to begin a draft with."""
    try:
        policy = queries.intake_policy_on(timezone.localdate())
    except queries.IntakePolicyMissing:
        return {}
    return {figure: getattr(policy, figure) for figure in IntakePolicyForm.figures()}


def draft_from(*, values: dict[str, Any], author: User, now: Any) -> IntakePolicy:
    """Draft a version from what the form gave."""
    return draft_intake_policy(draft=IntakeDraft(**values), author=author, now=now)


policy_list, draft, approve, end = views_of(
    VersionPages(
        name="intake-policy",
        texts=Texts(
            title=_("Intake policies"),
            lead=_(
                "The figures of class filing and rosters. Each act goes by the version in force on its day."
            ),
            nothing_yet=_("No version is there yet. Without an approved one, no class can be filed."),
            after_its_end=_("After its last day no class can be filed until another version is in force."),
        ),
        form=IntakePolicyForm,
        visible_to=queries.intake_policies_visible_to,
        present=present,
        check_can_draft=policies.check_can_draft_intake_policy,
        can_draft=policies.can_draft_intake_policy,
        can_approve=policies.can_approve_intake_policy,
        check_can_end=policies.check_can_end_intake_policies,
        can_end=policies.can_end_intake_policies,
        draft=draft_from,
        approve=approve_intake_policy,
        end=end_intake_policy,
    )
)
