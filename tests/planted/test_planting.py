"""Every bug can still be planted, its test is there, and what the models gain has to name a test too."""

import ast
from functools import cache
from pathlib import Path

import pytest

from subsidies.services import deliveries
from tests.guards.sources import REPOSITORY
from tests.planted.kinds import CannotBePlanted, Rewritten
from tests.planted.plants import every_plant
from tests.planted.schema import FIELDS, NAMED, models_of_money, schema_plants

PLANTS = every_plant()
REWRITTEN = [plant for plant in PLANTS if isinstance(plant, Rewritten)]
ASKING = "not channel.knows(batch.file_name)"


@cache
def names_in(path: str) -> set[str]:
    """Return the names of the functions in a file of tests."""
    tree = ast.parse((REPOSITORY / path).read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def is_there(test: str) -> bool:
    """Test whether there is a test of this name; which of its parameters there are is seen when it runs."""
    path, _, name = test.partition("::")
    return Path(REPOSITORY / path).is_file() and name.partition("[")[0] in names_in(path)


def rewritten(text: str, instead: str) -> Rewritten:
    return Rewritten(
        name="tried", bug="it is tried", module=deliveries.__name__, text=text, instead=instead, test=""
    )


@pytest.mark.parametrize("plant", REWRITTEN, ids=lambda plant: plant.name)
def test_text_that_is_to_be_rewritten_stands_once(plant):
    function, code = plant.function_and_code()

    assert code != function.__code__


@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: plant.name)
def test_test_that_is_to_fail_is_there(plant):
    assert is_there(plant.test)


def test_every_bug_has_a_name_of_its_own():
    assert len({plant.name for plant in PLANTS}) == len(PLANTS)


def test_every_unique_key_and_trigger_of_the_money_is_dropped_once():
    assert [plant.name for plant in schema_plants() if not plant.test] == []


def test_no_test_is_named_for_what_is_not_there():
    names = {plant.name for plant in schema_plants()}

    assert {*NAMED, *FIELDS} - names == set()


def test_models_are_looked_at():
    assert len(models_of_money()) > 20
    assert len(PLANTS) > 150


def test_function_has_its_own_code_again_afterwards():
    plant = rewritten(ASKING, "not channel.knows(batch.reference)")
    function, code = plant.function_and_code()
    own = function.__code__

    with plant.planted():
        assert function.__code__ == code
    assert function.__code__ is own


@pytest.mark.parametrize(
    ("text", "instead"),
    [
        ("channel.never_asks(", "pass"),
        ("batch_id", "batch"),
        ("log = structlog", "log = None"),
        (ASKING, "nobody_knows(batch)"),
    ],
    ids=["is not there", "stands more than once", "stands in no function", "names what is unknown"],
)
def test_what_cannot_be_planted_is_told(text, instead):
    with pytest.raises(CannotBePlanted):
        rewritten(text, instead).function_and_code()
