"""What is stuck: each matter appears by itself when its situation is made, and is gone once that is solved."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateRange
from django.test.utils import CaptureQueriesContext

from assessment.models import LevelCertificate
from enrollment.models import BankAccount
from institutions.enums import DISTRICT_ROLES, MUNICIPAL_ROLES, Role
from institutions.models import District, User
from subsidies import queries
from subsidies.desk_words import matter_cause, matter_title, owner_name
from subsidies.enums import ObjectionKind
from subsidies.models import Entitlement, Payment, RecoverySettlement, SubsidyClaim
from subsidies.queries.desk_rows import SELECTIONS
from subsidies.rules.desk import MATTERS
from subsidies.views.desk_rows import shown_rows
from tests.clock import NOW
from tests.factories.bank_formats import BankFormatFactory
from tests.factories.claim_payments import payment_on_claim_notice, said_against_claim
from tests.factories.enrollment import TrainingClassFactory
from tests.factories.filings import DistrictSuccessionFactory
from tests.factories.institutions import DistrictFactory, UserFactory
from tests.factories.subsidies import due_certificate, granted_certificate, open_programme, payment_of
from tests.subsidies import desk_claim_situations as of_claims
from tests.subsidies import desk_situations as made
from tests.subsidies.database import triggers_off
from tests.subsidies.desk_situations import Solve

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(minutes=61)
NEXT_WEEK = NOW + timedelta(days=6)
HALF_A_YEAR = NOW + timedelta(days=181)

SITUATIONS = [
    pytest.param("undecided", made.nobody_decides, LATER, id="nobody decides"),
    pytest.param("held-policy-is-in-force", made.no_policy, LATER, id="no policy in force"),
    pytest.param("held-fee-is-published", made.no_fee, LATER, id="no fee published"),
    pytest.param("held-account-is-known", made.no_account, LATER, id="no account"),
    pytest.param("account-overdue", made.no_account, HALF_A_YEAR, id="no account for half a year"),
    pytest.param("held-budget-has-room", made.no_budget, LATER, id="budget too small"),
    pytest.param("held-nothing-is-under-review", made.under_review, LATER, id="something under review"),
    pytest.param("notices-not-published", made.nobody_publishes, NEXT_WEEK, id="nobody publishes"),
    pytest.param("notices-not-published", made.no_calendar, LATER, id="no calendar"),
    pytest.param("objections", made.objection, LATER, id="an objection"),
    pytest.param(
        "off-notice-objected", made.notice_is_over_but_objected, NEXT_WEEK, id="notice over, objected"
    ),
    pytest.param("in-question", made.payee_in_question, LATER, id="payee in question"),
    pytest.param("evidence-corrected", made.evidence_corrected, LATER, id="evidence corrected"),
    pytest.param("paid-before-a-merge", made.paid_before_a_merge, LATER, id="both rows paid before a merge"),
    pytest.param("not-in-a-batch", made.nobody_assembles, NEXT_WEEK, id="nobody assembles"),
    pytest.param("signatures", made.unsigned, LATER, id="unsigned"),
    pytest.param("books-differ", made.books_apart, LATER, id="books apart"),
    pytest.param("to-hand-over", made.not_handed_over, LATER, id="not handed over"),
    pytest.param("not-delivered", made.nobody_delivers, LATER, id="nobody delivers"),
    pytest.param("not-answered", made.bank_is_silent, NEXT_WEEK, id="bank is silent"),
    pytest.param("unknown-at-bank", made.bank_does_not_know, LATER, id="bank does not know"),
    pytest.param("bank-lines", made.bank_contradicts_itself, LATER, id="bank contradicts itself"),
    pytest.param("resolutions", made.finding_waits, LATER, id="finding waits"),
    pytest.param("brought-files", made.file_brought, LATER, id="file brought by a person"),
    pytest.param("result-files", made.file_set_aside, LATER, id="file set aside"),
    pytest.param("returned", made.returned, LATER, id="returned"),
    pytest.param("recoveries-not-asked", made.nobody_asked_back, LATER, id="nobody asked back"),
    pytest.param("recoveries-overdue", made.not_paid_back, NEXT_WEEK, id="not paid back"),
    pytest.param("recoveries-not-owed", made.not_owed_by_now, NOW, id="not owed by now"),
    pytest.param("settlements", made.settlement_waits, LATER, id="settlement waits"),
    pytest.param("messages-failed", made.message_failed, LATER, id="message failed"),
    pytest.param("sending-stopped", made.sending_stopped, LATER, id="sending stopped"),
    pytest.param("alarms", made.promise_is_broken, LATER, id="promise is broken"),
    pytest.param(
        "classes-without-a-policy", of_claims.class_without_a_policy, LATER, id="no training policy"
    ),
    pytest.param("claims-without-a-last-day", of_claims.no_last_day, LATER, id="no last day"),
    pytest.param(
        "claims-back-with-the-district", of_claims.back_with_the_district, LATER, id="back with the district"
    ),
    pytest.param(
        "claims-late-with-the-district", of_claims.district_is_late, LATER, id="the district is late"
    ),
    pytest.param("claims-late-with-the-city", of_claims.city_is_late, LATER, id="the city is late"),
]


def stuck(at, role: Role = Role.MUNICIPAL_AUDITOR, **office: object) -> dict[str, int]:
    desk = queries.Desk(UserFactory(**{role.lower(): True}, **office), at)
    return {each.matter.name: each.count for each in queries.what_is_stuck(desk)}


def rows_of(name: str, at, user: User) -> list:
    desk = queries.Desk(user, at)
    return shown_rows(MATTERS[name], list(queries.stuck_rows(desk, MATTERS[name])), desk)


@pytest.mark.parametrize(("name", "make", "at"), SITUATIONS)
def test_matter_is_on_the_desk_until_it_is_solved(name: str, make: Callable[[], Solve], at) -> None:
    solve = make()

    assert stuck(at).get(name) == 1
    (row,) = rows_of(name, at, UserFactory(municipal_auditor=True))
    assert row.what
    assert row.cause
    assert row.owner
    assert row.act_url == ""

    solve()

    assert name not in stuck(at)


def test_every_matter_has_its_rows_and_its_words():
    assert set(SELECTIONS) == set(MATTERS)
    for matter in MATTERS.values():
        assert matter_title(matter)
        assert matter_cause(matter)
        assert owner_name(matter)


# ── What is not stuck ────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("name", "make", "at"),
    [
        pytest.param("undecided", made.just_recorded, NOW, id="just recorded"),
        pytest.param("not-in-a-batch", made.nobody_assembles, NOW + timedelta(hours=20), id="just granted"),
        pytest.param("not-delivered", made.nobody_delivers, NOW + timedelta(minutes=59), id="just released"),
        pytest.param("not-answered", made.bank_is_silent, NOW + timedelta(days=1), id="just delivered"),
        pytest.param(
            "account-overdue", made.no_account, HALF_A_YEAR - timedelta(days=2), id="still asked for"
        ),
        pytest.param("recoveries-overdue", made.not_paid_back, NOW + timedelta(days=1), id="on its due day"),
    ],
)
def test_what_goes_on_by_itself_is_not_on_the_desk(name, make, at):
    make()

    assert name not in stuck(at)


def test_the_worst_comes_first_and_then_the_oldest():
    made.no_account()
    made.promise_is_broken()
    made.unsigned()
    desk = queries.Desk(UserFactory(municipal_auditor=True), LATER)

    found = [each.matter.name for each in queries.what_is_stuck(desk)]

    assert found == ["alarms", "signatures", "held-account-is-known"]


# ── Why a payment gets into no batch ─────────────────────────────────────────────────────────────────────
def test_an_account_that_cannot_be_read_is_named_beside_one_that_is_well():
    damaged, sound = granted_certificate(), granted_certificate()
    with triggers_off(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE enrollment_bankaccount SET number = '\\x01'::bytea || number WHERE trainee_id = %s",
            [damaged.trainee_id],
        )

    payments = list(Payment.objects.order_by("pk"))

    assert queries.why_in_no_batch(payments) == {payment_of(damaged).pk: "account_unreadable"}
    assert payment_of(sound).pk in {payment.pk for payment in payments}


def test_an_account_that_was_altered_is_named():
    certificate = granted_certificate()
    with triggers_off():
        BankAccount.objects.update(number_hash="0" * 64)

    assert queries.why_in_no_batch([payment_of(certificate)]) == {
        payment_of(certificate).pk: "account_altered"
    }


def test_a_bank_without_a_format_is_named():
    BankFormatFactory(approved=True, own=True, own_bank_code="111111")
    certificate = granted_certificate()

    assert queries.why_in_no_batch([payment_of(certificate)]) == {payment_of(certificate).pk: "no_format"}


# ── For whom ─────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("role", Role)
def test_whoever_sees_no_decisions_sees_an_empty_desk(role):
    made.no_policy()
    office = {"district": DistrictFactory()} if role in DISTRICT_ROLES else {}

    assert bool(stuck(LATER, role, **office)) == (role in MUNICIPAL_ROLES)


def test_a_district_sees_its_own_decisions_and_nothing_of_batches():
    made.no_account()
    made.sending_stopped()
    own = Entitlement.objects.get().certificate.attempt.enrollment.training_class.district

    assert stuck(LATER, Role.DISTRICT_REVIEWER, district=own) == {"held-account-is-known": 1}
    assert stuck(LATER, Role.DISTRICT_REVIEWER, district=DistrictFactory()) == {}


def test_objections_to_claims_are_narrowed_to_their_district_too():
    payment = payment_on_claim_notice()
    said_against_claim(payment, ObjectionKind.OFFICE)
    desk = queries.Desk(UserFactory(municipal_auditor=True), LATER)
    matter = MATTERS["objections"]

    def narrowed(district: District) -> int:
        return queries.stuck_rows(desk, matter, district_code=district.code).count()

    assert (narrowed(payment.district), narrowed(DistrictFactory())) == (1, 0)


def test_nobody_waits_for_a_training_policy_before_there_is_one():
    TrainingClassFactory(completed=True, locked_count=2)

    assert stuck(LATER) == {}


def test_institutions_have_no_desk_of_their_claims():
    of_claims.district_is_late()
    claim = SubsidyClaim.objects.get()

    assert stuck(LATER, Role.TRAINING_MANAGER, institution=claim.institution) == {}
    assert stuck(LATER, Role.DISTRICT_LEAD, district=claim.district) == {"claims-late-with-the-district": 1}


def test_a_district_sees_the_decisions_of_those_it_took_over_from():
    made.no_account()
    (certificate,) = LevelCertificate.objects.all()
    former = certificate.attempt.enrollment.training_class.district
    middle, heir = DistrictFactory.create_batch(2)
    DistrictSuccessionFactory(predecessor=former, successor=middle)
    DistrictSuccessionFactory(predecessor=middle, successor=heir)
    retired = DateRange(date(2011, 1, 1), NOW.date())
    District.objects.filter(pk__in=[former.pk, middle.pk]).update(in_force=retired)

    for district in (former, middle, heir):
        assert stuck(LATER, Role.DISTRICT_REVIEWER, district=district) == {"held-account-is-known": 1}
    # What the desk leads to opens, too.
    reviewer = UserFactory(district_reviewer=True, district=heir)
    assert list(queries.certificates_visible_to(reviewer)) == [certificate]
    (row,) = rows_of("held-account-is-known", LATER, reviewer)
    assert row.district == former.name
    # Whoever was taken over from does not answer for whoever took over.
    still_before = DistrictSuccessionFactory(predecessor=DistrictFactory(), successor=former).predecessor
    assert stuck(LATER, Role.DISTRICT_REVIEWER, district=still_before) == {}


def test_the_number_counts_what_waits_for_this_person_and_not_for_its_author():
    made.settlement_waits()
    author = RecoverySettlement.objects.get().proposed_by
    other, operator = UserFactory(municipal_finance=True), UserFactory(municipal_operator=True)

    def counted(user: User) -> int:
        return queries.waiting_count(queries.Desk(user, LATER))

    # The recovery itself is not asked for either.
    assert (counted(author), counted(other), counted(operator)) == (1, 2, 0)
    (row,) = rows_of("settlements", LATER, author)
    assert row.act_url == ""
    assert str(author) in row.owner
    (row,) = rows_of("settlements", LATER, other)
    assert row.act_url


# ── What it costs ────────────────────────────────────────────────────────────────────────────────────────
def queries_for(name: str, at) -> int:
    desk = queries.Desk(UserFactory(municipal_finance=True), at)
    with CaptureQueriesContext(connection) as seen:
        queries.what_is_stuck(desk)
        shown_rows(MATTERS[name], list(queries.stuck_rows(desk, MATTERS[name])), desk)
    return len(seen)


@pytest.mark.parametrize(
    ("name", "at"),
    [("held-account-is-known", LATER), ("not-in-a-batch", NEXT_WEEK), ("undecided", LATER)],
)
def test_more_rows_cost_no_more_queries(name, at):
    make = {
        "held-account-is-known": made.no_account_again,
        "not-in-a-batch": granted_certificate,
        "undecided": due_certificate,
    }[name]
    open_programme()
    make()
    few = queries_for(name, at)
    for _number in range(3):
        make()

    assert queries_for(name, at) == few
    assert few <= 14
