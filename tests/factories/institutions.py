from datetime import date, timedelta
from decimal import Decimal

import factory
from django.contrib.auth.hashers import make_password
from django.db.backends.postgresql.psycopg_any import DateRange
from factory.django import DjangoModelFactory

from chongqing_dte.foundation.proposals import RequestStatus
from demo.identifiers import make_card_number, make_cnaps, make_credit_code
from institutions.enums import (
    DISTRICT_ROLES,
    EVALUATION_ROLES,
    TRAINING_ROLES,
    AccreditationKind,
    DistrictKind,
    Level,
    Role,
)
from institutions.models import (
    Accreditation,
    AssessmentSite,
    District,
    FeeSchedule,
    Field,
    FundedQuota,
    Institution,
    InstitutionAccount,
    Occupation,
    User,
)
from institutions.queries import institution_account_hash
from tests.clock import NOW

PASSWORD = "correct horse battery"
WHOLE_PLAN = DateRange(date(2025, 1, 1), date(2031, 1, 1))


class DistrictFactory(DjangoModelFactory):
    class Meta:
        model = District

    code = factory.Sequence(lambda n: f"{600_000 + n}")
    name_zh = factory.Sequence(lambda n: f"第{n}区")
    name_en = factory.Sequence(lambda n: f"District {n}")
    kind = DistrictKind.DISTRICT
    in_force = WHOLE_PLAN


class FieldFactory(DjangoModelFactory):
    class Meta:
        model = Field

    code = factory.Sequence(lambda n: f"test-field-{n}")
    name_zh = factory.Sequence(lambda n: f"领域{n}")
    name_en = factory.Sequence(lambda n: f"Field {n}")
    is_key = True


class OccupationFactory(DjangoModelFactory):
    class Meta:
        model = Occupation

    code = factory.Sequence(lambda n: f"9-{n:02d}")
    name_zh = factory.Sequence(lambda n: f"工程技术人员{n}")
    name_en = factory.Sequence(lambda n: f"Engineer {n}")
    field = factory.SubFactory(FieldFactory)


class InstitutionFactory(DjangoModelFactory):
    class Meta:
        model = Institution

    credit_code = factory.Sequence(make_credit_code)
    name_zh = factory.Sequence(lambda n: f"第{n}培训学校")
    name_en = factory.Sequence(lambda n: f"School {n}")
    district = factory.SubFactory(DistrictFactory)


class AccreditationFactory(DjangoModelFactory):
    class Meta:
        model = Accreditation

    class Params:
        evaluation = factory.Trait(kind=AccreditationKind.EVALUATION)

    institution = factory.SubFactory(InstitutionFactory)
    kind = AccreditationKind.TRAINING
    occupation = factory.SubFactory(OccupationFactory)
    level = Level.JUNIOR
    in_force = WHOLE_PLAN


class FundedQuotaFactory(DjangoModelFactory):
    class Meta:
        model = FundedQuota

    institution = factory.SubFactory(InstitutionFactory)
    year = 2026
    seat_count = 1000
    source = "Example"


class FeeScheduleFactory(DjangoModelFactory):
    class Meta:
        model = FeeSchedule

    institution = factory.SubFactory(InstitutionFactory)
    occupation = factory.SubFactory(OccupationFactory)
    level = Level.JUNIOR
    theory_fee = Decimal("300.00")
    practice_fee = Decimal("500.00")
    review_fee = Decimal("0.00")
    total = factory.LazyAttribute(lambda fee: fee.theory_fee + fee.practice_fee + fee.review_fee)
    announcement_url = "https://example.org/fees"
    in_force = WHOLE_PLAN


def _works_in(role: Role) -> factory.Trait:
    if role in DISTRICT_ROLES:
        return factory.Trait(role=role, district=factory.SubFactory(DistrictFactory))
    if role in (*TRAINING_ROLES, *EVALUATION_ROLES):
        return factory.Trait(role=role, institution=factory.SubFactory(InstitutionFactory))
    return factory.Trait(role=role)


class UserFactory(DjangoModelFactory):
    """A municipal operator, or with one trait somebody else: UserFactory(district_lead=True)."""

    class Meta:
        model = User

    class Params:
        municipal_operator = _works_in(Role.MUNICIPAL_OPERATOR)
        municipal_reviewer = _works_in(Role.MUNICIPAL_REVIEWER)
        municipal_finance = _works_in(Role.MUNICIPAL_FINANCE)
        municipal_auditor = _works_in(Role.MUNICIPAL_AUDITOR)
        municipal_administrator = _works_in(Role.MUNICIPAL_ADMINISTRATOR)
        district_reviewer = _works_in(Role.DISTRICT_REVIEWER)
        district_lead = _works_in(Role.DISTRICT_LEAD)
        training_operator = _works_in(Role.TRAINING_OPERATOR)
        training_manager = _works_in(Role.TRAINING_MANAGER)
        evaluation_operator = _works_in(Role.EVALUATION_OPERATOR)
        machine = factory.Trait(is_machine=True, password=make_password(None))
        register_operator = factory.Trait(role=Role.REGISTER_OPERATOR, machine=True)

    username = factory.Sequence(lambda n: f"user-{n}")
    full_name = factory.Sequence(lambda n: f"Person {n}")
    role = Role.MUNICIPAL_OPERATOR
    password = factory.LazyFunction(lambda: make_password(PASSWORD))


class AssessmentSiteFactory(DjangoModelFactory):
    """A place with forty seats, open; closed=True is not any more."""

    class Meta:
        model = AssessmentSite

    class Params:
        closed = factory.Trait(closed_by=factory.SelfAttribute("opened_by"), closed_at=NOW)

    institution = factory.SubFactory(InstitutionFactory)
    name = factory.Sequence(lambda n: f"考核站点 {n}")
    district = factory.SubFactory(DistrictFactory)
    address = "示例路 8 号 二楼"
    seat_count = 40
    opened_by = factory.SubFactory(
        UserFactory, evaluation_operator=True, institution=factory.SelfAttribute("..institution")
    )
    opened_at = NOW - timedelta(days=200)


class InstitutionAccountFactory(DjangoModelFactory):
    """An account that waits for the finance office; approved=True is where the institution is paid to."""

    class Meta:
        model = InstitutionAccount

    class Params:
        approved = factory.Trait(
            status=RequestStatus.APPROVED,
            decided_by=factory.SubFactory(UserFactory, municipal_finance=True),
            decided_at=NOW - timedelta(days=100),
        )
        replaced = factory.Trait(approved=True, replaced_at=NOW - timedelta(days=10))

    institution = factory.SubFactory(InstitutionFactory)
    holder_name = factory.SelfAttribute("institution.name_zh")
    number = factory.Sequence(make_card_number)
    number_hash = factory.LazyAttribute(lambda account: institution_account_hash(account.number))
    last_four = factory.LazyAttribute(lambda account: account.number[-4:])
    bank_name = "示范银行"
    cnaps = make_cnaps(1)
    reason = "The account that the institution is paid to."
    proposed_by = factory.SubFactory(
        UserFactory, training_manager=True, institution=factory.SelfAttribute("..institution")
    )
    proposed_at = NOW - timedelta(days=101)
