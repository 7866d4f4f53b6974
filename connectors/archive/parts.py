"""One file of frames: a batch as Parquet, by camera and time, and back, bit by bit.

Boxes of detectors lie on a grid (pixels, or a few decimals): a dictionary holds them in less than half
of what a float takes, which byte streams apart do not.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from schemas.archive import FORMAT, FRAME, OBJECT, SCHEMA, SIGNAL, TIMES
from schemas.errors import ArchiveError
from schemas.frames import DECIDED, FRAMES, OBJECTS, SIGNALS, FrameBatch

ROW_GROUP: Final = 20_000
"""Frames of a row group, ours: some minutes of a camera, whose statistics say what may be skipped."""
DICTIONARY_BYTES: Final = 4 << 20
DELTA: Final = ("ts", "row", "position", "seq", "came", "arrival")
"""Columns that grow evenly: their steps are stored."""
MARK: Final = b"tilik.archive"
FIELD: Final = pc.field("camera")


def write(batch: FrameBatch, path: Path) -> None:
    """Write frames with the columns of `DECIDED` into a file, by camera, time and order of leaving."""
    keys = batch.frames.select("camera", "t_us").with_row_index("at").sort("camera", "t_us", maintain_order=True)
    table = to_table(batch if keys["at"].is_sorted() else batch.reordered(keys["at"].to_numpy().astype(np.intp)))
    leaves = [name for name in FRAME if name not in DELTA]
    leaves += [f"objects.list.element.{field.name}" for field in OBJECT]
    leaves += [f"signals.list.element.{field.name}" for field in SIGNAL]
    pq.write_table(
        table.replace_schema_metadata({MARK: str(FORMAT).encode()}),
        path,
        row_group_size=ROW_GROUP,
        compression="zstd",
        use_dictionary=leaves,
        column_encoding=dict.fromkeys(DELTA, "DELTA_BINARY_PACKED"),
        dictionary_pagesize_limit=DICTIONARY_BYTES,
        write_page_index=True,
    )


def to_table(batch: FrameBatch) -> pa.Table:
    """Return a batch as the archive's columns; its frames stay in their order."""
    named = {us: name for name, us in TIMES.items()}
    frames = batch.frames.with_columns(pl.col("disposition").cast(pl.String)).rename(named)
    plain = frames.select(list(FRAME)).to_arrow(compat_level=pl.CompatLevel.oldest())
    columns = [plain[name].cast(kind) for name, kind in FRAME.items()]
    lists = [_lists(batch.objects, len(batch), OBJECT), _lists(batch.signals, len(batch), SIGNAL)]
    return pa.table([*columns, *lists], schema=SCHEMA)


def to_batch(table: pa.Table) -> FrameBatch:
    """Return the archive's rows as a batch whose frames have the columns of `DECIDED`, in the order of the rows."""
    whole = table.combine_chunks()
    columns = {TIMES.get(name, name): _plain(whole[name], name in TIMES) for name in FRAME}
    kinds: dict[str, Any] = FRAMES | DECIDED
    frames = pl.DataFrame({name: pl.from_arrow(column) for name, column in columns.items()})
    frames = frames.select(pl.col(name).cast(kind) for name, kind in kinds.items())
    objects, signals = _items(whole["objects"], OBJECTS), _items(whole["signals"], SIGNALS)
    return FrameBatch(frames, objects, signals, "archive")


def read(path: Path, name: str, cameras: tuple[str, str] | None = None) -> pa.Table:
    """Return a file's rows, of all its cameras or of those from the first to the last by id.

    Raises
    ------
    ArchiveError
        It is no file of an archive, or one of another format.
    """
    try:
        chosen = None if cameras is None else (cameras[0] <= FIELD) & (cameras[1] >= FIELD)
        table = pq.read_table(path, filters=chosen)
    except (OSError, pa.ArrowException) as error:
        raise ArchiveError(f"{name}: expected Parquet: {error}") from None
    found = (table.schema.metadata or {}).get(MARK, b"").decode()
    if found != str(FORMAT) or not table.schema.equals(SCHEMA):
        raise ArchiveError(
            f"{name}: expected frames of an archive in format {FORMAT}, came format {found or 'unknown'}"
        )
    return table


def checksum(path: Path) -> str:
    """Return the SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _lists(items: pl.DataFrame, count: int, kind: pa.StructType) -> pa.ListArray:
    """Return items by their frame; made by Polars, since `pa.array` loads pandas to ask whether it was given some."""
    first = pl.Series(np.searchsorted(items["frame"].to_numpy(), np.arange(count + 1)).astype(np.int32))
    arrays = [items[field.name].to_arrow(compat_level=pl.CompatLevel.oldest()).cast(field.type) for field in kind]
    return pa.ListArray.from_arrays(first.to_arrow(), pa.StructArray.from_arrays(arrays, fields=list(kind)))


def _items(lists: pa.ChunkedArray, kinds: dict[str, Any]) -> pl.DataFrame:
    column = lists.combine_chunks()
    records = column.flatten()
    frame = pl.from_arrow(pc.list_parent_indices(column))
    fields = {name: pl.from_arrow(records.field(name)) for name in kinds if name != "frame"}
    return pl.DataFrame({"frame": frame, **fields}).select(pl.col(name).cast(kind) for name, kind in kinds.items())


def _plain(column: pa.ChunkedArray, is_time: bool) -> pa.Array:
    return (column.cast(pa.int64()) if is_time else column).combine_chunks()
