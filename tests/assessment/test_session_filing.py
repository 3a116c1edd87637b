"""From the filing of a session to where it takes place, or that it does not."""

from datetime import date, time, timedelta

import pytest

from assessment.enums import CertificateOrigin, SessionStatus
from assessment.models import AssessmentSession
from assessment.queries import AssessmentPolicyMissing
from assessment.services.session_checks import SessionPlan, SessionRefused
from assessment.services.sessions import file_session, reschedule_session
from chongqing_dte.foundation.errors import InvalidTransition, NotPermitted
from chongqing_dte.foundation.models import AuditEvent
from institutions.enums import EVALUATION_ROLES, Level, Role
from tests.clock import NOW
from tests.factories.assessment import AssessmentPolicyFactory, AssessmentSessionFactory
from tests.factories.institutions import AccreditationFactory, AssessmentSiteFactory, UserFactory
from tests.factories.standing import SuspensionFactory

pytestmark = pytest.mark.django_db

HELD_ON = date(2026, 11, 7)
MORNING, AFTERNOON = time(9), time(14)


@pytest.fixture
def accreditation():
    AssessmentPolicyFactory(theory_pass_mark="65.0", practice_pass_mark="55.0")
    return AccreditationFactory(evaluation=True)


@pytest.fixture
def filer(accreditation):
    return UserFactory(evaluation_operator=True, institution=accreditation.institution)


def plan_for(accreditation, **changes):
    site = changes.pop("site", None) or AssessmentSiteFactory(institution=accreditation.institution)
    return SessionPlan(
        **{
            "reference": "SESSION-0001",
            "occupation_id": accreditation.occupation_id,
            "level": Level.JUNIOR,
            "held_on": HELD_ON,
            "site_id": site.pk,
            "theory_time": MORNING,
            "practice_time": AFTERNOON,
            **changes,
        }
    )


def codes_of(refusal):
    return [problem.code for problem in refusal.value.problems]


def test_filed_session_is_open_for_candidates(accreditation, filer):
    plan = plan_for(accreditation)

    session = file_session(plan=plan, filer=filer, now=NOW)

    session.refresh_from_db()
    assert (session.status, session.institution_id, session.filed_by_id, session.filed_at) == (
        SessionStatus.FILED,
        filer.institution_id,
        filer.pk,
        NOW,
    )
    assert (session.site_id, session.theory_time, session.practice_time) == (
        plan.site_id,
        MORNING,
        AFTERNOON,
    )
    assert AuditEvent.objects.get().name == "session.filed"


def test_session_keeps_the_pass_marks_of_its_day(accreditation, filer):
    session = file_session(plan=plan_for(accreditation), filer=filer, now=NOW)

    session.refresh_from_db()
    assert session.policy is not None
    assert (str(session.theory_pass_mark), str(session.practice_pass_mark)) == ("65.0", "55.0")


def test_portal_may_number_the_certificates(accreditation, filer):
    plan = plan_for(accreditation, certificate_origin=CertificateOrigin.PORTAL)

    assert file_session(plan=plan, filer=filer, now=NOW).certificate_origin == CertificateOrigin.PORTAL


@pytest.mark.parametrize("reference", ["", "  ", "\u200b"])
def test_portal_gives_a_reference_where_there_is_none(accreditation, filer, reference):
    session = file_session(plan=plan_for(accreditation, reference=reference), filer=filer, now=NOW)

    session.refresh_from_db()
    assert session.reference == f"AS-2026-{session.pk:06d}"


def test_reference_is_kept_as_it_is_read(accreditation, filer):
    session = file_session(plan=plan_for(accreditation, reference=" ＫＨ－７ "), filer=filer, now=NOW)

    session.refresh_from_db()
    assert session.reference == "KH-7"


@pytest.mark.django_db(transaction=True)
def test_reference_of_another_session_is_refused_in_words(accreditation, filer):
    AssessmentSessionFactory(reference="KH-7")

    with pytest.raises(SessionRefused) as refusal:
        file_session(plan=plan_for(accreditation, reference="KH-7"), filer=filer, now=NOW)

    assert codes_of(refusal) == ["reference_taken"]
    assert (AssessmentSession.objects.count(), AuditEvent.objects.count()) == (1, 0)


@pytest.mark.parametrize(
    "changes",
    [
        {"level": Level.SENIOR},
        {"occupation_id": 0},
        {"held_on": date(2031, 1, 1)},
    ],
    ids=["level", "occupation", "after the accreditation"],
)
def test_session_that_the_institution_is_not_accredited_for_is_refused(accreditation, filer, changes):
    AssessmentPolicyFactory(in_force=("2031-01-01", "2032-01-01"))

    with pytest.raises(SessionRefused) as refusal:
        file_session(plan=plan_for(accreditation, **changes), filer=filer, now=NOW)

    assert codes_of(refusal) == ["not_accredited"]
    assert not AssessmentSession.objects.exists()


def test_direction_has_to_be_accredited(accreditation, filer):
    narrow = AccreditationFactory(evaluation=True, institution=accreditation.institution, direction="视觉")

    file_session(plan=plan_for(narrow, direction="视觉"), filer=filer, now=NOW)
    with pytest.raises(SessionRefused) as refusal:
        file_session(plan=plan_for(narrow, direction="语音", reference="B"), filer=filer, now=NOW)

    assert codes_of(refusal) == ["not_accredited"]


def test_accreditation_to_train_is_none_to_assess():
    AssessmentPolicyFactory()
    accreditation = AccreditationFactory()
    filer = UserFactory(evaluation_operator=True, institution=accreditation.institution)

    with pytest.raises(SessionRefused) as refusal:
        file_session(plan=plan_for(accreditation), filer=filer, now=NOW)

    assert codes_of(refusal) == ["not_accredited"]


@pytest.mark.parametrize(
    ("first", "last"),
    [(NOW.date(), NOW.date()), (HELD_ON, HELD_ON + timedelta(days=9))],
    ids=["today", "on the day of the session"],
)
def test_suspended_institution_files_nothing(accreditation, filer, first, last):
    SuspensionFactory(institution=accreditation.institution, in_force=(first, last + timedelta(days=1)))

    with pytest.raises(SessionRefused) as refusal:
        file_session(plan=plan_for(accreditation), filer=filer, now=NOW)

    assert codes_of(refusal) == ["institution_suspended"]


@pytest.mark.parametrize(("days", "codes"), [(2, ["filed_too_late"]), (-1, ["filed_too_late"]), (3, [])])
def test_filing_comes_the_days_of_the_policy_before_the_session(accreditation, filer, days, codes):
    plan = plan_for(accreditation, held_on=NOW.date() + timedelta(days=days))

    try:
        file_session(plan=plan, filer=filer, now=NOW)
        found = []
    except SessionRefused as refusal:
        found = [problem.code for problem in refusal.problems]

    assert found == codes


def test_without_a_policy_of_the_day_nothing_is_filed(accreditation, filer):
    with pytest.raises(AssessmentPolicyMissing):
        file_session(plan=plan_for(accreditation, held_on=date(2031, 5, 1)), filer=filer, now=NOW)

    assert not AssessmentSession.objects.exists()


@pytest.mark.parametrize("kind", ["closed", "another institution's", "none"])
def test_site_is_open_and_ones_own(accreditation, filer, kind):
    site_id = {
        "closed": lambda: AssessmentSiteFactory(institution=accreditation.institution, closed=True).pk,
        "another institution's": lambda: AssessmentSiteFactory().pk,
        "none": lambda: 0,
    }[kind]()

    with pytest.raises(SessionRefused) as refusal:
        file_session(plan=plan_for(accreditation, site_id=site_id), filer=filer, now=NOW)

    assert codes_of(refusal) == ["site_not_open"]


def test_all_that_stands_against_a_filing_is_told_at_once(accreditation, filer):
    plan = plan_for(
        accreditation,
        reference="as-2026-1",
        direction="向" * 65,
        held_on=NOW.date(),
        site_id=0,
        certificate_origin="NOBODY",
    )

    with pytest.raises(SessionRefused) as refusal:
        file_session(plan=plan, filer=filer, now=NOW)

    assert codes_of(refusal) == [
        "reference_reserved",
        "direction_too_long",
        "certificate_origin_unknown",
        "filed_too_late",
        "site_not_open",
    ]


@pytest.mark.parametrize(
    ("changes", "code"),
    [({"reference": "R" * 33}, "reference_too_long"), ({"held_on": date(1999, 12, 31)}, "day_unthinkable")],
)
def test_what_cannot_be_kept_is_refused(accreditation, filer, changes, code):
    AssessmentPolicyFactory(in_force=("1999-01-01", "2000-01-01"))

    with pytest.raises(SessionRefused) as refusal:
        file_session(plan=plan_for(accreditation, **changes), filer=filer, now=NOW)

    assert code in codes_of(refusal)


@pytest.mark.parametrize("role", [role for role in Role if role not in EVALUATION_ROLES])
def test_only_an_evaluation_institution_files_a_session(accreditation, role):
    with pytest.raises(NotPermitted):
        file_session(plan=plan_for(accreditation), filer=UserFactory(**{role.lower(): True}), now=NOW)

    assert not AssessmentSession.objects.exists()


# ── Where and when ───────────────────────────────────────────────────────────────────────────────────────
def reschedule(session, **changed):
    return reschedule_session(
        **{
            "session_id": session.pk,
            "site_id": AssessmentSiteFactory(institution=session.institution).pk,
            "times": (time(8, 30), time(13)),
            "scheduler": session.filed_by,
            "now": NOW,
            **changed,
        }
    )


def test_place_and_times_change_until_the_admission():
    session = AssessmentSessionFactory()
    site = AssessmentSiteFactory(institution=session.institution)

    reschedule(session, site_id=site.pk)

    session.refresh_from_db()
    assert (session.site, session.theory_time, session.practice_time) == (site, time(8, 30), time(13))
    event = AuditEvent.objects.get()
    assert (event.name, event.facts["theory"], event.facts["site"]) == (
        "session.rescheduled",
        "08:30",
        site.pk,
    )


@pytest.mark.parametrize("state", ["admitted", "recorded", "cancelled"])
def test_candidates_who_were_told_where_and_when_are_told_no_other(state):
    session = AssessmentSessionFactory(**{state: True})

    with pytest.raises(InvalidTransition):
        reschedule(session)

    session.refresh_from_db()
    assert session.site is None


def test_session_moves_to_no_other_institution_s_site():
    session = AssessmentSessionFactory()

    with pytest.raises(SessionRefused) as refusal:
        reschedule(session, site_id=AssessmentSiteFactory().pk)

    assert codes_of(refusal) == ["site_not_open"]


def test_other_institution_moves_nothing():
    session = AssessmentSessionFactory()

    with pytest.raises(NotPermitted):
        reschedule(session, scheduler=UserFactory(evaluation_operator=True))

    assert not AuditEvent.objects.exists()
