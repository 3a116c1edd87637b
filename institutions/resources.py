"""Whose the rows of this app are, for those who follow their changes."""

from collections.abc import Callable, Collection, Iterable

from django.db.models import Model

from chongqing_dte.foundation.lookups import Among
from chongqing_dte.foundation.resources import REGISTRY, Scope, ScopesOf
from institutions.models import District, FeeSchedule, Field, Institution, Occupation, ProgrammeYear
from institutions.office_queries import BUREAU, PUBLIC, district_office, institution_office


def scopes_by(
    model: type[Model], *columns: str, offices: Callable[..., Collection[str]], path: str = ""
) -> ScopesOf:
    """Return what reads the scopes of a model's rows: the offices that follow from these columns of a row.

    `path` leads to the row whose columns they are.
    """
    named = ["pk", "public_id", *(f"{path}{column}" for column in columns)]

    def scopes_of(ids: Collection[int]) -> Iterable[Scope]:
        rows = model._default_manager.filter(Among("id", ids)).order_by().values_list(*named)
        return (Scope(subject_id, public_id, offices(*facts)) for subject_id, public_id, *facts in rows)

    return scopes_of


def _of_institution(institution_id: int, district_id: int) -> Collection[str]:
    return BUREAU, district_office(district_id), institution_office(institution_id)


def register() -> None:
    """Say which rows can be followed."""
    for kind, model in (
        ("districts", District),
        ("fields", Field),
        ("occupations", Occupation),
        ("programme-years", ProgrammeYear),
        # Fees are announced to everybody.
        ("fee-schedules", FeeSchedule),
    ):
        REGISTRY.register(kind, scopes_by(model, offices=lambda: (PUBLIC,)))
    REGISTRY.register("institutions", scopes_by(Institution, "pk", "district_id", offices=_of_institution))
