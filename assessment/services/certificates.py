from collections.abc import Collection

from assessment.models import LevelCertificate
from chongqing_dte.foundation.lookups import Among


def mark_decided(certificate_ids: Collection[int]) -> None:
    """Note that these certificates have their decisions. A step: needs the transaction that writes them.

    A deferred trigger refuses the commit if a certificate that is not due has no live entitlement.
    """
    LevelCertificate.objects.filter(Among("pk", certificate_ids)).update(decision_due=False)


def make_due_again(certificate_ids: Collection[int]) -> None:
    """Put these certificates back into the queue of decisions. A step: needs the caller's transaction."""
    LevelCertificate.objects.filter(pk__in=certificate_ids).update(decision_due=True)
