"""What keeps the money of a claim where it is: an objection to it, somebody in question, or facts that changed."""

from collections.abc import Collection, Iterable

from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Coalesce

from assessment.enums import CertificateStatus
from assessment.models import LevelCertificate
from assessment.queries import freezes_person
from subsidies.enums import PAID_TWICE, ObjectionStatus
from subsidies.models import ClaimLine, Objection, Payment, Recovery


def claim_is_objected_to() -> Q:
    """Return the condition on a payment that something is said against the claim it pays, or was upheld against it.

    What was upheld before the payment was opened has been followed: the claim was confirmed anew since. So has what was
    upheld after a part of it was set off: all of it is asked back.
    """
    asked_back = Recovery.objects.filter(
        payment=OuterRef(OuterRef("pk")), subsidy__isnull=True, withdrawn_at__isnull=True
    ).exclude(reason=PAID_TWICE)
    against = Objection.objects.filter(claim=OuterRef("claim")).filter(
        Q(status=ObjectionStatus.RAISED)
        | Q(status=ObjectionStatus.UPHELD, decided_at__gte=OuterRef("opened_at")) & ~Q(Exists(asked_back))
    )
    return Q(Exists(against))


def claim_is_in_question() -> Q:
    """Return the condition on a payment that it pays a claim for somebody who is frozen."""
    asked_for = ClaimLine.objects.filter(reckoning=_owed_by(), counts=True)
    return Q(Exists(asked_for.filter(freezes_person("enrollment__trainee"))))


def claim_rests_on_what_changed() -> Q:
    """Return the condition on a payment that the claim it pays was reckoned by a result that holds no more.

    Of somebody who counts in it, or as a pass in its rate.
    """
    valid = LevelCertificate.objects.filter(
        trainee=OuterRef("attempt__trainee"),
        attempt__session=OuterRef("attempt__session"),
        status=CertificateStatus.VALID,
    )
    lines = ClaimLine.objects.filter(reckoning=_owed_by(), attempt__isnull=False)
    changed = lines.filter(Q(attempt__superseded_by__isnull=False) | Q(is_pass=True) & ~Q(Exists(valid)))
    return Q(Exists(changed))


def lock_certificates_behind_claims(payments: Iterable[Payment]) -> set[int]:
    """Lock the certificates of the sittings that these payments' claims were reckoned by, and return whose they are.

    With the people of whom nobody has a certificate.
    """
    claims = {payment.claim_id for payment in payments if payment.claim_id is not None}
    if not claims:
        return set()
    lines = ClaimLine.objects.filter(reckoning__in=_reckonings(claims)).values_list(
        "enrollment__trainee_id", "attempt__session_id"
    )
    rows = list(lines)
    certificates = LevelCertificate.objects.select_for_update(of=("self",), no_key=True)
    behind = certificates.filter(
        trainee__in={trainee_id for trainee_id, _session_id in rows},
        attempt__session__in={session_id for _trainee_id, session_id in rows if session_id is not None},
    )
    list(behind.order_by("pk").values_list("pk", flat=True))
    return {trainee_id for trainee_id, _session_id in rows}


def _owed_by() -> Coalesce:
    """Return by which reckoning a payment is owed, for use in a subquery."""
    return Coalesce(OuterRef("rest_by"), OuterRef("claim__reckoning"))


def _reckonings(claim_ids: Collection[int]) -> set[int]:
    """Return the reckonings by which these claims are paid."""
    rows = Payment.objects.filter(claim__in=claim_ids).order_by().values_list("claim__reckoning", "rest_by")
    return {reckoning_id for row in rows for reckoning_id in row if reckoning_id is not None}
