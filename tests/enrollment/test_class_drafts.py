"""Plans that nobody has been asked about yet."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from chongqing_dte.foundation.errors import InvalidTransition, NotPermitted
from chongqing_dte.foundation.models import AuditEvent
from enrollment.enums import ClassStatus
from enrollment.models import ClassStep, ClassTrainer, TrainingClass
from enrollment.services.filing_checks import PlanRefused
from enrollment.services.filings import change_draft, draft_class
from enrollment.services.plan_checks import TrainerPlan
from institutions.enums import TRAINING_ROLES, Role
from tests.clock import NOW
from tests.enrollment.filings import ENDS_ON, STARTS_ON, plan_for
from tests.factories.enrollment import TrainingClassFactory
from tests.factories.institutions import InstitutionFactory, OccupationFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def drafter():
    return UserFactory(training_operator=True)


@pytest.fixture
def occupation():
    return OccupationFactory()


def codes_of(refusal):
    return [problem.code for problem in refusal.value.problems]


def test_draft_belongs_to_the_drafter_s_institution_and_says_who_and_when(drafter, occupation):
    training_class = draft_class(plan=plan_for(occupation), drafter=drafter, now=NOW)

    training_class.refresh_from_db()
    assert (training_class.status, training_class.institution_id) == (
        ClassStatus.DRAFT,
        drafter.institution_id,
    )
    assert (training_class.drafted_by_id, training_class.drafted_at) == (drafter.pk, NOW)
    assert list(training_class.trainers.values_list("name", "qualification")) == [("王老师", "高级工程师")]


def test_draft_may_be_incomplete(drafter, occupation):
    plan = plan_for(occupation, venue="", plan="", planned_hours=Decimal(0), trainers=())

    draft_class(plan=plan, drafter=drafter, now=NOW)

    assert not ClassTrainer.objects.exists()


def test_draft_leaves_a_step_and_an_event(drafter, occupation):
    training_class = draft_class(plan=plan_for(occupation), drafter=drafter, now=NOW)

    step, event = ClassStep.objects.get(), AuditEvent.objects.get()
    assert (step.from_status, step.to_status, step.actor_id, step.at) == ("", "DRAFT", drafter.pk, NOW)
    assert (event.name, event.subject_id, event.actor_id) == ("class.draft", training_class.pk, drafter.pk)


def test_portal_gives_a_reference_where_there_is_none(drafter, occupation):
    training_class = draft_class(plan=plan_for(occupation), drafter=drafter, now=NOW)

    training_class.refresh_from_db()
    assert training_class.reference == f"TC-2026-{training_class.pk:06d}"


def test_institution_may_give_its_own_reference(drafter, occupation):
    training_class = draft_class(plan=plan_for(occupation, reference="AI-1"), drafter=drafter, now=NOW)

    assert training_class.reference == "AI-1"


def test_reference_of_another_class_is_refused_in_words(drafter, occupation):
    TrainingClassFactory(reference="AI-1")

    with pytest.raises(PlanRefused) as refusal:
        draft_class(plan=plan_for(occupation, reference="AI-1"), drafter=drafter, now=NOW)

    assert codes_of(refusal) == ["reference_taken"]


@pytest.mark.django_db(transaction=True)
def test_refused_reference_leaves_nothing(drafter, occupation):
    TrainingClassFactory(reference="AI-1")

    with pytest.raises(PlanRefused):
        draft_class(plan=plan_for(occupation, reference="AI-1"), drafter=drafter, now=NOW)

    assert (TrainingClass.objects.count(), AuditEvent.objects.count()) == (1, 0)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"level": "MASTER"}, "level_unknown"),
        ({"ends_on": STARTS_ON - timedelta(days=1)}, "ends_before_start"),
        ({"seat_count": 0}, "no_seats"),
        ({"planned_hours": Decimal(-1)}, "hours_negative"),
        ({"trainers": (TrainerPlan("王老师", ""),)}, "trainer_incomplete"),
        ({"trainers": tuple(TrainerPlan(f"王{n}", "工程师") for n in range(11))}, "too_many_trainers"),
        ({"reference": "TC-2026-000001"}, "reference_reserved"),
        ({"reference": "tc-2026-1"}, "reference_reserved"),
        ({"reference": "ＴＣ－２０２６－000001"}, "reference_reserved"),
        ({"reference": "R" * 33}, "reference_too_long"),
        ({"direction": "向" * 65}, "direction_too_long"),
        ({"venue": "路" * 201}, "venue_too_long"),
        ({"ends_on": STARTS_ON + timedelta(days=367)}, "class_too_long"),
        ({"starts_on": date(1999, 12, 31), "ends_on": date(2000, 1, 1)}, "day_unthinkable"),
        ({"starts_on": date(2099, 12, 31), "ends_on": date(2100, 1, 1)}, "day_unthinkable"),
        ({"seat_count": 10**10}, "too_many_seats"),
        ({"planned_hours": Decimal("NaN")}, "hours_no_number"),
        ({"planned_hours": Decimal("sNaN")}, "hours_no_number"),
        ({"planned_hours": Decimal("Infinity")}, "hours_no_number"),
        ({"planned_hours": Decimal(10**7)}, "too_many_hours"),
        ({"planned_hours": Decimal("99999.96")}, "too_many_hours"),
        ({"occupation_id": 10**10}, "occupation_unknown"),
        ({"occupation_id": 10**30}, "occupation_unknown"),
        ({"intended_evaluator_id": 10**10}, "evaluator_unknown"),
        ({"trainers": (TrainerPlan("\u3000\u200b", "工程师"),)}, "trainer_incomplete"),
        ({"trainers": (TrainerPlan("\x00", "工程师"),)}, "trainer_incomplete"),
        ({"trainers": (TrainerPlan("王" * 65, "工程师"),)}, "trainer_too_long"),
        ({"trainers": (TrainerPlan("王", "工" * 129),)}, "trainer_too_long"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_plan_that_contradicts_itself_is_refused(drafter, occupation, changes, code):
    with pytest.raises(PlanRefused) as refusal:
        draft_class(plan=plan_for(occupation, **changes), drafter=drafter, now=NOW)

    assert codes_of(refusal) == [code]
    assert not TrainingClass.objects.exists()


def test_longest_class_and_the_most_of_everything_can_be_planned(drafter, occupation):
    plan = plan_for(
        occupation,
        reference="R" * 32,
        direction="向" * 64,
        venue="路" * 200,
        ends_on=STARTS_ON + timedelta(days=366),
        seat_count=100_000,
        planned_hours=Decimal("99999.9"),
        trainers=(TrainerPlan("王" * 64, "工" * 128),),
    )

    training_class = draft_class(plan=plan, drafter=drafter, now=NOW)

    training_class.refresh_from_db()
    assert (training_class.planned_hours, training_class.seat_count) == (Decimal("99999.9"), 100_000)


@pytest.mark.parametrize("reference", ["  ", "\u3000", "\u200b", "\x00", "\ud800"])
def test_reference_that_nobody_can_see_is_none(drafter, occupation, reference):
    training_class = draft_class(plan=plan_for(occupation, reference=reference), drafter=drafter, now=NOW)

    assert training_class.reference == f"TC-2026-{training_class.pk:06d}"


def test_texts_are_kept_as_they_are_read(drafter, occupation):
    plan = plan_for(
        occupation,
        reference=" ＡＩ－７ ",
        venue="示范路 1号\x00",
        plan="第一周（导论）\r\n第二周\x00\u200b",
        trainers=(TrainerPlan("王老师\u200b", " 高级工程师"), TrainerPlan("王老师", "高级工程师")),
    )

    training_class = draft_class(plan=plan, drafter=drafter, now=NOW)

    training_class.refresh_from_db()
    assert (training_class.reference, training_class.venue) == ("AI-7", "示范路 1号")
    assert training_class.plan == "第一周（导论）\n第二周"
    assert ClassTrainer.objects.get().name == "王老师"


def test_reference_that_looks_like_another_class_s_is_taken(drafter, occupation):
    TrainingClassFactory(reference="AI-1")

    with pytest.raises(PlanRefused) as refusal:
        draft_class(plan=plan_for(occupation, reference="ＡＩ-１"), drafter=drafter, now=NOW)

    assert codes_of(refusal) == ["reference_taken"]


def test_changed_plan_is_checked_as_a_new_one(occupation):
    training_class = TrainingClassFactory(draft=True)
    plan = plan_for(occupation, seat_count=10**10, planned_hours=Decimal("NaN"))

    with pytest.raises(PlanRefused) as refusal:
        change_draft(class_id=training_class.pk, plan=plan, editor=training_class.drafted_by, now=NOW)

    assert codes_of(refusal) == ["too_many_seats", "hours_no_number"]
    assert not AuditEvent.objects.exists()


def test_who_trains_does_not_assess(drafter, occupation):
    plan = plan_for(occupation, intended_evaluator_id=drafter.institution_id)

    with pytest.raises(PlanRefused) as refusal:
        draft_class(plan=plan, drafter=drafter, now=NOW)

    assert codes_of(refusal) == ["evaluator_is_the_trainer"]


def test_all_contradictions_are_told_at_once(drafter, occupation):
    with pytest.raises(PlanRefused) as refusal:
        draft_class(plan=plan_for(occupation, seat_count=0, level="MASTER"), drafter=drafter, now=NOW)

    assert codes_of(refusal) == ["level_unknown", "no_seats"]
    assert all(str(problem) in str(refusal.value) for problem in refusal.value.problems)


def test_trainer_entered_twice_is_one(drafter, occupation):
    trainer = TrainerPlan("王老师", "高级工程师")

    draft_class(plan=plan_for(occupation, trainers=(trainer, trainer)), drafter=drafter, now=NOW)

    assert ClassTrainer.objects.count() == 1


@pytest.mark.parametrize("role", [role for role in Role if role not in TRAINING_ROLES])
def test_only_a_training_institution_plans_a_class(occupation, role):
    with pytest.raises(NotPermitted):
        draft_class(plan=plan_for(occupation), drafter=UserFactory(**{role.lower(): True}), now=NOW)

    assert not TrainingClass.objects.exists()


@pytest.mark.parametrize(
    "state", [{"draft": True}, {"status": "RETURNED", "status_reason": "Dates."}], ids=["draft", "returned"]
)
def test_plan_can_be_changed_while_it_is_in_the_institution_s_hands(occupation, state):
    training_class = TrainingClassFactory(**state)
    plan = plan_for(occupation, venue="新校区", trainers=(TrainerPlan("李老师", "技师"),))

    for _ in range(2):
        change_draft(class_id=training_class.pk, plan=plan, editor=training_class.drafted_by, now=NOW)

    training_class.refresh_from_db()
    assert (training_class.venue, training_class.ends_on) == ("新校区", ENDS_ON)
    assert list(training_class.trainers.values_list("name", flat=True)) == ["李老师"]
    assert set(AuditEvent.objects.values_list("name", flat=True)) == {"class.changed"}


def test_changed_plan_without_a_reference_keeps_the_one_it_has(drafter, occupation):
    training_class = draft_class(plan=plan_for(occupation), drafter=drafter, now=NOW)
    given = training_class.reference

    change_draft(class_id=training_class.pk, plan=plan_for(occupation), editor=drafter, now=NOW)
    change_draft(
        class_id=training_class.pk, plan=plan_for(occupation, reference=given), editor=drafter, now=NOW
    )

    training_class.refresh_from_db()
    assert training_class.reference == given


def test_changed_plan_takes_no_other_class_s_reference(occupation):
    TrainingClassFactory(reference="AI-1")
    training_class = TrainingClassFactory(draft=True)

    with pytest.raises(PlanRefused) as refusal:
        change_draft(
            class_id=training_class.pk,
            plan=plan_for(occupation, reference="AI-1"),
            editor=training_class.drafted_by,
            now=NOW,
        )

    assert codes_of(refusal) == ["reference_taken"]


@pytest.mark.parametrize("state", [{}, {"confirmed": True}, {"running": True}, {"completed": True}])
def test_filed_plan_is_not_changed(occupation, state):
    training_class = TrainingClassFactory(**state)

    with pytest.raises(InvalidTransition):
        change_draft(
            class_id=training_class.pk, plan=plan_for(occupation), editor=training_class.drafted_by, now=NOW
        )


def test_another_institution_changes_nothing(occupation):
    training_class = TrainingClassFactory(draft=True)
    stranger = UserFactory(training_manager=True, institution=InstitutionFactory())

    with pytest.raises(NotPermitted):
        change_draft(class_id=training_class.pk, plan=plan_for(occupation), editor=stranger, now=NOW)

    assert TrainingClass.objects.get().occupation_id == training_class.occupation_id
