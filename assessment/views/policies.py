from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from assessment import queries
from assessment.forms.policies import AssessmentPolicyForm
from assessment.models import AssessmentPolicy
from assessment.services.assessment_policies import (
    AssessmentPolicyDraft,
    approve_assessment_policy,
    draft_assessment_policy,
    end_assessment_policy,
)
from chongqing_dte.foundation.version_pages import Texts, VersionPages, views_of
from institutions import policies
from institutions.models import User


def present() -> dict[str, Any]:
    """Return the figures that hold today, to begin a draft with."""
    try:
        policy = queries.assessment_policy_on(timezone.localdate())
    except queries.AssessmentPolicyMissing:
        return {}
    return {figure: getattr(policy, figure) for figure in AssessmentPolicyForm.figures()}


def draft_from(*, values: dict[str, Any], author: User, now: Any) -> AssessmentPolicy:
    """Draft a version from what the form gave."""
    return draft_assessment_policy(draft=AssessmentPolicyDraft(**values), author=author, now=now)


policy_list, draft, approve, end = views_of(
    VersionPages(
        name="assessment-policy",
        texts=Texts(
            title=_("Assessment policies"),
            lead=_("The figures of level assessments. Each session goes by the version in force on its day."),
            nothing_yet=_("No version is there yet. Without an approved one, no session can be filed."),
            after_its_end=_("After its last day no session can be held until another version is in force."),
        ),
        form=AssessmentPolicyForm,
        visible_to=queries.assessment_policies_visible_to,
        present=present,
        check_can_draft=policies.check_can_draft_version,
        can_draft=policies.can_draft_version,
        can_approve=policies.can_approve_version,
        check_can_end=policies.check_can_end_versions,
        can_end=policies.can_end_versions,
        draft=draft_from,
        approve=approve_assessment_policy,
        end=end_assessment_policy,
    )
)
