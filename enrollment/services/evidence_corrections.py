"""From wrong evidence of a category to the right one: proposed by the institution, decided by the district."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from chongqing_dte.foundation.audit import record_event
from chongqing_dte.foundation.errors import DomainError, InvalidTransition
from chongqing_dte.foundation.jobs import nudge_after_commit
from chongqing_dte.foundation.sentences import gettext as _
from chongqing_dte.foundation.tabular import clean_text, parse_date
from chongqing_dte.foundation.words import stated
from enrollment import policies, queries
from enrollment.enums import EnrollmentAct, RequestStatus
from enrollment.evidence_words import evidence_values, former_values
from enrollment.models import EVIDENCE_FIELDS, Enrollment, EvidenceCorrection
from enrollment.roster.checks import evidence_problems
from enrollment.roster.messages import message_for
from enrollment.roster.rows import RosterRow
from enrollment.rules.identifiers import normalize_identifier
from enrollment.services.correction_steps import Evidence as Evidence
from enrollment.services.correction_steps import check_evidence, close_correction
from enrollment.services.enrollment_steps import ask_registers_again, note_change
from institutions.models import User

IDENTIFIERS = ("student_number", "employer_credit_code")
# What the registers are asked by. They know nothing of an education, and an employer by its code alone.
ASKED_BY = frozenset({"category", "school", "student_number", "graduated_on", "employer_credit_code"})


@dataclass(frozen=True)
class CorrectedEvidence:
    """All that an enrollment should say of somebody's category, as texts by field, and why."""

    values: Mapping[str, str]
    reason: str


class EvidenceCannotBe(DomainError):
    """The corrected evidence is none that a roster could have brought. `field` is what is wrong of it."""

    code = "evidence_cannot_be"

    def __init__(self, message: str, *, field: str) -> None:
        super().__init__(message)
        self.field = field


def propose_evidence_correction(
    *, enrollment_id: int, correction: CorrectedEvidence, evidence: Evidence, proposer: User, now: datetime
) -> EvidenceCorrection:
    """Record what an enrollment should say of somebody's category, with what shows it.

    Nothing changes before the class's district approves. Raises NotPermitted for whoever does not work for the
    institution, InvalidTransition while rosters can still change it, and DomainError for what cannot be right or
    changes nothing, evidence that is none, or a second proposal.
    """
    try:
        return _record_proposal(enrollment_id, correction, evidence, proposer, now)
    except IntegrityError as race:
        if "evidence_correction_one_open_per_enrollment" not in str(race):
            raise
        raise DomainError(
            _("A correction of this is waiting for the district already."), code="correction_waits_already"
        ) from race


@transaction.atomic(durable=True)
def _record_proposal(
    enrollment_id: int, correction: CorrectedEvidence, evidence: Evidence, proposer: User, now: datetime
) -> EvidenceCorrection:
    enrollment = queries.lock_enrollment_with_class(enrollment_id)
    policies.check_can_propose_correction(proposer, enrollment)
    if not enrollment.training_class.is_roster_locked:
        raise InvalidTransition(_("The roster of this class is not locked yet. Upload it again, put right."))
    former, values = evidence_values(enrollment), _cleaned(correction.values)
    if values == former:
        raise DomainError(_("This is what the enrollment says already."), code="nothing_corrected")
    _check_can_be(values, now)
    check_evidence(evidence)
    if not stated(correction.reason):
        raise DomainError(_("Say why it is wrong."), code="reason_missing")
    proposed = EvidenceCorrection.objects.create(
        enrollment=enrollment,
        **{**values, "graduated_on": parse_date(values["graduated_on"])},
        former_values=json.dumps(former, ensure_ascii=False),
        reason=stated(correction.reason),
        evidence=evidence.content,
        evidence_name=clean_text(evidence.name)[:255],
        proposed_by=proposer,
        proposed_at=now,
    )
    record_event(
        "evidence_correction.proposed",
        subject=proposed,
        actor_id=proposer.pk,
        at=now,
        reason=proposed.reason,
        facts={"fields": _changed(former, values), "enrollment": enrollment.pk},
    )
    return proposed


@transaction.atomic(durable=True)
def approve_evidence_correction(
    *, correction_id: int, decider: User, reason: str, now: datetime
) -> EvidenceCorrection:
    """Have the enrollment say what was proposed. What was decided by what it said before is looked at again.

    Raises NotPermitted for another district or the proposer, and InvalidTransition if it is decided.
    """
    # In the order of whoever proposes: the enrollment first.
    enrollment = queries.lock_enrollment_with_class(queries.enrollment_id_of_correction(correction_id))
    decision = (decider, reason, now)
    correction = close_correction(EvidenceCorrection, correction_id, RequestStatus.APPROVED, decision)
    _correct(enrollment, correction, decider, now)
    nudge_after_commit("evidence_corrected")
    return correction


# ── Steps ────────────────────────────────────────────────────────────────────────────────────────────────
def _cleaned(values: Mapping[str, str]) -> dict[str, str]:
    """Return the values as a roster would have brought them."""
    cleaned = {field: clean_text(values.get(field, "")) for field in EVIDENCE_FIELDS}
    day = parse_date(cleaned["graduated_on"])
    return {
        **cleaned,
        **{field: normalize_identifier(cleaned[field]) for field in IDENTIFIERS},
        "graduated_on": day.isoformat() if day else cleaned["graduated_on"],
    }


def _check_can_be(values: Mapping[str, str], now: datetime) -> None:
    cells: dict[str, Any] = dict(values)
    problem = next(evidence_problems(RosterRow(0, **cells), today=timezone.localdate(now)), None)
    if problem is not None:
        # A roster speaks of its columns.
        text = (
            _("This is required for this participant category.")
            if problem.code == "required_for_category"
            else message_for(problem.code, problem.parameters)
        )
        raise EvidenceCannotBe(text, field=problem.column)


def _changed(former: Mapping[str, str], values: Mapping[str, str]) -> list[str]:
    return [field for field in EVIDENCE_FIELDS if former[field] != values[field]]


def _correct(enrollment: Enrollment, correction: EvidenceCorrection, decider: User, now: datetime) -> None:
    former = former_values(correction)
    changed = _changed(former, evidence_values(correction))
    for field in changed:
        setattr(enrollment, field, getattr(correction, field))
    enrollment.save(update_fields=changed)
    note_change(
        enrollment,
        act=EnrollmentAct.CORRECTION,
        former={field: former[field] for field in changed},
        by=(decider, correction.reason),
        now=now,
    )
    if not ASKED_BY.isdisjoint(changed):
        ask_registers_again(enrollment, now=now)
