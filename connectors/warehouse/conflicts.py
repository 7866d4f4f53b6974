"""What other input has watched: minutes that are not written over, unless a run replaces.

Which (camera, minute)s were watched is said by the health rows, for the tables
of all metrics.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final, NamedTuple

import polars as pl

from connectors.warehouse.runs import of_input
from connectors.warehouse.session import Session
from schemas.counting import counted
from schemas.errors import ConflictError
from schemas.local_time import DAY_MINUTES
from schemas.plain import plain

SHOWN: Final = 5
CAMERAS_A_QUESTION: Final = 500
MINUTES_A_QUESTION: Final = 2_000_000
"""Stored minutes that one answer may hold: bounds memory."""

FOUND: Final[dict[str, Any]] = {"camera_id": pl.String, "ts": pl.Datetime("us", "UTC"), "run": pl.UInt32}


class Conflicts(NamedTuple):
    """Minutes that other input stored: how many, and the first of them."""

    found: int
    minutes: list[tuple[str, datetime, int]]  # camera_id, ts, run
    inputs: list[str]

    def __str__(self) -> str:
        """Name the first minutes and the input they come from."""
        shown = ", ".join(f"{camera} {ts:%Y-%m-%dT%H:%MZ} (run {run})" for camera, ts, run in self.minutes)
        more = f" and {self.found - len(self.minutes)} more" if self.found > len(self.minutes) else ""
        found = f"{counted(self.found, 'minutes')} {'is' if self.found == 1 else 'are'} already stored"
        return plain(f"{found} from other input ({', '.join(self.inputs)}): {shown}{more}")


def conflicts(session: Session, input_hash: int, minutes: pl.DataFrame) -> Conflicts | None:
    """Return those of the minutes (camera_id, ts) that other input watched; None when there are none."""
    return named(session, watched_by_others(session, input_hash, minutes))


def refusal(found: Conflicts) -> ConflictError:
    """Return the error that says which minutes stand against a statement."""
    return ConflictError(f"{found}; nothing was written over: use --replace to replace those minutes")


def named(session: Session, met: pl.DataFrame) -> Conflicts | None:
    """Return minutes that `watched_by_others` found with the names of their input; None when there are none."""
    if not met.height:
        return None
    inputs = session.query(
        "SELECT DISTINCT arrayJoin(inputs) AS input FROM runs_log FINAL WHERE has({r:Array(UInt32)}, run) "
        "ORDER BY input LIMIT 5",
        {"r": met["run"].unique().sort().head(SHOWN).to_list()},
    )
    return Conflicts(met.height, met.head(SHOWN).rows(), inputs["input"].to_pylist())


def watched_by_others(
    session: Session, input_hash: int, minutes: pl.DataFrame, *, or_misread: bool = False
) -> pl.DataFrame:
    """Return those of the minutes (camera_id, ts) that other input watched: camera_id, ts, run.

    With `or_misread` also those of which it says that frames with refused boxes alone came.
    """
    came = "(frames > 0 OR misread > 0)" if or_misread else "frames > 0"
    asked = minutes.select("camera_id", pl.col("ts").dt.epoch("s").alias("s")).unique()
    met = [_met(session, input_hash, part, came) for part in _parts(asked)]
    rows = pl.concat([pl.DataFrame(schema={"camera_id": pl.String, "s": pl.Int64, "run": pl.UInt32}), *met])
    return rows.sort("s", "camera_id").select(
        "camera_id",
        pl.from_epoch("s").cast(pl.Datetime("us")).dt.replace_time_zone("UTC").alias("ts"),
        "run",
    )


def _parts(asked: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Cut what is asked into questions of few cameras and days."""
    cameras = asked["camera_id"].unique().sort()
    for first in range(0, len(cameras), CAMERAS_A_QUESTION):
        of = asked.filter(pl.col("camera_id").is_in(cameras[first : first + CAMERAS_A_QUESTION].implode()))
        count = min(len(cameras) - first, CAMERAS_A_QUESTION)
        days = max(1, MINUTES_A_QUESTION // (count * DAY_MINUTES))
        yield from of.with_columns(_part=pl.col("s") // (days * 86_400)).partition_by("_part", include_key=False)


def _met(session: Session, input_hash: int, asked: pl.DataFrame, came: str) -> pl.DataFrame:
    stored = session.query(
        "SELECT toString(camera_id) AS camera_id, toInt64(toUnixTimestamp(ts)) AS s, run FROM health_minute_log FINAL "
        "WHERE ts >= fromUnixTimestamp({lo:Int64}) AND ts <= fromUnixTimestamp({hi:Int64}) "
        f"AND has({{c:Array(String)}}, camera_id) AND deleted = 0 AND {came} "
        f"AND run NOT IN (SELECT run FROM runs_log FINAL WHERE {of_input(input_hash)})",
        {"lo": asked["s"].min(), "hi": asked["s"].max(), "c": asked["camera_id"].unique().to_list()},
    )
    return pl.DataFrame(stored.table).join(asked, on=["camera_id", "s"], how="semi")
