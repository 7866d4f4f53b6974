"""What the second flow reads of the store: minute rows of health, and incidents of outages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple, Protocol

import polars as pl

from connectors.warehouse import Warehouse, floors
from flows.incidents import SCHEMA
from schemas.incidents import OUTAGE_KINDS
from schemas.local_time import DAY_US

HEALTH: Final = pl.Schema(
    {
        "camera_id": pl.String,
        "minute": pl.Int64,
        "frames": pl.Int64,  # that came, misread ones too: a camera that sends is not down
        "observed_ms": pl.Int64,
        "expected_ms": pl.Int64,
        "last_ms": pl.Int64,
        "state": pl.UInt8,
    }
)
HELD: Final = pl.Schema(SCHEMA | {"deleted": pl.UInt8()})
FOREVER_US: Final = 10_413_791_999_000_000
"""The last second of 2299, the last that DateTime64 is sure to hold: later than anything stored."""


class Whose(NamedTuple):
    """Rows of these cameras; areas are those that the cameras lie in, None where that is not known."""

    cameras: Sequence[str]
    areas: Sequence[str] | None


class Store(Protocol):
    """A store that can be asked; times are microseconds since 1970, spans half-open."""

    def days(self, whose: Whose, since_us: int) -> list[int]:
        """Return the days since 1970 that have rows of health, from the day of `since_us` on, ascending."""

    def health(self, whose: Whose, since_us: int, until_us: int) -> pl.DataFrame:
        """Return rows of health (`HEALTH`) of the minutes in a span, in any order."""

    def incidents(
        self, whose: Whose, since_us: int, until_us: int, known: Sequence[str] = (), kinds: Sequence[str] = OUTAGE_KINDS
    ) -> pl.DataFrame:
        """Return what was stored last of each incident (`HELD`), withdrawn ones too.

        Those that opened before `until_us`, and opened at or after `since_us`, lasted then, or are `known` by id.
        """

    def since_us(self) -> int:
        """Return from when on nothing was removed that decides: what was told before stays as it is."""

    def write(self, rows: pl.DataFrame) -> None:
        """Store incidents."""


class Stored:
    """A warehouse, as the second flow asks it."""

    def __init__(self, warehouse: Warehouse) -> None:
        self.warehouse = warehouse

    def days(self, whose: Whose, since_us: int) -> list[int]:
        """Ask for the days with rows; rows that were replaced count too."""
        found = self._ask(
            "SELECT DISTINCT intDiv(toInt64(toUnixTimestamp(ts)), 86400) AS day FROM health_minute_log "
            "WHERE {whose} AND ts >= fromUnixTimestamp64Micro({{since:Int64}}) ORDER BY day",
            whose,
            since=since_us // DAY_US * DAY_US,
        )
        days: list[int] = found["day"].to_list()
        return days

    def health(self, whose: Whose, since_us: int, until_us: int) -> pl.DataFrame:
        """Ask for the rows that count."""
        return self._ask(
            "SELECT toString(camera_id) AS camera_id, intDiv(toInt64(toUnixTimestamp(ts)), 60) AS minute, "
            "frames + misread AS frames, observed_ms, expected_ms, last_ms, state FROM health_minute_log FINAL "
            "WHERE {whose} AND deleted = 0 AND ts >= fromUnixTimestamp64Micro({{since:Int64}}) "
            "AND ts < fromUnixTimestamp64Micro({{until:Int64}})",
            whose,
            since=since_us,
            until=until_us,
        ).cast(HEALTH)

    def incidents(
        self, whose: Whose, since_us: int, until_us: int, known: Sequence[str] = (), kinds: Sequence[str] = OUTAGE_KINDS
    ) -> pl.DataFrame:
        """Ask for the last word on each incident."""
        columns = ", ".join(f"toString({name}) AS {name}" if kind == pl.String else name for name, kind in HELD.items())
        since = "fromUnixTimestamp64Micro({{since:Int64}})"
        return self._ask(
            f"SELECT {columns} FROM incidents_log FINAL WHERE {{whose}} AND kind IN {{{{kinds:Array(String)}}}} "
            f"AND opened_at < fromUnixTimestamp64Micro({{{{until:Int64}}}}) AND (opened_at >= {since} "
            f"OR ifNull(closed_at >= {since}, 1) OR incident_id IN {{{{known:Array(String)}}}})",
            whose,
            since=since_us,
            until=min(until_us, FOREVER_US),
            known=list(known),
            kinds=list(kinds),
        ).cast(HELD)

    def since_us(self) -> int:
        """Ask for it."""
        return floors.read(self.warehouse).across

    def write(self, rows: pl.DataFrame) -> None:
        """Store incidents."""
        self.warehouse.insert("incidents_log", rows)

    def _ask(self, sql: str, whose: Whose, **given: object) -> pl.DataFrame:
        mine = "camera_id IN {cameras:Array(String)}"
        parameters = given | {"cameras": list(whose.cameras)}
        if whose.areas is not None:  # the first column of the key
            mine, parameters["areas"] = "area IN {areas:Array(String)} AND " + mine, list(whose.areas)
        return pl.DataFrame(pl.from_arrow(self.warehouse.query(sql.format(whose=mine), parameters).table))
