"""Rows into tables: in blocks of few day partitions, with the hours they change marked.

Minute tables' hours are marked before the rows go in (a crash between leaves a
mark) and again after (a roller that ran in between must not clear it).
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

import polars as pl
import pyarrow as pa

from connectors.warehouse.session import Session
from schemas.columns import METRICS

BLOCK_ROWS: Final = 200_000
BLOCK_DAYS: Final = 90
"""ClickHouse refuses blocks of more than 100 partitions; minute tables have one a day."""
MANY: Final = "SETTINGS max_partitions_per_insert_block = 0"
"""For statements that copy rows within a table: theirs may be of any number of days."""

RAW_BYTES: Final = 65_536
KNOWN_BY: Final = ("source", "position", "reason", "content")
"""Which record a dead letter is: the same path with other content is another file."""
READ_BY: Final = ("form", "given", "cut")
"""What a kept record is read by."""
MINUTE_TABLES: Final = {f"{metric.name}_minute_log": metric.name for metric in METRICS}
MARK_OPEN, MARK_LANDED, MARK_ROLLED = 0, 1, 2


def insert(session: Session, table: str, rows: pa.Table | pl.DataFrame) -> None:
    """Store rows in a table; see `Warehouse.insert`."""
    frame = rows if isinstance(rows, pl.DataFrame) else pl.DataFrame(rows)
    if table == "dead_letters_log":
        _dead_letters(session, frame)
        return
    domain = MINUTE_TABLES.get(table)
    for block in _blocks(frame, "opened_at" if table == "incidents_log" else "ts"):
        if domain is None:
            session.insert_block(table, to_arrow(block))
            continue
        hours, mark = _hours(block), secrets.randbits(63)
        _mark(session, domain, hours, mark, MARK_OPEN)
        session.insert_block(table, to_arrow(block))
        _mark(session, domain, hours, mark, MARK_LANDED)


def mark(session: Session, domain: str, hours: list[datetime]) -> None:
    """Ask the roller to recompute hours of a metric."""
    _mark(session, domain, hours, secrets.randbits(63), MARK_LANDED)


def unmark(session: Session, domain: str, hours: list[datetime], number: int) -> None:
    """Note that hours which were marked under a number were recomputed."""
    _mark(session, domain, hours, number, MARK_ROLLED)


def to_arrow(frame: pl.DataFrame) -> pa.Table:
    """Return a frame as ClickHouse reads it: no string views, no categories.

    What goes into a table is gathered with polars: ``pyarrow.array`` loads pandas, which
    would be half a second of every command that writes a row.
    """
    plain = frame.with_columns(pl.selectors.by_dtype(pl.Categorical, pl.Enum).cast(pl.String))
    return plain.to_arrow(compat_level=pl.CompatLevel.oldest())


def _blocks(frame: pl.DataFrame, time: str) -> Iterator[pl.DataFrame]:
    if time not in frame.columns:
        yield from frame.iter_slices(BLOCK_ROWS)
        return
    days = frame[time].dt.epoch("d")
    if frame.height <= BLOCK_ROWS and days.n_unique() <= BLOCK_DAYS:
        if frame.height:
            yield frame
        return
    rank = days.rank("dense") - 1
    for group in frame.with_columns(_group=rank // BLOCK_DAYS).partition_by("_group", include_key=False):
        yield from group.sort(time, maintain_order=True).iter_slices(BLOCK_ROWS)  # of equals the later counts


def _hours(block: pl.DataFrame) -> list[datetime]:
    return block["ts"].dt.truncate("1h").unique().sort().dt.replace_time_zone("UTC").to_list()


def _mark(session: Session, domain: str, hours: list[datetime], number: int, state: int) -> None:
    rows = pl.DataFrame({"hour": hours}, {"hour": pl.Datetime("ms", "UTC")}).with_columns(
        domain=pl.lit(domain), mark=pl.lit(number, pl.UInt64), state=pl.lit(state, pl.UInt8)
    )
    session.insert_block("marks_log", to_arrow(rows))


def _dead_letters(session: Session, frame: pl.DataFrame) -> None:
    """Store dead letters (`schemas.frames.DEAD_LETTERS` and `run`); bytes go to a table of their own."""
    if not frame.height:
        return
    if "first_seen_us" in frame.columns:
        frame = frame.with_columns(first_seen=pl.from_epoch("first_seen_us", "us").dt.replace_time_zone("UTC"))
    if "run" not in frame.columns:
        frame = frame.with_columns(run=pl.lit(0, pl.UInt32))
    if "content" not in frame.columns:
        frame = frame.with_columns(content=pl.lit(0, pl.UInt64))
    frame = frame.with_columns(pl.col("position").fill_null(0), pl.col("detail").fill_null(""))
    kept = frame.select(*KNOWN_BY, "detail", "first_seen", "count", "run")
    for block in kept.iter_slices(BLOCK_ROWS):
        session.insert_block("dead_letters_log", to_arrow(block))
    if "raw" not in frame.columns:
        return
    told = (pl.col(name) if name in frame.columns else pl.lit("").alias(name) for name in READ_BY)
    raw = frame.filter(pl.col("raw").is_not_null()).select(
        *KNOWN_BY, pl.col("raw").bin.slice(0, RAW_BYTES), *told, stored_at=pl.lit(datetime.now(UTC))
    )
    for block in raw.iter_slices(BLOCK_ROWS // 100):
        session.insert_block("dead_letters_raw", to_arrow(block))
