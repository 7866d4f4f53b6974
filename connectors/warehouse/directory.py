"""What a warehouse's directory asks for: patience, files that are their owner's alone, refusals in our words."""

from __future__ import annotations

import errno
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
