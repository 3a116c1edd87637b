"""Where personal data may be sent: an address that could be a mistake stops the start."""

from importlib import import_module

import environ
import pytest
from django.core.exceptions import ImproperlyConfigured

from enrollment.enums import RegisterName
from enrollment.registers.connections import connected_registers, is_connected
from tests.clock import NOW

# Settings are for django.conf to import; here they are what is tested.
reading = import_module("chongqing_dte.settings.registers")
VARIABLE = "REGISTER_STUDENT_STATUS"


class Surroundings(environ.Env):
    """An environment of the test's own."""

    def __init__(self, **variables):
        super().__init__()
        self.ENVIRON = variables


def connections(**variables):
    return reading.register_connections(Surroundings(**variables))


def test_every_register_can_be_configured():
    assert set(reading.REGISTER_NAMES) == set(RegisterName)


def test_without_an_address_nothing_is_connected():
    assert connections() == connections(**{VARIABLE: " "}) == {}


@pytest.mark.parametrize(
    "variables",
    [
        {VARIABLE: "file:///srv/registers/students"},
        {VARIABLE: "https://register.example/questions", f"{VARIABLE}_TOKEN": "t"},
        {VARIABLE: "https://register.example/questions", f"{VARIABLE}_TOKEN_FILE": "/run/secrets/t"},
        {VARIABLE: "http://127.0.0.1:8001/questions", f"{VARIABLE}_TOKEN": "t"},
    ],
)
def test_connection_is_taken(settings, variables):
    settings.REGISTERS = connections(**variables)

    assert list(settings.REGISTERS) == ["STUDENT_STATUS"]
    assert is_connected(RegisterName.STUDENT_STATUS)
    assert not is_connected(RegisterName.EMPLOYMENT_INSURANCE)
    assert list(connected_registers(today=NOW.date())) == [RegisterName.STUDENT_STATUS]


@pytest.mark.parametrize(
    ("address", "problem"),
    [
        ("file://folder", "file:///"),
        ("ftp://register.example/", "https://"),
        ("register.example", "https://"),
        ("https://", "https://"),
        ("http://register.example/", "must be https"),
        ("https://user:secret@register.example/", "nothing but"),
        ("https://register.example/?id=1", "nothing but"),
        ("https://register.example/", "no token"),
    ],
)
def test_mistake_stops_the_start(address, problem):
    variables = {VARIABLE: address}
    if problem != "no token":
        variables[f"{VARIABLE}_TOKEN"] = "t"

    with pytest.raises(ImproperlyConfigured, match=problem) as stopped:
        connections(**variables)

    assert VARIABLE in str(stopped.value)
    assert "secret" not in str(stopped.value)
