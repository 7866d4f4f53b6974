"""Up to which local day rows of each class were removed: what is made of rows that are gone is not made again.

A floor stands before the first row goes and never falls, so that whoever reckons looks here and not at what is left.
"""

from __future__ import annotations

from typing import NamedTuple

from connectors.warehouse.session import Session
from schemas.errors import UsageError
from schemas.local_time import DAY_US, day_number, day_of, local_date, midnight_us


class Floors(NamedTuple):
    """By class of rows the local midnight [us] before which some were removed, 0 where none were."""

    minutes: int = 0
    quarters: int = 0
    hours: int = 0
    daily: int = 0
    incidents: int = 0

    @property
    def of_hours(self) -> int:
        """Return before when quarters and hours may not be made of the minutes that are left."""
        return max(self.minutes, self.quarters, self.hours)

    @property
    def of_days(self) -> int:
        """Return before when days may not be made of the hours that are left."""
        return max(self.hours, self.daily)

    @property
    def of_places(self) -> int:
        """Return before when days of roads and places may not be made of what is left."""
        return max(self.quarters, self.hours, self.daily)

    @property
    def across(self) -> int:
        """Return before when nothing across cameras is told again: a day more, for what minutes before decide."""
        return self.minutes + DAY_US if self.minutes else 0


def read(session: Session) -> Floors:
    """Return the floors of a warehouse."""
    found = dict(session.query("SELECT kind, max(before) FROM removals_log GROUP BY kind").rows)
    return Floors(**{name: midnight_us(day_number(found[name])) for name in Floors._fields if name in found})


def refuse_below(session: Session, since_us: int) -> None:
    """Refuse to make rows again from a time of which some were removed: what stands is all that is known.

    Raises
    ------
    UsageError
        Names the first day that can be made again.
    """
    floors = read(session)
    first_us = max(floors.of_hours, floors.incidents)
    if since_us < first_us:
        first = local_date(day_of(first_us))
        raise UsageError(
            f"{session.where}: rows of local days before {first} were removed (tilik retention; the view removals): "
            f"what is left cannot be made again or taken back; expected {first} or later"
        )
