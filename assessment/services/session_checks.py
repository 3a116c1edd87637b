"""Everything that can be wrong with the filing of a session. Steps: they read in the caller's transaction."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, time
from typing import Final

from assessment.enums import CertificateOrigin
from assessment.models import AssessmentPolicy
from chongqing_dte.foundation.days import OUT_OF_RANGE, can_be_meant
from chongqing_dte.foundation.errors import DomainError
from chongqing_dte.foundation.sentences import gettext as _
from chongqing_dte.foundation.sentences import ngettext
from chongqing_dte.foundation.words import one_code, one_line
from institutions.enums import AccreditationKind
from institutions.queries import is_accredited, is_suspended, open_sites_of

LONGEST_REFERENCE: Final = 32
LONGEST_DIRECTION: Final = 64
GIVEN_BY_THE_PORTAL: Final = re.compile(r"AS-[0-9]{4}-[0-9]+", re.IGNORECASE)

# What has to be so, the code of its problem and what is said of it.
Claim = tuple[bool, str, object]


@dataclass(frozen=True)
class SessionPlan:
    """What an evaluation institution files: what it will assess, when and where. Without a reference it gets one."""

    occupation_id: int
    level: str
    held_on: date
    site_id: int
    theory_time: time
    practice_time: time
    direction: str = ""
    reference: str = ""
    certificate_origin: str = CertificateOrigin.INSTITUTION


class SessionRefused(DomainError):
    """A filing that cannot be. `problems` says all that stands against it; the first gives its code."""

    def __init__(self, problems: Sequence[DomainError]) -> None:
        super().__init__(" ".join(str(problem) for problem in problems), code=problems[0].code)
        self.problems = list(problems)


def as_kept(plan: SessionPlan) -> SessionPlan:
    """Return a plan with its texts as they are kept."""
    return replace(plan, reference=one_code(plan.reference), direction=one_line(plan.direction))


def check_plan(plan: SessionPlan, *, institution_id: int, policy: AssessmentPolicy, today: date) -> None:
    """Raise SessionRefused with everything that stands against a filing."""
    _check(
        [
            *_texts(plan),
            *_days(plan, policy, today),
            *_standing(plan, institution_id, today),
            *place_claims(institution_id=institution_id, site_id=plan.site_id),
        ]
    )


def check_place(*, institution_id: int, site_id: int) -> None:
    """Raise SessionRefused unless the institution can assess at this site."""
    _check(place_claims(institution_id=institution_id, site_id=site_id))


def place_claims(*, institution_id: int, site_id: int) -> Iterator[Claim]:
    """Say what a site has to be."""
    yield (
        open_sites_of(institution_id).filter(pk=site_id).exists(),
        "site_not_open",
        _("Choose an open assessment site of your institution."),
    )


def _check(claims: Iterable[Claim]) -> None:
    problems = [DomainError(message, code=code) for holds, code, message in claims if not holds]
    if problems:
        raise SessionRefused(problems)


def _texts(plan: SessionPlan) -> Iterator[Claim]:
    yield (
        GIVEN_BY_THE_PORTAL.fullmatch(plan.reference) is None,
        "reference_reserved",
        _("References of this form are given by the portal. Leave the field empty, or choose another."),
    )
    yield (
        len(plan.reference) <= LONGEST_REFERENCE,
        "reference_too_long",
        _("The reference is longer than %(count)s characters.") % {"count": LONGEST_REFERENCE},
    )
    yield (
        len(plan.direction) <= LONGEST_DIRECTION,
        "direction_too_long",
        _("The direction is longer than %(count)s characters.") % {"count": LONGEST_DIRECTION},
    )
    yield (
        plan.certificate_origin in CertificateOrigin.values,
        "certificate_origin_unknown",
        _("Say who numbers the certificates."),
    )


def _days(plan: SessionPlan, policy: AssessmentPolicy, today: date) -> Iterator[Claim]:
    yield can_be_meant(plan.held_on), "day_unthinkable", OUT_OF_RANGE
    lead_days = policy.filing_lead_days
    yield (
        (plan.held_on - today).days >= lead_days,
        "filed_too_late",
        ngettext(
            "A session is filed at least %(count)s day before it is held.",
            "A session is filed at least %(count)s days before it is held.",
            lead_days,
        )
        % {"count": lead_days},
    )


def _standing(plan: SessionPlan, institution_id: int, today: date) -> Iterator[Claim]:
    yield (
        is_accredited(
            institution_id=institution_id,
            kind=AccreditationKind.EVALUATION,
            occupation_id=plan.occupation_id,
            level=plan.level,
            on=plan.held_on,
            direction=plan.direction,
        ),
        "not_accredited",
        _("The institution is not accredited to assess this occupation and level on that day."),
    )
    yield (
        not is_suspended(institution_id, today) and not is_suspended(institution_id, plan.held_on),
        "institution_suspended",
        _("The institution is suspended today or on that day, and files no sessions."),
    )
