"""Decisions that were made by other evidence of the person's category than stands by now."""

from collections.abc import Collection
from typing import Any

from django.db.models import (
    BooleanField,
    Exists,
    F,
    Func,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    TextField,
)
from django.db.models.functions import Cast

from assessment.enums import CertificateStatus
from chongqing_dte.foundation.lookups import Among
from chongqing_dte.foundation.proposals import RequestStatus
from enrollment.enums import ParticipantCategory
from enrollment.models import EvidenceCorrection
from subsidies.enums import Decision, ObjectionKind
from subsidies.models import Entitlement, Objection
from subsidies.queries.decisions import FirstIssuedOn

ENROLLMENT = "certificate__attempt__enrollment"
# The refusals that hang on what an enrollment says, and on nothing that turns round by itself.
HANGS_ON_EVIDENCE = ("category_is_eligible", "graduates_in_time")


class Saw(Func):
    """What a named check of a decision saw of one fact, as text; nothing if it saw none."""

    template = "(jsonb_path_query_first(%(expressions)s, '$[*] ? (@.name == \"%(check)s\").facts.%(fact)s') #>> '{}')"
    output_field = TextField()

    def __init__(self, checks: Any, *, check: str, fact: str) -> None:
        super().__init__(checks, check=check, fact=fact)


class Differs(Func):
    """Test whether two known values are not the same. What is not known differs from nothing."""

    arity = 2
    arg_joiner = " <> "
    template = "(%(expressions)s)"
    output_field = BooleanField()


class IsIn(Func):
    """Test whether a value is one of a list in a column."""

    arity = 2
    arg_joiner = " = ANY("
    template = "(%(expressions)s))"
    output_field = BooleanField()


class YearOf(Func):
    """The year to which a day belongs as a policy counts: a calendar year, or one that begins on 1 September."""

    arity = 2
    arg_joiner = " + CASE "
    template = (
        "EXTRACT(YEAR FROM %(expressions)s WHEN 'ACADEMIC' THEN interval '4 months' ELSE interval '0' END)"
    )
    output_field = IntegerField()


def reopened_by_corrections(certificate_ids: Collection[int]) -> set[int]:
    """Return those of these certificates whose live decision may come out otherwise by the evidence as it stands.

    That is told from what the decision saw, and not from when it was made: whoever decides beside a correction does
    not see it, however late.
    """
    found = _decided_by_other_evidence().filter(Among("certificate_id", certificate_ids))
    return set(found.values_list("certificate_id", flat=True))


def lock_decided_by_other_evidence(*, limit: int) -> list[Entitlement]:
    """Return up to `limit` refused or held decisions that the evidence may turn round by now, with their certificates.

    Oldest first, locked; those of other workers are left out.
    """
    return list(
        _decided_by_other_evidence()
        .select_for_update(of=("self", "certificate"), skip_locked=True, no_key=True)
        .select_related("certificate")
        .filter(certificate__decision_due=False)
        .order_by("certificate_id")[:limit]
    )


def granted_and_not_eligible_now(entitlements: QuerySet[Entitlement]) -> QuerySet[Entitlement]:
    """Return which of these are grants that would be refused by the evidence as it stands, with `since`.

    A grant stays. An office has to look at it: what it objects to, or has objected to since, is on its desk elsewhere.
    """
    corrections = EvidenceCorrection.objects.filter(
        enrollment=OuterRef(ENROLLMENT), status=RequestStatus.APPROVED
    ).order_by("-pk")
    looked_at = Objection.objects.filter(
        entitlement__certificate=OuterRef("certificate"),
        kind=ObjectionKind.OFFICE,
        raised_at__gte=OuterRef("since"),
    )
    live = entitlements.filter(
        _is_corrected(), decision=Decision.GRANTED, superseded_at__isnull=True
    ).exclude(certificate__status=CertificateStatus.REVOKED)
    corrected = live.annotate(since=Subquery(corrections.values("decided_at")[:1]))
    return corrected.filter(_would_be_refused(), ~Exists(looked_at))


def _decided_by_other_evidence() -> QuerySet[Entitlement]:
    may_turn = Q(decision=Decision.HELD) | Q(decision=Decision.REFUSED, reason__in=HANGS_ON_EVIDENCE)
    category = Saw("checks", check="category_is_eligible", fact="category")
    graduated_on = Saw("checks", check="graduates_in_time", fact="graduated_on")
    return Entitlement.objects.filter(_is_corrected(), may_turn, superseded_at__isnull=True).filter(
        Q(Differs(category, F(f"{ENROLLMENT}__category")))
        | Q(Differs(graduated_on, Cast(f"{ENROLLMENT}__graduated_on", TextField())))
    )


def _is_corrected() -> Q:
    """Return the condition that the evidence was corrected at all: these are few, however many decisions there are."""
    corrected = EvidenceCorrection.objects.filter(status=RequestStatus.APPROVED).order_by()
    return Q(**{f"{ENROLLMENT}__in": corrected.values("enrollment")})


def _would_be_refused() -> Q:
    """Return the condition that, by the policy of its own decision, the category or the day of graduation fails."""
    rule = F("policy_version__graduation_year_rule")
    issued_in = YearOf(FirstIssuedOn("certificate_id"), rule)
    graduated_in = YearOf(F(f"{ENROLLMENT}__graduated_on"), rule)
    is_eligible = IsIn(F(f"{ENROLLMENT}__category"), F("policy_version__eligible_categories"))
    is_student = Q(**{f"{ENROLLMENT}__category": ParticipantCategory.GRADUATING_STUDENT})
    return ~Q(is_eligible) | (is_student & Q(Differs(graduated_in, issued_in)))
