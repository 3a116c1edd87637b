"""What a corrected category or graduation date does to decisions: a refusal is made anew, and a grant is shown."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.db.models import DateField, F, Value
from django.db.models.functions import Cast
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from assessment.models import LevelCertificate
from demo.identifiers import make_credit_code
from enrollment.models import BankAccount
from institutions.enums import Role
from subsidies import queries
from subsidies.enums import Decision, ObjectionKind, ObjectionStatus, PaymentStatus
from subsidies.invariants import find_violations
from subsidies.models import Entitlement, Payment, PolicyVersion
from subsidies.queries.corrected_evidence import YearOf
from subsidies.rules.desk import MATTERS
from subsidies.rules.eligibility import graduation_span
from subsidies.services import decisions
from subsidies.services.decisions import decide_due_certificates
from tests.clock import NOW
from tests.factories.enrollment import BankAccountFactory, TraineeFactory
from tests.factories.identity import EvidenceCorrectionFactory, evidence_is_corrected
from tests.factories.institutions import UserFactory
from tests.factories.notices import decided, said_against
from tests.factories.subsidies import (
    decision_on,
    due_certificate,
    granted_certificate,
    open_programme,
    payment_of,
    reissue,
    settled_batch,
)
from tests.subsidies.interleaving import PATIENCE, paused, rivals

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(hours=2)
EARLIER = {"attempt__enrollment__earlier_graduate": True}
TOO_EARLY = {"attempt__enrollment__graduated_on": date(2025, 6, 30)}


def corrected(certificate: LevelCertificate, **evidence: object) -> None:
    evidence_is_corrected(certificate.attempt.enrollment, **evidence)


def decide(now=LATER) -> int:
    return decide_due_certificates(now=now)


def results_of(certificate: LevelCertificate) -> list[tuple[str, str]]:
    """Return every decision on a certificate, the first one first."""
    decisions_ = Entitlement.objects.filter(certificate=certificate).order_by("pk")
    return list(decisions_.values_list("decision", "reason"))


def seen_by(entitlement: Entitlement, check: str) -> dict[str, str]:
    return next(each["facts"] for each in entitlement.checks if each["name"] == check)


# ── What was refused ─────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("refused", "evidence", "reason"),
    [
        pytest.param(
            EARLIER,
            {"category": "GRADUATING_STUDENT", "graduated_on": "2026-06-30"},
            "category_is_eligible",
            id="category",
        ),
        pytest.param(TOO_EARLY, {"graduated_on": "2026-06-30"}, "graduates_in_time", id="graduation"),
    ],
)
def test_what_wrong_evidence_refused_is_granted_once_it_is_corrected(refused, evidence, reason):
    certificate = granted_certificate(**refused)
    corrected(certificate, **evidence)

    decide()
    decide()

    assert results_of(certificate) == [(Decision.REFUSED, reason), (Decision.GRANTED, "")]
    assert decision_on(certificate).supersedes.reason == reason
    assert Payment.objects.count() == 1
    assert find_violations() == []


def test_what_is_corrected_to_other_wrong_evidence_is_refused_once_more_and_then_left_alone():
    certificate = granted_certificate(**TOO_EARLY)
    corrected(certificate, category="EARLIER_GRADUATE")

    assert [decide(), decide()] == [1, 0]

    assert results_of(certificate) == [
        (Decision.REFUSED, "graduates_in_time"),
        (Decision.REFUSED, "category_is_eligible"),
    ]


def test_a_refusal_for_the_same_reason_is_written_with_what_it_saw():
    certificate = granted_certificate(**TOO_EARLY)
    corrected(certificate, graduated_on="2024-06-30")

    assert [decide(), decide()] == [1, 0]

    live = decision_on(certificate)
    assert results_of(certificate) == [(Decision.REFUSED, "graduates_in_time")] * 2
    assert seen_by(live.supersedes, "graduates_in_time")["graduated_on"] == "2025-06-30"
    assert seen_by(live, "graduates_in_time")["graduated_on"] == "2024-06-30"


@pytest.mark.parametrize("state", [{}, {"refused": True}])
def test_what_nobody_approved_opens_no_decision(state):
    certificate = granted_certificate(**EARLIER)
    EvidenceCorrectionFactory(enrollment=certificate.attempt.enrollment, **state)

    assert decide() == 0


def test_what_no_decision_looks_at_opens_none():
    certificate = granted_certificate(**EARLIER)
    corrected(certificate, education="MASTER")

    assert decide() == 0


def test_a_refusal_for_something_else_stands():
    first = granted_certificate(attempt__session__held_on=date(2026, 5, 9))
    refused = granted_certificate(
        attempt__session__held_on=date(2026, 7, 11), attempt__enrollment__trainee=first.trainee
    )
    corrected(refused, category="EARLIER_GRADUATE")

    assert decide() == 0
    assert results_of(refused) == [(Decision.REFUSED, "passes_for_the_first_time")]


def test_what_was_decided_by_the_former_evidence_after_the_correction_is_decided_anew():
    """Whoever decides beside the approval does not see it, and may end later."""
    certificate = granted_certificate(**TOO_EARLY)
    corrected(certificate, graduated_on="2026-06-30", now=NOW - timedelta(days=1))

    decide()

    assert results_of(certificate)[-1] == (Decision.GRANTED, "")


def test_a_certificate_issued_again_is_decided_by_the_corrected_evidence_too():
    certificate = granted_certificate(**TOO_EARLY)
    again = reissue(certificate)
    decide()
    corrected(again, graduated_on="2026-06-30")

    decide()

    assert results_of(again)[-1] == (Decision.GRANTED, "")
    assert Payment.objects.count() == 1


# ── What was held ────────────────────────────────────────────────────────────────────────────────────────
def test_nobody_is_asked_for_an_account_who_is_not_eligible_any_more():
    open_programme()
    certificate = due_certificate(attempt__enrollment__trainee=TraineeFactory())
    decide(NOW)
    corrected(certificate, category="EARLIER_GRADUATE")

    assert [decide(), decide()] == [1, 0]

    assert results_of(certificate) == [
        (Decision.HELD, "account_is_known"),
        (Decision.REFUSED, "category_is_eligible"),
    ]


def test_what_is_held_for_the_same_keeps_since_when():
    open_programme()
    certificate = due_certificate(attempt__enrollment__trainee=TraineeFactory())
    decide(NOW)
    corrected(certificate, graduated_on="2026-07-01")

    assert [decide(), decide()] == [1, 0]

    live = decision_on(certificate)
    assert (live.decision, live.held_since, live.decided_at) == (Decision.HELD, NOW, LATER)
    BankAccountFactory(trainee=certificate.trainee)
    decide()
    assert decision_on(certificate).decision == Decision.GRANTED
    assert BankAccount.objects.count() == 1


# ── What was granted ─────────────────────────────────────────────────────────────────────────────────────
def on_the_desk(role: Role = Role.MUNICIPAL_REVIEWER, **office: object) -> list[Entitlement]:
    desk = queries.Desk(UserFactory(**{role.lower(): True}, **office), LATER)
    return list(queries.stuck_rows(desk, MATTERS["evidence-corrected"]))


def test_a_grant_stays_and_is_shown():
    certificate = granted_certificate()
    before = list(Entitlement.objects.values())
    corrected(certificate, category="EARLIER_GRADUATE")

    assert decide() == 0

    assert list(Entitlement.objects.values()) == before
    assert payment_of(certificate).status == PaymentStatus.READY
    (shown,) = on_the_desk()
    assert (shown.certificate, shown.since) == (certificate, NOW)
    assert find_violations() == []


@pytest.mark.parametrize(
    "evidence",
    [
        {"graduated_on": "2026-07-01"},
        {
            "category": "ENTERPRISE_EMPLOYEE",
            "employer_name": "示范数字科技有限公司",
            "employer_credit_code": make_credit_code(1),
            "graduated_on": "2020-06-30",
        },
        {"education": "MASTER"},
    ],
    ids=["another day in time", "eligible otherwise", "what nobody looks at"],
)
def test_a_grant_that_would_be_made_again_is_not_shown(evidence):
    corrected(granted_certificate(), **evidence)

    assert on_the_desk() == []


def test_a_grant_is_shown_where_its_own_policy_would_refuse_it():
    open_programme(graduation_year_rule="ACADEMIC")
    kept = granted_certificate(
        issued_on=date(2026, 7, 20), attempt__enrollment__graduated_on=date(2026, 6, 30)
    )
    corrected(kept, graduated_on="2025-09-01")
    assert on_the_desk() == []

    kept.attempt.enrollment.refresh_from_db()
    corrected(kept, graduated_on="2025-08-31")

    assert [shown.certificate for shown in on_the_desk()] == [kept]


@pytest.mark.parametrize("outcome", ["", ObjectionStatus.DISMISSED, ObjectionStatus.UPHELD])
def test_an_objection_of_an_office_takes_it_off_the_desk(outcome):
    certificate = granted_certificate()
    corrected(certificate, category="EARLIER_GRADUATE")

    objection = said_against(payment_of(certificate), ObjectionKind.OFFICE)
    if outcome:
        decided(objection, outcome)

    assert on_the_desk() == []


def test_what_somebody_else_says_or_an_office_said_before_takes_nothing_off_the_desk():
    certificate = granted_certificate()
    decided(said_against(payment_of(certificate), ObjectionKind.OFFICE), ObjectionStatus.DISMISSED)
    said_against(payment_of(certificate), ObjectionKind.PERSON)

    corrected(certificate, category="EARLIER_GRADUATE", now=LATER)

    assert len(on_the_desk()) == 1


def test_money_that_was_paid_is_shown_too():
    certificate = settled_batch().attempts.get().payment.entitlement.certificate
    corrected(certificate, category="EARLIER_GRADUATE")

    assert [shown.certificate for shown in on_the_desk()] == [certificate]


def test_a_district_sees_its_own_grants_alone():
    certificate = granted_certificate()
    corrected(certificate, category="EARLIER_GRADUATE")

    own = certificate.attempt.enrollment.training_class.district
    assert len(on_the_desk(Role.DISTRICT_REVIEWER, district=own)) == 1
    assert on_the_desk(Role.DISTRICT_REVIEWER, district=granted_certificate().institution.district) == []


@pytest.mark.parametrize("rule", ["CALENDAR", "ACADEMIC"])
def test_the_database_counts_years_as_the_rules_do(rule):
    policy = PolicyVersion.objects.filter(pk=open_programme(graduation_year_rule=rule).pk)
    edges = [(12, 31), (1, 1), (8, 31), (9, 1), (6, 30)]
    days = [date(year, month, day) for year in (2025, 2026) for month, day in edges]

    def year_of(day: date) -> YearOf:
        return YearOf(Cast(Value(day), DateField()), F("graduation_year_rule"))

    for issued_on in days:
        for graduated_on in days:
            first, last = graduation_span(issued_on, rule)
            issued, graduated = policy.values_list(year_of(issued_on), year_of(graduated_on)).get()
            assert (issued == graduated) == (first <= graduated_on <= last), (issued_on, graduated_on)


# ── What it costs, and who comes in between ──────────────────────────────────────────────────────────────
def test_more_corrections_cost_no_more_queries():
    open_programme()

    def queries_for(count: int) -> int:
        certificates = [due_certificate(**TOO_EARLY) for _ in range(count)]
        decide(NOW)
        for certificate in certificates:
            corrected(certificate, graduated_on="2026-06-30")
        with CaptureQueriesContext(connection) as seen:
            assert decide() == count
        return len(seen)

    assert queries_for(1) == queries_for(3)


@pytest.mark.django_db(transaction=True)
@pytest.mark.slow
def test_a_correction_in_the_middle_of_a_decision_is_seen_by_the_next_sweep(monkeypatch):
    open_programme()
    certificate = due_certificate(**TOO_EARLY)

    with rivals() as others:
        # The facts are read by now, and nothing is written.
        with paused(monkeypatch, decisions, "write_entitlements") as reached:
            decision = others.start(decide)
            assert reached.wait(PATIENCE)
            others.run(lambda: corrected(certificate, graduated_on="2026-06-30"))
        assert decision.result(PATIENCE) == 1
    assert results_of(certificate) == [(Decision.REFUSED, "graduates_in_time")]

    decide()

    assert results_of(certificate)[-1] == (Decision.GRANTED, "")
    assert find_violations() == []


# ── What the page of the certificate says ────────────────────────────────────────────────────────────────
def test_the_page_shows_what_each_decision_saw_and_the_correction_between_them(client_as):
    certificate = granted_certificate(**EARLIER)
    corrected(
        certificate, category="GRADUATING_STUDENT", graduated_on="2026-06-30", now=NOW + timedelta(hours=1)
    )
    decide()
    client = client_as(Role.MUNICIPAL_REVIEWER)
    client.cookies["django_language"] = "en"

    response = client.get(reverse("certificate-detail", args=[certificate.public_id]))

    titles = [step.title for step in response.context["steps"]]
    enrolled = dict(response.context["steps"][titles.index("Enrollment")].facts)
    change = dict(response.context["steps"][titles.index("Evidence corrected")].facts)
    assert enrolled["Participant category"] == "Earlier graduate"
    assert change["Participant category"] == "Earlier graduate → Graduating student"
    assert change["Graduation date"] == "2023-06-30 → 2026-06-30"
    assert (
        titles.index("Decision, superseded later")
        < titles.index("Evidence corrected")
        < titles.index("Decision")
    )
    (former,) = response.context["former"]
    assert former.decision == Decision.REFUSED
    assert "Earlier graduate" in " ".join(check.sentence for check in former.checks)
