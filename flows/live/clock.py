"""What time it is, as far as others bear this machine's clock out.

A tick closes minutes, so a machine whose clock is years ahead would close those to come. Of all that is known of
the time - the store's clock at the start, when brokers and spools took the newest record, and what has passed
since - this machine's clock may be ahead by `LEAD_US`; beyond, what is known counts: a tick that
comes too late costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from connectors.warehouse.leases import elapsed_us
from flows.console import note
from schemas.local_time import DAY_US

LEAD_US: Final = 3_600_000_000
"""Clocks of machines that nobody sets apart differ by less; ours."""


class Clock:
    """The clock of this machine, and what it may say.

    Parameters
    ----------
    wall
        What it says, microseconds since 1970.
    known_us
        What another clock says now.
    """

    def __init__(self, wall: Callable[[], int], known_us: int, elapsed: Callable[[], int] = elapsed_us) -> None:
        self._wall, self._elapsed = wall, elapsed
        self._begin_us = known_us - elapsed()  # what is known of the time, less all that passes
        self._is_told = False

    def heard(self, arrival_us: int) -> None:
        """Take note that a broker or a spool has just told of a record that came at this time."""
        self._begin_us = max(self._begin_us, arrival_us - self._elapsed())

    def now(self) -> int:
        """Return the time, microseconds since 1970."""
        wall_us, known_us = self._wall(), self._begin_us + self._elapsed()
        if wall_us - known_us <= LEAD_US:
            self._is_told = False
            return wall_us
        if not self._is_told:
            self._is_told = True
            days = (wall_us - known_us) / DAY_US
            note(
                f"this machine's clock is {days:,.1f} days ahead of what the warehouse and the sources say: nothing is "
                "closed by it: see to its time service",
                "clock_ahead",
                days=round(days, 1),
            )
        return known_us
