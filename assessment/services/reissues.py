"""One certificate in the place of another, for the same sitting. It pays nothing a second time."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.utils import timezone

from assessment import policies, queries
from assessment.enums import CertificateOrigin, CertificateStatus, ReissueReason
from assessment.models import Attempt, LevelCertificate
from assessment.results.messages import message_for
from assessment.services.certificate_numbers import number_problem, portal_numbers
from assessment.services.certificate_steps import end_certificate
from assessment.transitions import CERTIFICATE_TRANSITIONS
from chongqing_dte.foundation.audit import record_event
from chongqing_dte.foundation.days import can_be_meant
from chongqing_dte.foundation.errors import DomainError, InvalidTransition
from chongqing_dte.foundation.jobs import nudge_after_commit
from chongqing_dte.foundation.sentences import gettext as _
from chongqing_dte.foundation.transitions import check_transition
from chongqing_dte.foundation.words import stated
from enrollment.queries import rows_of_persons
from enrollment.rules.identifiers import normalize_identifier
from institutions.models import User


@dataclass(frozen=True)
class Reissue:
    """What another certificate is issued for, and how. The number stays empty where the portal gives it."""

    why: str
    issued_on: date
    number: str = ""
    note: str = ""


class NumberTaken(DomainError):
    """Another certificate bears the number already."""

    code = "certificate_number_used"

    def __init__(self) -> None:
        super().__init__(message_for(self.code, {}))


def reissue_certificate(
    *, certificate_id: int, reissue: Reissue, operator: User, now: datetime
) -> LevelCertificate:
    """Supersede a certificate by another one for the same sitting, and return the other one.

    Raises NotPermitted for another institution, InvalidTransition if the certificate is not valid any more, the
    result behind it no pass or the person frozen, and DomainError for a reason, day or number that cannot be.
    """
    try:
        return _reissue(certificate_id, reissue, operator, now)
    except IntegrityError as race:
        if "certificate_number_once" not in str(race):
            raise
        raise NumberTaken from race


@transaction.atomic(durable=True)
def _reissue(certificate_id: int, reissue: Reissue, operator: User, now: datetime) -> LevelCertificate:
    former = queries.lock_certificate(certificate_id)
    policies.check_can_reissue_certificate(operator, former)
    check_transition(
        CERTIFICATE_TRANSITIONS,
        current=CertificateStatus(former.status),
        target=CertificateStatus.SUPERSEDED,
    )
    _check_words_and_day(former, reissue, now)
    attempt = _live_pass(former)
    _check_nothing_is_in_question(former)
    number = _number_for(attempt, reissue)
    reason = _reason_of(reissue)
    end_certificate(
        certificate=former, status=CertificateStatus.SUPERSEDED, reason=reason, actor=operator, now=now
    )
    certificate = LevelCertificate.objects.create(
        number=number,
        institution_id=former.institution_id,
        attempt=attempt,
        supersedes=former,
        origin=attempt.session.certificate_origin,
        trainee_id=former.trainee_id,
        occupation_id=former.occupation_id,
        direction=former.direction,
        level=former.level,
        issued_on=reissue.issued_on,
        recorded_at=now,
        decision_due=True,
    )
    record_event(
        "certificate.reissued",
        subject=certificate,
        actor_id=operator.pk,
        at=now,
        reason=reason,
        facts={"why": reissue.why, "former": former.pk},
    )
    nudge_after_commit("certificates_recorded")
    return certificate


# ── Steps ────────────────────────────────────────────────────────────────────────────────────────────────
def _check_words_and_day(former: LevelCertificate, reissue: Reissue, now: datetime) -> None:
    if reissue.why not in ReissueReason.values:
        raise DomainError(_("Choose why the certificate is issued again."), code="why_unknown")
    if not can_be_meant(reissue.issued_on) or reissue.issued_on > timezone.localdate(now):
        raise DomainError(_("A certificate is issued today at the latest."), code="issued_in_the_future")
    if reissue.issued_on < former.issued_on:
        raise DomainError(
            _("It cannot be issued before the former certificate, which is of %(day)s.")
            % {"day": former.issued_on.isoformat()},
            code="issued_before_the_former",
        )


def _live_pass(former: LevelCertificate) -> Attempt:
    attempt = queries.live_pass_of(former)
    if attempt is None:
        raise InvalidTransition(
            _("The result behind this certificate is no pass any more. No other is issued in its place.")
        )
    return attempt


def _check_nothing_is_in_question(former: LevelCertificate) -> None:
    queries.lock_rows_of_person(former.trainee_id)
    person_id = rows_of_persons([former.trainee_id])[former.trainee_id]
    if queries.frozen_persons({person_id}):
        raise InvalidTransition(
            _(
                "A review, a correction or a revocation that concerns this person waits for its decision. No "
                "certificate is issued until then."
            )
        )


def _number_for(attempt: Attempt, reissue: Reissue) -> str:
    """Return the number of the other certificate: the portal's next one, or the given one once it is checked."""
    session = attempt.session
    if session.certificate_origin == CertificateOrigin.PORTAL:
        if reissue.number:
            raise DomainError(
                _("The portal numbers the certificates of this session. Leave the number empty."),
                code="number_not_wanted",
            )
        return portal_numbers(session=session, count=1, year=reissue.issued_on.year)[0]
    number = normalize_identifier(reissue.number)
    if not number:
        raise DomainError(_("Give the number of the other certificate."), code="number_missing")
    # The figures of the day of the act: the pattern may have changed since the session.
    if problem := number_problem(number, queries.assessment_policy_on(reissue.issued_on)):
        raise DomainError(message_for(problem, {}), code=problem)
    if queries.certificate_number_is_used(number):
        raise NumberTaken
    return number


def _reason_of(reissue: Reissue) -> str:
    """Return the reason as it is kept and read: what kind it is, and what was said about it."""
    kind = str(ReissueReason(reissue.why).label)
    note = stated(reissue.note)
    return f"{kind}: {note}" if note else kind
