"""Who is to sit a session, who could be, and what stands against it. A person is one, whatever rows they have."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Length

from assessment.enums import CertificateStatus
from assessment.models import AssessmentSession, LevelCertificate, SessionCandidate
from assessment.queries.sessions import OPEN_SESSION_STATES, sessions_visible_to
from enrollment.enums import EnrollmentStatus
from enrollment.models import Enrollment, TrainingClass
from enrollment.queries import person_of
from institutions.models import User

# Who was taught, with what success or none. Whoever left in time was not.
TAUGHT: Final = (EnrollmentStatus.ENROLLED, EnrollmentStatus.COMPLETED, EnrollmentStatus.NOT_COMPLETED)


@dataclass(frozen=True)
class ClassToDraw:
    """One class with people whom the session's institution was meant to assess, and who wait for it."""

    training_class: TrainingClass
    waiting_count: int


def candidates_visible_to(user: User) -> QuerySet[SessionCandidate]:
    """Return the candidates, those taken off too, of the sessions that this person may see."""
    return SessionCandidate.objects.filter(session__in=sessions_visible_to(user).order_by())


def candidates_of(session: AssessmentSession) -> QuerySet[SessionCandidate]:
    """Return who is to sit the session, with the person and the class, the last one added first."""
    return (
        SessionCandidate.objects.filter(session=session, removed_at__isnull=True)
        .select_related("trainee", "enrollment__training_class")
        .order_by("-id")
    )


def candidates_in_order(session: AssessmentSession) -> QuerySet[SessionCandidate]:
    """Return the same in the order of the admission numbers, or of the names while there are none."""
    # After 9999 comes 10000, which as a text would come before.
    return candidates_of(session).order_by(
        Length("admission_number"), "admission_number", "trainee__name", "id"
    )


def candidates_found(session: AssessmentSession, words: str, *, by_name: bool) -> QuerySet[SessionCandidate]:
    """Return the candidates whose admission number ends so, or, where names may be asked for, whose name begins so."""
    if not words:
        return candidates_of(session)
    asked = Q(admission_number__endswith=words)
    return candidates_of(session).filter(asked | Q(trainee__name__startswith=words) if by_name else asked)


def candidate_count_of(session: AssessmentSession) -> int:
    """Return how many people are to sit the session."""
    return SessionCandidate.objects.filter(session=session, removed_at__isnull=True).count()


def candidates_chosen(session: AssessmentSession, public_ids: Collection[UUID]) -> QuerySet[SessionCandidate]:
    """Return the session's candidates with these public numbers, those taken off too."""
    return SessionCandidate.objects.filter(session=session, public_id__in=public_ids)


def people_to_draw(session: AssessmentSession) -> QuerySet[Enrollment]:
    """Return who completed a class for this very occupation, direction and level that named the institution."""
    # A class never names the institution that trains it.
    return (
        Enrollment.objects.filter(
            status=EnrollmentStatus.COMPLETED,
            training_class__intended_evaluator_id=session.institution_id,
            training_class__occupation_id=session.occupation_id,
            training_class__direction=session.direction,
            training_class__level=session.level,
        )
        .select_related("trainee", "training_class")
        .order_by("id")
    )


def classes_to_draw_from(session: AssessmentSession) -> list[ClassToDraw]:
    """Return the classes in which somebody waits for an assessment, the newest first, with how many do."""
    certified = LevelCertificate.objects.filter(
        trainee=OuterRef("trainee"),
        occupation_id=session.occupation_id,
        level=session.level,
        status=CertificateStatus.VALID,
    )
    # By row and not by person: a figure to find one's way by, and what is drawn is asked for anew.
    counted = (
        people_to_draw(session)
        .filter(~Exists(certified), ~Exists(_sitting(session).filter(trainee=OuterRef("trainee"))))
        .order_by()
        .values("training_class_id")
        .annotate(number=Count("id"))
    )
    waiting = dict(counted.values_list("training_class_id", "number"))
    classes = TrainingClass.objects.filter(pk__in=waiting).select_related("institution").order_by("-id")
    return [ClassToDraw(training_class, waiting[training_class.pk]) for training_class in classes]


def persons_in_session(session: AssessmentSession) -> dict[int, int]:
    """Return how often each person is a candidate of the session: once, unless rows were merged meanwhile."""
    people = SessionCandidate.objects.filter(session=session, removed_at__isnull=True).order_by()
    counted = people.annotate(person=person_of("trainee")).values("person").annotate(number=Count("id"))
    return dict(counted.values_list("person", "number"))


def persons_in_other_sessions(session: AssessmentSession, rows: Mapping[int, int]) -> set[int]:
    """Return which people wait for another session of the same occupation and level.

    `rows` is what `rows_of_persons` returns, here and below.
    """
    elsewhere = _sitting(session).exclude(session=session).filter(trainee__in=rows)
    return {rows[trainee_id] for trainee_id in elsewhere.values_list("trainee_id", flat=True)}


def certified_persons(session: AssessmentSession, rows: Mapping[int, int]) -> set[int]:
    """Return which people hold a valid certificate of the session's occupation and level."""
    held = LevelCertificate.objects.filter(
        trainee__in=rows,
        occupation_id=session.occupation_id,
        level=session.level,
        status=CertificateStatus.VALID,
    )
    return {rows[trainee_id] for trainee_id in held.values_list("trainee_id", flat=True)}


def trainings_by_person(session: AssessmentSession, rows: Mapping[int, int]) -> dict[int, list[Enrollment]]:
    """Return where people were taught what the session assesses, by person, oldest first."""
    taught: dict[int, list[Enrollment]] = defaultdict(list)
    enrollments = Enrollment.objects.filter(
        trainee__in=rows,
        status__in=TAUGHT,
        training_class__occupation_id=session.occupation_id,
        training_class__level=session.level,
    )
    for enrollment in enrollments.select_related("training_class").order_by("id"):
        taught[rows[enrollment.trainee_id]].append(enrollment)
    return taught


def _sitting(session: AssessmentSession) -> QuerySet[SessionCandidate]:
    return SessionCandidate.objects.filter(
        removed_at__isnull=True,
        session__status__in=OPEN_SESSION_STATES,
        session__occupation_id=session.occupation_id,
        session__level=session.level,
    )
