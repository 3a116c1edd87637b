"""Who waits for money is served in order, and nobody waits behind what money does not help."""

from decimal import Decimal

import pytest

from assessment.models import LevelCertificate
from subsidies.enums import BudgetChangeKind, Decision
from subsidies.models import Budget
from subsidies.rules import sequence
from subsidies.services import decisions
from subsidies.services.decisions import decide_due_certificates
from tests.clock import NOW
from tests.factories.assessment import LevelCertificateFactory
from tests.factories.budgets import approved, proposed_change
from tests.factories.subsidies import decision_on, due_certificate, open_programme, publish_fee
from tests.subsidies.following import close, review_of
from tests.subsidies.histories import revoke

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("promises_hold")]


def decide() -> int:
    return decide_due_certificates(now=NOW)


def three_who_wait() -> list[LevelCertificate]:
    """Return three certificates of 800 yuan each that wait for a budget of one yuan, in order."""
    open_programme(allotted="1.00")
    waiting = [due_certificate() for _ in range(3)]
    decide()
    assert results_of(waiting) == [(Decision.HELD, "budget_has_room")] * 3
    return waiting


def dear_certificate() -> LevelCertificate:
    """Return a certificate of 1,500 yuan."""
    certificate = LevelCertificateFactory(attempt__enrollment__trainee__with_account=True)
    publish_fee(certificate, theory_fee=Decimal("1000.00"))
    return certificate


def top_up(amount: str) -> None:
    approved(proposed_change(BudgetChangeKind.TOP_UP, Budget.objects.get().pk, amount))


def results_of(certificates: list[LevelCertificate]) -> list[tuple[str, str]]:
    found = [decision_on(certificate) for certificate in certificates]
    return [(decision.decision, decision.reason) for decision in found]


GRANTED, WAITS = (Decision.GRANTED, ""), (Decision.HELD, "budget_has_room")


def spoil(monkeypatch, poison: LevelCertificate) -> None:
    """Let a certificate be one that cannot be decided."""
    rule = sequence.decide

    def fail_on_the_poison(facts):
        if facts.certificate_id == poison.pk:
            raise ValueError
        return rule(facts)

    monkeypatch.setattr(sequence, "decide", fail_on_the_poison)


def test_who_waits_for_money_alone_is_served_in_order():
    waiting = three_who_wait()

    top_up("1600.00")
    decide()

    assert results_of(waiting) == [GRANTED, GRANTED, WAITS]


@pytest.mark.parametrize("size", [500, 1])
def test_one_that_cannot_be_decided_keeps_nobody_behind_it_from_money(monkeypatch, size):
    waiting = three_who_wait()
    spoil(monkeypatch, waiting[0])
    monkeypatch.setattr(decisions, "BATCH_SIZE", size)

    top_up("1600.00")
    decide()
    assert results_of(waiting) == [WAITS, GRANTED, GRANTED]

    top_up("800.00")
    monkeypatch.undo()
    decide()
    assert results_of(waiting) == [GRANTED] * 3


def test_one_that_cannot_be_decided_and_is_too_dear_keeps_nobody_behind_it_waiting(monkeypatch):
    open_programme(allotted="1.00")
    dear = dear_certificate()
    cheap = due_certificate()
    decide()
    spoil(monkeypatch, dear)
    LevelCertificate.objects.filter(pk=dear.pk).update(decision_due=True)

    top_up("800.00")
    decide()

    assert results_of([dear, cheap]) == [WAITS, GRANTED]


def test_whoever_is_in_question_keeps_nobody_behind_them_waiting_and_keeps_their_place():
    open_programme(allotted="1.00")
    dear = dear_certificate()
    cheap, last = due_certificate(), due_certificate()
    decide()
    review = review_of(dear)

    top_up("800.00")
    decide()
    assert results_of([dear, cheap, last]) == [WAITS, GRANTED, WAITS]

    close(review)
    top_up("800.00")
    decide()
    assert results_of([dear, cheap, last]) == [WAITS, GRANTED, WAITS]


def test_a_new_certificate_waits_behind_those_that_wait_for_money():
    waiting = three_who_wait()
    top_up("300.00")

    late = due_certificate()
    decide()

    assert results_of([*waiting, late]) == [WAITS] * 4


def test_a_new_certificate_does_not_wait_behind_a_person_in_question():
    open_programme(allotted="1.00")
    frozen = dear_certificate()
    decide()
    review_of(frozen)
    top_up("800.00")

    late = due_certificate()
    decide()

    assert results_of([frozen, late])[1] == GRANTED


def test_what_was_revoked_keeps_nobody_behind_it_waiting():
    waiting = three_who_wait()
    revoke(waiting[0])

    top_up("800.00")
    decide()

    assert results_of(waiting) == [(Decision.REFUSED, "certificate_is_valid"), GRANTED, WAITS]
