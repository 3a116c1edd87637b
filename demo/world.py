"""What stands before the demo's main job begins: institutions, people in their offices, a policy, a budget, a class."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils import timezone

from assessment.models import AssessmentPolicy, AssessmentSession
from assessment.services.assessment_policies import (
    AssessmentPolicyDraft,
    approve_assessment_policy,
    draft_assessment_policy,
)
from assessment.services.session_checks import SessionPlan
from assessment.services.sessions import file_session
from chongqing_dte.foundation.proposals import RequestStatus
from demo.identifiers import make_credit_code
from enrollment.models import IntakePolicy, TrainingClass
from enrollment.services.answers import confirm_class
from enrollment.services.filings import draft_class, file_class
from enrollment.services.intake_policies import IntakeDraft, approve_intake_policy, draft_intake_policy
from enrollment.services.plan_checks import ClassPlan, TrainerPlan
from institutions.enums import AccreditationKind, Level, Role
from institutions.models import (
    Accreditation,
    AssessmentSite,
    District,
    FeeSchedule,
    FundedQuota,
    Institution,
    Occupation,
    User,
)
from institutions.services.fees import FeePublication, publish_fee_schedule
from institutions.services.quotas import set_funded_quota
from institutions.services.sites import SitePlan, open_site
from institutions.services.users import Office, create_user
from subsidies.enums import FirstPassRule, FirstPassScope, GraduationYearRule, SubsidyKind
from subsidies.models import Budget, BudgetChange, PolicyVersion
from subsidies.services.budgets import Allotment, approve_budget_change, propose_allotment
from subsidies.services.policy_versions import (
    PolicyDraft,
    approve_policy_version,
    draft_policy_version,
)

PASSWORD = "Chongqing-Demo-2030"  # printed at the end of the demo, and good for nothing else
EXAMPLE = "Example value of the demo; the Plan's full text is not public."
POLICY_SOURCE = (
    "示例。可补贴人员类别、首次通过、以评价机构公布的收费为标准："
    "取自《重庆市数字技术工程师培育项目实施方案（2025—2030 年）》已公开的内容；"
    "补贴比例、各等级上限、首次通过的口径、毕业年度、批次与放款：演示取值，方案全文未公开。\n"
    "Example. Eligible categories, first pass and the published fee as the standard: what is public of the "
    "Implementation Plan for the Digital Technology Engineer Training Program (2025-2030). Share, ceilings, scope of "
    "the first pass, graduation year, batches and release: values of the demo; the Plan's full text is not public."
)
CLASS_REFERENCE = "DEMO-AI-01"
WAITING_REFERENCE = "DEMO-AI-02"
SESSION_REFERENCES = ("DEMO-LA-01", "DEMO-LA-02")


@dataclass(frozen=True)
class World:
    """The rows that the main job starts from."""

    training_class: TrainingClass
    # Filed, and waiting for its district's answer.
    waiting_class: TrainingClass
    sessions: tuple[AssessmentSession, AssessmentSession]


def make_world(*, now: datetime) -> World:
    """Make what is not there yet, and return it. Safe to repeat."""
    today = timezone.localdate(now)
    occupation = Occupation.objects.get(code="2-02-38-01")
    district = District.objects.get(code="500106")
    trainer = _institution("重庆示例数字技能培训学校", "Chongqing Example Digital Skills School", 1, district)
    assessor = _institution("重庆示例人才评价中心", "Chongqing Example Talent Evaluation Center", 2, district)
    _accredit(trainer, AccreditationKind.TRAINING, occupation)
    _accredit(assessor, AccreditationKind.EVALUATION, occupation)
    users = _users(district, trainer, assessor, now)
    _publish_fees(assessor, occupation, users, now)
    _policy(users, now)
    _assessment_policy(users, now)
    site = _site(assessor, district, users, now)
    for kind in SubsidyKind:
        _budget(users, kind, today.year, now)
        _budget(users, kind, today.year + 1, now)

    _intake_policy(users, now)
    for year in (today.year - 1, today.year, today.year + 1):
        _quota(trainer, year, users, now)
    training_class = _class_that_runs(occupation, assessor, users, now)
    waiting_class = _class_that_waits(occupation, assessor, users, now)
    # Filed in time for today, when the demo's people have just completed their class.
    sessions = tuple(
        AssessmentSession.objects.filter(reference=reference).first()
        or file_session(
            plan=SessionPlan(
                reference=reference,
                occupation_id=occupation.pk,
                level=Level.JUNIOR,
                held_on=today,
                site_id=site.pk,
                theory_time=theory_time,
                practice_time=practice_time,
            ),
            filer=users["assessor"],
            now=now - timedelta(days=10),
        )
        for reference, theory_time, practice_time in (
            (SESSION_REFERENCES[0], time(8, 30), time(10)),
            (SESSION_REFERENCES[1], time(14), time(15, 30)),
        )
    )
    first, second = sessions
    return World(training_class, waiting_class, (first, second))


def _class_that_runs(
    occupation: Occupation, assessor: Institution, users: dict[str, User], now: datetime
) -> TrainingClass:
    """A short class that has begun: filed and confirmed in time, its roster open for two days more."""
    found = TrainingClass.objects.filter(reference=CLASS_REFERENCE).first()
    if found is not None:
        return found
    today = timezone.localdate(now)
    plan = _plan(CLASS_REFERENCE, occupation, assessor, today - timedelta(days=5), today - timedelta(days=1))
    drafted = draft_class(plan=plan, drafter=users["school"], now=now - timedelta(days=26))
    file_class(class_id=drafted.pk, filer=users["school"], now=now - timedelta(days=25))
    return confirm_class(class_id=drafted.pk, confirmer=users["district"], now=now - timedelta(days=23))


def _class_that_waits(
    occupation: Occupation, assessor: Institution, users: dict[str, User], now: datetime
) -> TrainingClass:
    """The next class, filed and waiting for its district's answer."""
    found = TrainingClass.objects.filter(reference=WAITING_REFERENCE).first()
    if found is not None:
        return found
    today = timezone.localdate(now)
    plan = _plan(
        WAITING_REFERENCE, occupation, assessor, today + timedelta(days=30), today + timedelta(days=90)
    )
    drafted = draft_class(plan=plan, drafter=users["school"], now=now)
    return file_class(class_id=drafted.pk, filer=users["school"], now=now)


def _plan(
    reference: str, occupation: Occupation, assessor: Institution, starts_on: date, ends_on: date
) -> ClassPlan:
    return ClassPlan(
        reference=reference,
        occupation_id=occupation.pk,
        level=Level.JUNIOR,
        starts_on=starts_on,
        ends_on=ends_on,
        seat_count=40,
        venue="重庆市沙坪坝区示例路 1 号 实训楼 301",
        plan="机器学习基础、数据处理、模型部署三个模块，理论与实训各半。",
        planned_hours=Decimal("40.0"),
        intended_evaluator_id=assessor.pk,
        trainers=(
            TrainerPlan("王授课", "人工智能工程技术人员 高级"),
            TrainerPlan("李实训", "副教授（计算机应用）"),
        ),
    )


def _intake_policy(users: dict[str, User], now: datetime) -> None:
    if IntakePolicy.objects.exists():
        return
    version = draft_intake_policy(
        draft=IntakeDraft(
            name="示例招生登记政策 Example intake policy 2025-2030",
            starts_on=date(2025, 1, 1),
            ends_before=date(2031, 1, 1),
            filing_lead_days=15,
            answer_working_days=5,
            near_duplicate_days=7,
            min_age=16,
            max_age=65,
            # So that the demo's class, which has begun, still takes its roster.
            roster_lock_days=7,
            download_hours=24,
            source=EXAMPLE,
        ),
        author=users["admin"],
        now=now,
    )
    approve_intake_policy(version_id=version.pk, approver=users["reviewer"], now=now)


def _assessment_policy(users: dict[str, User], now: datetime) -> None:
    if AssessmentPolicy.objects.exists():
        return
    version = draft_assessment_policy(
        draft=AssessmentPolicyDraft(
            name="示例考核政策 Example assessment policy 2025-2030",
            starts_on=date(2025, 1, 1),
            ends_before=date(2031, 1, 1),
            theory_pass_mark=Decimal("60.0"),
            practice_pass_mark=Decimal("60.0"),
            admits_outside_candidates=True,
            certificate_number_pattern=r"CQ[0-9]{8,16}",
            filing_lead_days=3,
            results_due_days=30,
            review_window_days=30,
            heaping_band=Decimal("2.0"),
            heaping_share=Decimal("0.5000"),
            identical_count=3,
            signal_candidate_count=10,
            source=EXAMPLE,
        ),
        author=users["admin"],
        now=now,
    )
    approve_assessment_policy(version_id=version.pk, approver=users["reviewer"], now=now)


def _site(assessor: Institution, district: District, users: dict[str, User], now: datetime) -> AssessmentSite:
    plan = SitePlan("沙坪坝示例考核站点", district.pk, "示例路 8 号 二楼机房", 45)
    found = AssessmentSite.objects.filter(institution=assessor, name=plan.name).first()
    return found or open_site(plan=plan, operator=users["assessor"], now=now)


def _quota(trainer: Institution, year: int, users: dict[str, User], now: datetime) -> None:
    if not FundedQuota.objects.filter(institution=trainer, year=year).exists():
        set_funded_quota(
            institution_id=trainer.pk,
            year=year,
            seat_count=200,
            source=EXAMPLE,
            administrator=users["admin"],
            now=now,
        )


ACCOUNTS = (
    ("school", "陈校长", Role.TRAINING_MANAGER),
    ("assessor", "林评价", Role.EVALUATION_OPERATOR),
    ("assessor2", "周复核", Role.EVALUATION_OPERATOR),
    ("district", "沙区审核员", Role.DISTRICT_REVIEWER),
    ("operator", "市局经办", Role.MUNICIPAL_OPERATOR),
    ("reviewer", "市局审核", Role.MUNICIPAL_REVIEWER),
    ("reviewer2", "市局复审", Role.MUNICIPAL_REVIEWER),
    ("finance1", "财务甲", Role.MUNICIPAL_FINANCE),
    ("finance2", "财务乙", Role.MUNICIPAL_FINANCE),
    ("auditor", "市局审计", Role.MUNICIPAL_AUDITOR),
    ("admin", "市局管理员", Role.MUNICIPAL_ADMINISTRATOR),
)
# Who signs a claim for the municipal bureau.
CONFIRMERS = ("reviewer", "reviewer2")


def _users(district: District, trainer: Institution, assessor: Institution, now: datetime) -> dict[str, User]:
    offices = {
        "school": Office(institution=trainer),
        "assessor": Office(institution=assessor),
        "assessor2": Office(institution=assessor),
        "district": Office(district=district),
    }
    known = {user.username: user for user in User.objects.all()}
    return {
        username: known.get(username)
        or create_user(
            username=username,
            full_name=full_name,
            role=role,
            password=PASSWORD,
            now=now,
            office=offices.get(username),
        )
        for username, full_name, role in ACCOUNTS
    }


def _institution(name_zh: str, name_en: str, sequence: int, district: District) -> Institution:
    institution, _created = Institution.objects.get_or_create(
        credit_code=make_credit_code(sequence),
        defaults={"name_zh": name_zh, "name_en": name_en, "district": district},
    )
    return institution


def _accredit(institution: Institution, kind: AccreditationKind, occupation: Occupation) -> None:
    for level in (Level.JUNIOR, Level.INTERMEDIATE):
        Accreditation.objects.get_or_create(
            institution=institution,
            kind=kind,
            occupation=occupation,
            level=level,
            defaults={"in_force": DateRange(date(2025, 1, 1), date(2031, 1, 1))},
        )


def _publish_fees(
    assessor: Institution, occupation: Occupation, users: dict[str, User], now: datetime
) -> None:
    """Two schedules that follow each other: the fee in force on the assessment's day is the one that counts.

    Both were announced before the portal was there, so that the bureau writes them down.
    """
    if FeeSchedule.objects.filter(institution=assessor).exists():
        return
    for practice_fee, starts_on, ends_before in (
        (Decimal("500.00"), date(2025, 1, 1), date(2026, 1, 1)),
        (Decimal("680.00"), date(2026, 1, 1), date(2031, 1, 1)),
    ):
        publish_fee_schedule(
            publication=FeePublication(
                institution_id=assessor.pk,
                occupation_id=occupation.pk,
                level=Level.JUNIOR,
                theory_fee=Decimal("400.00"),
                practice_fee=practice_fee,
                review_fee=Decimal("0.00"),
                announcement_url="https://example.org/fees/2026",
                starts_on=starts_on,
                ends_before=ends_before,
            ),
            publisher=users["operator"],
            now=now,
        )


def _policy(users: dict[str, User], now: datetime) -> None:
    if PolicyVersion.objects.exists():
        return
    version = draft_policy_version(
        draft=PolicyDraft(
            name="示例政策 Example policy 2025-2030",
            starts_on=date(2025, 1, 1),
            ends_before=date(2031, 1, 1),
            first_pass_scope=FirstPassScope.OCCUPATION_AND_LEVEL,
            first_pass_rule=FirstPassRule.FIRST_CERTIFICATE,
            eligible_categories=["GRADUATING_STUDENT", "ENTERPRISE_EMPLOYEE"],
            graduation_year_rule=GraduationYearRule.CALENDAR,
            fee_share=Decimal("1.0000"),
            ceiling_junior=Decimal("2000.00"),
            ceiling_intermediate=Decimal("2000.00"),
            ceiling_senior=Decimal("2000.00"),
            batch_line_limit=500,
            automatic_release_limit=Decimal("0.00"),
            source=POLICY_SOURCE,
        ),
        author=users["admin"],
        now=now,
    )
    approve_policy_version(version_id=version.pk, approver=users["reviewer"], now=now)


def _budget(users: dict[str, User], kind: SubsidyKind, year: int, now: datetime) -> None:
    if not Budget.objects.filter(year=year, kind=kind, allotted__gt=0).exists():
        allotment = Allotment(
            year=year,
            kind=kind,
            district_id=None,
            amount=Decimal("3000000.00"),
            source=EXAMPLE,
        )
        # A demo that was ended in between proposed it already.
        waiting = BudgetChange.objects.filter(
            budget__year=year, budget__kind=kind, status=RequestStatus.PROPOSED
        ).first()
        proposed = waiting or propose_allotment(allotment=allotment, proposer=users["admin"], now=now)
        approve_budget_change(change_id=proposed.pk, decider=users["reviewer"], reason="", now=now)
