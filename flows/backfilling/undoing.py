"""A backfill taken back: rows that it replaced stand again, and what it added goes."""

from __future__ import annotations

import polars as pl

from connectors.archive import Store
from connectors.warehouse import Run, Span, Warehouse, backfills, floors, removing
from connectors.warehouse.backfills import Entry
from flows.backfilling import saved
from flows.backfilling.comparing import KEYS
from schemas import retention
from schemas.errors import UsageError, WarehouseError
from schemas.local_time import DAY_US, midnight_us
from schemas.parts import REVISIONS


def undo(warehouse: Warehouse, store: Store, of: Entry) -> tuple[Run, int]:
    """Take a backfill back; return the run that did it, and how many rows it wrote.

    Raises
    ------
    UsageError
        It was taken back before, or what it replaced was removed.
    WarehouseError
        Other runs have stated some of its rows since.
    """
    if of.state == backfills.UNDONE:
        raise UsageError(f"generation {of.generation}: taken back already")
    floors.refuse_below(warehouse, of.since_us)
    if removing.is_removed(warehouse, retention.BACKFILLS, f"{of.id:016x}", of.at):
        raise UsageError(
            f"generation {of.generation}: what it replaced was removed (tilik retention; the view removals): "
            "it cannot be taken back, but made again by the registry of before"
        )
    every = list(saved.every(store, of.id, of.generation))
    with backfills.alone(warehouse, backfills.asked_of(of)):
        for each in every:
            _refuse_restated(warehouse, of, each, saved.rows(store, each))
        run = backfills.begin_undo(warehouse, of)
        written = 0
        for each in every:
            rows = saved.rows(store, each)
            back = rows.with_columns(deleted=pl.when(saved.STOOD).then(0).otherwise(1).cast(pl.UInt8)).drop(saved.STOOD)
            span = Span(frozenset(of.cameras), midnight_us(each.day), midnight_us(each.day) + DAY_US)
            with backfills.writing(warehouse, span, of.id):
                backfills.restore(warehouse, run.generation, each.table, back)
            written += rows.height
        return run, written


def _refuse_restated(warehouse: Warehouse, of: Entry, each: saved.Saved, rows: pl.DataFrame) -> None:
    """Refuse where somebody else has stated since what would be written over."""
    cameras = rows["camera_id"].unique().to_list()
    now = backfills.standing(warehouse, each.table, cameras, midnight_us(each.day), midnight_us(each.day) + DAY_US)
    generation = pl.col("rev") // REVISIONS
    later = now.join(rows, on=list(KEYS[each.table]), how="semi").filter(
        (generation > of.generation)
        & (pl.col("run") != of.run)
        & ~generation.is_in(backfills.undoing(warehouse, of))  # of an undo that was killed
    )
    if later.height:
        raise WarehouseError(
            f"{warehouse.where}: run {later['run'][0]} has stated rows since that generation {of.generation} made: "
            "take back later backfills first; after another replay there is nothing to take back"
        )
