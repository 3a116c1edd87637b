"""What the bank says later, and what comes back in parts: all four books follow to the cent, and money still leaves."""

from collections.abc import Callable
from decimal import Decimal

import pytest

from chongqing_dte.foundation.errors import DomainError
from subsidies import queries
from subsidies.enums import BankAnswer, BatchStatus, ResolutionOutcome
from subsidies.models import Budget, LineResolution, Recovery
from subsidies.rules.reconciliation import compare
from tests.factories.bank import exception_in, paid_twice, resolve, taken_back
from tests.factories.recoveries import recovery_of_paid_money, repayment, settle, write_off
from tests.factories.subsidies import (
    delivered_batch,
    granted_certificate,
    hear_from_bank,
    next_batch,
    settled_batch,
    sign_twice,
)
from tests.subsidies.database import triggers_off

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("promises_hold")]

TAKEN_BACK, PAID_AFTER_ALL = ResolutionOutcome.TAKEN_BACK, ResolutionOutcome.PAID_AFTER_ALL


def take_back() -> None:
    resolve(taken_back(settled_batch()), TAKEN_BACK)


def pay_after_all() -> None:
    batch = delivered_batch()
    hear_from_bank(batch, BankAnswer.RETURNED)
    resolve(exception_in(batch, BankAnswer.PAID), PAID_AFTER_ALL)


def find_paid() -> None:
    resolve(exception_in(delivered_batch(), BankAnswer.PAID, amount="799.99"), ResolutionOutcome.FOUND_PAID)


def find_returned() -> None:
    resolve(
        exception_in(delivered_batch(), BankAnswer.PAID, amount="799.99"), ResolutionOutcome.FOUND_RETURNED
    )


def take_one_of_two_back_and_pay_it_after_all() -> None:
    batch = settled_batch(2)
    resolve(taken_back(batch), TAKEN_BACK)
    resolve(exception_in(batch, BankAnswer.PAID), PAID_AFTER_ALL)


def come_back_in_parts() -> None:
    recovery = recovery_of_paid_money()
    settle(recovery, repayment("300.10", "LINE-1"))
    settle(recovery, repayment("0.01", "LINE-2"))


def come_back_and_give_up_the_rest() -> None:
    recovery = recovery_of_paid_money()
    settle(recovery, repayment("300.10"))
    settle(recovery, write_off("499.90"))


def pay_twice() -> None:
    resolve(paid_twice(), PAID_AFTER_ALL)


def pay_twice_and_come_back_in_part() -> None:
    pay_twice()
    settle(Recovery.objects.get(), repayment("300.10"))


# What is reserved, paid, came back, is still to come back and was given up, in yuan, in every book that speaks of it.
WORLDS: dict[Callable[[], None], tuple[str, str, str, str, str]] = {
    take_back: ("800.00", "0.00", "0.00", "0.00", "0.00"),
    pay_after_all: ("0.00", "800.00", "0.00", "0.00", "0.00"),
    find_paid: ("0.00", "800.00", "0.00", "0.00", "0.00"),
    find_returned: ("800.00", "0.00", "0.00", "0.00", "0.00"),
    take_one_of_two_back_and_pay_it_after_all: ("0.00", "1600.00", "0.00", "0.00", "0.00"),
    come_back_in_parts: ("0.00", "800.00", "300.11", "499.89", "0.00"),
    come_back_and_give_up_the_rest: ("0.00", "800.00", "300.10", "0.00", "499.90"),
    pay_twice: ("0.00", "1600.00", "0.00", "800.00", "0.00"),
    pay_twice_and_come_back_in_part: ("0.00", "1600.00", "300.10", "499.90", "0.00"),
}
MEASURES = ("RESERVED", "PAID", "RECOVERED", "TO_RECOVER", "WRITTEN_OFF")


@pytest.mark.parametrize("world", WORLDS, ids=lambda world: world.__name__)
def test_every_book_follows_to_the_cent(world):
    world()

    for figures in (queries.book_figures(), queries.book_figures_by_row()):
        found = compare(figures)
        assert (found.agrees, found.agreement) == (True, Decimal("100.00"))
        said = {each.measure: set(each.totals.values()) for each in figures}
        assert [said[measure] for measure in MEASURES] == [{Decimal(total)} for total in WORLDS[world]]
    assert (queries.payments_apart(10), queries.budgets_apart()) == ([], [])


@pytest.mark.parametrize("world", WORLDS, ids=lambda world: world.__name__)
def test_money_still_leaves(world):
    world()
    granted_certificate()

    assert sign_twice(next_batch()).status == BatchStatus.RELEASED


@pytest.mark.parametrize("world", [pay_after_all, pay_twice], ids=lambda world: world.__name__)
def test_nothing_leaves_once_a_finding_about_the_bank_is_gone(world):
    world()
    granted_certificate()
    batch = next_batch()
    with triggers_off():
        LineResolution.objects.update(status="REFUSED")

    with pytest.raises(DomainError, match=r"800\.00"):
        sign_twice(batch)

    assert {row.measure for row in queries.payments_apart(10)} == {"PAID"}
    with triggers_off():
        LineResolution.objects.update(status="APPROVED")


@pytest.mark.parametrize("column", ["paid", "recovered"])
@pytest.mark.parametrize(
    "world", [come_back_in_parts, pay_twice_and_come_back_in_part], ids=lambda world: world.__name__
)
def test_nothing_leaves_while_a_budget_is_a_cent_apart(world, column):
    world()
    granted_certificate()
    batch = next_batch()
    as_it_was = getattr(Budget.objects.get(), column)
    Budget.objects.update(**{column: as_it_was + Decimal("0.01")})

    with pytest.raises(DomainError, match=r"0\.01"):
        sign_twice(batch)

    assert [each.measure for each in queries.budgets_apart()] == [column.upper()]
    Budget.objects.update(**{column: as_it_was})
