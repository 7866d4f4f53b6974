"""Serve an embedded directory in the foreground, for other programs to connect to."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from connectors.warehouse.client import Warehouse
from connectors.warehouse.embedded import Lease

LOOK_S: Final = 0.5
"""How often it looks whether the engine is still there."""
RETENTION_S: Final = 3_600.0
"""How often it removes what was kept for too long."""
ENDING: Final = {signal.SIGINT, signal.SIGTERM}


def serve(
    root: Path,
    say: Callable[[Lease], object],
    port: int | None = None,
    again: Callable[[Lease], object] = lambda lease: None,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Keep the engine of `root` running until Ctrl-C or SIGTERM.

    `say` gets who holds it, once more whenever its address is another; `again` whenever another engine had to take
    over from one that died. `clock` counts seconds: every hour what was kept for too long goes, as at the start.

    Raises
    ------
    WarehouseError
        When it answers on another port for somebody else, the port cannot be had, or the engine does not come back.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
    try:
        lease = Lease(root, port)
        try:
            _open(root)
            opened_s = clock()
            say(lease)
            while signal.sigtimedwait(ENDING, LOOK_S) is None:
                _look(lease, say, again)
                if clock() - opened_s >= RETENTION_S:
                    _open(root)
                    opened_s = clock()
        finally:
            lease.close()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _open(root: Path) -> None:
    """Open the warehouse as any command does: what was kept for too long goes."""
    with Warehouse(root):
        pass


def _look(lease: Lease, say: Callable[[Lease], object], again: Callable[[Lease], object]) -> None:
    told = lease.server
    if lease.current() == told:
        return
    if lease.ensure() != told:
        again(lease)
        if lease.server.port != told.port:
            say(lease)
