"""Temporary folders that are known by their owner: what a killed process left goes when the next one starts.

A folder says in its name which process made it: where it ran, its number, when it
began. One whose process has ended is removed; one of a process that lives, of
another machine or of another container, is left alone.
"""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from hashlib import blake2b
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from connectors.warehouse.processes import Owner, is_over, me

PREFIX: Final = "tilik-of-"
FIELDS: Final = 6
"""Of a folder's name: host, boot, process namespace, number, the time it began, and what makes it one of many."""


def folder() -> TemporaryDirectory[str]:
    """Make a temporary folder of this process."""
    return TemporaryDirectory(prefix=named(me()))


def named(owner: Owner) -> str:
    """Return how the names of a process's folders begin."""
    return f"{PREFIX}{_short(owner.place).replace(' ', '-')}-{owner.pid}-{owner.began}-"


def sweep() -> None:
    """Remove the folders of this user whose processes have ended."""
    mine = me()
    mine = mine._replace(place=_short(mine.place))
    for path in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        owner = _owner(path.name)
        if owner is not None and is_over(owner, mine) and _is_own(path):
            shutil.rmtree(path, ignore_errors=True)


def _short(place: str) -> str:
    """Return a place with its host, boot and namespace short enough for a file's name."""
    return " ".join(blake2b(part.encode(), digest_size=6).hexdigest() for part in place.rsplit(" ", 2))


def _owner(name: str) -> Owner | None:
    """Return who made a folder, its place short; None where its name does not say it."""
    fields = name.removeprefix(PREFIX).split("-")
    if len(fields) != FIELDS or not all(field.isdigit() for field in fields[3:5]):
        return None
    return Owner(" ".join(fields[:3]), int(fields[3]), int(fields[4]))


def _is_own(path: Path) -> bool:
    try:
        found = path.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid()
