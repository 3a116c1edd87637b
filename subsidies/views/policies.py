from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chongqing_dte.foundation.version_pages import Texts, VersionPages, views_of
from institutions.models import User
from subsidies import policies, queries
from subsidies.forms.policies import PolicyVersionForm
from subsidies.models import PolicyVersion
from subsidies.services.policy_versions import (
    PolicyDraft,
    approve_policy_version,
    draft_policy_version,
    end_policy_version,
)


def present() -> dict[str, Any]:
    """Return the values that hold today, or else those approved last, to begin a draft with."""
    today = timezone.localdate()
    approved = sorted(
        queries.approved_policies(), key=lambda version: (today in version.in_force, version.pk)
    )
    if not approved:
        return {}
    return {name: getattr(approved[-1], name) for name in PolicyVersionForm.figures()}


def draft_from(*, values: dict[str, Any], author: User, now: Any) -> PolicyVersion:
    """Draft a version from what the form gave."""
    return draft_policy_version(draft=PolicyDraft(**values), author=author, now=now)


def links(user: User, version: PolicyVersion) -> list[tuple[str, str]]:
    """Return where a version is tried on past certificates."""
    if not policies.can_simulate_policies(user):
        return []
    query = urlencode({"version": version.pk})
    return [(_("Try it on past certificates"), f"{reverse('policy-simulation')}?{query}")]


policy_list, draft, approve, end = views_of(
    VersionPages(
        name="policy-version",
        texts=Texts(
            title=gettext_lazy("Subsidy policies"),
            lead=gettext_lazy(
                "The rules of the assessment subsidy. A certificate goes by the version in force on its day of issue."
            ),
            nothing_yet=gettext_lazy(
                "No version is there yet. Without an approved one, every certificate is held."
            ),
            after_its_end=gettext_lazy(
                "Certificates issued after its last day are held until another version is in force. Decisions stay."
            ),
        ),
        form=PolicyVersionForm,
        visible_to=queries.policy_versions_visible_to,
        present=present,
        check_can_draft=policies.check_can_draft_policy,
        can_draft=policies.can_draft_policy,
        can_approve=policies.can_approve_policy,
        check_can_end=policies.check_can_end_policies,
        can_end=policies.can_end_policies,
        draft=draft_from,
        approve=approve_policy_version,
        end=end_policy_version,
        check_can_see=policies.check_can_see_policies,
        links=links,
        tabs="subsidies/_money_tabs.html",
        tabs_follow_title=True,
        tab="policy-version-list",
    )
)
