"""Runs: who stated which minutes, what may be written over, what must go.

The same input (fingerprint) is the same statement: it gets its first run's
generation and overwrites itself. Other input needs `replace`, which takes the
next generation, and `sweep` removes what the replaced rows leave behind.
"""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

import polars as pl
import pyarrow as pa

from connectors.warehouse.inserts import mark, to_arrow
from connectors.warehouse.session import Session
from schemas.columns import METRICS
from schemas.errors import WarehouseError

SHOWN: Final = 5
SWEEP_ROWS: Final = 2_000_000
"""Minutes of a run that one statement of `sweep` looks at."""


class Run(NamedTuple):
    """A registered run."""

    run: int
    generation: int
    fingerprint: int
    token: int


class Conflicts(NamedTuple):
    """Minutes that other input stored: how many, and the first of them."""

    found: int
    minutes: list[tuple[str, datetime, int]]  # camera_id, ts, run
    inputs: list[str]

    def __str__(self) -> str:
        """Name the first minutes and the input they come from."""
        shown = ", ".join(f"{camera} {ts:%Y-%m-%dT%H:%MZ} (run {run})" for camera, ts, run in self.minutes)
        more = f" and {self.found - len(self.minutes)} more" if self.found > len(self.minutes) else ""
        return f"{self.found} minutes are already stored from other input ({', '.join(self.inputs)}): {shown}{more}"


def begin(
    session: Session, fingerprint: int, command: str, inputs: list[str], *, simulated: bool, replace: bool
) -> Run:
    """Take the next run number; two processes that ask at once get different ones."""
    for attempt in range(20):
        facts = session.query(
            "SELECT max(run) AS last, countIf(fingerprint = {f:UInt64}) AS known, "
            "argMinIf(generation, run, fingerprint = {f:UInt64}) AS first, "
            "max(generation) AS newest, argMax(fingerprint, run) = {f:UInt64} AS again "
            "FROM runs_log FINAL WHERE state != 'abandoned'",
            {"f": fingerprint},
        ).to_pylist()[0]
        generation = facts["first"] if facts["known"] else 0
        if replace and not (facts["again"] and facts["known"] and facts["newest"] > 0):
            generation = facts["newest"] + 1
        elif replace:
            generation = facts["newest"]
        row = {
            "run": facts["last"] + 1 + (secrets.randbelow(8) if attempt else 0),
            "token": secrets.randbits(63),
            "fingerprint": fingerprint,
            "generation": generation,
            "command": command,
            "inputs": inputs,
            "simulated": simulated,
            "started_at": datetime.now(UTC).replace(microsecond=0),
        }
        _log(session, row, "running")
        rivals = session.query(
            "SELECT count() AS n FROM runs_log FINAL WHERE run = {r:UInt32} AND state != 'abandoned'", {"r": row["run"]}
        )
        if rivals["n"][0].as_py() == 1:
            return Run(row["run"], generation, fingerprint, row["token"])
        _log(session, row, "abandoned")
    raise WarehouseError(f"{session.where}: too many runs begin at once: try again")


def finish(session: Session, run: Run, summary: str) -> None:
    """Say that a run is done."""
    row = session.query(
        "SELECT * EXCEPT (step, state, summary) FROM runs_log FINAL WHERE run = {r:UInt32} AND token = {t:UInt64}",
        {"r": run.run, "t": run.token},
    ).to_pylist()[0]
    _log(session, row, "done", summary)


def _log(session: Session, row: dict[str, Any], state: str, summary: str = "") -> None:
    kinds = {"run": pl.UInt32, "token": pl.UInt64, "fingerprint": pl.UInt64, "generation": pl.UInt32}
    full = row | {"state": state, "summary": summary, "step": int(state != "running")}
    frame = pl.DataFrame([full], schema_overrides={**kinds, "inputs": pl.List(pl.String), "step": pl.UInt8})
    session.insert_block("runs_log", to_arrow(frame))


def conflicts(session: Session, run: Run, minutes: pa.Table | pl.DataFrame) -> Conflicts | None:
    """Return watched minutes that other input stored; see `Warehouse.conflicts`."""
    met = watched_by_others(session, run, minutes)
    if not met.height:
        return None
    named = session.query(
        "SELECT DISTINCT arrayJoin(inputs) AS input FROM runs_log FINAL WHERE has({r:Array(UInt32)}, run) "
        "ORDER BY input LIMIT 5",
        {"r": met["run"].unique().sort().head(SHOWN).to_list()},
    )
    return Conflicts(met.height, met.head(SHOWN).rows(), named["input"].to_pylist())


def watched_by_others(session: Session, run: Run, minutes: pa.Table | pl.DataFrame) -> pl.DataFrame:
    """Return those of the minutes (camera_id, ts) that other input watched: camera_id, ts, run."""
    asked = pl.DataFrame(minutes).select("camera_id", pl.col("ts").dt.epoch("s").alias("s")).unique()
    if not asked.height:
        return pl.DataFrame(schema={"camera_id": pl.String, "ts": pl.Datetime("us", "UTC"), "run": pl.UInt32})
    stored = session.query(
        "SELECT toString(camera_id) AS camera_id, toInt64(toUnixTimestamp(ts)) AS s, run FROM health_minute_log FINAL "
        "WHERE ts >= fromUnixTimestamp({lo:Int64}) AND ts <= fromUnixTimestamp({hi:Int64}) "
        "AND deleted = 0 AND frames > 0 AND run NOT IN (SELECT run FROM runs_log WHERE fingerprint = {f:UInt64})",
        {"lo": asked["s"].min(), "hi": asked["s"].max(), "f": run.fingerprint},
    )
    met = pl.DataFrame(stored.table).join(asked, on=["camera_id", "s"], how="semi").sort("s", "camera_id")
    return met.select(
        "camera_id", pl.from_epoch("s").cast(pl.Datetime("us")).dt.replace_time_zone("UTC").alias("ts"), "run"
    )


def sweep(session: Session, run: Run) -> int:
    """Tombstone what other runs left under this run's minutes; see `Warehouse.sweep`."""
    swept = 0
    for start, end in _spans(session, run):
        for metric in METRICS:
            swept += _tombstone(session, run, f"{metric.name}_minute_log", "ts", start, end, metric.name)
        swept += _tombstone(session, run, "incidents_log", "opened_at", start, end, None)
    return swept


def _spans(session: Session, run: Run) -> list[tuple[int, int]]:
    """Return [start, end) in s since 1970 that cover the run's minutes, a few million each."""
    hours = session.query(
        "SELECT toInt64(toUnixTimestamp(toStartOfHour(ts))) AS hour, count() AS n FROM health_minute_log FINAL "
        "WHERE run = {r:UInt32} AND deleted = 0 GROUP BY hour ORDER BY hour",
        {"r": run.run},
    ).rows
    spans: list[tuple[int, int]] = []
    room = 0
    for hour, count in hours:
        near = bool(spans) and hour - spans[-1][0] < 80 * 86_400
        if near and count <= room:
            spans[-1] = (spans[-1][0], hour + 3600)
            room -= count
        else:
            spans.append((hour, hour + 3600))
            room = SWEEP_ROWS - count
    return spans


def _tombstone(session: Session, run: Run, table: str, time: str, start: int, end: int, domain: str | None) -> int:
    """Write tombstones over other runs' rows in a span; they win by rev, or as the later of equals."""
    minute = "ts" if time == "ts" else f"toDateTime(toStartOfMinute({time}), 'UTC')"
    within = "{time} >= fromUnixTimestamp({start}) AND {time} < fromUnixTimestamp({end})"
    left = (
        f"FROM {table} FINAL WHERE {within.format(time=time, start=start, end=end)} "
        f"AND deleted = 0 AND run != {run.run} AND (camera_id, {minute}) IN (SELECT camera_id, ts "
        f"FROM health_minute_log FINAL WHERE {within.format(time='ts', start=start, end=end)} "
        f"AND run = {run.run} AND deleted = 0)"
    )
    found = session.query(f"SELECT count() AS n {left}")["n"][0].as_py()
    if not found:
        return 0
    hours: list[datetime] = []
    if domain:
        hours = session.query(f"SELECT DISTINCT toStartOfHour({time}) AS hour {left}")["hour"].to_pylist()
        mark(session, domain, hours)
    rev = run.generation * 65_536
    session.command(
        f"INSERT INTO {table} SELECT * REPLACE (toUInt8(1) AS deleted, toUInt32({run.run}) AS run, "
        f"greatest(rev, toUInt64({rev})) AS rev) FROM (SELECT * {left})"
    )
    if domain:
        mark(session, domain, hours)
    return int(found)
