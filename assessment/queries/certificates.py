from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from django.db.models import QuerySet

from assessment.enums import CertificateStatus, Outcome
from assessment.models import Attempt, LevelCertificate, SessionCandidate
from assessment.queries.attempts import live_attempts
from assessment.queries.sessions import lock_session
from chongqing_dte.foundation.lookups import Among
from enrollment.queries import known_people, rows_of_people, rows_of_persons, trainee_rows_named
from enrollment.rules.identifiers import normalize_identifier
from institutions.enums import DISTRICT_ROLES, EVALUATION_ROLES, MUNICIPAL_ROLES
from institutions.models import User
from institutions.queries import AnsweredForBy

# The person's name is the one of the row that stands for them, whichever of their rows a certificate was issued under.
SHOWN: Final = ("institution", "occupation", "trainee__merged_into")


def certificates_visible_to(user: User) -> QuerySet[LevelCertificate]:
    """Return the certificates that this person may see. A role that is not named here sees none."""
    certificates = LevelCertificate.objects.all()
    if user.role in MUNICIPAL_ROLES:
        return certificates
    if user.role in DISTRICT_ROLES and user.district_id is not None:
        # A district that took over from another one answers for what was issued there.
        district = "attempt__enrollment__training_class__district_id"
        return certificates.filter(AnsweredForBy(district, user.district_id))
    if user.role in EVALUATION_ROLES and user.institution_id is not None:
        return certificates.filter(institution_id=user.institution_id)
    return certificates.none()


@dataclass(frozen=True)
class CertificateSearch:
    """What a list of certificates is narrowed to; what is empty does not narrow."""

    number: str = ""
    name: str = ""
    status: str = ""
    year: int | None = None
    session: UUID | None = None


def certificates_found(user: User, search: CertificateSearch) -> QuerySet[LevelCertificate]:
    """Return the certificates of a search that this person may see, each with all that a list shows of it.

    A name finds something only where names are shown whole: elsewhere it would take the masks off, name by name.
    """
    found = certificates_visible_to(user)
    if search.number:
        found = found.filter(number=normalize_identifier(search.number))
    if search.name and user.role in EVALUATION_ROLES:
        found = found.filter(trainee__in=trainee_rows_named(search.name))
    if search.status in CertificateStatus.values:
        found = found.filter(status=search.status)
    if search.year is not None:
        found = found.filter(issued_on__range=(date(search.year, 1, 1), date(search.year, 12, 31)))
    if search.session is not None:
        found = found.filter(attempt__session__public_id=search.session)
    return found.select_related(*SHOWN).defer(
        "trainee__id_number",
        "trainee__mobile",
        "trainee__merged_into__id_number",
        "trainee__merged_into__mobile",
    )


def certificates_shown_to(user: User) -> QuerySet[LevelCertificate]:
    """Return the certificates that this person may see, each with all that its page shows of it."""
    return (
        certificates_visible_to(user)
        .select_related(*SHOWN, "ended_by", "supersedes", "superseded_by", "attempt__session")
        .defer("trainee__mobile", "trainee__merged_into__mobile")
    )


def lock_certificate(certificate_id: int) -> LevelCertificate:
    """Return one certificate that nobody can end or replace until this transaction ends.

    Its session is locked first: whoever questions or corrects a result of it comes before or after. Then every
    certificate of the same sitting, in the order of their ids: they stand and fall together.
    """
    session_id, trainee_id = (
        LevelCertificate.objects.filter(pk=certificate_id)
        .values_list("attempt__session_id", "trainee_id")
        .get()
    )
    lock_session(session_id)
    return next(found for found in _lock_sitting(session_id, trainee_id) if found.pk == certificate_id)


def lock_other_certificates_of_the_sitting(certificate: LevelCertificate) -> list[LevelCertificate]:
    """Return every other certificate of the same person's same sitting, oldest first, locked."""
    session_id = Attempt.objects.values_list("session_id", flat=True).get(pk=certificate.attempt_id)
    return [
        found for found in _lock_sitting(session_id, certificate.trainee_id) if found.pk != certificate.pk
    ]


def _lock_sitting(session_id: int, trainee_id: int) -> list[LevelCertificate]:
    return list(
        LevelCertificate.objects.select_for_update(of=("self",), no_key=True)
        .filter(attempt__session_id=session_id, trainee_id=trainee_id)
        .order_by("pk")
    )


def live_pass_of(certificate: LevelCertificate) -> Attempt | None:
    """Return the attempt that counts in the certificate's sitting, if it is a pass, with its session."""
    passes = live_attempts().filter(outcome=Outcome.PASSED, trainee_id=certificate.trainee_id)
    return passes.filter(session__attempts=certificate.attempt_id).select_related("session").first()


def due_certificate_ids(*, after: int, limit: int) -> list[int]:
    """Return up to `limit` certificates that wait for a decision, oldest first, from behind this one on."""
    due = LevelCertificate.objects.filter(decision_due=True, id__gt=after)
    return list(due.order_by("id").values_list("id", flat=True)[:limit])


def lock_certificates_due(ids: Collection[int]) -> list[LevelCertificate]:
    """Return those of these certificates that still wait, oldest first, locked for this transaction.

    Those that another worker has locked are left out, so that two workers never work on the same ones.
    """
    return list(
        LevelCertificate.objects.select_for_update(skip_locked=True, no_key=True, of=("self",))
        .filter(Among("id", ids), decision_due=True)
        .order_by("id")
    )


def lock_certificates_of_person(trainee_id: int) -> list[int]:
    """Return the ids of one person's valid certificates, of whichever row, with every one locked in order of id.

    Certificates come before the rows of people: a decision about money locks them in this order.
    """
    certificates = (
        LevelCertificate.objects.select_for_update(of=("self",))
        .filter(trainee__in=rows_of_persons([trainee_id]))
        .order_by("id")
    )
    return [row.pk for row in certificates if row.status == CertificateStatus.VALID]


def certificates_are_due() -> bool:
    """Test whether any certificate waits for a decision."""
    return LevelCertificate.objects.filter(decision_due=True).exists()


def candidate_of(certificate: LevelCertificate) -> SessionCandidate | None:
    """Return the certificate's holder as the candidate who sat for it."""
    return SessionCandidate.objects.filter(
        session__attempts=certificate.attempt_id, trainee=certificate.trainee_id, removed_at__isnull=True
    ).first()


def certificate_holders(*, occupation_id: int, level: str, hashes: Collection[str]) -> set[str]:
    """Return which of these people, by the hashes of their ID numbers, hold a valid certificate of the level."""
    people = known_people(hashes)
    rows = rows_of_people(people)
    certificates = LevelCertificate.objects.filter(
        trainee__in=rows, occupation_id=occupation_id, level=level, status=CertificateStatus.VALID
    )
    holders = {rows[trainee_id] for trainee_id in certificates.values_list("trainee_id", flat=True)}
    return {number_hash for number_hash, person in people.items() if person.person_id in holders}
