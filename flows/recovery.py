"""The directory that a run's recovery lives in: its owner's alone, and checked before it is read.

Bytewax stores states with pickle, and whoever can write there could have a run do
anything. So nothing is read that others may write to, and nothing that holds more
than plain values: what a shard remembers is bytes (`flows.saving`).
"""

from __future__ import annotations

import io
import os
import pickle
import sqlite3
import stat
from contextlib import closing
from pathlib import Path
from typing import Final

from bytewax.recovery import RecoveryConfig, init_db_dir

from schemas.errors import StateError

OTHERS: Final = stat.S_IWGRP | stat.S_IWOTH


def opened(directory: Path, partitions: int = 1) -> RecoveryConfig:
    """Return the recovery of a directory, made where there is none.

    Raises
    ------
    StateError
        When somebody else may have written what it holds.
    """
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    files = sorted(directory.glob("*.sqlite3"))
    for path in (directory, *files):
        _refuse_foreign(path)
    if not files:
        init_db_dir(directory, partitions)
    for path in files:
        _refuse_code(path)
    return RecoveryConfig(str(directory))


def _refuse_foreign(path: Path) -> None:
    found = path.stat()
    if found.st_uid != os.geteuid() or found.st_mode & OTHERS:
        raise StateError(
            f"{path}: expected a state that only its owner, who runs this, may write to; came owner {found.st_uid} "
            f"and mode {stat.S_IMODE(found.st_mode):o}: chown and chmod go-w it if it is yours, or begin with another"
        )


class _Plain(pickle.Unpickler):
    """Reads numbers, text and bytes in containers, and looks nothing up by name."""

    def find_class(self, module: str, name: str) -> type:
        raise pickle.UnpicklingError(f"it names {module}.{name}")


def _refuse_code(path: Path) -> None:
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as stored:
            for (change,) in stored.execute("SELECT ser_change FROM snaps WHERE ser_change IS NOT NULL"):
                _Plain(io.BytesIO(change)).load()
    except (pickle.UnpicklingError, sqlite3.DatabaseError, EOFError, ValueError, IndexError) as error:
        raise StateError(
            f"{path}: expected plain values as a run stores them, came something else ({error}): "
            "begin with a new state (another --state directory)"
        ) from None
