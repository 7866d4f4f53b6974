"""OpenDataCam: frames of raw detections, or of the tracker (`/tracker/sse`), as JSON lines.

Boxes are centre, width and height in px; probabilities are per cent; there is no
clock: frame number 0 is at the start, and later ones follow by frames per second.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Final

import msgspec
import numpy as np
import polars as pl

from connectors.files import Block, blocks
from connectors.formats.chunks import WITHOUT_BOX, Chunk, Dead, Draft, ReadOptions, demand, lost_lines, settle, table
from schemas.errors import UsageError
from schemas.frames import FRAMES, SIGNALS

NAMES: Final = {"motorbike": "motorcycle", "pedestrian": "person"}
"""Darknet's COCO names that differ from ours."""
SSE: Final = b"data:"
Pixels = Annotated[int, msgspec.Meta(gt=0, le=2**31 - 1)]
Number = Annotated[int, msgspec.Meta(ge=0, le=2**40)]


class Detection(msgspec.Struct):
    """One box."""

    x: float
    y: float
    w: float
    h: float
    name: Annotated[str, msgspec.Meta(min_length=1)]
    prob: Annotated[float, msgspec.Meta(ge=0, le=100)] | None = None
    id: int | str | None = None


class Resolution(msgspec.Struct):
    """Size of the picture, px."""

    w: Pixels
    h: Pixels


class Tracked(msgspec.Struct):
    """What the tracker said of one frame."""

    frameIndex: Number
    data: list[Detection]


class Line(msgspec.Struct):
    """One frame, in either shape."""

    frame: Number | None = None
    detections: list[Detection] | None = None
    trackerDataForLastFrame: Tracked | None = None
    videoResolution: Resolution | None = None


class Seen(msgspec.Struct):
    """One frame, whatever its shape."""

    number: int
    size: tuple[int, int]
    detections: list[Detection]


_DECODER = msgspec.json.Decoder(Line)


def read(path: Path, options: ReadOptions) -> Iterator[Chunk]:
    """Yield a file's frames.

    Raises
    ------
    UsageError
        Camera, frames per second or start is not given, or the size of raw detections.
    """
    demand(options, "opendatacam", ("camera", "fps", "start"))
    return _read(path, options)


def _read(path: Path, options: ReadOptions) -> Iterator[Chunk]:
    for block in blocks(path, options.chunk_records, options.max_record_bytes):
        yield _chunk(block, options, str(path))


def _chunk(block: Block, options: ReadOptions, source: str) -> Chunk:
    dead = lost_lines(block)
    seen, rows = [], []
    for row in range(len(block.start)):
        line = block.line(row)
        if not line.strip():
            continue
        found = _decode(line, options)
        if isinstance(found, Seen):
            seen.append(found)
            rows.append(row)
        else:
            dead.append(Dead(int(block.position[row]), *found, line))
    draft = _draft(seen, block.position[rows], options)
    return settle(draft, options, source, lambda row: block.line(rows[row]), dead, block.size)


def _decode(line: bytes, options: ReadOptions) -> Seen | tuple[str, str]:
    """Read one line, or say what is wrong with it."""
    try:
        frame = _DECODER.decode(line.removeprefix(SSE))
    except msgspec.ValidationError as error:
        return "bad_type", str(error)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return "not_json", f"{type(error).__name__}: {error}"
    size = options.size if frame.videoResolution is None else (frame.videoResolution.w, frame.videoResolution.h)
    if size is None:
        raise UsageError("--format opendatacam: this file does not carry the size of the picture, give --size WxH")
    if frame.trackerDataForLastFrame is not None:
        return Seen(frame.trackerDataForLastFrame.frameIndex, size, frame.trackerDataForLastFrame.data)
    if frame.frame is None or frame.detections is None:
        return "bad_type", "expected frame and detections, or trackerDataForLastFrame"
    return Seen(frame.frame, size, frame.detections)


def _draft(seen: list[Seen], position: np.ndarray, options: ReadOptions) -> Draft:
    assert options.fps is not None
    assert options.start_us is not None
    number = np.array([frame.number for frame in seen], np.int64)
    frames = {
        "camera": [options.camera] * len(seen),
        "t_us": options.start_us + np.rint(number * (1e6 / options.fps)).astype(np.int64),
        "ts_source": ["pts"] * len(seen),
        "seq": number,
        "width": [frame.size[0] for frame in seen],
        "height": [frame.size[1] for frame in seen],
        "position": position,
    }
    flat = [(row, thing) for row, frame in enumerate(seen) for thing in frame.detections]
    names = NAMES | dict(options.class_map)
    objects = {
        "frame": [row for row, _ in flat],
        "class": [names.get(thing.name, thing.name) for _, thing in flat],
        "confidence": [None if thing.prob is None else thing.prob / 100 for _, thing in flat],
        "track": [None if thing.id is None else str(thing.id) for _, thing in flat],
    }
    made = table(frames, FRAMES, len(seen)), table(objects, WITHOUT_BOX, len(flat))
    return Draft(made[0], made[1], _corners(seen, flat), pl.DataFrame(schema=SIGNALS))


def _corners(seen: list[Seen], flat: list[tuple[int, Detection]]) -> np.ndarray:
    """Return boxes as corners in 0..1; a negative width stays one, to be found."""
    middle = np.array([(t.x, t.y, t.w, t.h) for _, t in flat], np.float64).reshape(-1, 4)
    size = np.array([seen[row].size for row, _ in flat], np.float64).reshape(-1, 2)
    half = middle[:, 2:] / 2
    with np.errstate(over="ignore", invalid="ignore"):
        corners = np.hstack([(middle[:, :2] - half) / size, (middle[:, :2] + half) / size])
        return corners.astype(np.float32)
