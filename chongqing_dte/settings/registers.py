"""How the registers of employment insurance and student status are reached, from the environment."""

from typing import Any
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

REGISTER_NAMES = ("EMPLOYMENT_INSURANCE", "STUDENT_STATUS")
THIS_MACHINE = frozenset({"127.0.0.1", "localhost", "::1"})


def register_connections(env: environ.Env) -> dict[str, dict[str, Any]]:
    """Return the connection to each register that has an address. Without one it is not connected.

    A mistake stops the start: personal data must not go to where nobody meant it to go.
    """
    found = {name: _connection(env, f"REGISTER_{name}") for name in REGISTER_NAMES}
    return {name: connection for name, connection in found.items() if connection["url"]}


def _connection(env: environ.Env, variable: str) -> dict[str, Any]:
    connection = {
        "url": env.str(variable, default="").strip(),
        "token": env.str(f"{variable}_TOKEN", default="").strip(),
        "token_file": env.str(f"{variable}_TOKEN_FILE", default="").strip(),
        "ca_file": env.str(f"{variable}_CA_FILE", default="").strip(),
        "longest_age_days": env.int(f"{variable}_LONGEST_AGE_DAYS", default=7),
    }
    problem = _problem(connection)
    if problem:
        raise ImproperlyConfigured(f"{variable} {problem}")
    return connection


def _problem(connection: dict[str, Any]) -> str:
    if not connection["url"]:
        return ""
    address = urlsplit(connection["url"])
    if address.scheme == "file":
        return "" if address.path and not address.netloc else "must read file:///a/folder."
    if address.scheme not in {"http", "https"} or not address.hostname:
        return "must begin with file:/// or https://."
    if address.scheme == "http" and address.hostname not in THIS_MACHINE:
        return "must be https: what is asked is personal."
    if address.username or address.password or address.query or address.fragment:
        return "must hold nothing but the address."
    return "" if connection["token"] or connection["token_file"] else "has no token."
