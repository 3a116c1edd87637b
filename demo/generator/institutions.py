"""Who takes part: institutions over the districts, their people, accreditations, fees and the bureaus' staff."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Final

from django.db.backends.postgresql.psycopg_any import DateRange

from demo.generator import figures
from demo.generator.names import make_name
from demo.generator.scene import Assessor, Fee, Offices, Staff, Subject, Trainer, at
from demo.identifiers import make_credit_code
from institutions.enums import AccreditationKind, Role
from institutions.models import (
    Accreditation,
    AssessmentSite,
    District,
    DistrictSuccession,
    FeeSchedule,
    Institution,
    Occupation,
    Suspension,
    User,
)

END: Final = date(2031, 1, 1)
LONG_AGO: Final = date(1997, 1, 1)
# Credit codes of the world's institutions; the demo's own begin with 1.
TRAINERS_FROM, ASSESSORS_FROM = 1000, 2000
WORDS: Final = (
    ("北辰", "Beichen"), ("嘉渝", "Jiayu"), ("山城", "Shancheng"), ("巴山", "Bashan"), ("渝江", "Yujiang"),
    ("智汇", "Zhihui"), ("云帆", "Yunfan"), ("启航", "Qihang"), ("明德", "Mingde"), ("博学", "Boxue"),
    ("立新", "Lixin"), ("星河", "Xinghe"), ("金桥", "Jinqiao"), ("朝天", "Chaotian"), ("两江", "Liangjiang"),
    ("缙云", "Jinyun"), ("歌乐", "Gele"), ("长风", "Changfeng"), ("卓越", "Zhuoyue"), ("天元", "Tianyuan"),
)  # fmt: skip
TRAINER_KINDS: Final = (
    ("数字技能培训学校", "Digital Skills School"),
    ("职业培训中心", "Vocational Training Center"),
    ("信息技术培训学院", "Information Technology Institute"),
)
ASSESSOR_KIND: Final = ("人才评价中心", "Talent Evaluation Center")
# Of the national occupational standards.
DIRECTIONS: Final = {
    "2-02-38-01": ("人工智能平台产品实现", "自然语言及语音处理产品实现", "计算机视觉产品实现"),
    "2-02-38-03": ("大数据处理", "大数据分析", "大数据管理"),
    "2-02-38-04": ("云计算运维", "云计算开发"),
}
LEVELS: Final = ("JUNIOR", "INTERMEDIATE", "SENIOR")
ADMINISTRATOR: Final = "gw-administrator"
UNUSABLE_PASSWORD: Final = "!made up, cannot sign in"


def open_offices(class_count: int, *, since: date, chance: Random) -> Offices:
    """Make the institutions and the people that so many classes need, or find them, and return them."""
    districts = _districts_now()
    occupations = list(Occupation.objects.order_by("code"))
    trainer_count = min(max(-(-class_count // 25), 4), len(WORDS) * len(TRAINER_KINDS))
    assessor_count = min(max(trainer_count // 6, 2), 10)
    chance.shuffle(districts)
    trainers = [
        _institution(TRAINERS_FROM + place, TRAINER_KINDS[place // len(WORDS)], districts)
        for place in range(trainer_count)
    ]
    assessors = [
        _institution(ASSESSORS_FROM + place, ASSESSOR_KIND, districts) for place in range(assessor_count)
    ]
    staff = _staff(trainers, chance)
    offices = Offices(
        trainers=[
            _trainer(institution, _taught_by(place, occupations), since, chance)
            for place, institution in enumerate(trainers)
        ],
        assessors=[
            _assessor(institution, occupations[place % 2 :: 2], since, chance)
            for place, institution in enumerate(assessors)
        ],
        staff=staff,
        directions={o.pk: DIRECTIONS[o.code] for o in occupations if o.code in DIRECTIONS},
        occupation_codes={occupation.pk: occupation.code for occupation in occupations},
    )
    _suspend_one(trainers, staff, since)
    return offices


def _districts_now() -> list[District]:
    """Return the districts of today; a zone that reviews claims is as good as any."""
    return list(District.objects.filter(in_force__endswith__isnull=True).order_by("code"))


def _institution(sequence: int, kind: tuple[str, str], districts: Sequence[District]) -> Institution:
    word = WORDS[sequence % len(WORDS)]
    institution, _made = Institution.objects.get_or_create(
        credit_code=make_credit_code(sequence),
        defaults={
            "name_zh": f"重庆示例{word[0]}{kind[0]}",
            "name_en": f"Chongqing Example {word[1]} {kind[1]}",
            "district": districts[sequence % len(districts)],
        },
    )
    return institution


def _taught_by(place: int, occupations: Sequence[Occupation]) -> list[Occupation]:
    """Return four occupations. The first key fields are taught by more institutions than the others."""
    key = [occupation for occupation in occupations if occupation.field.is_key]
    others = [occupation for occupation in occupations if not occupation.field.is_key]
    chosen = [key[place % len(key)], key[(place + 1) % len(key)]]
    return chosen + [others[(2 * place + step) % len(others)] for step in range(2)]


def _trainer(
    institution: Institution, occupations: Iterable[Occupation], since: date, chance: Random
) -> Trainer:
    subjects = [Subject(occupation.pk, level) for occupation in occupations for level in LEVELS]
    _accredit(institution, AccreditationKind.TRAINING, subjects, since)
    return Trainer(
        institution_id=institution.pk,
        name=institution.name_zh,
        districts=_competent_districts(institution),
        operator_id=_user(
            f"gw-{institution.credit_code[8:16]}-op", Role.TRAINING_OPERATOR, chance, institution=institution
        ),
        manager_id=_user(
            f"gw-{institution.credit_code[8:16]}-mgr", Role.TRAINING_MANAGER, chance, institution=institution
        ),
        subjects=subjects,
    )


def _assessor(
    institution: Institution, occupations: Iterable[Occupation], since: date, chance: Random
) -> Assessor:
    subjects = [Subject(occupation.pk, level) for occupation in occupations for level in LEVELS]
    _accredit(institution, AccreditationKind.EVALUATION, subjects, since)
    operator_id = _user(
        f"gw-{institution.credit_code[8:16]}-as", Role.EVALUATION_OPERATOR, chance, institution=institution
    )
    return Assessor(
        institution_id=institution.pk,
        operator_id=operator_id,
        site_id=_site(institution, operator_id, since),
        fees={subject: _published_fees(institution, subject, since, chance) for subject in subjects},
    )


def _site(institution: Institution, operator_id: int, since: date) -> int:
    """Return the institution's site, opened if there was none."""
    site, _made = AssessmentSite.objects.get_or_create(
        institution=institution,
        closed_at=None,
        defaults={
            "name": f"{institution.name_zh}考核站点",
            "district": institution.district,
            "address": f"{institution.district.name_zh}示例路 9 号",
            "seat_count": figures.SEATS_OF_A_SITE,
            "opened_by_id": operator_id,
            "opened_at": at(since - timedelta(days=100), 9),
        },
    )
    return site.pk


def _accredit(institution: Institution, kind: str, subjects: Iterable[Subject], since: date) -> None:
    held = set(
        Accreditation.objects.filter(institution=institution, kind=kind, direction="").values_list(
            "occupation_id", "level"
        )
    )
    Accreditation.objects.bulk_create(
        Accreditation(
            institution=institution,
            kind=kind,
            occupation_id=subject.occupation_id,
            level=subject.level,
            in_force=DateRange(since - timedelta(days=120), END),
        )
        for subject in subjects
        if (subject.occupation_id, subject.level) not in held
    )


def _published_fees(institution: Institution, subject: Subject, since: date, chance: Random) -> list[Fee]:
    """Return the schedules of one assessment, each following the one before; a year's is a little dearer."""
    kind = {"institution": institution, "occupation_id": subject.occupation_id, "level": subject.level}
    if not FeeSchedule.objects.filter(direction="", **kind).exists():
        least, most = figures.FEES[subject.level]
        total = Decimal(chance.randrange(least, most + 1, 20))
        middle = date(since.year + 1, 1, 1)
        for first, behind, more in ((since - timedelta(days=120), middle, 0), (middle, END, 40)):
            FeeSchedule.objects.create(**kind, **_fee(total + more, subject.level, DateRange(first, behind)))
    schedules = FeeSchedule.objects.filter(direction="", **kind).order_by("in_force")
    return [Fee(schedule.pk, schedule.in_force.lower or LONG_AGO, schedule.total) for schedule in schedules]


def _fee(total: Decimal, level: str, in_force: DateRange) -> dict[str, object]:
    review = figures.REVIEW_FEE_OF_SENIORS if level == "SENIOR" else Decimal("0.00")
    theory = Decimal("400.00")
    return {
        "theory_fee": theory,
        "practice_fee": total - theory - review,
        "review_fee": review,
        "total": total,
        "announcement_url": "https://example.org/fees/",
        "in_force": in_force,
    }


def _competent_districts(institution: Institution) -> list[tuple[date, int]]:
    """Return the institution's district and, where that is younger than the Plan, the one before it."""
    founded = institution.district.in_force.lower
    if founded is None:
        return [(LONG_AGO, institution.district_id)]
    before = DistrictSuccession.objects.filter(successor=institution.district).order_by("predecessor__code")
    predecessors = list(before.values_list("predecessor_id", flat=True))
    return [
        (LONG_AGO, predecessors[int(institution.credit_code[8:16]) % len(predecessors)]),
        (founded, institution.district_id),
    ]


def _staff(trainers: Sequence[Institution], chance: Random) -> Staff:
    district_ids = {
        district_id for trainer in trainers for _since, district_id in _competent_districts(trainer)
    }
    districts: Mapping[int, District] = District.objects.in_bulk(sorted(district_ids))
    return Staff(
        administrator=_user(ADMINISTRATOR, Role.MUNICIPAL_ADMINISTRATOR, chance),
        reviewer=_user("gw-reviewer", Role.MUNICIPAL_REVIEWER, chance),
        operator=_user("gw-operator", Role.MUNICIPAL_OPERATOR, chance),
        finance=(
            _user("gw-finance-1", Role.MUNICIPAL_FINANCE, chance),
            _user("gw-finance-2", Role.MUNICIPAL_FINANCE, chance),
        ),
        district_reviewers={
            key: _user(f"gw-{district.code}", Role.DISTRICT_REVIEWER, chance, district=district)
            for key, district in districts.items()
        },
    )


def _user(username: str, role: Role, chance: Random, **office: District | Institution) -> int:
    sex = chance.choice(("man", "woman"))
    user, _made = User.objects.get_or_create(
        username=username,
        defaults={
            "full_name": make_name(chance, sex=sex),
            "role": role,
            "password": UNUSABLE_PASSWORD,
            **office,
        },
    )
    return user.pk


def _suspend_one(trainers: Sequence[Institution], staff: Staff, since: date) -> None:
    """The last institution was suspended for a month, and that was lifted."""
    institution = trainers[-1]
    if Suspension.objects.filter(institution=institution).exists():
        return
    first = since + timedelta(days=30)
    Suspension.objects.create(
        institution=institution,
        in_force=DateRange(first, first + timedelta(days=30)),
        reason="抽查发现签到表与课表不符，责令整改。",
        imposed_by_id=staff.reviewer,
        imposed_at=at(first, 12),
        lifted_by_id=staff.reviewer,
        lifted_at=at(first + timedelta(days=30), 12),
        lift_reason="整改完成。",
    )
