"""What is the matter with a SQLite file, in words that say what to do (https://www.sqlite.org/rescode.html)."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from schemas.errors import StateAway, StateError, TilikError


def explained(file: Path, error: sqlite3.Error) -> TilikError:
    """Return in words what is the matter with a file of a state."""
    name = getattr(error, "sqlite_errorname", "")
    if name == "SQLITE_FULL" or name.startswith("SQLITE_IOERR"):
        return StateAway(f"{file}: the disk is full or fails ({error}): free some space and run this again, it goes on")
    if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        return StateError(
            f"{file}: it is damaged ({error}): move {file.parent} away and run this again; what goes on is told anew"
        )
    if name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM")):
        return StateError(f"{file}: it cannot be written ({error}): let this user write there, or give another --state")
    return StateError(f"{file}: {error}")
