"""What an office can follow is what its people see, in any world and after whatever happened in it."""

import random
from collections.abc import Callable

import pytest
from django.db.models import Model, QuerySet

from assessment import queries as assessment
from chongqing_dte.foundation.change_steps import stamp_waiting_changes
from chongqing_dte.foundation.models import ResourceChange
from chongqing_dte.foundation.resources import REGISTRY
from enrollment import queries as enrollment
from enrollment.models import RegisterAnswer, TrainingClass
from institutions import queries as institutions
from institutions.enums import DISTRICT_ROLES, EVALUATION_ROLES, TRAINING_ROLES, Role
from institutions.models import District, DistrictSuccession, Field, Institution, User
from institutions.office_queries import offices_of
from subsidies import queries as subsidies
from subsidies.models import SubsidyClaim
from tests.clock import NOW
from tests.factories.assessment import LevelCertificateFactory
from tests.factories.claim_payments import open_training_money, opened_payment
from tests.factories.claims import SubsidyClaimFactory
from tests.factories.enrollment import EnrollmentFactory, RosterUploadFactory, TrainingClassFactory
from tests.factories.institutions import DistrictFactory, FeeScheduleFactory, InstitutionFactory
from tests.factories.registers import RegisterAnswerFactory
from tests.factories.subsidies import granted_certificate
from tests.factories.training import LessonFactory

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

VISIBLE: dict[str, Callable[[User], QuerySet[Model]]] = {
    "districts": institutions.districts_visible_to,
    "occupations": institutions.occupations_visible_to,
    "programme-years": institutions.programme_years_visible_to,
    "fields": lambda user: Field.objects.all(),
    # Fees are announced to everybody.
    "fee-schedules": lambda user: institutions.published_fees(),
    "institutions": institutions.institutions_visible_to,
    "classes": enrollment.classes_visible_to,
    "roster-submissions": enrollment.roster_uploads_visible_to,
    "enrollments": enrollment.enrollments_visible_to,
    "attendance": enrollment.lessons_visible_to,
    "register-answers": lambda user: RegisterAnswer.objects.filter(
        enrollment__in=enrollment.enrollments_visible_to(user)
    ),
    "assessment-sessions": assessment.sessions_visible_to,
    "results": assessment.attempts_visible_to,
    "certificates": assessment.certificates_visible_to,
    "entitlements": subsidies.entitlements_visible_to,
    "claims": subsidies.claims_visible_to,
    "payments": subsidies.payments_visible_to,
}


def people():
    """Yield somebody of every role in every office that there is, and in none."""
    for role in Role:
        if role in DISTRICT_ROLES:
            yield from (User(role=role, district=district) for district in District.objects.order_by("pk"))
        elif role in (*TRAINING_ROLES, *EVALUATION_ROLES):
            bodies = Institution.objects.order_by("pk")
            yield from (User(role=role, institution=institution) for institution in bodies)
        else:
            yield User(role=role)


def differences():
    """Return for whom, and of which kind, what can be followed is not what is seen."""
    stamp_waiting_changes()
    found = []
    for person in people():
        live = ResourceChange.objects.filter(office__in=offices_of(person), is_gone=False)
        followed: dict[str, set[int]] = {}
        for kind, subject_id in live.values_list("kind", "subject_id"):
            followed.setdefault(kind, set()).add(subject_id)
        for kind, visible_to in VISIBLE.items():
            seen = set(visible_to(person).order_by().values_list("pk", flat=True))
            if seen != followed.get(kind, set()):
                found.append((kind, person.role, seen ^ followed.get(kind, set())))
    return found


def make_class(chance, bodies):
    state = chance.choice(["draft", "confirmed", "running"])
    body = chance.choice(bodies)
    training_class = TrainingClassFactory(**{state: True}, institution=body, district=body.district)
    if chance.random() < 0.8:
        enrolled = EnrollmentFactory(training_class=training_class)
        RegisterAnswerFactory(enrollment=enrolled)
        RosterUploadFactory(training_class=training_class)
        LessonFactory(training_class=training_class)
    return training_class


def make_certificate(chance, bodies):
    trainer, evaluator = chance.sample(bodies, 2)
    LevelCertificateFactory(
        attempt__session__institution=evaluator,
        attempt__enrollment__training_class__institution=trainer,
        attempt__enrollment__training_class__district=trainer.district,
    )


def file_a_draft(chance):
    drafts = TrainingClass.objects.filter(filed_at__isnull=True).order_by("pk")
    draft = chance.choice(list(drafts))
    TrainingClass.objects.filter(pk=draft.pk).update(filed_by=draft.drafted_by, filed_at=NOW)


def hand_over_a_claim(chance):
    claim = chance.choice(list(SubsidyClaim.objects.order_by("pk")))
    SubsidyClaim.objects.filter(pk=claim.pk).update(
        district=chance.choice(list(District.objects.order_by("pk")))
    )


def take_a_district_over(chance):
    former, heir = chance.sample(list(District.objects.order_by("pk")), 2)
    DistrictSuccession.objects.get_or_create(predecessor=former, successor=heir)


def move_an_institution(chance):
    body = chance.choice(list(Institution.objects.order_by("pk")))
    Institution.objects.filter(pk=body.pk).update(
        district=chance.choice(list(District.objects.order_by("pk")))
    )


HAPPENINGS = [file_a_draft, hand_over_a_claim, take_a_district_over, move_an_institution]


def test_every_kind_is_looked_at():
    assert set(VISIBLE) == set(REGISTRY.scopes)


@pytest.mark.parametrize("seed", range(3))
def test_office_follows_what_its_people_see(seed):
    chance = random.Random(seed)
    districts = DistrictFactory.create_batch(3)
    bodies = [InstitutionFactory(district=chance.choice(districts)) for _ in range(4)]
    for _ in range(8):
        make_class(chance, bodies)
    for _ in range(3):
        make_certificate(chance, bodies)
    TrainingClassFactory(draft=True, institution=bodies[0], district=bodies[0].district)
    FeeScheduleFactory()
    granted_certificate()
    open_training_money()
    opened_payment()
    SubsidyClaimFactory(district=chance.choice(districts))
    assert differences() == []

    for happen in chance.sample(HAPPENINGS, len(HAPPENINGS)):
        happen(chance)
        stamp_waiting_changes()

    assert differences() == []
