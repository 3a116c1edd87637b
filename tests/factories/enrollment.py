import hashlib
import json
from datetime import date, timedelta

import factory
from django.db.backends.postgresql.psycopg_any import DateRange
from factory.django import DjangoModelFactory

from demo.identifiers import make_card_number, make_cnaps, make_credit_code, make_mobile, make_resident_id
from enrollment.enums import (
    AccountSource,
    ClassStatus,
    Education,
    EnrollmentStatus,
    ParticipantCategory,
    RosterStatus,
    RowOutcome,
)
from enrollment.models import (
    BankAccount,
    Enrollment,
    IntakePolicy,
    RosterRow,
    RosterUpload,
    Trainee,
    TrainingClass,
)
from enrollment.queries import account_number_hash, id_number_hash, mobile_number_hash
from enrollment.rules.identifiers import birth_date_of
from institutions.enums import Level
from tests.clock import NOW
from tests.factories.institutions import WHOLE_PLAN, InstitutionFactory, OccupationFactory, UserFactory


class IntakePolicyFactory(DjangoModelFactory):
    """The figures in force over the whole Plan, approved by somebody else than their author."""

    class Meta:
        model = IntakePolicy

    name = "Example intake policy"
    in_force = WHOLE_PLAN
    filing_lead_days = 15
    answer_working_days = 5
    near_duplicate_days = 7
    min_age = 16
    max_age = 65
    roster_lock_days = 0
    download_hours = 24
    source = "Example"
    drafted_by = factory.SubFactory(UserFactory, municipal_administrator=True)
    drafted_at = NOW - timedelta(days=600)
    approved_by = factory.SubFactory(UserFactory, municipal_reviewer=True)
    approved_at = NOW - timedelta(days=599)


class TrainingClassFactory(DjangoModelFactory):
    """A class that was filed; draft=True is earlier, confirmed=True, running=True and completed=True are later."""

    class Meta:
        model = TrainingClass

    class Params:
        draft = factory.Trait(status=ClassStatus.DRAFT, filed_by=None, filed_at=None)
        confirmed = factory.Trait(
            status=ClassStatus.CONFIRMED,
            confirmed_by=factory.SubFactory(
                UserFactory, district_reviewer=True, district=factory.SelfAttribute("..district")
            ),
            confirmed_at=NOW - timedelta(days=229),
        )
        running = factory.Trait(
            confirmed=True, status=ClassStatus.RUNNING, started_at=NOW - timedelta(days=210)
        )
        locked = factory.Trait(running=True, roster_locked_at=NOW - timedelta(days=210), locked_count=1)
        completed = factory.Trait(
            locked=True,
            status=ClassStatus.COMPLETED,
            completed_by=factory.SelfAttribute("filed_by"),
            completed_at=NOW - timedelta(days=100),
        )

    reference = factory.Sequence(lambda n: f"CLASS-{n}")
    institution = factory.SubFactory(InstitutionFactory)
    district = factory.SelfAttribute("institution.district")
    occupation = factory.SubFactory(OccupationFactory)
    level = Level.JUNIOR
    starts_on = date(2026, 3, 9)
    ends_on = date(2026, 6, 26)
    seat_count = 40
    status = ClassStatus.FILED
    drafted_by = factory.SubFactory(
        UserFactory, training_operator=True, institution=factory.SelfAttribute("..institution")
    )
    drafted_at = NOW - timedelta(days=231)
    filed_by = factory.SelfAttribute("drafted_by")
    filed_at = NOW - timedelta(days=230)


class RosterUploadFactory(DjangoModelFactory):
    """A roster that waits to be confirmed; confirmed=True is later. It has no rows."""

    class Meta:
        model = RosterUpload

    class Params:
        confirmed = factory.Trait(
            status=RosterStatus.CONFIRMED,
            confirmed_by=factory.SelfAttribute("uploaded_by"),
            confirmed_at=NOW - timedelta(days=220),
        )

    training_class = factory.SubFactory(TrainingClassFactory, confirmed=True)
    file_name = "roster.xlsx"
    content = factory.Sequence(lambda n: f"roster {n}".encode())
    sha256 = factory.LazyAttribute(lambda upload: hashlib.sha256(upload.content).hexdigest())
    status = RosterStatus.READY
    row_count = checked_count = new_count = 1
    uploaded_by = factory.SelfAttribute("training_class.drafted_by")
    uploaded_at = NOW - timedelta(days=221)
    checked_at = NOW - timedelta(days=221)


class RosterRowFactory(DjangoModelFactory):
    class Meta:
        model = RosterRow

    upload = factory.SubFactory(RosterUploadFactory)
    number = factory.Sequence(lambda n: n + 3)
    outcome = RowOutcome.NEW
    cells = factory.LazyFunction(lambda: json.dumps({}))


class TraineeFactory(DjangoModelFactory):
    """A person; with_account=True gives them a bank account."""

    class Meta:
        model = Trainee
        skip_postgeneration_save = True

    class Params:
        with_account = factory.Trait(
            account=factory.RelatedFactory(
                "tests.factories.enrollment.BankAccountFactory", factory_related_name="trainee"
            )
        )

    name = factory.Sequence(lambda n: f"张{'甲乙丙丁戊己庚辛壬癸'[n % 10]}")
    id_number = factory.Sequence(
        lambda n: make_resident_id(born_on=date(2001, 1, 1) + timedelta(days=n // 1000), sequence=n % 1000)
    )
    id_number_hash = factory.LazyAttribute(lambda trainee: id_number_hash(trainee.id_number))
    birth_date = factory.LazyAttribute(lambda trainee: birth_date_of(trainee.id_number))
    mobile = factory.Sequence(make_mobile)
    mobile_hash = factory.LazyAttribute(lambda trainee: mobile_number_hash(trainee.mobile))
    recorded_at = NOW - timedelta(days=220)


class BankAccountFactory(DjangoModelFactory):
    """A person's current account, from a roster; corrected=True is one that replaced it."""

    class Meta:
        model = BankAccount

    class Params:
        corrected = factory.Trait(
            source=AccountSource.CORRECTION, reason="The bank closed the former account."
        )

    trainee = factory.SubFactory(TraineeFactory)
    number = factory.Sequence(make_card_number)
    number_hash = factory.LazyAttribute(lambda account: account_number_hash(account.number))
    last_four = factory.LazyAttribute(lambda account: account.number[-4:])
    bank_name = "示范银行"
    cnaps = make_cnaps(1)
    source = AccountSource.ROSTER
    recorded_by = factory.SubFactory(UserFactory)
    recorded_at = NOW - timedelta(days=220)


class EnrollmentFactory(DjangoModelFactory):
    """A graduating student in a class; employee=True or earlier_graduate=True, and completed=True."""

    class Meta:
        model = Enrollment

    class Params:
        employee = factory.Trait(
            category=ParticipantCategory.ENTERPRISE_EMPLOYEE,
            school="",
            graduated_on=None,
            employer_name="示范数字科技有限公司",
            employer_credit_code=make_credit_code(1),
        )
        earlier_graduate = factory.Trait(
            category=ParticipantCategory.EARLIER_GRADUATE, graduated_on=date(2023, 6, 30)
        )
        completed = factory.Trait(
            training_class=factory.SubFactory(TrainingClassFactory, completed=True),
            status=EnrollmentStatus.COMPLETED,
            completed_at=NOW - timedelta(days=100),
        )

    training_class = factory.SubFactory(TrainingClassFactory, confirmed=True)
    trainee = factory.SubFactory(TraineeFactory)
    roster_row = factory.SubFactory(
        RosterRowFactory,
        upload__confirmed=True,
        upload__training_class=factory.SelfAttribute("...training_class"),
    )
    training_period = factory.LazyAttribute(
        lambda enrollment: DateRange(
            enrollment.training_class.starts_on, enrollment.training_class.ends_on, "[]"
        )
    )
    category = ParticipantCategory.GRADUATING_STUDENT
    education = Education.BACHELOR
    school = "示范大学"
    graduated_on = date(2026, 6, 30)
    enrolled_at = NOW - timedelta(days=220)
