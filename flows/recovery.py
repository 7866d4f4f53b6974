"""The directory that a run's recovery lives in: its owner's and one run's alone, and checked before it is read.

Bytewax stores states with pickle, and whoever can write there could have a run do
anything. So nothing is read that others may write to, and nothing that holds more
than plain values: what a shard remembers is bytes (`flows.saving`). The kernel's
lock on one file keeps a second run out; what it says tells a directory that was
made whole from one whose making was killed.
"""

from __future__ import annotations

import errno
import io
import os
import pickle
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from bytewax.recovery import RecoveryConfig, init_db_dir

from connectors.locks import open_lock, try_lock
from schemas.errors import StateAway, StateError

OTHERS: Final = stat.S_IWGRP | stat.S_IWOTH
STORED: Final = "*.sqlite3"
HELD: Final = "run.lock"
NO_ROOM: Final = "database or disk is full"
"""SQLITE_FULL as Bytewax tells it, https://www.sqlite.org/rescode.html"""


@contextmanager
def needs_room(directory: Path) -> Iterator[None]:
    """Tell a disk that is full as one that is waited for.

    Raises
    ------
    StateAway
        It is.
    """
    try:
        yield
    except Exception as error:
        if _is_of_room(error):
            raise StateAway(f"{directory}: the disk is full: free some space") from error
        raise


def _is_of_room(error: BaseException | None) -> bool:
    """Say whether an error, or what it came from, is that there is no room."""
    while error is not None:
        if NO_ROOM in str(error) or (isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)):
            return True
        error = error.__cause__ or error.__context__
    return False


@contextmanager
def opened(directory: Path, partitions: int = 1) -> Iterator[RecoveryConfig]:
    """Hold the recovery of a directory, made where there is none, for as long as a run lasts.

    Raises
    ------
    StateError
        When another run holds it, or somebody else may have written what is there.
    StateAway
        There is no room to make it.
    """
    with needs_room(directory):
        lock = _held(directory, partitions)
    try:
        yield RecoveryConfig(str(directory))
    finally:
        os.close(lock)


def _held(directory: Path, partitions: int) -> int:
    """Return the lock of a directory that is there, whole and nobody else's."""
    make(directory)
    _refuse_foreign(directory)
    was_made = not (directory / HELD).exists() and any(directory.glob(STORED))  # before there was such a file
    lock = open_lock(directory / HELD)
    try:
        _refuse_held(directory, lock)
        if was_made:
            _say_whole(directory, lock)
        _prepare(directory, lock, partitions)
    except BaseException:
        os.close(lock)
        raise
    return lock


def make(directory: Path) -> None:
    """Make a directory for a state where there is none.

    Raises
    ------
    StateError
        It cannot be made.
    StateAway
        There is no room for it.
    """
    with needs_room(directory):
        try:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise StateError(f"{directory}: expected a directory for the state, came {error.strerror}") from error


def _refuse_held(directory: Path, lock: int) -> None:
    if not try_lock(lock):
        raise StateError(
            f"{directory}: expected a state that no other run has, came one of a run that goes on: end that run, or "
            "begin with another state (another --state directory)"
        )


def _prepare(directory: Path, lock: int, partitions: int) -> None:
    """Check what is there; make it where nothing is, or nothing whole."""
    files, whole = sorted(directory.glob(STORED)), os.pread(lock, 20, 0)
    for path in (directory / HELD, *files):
        _refuse_foreign(path)
    if not whole:
        for path in directory.glob(STORED + "*"):  # no run has had it yet
            path.unlink()
        init_db_dir(directory, partitions)
        _say_whole(directory, lock)
        return
    if int(whole) != len(files):
        raise StateError(
            f"{directory}: expected {int(whole)} files {STORED}, came {len(files)}: put back what is missing, or begin "
            "with a new state (another --state directory)"
        )
    for path in files:
        _refuse_code(path)


def _say_whole(directory: Path, lock: int) -> None:
    """Write how many files there are, once all are there."""
    os.pwrite(lock, str(len(list(directory.glob(STORED)))).encode(), 0)
    os.fsync(lock)


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
