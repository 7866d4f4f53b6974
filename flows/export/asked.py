"""What an export is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from schemas.errors import UsageError
from schemas.local_time import ZONE

SMALL: Final = 10
"""Fewer persons than these are not told; ours, as statistical offices take 3 to 10."""
MOST_DAYS: Final = 366
GRAINS: Final = ("hour", "day")


class Licence(NamedTuple):
    """A licence as Frictionless names it."""

    title: str
    path: str


LICENCES: Final = {
    "CC-BY-4.0": Licence("Creative Commons Attribution 4.0", "https://creativecommons.org/licenses/by/4.0/"),
    "CC0-1.0": Licence("CC0 1.0 Universal", "https://creativecommons.org/publicdomain/zero/1.0/"),
    "ODC-BY-1.0": Licence("Open Data Commons Attribution 1.0", "https://opendatacommons.org/licenses/by/1-0/"),
    "ODbL-1.0": Licence("Open Data Commons Open Database 1.0", "https://opendatacommons.org/licenses/odbl/1-0/"),
}


@dataclass(frozen=True)
class ExportOptions:
    """Which days (local, both in), grain and area, and where to."""

    first: date
    last: date
    out: Path
    grain: str = "day"
    area: str = ""
    least: int = SMALL
    licence: str = "CC-BY-4.0"
    simulated: bool = False
    """Take rows of simulated cameras in too, labelled."""

    def check(self) -> None:
        """Check what can be checked without a warehouse.

        Raises
        ------
        UsageError
            Something cannot be asked for.
        """
        days = (self.last - self.first).days + 1
        if not 1 <= days <= MOST_DAYS:
            raise UsageError(f"--from {self.first} --to {self.last}: expected 1 to {MOST_DAYS} days, the last one too")
        if self.grain not in GRAINS:
            raise UsageError(f"--grain {self.grain}: expected {' or '.join(GRAINS)}")
        if self.licence not in LICENCES:
            raise UsageError(f"--licence {self.licence}: expected one of {', '.join(LICENCES)}")
        if self.least < 2:
            raise UsageError(f"--least {self.least}: expected at least 2 persons: one is always few")

    def within(self, ts: str) -> str:
        """Return SQL: a time lies in the period."""
        since, until = (_midnight(day) for day in (self.first, self.last + timedelta(days=1)))
        return f"{ts} >= fromUnixTimestamp({since}) AND {ts} < fromUnixTimestamp({until})"


def _midnight(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(ZONE)).timestamp())
