"""The kernel's locks on files, between processes of one machine."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path


def open_lock(path: Path) -> int:
    """Open a file to be locked, making it where there is none; no link is followed."""
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)


def try_lock(handle: int, mode: int = fcntl.LOCK_EX) -> bool:
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
        return not try_lock(handle)
    finally:
        os.close(handle)
