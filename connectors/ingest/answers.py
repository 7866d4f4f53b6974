"""What a request is answered with when it cannot be taken."""

from __future__ import annotations

from connectors.ingest.bodies import BODY_BYTES


class Answer(Exception):
    """A status, what was expected, and headers (their `-` written `_`)."""

    def __init__(self, status: int, error: str, **headers: str) -> None:
        super().__init__(error)
        self.status, self.error, self.headers = status, error, headers


def too_large() -> Answer:
    """Return what is said to a body above the bound."""
    said = f"expected a body of at most {BODY_BYTES:,} bytes, unpacked too: send it in parts"
    return Answer(413, said, connection="close")
