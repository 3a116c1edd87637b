"""What a scan is, by its first bytes. What it is called says nothing. Pure."""

from typing import Final

EVIDENCE_MAX_BYTES: Final = 5 * 1024 * 1024
# First bytes, the content type and the ending under which it is handed out.
KINDS: Final = (
    (b"\xff\xd8\xff", "image/jpeg", "jpg"),
    (b"\x89PNG\r\n\x1a\n", "image/png", "png"),
    (b"%PDF-", "application/pdf", "pdf"),
)


def evidence_kind(content: bytes) -> tuple[str, str] | None:
    """Return the content type and the ending of a JPEG, PNG or PDF file, or None for anything else."""
    return next(((kind, ending) for start, kind, ending in KINDS if content.startswith(start)), None)
