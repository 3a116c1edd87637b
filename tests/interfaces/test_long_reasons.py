"""A reason that is too long comes back with the page, whole, and nothing is decided without it."""

import pytest
from django.urls import reverse

from tests.enrollment.filings import filed_class
from tests.factories.assessment import (
    AssessmentSessionFactory,
    AttemptCorrectionFactory,
    CertificateRevocationFactory,
)
from tests.factories.identity import EvidenceCorrectionFactory, IdentityCorrectionFactory, TraineeMergeFactory
from tests.factories.institutions import UserFactory
from tests.factories.recoveries import RecoverySettlementFactory

pytestmark = pytest.mark.django_db

TOO_LONG = "Compared with the sheets. " * 80


def bureau(_row):
    return UserFactory(municipal_reviewer=True)


def finance(_row):
    return UserFactory(municipal_finance=True)


def district(training_class):
    return UserFactory(district_reviewer=True, district=training_class.district)


def district_of_the_person(row):
    return district(row.enrollment.training_class)


def sent(client, route, row):
    client.cookies["django_language"] = "en"
    field = "decision-reason" if route.startswith("settlement") else "reason"
    return client.post(reverse(route, args=[row.public_id]), {field: TOO_LONG})


ACTS = [
    ("class-return", filed_class, district),
    ("class-cancel", filed_class, lambda row: row.drafted_by),
    ("session-cancel", AssessmentSessionFactory, lambda row: row.filed_by),
    ("identity-correction-approve", IdentityCorrectionFactory, district_of_the_person),
    ("identity-correction-refuse", IdentityCorrectionFactory, district_of_the_person),
    ("evidence-correction-approve", EvidenceCorrectionFactory, district_of_the_person),
    ("evidence-correction-refuse", EvidenceCorrectionFactory, district_of_the_person),
    ("merge-approve", TraineeMergeFactory, bureau),
    ("merge-refuse", TraineeMergeFactory, bureau),
    ("revocation-approve", CertificateRevocationFactory, bureau),
    ("revocation-refuse", CertificateRevocationFactory, bureau),
    ("correction-approve", AttemptCorrectionFactory, bureau),
    ("correction-refuse", AttemptCorrectionFactory, bureau),
    ("settlement-approve", RecoverySettlementFactory, finance),
    ("settlement-refuse", RecoverySettlementFactory, finance),
]


@pytest.mark.parametrize(("route", "make", "reader"), ACTS, ids=[act[0] for act in ACTS])
def test_reason_that_is_too_long_comes_back_with_the_page(client_of, route, make, reader):
    row = make()

    response = sent(client_of(reader(row)), route, row)

    text = response.content.decode()
    former = row.status
    row.refresh_from_db()
    assert response.status_code == 422
    assert f"(it has {len(TOO_LONG.strip())})" in text
    assert TOO_LONG.strip() in text
    assert row.status == former


DECISIONS = [(route, make) for route, make, _ in ACTS if not route.startswith(("class", "session"))]


@pytest.mark.parametrize(("route", "make"), DECISIONS, ids=[decision[0] for decision in DECISIONS])
def test_whoever_proposed_hears_first_that_somebody_else_decides(client_of, route, make):
    row = make()

    assert sent(client_of(row.proposed_by), route, row).status_code == 403
