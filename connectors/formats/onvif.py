"""ONVIF Profile M over MQTT: frames of metadata, and what cameras say of their pictures.

A camera is the part of the topic before `onvif-mj` or `onvif-ej`, else the frame's own
`@Source`. From `ImageTooDark`, `ImageTooBlurry`, `SignalLoss` and `GlobalSceneChange`
on, until the device says otherwise, its frames say so too, and the event itself is a
frame that shows nothing: where analytics stop with the picture, the reason still stands.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np
import polars as pl

from connectors.files import Block
from connectors.formats import onvif_events, onvif_frames, topic_lines
from connectors.formats.chunks import WITHOUT_BOX, Chunk, Dead, Draft, ReadOptions, lost_lines, settle, table
from connectors.formats.native_lines import Fault
from connectors.formats.nvschema_classes import ClassNames
from connectors.formats.nvschema_objects import Faulty
from connectors.formats.onvif_events import BLURRED, DARK, MOVED, TAMPERS, Event
from connectors.formats.onvif_frames import Seen, Thing
from connectors.formats.reading import Reader, of_lines
from schemas.frames import FRAMES, SIGNALS
from schemas.rejects import CONDITION

MARKS: Final = (*topic_lines.MARKS, *onvif_frames.MARKS)
"""What a message has."""
NO_CAMERA: Final = "expected a camera in the topic or as @Source, found none: name it with --camera"
NO_FRAMES: Final = 'expected Frame, or {"topic": ".../onvif-ej/...", "payload": {...}} of an event'
MOST: Final = 65_535
"""Cameras whose pictures' conditions are remembered; beyond, the one that said one first is forgotten."""
OTHERS: Final = "{source}: {many:,} rule events were passed over: only what a camera says of its picture is read"


class Said(NamedTuple):
    """A frame, and what its camera says of the picture."""

    camera: str
    frame: Seen
    events: tuple[str, ...]  # keys of `TAMPERS`
    row: int  # of its message in the block


class Messages(Reader):
    """Reads metadata and events of any number of devices."""

    marks = MARKS

    def __init__(self, options: ReadOptions) -> None:
        super().__init__(options)
        self.names = ClassNames(onvif_frames.CLASSES | dict(options.class_map))
        self.events: dict[str, list[str]] = {}
        self.others = 0

    def decoded(self, block: Block, source: str, options: ReadOptions) -> Chunk:
        """Return the frames that messages say."""
        dead, said = lost_lines(block), []
        for row in range(len(block.start)):
            line = block.line(row)
            if not line.strip():
                continue
            try:
                said += self._of_message(line, block.topic_of(row), row)
            except Faulty as fault:
                dead.append(Dead(int(block.position[row]), fault.reason, str(fault), line))
        made = settle(
            self._draft(said, block), options, source, lambda row: block.line(said[row].row), dead, block.size,
            in_pixels=False,
        )  # fmt: skip
        return made._replace(remarks=(OTHERS.format(source=source, many=self.others),) if self.others else ())

    def state(self) -> bytes:
        """Return what cameras last said of their pictures."""
        return msgspec.json.encode(self.events) if self.events else b""

    def resume(self, state: bytes) -> None:
        """Go on with what cameras said."""
        self.events = msgspec.json.decode(state, type=dict[str, list[str]])

    def _of_message(self, line: bytes, topic: str, row: int) -> list[Said]:
        found = topic_lines.told(line, topic)
        if isinstance(found, Fault):
            raise Faulty(found.detail, found.reason)
        frames = onvif_frames.frames(found.payload)
        if frames is not None:
            seen = [onvif_frames.read(frame) for frame in frames]  # all of a message, or none
            cameras = [self._camera(found.topic, one.source) for one in seen]
            return [
                Said(camera, one, tuple(self.events.get(camera, ())), row)
                for camera, one in zip(cameras, seen, strict=True)
            ]
        if onvif_events.BRANCH not in found.topic.split("/"):
            raise Faulty(NO_FRAMES)
        event = onvif_events.read(found.topic, found.payload)
        if event is None:
            self.others += 1
            return []
        return self._of_event(event, self._camera(found.topic, event.source), row)

    def _camera(self, topic: str, source: str) -> str:
        camera = onvif_events.camera(topic) or source or self.options.camera
        if not camera:
            raise Faulty(NO_CAMERA)
        return camera

    def _of_event(self, event: Event, camera: str, row: int) -> list[Said]:
        """Take note of an event; one that begins is a frame that shows nothing."""
        told = [one for one in self.events.pop(camera, []) if one != event.event]
        if event.is_so:
            told.append(event.event)
        if told:
            self.events[camera] = told
        if len(self.events) > MOST:
            del self.events[next(iter(self.events))]
        return [Said(camera, Seen("", event.t_us, []), tuple(told), row)] if event.is_so else []

    def _draft(self, said: list[Said], block: Block) -> Draft:
        things = [(row, thing) for row, one in enumerate(said) for thing in one.frame.things]
        conditions = [{TAMPERS[event] for event in one.events} for one in said]
        frames: dict[str, Any] = {
            "camera": [one.camera for one in said],
            "t_us": [one.frame.t_us for one in said],
            "ts_source": ["capture"] * len(said),
            "luma": [0.0 if DARK in one else None for one in conditions],
            "sharpness": [0.0 if BLURRED in one else None for one in conditions],
            "position": [int(block.position[one.row]) for one in said],
        }
        if self.options.size is not None:
            for name, side in zip(("width", "height"), self.options.size, strict=True):
                frames[name] = [side] * len(said)
        moved = [row for row, one in enumerate(conditions) if MOVED in one]
        signals = {"frame": moved, "kind": [CONDITION] * len(moved), "zone": [MOVED] * len(moved)}
        made = table(frames, FRAMES, len(said)), table(_objects(things, self.names), WITHOUT_BOX, len(things))
        box = np.array([thing.box for _, thing in things], np.float64).reshape(-1, 4)
        with np.errstate(over="ignore"):
            share = box.astype(np.float32)
        told = table(signals, SIGNALS, len(moved)).with_columns(value=pl.lit(1.0))
        return Draft(made[0], made[1], share, told)


def _objects(things: list[tuple[int, Thing]], names: ClassNames) -> dict[str, Any]:
    return {
        "frame": [row for row, _ in things],
        "class": [names[thing.label] for _, thing in things],
        "confidence": [thing.confidence for _, thing in things],
        "track": [thing.track for _, thing in things],
    }


def read(path: Path, options: ReadOptions) -> Iterator[Chunk]:
    """Yield a file's frames and what could not be read of it."""
    return of_lines(path, options, Messages(options))
