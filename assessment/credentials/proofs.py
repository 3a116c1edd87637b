"""Signing what a document says, in whatever order it says it: `eddsa-rdfc-2022` of W3C Data Integrity."""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pyld import jsonld

from assessment.credentials.issuer import instant
from assessment.credentials.keys import multibase

CREDENTIALS_CONTEXT: Final = "https://www.w3.org/ns/credentials/v2"
OPEN_BADGES_CONTEXT: Final = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"
CONTEXT_FILES: Final = {
    CREDENTIALS_CONTEXT: "credentials-v2.json",
    OPEN_BADGES_CONTEXT: "open-badges-3.0.3.json",
}


def signed(
    document: Mapping[str, Any], *, key: Ed25519PrivateKey, key_name: str, created: datetime
) -> dict[str, Any]:
    """Return the document with a proof that whoever holds this key said all of it at this moment."""
    proof = {
        "type": "DataIntegrityProof",
        "cryptosuite": "eddsa-rdfc-2022",
        "created": instant(created),
        "verificationMethod": key_name,
        "proofPurpose": "assertionMethod",
    }
    claims = _digest({"@context": document["@context"], **proof}) + _digest(document)
    return {**document, "proof": {**proof, "proofValue": multibase(key.sign(claims))}}


def _digest(document: Mapping[str, Any]) -> bytes:
    statements = jsonld.normalize(
        dict(document),
        {
            "algorithm": "URDNA2015",
            "format": "application/n-quads",
            "documentLoader": _vendored_context,
        },
    )
    return hashlib.sha256(statements.encode()).digest()


def _vendored_context(address: str, _options: object = None) -> dict[str, Any]:
    """Return a context from the tree. Anything else is refused: what is signed must not depend on the network."""
    if address not in CONTEXT_FILES:
        raise LookupError(f"There is no copy of the context {address}.")
    return {
        "contentType": "application/ld+json",
        "contextUrl": None,
        "documentUrl": address,
        "document": _read_context(CONTEXT_FILES[address]),
    }


@lru_cache(maxsize=len(CONTEXT_FILES))
def _read_context(file_name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((Path(__file__).parent / "contexts" / file_name).read_text())
    return document
