"""Waiting for what another process or thread brings about."""

from __future__ import annotations

import time
from collections.abc import Callable

PATIENCE_S = 300


def until(met: Callable[[], bool]) -> None:
    """Wait until something is so."""
    end = time.monotonic() + PATIENCE_S
    while not met():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.05)
