"""Frame batches of the whole city in arrival order, one file an hour of arrival."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from connectors.formats.native_writing import ROWS, to_json_lines, to_table
from schemas.frames import FRAMES, OBJECTS, SIGNALS, FrameBatch
from simulation.masks import NAMES, Faces, no_faces
from simulation.words import CLASS_NAMES

Format = Literal["native", "arrow"]
SUFFIX: Final = {"native": "jsonl", "arrow": "arrow"}
PACKED: Final = pa.ipc.IpcWriteOptions(compression="zstd")
JSON_ROWS: Final = 20_000
"""Frames written as JSON at a time."""


class Arrivals(NamedTuple):
    """`n` arrivals of one camera within an hour, in order; objects and signals name their row."""

    camera: str
    arrival_us: NDArray[np.int64]
    t_us: NDArray[np.int64]
    seq: NDArray[np.int64]
    size: tuple[int, int]
    object_row: NDArray[np.int64]  # ascending
    cls: NDArray[np.uint8]
    confidence: NDArray[np.float32]
    box: NDArray[np.float64]  # (m, 4)
    track: NDArray[np.int64]
    signal_row: NDArray[np.int64]  # ascending
    signal_zone: list[str]
    signal_value: NDArray[np.float64]
    faces: Faces | None = None  # of the objects; None where no masks are judged


def spread(
    frame: NDArray[np.int64], count: int, back: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return for each arrival the items of its frame, and the arrival's row for each."""
    start = np.searchsorted(frame, np.arange(count + 1))
    length = (start[1:] - start[:-1])[back]
    row = np.repeat(np.arange(len(back)), length)
    item = np.arange(len(row)) - np.repeat(np.cumsum(length) - length, length) + np.repeat(start[:-1][back], length)
    return item, row


def batch(cameras: list[Arrivals]) -> FrameBatch:
    """Return all cameras' arrivals as one batch in order of arrival, ties by camera."""
    lengths = [len(c.arrival_us) for c in cameras]
    base = np.concatenate([[0], np.cumsum(lengths)])
    count = int(base[-1])
    order = np.argsort(_joined([c.arrival_us for c in cameras], np.int64), kind="stable")
    place = np.empty(count, np.int64)
    place[order] = np.arange(count)
    code = np.repeat(np.arange(len(cameras)), lengths)[order]
    frames = pl.DataFrame(
        {
            "camera": pl.Series([c.camera for c in cameras], dtype=pl.String).gather(code),
            "t_us": _joined([c.t_us for c in cameras], np.int64)[order],
            "arrival_us": None,
            "ts_source": "capture",
            "seq": _joined([c.seq for c in cameras], np.int64)[order],
            "width": np.array([c.size[0] for c in cameras])[code],
            "height": np.array([c.size[1] for c in cameras])[code],
            "luma": None,
            "sharpness": None,
            "image_hash": None,
            "position": np.arange(1, count + 1),
        },
        schema=FRAMES,
        strict=False,
    )
    return FrameBatch(frames, _objects(cameras, base, place), _signals(cameras, base, place))


def _joined(parts: list[NDArray[Any]], kind: type) -> NDArray[Any]:
    return np.concatenate([*parts, np.empty((0, *parts[0].shape[1:]) if parts else 0, kind)])


def _rows(
    rows: list[NDArray[np.int64]], base: NDArray[np.int64], place: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the frame of each item after sorting, and the order that sorts them by it."""
    frame = place[_joined([r + b for r, b in zip(rows, base[:-1], strict=True)], np.int64)]
    order = np.argsort(frame, kind="stable")
    return frame[order], order


def _objects(cameras: list[Arrivals], base: NDArray[np.int64], place: NDArray[np.int64]) -> pl.DataFrame:
    frame, order = _rows([c.object_row for c in cameras], base, place)
    box = _joined([c.box for c in cameras], np.float64)[order].astype(np.float32)
    return pl.DataFrame(
        {
            "frame": frame,
            "class": pl.Series(CLASS_NAMES, dtype=pl.String).gather(_joined([c.cls for c in cameras], np.uint8)[order]),
            "confidence": _joined([c.confidence for c in cameras], np.float32)[order],
            **{name: box[:, i] for i, name in enumerate(("x1", "y1", "x2", "y2"))},
            "track": pl.Series(_joined([c.track for c in cameras], np.int64)[order]).cast(pl.String),
            **_faces(cameras, order),
        },
        schema=OBJECTS,
        strict=False,
    )


def _faces(cameras: list[Arrivals], order: NDArray[np.int64]) -> dict[str, pl.Series | None]:
    """Return the columns of masks, null where no face was judged."""
    if all(c.faces is None for c in cameras):
        return dict.fromkeys(("mask", "mask_confidence", "face_px"))
    faces = [c.faces or no_faces(len(c.cls)) for c in cameras]
    vote = np.concatenate([f.vote for f in faces])[order]
    return {
        "mask": pl.Series(NAMES, dtype=pl.String).gather(vote),
        "mask_confidence": _where(vote, np.concatenate([f.confidence for f in faces])[order]),
        "face_px": _where(vote, np.concatenate([f.px for f in faces])[order]),
    }


def _where(vote: NDArray[np.uint8], values: NDArray[np.float32]) -> pl.Series:
    """Return the values, null where there is no vote."""
    return pl.select(pl.when(pl.Series(vote > 0)).then(pl.Series(values))).to_series()


def _signals(cameras: list[Arrivals], base: NDArray[np.int64], place: NDArray[np.int64]) -> pl.DataFrame:
    frame, order = _rows([c.signal_row for c in cameras], base, place)
    zone = [name for camera in cameras for name in camera.signal_zone]
    return pl.DataFrame(
        {
            "frame": frame,
            "kind": "flood",
            "zone": pl.Series(zone, dtype=pl.String).gather(order),
            "value": _joined([c.signal_value for c in cameras], np.float64)[order],
        },
        schema=SIGNALS,
        strict=False,
    )


def write(path: Path, content: FrameBatch, form: Format) -> int:
    """Write one hour's batch; returns the bytes written."""
    if form == "arrow":
        table = to_table(content)
        with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema, options=PACKED) as arrow:
            arrow.write_table(table, max_chunksize=ROWS)
        return path.stat().st_size
    with path.open("wb") as file:
        for first in range(0, len(content), JSON_ROWS):
            file.write(to_json_lines(_part(content, first)))
    return path.stat().st_size


def _part(content: FrameBatch, first: int) -> FrameBatch:
    def rows(table: pl.DataFrame) -> pl.DataFrame:
        start, end = np.searchsorted(table["frame"].to_numpy(), [first, first + JSON_ROWS])
        return table[start:end].with_columns(frame=(pl.col("frame") - first).cast(pl.UInt32))

    return FrameBatch(content.frames[first : first + JSON_ROWS], rows(content.objects), rows(content.signals))
