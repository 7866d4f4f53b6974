"""The kernel's locks on files, patience, and files that are their owner's alone."""

from __future__ import annotations

import errno
import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from schemas.errors import WarehouseAway, WarehouseError


@contextmanager
def explained(root: Path) -> Iterator[None]:
    """Say what the machine refuses in our words."""
    try:
        yield
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise WarehouseError(f"the disk that holds {root} is full: free some space") from error
        raise WarehouseError(f"cannot write to the warehouse directory {root}: {error.strerror}") from error


def open_lock(path: Path) -> int:
    """Open a file to be locked, making it where there is none."""
    return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)


def try_lock(handle: int, mode: int) -> bool:
    """Take a lock, or say that somebody else's forbids it."""
    try:
        fcntl.flock(handle, mode | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def is_held(path: Path) -> bool:
    """Say whether anybody holds a lock."""
    handle = open_lock(path)
    try:
        return not try_lock(handle, fcntl.LOCK_EX)
    finally:
        os.close(handle)


def wait_for(ready: Callable[[], bool], limit_s: float, complaint: str) -> None:
    """Wait until something is so.

    Raises
    ------
    WarehouseAway
        When it takes longer than `limit_s`.
    """
    end = time.monotonic() + limit_s
    while not ready():
        if time.monotonic() > end:
            raise WarehouseAway(f"{complaint} (waited {limit_s:.0f} s)")
        time.sleep(0.03)


def write_private(path: Path, text: str) -> None:
    """Write a file that its owner alone reads, whole or not at all."""
    draft = path.with_suffix(".new")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(text)
    draft.replace(path)
