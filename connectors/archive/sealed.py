"""Small objects of an archive that carry their own checksum: a line of content, a line of SHA-256."""

from __future__ import annotations

import hashlib


def sealed(body: bytes) -> bytes:
    """Return a line of content with its checksum."""
    return body + b"\n" + _sum(body) + b"\n"


def opened(content: bytes) -> bytes | None:
    """Return what was sealed; None where its bytes are not those that were written."""
    body, _, check = content.rstrip(b"\n").rpartition(b"\n")
    return body if _sum(body) == check else None


def _sum(body: bytes) -> bytes:
    return hashlib.sha256(body).hexdigest().encode()
