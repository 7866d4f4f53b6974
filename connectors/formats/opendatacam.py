"""OpenDataCam: raw detections, what `/tracker/sse` sends, and what its Data page downloads.

Boxes are centre, width and height in px. A recording's download has the time of
every frame; detections and the live stream only number them: the first that is
read is at the start, and the others follow by frames per second. In a live stream
whose start is not given a frame is taken as it arrives.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

from connectors.files import Block, head
from connectors.formats.chunks import (
    WITHOUT_BOX,
    Chunk,
    Dead,
    Draft,
    ReadOptions,
    Sizes,
    demand,
    lost_lines,
    settle,
    table,
)
from connectors.formats.opendatacam_lines import MARKS, UNSIZED, Detection, Seen, decode, is_frame
from connectors.formats.reading import Reader, of_lines
from schemas.frames import FRAMES, SIGNALS

NAMES: Final = {"motorbike": "motorcycle", "pedestrian": "person"}
"""Darknet's COCO names that differ from ours."""
HEAD_BYTES: Final = 1 << 16
FARTHEST_US: Final = 2**62
UNTIMED: Final = "the frame is only numbered: give --fps and --start"
KEPT_WITH_OBJECTS: Final = (
    "OpenDataCam's download leaves out frames without objects: in a registry the camera needs sends_empty = false, "
    "or its quiet times count as outages; without one that is taken to be so"
)


class Numbered:
    """Frames' times by their numbers, counted from the first that is read."""

    def __init__(self, options: ReadOptions) -> None:
        self.options, self.first = options, options.first_number

    @property
    def is_set(self) -> bool:
        """Whether frames that are only numbered have a time."""
        return self.options.fps is not None and self.options.start_us is not None

    def t_us(self, number: int) -> int:
        """Return the time of a frame."""
        assert self.options.fps is not None
        assert self.options.start_us is not None
        if self.first is None:
            self.first = number
        t_us = self.options.start_us + round((number - self.first) * (1e6 / self.options.fps))
        return max(-FARTHEST_US, min(t_us, FARTHEST_US))


def read(path: Path, options: ReadOptions) -> Iterator[Chunk]:
    """Yield a file's frames.

    Raises
    ------
    UsageError
        The camera is not given; frames per second or start, where no frame has a time of its own; the
        size, where no frame says it.
    """
    carries_times = b'"timestamp"' in head(path, HEAD_BYTES)
    demand(options, "opendatacam", ("camera",) if carries_times else ("camera", "fps", "start"))
    return _read(path, options)


def _read(path: Path, options: ReadOptions) -> Iterator[Chunk]:
    reader = Frames(options)
    yield from of_lines(path, options, reader)
    reader.sizes.demand()


class Frames(Reader):
    """Reads lines of OpenDataCam in any of its shapes."""

    marks = MARKS

    def __init__(self, options: ReadOptions) -> None:
        super().__init__(options)
        self.clock, self.sizes = Numbered(options), Sizes("opendatacam", options)

    def decoded(self, block: Block, source: str, options: ReadOptions) -> Chunk:
        """Return what some lines say."""
        return _chunk(block, options, source, self.clock, self.sizes)


def _chunk(block: Block, options: ReadOptions, source: str, clock: Numbered, sizes: Sizes) -> Chunk:
    dead = lost_lines(block)
    seen, rows = [], []
    for row in range(len(block.start)):
        line = block.line(row)
        if not is_frame(line):
            continue
        found = decode(line, options)
        if isinstance(found, Seen) and found.t_us is None and not clock.is_set and block.arrival_us is not None:
            found = Seen(found.number, int(block.arrival_us[row]), found.size, found.detections, "arrival")
        if isinstance(found, Seen) and (found.t_us is not None or clock.is_set):
            seen.append(found)
            rows.append(row)
            sizes.seen(True)
        elif isinstance(found, Seen):
            dead.append(Dead(int(block.position[row]), "bad_time", UNTIMED, line))
        else:
            sizes.missed(found[1] == UNSIZED)
            dead.append(Dead(int(block.position[row]), *found, line))
    draft = _draft(seen, block.position[rows], options, clock)
    chunk = settle(draft, options, source, lambda row: block.line(rows[row]), dead, block.size)
    sends_empty = all(frame.t_us is None or frame.clock == "arrival" for frame in seen)
    return chunk._replace(remarks=_remarks(source, clock, sends_empty=sends_empty), sends_empty=sends_empty)


def _remarks(source: str, clock: Numbered, *, sends_empty: bool) -> tuple[str, ...]:
    said = [] if sends_empty else [f"{source}: {KEPT_WITH_OBJECTS}"]
    if clock.first:
        said.append(
            f"{source}: frame numbers are counted from {clock.first}, the first that was read: it is at --start"
        )
    return tuple(said)


def _draft(seen: list[Seen], position: np.ndarray, options: ReadOptions, clock: Numbered) -> Draft:
    frames = {
        "camera": [options.camera] * len(seen),
        "t_us": [clock.t_us(frame.number or 0) if frame.t_us is None else frame.t_us for frame in seen],
        "ts_source": ["pts" if frame.t_us is None else frame.clock for frame in seen],
        "seq": [frame.number for frame in seen],
        "width": [frame.size[0] for frame in seen],
        "height": [frame.size[1] for frame in seen],
        "position": position,
    }
    flat = [(row, thing) for row, frame in enumerate(seen) for thing in frame.detections]
    names = NAMES | dict(options.class_map)
    objects = {
        "frame": [row for row, _ in flat],
        "class": [names.get(thing.name, thing.name) for _, thing in flat],
        "confidence": [thing.certainty for _, thing in flat],
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
