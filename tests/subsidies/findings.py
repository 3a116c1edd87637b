"""What two people find of a line of the bank, for the tests of what then stands in the books."""

from institutions.models import User
from subsidies.enums import ResolutionOutcome
from subsidies.models import JournalLine, LineResolution, Payment, PaymentAttempt, PaymentBatch
from subsidies.services.line_resolutions import approve_resolution, propose_resolution, refuse_resolution
from tests.clock import NOW
from tests.factories.institutions import UserFactory
from tests.factories.subsidies import delivered_batch, hear_from_bank

NO_EFFECT = ResolutionOutcome.NO_EFFECT
TAKEN_BACK = ResolutionOutcome.TAKEN_BACK
PAID_AFTER_ALL = ResolutionOutcome.PAID_AFTER_ALL
FOUND_PAID = ResolutionOutcome.FOUND_PAID
FOUND_RETURNED = ResolutionOutcome.FOUND_RETURNED


def finance() -> User:
    """Return somebody of the municipal finance."""
    return UserFactory(municipal_finance=True)


def propose(
    line, outcome, proposer=None, reason="Told on the telephone.", bank_reference="STATEMENT-7"
) -> LineResolution:
    """Have one person say what they found of a line of the bank."""
    return propose_resolution(
        line_id=line.pk,
        proposer=proposer or finance(),
        outcome=outcome,
        reason=reason,
        bank_reference=bank_reference,
        now=NOW,
    )


def approve(found, decider=None) -> LineResolution:
    """Have somebody else confirm a finding."""
    return approve_resolution(resolution_id=found.pk, decider=decider or finance(), reason="", now=NOW)


def refuse(found, decider=None, reason="The letter says otherwise.") -> LineResolution:
    """Have somebody else say that it is not so."""
    return refuse_resolution(resolution_id=found.pk, decider=decider or finance(), reason=reason, now=NOW)


def resolve(line, outcome) -> None:
    """Have two people find this of a line of the bank."""
    approve(propose(line, outcome))


def returned_batch() -> PaymentBatch:
    """Return a batch of which everything came back."""
    batch = delivered_batch()
    hear_from_bank(batch, "RETURNED")
    return batch


def statuses() -> tuple[str, str]:
    """Return how the last instruction and its payment stand."""
    return PaymentAttempt.objects.latest("pk").status, Payment.objects.get().status


def status_of(batch) -> str:
    """Return how a batch stands by now."""
    batch.refresh_from_db()
    return batch.status


def facts_of(kind: str) -> set[str]:
    """Return what the entries of one kind say that they are about."""
    return set(JournalLine.objects.filter(entry__kind=kind).values_list("fact", flat=True))
