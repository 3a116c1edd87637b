"""What a well-meant form of the municipal bureau's own pages holds, and what a page says."""

from datetime import date, timedelta
from itertools import count
from typing import Any

from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils import timezone

from tests.factories.assessment import AssessmentPolicyFactory
from tests.factories.claims import TrainingPolicyVersionFactory
from tests.factories.enrollment import IntakePolicyFactory
from tests.factories.institutions import AccreditationFactory, OccupationFactory
from tests.factories.standing import SuspensionFactory, known_years
from tests.factories.subsidies import PolicyVersionFactory

UNDEFINED = "UNDEFINED_TEMPLATE_VARIABLE"
NUMBERS = count()


def setup_form(route: str, rows: Any) -> dict[str, object]:
    """Return what the form of this route holds, and make the rows that it speaks of."""
    return FORMS.get(route, _empty)(rows)


def text_of(response: Any, status: int = 200) -> str:
    """Return a page as text, after a look at its status code and for variables that are not defined."""
    text: str = response.content.decode()
    assert response.status_code == status
    assert UNDEFINED not in text
    return text


def in_days(number: int) -> str:
    return (timezone.localdate() + timedelta(days=number)).isoformat()


def _empty(_rows: Any) -> dict[str, object]:
    return {}


def _calendar_day(_rows: Any) -> dict[str, object]:
    known_years(2026)
    return {"day": "2026-11-14", "is_working": "yes", "name": "", "source": "Notice 1"}


def _grant(_rows: Any) -> dict[str, object]:
    return {
        "kind": "TRAINING",
        "occupation": OccupationFactory().pk,
        "direction": "",
        "level": "JUNIOR",
        "first_day": in_days(0),
        "last_day": "",
        "source": "List 3",
    }


def _end(rows: Any) -> dict[str, object]:
    accreditation = AccreditationFactory(institution=rows["class"].institution)
    return {"accreditation": accreditation.pk, "last_day": in_days(10), "reason": "Given up."}


def _quota(_rows: Any) -> dict[str, object]:
    return {"year": "2030", "seat_count": "120", "source": "Decision 5"}


def _suspend(_rows: Any) -> dict[str, object]:
    return {"first_day": in_days(1), "last_day": in_days(9), "reason": f"Matter {next(NUMBERS)}."}


def _lift(rows: Any) -> dict[str, object]:
    suspension = SuspensionFactory(institution=rows["class"].institution, reason=f"Matter {next(NUMBERS)}.")
    return {"suspension": suspension.pk, "reason": "It is settled."}


def _approve_policy(_rows: Any) -> dict[str, object]:
    return {"version": _version(approved_by=None, approved_at=None).pk}


def _end_policy(_rows: Any) -> dict[str, object]:
    version = _version()
    last_day = version.in_force.lower + timedelta(days=30)
    return {"version": version.pk, "last_day": last_day.isoformat(), "reason": "Another follows."}


def _version(factory: Any = IntakePolicyFactory, **fields: object) -> Any:
    # Each version has a year of its own, and all of them can be meant.
    year = 2040 + next(NUMBERS) % 50
    return factory(in_force=DateRange(date(year, 1, 1), date(year + 1, 1, 1)), **fields)


def _approve_assessment_policy(_rows: Any) -> dict[str, object]:
    return {"version": _version(AssessmentPolicyFactory, approved_by=None, approved_at=None).pk}


def _end_assessment_policy(_rows: Any) -> dict[str, object]:
    version = _version(AssessmentPolicyFactory)
    last_day = version.in_force.lower + timedelta(days=30)
    return {"version": version.pk, "last_day": last_day.isoformat(), "reason": "Another follows."}


def _approve_subsidy_policy(_rows: Any) -> dict[str, object]:
    return {"version": _version(PolicyVersionFactory).pk}


def _approve_training_policy(_rows: Any) -> dict[str, object]:
    return {"version": _version(TrainingPolicyVersionFactory).pk}


def _end_training_policy(_rows: Any) -> dict[str, object]:
    version = _version(TrainingPolicyVersionFactory, approved=True)
    last_day = version.in_force.lower + timedelta(days=30)
    return {"version": version.pk, "last_day": last_day.isoformat(), "reason": "Another follows."}


def _end_subsidy_policy(_rows: Any) -> dict[str, object]:
    version = _version(PolicyVersionFactory, approved=True)
    last_day = version.in_force.lower + timedelta(days=30)
    return {"version": version.pk, "last_day": last_day.isoformat(), "reason": "Another follows."}


FORMS = {
    "calendar-day": _calendar_day,
    "accreditation-grant": _grant,
    "accreditation-end": _end,
    "quota-set": _quota,
    "institution-suspend": _suspend,
    "suspension-lift": _lift,
    "intake-policy-approve": _approve_policy,
    "intake-policy-end": _end_policy,
    "assessment-policy-approve": _approve_assessment_policy,
    "assessment-policy-end": _end_assessment_policy,
    "policy-version-approve": _approve_subsidy_policy,
    "policy-version-end": _end_subsidy_policy,
    "training-policy-approve": _approve_training_policy,
    "training-policy-end": _end_training_policy,
}
