"""Ports of this machine."""

from __future__ import annotations

import socket

HERE = "127.0.0.1"


def bindable(port: int) -> int:
    """Return a port of loopback that can be had; for 0 any free one.

    Raises
    ------
    OSError
        Somebody has it, or it is not for us.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, int(port != 0))
        probe.bind((HERE, port))
        found: int = probe.getsockname()[1]
        return found


def is_taken(port: int) -> bool:
    """Say whether somebody listens on a port of loopback."""
    with socket.socket() as probe:
        return probe.connect_ex((HERE, port)) == 0
