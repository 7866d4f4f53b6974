"""What stood before a backfill replaced it, kept in the archive, so that it can be taken back to the bit."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import polars as pl

from connectors.archive import Store, parts
from connectors.warehouse import Run
from connectors.warehouse.backfills import Replaced
from flows.backfilling.comparing import KEYS
from flows.backfilling.staged import BACKFILLS
from schemas.errors import ArchiveError

STOOD: Final = "_stood"
"""Says of a saved row that it stood; others were not there."""


class Saved(NamedTuple):
    """Rows of a table, day and shard."""

    day: int
    shard: int
    table: str
    name: str


def save(store: Store, id: int, run: Run, day: int, shard: int, table: str, found: Replaced) -> None:
    """Keep what is about to be replaced, unless that was done: then rows of the backfill may stand already."""
    if not found.fresh.height and not found.gone.height:
        return
    name = _name(id, run, day, shard, table)
    if store.get(f"{name}.sha256") is not None:
        return
    keys = list(KEYS[table])
    added = found.fresh.join(found.replaced, on=keys, how="anti")
    missing = {each: found.replaced.schema[each] for each in found.replaced.columns if each not in added.columns}
    more = added.with_columns(pl.lit(0).cast(kind).alias(each) for each, kind in missing.items())
    rows = pl.concat(
        [
            found.replaced.with_columns(pl.lit(value=True).alias(STOOD)),
            more.select(found.replaced.columns).with_columns(pl.lit(value=False).alias(STOOD)),
        ],
        how="vertical_relaxed",
    )
    with tempfile.TemporaryDirectory(prefix="tilik-backfill-") as folder:
        path = Path(folder) / "rows.parquet"
        rows.write_parquet(path)
        store.upload(name, path)
        store.put(f"{name}.sha256", parts.checksum(path).encode())


def as_stood(store: Store, id: int, run: Run, day: int, shard: int, table: str, standing: pl.DataFrame) -> pl.DataFrame:
    """Return what stood before a run began to replace it, of what stands now."""
    name = _name(id, run, day, shard, table)
    if store.get(f"{name}.sha256") is None:
        return standing
    kept = rows(store, Saved(day, shard, table, name))
    mine = standing.join(kept, on=list(KEYS[table]), how="anti")
    stood = kept.filter(STOOD).select(standing.columns)
    return pl.concat([mine, stood.cast(dict(standing.schema))])  # type: ignore[arg-type]


def every(store: Store, id: int, generation: int) -> Iterator[Saved]:
    """Return what is kept of a backfill."""
    place = _place(id, generation)
    for name in sorted(store.names(place)):
        if name.endswith(".parquet"):
            day, shard, table = name.removeprefix(place).removesuffix(".parquet").split("-")
            yield Saved(int(day), int(shard), table, name)


def rows(store: Store, of: Saved) -> pl.DataFrame:
    """Return rows that were kept, with `STOOD`.

    Raises
    ------
    ArchiveError
        They are gone, or not those that were written.
    """
    told = store.get(f"{of.name}.sha256")
    with tempfile.TemporaryDirectory(prefix="tilik-backfill-") as folder:
        path = Path(folder) / "rows.parquet"
        if told is None or not store.download(of.name, path) or parts.checksum(path) != told.decode():
            raise ArchiveError(f"archive {store.url}: {of.name}: its bytes are not those that were written")
        return pl.read_parquet(path)


def _name(id: int, run: Run, day: int, shard: int, table: str) -> str:
    return f"{_place(id, run.generation)}{day}-{shard:02d}-{table}.parquet"


def _place(id: int, generation: int) -> str:
    return f"{BACKFILLS}{id:016x}/stood/{generation}/"
