"""Native frames as Arrow IPC (file or stream) or Parquet: one row a frame, objects as a list of structs.

Columns: camera, ts (timestamp, int64 microseconds or ISO text), ts_source, seq,
width, height, objects list<struct<class, confidence, box, track, mask,
mask_confidence, face_px>>, signals list<struct<kind, zone, value>>,
image struct<luma, sharpness, hash>. Only camera, ts and objects are required, camera unless
whoever sends them says it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from connectors.formats import arrow_casts as casts
from connectors.formats import arrow_layout as layout
from connectors.formats import arrow_rows, limits
from connectors.formats import arrow_words as words
from connectors.formats.arrow_columns import TEXTS, Columns
from connectors.formats.arrow_files import batches
from connectors.formats.arrow_rows import Faults
from connectors.formats.arrow_trust import WrongColumns, unreadable, without
from connectors.formats.chunks import (
    BOX,
    Chunk,
    Dead,
    Draft,
    ReadOptions,
    no_frames,
    settle,
)
from connectors.formats.native_words import translated
from connectors.unpacking import BROKEN

OBJECT: Final = pa.struct(
    [
        ("class", pa.large_string()),
        ("confidence", pa.float32()),
        ("box", pa.list_(pa.float32(), 4)),
        ("track", pa.large_string()),
        ("mask", pa.large_string()),
        ("mask_confidence", pa.float32()),
        ("face_px", pa.float32()),
    ]
)
SIGNAL: Final = pa.struct([("kind", pa.large_string()), ("zone", pa.large_string()), ("value", pa.float64())])
IMAGE: Final = pa.struct([("luma", pa.float32()), ("sharpness", pa.float32()), ("hash", pa.large_string())])
SCHEMA: Final = pa.schema(
    [
        ("camera", pa.large_string()),
        ("ts", pa.timestamp("us", "UTC")),
        ("ts_source", pa.large_string()),
        ("seq", pa.int64()),
        ("width", pa.int32()),
        ("height", pa.int32()),
        ("objects", pa.large_list(OBJECT)),
        ("signals", pa.large_list(SIGNAL)),
        ("image", IMAGE),
    ]
)

UNREADABLE: Final = (*BROKEN, pa.ArrowException, WrongColumns, UnicodeDecodeError)
LISTS: Final = (("objects", OBJECT), ("signals", SIGNAL))


def read(path: Path, options: ReadOptions) -> Iterator[Chunk]:
    """Yield a file's frames and what could not be read of it."""
    source = str(path)
    position, at = 1, 0
    try:
        for batch, end in batches(path, options.chunk_records):
            rows = np.arange(position, position + batch.num_rows)
            yield from of_batch(batch, rows, options, source, end - at)
            position, at = position + batch.num_rows, end
    except UNREADABLE as error:
        yield _nothing(Dead(position, "bad_file", f"{type(error).__name__}: {words.error(error)}"), options, source)


def _nothing(letter: Dead, options: ReadOptions, source: str, size: int = 0) -> Chunk:
    """Return a chunk of one letter."""
    return settle(draft_of_nothing(), options, source, lambda row: b"", [letter], size)


def draft_of_nothing() -> Draft:
    """Return a draft without frames."""
    empty = no_frames()
    return Draft(empty.frames, empty.objects.drop(BOX), np.empty((0, 4), np.float32), empty.signals)


def of_batch(
    batch: pa.RecordBatch, position: NDArray[np.int64], options: ReadOptions, source: str, size: int
) -> Iterator[Chunk]:
    """Yield a record batch in chunks; one whose columns cannot be read is one letter that counts its rows.

    Parameters
    ----------
    batch
        Rows, a frame each.
    position
        (rows,) where each stands in its source.
    options, source
        As readers have them.
    size
        Bytes read for it.
    """
    first = 0
    try:
        batch = ours(batch, options.camera)
        broken = unreadable(batch)
        for first, end in _cuts(batch, options.chunk_records):
            own = broken[np.searchsorted(broken, first) : np.searchsorted(broken, end)] - first
            faults = {row: ("bad_type", "expected texts in UTF-8") for row in own.tolist()}
            yield from _parts(batch.slice(first, end - first), position[first:end], faults, options, source, size)
            size = 0
    except WrongColumns as error:
        left = batch.num_rows - first
        if left:
            letter = Dead(int(position[first]), "bad_type", str(error), records=left)
            yield _nothing(letter, options, source, size)


def of_sound(batch: pa.RecordBatch, position: NDArray[np.int64], options: ReadOptions, source: str) -> Iterator[Chunk]:
    """Yield a record batch of `ours` without a broken text, as `of_batch` does.

    Raises
    ------
    WrongColumns
        Its columns cannot be read.
    """
    for first, end in _cuts(batch, options.chunk_records):
        yield from _parts(batch.slice(first, end - first), position[first:end], {}, options, source, 0)


def ours(batch: pa.RecordBatch, camera: str | None) -> pa.RecordBatch:
    """Return our columns of a batch; rows without a column of cameras are of the one given.

    Raises
    ------
    WrongColumns
        One is missing, or there twice.
    """
    names = batch.schema.names
    if camera and "camera" not in names:
        batch = batch.append_column("camera", pa.repeat(camera, batch.num_rows))
        names = batch.schema.names
    twice = [name for name in SCHEMA.names if names.count(name) > 1]
    if twice:
        raise WrongColumns(f"expected each column once, found {twice[0]} more than once")
    for name in ("camera", "ts", "objects"):
        if name not in names:
            raise WrongColumns(f"expected a column {name}, found {words.names(names)}")
    return batch.select([name for name in names if name in SCHEMA.names])


def _cuts(batch: pa.RecordBatch, records: int) -> Iterator[tuple[int, int]]:
    """Yield first and end of the rows that are decoded at once; one with too many objects comes alone."""
    lists = [layout.sizes(layout.column(batch, name), batch.num_rows) for name in ("objects", "signals")]
    total = np.cumsum(lists[0] + lists[1])
    first = 0
    while first < batch.num_rows:
        before = total[first - 1] if first else 0
        end = min(first + records, int(np.searchsorted(total, before + limits.TOGETHER, side="right")))
        end = max(end, first + 1)
        yield first, end
        first = end


def _parts(
    batch: pa.RecordBatch,
    position: NDArray[np.int64],
    faults: Faults,
    options: ReadOptions,
    source: str,
    size: int,
) -> Iterator[Chunk]:
    """Yield a piece of a batch, in several where its texts are long."""
    rows = np.arange(batch.num_rows)
    for name in ("objects", "signals"):
        for row in np.flatnonzero(layout.sizes(layout.column(batch, name), batch.num_rows) > limits.OBJECTS).tolist():
            faults[row] = "too_large", f"expected at most {limits.OBJECTS:,} {name} in a frame"
    held, rows = _held(batch, rows, list(faults))
    held, rows, dead = _emptied(held, rows, position)
    weight = _weights(held, min(options.max_record_bytes, options.block_bytes))
    heavy = np.flatnonzero(weight > options.max_record_bytes)
    said = (
        "too_large",
        f"expected texts of at most {limits.TEXT_BYTES:,} bytes, {options.max_record_bytes:,} in a frame together",
    )
    faults.update((int(rows[row]), said) for row in heavy)
    held, rows = _held(held, rows, heavy.tolist())
    dead += [Dead(int(position[at]), *why) for at, why in faults.items()]
    spent = np.cumsum(np.delete(weight, heavy))
    begin = 0
    while begin < held.num_rows or dead:
        before = spent[begin - 1] if begin else 0
        end = max(begin + 1, int(np.searchsorted(spent, before + options.block_bytes)))
        part = held.slice(begin, end - begin)
        yield _chunk(part, position[rows[begin:end]], dead, options, source, size)
        begin, dead, size = end, [], 0


def _held(batch: pa.RecordBatch, rows: NDArray[np.int64], drop: list[int]) -> tuple[pa.RecordBatch, NDArray[np.int64]]:
    """Return a batch without some of its rows, and which of `rows` are left."""
    return (without(batch, np.array(sorted(drop))), np.delete(rows, drop)) if drop else (batch, rows)


def _weights(batch: pa.RecordBatch, enough: int) -> NDArray[np.int64]:
    """Return how many bytes of text there are in each row, too many where one is too long.

    Nothing is looked at where all together cannot be `enough`.
    """
    own = np.zeros(batch.num_rows, np.int64)
    found: list[tuple[pa.Array | None, NDArray[np.uint32] | None]] = []
    found += [(layout.column(batch, name), None) for name in TEXTS[""]]
    for name, _ in LISTS:
        things, of = layout.flat(layout.column(batch, name))
        found += [(layout.child(things, field), of) for field in TEXTS[name]]
    if sum(casts.most_bytes(texts) for texts, _ in found) < enough:
        return own
    for texts, frame in found:
        if texts is not None:
            sizes = casts.text_bytes(texts)
            sizes = np.where(sizes > limits.TEXT_BYTES, limits.BATCH_BYTES, sizes)
            own += sizes if frame is None else np.bincount(frame, sizes, batch.num_rows).astype(np.int64)
    return own


def _chunk(
    batch: pa.RecordBatch,
    position: NDArray[np.int64],
    dead: list[Dead],
    options: ReadOptions,
    source: str,
    size: int,
) -> Chunk:
    """Return a piece of a batch whose buffers are sound."""
    columns = Columns(batch)
    told = casts.times(layout.required(batch, "ts"), options.now_us)
    faults: Faults = {row: ("bad_time", detail) for row, detail in told.faults.items()}
    arrow_rows.add(columns, faults)
    rows = np.delete(np.arange(batch.num_rows), list(faults))
    good = Columns(without(batch, np.array(sorted(faults)))) if faults else columns
    made = translated(good.draft(told.t_us[rows], position[rows]), options.class_map)
    letters = [*dead, *(Dead(int(position[row]), *why, _raw(batch, row)) for row, why in faults.items())]
    return settle(
        made,
        options,
        source,
        lambda row: _raw(good.batch, row),
        letters,
        size,
        in_pixels=False,
        has_short_texts=good.has_short_texts(),
    )


def _emptied(
    batch: pa.RecordBatch, rows: NDArray[np.int64], position: NDArray[np.int64]
) -> tuple[pa.RecordBatch, NDArray[np.int64], list[Dead]]:
    """Return a batch whose lists are of our structs, which of `rows` are left, and a letter for each run of others.

    A row without entries stands, whatever entries would have been.
    """
    dead: list[Dead] = []
    for name, entry in LISTS:
        lists = layout.column(batch, name)
        if lists is None:
            continue
        detail = "" if layout.is_untyped(lists.type) else arrow_rows.lacking(name, lists.type)
        if detail and layout.is_any_list(lists.type):
            wrong = np.flatnonzero(layout.sizes(lists, len(lists)))
            runs = np.split(rows[wrong], np.flatnonzero(np.diff(rows[wrong]) != 1) + 1)
            dead += [Dead(int(position[run[0]]), "bad_type", detail, records=len(run)) for run in runs if len(run)]
            batch, rows = _held(batch, rows, wrong.tolist())
            lists = layout.column(batch, name)
        if (typed := layout.of_structs(lists, entry, are_empty=bool(detail))) is not lists:
            batch = batch.set_column(batch.schema.get_field_index(name), name, typed)
    return batch, rows, dead


def _raw(batch: pa.RecordBatch, row: int) -> bytes:
    """Return a row as JSON, for a dead letter; nothing where Python has no such time, or zone."""
    try:
        return json.dumps(batch.slice(row, 1).to_pylist()[0], default=str).encode()
    except (ValueError, LookupError, OSError, OverflowError, pa.ArrowException):
        return b""
