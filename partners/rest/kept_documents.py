"""The document of each version, kept under docs/api, so that nobody changes one unseen.

That of the newest version is what the code gives. That of an older one is known by its checksum.
"""

import hashlib
from datetime import date
from pathlib import Path
from typing import Final

from django.conf import settings

from partners.rest.document import as_yaml, document
from partners.rest.versions import PUBLISHED, Version

FOLDER: Final = Path(settings.BASE_DIR) / "docs" / "api"


class Released(Exception):
    """The version stands. What is to be changed begins a new one."""


def path_of(version: Version) -> Path:
    """Return where the document of a version is kept."""
    return FOLDER / f"openapi-{version.name}.yaml"


def stale() -> list[str]:
    """Return the names of the documents that are not what they should be."""
    return [path_of(version).name for version in PUBLISHED.all if not _is_right(version)]


def write(*, today: date) -> None:
    """Write the document of the newest version. Raises Released if it would change one that stands."""
    newest = PUBLISHED.newest
    if _is_right(newest):
        return
    if newest.released_on <= today and path_of(newest).exists():
        raise Released(newest.name)
    path_of(newest).parent.mkdir(parents=True, exist_ok=True)
    path_of(newest).write_bytes(as_yaml(document()))


def _is_right(version: Version) -> bool:
    if not path_of(version).exists():
        return False
    kept = path_of(version).read_bytes()
    if version is PUBLISHED.newest:
        return kept == as_yaml(document())
    return hashlib.sha256(kept).hexdigest() == version.document_sha256
