"""A row that should not exist cannot exist: rules about the models, by introspection."""

from collections import Counter
from collections.abc import Iterable, Iterator

import pytest
from django.apps import apps
from django.db import models

from tests.guards.sources import APPS

MODELS = [model for label in ("foundation", *APPS) for model in apps.get_app_config(label).get_models()]


def keys_that_are_not_protected(model: type[models.Model]) -> list[str]:
    """Return the foreign keys whose target could be deleted under them."""
    return [
        field.name
        for field in model._meta.local_fields
        if field.remote_field and field.remote_field.on_delete is not models.PROTECT
    ]


def keys_that_reach_up(model: type[models.Model]) -> list[str]:
    """Return the foreign keys that would give a model of another app an attribute."""
    return [
        field.name
        for field in model._meta.local_fields
        if field.remote_field
        and field.related_model._meta.app_label != model._meta.app_label
        and not str(field.remote_field.related_name).endswith("+")
    ]


def choices_that_nothing_enforces(model: type[models.Model]) -> list[str]:
    """Return the fields with choices for which no constraint named `…_known` lists exactly those choices."""
    enforced = {
        (path.removesuffix("__in"), frozenset(values) - {""})
        for constraint in model._meta.constraints
        if isinstance(constraint, models.CheckConstraint) and constraint.name.endswith("_known")
        for path, values in constraint.condition.children
    }
    return [
        field.name
        for field in model._meta.local_fields
        if field.choices
        and (field.name, frozenset(value for value, _label in field.flatchoices)) not in enforced
    ]


def comparisons_in(condition: models.Q) -> Iterator[tuple[str, bool]]:
    """Yield each field that a condition compares, and True for those that it asks for emptiness."""
    for part in condition.children:
        if isinstance(part, models.Q):
            yield from comparisons_in(part)
        # In a negated comparison Django itself asks whether there is a value.
        elif part[0].endswith("__isnull") or not condition.negated:
            yield part[0].partition("__")[0], part[0].endswith("__isnull")


def comparisons_that_emptiness_passes(model: type[models.Model]) -> list[str]:
    """Return the constraints that compare a field which may be empty, and do not say what emptiness means.

    PostgreSQL lets a row pass whose comparison is neither true nor false.
    """
    found = []
    for constraint in model._meta.constraints:
        if isinstance(constraint, models.CheckConstraint):
            asked = list(comparisons_in(constraint.condition))
            told = {field for field, is_about_emptiness in asked if is_about_emptiness}
            if any(model._meta.get_field(field).null and field not in told for field, _ in asked):
                found.append(constraint.name)
    return found


def repeated(names: Iterable[str]) -> list[str]:
    """Return the names that occur more than once."""
    return [name for name, times in Counter(names).items() if times > 1]


def label_of(model: type[models.Model]) -> str:
    return model._meta.label


@pytest.mark.parametrize("model", MODELS, ids=label_of)
def test_no_row_is_deleted_under_another(model: type[models.Model]) -> None:
    assert keys_that_are_not_protected(model) == []


@pytest.mark.parametrize("model", MODELS, ids=label_of)
def test_foreign_key_to_a_lower_app_leaves_no_attribute_there(model: type[models.Model]) -> None:
    assert keys_that_reach_up(model) == []


@pytest.mark.parametrize("model", MODELS, ids=label_of)
def test_every_choice_is_enforced_by_the_database(model: type[models.Model]) -> None:
    assert choices_that_nothing_enforces(model) == []


@pytest.mark.parametrize("model", MODELS, ids=label_of)
def test_every_comparison_says_what_emptiness_means(model: type[models.Model]) -> None:
    assert comparisons_that_emptiness_passes(model) == []


@pytest.mark.parametrize("model", MODELS, ids=label_of)
def test_model_says_what_a_row_is(model: type[models.Model]) -> None:
    assert not (model.__doc__ or "").startswith(f"{model.__name__}(")


def test_every_constraint_has_a_name_of_its_own() -> None:
    assert repeated(constraint.name for model in MODELS for constraint in model._meta.constraints) == []


def test_every_index_has_a_name_of_its_own() -> None:
    assert repeated(index.name for model in MODELS for index in model._meta.indexes) == []


class Planted(models.Model):
    actor = models.ForeignKey("institutions.User", on_delete=models.CASCADE)
    kind = models.CharField(max_length=3, choices=[("A", "a"), ("B", "b")])
    score = models.IntegerField(null=True)
    half = models.CharField(max_length=3, choices=[("A", "a"), ("B", "b")])

    class Meta:
        app_label = "planted"
        apps = apps.__class__()
        constraints = [
            models.CheckConstraint(name="planted_half_known", condition=models.Q(half__in=["A"])),
            models.CheckConstraint(
                name="planted_score_in_range",
                condition=~models.Q(kind="A") | models.Q(score__range=(0, 100)),
            ),
            models.CheckConstraint(
                name="planted_score_present",
                condition=~models.Q(kind="A") | models.Q(score__isnull=False, score__range=(0, 100)),
            ),
        ]

    def __str__(self) -> str:
        return "planted"


def test_planted_cascade_is_found() -> None:
    assert keys_that_are_not_protected(Planted) == ["actor"]


def test_planted_choices_are_found_without_a_constraint_and_with_half_of_one() -> None:
    assert choices_that_nothing_enforces(Planted) == ["kind", "half"]


def test_planted_comparison_that_an_empty_field_passes_is_found() -> None:
    assert comparisons_that_emptiness_passes(Planted) == ["planted_score_in_range"]


def test_planted_repetition_is_found() -> None:
    assert repeated(["claim_amount_positive", "claim_status_known", "claim_amount_positive"]) == [
        "claim_amount_positive"
    ]
