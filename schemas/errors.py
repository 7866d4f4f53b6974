"""One tree of exceptions: what was expected, what came, where, and what to do."""

from typing import Final

from schemas.plain import listed

SHOWN: Final = 50
"""Mistakes that are said at once: nobody mends more from one list."""


class TilikError(Exception):
    """Anything that ends a command with exit code 1 and a reason on stderr."""


class UsageError(TilikError):
    """Wrong usage or settings: exit code 2."""


class RegistryError(UsageError):
    """A registry with mistakes; ``mistakes`` holds every one, with file and place, the text the first of many."""

    def __init__(self, mistakes: list[str]) -> None:
        more = len(mistakes) - SHOWN
        rest = [f"... and {more:,} more of {len(mistakes):,} mistakes: tilik registry check --all lists them"]
        super().__init__(listed([*mistakes[:SHOWN], *(rest if more > 0 else [])]))
        self.mistakes = mistakes


class WarehouseError(TilikError):
    """The warehouse cannot be reached, is locked, full or of another version."""


class WarehouseAway(WarehouseError):
    """It does not answer, is busy or has no room now: waiting may mend it."""


class SourceError(TilikError):
    """A broker or a spool that no waiting brings back: a wrong password, a topic that is gone, a file that is torn."""


class SourceAway(SourceError):
    """A broker that does not answer, a spool whose disk is not there: waiting may mend it."""


class ArchiveError(TilikError):
    """An archive that cannot be read or written: a file that is torn or gone, a folder that may not be written."""


class ArchiveAway(ArchiveError):
    """It does not answer, or has no room now: waiting may mend it."""


class StateError(TilikError):
    """What a run remembers does not fit what it is asked to do."""


class StateAway(TilikError):
    """The disk of what a run remembers has no room now: waiting may mend it."""


class ConflictError(TilikError):
    """A replay would write over minutes that other input stored."""
