"""The registry by time that a stream goes by: kept in its state, so that all its processes go by the same.

`tilik registry apply` puts another in its place, and running processes see that it is another.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Final

import msgspec

from flows.live import place, telling
from flows.live.place import Place
from schemas.errors import StateError
from schemas.local_time import MINUTE_US
from schemas.registry import Registry, fingerprint

FORMAT: Final = 1


class Kept(msgspec.Struct, frozen=True):
    """A registry by time."""

    format: int
    number: int
    """Counts its changes."""
    asked: int
    """Hash of what was applied last, as its file says it."""
    file: int
    """Hash of what the file said at the last start: while it says so, or what was applied, nothing is new in it."""
    registry: Registry


def first(asked: Registry) -> Kept:
    """Return what a stream that begins goes by."""
    return Kept(FORMAT, 1, fingerprint(asked), fingerprint(asked), asked)


def applied(before: Kept, asked: Registry, registry: Registry) -> Kept:
    """Return what a stream goes by from now on, its file being as it was."""
    return Kept(FORMAT, before.number + 1, fingerprint(asked), before.file, registry)


def started(before: Kept, asked: Registry, registry: Registry) -> Kept:
    """Return what a stream goes by that begins with another file."""
    return Kept(FORMAT, before.number + 1, fingerprint(asked), fingerprint(asked), registry)


def known(before: Kept, asked: Registry) -> Kept | None:
    """Return what a stream goes by whose file says nothing new; None where it does."""
    if fingerprint(asked) not in (before.asked, before.file):
        return None
    return msgspec.structs.replace(before, file=fingerprint(asked))


def read(where: Place) -> Kept | None:
    """Return what a stream goes by; None before its first start.

    Raises
    ------
    StateError
        It is broken, or of another version.
    """
    try:
        found = msgspec.json.decode(where.registry.read_bytes(), type=Kept)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.DecodeError) as error:
        said = f"expected what `tilik run` keeps, came something else ({error})"
        raise StateError(f"{where.registry}: {said}: {place.ANEW}") from error
    if found.format != FORMAT:
        raise StateError(f"{where.registry}: expected format {FORMAT}, came {found.format}: {place.ANEW}")
    return found


def write(where: Place, kept: Kept, before: Kept | None) -> None:
    """Let the stream go by another registry than `before`, whole or not at all.

    Raises
    ------
    StateError
        Somebody else has just changed it to something else.
    """
    with place.locked(where.directory):
        held = read(where)
        if held == kept:  # another process that started at the same moment
            return
        if (None if held is None else held.number) != (None if before is None else before.number):
            raise StateError(f"{where.registry}: it was changed at the same moment: do it again")
        place.replaced(where.registry, msgspec.json.encode(kept))


class _Number(msgspec.Struct):
    number: int


def number(where: Place) -> int | None:
    """Return which registry is there now; None where none is."""
    with suppress(OSError):
        found = where.registry.stat()
        return _numbered(str(where.registry), found.st_mtime_ns, found.st_ino)
    return None


@lru_cache(maxsize=4)
def _numbered(path: str, changed_ns: int, inode: int) -> int:
    """Return the number in a file, which is replaced whole: its time and place tell one from the next."""
    return msgspec.json.decode(Path(path).read_bytes(), type=_Number).number


def reached_us(processes: Sequence[telling.Process]) -> int | None:
    """Return up to when shards have seen frames or stated minutes, by what they said last [us]; None where none has."""
    said = [us for process in processes for told in process.shards for us in (told.newest_us, told.reached_us)]
    return max((us for us in said if us is not None), default=None)


def next_minute_us(t_us: int) -> int:
    """Return the first whole minute that is not before a time."""
    return -(-t_us // MINUTE_US) * MINUTE_US
