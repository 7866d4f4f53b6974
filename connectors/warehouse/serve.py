"""Serve an embedded directory in the foreground, for other programs to connect to."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path

from connectors.warehouse.embedded import Lease


def serve(root: Path, say: Callable[[str], object]) -> None:
    """Keep the engine of `root` running until Ctrl-C or SIGTERM; `say` gets its URL."""
    lease = Lease(root)
    try:
        say(f"http://{lease.server.user}@127.0.0.1:{lease.server.port}/tilik (password in {lease.root}/secrets.json)")
        signal.sigwait({signal.SIGINT, signal.SIGTERM})
    finally:
        lease.close()
