import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from demo.processes import BEAT, HEAVY, WEB, WORKER

REPOSITORY = Path(__file__).resolve().parent.parent.parent
PORTAL_SERVICES = ("web", "worker", "heavy", "beat", "migrate")


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return yaml.safe_load((REPOSITORY / "docker-compose.yml").read_text())


def _as_shell(command: str | list[str]) -> str:
    return command if isinstance(command, str) else " ".join(command)


def test_file_fits_the_compose_specification(compose: dict[str, Any]) -> None:
    schema = json.loads((REPOSITORY / "tests/deployment/compose-spec.json").read_text())

    problems = [error.message for error in Draft202012Validator(schema).iter_errors(compose)]

    assert problems == []


def test_specification_refuses_a_misspelled_key(compose: dict[str, Any]) -> None:
    schema = json.loads((REPOSITORY / "tests/deployment/compose-spec.json").read_text())

    misspelled = {**compose, "services": {"web": {"image": "portal", "healtcheck": {}}}}

    assert not Draft202012Validator(schema).is_valid(misspelled)


def test_every_part_of_the_system_is_there(compose: dict[str, Any]) -> None:
    assert set(compose["services"]) == {*PORTAL_SERVICES, "postgres", "redis"}


def test_every_dependency_is_a_service_and_every_volume_is_declared(compose: dict[str, Any]) -> None:
    services = compose["services"].values()
    dependencies = {name for service in services for name in service.get("depends_on", {})}
    volumes = {mount.split(":")[0] for service in services for mount in service.get("volumes", [])}

    assert dependencies <= set(compose["services"])
    assert volumes == set(compose["volumes"])


def test_beat_cannot_be_doubled(compose: dict[str, Any]) -> None:
    beats = {
        name: service for name, service in compose["services"].items() if "beat" in service.get("command", "")
    }

    assert list(beats) == ["beat"]
    assert beats["beat"]["container_name"]


def test_every_queue_has_a_worker_of_its_own(compose: dict[str, Any], settings: Any) -> None:
    taken = [
        queue[1]
        for service in compose["services"].values()
        if (queue := re.search(r"--queues (\S+)", _as_shell(service.get("command", ""))))
    ]

    assert sorted(taken) == sorted(settings.CELERY_TASK_QUEUES)


def test_broker_keeps_what_it_was_given(compose: dict[str, Any]) -> None:
    command = _as_shell(compose["services"]["redis"]["command"])

    assert "--appendonly yes" in command
    assert "--maxmemory-policy noeviction" in command


@pytest.mark.parametrize("name", PORTAL_SERVICES)
def test_portal_runs_with_production_settings(compose: dict[str, Any], name: str) -> None:
    environment = compose["services"][name]["environment"]

    assert environment["DJANGO_SETTINGS_MODULE"] == "chongqing_dte.settings.production"


@pytest.mark.parametrize("name", PORTAL_SERVICES)
def test_portal_has_every_variable_that_production_insists_on(compose: dict[str, Any], name: str) -> None:
    production = (REPOSITORY / "chongqing_dte/settings/production.py").read_text()
    required = set(re.findall(r'env\.\w+\("(\w+)"\)', production))

    assert required <= set(compose["services"][name]["environment"])


def test_secrets_have_no_default_and_are_explained_in_the_example() -> None:
    text = (REPOSITORY / "docker-compose.yml").read_text()
    example = (REPOSITORY / ".env.example").read_text()
    required = set(re.findall(r"\$\{(\w+):\?", text))
    optional = set(re.findall(r"\$\{(\w+):-", text))

    explained = dict(re.findall(r"^(\w+)=(.*)$", example, re.MULTILINE))

    assert set(explained) == required | optional
    assert [name for name in required if re.search("KEY|PASSWORD", name) and explained[name]] == []


@pytest.mark.parametrize("name", ["web", "worker", "heavy", "postgres", "redis"])
def test_service_says_whether_it_is_well(compose: dict[str, Any], name: str) -> None:
    assert compose["services"][name]["healthcheck"]["test"]


def test_demo_runs_the_very_same_commands(compose: dict[str, Any]) -> None:
    names = ("web", "worker", "heavy", "beat")
    commands = {name: compose["services"][name]["command"].split() for name in names}

    assert commands["web"][:2] == list(WEB[:2])
    assert commands["worker"][: len(WORKER)] == list(WORKER)
    assert commands["heavy"][: len(HEAVY)] == list(HEAVY)
    assert commands["beat"][: len(BEAT)] == list(BEAT)
