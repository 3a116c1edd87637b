"""What systems read of decisions, claims and payments: each office its own, and told of every change."""

from decimal import Decimal

import pytest
from rest_framework.test import APIClient

from chongqing_dte.foundation.change_steps import stamp_waiting_changes
from enrollment.models import Trainee
from institutions.enums import Role
from subsidies.enums import AttemptStatus, PaymentStatus
from subsidies.models import Entitlement, Payment, SubsidyClaim
from tests.clock import NOW
from tests.factories.claim_payments import batch_of_claims, open_training_money, opened_payment
from tests.factories.claims import ClaimLineFactory, ClaimQueryFactory, SubsidyClaimFactory
from tests.factories.institutions import DistrictFactory, InstitutionFactory
from tests.factories.subsidies import EntitlementFactory, RecoveryFactory, granted_certificate

pytestmark = pytest.mark.django_db

BUREAU = Role.MUNICIPAL_OPERATOR


@pytest.fixture
def bureau(api_client_for):
    return api_client_for(BUREAU)


def page(client: APIClient, resource: str, **asked):
    answer = client.get(f"/api/v1/{resource}", asked)
    assert answer.status_code == 200, answer.content
    return answer.json()


def one(client: APIClient, resource: str, row):
    answer = client.get(f"/api/v1/{resource}/{row.public_id}")
    assert answer.status_code == 200, answer.content
    return answer.json()


def status_of(client: APIClient, resource: str, row) -> int:
    return client.get(f"/api/v1/{resource}/{row.public_id}").status_code


def claim_with_a_line(*, out: bool = False) -> SubsidyClaim:
    claim = SubsidyClaimFactory()
    line = ClaimLineFactory(
        out=out,
        reckoning__claim=claim,
        checks=[{"name": "training_completed", "outcome": "FAILED", "facts": {"status": "WITHDRAWN"}}],
    )
    claim.reckoning = line.reckoning
    claim.save()
    return claim


# ── Decisions ────────────────────────────────────────────────────────────────────────────────────────────
def test_decision_says_why_in_both_languages(bureau):
    decision = EntitlementFactory(
        held=True, checks=[{"name": "account_is_known", "outcome": "UNKNOWN", "facts": {}}]
    )

    shown = one(bureau, "entitlements", decision)

    assert (shown["decision"], shown["reason"]) == ("HELD", "account_is_known")
    assert shown["reason_texts"]["en"].startswith("No bank account is recorded.")
    assert shown["reason_texts"]["zh-Hans"] != shown["reason_texts"]["en"]
    assert shown["payment"] is None
    assert shown["trainee_id"] == str(decision.person.public_id)
    assert shown["certificate"]["number"] == decision.certificate.number


def test_decision_moves_with_its_payment(bureau):
    decision = Entitlement.objects.get(certificate=granted_certificate())
    read = page(bureau, "entitlements")
    assert read["items"][0]["payment"]["status"] == PaymentStatus.READY

    Payment.objects.filter(entitlement=decision).update(status=PaymentStatus.CANCELLED, cancelled_at=NOW)

    (item,) = page(bureau, "entitlements", cursor=read["next_cursor"])["items"]
    assert (item["id"], item["payment"]["status"]) == (str(decision.public_id), "CANCELLED")


def test_decision_names_the_person_s_row_that_stays(bureau):
    decision = EntitlementFactory()
    stays = EntitlementFactory().person
    Trainee.objects.filter(pk=decision.person_id).update(merged_into=stays)

    assert one(bureau, "entitlements", decision)["trainee_id"] == str(stays.public_id)


def test_decision_is_read_by_the_district_of_its_class_and_by_no_other(api_client_for):
    decision = EntitlementFactory()
    district = decision.certificate.attempt.enrollment.training_class.district

    own = api_client_for(Role.DISTRICT_LEAD, district=district)
    other = api_client_for(Role.DISTRICT_LEAD, district=DistrictFactory())

    assert [item["id"] for item in page(own, "entitlements")["items"]] == [str(decision.public_id)]
    assert page(other, "entitlements")["items"] == []
    assert (status_of(own, "entitlements", decision), status_of(other, "entitlements", decision)) == (
        200,
        404,
    )


# ── Claims ───────────────────────────────────────────────────────────────────────────────────────────────
def test_claim_tells_its_sum_its_lines_and_its_questions(bureau):
    claim = claim_with_a_line()
    question = ClaimQueryFactory(claim=claim)

    shown = one(bureau, "claims", claim)

    assert shown["reckoning"]["amount"] == "800.00"
    assert shown["reckoning"]["factor"] == "1.0000"
    assert [line["amount"] for line in shown["lines"]] == ["800.00"]
    assert shown["lines"][0]["enrollment_id"] == str(claim.reckoning.lines.get().enrollment.public_id)
    assert [each["id"] for each in shown["questions"]] == [str(question.public_id)]
    assert shown["training_class"]["reference"] == claim.training_class.reference


def test_line_that_does_not_count_says_why_in_both_languages(bureau):
    (line,) = one(bureau, "claims", claim_with_a_line(out=True))["lines"]

    assert (line["counts"], line["reason"], line["amount"]) == (False, "training_completed", "0.00")
    assert line["reason_texts"]["en"].startswith("The person did not complete the training")
    assert line["reason_texts"]["zh-Hans"] != line["reason_texts"]["en"]


def test_claim_without_a_reckoning_has_no_lines(bureau):
    shown = one(bureau, "claims", SubsidyClaimFactory())

    assert (shown["reckoning"], shown["lines"]) == (None, [])


def test_claim_moves_when_something_is_asked(bureau):
    claim = SubsidyClaimFactory(submitted=True)
    read = page(bureau, "claims")

    ClaimQueryFactory(claim=claim)

    (item,) = page(bureau, "claims", cursor=read["next_cursor"])["items"]
    assert len(item["questions"]) == 1


def test_page_of_claims_is_short(bureau):
    assert bureau.get("/api/v1/claims", {"limit": 51}).status_code == 400


def test_claims_of_one_class_are_found(bureau):
    claim = SubsidyClaimFactory()
    SubsidyClaimFactory()

    read = page(bureau, "claims", class_id=claim.training_class.public_id)

    assert [item["id"] for item in read["items"]] == [str(claim.public_id)]


# ── Payments ─────────────────────────────────────────────────────────────────────────────────────────────
def test_payment_of_a_claim_says_how_it_stands_and_no_account(bureau):
    batch_of_claims()
    payment = Payment.objects.get()

    answer = bureau.get(f"/api/v1/payments/{payment.public_id}")

    shown = answer.json()
    assert (shown["kind"], shown["status"], shown["entitlement"]) == ("TRAINING", "INSTRUCTED", None)
    assert shown["claim"]["id"] == str(payment.claim.public_id)
    assert Decimal(shown["amount"]) == payment.amount
    assert shown["last_attempt"] == {"number": 1, "status": AttemptStatus.OPEN, "answered_at": None}
    assert payment.attempts.get().account.number not in answer.content.decode()


def test_payment_of_a_person_names_the_decision(bureau):
    granted_certificate()
    payment = Payment.objects.get()

    (shown,) = page(bureau, "payments")["items"]

    assert (shown["kind"], shown["claim"], shown["last_attempt"]) == ("ASSESSMENT", None, None)
    assert shown["entitlement"] == {"id": str(payment.grant.public_id)}


def test_payment_moves_when_money_is_asked_back_and_says_why(bureau):
    recovery = RecoveryFactory()
    (shown,) = one(bureau, "payments", recovery.payment)["recoveries"]

    assert (shown["status"], shown["reason"], shown["enrollment_id"]) == ("OPEN", "certificate_revoked", None)
    assert "2026-10-19" in shown["reason_texts"]["en"]


# ── Whose ────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("resource", ["claims", "payments"])
def test_institution_and_district_read_their_own_and_nobody_else_s(api_client_for, resource):
    open_training_money()
    payment = opened_payment()
    claim = payment.claim
    row = claim if resource == "claims" else payment
    owners = [
        api_client_for(Role.TRAINING_OPERATOR, institution=claim.institution),
        api_client_for(Role.DISTRICT_REVIEWER, district=claim.district),
    ]
    others = [
        api_client_for(Role.TRAINING_OPERATOR, institution=InstitutionFactory()),
        api_client_for(Role.DISTRICT_REVIEWER, district=DistrictFactory()),
    ]
    stamp_waiting_changes()

    assert [status_of(client, resource, row) for client in owners + others] == [200, 200, 404, 404]
    assert [len(page(client, resource)["items"]) for client in owners + others] == [1, 1, 0, 0]


@pytest.mark.parametrize("resource", ["entitlements", "claims", "payments"])
def test_scope_of_another_resource_opens_nothing(api_client_for, resource):
    client = api_client_for(BUREAU, scopes=["statements:read"])

    answer = client.get(f"/api/v1/{resource}")

    assert (answer.status_code, answer.json()["code"]) == (403, "insufficient_scope")


@pytest.mark.parametrize(
    ("resource", "make"),
    [
        ("entitlements", lambda: EntitlementFactory()),
        ("claims", claim_with_a_line),
        ("payments", lambda: RecoveryFactory().payment),
    ],
)
def test_list_asks_the_database_as_often_for_many_rows(bureau, resource, make, django_assert_max_num_queries):
    for _ in range(3):
        make()
    stamp_waiting_changes()

    with django_assert_max_num_queries(12):
        read = page(bureau, resource)

    assert read["items"]
    assert read["items"][0] == one(bureau, resource, _row(resource, read["items"][0]["id"]))


def _row(resource: str, public_id: str):
    model = {"entitlements": Entitlement, "claims": SubsidyClaim, "payments": Payment}[resource]
    return model.objects.get(public_id=public_id)
