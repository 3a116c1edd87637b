"""The freeze: nothing is decided or paid for a person while one of their results or certificates is in question."""

from collections.abc import Collection
from typing import Final

from django.db.models import Exists, F, OuterRef, QuerySet
from django.db.models.functions import Coalesce

from assessment.enums import ReviewStatus
from assessment.models import AttemptCorrection, CertificateRevocation, MarkReview
from chongqing_dte.foundation.lookups import Among
from chongqing_dte.foundation.proposals import RequestStatus
from enrollment.models import Trainee

# The row that stands for the person.
STANDING: Final = Coalesce(F("merged_into_id"), F("id"))


def frozen_persons(person_ids: Collection[int]) -> set[int]:
    """Return which of these people are frozen, by the ids of the rows that stand for them.

    A person is frozen by an open mark review, a proposed correction of a result or a proposed revocation of a
    certificate, whichever of their rows, present or merged, it hangs on.
    """
    standing = _frozen_rows().annotate(standing=STANDING).filter(Among("standing", person_ids))
    return set(standing.values_list("standing", flat=True))


def freezes_person(path: str) -> Exists:
    """Return whether the person is frozen at whom `path` arrives, which leads from a row to its trainee."""
    person = Coalesce(OuterRef(f"{path}__merged_into_id"), OuterRef(f"{path}__id"))
    return Exists(_frozen_rows().annotate(standing=STANDING).filter(standing=person))


def _frozen_rows() -> "QuerySet[Trainee]":
    """Return the rows that something hangs on, which are always few."""
    reviews = MarkReview.objects.filter(status=ReviewStatus.OPEN)
    corrections = AttemptCorrection.objects.filter(status=RequestStatus.PROPOSED)
    revocations = CertificateRevocation.objects.filter(status=RequestStatus.PROPOSED)
    frozen = (
        reviews.order_by()
        .values("attempt__trainee_id")
        .union(
            corrections.order_by().values("attempt__trainee_id"),
            revocations.order_by().values("certificate__trainee_id"),
            all=True,
        )
    )
    return Trainee.objects.filter(pk__in=frozen)
