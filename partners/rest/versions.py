"""The dated versions of the API: which there are, what changed in each, and how an answer reads in an older one.

The code knows the newest version only. An older one is made from its answers, step by step backwards, by functions
that know nothing but the answer. A version adds optional input and never asks for more, so requests need no such step.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.http import http_date

from chongqing_dte.foundation.errors import DomainError
from chongqing_dte.foundation.sentences import gettext as _
from chongqing_dte.foundation.sentences import gettext_lazy

HEADER: Final = "API-Version"
# How long a version is answered after the next one has come.
SUPPORT_MONTHS: Final = 24

Answer = dict[str, Any]


@dataclass(frozen=True)
class DownStep:
    """How one resource read before a version: its answer taken back, and which names came and went with it."""

    down: Callable[[Answer], Answer]
    added: frozenset[str] = frozenset()
    removed: frozenset[str] = frozenset()

    def names_before(self, names: frozenset[str]) -> frozenset[str]:
        """Return the names that the answer had."""
        return (names - self.added) | self.removed


@dataclass(frozen=True)
class Version:
    """One version. Nothing of it changes from the day on which it is released."""

    name: str
    released_on: date
    changes: Sequence[str | Promise]
    down: Mapping[str, DownStep] = field(default_factory=dict)
    # Of the kept document, docs/api/openapi-<name>.yaml: written down when the next version is begun.
    document_sha256: str = ""


VERSIONS: Final[tuple[Version, ...]] = (
    Version(
        name="2026-12-01",
        released_on=date(2026, 12, 1),
        changes=(gettext_lazy("The first version."),),
    ),
)


class VersionUnknown(DomainError):
    """There is no such version of the API."""

    status_code = 400
    code = "version_unknown"


class VersionExpired(DomainError):
    """This version of the API is no longer answered."""

    status_code = 400
    code = "version_expired"


class Versions:
    """The versions of an API, oldest first."""

    def __init__(self, versions: Sequence[Version]) -> None:
        self.all = tuple(versions)
        self.names = [version.name for version in self.all]
        self.newest = self.all[-1]

    def asked_for(self, name: str, today: date) -> Version:
        """Return the version of this name. Raises VersionUnknown and VersionExpired, which name those there are."""
        supported = ", ".join(version.name for version in self.all if self.is_supported(version, today))
        if name not in self.names:
            raise VersionUnknown(
                _("There is no such version of the API. There are: %(versions)s.") % {"versions": supported}
            )
        version = self.all[self.names.index(name)]
        if not self.is_supported(version, today):
            raise VersionExpired(
                _("Version %(version)s of the API is no longer answered. There are: %(versions)s.")
                % {"version": name, "versions": supported}
            )
        return version

    def is_supported(self, version: Version, today: date) -> bool:
        """Test whether a version is still answered."""
        ends = self.ends_on(version)
        return ends is None or today < ends

    def ends_on(self, version: Version) -> date | None:
        """Return the day from which a version is no longer answered; None for the newest."""
        later = self.all[self.names.index(version.name) + 1 :]
        return _months_after(later[0].released_on, SUPPORT_MONTHS) if later else None

    def headers(self, version: Version) -> dict[str, str]:
        """Return what an answer says of its version: its name, and from when to when it is on its way out."""
        said = {HEADER: version.name}
        later = self.all[self.names.index(version.name) + 1 :]
        ends = self.ends_on(version)
        if later and ends is not None:
            # RFC 9745 and RFC 8594, which write their dates in two ways.
            said["Deprecation"] = f"@{_timestamp(later[0].released_on)}"
            said["Sunset"] = http_date(_timestamp(ends))
        return said

    def taken_back(self, answer: Answer, *, resource: str, version: Version) -> Answer:
        """Return an answer of the newest version as it reads in this one."""
        for step in self._steps(resource, version):
            answer = step.down(answer)
        return answer

    def names_in(self, names: frozenset[str], *, resource: str, version: Version) -> frozenset[str]:
        """Return how the fields of a resource are called in this version."""
        for step in self._steps(resource, version):
            names = step.names_before(names)
        return names

    def _steps(self, resource: str, version: Version) -> list[DownStep]:
        later = self.all[self.names.index(version.name) + 1 :]
        return [newer.down[resource] for newer in reversed(later) if resource in newer.down]


PUBLISHED: Final = Versions(VERSIONS)


def _months_after(day: date, months: int) -> date:
    years, month = divmod(day.month - 1 + months, 12)
    # Versions begin on a day that every month has.
    return day.replace(year=day.year + years, month=month + 1)


def _timestamp(day: date) -> int:
    return int(datetime.combine(day, time(), tzinfo=UTC).timestamp())
