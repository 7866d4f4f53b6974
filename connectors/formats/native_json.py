"""Native frames as JSON lines: the scanner's columns, completed by the lines it left aside."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from connectors.files import Block
from connectors.formats.chunks import WITHOUT_BOX, Chunk, Dead, Draft, ReadOptions, lost_lines, settle, table
from connectors.formats.native_lines import Fault, Timed, decode, draft, named
from connectors.formats.native_scan import NUMBERS, Scanned, scan
from connectors.formats.native_tokens import ABSENT
from connectors.formats.native_words import translated
from connectors.formats.reading import Reader, of_lines
from connectors.formats.spans import completed, numbers, texts
from schemas.frames import FRAMES, SIGNALS

MARKS: Final = (frozenset({"ts", "objects"}),)
"""What a frame has: where objects with these keys stand, a document's frames stand."""


class Native(Reader):
    """Reads lines of native JSON."""

    marks = MARKS

    def decoded(self, block: Block, source: str, options: ReadOptions) -> Chunk:
        """Return what some lines say."""
        return _chunk(block, options, source)


def read(path: Path, options: ReadOptions) -> Iterator[Chunk]:
    """Yield a file's frames and what could not be read of it."""
    return of_lines(path, options, Native(options))


def _chunk(block: Block, options: ReadOptions, source: str) -> Chunk:
    dead = lost_lines(block)
    scanned = scan(block.data, block.start, block.end, is_named=not options.camera)
    lines: list[Timed] = []
    rows: list[int] = []
    for row in np.flatnonzero(~scanned.read).tolist():
        line = block.line(row)
        if not line.strip():
            continue
        found = decode(line, options.now_us, options.camera)
        if isinstance(found, Fault):
            dead.append(Dead(int(block.position[row]), *found, line))
        else:
            lines.append(found)
            rows.append(row)
    made = _columns(scanned, block, options.camera)
    if lines:
        made = completed(
            made, np.flatnonzero(scanned.read), draft(lines, block.position[rows].tolist()), np.array(rows)
        )
    line_of = np.sort(np.concatenate([np.flatnonzero(scanned.read), np.array(rows, np.int64)]))
    made = translated(made, options.class_map, is_ours=options.is_ours)

    def raw(row: int) -> bytes:
        return named(block.line(int(line_of[row])), options.camera)

    return settle(made, options, source, raw, dead, block.size, in_pixels=False)


def _columns(scanned: Scanned, block: Block, camera: str | None) -> Draft:
    """Return what was scanned as columns; frames that name no camera are of the one given."""
    read, data = scanned.read, block.data
    row = (np.cumsum(read) - 1).astype(np.uint32)
    whole = pl.DataFrame(scanned.whole[read], ["t_us", "seq", "width", "height"], orient="row")
    whole = whole.with_columns(pl.all().replace(ABSENT, None))
    image = scanned.image[read]
    frames: dict[str, Any] = {
        **{name: whole[name] for name in whole.columns},
        **texts(data, scanned.text[read], ("camera", "ts_source", "image_hash")),
        "luma": numbers(image[:, 0]),
        "sharpness": numbers(image[:, 1]),
        "position": block.position[read],
    }
    objects: dict[str, Any] = {
        "frame": row[scanned.object_line],
        **texts(data, scanned.object_text, ("class", "track", "mask")),
        **{name: numbers(scanned.number[:, NUMBERS.index(name)]) for name in NUMBERS if name in WITHOUT_BOX},
    }
    signals: dict[str, Any] = {
        "frame": row[scanned.signal_line],
        **texts(data, scanned.signal_text, ("kind", "zone")),
        "value": _values(scanned, data),
    }
    made = table(frames, FRAMES, int(read.sum())).with_columns(pl.col("ts_source").fill_null("capture"))
    made = made.with_columns(pl.col("camera").fill_null(camera)) if camera else made
    things = table(objects, WITHOUT_BOX, len(scanned.object_line))
    return Draft(made, things, scanned.number[:, 1:5], table(signals, SIGNALS, len(scanned.signal_line)))


def _values(scanned: Scanned, data: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return the signals' values; those with more digits than the scanner rounds exactly are read again."""
    start, end = scanned.signal_text[:, 4], scanned.signal_text[:, 5]
    for row in np.flatnonzero(start >= 0):
        scanned.value[row] = float(data[start[row] : end[row]].tobytes())
    return scanned.value
