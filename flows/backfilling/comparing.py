"""What a backfill made, beside what stands: which rows differ, and which are withdrawn.

Pure functions of tables. Rows that are made as they stand stay as they are: nothing is written of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import polars as pl

from connectors.warehouse.backfills import BOOKKEEPING, Replaced, plain
from flows.backfilling.plan import INCIDENT_TABLE, TABLES
from schemas.columns import METRICS
from schemas.parts import Metric

KEYS: Final = {
    **{TABLES[metric.name]: ("camera_id", "ts", *metric.key) for metric in METRICS},
    INCIDENT_TABLE: ("camera_id", "incident_id"),
}
OF_TABLE: Final = {TABLES[metric.name]: metric for metric in METRICS}
WINDOW: Final = ("camera_id", "ts")


def newest(rows: pl.DataFrame, table: str) -> pl.DataFrame:
    """Return of several statements of a row the one that has seen most."""
    return rows.sort("rev", maintain_order=True).unique(KEYS[table], keep="last", maintain_order=True)


def minutes_of(rows: pl.DataFrame) -> pl.Expr:
    """Return the minute that a row belongs to: an incident to that in which it opened."""
    return pl.col("ts") if "ts" in rows.columns else pl.col("opened_at").dt.truncate("1m")


def within(rows: pl.DataFrame, windows: pl.DataFrame) -> pl.DataFrame:
    """Return the rows of some (camera, minute)s."""
    marked = rows.with_columns(_minute=minutes_of(rows).cast(pl.Datetime("us", "UTC")))
    return marked.join(windows, left_on=["camera_id", "_minute"], right_on=WINDOW, how="semi").drop("_minute")


def settled(health: pl.DataFrame, since_us: Mapping[str, int]) -> pl.DataFrame:
    """Return rows without the minutes that frames of a recording that goes on may still restate, by camera."""
    if not since_us:
        return health
    from_us = pl.col("camera_id").replace_strict(dict(since_us), default=None, return_dtype=pl.Int64)
    return health.filter(from_us.is_null() | (pl.col("ts").dt.epoch("us") < from_us))


def compared(table: str, made: pl.DataFrame, standing: pl.DataFrame) -> Replaced:
    """Compare what was made with what stands of the same minutes; both by their keys, once each."""
    keys = list(KEYS[table])
    names = [name for name in standing.columns if name not in BOOKKEEPING]
    now = plain(made).select(*names, "rev").cast({name: standing.schema[name] for name in names})  # type: ignore[arg-type]
    values = pl.struct(name for name in names if name not in (*keys, "params_hash")).hash(0)
    old = standing.select(*keys, _old=values, _by=pl.col("params_hash"))
    beside = now.with_columns(_new=values).join(old, on=keys, how="left", maintain_order="left")
    differs = pl.col("_old").is_null() | (pl.col("_old") != pl.col("_new"))
    is_fresh = differs | (pl.col("_by") != pl.col("params_hash"))
    fresh = beside.filter(is_fresh)
    renamed = fresh.height - fresh.filter(differs).height
    fresh = fresh.drop("_old", "_new", "_by")
    gone = standing.join(now, on=keys, how="anti")
    replaced = pl.concat([standing.join(fresh, on=keys, how="semi"), gone])
    return Replaced(fresh, gone, replaced, renamed)


def changes(table: str, made: pl.DataFrame, standing: pl.DataFrame, found: Replaced) -> Iterator[pl.DataFrame]:
    """Yield what differs by metric, camera and part: figures of all minutes as they stood, and as they were made."""
    if not found.fresh.height and not found.gone.height:
        return
    if table == INCIDENT_TABLE:
        counted = [
            rows.group_by(pl.col("kind").alias("metric"), "camera_id").len(name).cast({name: pl.Float64})
            for rows, name in ((standing, "before"), (made, "after"))
        ]
        both = counted[0].join(counted[1], on=["metric", "camera_id"], how="full", coalesce=True)
        yield _told(both.with_columns(part=pl.lit("incidents")), found, pl.col("kind"))
        return
    metric = OF_TABLE[table]
    sums = [_sums(metric, rows) for rows in (standing, made)]
    both = (
        sums[0]
        .rename({"sum": "before"})
        .join(sums[1].rename({"sum": "after"}), on=["camera_id", "part"], how="full", coalesce=True)
    )
    yield _told(both.with_columns(metric=pl.lit(metric.name)), found, pl.lit(metric.name))


def _sums(metric: Metric, rows: pl.DataFrame) -> pl.DataFrame:
    parts = {name: part.combine for name, part in metric.parts.items() if not part.bins}
    folded = rows.group_by("camera_id").agg(
        getattr(pl.col(name), how)().cast(pl.Float64) for name, how in parts.items()
    )
    return folded.unpivot(index="camera_id", variable_name="part", value_name="sum")


def _told(both: pl.DataFrame, found: Replaced, metric: pl.Expr) -> pl.DataFrame:
    by = ["metric", "camera_id"]
    counts = [
        rows.group_by(metric.alias("metric"), "camera_id").len(name)
        for rows, name in ((found.fresh, "rows"), (found.gone, "withdrawn"))
    ]
    touched = counts[0].join(counts[1], on=by, how="full", coalesce=True)
    told = both.join(touched, on=by).with_columns(pl.col("rows", "withdrawn", "before", "after").fill_null(0))
    return told.select("metric", "camera_id", "part", "rows", "withdrawn", "before", "after")


def owners(
    made: Mapping[str, pl.DataFrame], standing: pl.DataFrame, streams: Mapping[int, str]
) -> dict[str, pl.DataFrame]:
    """Return the (camera, minute)s that each recording is to state.

    Of several that have a minute it is the one whose rows stand, else the last that watched it. Minutes that
    stand of input that the archive does not have, and that it watched, nobody states.

    Parameters
    ----------
    made
        By stream, its rows of health.
    standing
        Rows of health that stand.
    streams
        By run what its rows are of: a stream, "" of a backfill, whatever stream it went by.
    """
    known = standing.select(
        *WINDOW,
        watched=pl.col("frames") > 0,
        whose=pl.col("run").replace_strict(dict(streams), default="?", return_dtype=pl.String),
    )
    foreign = known.filter(pl.col("watched") & ~pl.col("whose").is_in(["", *made]))
    every = [
        rows.select(
            *(pl.col(name).cast(pl.Datetime("us", "UTC")) if name == "ts" else pl.col(name) for name in WINDOW),
            stream=pl.lit(stream),
            at=pl.lit(at),
            seen=pl.col("frames") > 0,
        )
        for at, (stream, rows) in enumerate(made.items())
    ]
    if not every:
        return {}
    claims = pl.concat(every).join(foreign, on=WINDOW, how="anti").join(known, on=WINDOW, how="left")
    stands = (pl.col("whose") == pl.col("stream")).fill_null(value=False) & pl.col("seen")
    last = claims.with_columns(stands=stands).sort("stands", "seen", "at").unique(WINDOW, keep="last")
    return {stream: last.filter(pl.col("stream") == stream).select(WINDOW) for stream in made}
