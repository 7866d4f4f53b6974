"""What came of sending, in words that say what to do next; every way of sending answers in these."""

from __future__ import annotations

from typing import Final

from schemas.errors import TilikError

AWAY_S: Final = 5.0
"""Rest after a try that nobody answered; ours."""


class Later(TilikError):
    """It was not taken; it may be tried again in so many seconds."""

    def __init__(self, said: str, seconds: float = AWAY_S) -> None:
        super().__init__(said)
        self.seconds = seconds


class Unsure(Later):
    """Nobody answered: it may have been taken."""


class Refused(TilikError):
    """It will never be taken."""
