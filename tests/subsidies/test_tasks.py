"""One task after another, as beat rings them, from a recorded certificate to settled money."""

from pathlib import Path

import pytest
from django.utils import timezone
from structlog.testing import capture_logs

from subsidies import tasks
from subsidies.enums import BatchStatus
from subsidies.models import Budget, PaymentBatch
from tests.factories.subsidies import (
    BudgetFactory,
    PolicyVersionFactory,
    answers_to,
    due_certificate,
    open_programme,
    result_list,
    sign_twice,
)

pytestmark = pytest.mark.django_db


def put_down_results(inbox: Path, batch: PaymentBatch) -> None:
    (inbox / "RESULT-1.csv").write_bytes(result_list(batch.reference, answers_to(batch, "PAID")))


def test_tasks_lead_from_a_certificate_to_settled_money(settings):
    PolicyVersionFactory(approved=True)
    BudgetFactory(year=timezone.localdate().year)
    due_certificate()

    tasks.decide_due_certificates_task()
    tasks.assemble_batches_task()
    batch = sign_twice(PaymentBatch.objects.get())
    tasks.deliver_released_batches_task()
    put_down_results(settings.BANK_INBOX, batch)
    tasks.collect_bank_results_task()

    batch.refresh_from_db()
    assert batch.status == BatchStatus.SETTLED


def test_tasks_without_work_do_nothing():
    for task in (
        tasks.decide_due_certificates_task,
        tasks.assemble_batches_task,
        tasks.deliver_released_batches_task,
        tasks.collect_bank_results_task,
    ):
        task(something_that_a_later_version_sends=True)

    assert not PaymentBatch.objects.exists()


def test_a_broken_promise_is_an_alarm():
    open_programme()
    Budget.objects.update(reserved=1)

    with capture_logs() as lines:
        tasks.check_invariants_task()

    assert [(line["event"], line["invariant"], line["log_level"]) for line in lines] == [
        ("invariant_broken", "budget_is_the_sum_of_its_payments", "error")
    ]
