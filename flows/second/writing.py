"""What has to be written, so that what is stored becomes what was made: no row more."""

from __future__ import annotations

from typing import Final

import polars as pl

from flows.incidents import SCHEMA
from schemas.parts import REVISIONS

CONTENT: Final = [name for name in SCHEMA if name != "rev"]
KEY: Final = ["camera_id", "incident_id"]
WHO: Final = ["owner", "category", "params_hash", "simulated"]
"""What an incident takes from its camera's definition."""


def continued(made: pl.DataFrame, held: pl.DataFrame, until_us: int) -> pl.DataFrame:
    """Return incidents whose story from a time on is the stored one: who they are by now, what became of them by then.

    Parameters
    ----------
    made
        Incidents that opened before the time.
    held
        Stored ones; each that lasts at the time is among `made`, too.
    """
    closed_us = pl.col("closed_at").dt.epoch("us")
    is_over = (closed_us < until_us).fill_null(value=False)
    lasting = held.filter(~is_over & (pl.col("deleted") == 0)).drop(WHO)
    later = made.select(*KEY, *WHO).join(lasting, on=KEY)
    return pl.concat([made.filter(is_over), later.select(made.columns)])


def differing(made: pl.DataFrame, held: pl.DataFrame, run: int, generation: int) -> pl.DataFrame:
    """Return rows of `incidents_log`: what is new or different, and tombstones of what is gone.

    Each wins over what is stored under its key: it carries the next higher `rev`. Incidents that opened last come
    first, so that what a killed writer leaves is found out from the front.

    Parameters
    ----------
    made
        Incidents (`flows.incidents.SCHEMA`).
    held
        What was stored last of these and of all that they replace (`stored.HELD`), withdrawn ones too.
    """
    live = held.filter(pl.col("deleted") == 0)
    fresh = made.join(live, on=CONTENT, how="anti", nulls_equal=True).with_columns(deleted=pl.lit(0, pl.UInt8))
    gone = live.join(made, on=KEY, how="anti").with_columns(deleted=pl.lit(1, pl.UInt8))
    before = held.select(*KEY, before=pl.col("rev"))
    rows = pl.concat([fresh.select(*CONTENT, "deleted"), gone.select(*CONTENT, "deleted")])
    least = pl.lit(generation * REVISIONS, pl.UInt64)
    rev = pl.max_horizontal(least, pl.col("before") + 1)  # nothing stored: the least
    return (
        rows.join(before, on=KEY, how="left", maintain_order="left")
        .with_columns(rev=rev.cast(pl.UInt64), run=pl.lit(run, pl.UInt32))
        .drop("before")
        .sort("opened_at", "incident_id", descending=True)
    )
