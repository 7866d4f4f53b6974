"""What stood before a backfill replaced it, kept in the archive, so that it can be taken back to the bit."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import polars as pl

from connectors.archive import Store, commits, parts
from connectors.warehouse import Run
from connectors.warehouse.backfills import Replaced
from flows.backfilling.comparing import KEYS
from schemas.errors import ArchiveError

STOOD: Final = "_stood"
"""Says of a saved row that it stood; others were not there."""


class Saved(NamedTuple):
    """Rows of a table, day and shard."""

    day: int
    shard: int
    table: str
    name: str


class Keeping(NamedTuple):
    """Where a run keeps what it replaces, and what it kept there before it was killed."""

    store: Store
    place: str
    names: frozenset[str]

    def has(self, name: str) -> bool:
        """Say whether rows were kept, to their last byte."""
        return _sum(name) in self.names


def keeping(store: Store, id: int, run: Run) -> Keeping:
    """Look once at what a run has kept."""
    place = _place(id, run.generation)
    return Keeping(store, place, frozenset(store.names(place)))


def save(into: Keeping, day: int, shard: int, table: str, found: Replaced) -> None:
    """Keep what is about to be replaced, unless that was done: then rows of the backfill may stand already."""
    name, store = _name(into.place, day, shard, table), into.store
    if into.has(name) or (not found.fresh.height and not found.gone.height):
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
        store.put(_sum(name), parts.checksum(path).encode())


def as_stood(of: Keeping, day: int, shard: int, table: str, standing: pl.DataFrame) -> pl.DataFrame:
    """Return what stood before a run began to replace it, of what stands now."""
    name = _name(of.place, day, shard, table)
    if not of.has(name):
        return standing
    found = rows(of.store, Saved(day, shard, table, name))
    mine = standing.join(found, on=list(KEYS[table]), how="anti")
    stood = found.filter(STOOD).select(standing.columns)
    return pl.concat([mine, stood.cast(dict(standing.schema))])  # type: ignore[arg-type]


def every(store: Store, id: int, generation: int) -> Iterator[Saved]:
    """Return what is kept of a backfill."""
    place = _place(id, generation)
    for name in sorted(store.names(place)):
        if name.endswith(".parquet"):
            day, shard, table = name.removeprefix(place).removesuffix(".parquet").split("-")
            yield Saved(int(day), int(shard), table, name)


def forget(store: Store, id: int, generation: int) -> None:
    """Remove what is kept of a backfill that was taken back."""
    store.remove(store.names(_place(id, generation)))


def rows(store: Store, of: Saved) -> pl.DataFrame:
    """Return rows that were kept, with `STOOD`.

    Raises
    ------
    ArchiveError
        They are gone, or not those that were written.
    """
    told = store.get(_sum(of.name))
    with tempfile.TemporaryDirectory(prefix="tilik-backfill-") as folder:
        path = Path(folder) / "rows.parquet"
        if told is None or not store.download(of.name, path) or parts.checksum(path) != told.decode():
            raise ArchiveError(f"archive {store.url}: {of.name}: its bytes are not those that were written")
        return pl.read_parquet(path)


def _name(place: str, day: int, shard: int, table: str) -> str:
    return f"{place}{day}-{shard:02d}-{table}.parquet"


def _sum(name: str) -> str:
    return f"{name}.sha256"


def _place(id: int, generation: int) -> str:
    return f"{commits.BACKFILLS}{id:016x}/{commits.STOOD}/{generation}/"
