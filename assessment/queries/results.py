import re
from collections import defaultdict
from collections.abc import Collection

from django.db.models import QuerySet

from assessment.enums import ResultsStatus
from assessment.models import AssessmentSession, Attempt, LevelCertificate, ResultsUpload, SessionCandidate
from assessment.queries.sessions import sessions_visible_to
from assessment.results.people import Admitted, AdmittedPeople
from enrollment.models import Trainee
from enrollment.queries import rows_of_persons
from enrollment.rules.identifiers import normalize_identifier
from institutions.models import User


def results_uploads_visible_to(user: User) -> QuerySet[ResultsUpload]:
    """Return the submissions of results for the sessions that this person may see, without what is in them."""
    return (
        ResultsUpload.objects.filter(session__in=sessions_visible_to(user).order_by())
        .select_related("session__institution", "session__occupation", "uploaded_by", "recorded_by")
        .defer("content")
    )


def live_results_upload(session: AssessmentSession, sha256: str) -> ResultsUpload | None:
    """Return the submission of this very content that is ready or recorded, if there is one."""
    live = ResultsUpload.objects.filter(
        session=session, sha256=sha256, status__in=[ResultsStatus.READY, ResultsStatus.RECORDED]
    )
    return live.defer("content").first()


def lock_results_upload(upload_id: int) -> ResultsUpload:
    """Return one submission, without what is in it, that no other transaction can change until this one ends.

    Whoever locks its session too locks that first.
    """
    return ResultsUpload.objects.select_for_update(of=("self",)).defer("content").get(pk=upload_id)


def lock_ready_results_of(session: AssessmentSession) -> list[ResultsUpload]:
    """Return the session's submissions that wait to be recorded, locked, the oldest first."""
    ready = ResultsUpload.objects.select_for_update(of=("self",)).filter(
        session=session, status=ResultsStatus.READY
    )
    return list(ready.defer("content").order_by("pk"))


def lock_unrecorded_results_of(session: AssessmentSession) -> list[ResultsUpload]:
    """Return the session's submissions that were neither recorded nor put aside, locked, the oldest first."""
    unrecorded = ResultsUpload.objects.select_for_update(of=("self",)).filter(
        session=session, status__in=[ResultsStatus.READY, ResultsStatus.REFUSED]
    )
    return list(unrecorded.defer("content").order_by("pk"))


def results_content(upload_id: int) -> bytes:
    """Return what a submission said, as it came."""
    return bytes(ResultsUpload.objects.only("content").get(pk=upload_id).content)


def results_of(session: AssessmentSession) -> QuerySet[Attempt]:
    """Return the results of a session that count, in the order in which they came, with people and certificates."""
    return (
        Attempt.objects.filter(session=session, superseded_by__isnull=True)
        .select_related("trainee")
        .prefetch_related("certificates")
        .order_by("row_number")
    )


def admitted_to(session: AssessmentSession) -> AdmittedPeople:
    """Return everybody who was admitted to a session, by every number that leads to them, in four queries."""
    candidates = list(
        SessionCandidate.objects.filter(
            session=session, removed_at__isnull=True, admission_number__isnull=False
        ).values_list("id", "trainee_id", "enrollment_id", "admission_number")
    )
    persons = rows_of_persons([trainee_id for _id, trainee_id, _enrollment, _number in candidates])
    names, hashes = _known_rows(persons)
    by_row: dict[int, Admitted] = {}
    by_person: dict[int, Admitted] = {}
    by_number: dict[str, Admitted] = {}
    for candidate_id, trainee_id, enrollment_id, number in candidates:
        person_id = persons[trainee_id]
        one = Admitted(candidate_id, trainee_id, enrollment_id, person_id, number or "", names[person_id])
        by_row[trainee_id] = by_person[person_id] = by_number[normalize_identifier(one.admission_number)] = (
            one
        )
    by_hash = {hashed: by_row.get(row_id) or by_person[persons[row_id]] for hashed, row_id in hashes.items()}
    return AdmittedPeople(by_number, by_hash)


def _known_rows(persons: dict[int, int]) -> tuple[dict[int, frozenset[str]], dict[str, int]]:
    """Return every name by person, and every row by the hash of its ID number."""
    names: dict[int, set[str]] = defaultdict(set)
    hashes: dict[str, int] = {}
    for row_id, name, hashed in Trainee.objects.filter(pk__in=persons).values_list(
        "pk", "name", "id_number_hash"
    ):
        names[persons[row_id]].add(name)
        hashes[hashed] = row_id
    return {person_id: frozenset(known) for person_id, known in names.items()}, hashes


def used_certificate_numbers(numbers: Collection[str]) -> set[str]:
    """Return which of these numbers a certificate has, in the whole programme."""
    return set(LevelCertificate.objects.filter(number__in=numbers).values_list("number", flat=True))


def last_certificate_number(prefix: str, *, digits: int) -> str | None:
    """Return the highest certificate number of this prefix and so many digits behind it, if there is one."""
    # The bounds are for the index of the numbers, the form is for what a collation sorts between them.
    span = (prefix + "0" * digits, prefix + "9" * digits)
    form = f"^{re.escape(prefix)}[0-9]{{{digits}}}$"
    numbers = LevelCertificate.objects.filter(number__range=span, number__regex=form)
    return numbers.order_by("-number").values_list("number", flat=True).first()


def candidates_by_trainee(
    session: AssessmentSession, trainee_ids: Collection[int]
) -> dict[int, SessionCandidate]:
    """Return the candidates of one session that these people are, by trainee."""
    admitted = SessionCandidate.objects.filter(
        session=session, trainee__in=trainee_ids, admission_number__isnull=False
    )
    return {candidate.trainee_id: candidate for candidate in admitted}


def admitted_names(session: AssessmentSession) -> list[tuple[str, str]]:
    """Return the admission number and the name of everybody who was admitted, in the order of the numbers."""
    admitted = SessionCandidate.objects.filter(session=session, admission_number__isnull=False)
    found = admitted.order_by("admission_number").values_list("admission_number", "trainee__name")
    return [(number or "", name) for number, name in found]
