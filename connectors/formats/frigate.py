"""Frigate over MQTT: lives of tracks as frames, a second each, that feed what is of tracks and standing.

`frigate/events` tells who came, changed and went, `frigate/<camera>/status/detect` and
`frigate/available` whether somebody watches. Each second that was watched is a frame of
those who were there (`frigate_tracks`), marked as made of tracks: figures of what is in
a picture stay NULL (docs/decisions/tracks-without-frames.md).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
import polars as pl

from connectors.files import Block
from connectors.formats.chunks import WITHOUT_BOX, Chunk, Dead, Draft, ReadOptions, demand, lost_lines, settle, table
from connectors.formats.frigate_lines import MARKS, Event, Message, Review, Status
from connectors.formats.frigate_lines import read as read_message
from connectors.formats.frigate_tracks import STEP_US, Camera, Run, before
from connectors.formats.nvschema_classes import ClassNames
from connectors.formats.nvschema_objects import Faulty
from connectors.formats.reading import Reader, of_lines
from schemas.frames import FRAMES, SIGNALS
from schemas.rejects import CONDITION, SAMPLED

KIND: Final = "frigate"
TOGETHER: Final = 250_000
"""Frames and objects that are made at once."""
MOST_CAMERAS: Final = 65_535
GRACE_US: Final = 2_000_000
"""In a live stream a second is told so long after it, for messages are on their way; ours."""
FRAMES_A_SECOND: Final = (
    "Frigate tells tracks, not frames: each second watched is one frame. In a registry its cameras need event_fps = 1; "
    "crowds, lines, gates and masks stay NULL (few_samples)"
)


class Remembered(msgspec.Struct):
    """What is kept from one block to the next."""

    cameras: dict[str, Camera] = msgspec.field(default_factory=dict)
    is_online: bool | None = None  # Frigate itself
    latest_us: int | None = None  # of all messages


class Tracks(Reader):
    """Reads messages of any number of cameras of one Frigate.

    Raises
    ------
    UsageError
        The size of the picture that Frigate detects on, which no message says, is not given.
    """

    marks = MARKS

    def __init__(self, options: ReadOptions) -> None:
        demand(options, KIND, ("size",))
        super().__init__(options)
        self.names, self.known = ClassNames(options.class_map), Remembered()
        self.now_us, self.rejected = options.now_us, 0

    def chunks(self, block: Block, source: str) -> Iterator[Chunk]:
        """Yield the seconds that messages make known."""
        runs: list[Run] = []
        dead, position, size, held = lost_lines(block), 0, block.size, 0
        for row in range(len(block.start)):
            line, position = block.line(row), int(block.position[row])
            if not line.strip():
                continue
            arrival_us = None if block.arrival_us is None else int(block.arrival_us[row])
            try:
                found = self._take(line, block.topic_of(row), arrival_us)
            except Faulty as fault:
                dead.append(Dead(position, fault.reason, str(fault), line))
                continue
            runs += found
            held += sum(run.seconds * (1 + len(run.things)) for run in found)
            if held > TOGETHER:
                yield from self._made(runs, position, source, dead, size)
                runs, dead, size, held = [], [], 0, 0
        yield from self._made(runs, position, source, dead, size)

    def rest(self, source: str) -> Iterable[Chunk]:
        """Return the seconds up to the last message."""
        latest_us = self.known.latest_us
        return () if latest_us is None else self._all(-(-latest_us // STEP_US) * STEP_US, source)

    def tick(self, now_us: int, source: str) -> Iterable[Chunk]:
        """Return the seconds that are over."""
        self.now_us = max(self.now_us, now_us)
        return self._all(before(now_us - GRACE_US), source)

    def state(self) -> bytes:
        """Return which tracks are open, and what is known of cameras."""
        return msgspec.json.encode(self.known) if self.known.cameras or self.known.is_online is not None else b""

    def resume(self, state: bytes) -> None:
        """Go on with what was known."""
        self.known = msgspec.json.decode(state, type=Remembered)

    def _all(self, until_us: int, source: str) -> Iterator[Chunk]:
        runs = [
            run
            for name, camera in self.known.cameras.items()
            if camera.clock_us is not None and camera.clock_us < until_us
            for run in camera.until(name, until_us, is_online=self._is_online(camera))
        ]
        if runs:
            yield from self._made(runs, 0, source, [], 0)

    def _is_online(self, camera: Camera) -> bool | None:
        return self.known.is_online if camera.is_online is None else camera.is_online

    def _take(self, line: bytes, topic: str, arrival_us: int | None) -> list[Run]:
        now_us = self.options.now_us if arrival_us is None else arrival_us
        self.now_us = max(self.now_us, now_us)
        assert self.options.size is not None
        message: Message = read_message(line, topic, self.options.camera, self.options.size, now_us)
        if isinstance(message, Status):
            return self._status(message, arrival_us)
        self._latest(message.t_us)
        camera = self._camera(message.camera)
        if self._is_online(camera) is False:  # a message says otherwise
            camera.silent(before(message.t_us))
            camera.is_online = None
            self.known.is_online = None if self.known.is_online is False else self.known.is_online
        if camera.clock_us is None:
            camera.clock_us = before(message.t_us)
        if isinstance(message, Event):
            self.rejected += message.box is None
            return camera.heard(message.camera, message, is_online=self._is_online(camera))
        return self._reviewed(camera, message)

    def _reviewed(self, camera: Camera, review: Review) -> list[Run]:
        runs = camera.until(review.camera, before(review.t_us), is_online=self._is_online(camera))
        camera.silent(before(review.t_us))
        camera.heard_us = review.t_us if camera.heard_us is None else max(camera.heard_us, review.t_us)
        return runs

    def _camera(self, name: str) -> Camera:
        cameras = self.known.cameras
        if name not in cameras and len(cameras) >= MOST_CAMERAS:
            del cameras[next(iter(cameras))]
        return cameras.setdefault(name, Camera())

    def _latest(self, t_us: int) -> None:
        """Take note of a time; cameras whose status came before any begin there."""
        if self.known.latest_us is None:
            for camera in self.known.cameras.values():
                camera.clock_us = before(t_us) if camera.clock_us is None else camera.clock_us
        self.known.latest_us = t_us if self.known.latest_us is None else max(self.known.latest_us, t_us)

    def _status(self, status: Status, arrival_us: int | None) -> list[Run]:
        """Take note of who watches from now on; a message of status has no time but its arrival."""
        t_us = self.known.latest_us if arrival_us is None else arrival_us
        if t_us is not None:
            self._latest(t_us)
        if status.camera:
            self._camera(status.camera)
        cameras = self.known.cameras
        told = {status.camera: cameras[status.camera]} if status.camera else cameras
        runs = []
        for name, camera in told.items():
            if t_us is not None:
                runs += camera.until(name, before(t_us), is_online=self._is_online(camera))
            if not status.is_online:
                camera.tracks, camera.heard_us = {}, None
            if status.is_online and self._is_online(camera) is not True and t_us is not None:
                camera.silent(t_us // STEP_US * STEP_US)
            camera.is_online = status.is_online if status.camera else None
        if not status.camera:
            self.known.is_online = status.is_online
        return runs

    def _made(self, runs: list[Run], position: int, source: str, dead: list[Dead], size: int) -> Iterator[Chunk]:
        """Yield the frames of runs, so many at once as bounds allow."""
        options = replace(self.options, now_us=self.now_us)
        for at, some in enumerate(chain(_pieces(runs), [[]] if not runs else [])):
            letters, read = (dead, size) if at == 0 else ([], 0)
            draft = self._draft(some, position)
            made = settle(draft, options, source, lambda row: b"", letters, read, in_pixels=False)
            remarks = (f"{source}: {FRAMES_A_SECOND}",) if some else ()
            rejected, self.rejected = made.rejected_objects + self.rejected, 0
            yield made._replace(remarks=remarks, rejected_objects=rejected)

    def _draft(self, runs: list[Run], position: int) -> Draft:
        seconds = np.array([run.seconds for run in runs], np.int64)
        many = int(seconds.sum())
        first = np.repeat(np.array([run.first_us for run in runs], np.int64), seconds)
        start = np.repeat(np.cumsum(seconds) - seconds, seconds)
        names = pl.Series([run.camera for run in runs], dtype=pl.String)
        assert self.options.size is not None
        frames: dict[str, Any] = {
            "camera": names.gather(np.repeat(np.arange(len(runs)), seconds)),
            "t_us": first + (np.arange(many) - start) * STEP_US,
            "ts_source": ["capture"] * many,
            "width": np.full(many, self.options.size[0]),
            "height": np.full(many, self.options.size[1]),
            "position": np.full(many, position),
        }
        objects, box = _objects(runs, seconds, self.names)
        signals = {"frame": np.arange(many), "kind": [CONDITION] * many, "zone": [SAMPLED] * many}
        told = table(signals, SIGNALS, many).with_columns(value=pl.lit(1.0))
        return Draft(table(frames, FRAMES, many), table(objects, WITHOUT_BOX, len(box)), box, told)


def _objects(runs: list[Run], seconds: np.ndarray, names: ClassNames) -> tuple[dict[str, Any], np.ndarray]:
    """Return the objects of every second of some runs, in the order of frames, and their boxes."""
    things = [thing for run in runs for thing in run.things]
    count = np.array([len(run.things) for run in runs], np.int64)
    of_frame = np.repeat(count, seconds)  # objects of each frame
    frame = np.repeat(np.arange(len(of_frame)), of_frame)
    first = np.repeat(np.repeat(np.cumsum(count) - count, seconds), of_frame)
    within = np.arange(len(frame)) - np.repeat(np.cumsum(of_frame) - of_frame, of_frame)
    at = first + within
    confidence = pl.Series([one.confidence for _, one in things], dtype=pl.Float32)
    objects = {
        "frame": frame.astype(np.uint32),
        "class": pl.Series([names[one.label] for _, one in things], dtype=pl.String).gather(at),
        "confidence": confidence.gather(at),
        "track": pl.Series([track for track, _ in things], dtype=pl.String).gather(at),
    }
    box = np.array([one.box for _, one in things], np.float32).reshape(-1, 4)
    return objects, box[at]


def _pieces(runs: list[Run]) -> Iterator[list[Run]]:
    """Yield runs by groups that are made at once, long ones cut."""
    group: list[Run] = []
    held = 0
    for run in runs:
        left = run
        while left.seconds:
            cost = 1 + len(left.things)
            fit = max(1, min(left.seconds, (TOGETHER - held) // cost))
            group.append(msgspec.structs.replace(left, seconds=fit))
            held += fit * cost
            left = msgspec.structs.replace(left, first_us=left.first_us + fit * STEP_US, seconds=left.seconds - fit)
            if held >= TOGETHER:
                yield group
                group, held = [], 0
    if group:
        yield group


def read(path: Path, options: ReadOptions) -> Iterator[Chunk]:
    """Yield the seconds that a file of messages tells, and what could not be read of it.

    Raises
    ------
    UsageError
        The size of the picture that Frigate detects on, which no message says, is not given.
    """
    return of_lines(path, options, Tracks(options))
