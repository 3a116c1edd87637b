"""From a wrong name or ID number to the right one: proposed by the institution, decided by the district."""

from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone

from chongqing_dte.foundation.audit import record_event
from chongqing_dte.foundation.errors import DomainError, InvalidTransition
from chongqing_dte.foundation.sentences import gettext as _
from chongqing_dte.foundation.tabular import clean_text
from chongqing_dte.foundation.words import stated
from enrollment import policies, queries
from enrollment.enums import IdentityField, RequestStatus, RevealedField
from enrollment.models import IdentityCorrection, Reveal, Trainee
from enrollment.roster.messages import ID_NUMBER_MESSAGES
from enrollment.rules.identifiers import (
    birth_date_of,
    normalize_identifier,
    normalize_name,
    resident_id_problem,
)
from enrollment.services.correction_steps import Evidence as Evidence
from enrollment.services.correction_steps import check_evidence, close_correction
from enrollment.services.enrollment_steps import ask_registers_about
from institutions.models import User
from institutions.queries import districts_answered_for

LONGEST_NAME = 64


@dataclass(frozen=True)
class Correction:
    """What is wrong about a person, what it should be, and why."""

    field: str
    corrected_value: str
    reason: str


class IdNumberTaken(DomainError):
    """The corrected ID number belongs to another row: two rows may be one person."""

    code = "id_number_taken"

    def __init__(self) -> None:
        super().__init__(
            _(
                "This ID number belongs to another trainee already. If they are one person, ask the municipal bureau"
                " to merge the two."
            )
        )


def propose_identity_correction(
    *, enrollment_id: int, correction: Correction, evidence: Evidence, proposer: User, now: datetime
) -> IdentityCorrection:
    """Record that an enrolled person's name or ID number is wrong, with what shows it.

    Nothing changes before the class's district approves. Raises NotPermitted for whoever does not work for the
    institution, and DomainError for a value that cannot be right, evidence that is none, or a second proposal.
    """
    try:
        return _record_proposal(enrollment_id, correction, evidence, proposer, now)
    except IntegrityError as race:
        if "identity_correction_one_open_per_enrollment" not in str(race):
            raise
        raise DomainError(
            _("A correction of this is waiting for the district already."), code="correction_waits_already"
        ) from race


@transaction.atomic(durable=True)
def _record_proposal(
    enrollment_id: int, correction: Correction, evidence: Evidence, proposer: User, now: datetime
) -> IdentityCorrection:
    enrollment = queries.lock_enrollment_with_class(enrollment_id)
    policies.check_can_propose_correction(proposer, enrollment)
    trainee = enrollment.trainee
    value = _checked_value(correction, trainee, now)
    check_evidence(evidence)
    if not stated(correction.reason):
        raise DomainError(_("Say why it is wrong."), code="reason_missing")
    proposed = IdentityCorrection.objects.create(
        enrollment=enrollment,
        field=correction.field,
        former_value=_value_of(trainee, correction.field),
        corrected_value=value,
        reason=stated(correction.reason),
        evidence=evidence.content,
        evidence_name=clean_text(evidence.name)[:255],
        proposed_by=proposer,
        proposed_at=now,
    )
    record_event(
        "identity_correction.proposed",
        subject=proposed,
        actor_id=proposer.pk,
        at=now,
        reason=proposed.reason,
        facts={"field": correction.field, "enrollment": enrollment.pk},
    )
    return proposed


def approve_identity_correction(
    *, correction_id: int, decider: User, reason: str, now: datetime
) -> IdentityCorrection:
    """Correct the person as proposed, and have the registers asked about them again.

    Raises NotPermitted for another district or the proposer, InvalidTransition if it is decided or what it corrects
    has changed since, and IdNumberTaken if the ID number has come to belong to another row.
    """
    try:
        return _approve(correction_id, decider, reason, now)
    except IntegrityError as race:
        if "id_number_hash" not in str(race):
            raise
        raise IdNumberTaken from race


@transaction.atomic(durable=True)
def _approve(correction_id: int, decider: User, reason: str, now: datetime) -> IdentityCorrection:
    decision = (decider, reason, now)
    correction = close_correction(IdentityCorrection, correction_id, RequestStatus.APPROVED, decision)
    trainee = queries.lock_trainee(correction.enrollment.trainee_id)
    if _value_of(trainee, correction.field) != correction.former_value:
        raise InvalidTransition(
            _("What this corrects has changed since. Refuse it, and have it proposed again.")
        )
    if correction.field == IdentityField.NAME:
        trainee.name = correction.corrected_value
        trainee.save(update_fields=["name"])
    else:
        _change_id_number(trainee, correction.corrected_value)
    ask_registers_about([trainee.pk], now=now)
    record_event(
        "trainee.corrected",
        subject=trainee,
        actor_id=decider.pk,
        at=now,
        reason=correction.reason,
        facts={"field": correction.field, "correction": correction.pk},
    )
    return correction


@transaction.atomic(durable=True)
def reveal_correction(*, correction_id: int, viewer: User, now: datetime) -> IdentityCorrection:
    """Return a correction whose whole values may be shown once to whoever compares them with the evidence.

    Showing an ID number is noted as any other reveal. Raises NotPermitted.
    """
    correction = queries.lock_correction(IdentityCorrection, correction_id)
    policies.check_can_open_evidence(viewer, correction, districts_answered_for(viewer))
    if correction.field == IdentityField.ID_NUMBER:
        Reveal.objects.create(
            trainee_id=correction.enrollment.trainee_id,
            field=RevealedField.ID_NUMBER,
            reason=_("To compare it with the evidence of correction %(number)s.")
            % {"number": correction.public_id},
            revealed_to=viewer,
            revealed_at=now,
        )
    record_event("identity_correction.revealed", subject=correction, actor_id=viewer.pk, at=now)
    return correction


# ── Steps ────────────────────────────────────────────────────────────────────────────────────────────────
def _checked_value(correction: Correction, trainee: Trainee, now: datetime) -> str:
    """Return the corrected value as it would be stored. Raises DomainError if it cannot be right."""
    if correction.field == IdentityField.NAME:
        value = normalize_name(correction.corrected_value)
        if not value or len(value) > LONGEST_NAME:
            raise DomainError(_("A name has 1 to 64 characters."), code="name_length")
    elif correction.field == IdentityField.ID_NUMBER:
        value = normalize_identifier(correction.corrected_value)
        if problem := resident_id_problem(value, today=timezone.localdate(now)):
            raise DomainError(str(ID_NUMBER_MESSAGES[problem]), code=problem)
    else:
        raise DomainError(_("Only a name or an ID number is corrected here."), code="field_unknown")
    if value == _value_of(trainee, correction.field):
        raise DomainError(_("This is what the person is known by already."), code="nothing_corrected")
    if correction.field == IdentityField.ID_NUMBER:
        _check_id_number_is_free(value, trainee)
    return value


def _check_id_number_is_free(id_number: str, trainee: Trainee) -> None:
    holder = queries.trainee_by_hash(queries.id_number_hash(id_number))
    if holder is not None and holder.pk != trainee.pk:
        raise IdNumberTaken


def _value_of(trainee: Trainee, field: str) -> str:
    return trainee.name if field == IdentityField.NAME else trainee.id_number


def _change_id_number(trainee: Trainee, id_number: str) -> None:
    _check_id_number_is_free(id_number, trainee)
    born_on = birth_date_of(id_number)
    if born_on is None:
        raise DomainError(str(ID_NUMBER_MESSAGES["id_birth_date"]), code="id_birth_date")
    trainee.id_number = id_number
    trainee.id_number_hash = queries.id_number_hash(id_number)
    trainee.birth_date = born_on
    trainee.save(update_fields=["id_number", "id_number_hash", "birth_date"])
