"""DeepStream's full schema (`eventMsg`): one object a message, put together to frames by camera and time.

Objects of a frame come one after the other, and nobody says which is the last: a
frame is whole once its camera has shown two later times, at the end of the input,
or when a live stream falls silent. A frame in which nothing was found is never sent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
import polars as pl

from connectors.files import RAW_BYTES, Block
from connectors.formats.chunks import (
    WITHOUT_BOX,
    Chunk,
    Dead,
    Draft,
    ReadOptions,
    demand,
    lost_lines,
    settle,
    table,
)
from connectors.formats.deepstream_lines import MARKS, Seen, decode
from connectors.formats.native_lines import Fault
from connectors.formats.nvschema_classes import ClassNames
from connectors.formats.reading import Reader, of_lines
from schemas.frames import FRAMES, SIGNALS

KIND: Final = "deepstream"
OPEN: Final = 2
"""Frames of a camera that are not whole yet: messages of neighbours may come in turns."""
WAITED_US: Final = 2_000_000
"""Where nothing follows in a live stream, a frame is whole so long after its first object came; ours."""
MOST: Final = 65_535
"""Cameras whose frames are held; beyond, the one heard of least lately is given up waiting for."""
KEPT_WITH_OBJECTS: Final = (
    "DeepStream sends no frame without objects: in a registry its cameras need sends_empty = false, or their quiet "
    "times count as outages; without one that is taken to be so"
)


class Group(msgspec.Struct):
    """A frame that is not whole yet."""

    camera: str
    t_us: int
    position: int
    raw: bytes  # of its first message
    arrival_us: int | None = None
    messages: int = 0
    known: set[str] = msgspec.field(default_factory=set)
    things: list[tuple[str, float | None, str | None, tuple[float, float, float, float]]] = msgspec.field(
        default_factory=list
    )

    def take(self, seen: Seen) -> None:
        """Take an object; one that was sent twice once."""
        self.messages += 1
        if seen.message and seen.message in self.known:
            return
        self.known.add(seen.message)
        self.things.append((seen.label, seen.confidence, seen.track, seen.box))


class Objects(Reader):
    """Reads messages of one object each.

    Raises
    ------
    UsageError
        The size of the pictures, which no message says, is not given.
    """

    marks = MARKS

    def __init__(self, options: ReadOptions) -> None:
        demand(options, KIND, ("size",))
        super().__init__(options)
        self.names = ClassNames(options.class_map)
        self.open: dict[str, list[Group]] = {}

    def decoded(self, block: Block, source: str, options: ReadOptions) -> Chunk:
        """Return the frames that messages make whole."""
        dead, whole = lost_lines(block), []
        for row in range(len(block.start)):
            line = block.line(row)
            if not line.strip():
                continue
            now_us = options.now_us if block.arrival_us is None else int(block.arrival_us[row])
            found = decode(line, options.camera, self.names, now_us)
            if isinstance(found, Fault):
                dead.append(Dead(int(block.position[row]), *found, line))
            else:
                whole += self._take(found, block, row, line)
        return self._chunk(whole, source, options, dead, block.size)

    def rest(self, source: str) -> Iterable[Chunk]:
        """Return the frames that nothing follows."""
        return self._given_up(source, lambda group: True)

    def tick(self, now_us: int, source: str) -> Iterable[Chunk]:
        """Return the frames whose first object came `WAITED_US` ago."""
        return self._given_up(source, lambda one: one.arrival_us is not None and one.arrival_us <= now_us - WAITED_US)

    def _given_up(self, source: str, is_due: Callable[[Group], bool]) -> Iterable[Chunk]:
        held = [group for groups in self.open.values() for group in groups]
        left = sorted(filter(is_due, held), key=lambda group: group.position)
        self.open = {name: kept for name, one in self.open.items() if (kept := [g for g in one if not is_due(g)])}
        return [self._chunk(left, source, self.options, [], 0)] if left else []

    def state(self) -> bytes:
        """Return the frames that are not whole yet."""
        return msgspec.json.encode(self.open) if self.open else b""

    def resume(self, state: bytes) -> None:
        """Go on with frames that were not whole."""
        self.open = msgspec.json.decode(state, type=dict[str, list[Group]])

    def _take(self, seen: Seen, block: Block, row: int, line: bytes) -> list[Group]:
        """Put an object to its frame; return what became whole."""
        groups = self.open.pop(seen.camera, [])
        group = next((one for one in groups if one.t_us == seen.t_us), None)
        if group is None:
            arrival = None if block.arrival_us is None else int(block.arrival_us[row])
            group = Group(seen.camera, seen.t_us, int(block.position[row]), line[:RAW_BYTES], arrival)
            groups.append(group)
            groups.sort(key=lambda one: one.t_us)
        group.take(seen)
        self.open[seen.camera] = groups[-OPEN:]  # last: it was heard of just now
        longest = [] if len(self.open) <= MOST else self.open.pop(next(iter(self.open)))
        return [*groups[:-OPEN], *longest]

    def _chunk(self, whole: list[Group], source: str, options: ReadOptions, dead: list[Dead], size: int) -> Chunk:
        made = settle(self._draft(whole, options), options, source, lambda row: whole[row].raw, dead, size)
        many = {group.position: group.messages for group in whole}
        records = made.dead.select(pl.col("position").replace_strict(many, default=1, return_dtype=pl.UInt32))
        counted = made.dead.with_columns(count=records["position"])
        remarks = (f"{source}: {KEPT_WITH_OBJECTS}",) if whole else ()
        return made._replace(dead=counted, remarks=remarks, sends_empty=False)

    def _draft(self, whole: list[Group], options: ReadOptions) -> Draft:
        assert options.size is not None
        frames = {
            "camera": [group.camera for group in whole],
            "t_us": [group.t_us for group in whole],
            "arrival_us": [group.arrival_us for group in whole],
            "ts_source": ["convert"] * len(whole),
            "width": [options.size[0]] * len(whole),
            "height": [options.size[1]] * len(whole),
            "position": [group.position for group in whole],
        }
        things = [(row, *thing) for row, group in enumerate(whole) for thing in group.things]
        objects = {
            "frame": [thing[0] for thing in things],
            "class": [self.names[thing[1]] for thing in things],
            "confidence": [thing[2] for thing in things],
            "track": [thing[3] for thing in things],
        }
        box = np.array([thing[4] for thing in things], np.float64).reshape(-1, 4)
        with np.errstate(over="ignore"):
            share = (box / np.array(options.size * 2)).astype(np.float32)
        made = table(frames, FRAMES, len(whole)), table(objects, WITHOUT_BOX, len(things))
        return Draft(made[0], made[1], share, pl.DataFrame(schema=SIGNALS))


def read(path: Path, options: ReadOptions) -> Iterator[Chunk]:
    """Yield a file's frames and what could not be read of it.

    Raises
    ------
    UsageError
        The size of the pictures, which no message says, is not given.
    """
    return of_lines(path, options, Objects(options))
