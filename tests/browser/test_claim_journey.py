"""A claim from its class to the institution's statement, in a real browser: four people, each in a window of their own.

What workers do by themselves, and the bank, are called by the test in their place.
"""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.db.backends.postgresql.psycopg_any import DateRange
from django.urls import reverse
from django.utils import timezone

from institutions.models import User
from subsidies.bank.channel import ReceivedFile
from subsidies.enums import SubsidyKind
from subsidies.models import Payment, PaymentBatch, SubsidyClaim
from subsidies.services.bank_results import receive_bank_result
from subsidies.services.batches import assemble_batches, release_batch
from subsidies.services.claim_payments import open_claim_payments
from subsidies.services.claim_sweeps import open_due_claims, reckon_due_claims
from subsidies.services.deliveries import deliver_released_batches
from tests.factories.claims import (
    TrainingPolicyVersionFactory,
    enroll,
    institution_user,
    session_for,
    sit,
)
from tests.factories.enrollment import TrainingClassFactory
from tests.factories.institutions import (
    PASSWORD,
    AccreditationFactory,
    InstitutionAccountFactory,
    UserFactory,
)
from tests.factories.subsidies import BudgetFactory, answers_to, result_list
from tests.fakes.bank import FakeBank

pytestmark = [pytest.mark.browser, pytest.mark.slow]

RECEIPT = {"name": "receipt.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7 a receipt"}


@pytest.fixture
def claim(transactional_db) -> SubsidyClaim:
    """Return the claim that has opened by itself: two passed a month ago, and one failed."""
    now = timezone.now()
    today = timezone.localdate(now)
    # The days of the pages are those of the clock on the wall.
    TrainingPolicyVersionFactory(
        approved=True,
        pass_rule="FIRST_ATTEMPT",
        in_force=DateRange(today - timedelta(days=400), today + timedelta(days=400)),
    )
    BudgetFactory(kind=SubsidyKind.TRAINING, year=today.year, allotted=Decimal("100000.00"))
    training_class = TrainingClassFactory(
        completed=True,
        locked_count=3,
        starts_on=today - timedelta(days=80),
        ends_on=today - timedelta(days=40),
    )
    AccreditationFactory(
        institution=training_class.institution,
        occupation=training_class.occupation,
        level=training_class.level,
    )
    session = session_for(training_class, held_on=today - timedelta(days=30))
    for passed in (True, True, False):
        sit(enroll(training_class), session, passed=passed)
    InstitutionAccountFactory(institution=training_class.institution, approved=True)
    assert open_due_claims(now=now) == 1
    return SubsidyClaim.objects.get()


def window_of(visit, user: User):
    """Return a window in which somebody has signed in."""
    window = visit(language="en")
    window.sign_in(user.username, PASSWORD)
    return window


def press(window, name: str) -> None:
    """Press a button by what stands on it, and see that the page that comes is whole."""
    window.page.get_by_role("button", name=name).click()
    window.page.wait_for_load_state()
    assert window.overflow() <= 0


def paid_by_the_bank() -> None:
    """Send the released batch, and let the bank pay it."""
    now, batch = timezone.now(), PaymentBatch.objects.get()
    deliver_released_batches(channel=FakeBank(), now=now)
    content = result_list(batch.reference, answers_to(batch, "PAID"))
    receive_bank_result(received=ReceivedFile("RESULT.csv", content, "RESULT.csv"), now=now)


def costs_and_files(window, claim: SubsidyClaim) -> None:
    """The institution says what the class cost, shows it, and hands the claim in."""
    page = window.page
    window.open(reverse("claim-list"))
    page.get_by_role("link", name=claim.reference).first.click()
    page.get_by_role("link", name="Costs and files of the class").click()
    page.select_option("[name=advance-basis]", "PER_CLASS")
    page.fill("[name=advance-unit_cost]", "40000")
    page.fill("[name=advance-spent_on]", timezone.localdate().isoformat())
    page.locator("#advance form button").click()
    page.select_option("[name=evidence-kind]", "RECEIPT")
    page.set_input_files("[name=evidence-file]", RECEIPT)
    page.locator("#evidence form button").click()
    page.get_by_role("link", name="receipt.pdf").first.wait_for()
    # A worker looks at the claim anew, as it was told to.
    assert reckon_due_claims(now=timezone.now()) == 1
    page.get_by_role("link", name="Back to the claim").click()
    press(window, "Hand in for")


def review(window, claim: SubsidyClaim) -> None:
    """The district looks at every line, and signs."""
    window.open(reverse("claim-queue"))
    window.page.get_by_role("link", name=claim.reference).first.click()
    press(window, "Accept the lines on which nothing is flagged (3)")
    press(window, "Recommend, and on to the next")


def confirm(window, claim: SubsidyClaim) -> None:
    """The municipal bureau signs for what stands on the page."""
    window.open(reverse("claim-confirmations"))
    window.page.get_by_role("link", name=claim.reference).first.click()
    press(window, "Sign for")


def release(window, batch: PaymentBatch) -> None:
    """Finance releases the batch. A second person has signed it already."""
    another = UserFactory(municipal_finance=True)
    release_batch(batch_id=batch.pk, releaser=another, sha256=batch.sha256, now=timezone.now())
    window.open(reverse("batch-detail", args=[batch.public_id]))
    press(window, "Sign for release")


def test_a_claim_goes_from_its_class_to_the_statement(visit, claim):
    school = window_of(visit, institution_user(claim.training_class))
    district = window_of(visit, UserFactory(district_reviewer=True, district=claim.district))
    city = window_of(visit, UserFactory(municipal_reviewer=True))
    finance = window_of(visit, UserFactory(municipal_finance=True))

    costs_and_files(school, claim)
    review(district, claim)
    confirm(city, claim)
    open_claim_payments(now=timezone.now())
    (batch,) = assemble_batches(now=timezone.now())
    release(finance, batch)
    paid_by_the_bank()

    school.open(f"{reverse('claim-statement')}?month={timezone.localdate():%Y-%m}")
    statement = school.page.inner_text("main")
    # Two of three have passed: 2,400.00 by 0.6667.
    assert (claim.reference in statement, "1,600.08" in statement) == (True, True)
    with school.page.expect_download() as download:
        school.page.get_by_role("link", name="Statement to print (PDF)").click()
    assert Path(download.value.path()).read_bytes().startswith(b"%PDF")
    assert Payment.objects.get().amount == Decimal("1600.08")
    windows = (school, district, city, finance)
    assert [(window.errors, window.strangers) for window in windows] == [([], [])] * 4
