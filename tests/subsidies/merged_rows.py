"""Two rows that turn out to be one person's after both were paid."""

from datetime import date

from assessment.models import LevelCertificate
from subsidies.services.decisions import decide_due_certificates
from subsidies.services.deliveries import deliver_released_batches
from tests.clock import NOW
from tests.factories.enrollment import TraineeFactory
from tests.factories.subsidies import due_certificate, hear_from_bank, next_batch, open_programme, sign_twice
from tests.fakes.bank import FakeBank
from tests.subsidies.histories import merge

MAY, JULY = date(2026, 5, 9), date(2026, 7, 11)


def two_paid_rows(
    *, merged: bool = True, earlier_level: str = "JUNIOR", **policy: object
) -> tuple[LevelCertificate, LevelCertificate]:
    """Return the certificates of a person's two rows, the later sitting first, both paid before they were merged.

    They are of one occupation; the later one is for the lowest level.
    """
    open_programme(**policy)
    kept, other = TraineeFactory.create_batch(2, with_account=True)
    earlier = due_certificate(
        attempt__session__held_on=MAY,
        attempt__session__level=earlier_level,
        attempt__enrollment__trainee=other,
    )
    decide_due_certificates(now=NOW)
    later = due_certificate(
        attempt__session__held_on=JULY,
        attempt__session__level="JUNIOR",
        attempt__session__occupation=earlier.occupation,
        attempt__enrollment__trainee=kept,
    )
    decide_due_certificates(now=NOW)
    batch = sign_twice(next_batch())
    deliver_released_batches(channel=FakeBank(), now=NOW)
    hear_from_bank(batch)
    if merged:
        merge(kept, other)
    return later, earlier
