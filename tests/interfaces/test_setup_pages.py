"""The municipal bureau's own pages: institutions, the working-day calendar, intake policies."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateRange
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from institutions.enums import MUNICIPAL_ROLES, Role
from institutions.models import Accreditation, CalendarDay, FundedQuota, Suspension
from tests.factories.enrollment import IntakePolicyFactory
from tests.factories.institutions import (
    AccreditationFactory,
    FundedQuotaFactory,
    InstitutionFactory,
    OccupationFactory,
)
from tests.factories.standing import SuspensionFactory, known_years
from tests.interfaces.setup_forms import in_days, text_of

pytestmark = pytest.mark.django_db


def of_institution(route: str, institution) -> str:
    return reverse(route, args=[institution.public_id])


@pytest.fixture
def administrator(client_as):
    client = client_as(Role.MUNICIPAL_ADMINISTRATOR, username="administrator")
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    return client


def test_setup_leads_everywhere_and_names_the_year_that_is_missing(administrator):
    SuspensionFactory(in_force=DateRange(timezone.localdate(), None))

    text = text_of(administrator.get(reverse("setup")))

    for route in ("institution-list", "calendar", "intake-policy-list"):
        assert reverse(route) in text
    assert "1 suspended today" in text
    assert f"The working days of {timezone.localdate().year} are not known yet." in text


RECORDS = ("identity-correction-list", "merge-list", "reveal-list")


@pytest.mark.parametrize("role", MUNICIPAL_ROLES)
def test_menu_is_short_and_leads_to_the_records_behind_the_setup(client_as, role):
    client = client_as(role)

    home = text_of(client.get(reverse("certificate-list")))
    menu = home[home.index('class="main-nav"') : home.index("<main")]
    setup = text_of(client.get(reverse("setup")))

    assert menu.count("<li>") == 7
    assert f'href="{reverse("admin:index")}"' in setup
    assert f'href="{reverse("setup")}"' in menu
    for route in RECORDS:
        assert f'href="{reverse(route)}"' in setup
        page = text_of(client.get(reverse(route)))
        assert f'<a href="{reverse("setup")}" aria-current="page">' in page


def test_the_other_list_of_corrections_lies_behind_the_setup_too(client_as):
    page = text_of(client_as(Role.MUNICIPAL_AUDITOR).get(reverse("evidence-correction-list")))

    assert f'<a href="{reverse("setup")}" aria-current="page">' in page


@pytest.mark.parametrize("role", [Role.DISTRICT_LEAD, Role.TRAINING_MANAGER])
def test_setup_leads_others_to_no_records(client_as, role):
    text = text_of(client_as(role).get(reverse("setup")))

    main = text[text.index("<main") :]
    assert not [route for route in RECORDS if reverse(route) in main]


@pytest.mark.parametrize("route", ["identity-correction-list", "evidence-correction-list"])
def test_district_s_menu_leads_to_its_corrections_itself(client_as, route):
    text = text_of(client_as(Role.DISTRICT_LEAD).get(reverse(route)))
    text = text[: text.index("<main")]

    assert f'<a href="{reverse("identity-correction-list")}" aria-current="page">' in text


def test_calendar_shows_each_month_with_holidays_and_make_up_days(administrator):
    known_years(2026)

    text = text_of(administrator.get(f"{reverse('calendar')}?year=2026"))

    assert text.count('class="month"') == 12
    assert "2026: 248 working days" in text
    assert text.count("day-work is-special") == 6
    assert "Mid-autumn Festival" in text
    # Spring Festival is one line of nine days, with a make-up day before and after it.
    assert "× 9" in text
    assert "Set the day" in text


def test_calendar_says_of_an_unknown_year_that_it_is_unknown_and_which_are_known(client_as):
    known_years(2026)

    client = client_as(Role.DISTRICT_LEAD)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"

    text = text_of(client.get(f"{reverse('calendar')}?year=2098"))

    assert "The working days of 2098 are not known" in text
    assert "Known years: 2026" in text
    assert "Set the day" not in text


@pytest.mark.parametrize("asked", ["", "abc", "0000", "99999", "２０２６"])
def test_calendar_without_a_year_to_speak_of_shows_one_that_is_known(administrator, asked):
    known_years(2025)

    assert text_of(administrator.get(reverse("calendar"), {"year": asked})).count('class="month"') == 12


def test_administrator_sets_a_day(administrator):
    known_years(2026)

    response = administrator.post(
        reverse("calendar-day"),
        {"day": "2026-11-14", "is_working": "yes", "name": "", "source": "渝府办发〔2026〕1号"},
    )

    assert response.url == f"{reverse('calendar')}?year=2026"
    assert CalendarDay.objects.get(day="2026-11-14").is_working
    assert "渝府办发〔2026〕1号" in text_of(administrator.get(response.url))


@pytest.mark.parametrize(
    "changes", [{"day": "2098-01-01"}, {"source": "chinesecalendar"}, {"day": "14.11.2026"}]
)
def test_day_that_is_refused_comes_back_with_the_reason(administrator, changes):
    known_years(2026)
    given = {"day": "2026-11-14", "is_working": "yes", "name": "", "source": "Notice 1", **changes}

    response = administrator.post(f"{reverse('calendar-day')}?year=2026", given)

    assert "field-errors" in text_of(response, 422)
    assert not CalendarDay.objects.get(day="2026-11-14").is_working


@pytest.mark.parametrize("part", ["山城", "HILL TOWN", "MA5URFJY0X"])
def test_institution_is_found_by_name_and_credit_code(administrator, part):
    found = InstitutionFactory(
        name_zh="山城技能学校", name_en="Hill Town School", credit_code="91500000MA5URFJY0X"
    )
    other = InstitutionFactory()

    text = text_of(administrator.get(reverse("institution-list"), {"q": part}))

    assert of_institution("institution-detail", found) in text
    assert of_institution("institution-detail", other) not in text


def test_cost_of_the_list_does_not_grow_with_its_rows(administrator):
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            text_of(administrator.get(reverse("institution-list")))
        return len(queries)

    AccreditationFactory()
    few = cost()
    AccreditationFactory.create_batch(5)
    SuspensionFactory.create_batch(5)

    assert cost() == few


def test_cost_of_an_institution_does_not_grow_with_what_it_has(administrator):
    institution = InstitutionFactory()
    AccreditationFactory(institution=institution)
    url = of_institution("institution-detail", institution)

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            text_of(administrator.get(url))
        return len(queries)

    few = cost()
    AccreditationFactory.create_batch(5, institution=institution)
    for year in range(2025, 2030):
        FundedQuotaFactory(institution=institution, year=year)

    assert cost() == few


def test_institution_reads_its_own_page_and_has_no_form_there(client_as):
    suspension = SuspensionFactory(in_force=DateRange(timezone.localdate(), None))
    institution = suspension.institution
    FundedQuotaFactory(institution=institution, seat_count=1234, reserved_count=34)
    AccreditationFactory(institution=institution, direction="视觉")
    client = client_as(Role.TRAINING_OPERATOR, institution=institution)

    response = client.get(reverse("institution-list"))
    text = text_of(client.get(response.url))

    assert response.url == of_institution("institution-detail", institution)
    for shown in ("1,234", "1,200", "视觉", suspension.reason):
        assert shown in text
    assert "<details" not in text


def test_reviewer_has_the_forms_for_suspensions_only(client_as):
    suspension = SuspensionFactory(in_force=DateRange(timezone.localdate(), None))
    AccreditationFactory(institution=suspension.institution)

    text = text_of(
        client_as(Role.MUNICIPAL_REVIEWER).get(of_institution("institution-detail", suspension.institution))
    )

    assert text.count("<details") == 2


def test_administrator_grants_and_ends_an_accreditation(administrator):
    institution, occupation = InstitutionFactory(), OccupationFactory()

    administrator.post(
        of_institution("accreditation-grant", institution),
        {
            "kind": "TRAINING",
            "occupation": occupation.pk,
            "direction": "视觉",
            "level": "SENIOR",
            "first_day": in_days(-30),
            "last_day": in_days(30),
            "source": "目录第三批",
        },
    )
    granted = Accreditation.objects.get(institution=institution)
    administrator.post(
        of_institution("accreditation-end", institution),
        {"accreditation": granted.pk, "last_day": in_days(0), "reason": "机构申请退出"},
    )

    granted.refresh_from_db()
    assert (granted.occupation, granted.direction, granted.level) == (occupation, "视觉", "SENIOR")
    assert granted.in_force == DateRange(
        timezone.localdate() - timedelta(days=30), timezone.localdate() + timedelta(days=1)
    )


def test_accreditation_of_another_institution_cannot_be_ended_here(administrator):
    other = AccreditationFactory()

    response = administrator.post(
        of_institution("accreditation-end", InstitutionFactory()),
        {"accreditation": other.pk, "last_day": in_days(0), "reason": "机构申请退出"},
    )

    other.refresh_from_db()
    text_of(response, 422)
    assert other.in_force.upper.year == 2031


def test_administrator_sets_a_quota_and_reads_why_another_is_refused(administrator):
    quota = FundedQuotaFactory(year=2026, seat_count=100, reserved_count=61)
    url = of_institution("quota-set", quota.institution)

    refused = administrator.post(url, {"year": "2026", "seat_count": "60", "source": "Decision 5"})
    done = administrator.post(url, {"year": "2027", "seat_count": "80", "source": "Decision 6"})

    text = text_of(refused, 422)
    assert "field-errors" in text
    assert '<details class="panel act no-print" open>' in text
    assert done.url == of_institution("institution-detail", quota.institution)
    assert list(FundedQuota.objects.order_by("year").values_list("year", "seat_count")) == [
        (2026, 100),
        (2027, 80),
    ]


def test_reviewer_suspends_and_lifts(client_as):
    institution = InstitutionFactory()
    client = client_as(Role.MUNICIPAL_REVIEWER)

    client.post(
        of_institution("institution-suspend", institution),
        {"first_day": in_days(0), "last_day": in_days(9), "reason": "未按要求报送考勤记录"},
    )
    suspension = Suspension.objects.get(institution=institution)
    during = text_of(client.get(of_institution("institution-detail", institution)))
    client.post(
        of_institution("suspension-lift", institution), {"suspension": suspension.pk, "reason": "已补报"}
    )
    after = text_of(client.get(of_institution("institution-detail", institution)))

    suspension.refresh_from_db()
    assert suspension.in_force.upper == timezone.localdate() + timedelta(days=10)
    assert suspension.lift_reason == "已补报"
    assert ("pill-suspended" in during, "pill-suspended" in after) == (True, False)
    assert "已补报" in after


def test_suspension_without_a_reason_comes_back(client_as):
    institution = InstitutionFactory()

    response = client_as(Role.MUNICIPAL_REVIEWER).post(
        of_institution("institution-suspend", institution), {"first_day": in_days(0), "reason": ""}
    )

    assert "field-errors" in text_of(response, 422)
    assert not Suspension.objects.exists()


@pytest.mark.parametrize("route", ["accreditation-grant", "quota-set", "institution-suspend"])
def test_address_of_an_act_leads_back_to_the_institution(administrator, route):
    institution = InstitutionFactory()

    assert administrator.get(of_institution(route, institution)).url == of_institution(
        "institution-detail", institution
    )


@pytest.mark.parametrize("route", ["intake-policy-approve", "intake-policy-end", "calendar-day"])
def test_address_of_an_act_leads_back_to_its_list(administrator, route):
    response = administrator.get(reverse(route))

    assert response.url == reverse("calendar" if route == "calendar-day" else "intake-policy-list")


def test_institution_finds_the_way_to_its_own_page_in_the_menu(client_as):
    institution = InstitutionFactory()
    client = client_as(Role.EVALUATION_OPERATOR, institution=institution)

    text = text_of(client.get(of_institution("institution-detail", institution)))

    assert f'<a href="{reverse("institution-list")}" aria-current="page">' in text


@pytest.mark.parametrize(
    ("days", "status"),
    [((-9, 0), "pill-ended"), ((-9, 9), "pill-in_force"), ((9, None), "pill-upcoming")],
)
def test_accreditation_and_policy_say_where_they_stand(administrator, days, status):
    today = timezone.localdate()
    first, end = (today + timedelta(days=number) if number is not None else None for number in days)
    accreditation = AccreditationFactory(in_force=DateRange(first, end))
    IntakePolicyFactory(in_force=DateRange(first, end))

    page = text_of(administrator.get(of_institution("institution-detail", accreditation.institution)))
    policies = text_of(administrator.get(reverse("intake-policy-list")))

    assert (status in page, status in policies) == (True, True)


def test_suspension_that_a_colleague_has_just_lifted_is_not_lifted_again(client_as, monkeypatch):
    suspension = SuspensionFactory(in_force=DateRange(timezone.localdate(), None), lifted=True)
    choices = [(suspension.pk, "as it was when the page was opened")]
    monkeypatch.setattr("institutions.views.standing.suspension_choices", lambda *_: choices)

    response = client_as(Role.MUNICIPAL_REVIEWER).post(
        of_institution("suspension-lift", suspension.institution),
        {"suspension": suspension.pk, "reason": "已补报"},
    )

    assert response.status_code == 409
