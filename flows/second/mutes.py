"""Detectors that have gone mute: incidents `mute`, and the minutes of which nothing is known, `mutes_log`.

A pure function of stored hours of health and the calendar: what a span of
minutes can change is computed anew, the weeks before and behind it read with
it, and only what differs is written. Views by minute look `mutes_log` up; the
roller leaves its minutes out, so what changes there is marked to be rolled.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final, NamedTuple

import numpy as np
import polars as pl

from connectors.warehouse import Run, Span, Warehouse, floors
from connectors.warehouse.inserts import mark
from flows.incidents import SCHEMA, incident_id
from flows.second import groups
from flows.second.alike import alike
from flows.second.stored import HELD
from flows.second.versions import codes
from flows.second.writing import differing
from flows.thresholds import Thresholds, params_hashes
from operators import city as cities
from operators.across import mutes
from operators.city import City
from schemas.columns import METRICS
from schemas.local_time import at_time
from schemas.registry import Registry

HOUR_S: Final = 3_600
HOUR_US: Final = HOUR_S * 1_000_000
LAST_HOUR: Final = 2_800_000
"""An hour behind all that DateTime holds."""

KEYS: Final = pl.Schema({"camera_id": pl.String(), "at": pl.Datetime("us", "UTC"), "seconds": pl.UInt16()})
COLUMNS: Final = ("camera_id", "hour", "objects", "busy_minutes", "observed_ms", "expected_ms")


class Reach(NamedTuple):
    """Hours since 1970: silences that begin in [since, until) may differ, what decides about them lies around."""

    since: int
    until: int
    around: int

    def hours(self) -> tuple[int, int]:
        """Return the hours that must be read."""
        return max(0, self.since - self.around - 1), min(LAST_HOUR, self.until + self.around + 1)


def update(warehouse: Warehouse, thresholds: Thresholds, span: Span, run: Run) -> int:
    """Tell anew which detectors are mute where minutes of a span can change it; return how many rows were written."""
    around = thresholds.mutes.weeks * mutes.WEEK_H
    since, until = span.since_us // HOUR_US, -(-span.until_us // HOUR_US)
    kept = -(-floors.read(warehouse).across // HOUR_US)
    reach = Reach(max(kept, since - around), min(LAST_HOUR, until + around), around)
    mine = [camera for camera in groups.registered(warehouse) if camera.id in span.cameras]
    batches = groups.batches(groups.around(mine, span.cameras))
    return sum(_update(warehouse, thresholds, batch, reach, run) for batch in batches)


def _update(warehouse: Warehouse, thresholds: Thresholds, group: groups.Group, reach: Reach, run: Run) -> int:
    city = cities.build(Registry(camera=tuple(group)))
    ids = sorted({camera.id for camera in group})
    hours = _hours(warehouse, ids, reach)
    found = _found(warehouse, hours, thresholds.mutes, reach)
    made = _incidents(found, city, params_hashes(city, thresholds)["mutes"])
    held = _held(warehouse, ids, reach)
    began = -(-pl.col("opened_at").dt.epoch("us") // HOUR_US)
    asked = held.filter(began.is_between(reach.since, reach.until, closed="left"))
    rows = differing(made, asked, run.run, run.generation)
    if rows.height:
        others = held.filter(pl.col("deleted") == 0).join(asked, on=["camera_id", "incident_id"], how="anti")
        _write(warehouse, ids, pl.concat([made.select(SPAN), others.select(SPAN)]), reach)
        warehouse.insert("incidents_log", rows)
    return rows.height


SPAN: Final = ("camera_id", "opened_at", "closed_at", "updated_at")


def _hours(warehouse: Warehouse, ids: list[str], reach: Reach) -> pl.DataFrame:
    """Read hours of health, by camera and time, with what makes hours alike."""
    since, until = reach.hours()
    answer = warehouse.query(
        "SELECT toString(camera_id) AS camera_id, intDiv(toInt64(toUnixTimestamp(ts)), 3600) AS hour, objects, "
        "busy_minutes, observed_ms, expected_ms FROM health_hour_log FINAL WHERE deleted = 0 "
        "AND camera_id IN {cameras:Array(String)} AND ts >= fromUnixTimestamp({since:Int64}) "
        "AND ts < fromUnixTimestamp({until:Int64}) ORDER BY camera_id, hour",
        {"cameras": ids, "since": since * HOUR_S, "until": until * HOUR_S},
    )
    found = pl.DataFrame(pl.from_arrow(answer.table)).select(
        pl.col("camera_id").cast(pl.String), *(pl.col(name).cast(pl.Int64) for name in COLUMNS[1:])
    )
    return found.hstack(alike(found["hour"], calendar(warehouse)))


def calendar(warehouse: Warehouse) -> pl.DataFrame:
    """Read the stored calendar (`schemas.calendar.DAYS`)."""
    answer = warehouse.query("SELECT date, day_type, is_ramadan, school_holiday, events FROM calendar_log FINAL")
    return pl.DataFrame(pl.from_arrow(answer.table))


def _found(warehouse: Warehouse, hours: pl.DataFrame, params: mutes.Params, reach: Reach) -> pl.DataFrame:
    """Return one row a silence: camera, begin and end [us], when it was sure [us], whether it is over, what was due."""
    code = hours["camera_id"].rank("dense").cast(pl.Int32) if hours.height else pl.Series([], dtype=pl.Int32)
    columns = (hours[name].to_numpy() for name in (*COLUMNS[1:], "day", "like", "is_special"))
    told = mutes.find(mutes.Hours(code.to_numpy(), *columns), params)
    hour = hours["hour"].to_numpy()
    table = pl.DataFrame(
        {
            "camera_id": hours["camera_id"].gather(told.first),
            "first": hour[told.first],
            "last": hour[told.last],
            "sure": hour[told.sure],
            "after": np.where(told.after >= 0, hour[told.after], -1),
            "expected": told.expected,
        }
    )
    mine = table.filter(pl.col("first").is_between(reach.since, reach.until, closed="left"))
    return _to_the_minute(warehouse, mine, reach.around) if mine.height else mine


def _to_the_minute(warehouse: Warehouse, told: pl.DataFrame, longest: int) -> pl.DataFrame:
    """Add `begin` and `end` [us]: a silence goes from the minute after an object to the minute of the next."""
    edges = pl.concat([told.select("camera_id", hour=pl.col("first") - 1), told.select("camera_id", hour="after")])
    answer = warehouse.query(
        "SELECT toString(camera_id) AS camera_id, intDiv(toInt64(toUnixTimestamp(ts)), 3600) AS hour, "
        "toInt64(toUnixTimestamp(min(ts))) AS earliest, toInt64(toUnixTimestamp(max(ts))) AS latest "
        "FROM health_minute_log FINAL WHERE deleted = 0 AND objects > 0 AND camera_id IN {c:Array(String)} "
        "AND toStartOfHour(ts) IN (SELECT fromUnixTimestamp(arrayJoin({h:Array(Int64)}))) GROUP BY camera_id, hour",
        {
            "c": edges["camera_id"].unique().sort().to_list(),
            "h": [3600 * hour for hour in edges["hour"].unique().sort() if hour > 0],
        },
    )
    seen = pl.DataFrame(pl.from_arrow(answer.table)).with_columns(pl.col("camera_id").cast(pl.String))
    before = seen.select("camera_id", first=pl.col("hour") + 1, latest="latest")
    behind = seen.select("camera_id", after="hour", earliest="earliest")
    joined = told.join(before, on=["camera_id", "first"], how="left").join(
        behind, on=["camera_id", "after"], how="left"
    )
    next_to = (pl.col("after") == pl.col("last") + 1) & pl.col("earliest").is_not_null()
    begin = pl.col("latest") + 60
    is_cut = pl.col("last") - pl.col("first") + 1 >= longest
    return joined.with_columns(
        begin=pl.when(begin.is_not_null()).then(begin).otherwise(pl.col("first") * HOUR_S) * 1_000_000,
        end=pl.when(next_to).then(pl.col("earliest")).otherwise((pl.col("last") + 1) * HOUR_S) * 1_000_000,
        is_over=pl.col("after") >= 0,
        is_cut=is_cut & (pl.col("after") < 0),
    )


def _incidents(found: pl.DataFrame, city: City, hashes: list[int]) -> pl.DataFrame:
    """Return silences as incidents (`flows.incidents.SCHEMA`); one that nothing ended is told up to its last hour."""
    if not found.height:
        return pl.DataFrame(schema=SCHEMA)
    code = codes(city, found["camera_id"], found["begin"].to_numpy())
    rows = [
        _incident(city, hashes, int(c), row) for c, row in zip(code, found.iter_rows(named=True), strict=True) if c >= 0
    ]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def _incident(city: City, hashes: list[int], code: int, row: dict[str, Any]) -> dict[str, object]:
    camera = city.cameras[code]
    end = at_time(row["end"])
    state = "closed" if row["is_over"] else "expired_unobserved" if row["is_cut"] else "active"
    reason = {"closed": "cleared", "expired_unobserved": "expired_unobserved"}.get(state, "")
    return {
        "area": camera.area,
        "camera_id": camera.id,
        "incident_id": incident_id(camera.id, "", "mute", 0, row["begin"]),
        "zone_id": "",
        "site": camera.site,
        "kind": "mute",
        "state": state,
        "severity": "",
        "opened_at": at_time(row["begin"]),
        "active_at": at_time((row["sure"] + 1) * HOUR_US),
        "updated_at": end,
        "closed_at": None if state == "active" else end,
        "close_reason": reason,
        "peak": round(row["expected"], 3),
        "track_ids": [],
        "inhibited_by": "",
        "box": [],
        "owner": camera.owner,
        "category": camera.category,
        "params_hash": hashes[code],
        "simulated": camera.simulated,
        "rev": 0,
    }


def _held(warehouse: Warehouse, ids: list[str], reach: Reach) -> pl.DataFrame:
    """Read what was stored last of each silence that began in the reach, or may last into it."""
    columns = ", ".join(f"toString({name}) AS {name}" if kind == pl.String else name for name, kind in HELD.items())
    answer = warehouse.query(
        f"SELECT {columns} FROM incidents_log FINAL WHERE kind = 'mute' AND camera_id IN {{c:Array(String)}} "
        "AND opened_at >= fromUnixTimestamp({since:Int64}) AND opened_at < fromUnixTimestamp({until:Int64})",
        {"c": ids, "since": reach.hours()[0] * HOUR_S, "until": reach.hours()[1] * HOUR_S},
    )
    return pl.DataFrame(pl.from_arrow(answer.table)).cast(HELD)  # type: ignore[arg-type]


def _write(warehouse: Warehouse, ids: list[str], spans: pl.DataFrame, reach: Reach) -> None:
    """Bring `mutes_log` to these silences; hours that change are marked before and after."""
    since, until = (timedelta(hours=each) for each in reach.hours())
    answer = warehouse.query(
        "SELECT toString(camera_id) AS camera_id, at, seconds FROM mutes_log FINAL WHERE deleted = 0 "
        "AND camera_id IN {c:Array(String)} AND at >= fromUnixTimestamp({since:Int64}) "
        "AND at < fromUnixTimestamp({until:Int64})",
        {"c": ids, "since": int(since.total_seconds()), "until": int(until.total_seconds())},
    )
    held = pl.DataFrame(pl.from_arrow(answer.table)).cast(KEYS)
    wanted = keys(spans)
    fresh, gone = (a.join(b, on=list(KEYS), how="anti") for a, b in ((wanted, held), (held, wanted)))
    rows = pl.concat([each.with_columns(deleted=pl.lit(tomb, pl.UInt8)) for each, tomb in ((fresh, 0), (gone, 1))])
    if not rows.height:
        return
    version = warehouse.query("SELECT max(version) + 1 AS v FROM mutes_log")["v"][0].as_py()
    changed = rows["at"].dt.truncate("1h").unique().sort().to_list()
    domains = [metric.name for metric in METRICS if metric.is_of_objects]
    for domain in domains:
        mark(warehouse, domain, changed)
    warehouse.insert("mutes_log", rows.with_columns(version=pl.lit(version, pl.UInt64)))
    for domain in domains:
        mark(warehouse, domain, changed)


def keys(spans: pl.DataFrame) -> pl.DataFrame:
    """Return rows of `mutes_log` (`KEYS`) that cover silences: their whole hours, and the minutes around these."""
    out: list[tuple[str, Any, int]] = []
    for camera, opened, closed, updated in spans.iter_rows():
        at, end = opened, updated if closed is None else closed
        while at < end:
            is_whole = at.minute == 0 and at + timedelta(hours=1) <= end
            out.append((camera, at, HOUR_S if is_whole else 60))
            at += timedelta(hours=1) if is_whole else timedelta(minutes=1)
    return pl.DataFrame(out, schema=KEYS, orient="row")
