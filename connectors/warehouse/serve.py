"""Serve an embedded directory in the foreground, for other programs to connect to."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable
from pathlib import Path

from connectors.warehouse.embedded import READER, WRITER, Lease
from schemas.errors import WarehouseError


def serve(root: Path, say: Callable[[Lease], object], port: int | None = None) -> None:
    """Keep the engine of `root` running until Ctrl-C or SIGTERM; `say` gets who holds it.

    Raises
    ------
    WarehouseError
        When it answers on another port for somebody else, or the port cannot be had.
    """
    lease = Lease(root, port)
    try:
        say(lease)
        signal.sigwait({signal.SIGINT, signal.SIGTERM})
    finally:
        lease.close()


def password(root: Path, account: str = READER) -> str:
    """Return the password of an account of an embedded directory, whether an engine runs or not.

    Raises
    ------
    WarehouseError
        When there is no warehouse, or it may not be read by who asks.
    """
    assert account in (READER, WRITER)
    try:
        words: dict[str, str] = json.loads((root / "secrets.json").read_text())
    except OSError as error:
        raise WarehouseError(f"{root}: expected an embedded warehouse of yours: {error.strerror}") from error
    return words[account]
