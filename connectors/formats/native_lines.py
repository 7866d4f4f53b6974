"""Native frames, one JSON text at a time: the meaning of the format, strictly typed.

It decodes what the fast reader leaves aside and says what is wrong with a line.
Only the fields named here are read: an allow-list, so that plates and names stay out.
"""

from __future__ import annotations

import json
import math
from typing import Annotated, Any, NamedTuple

import msgspec
import numpy as np
import polars as pl

from connectors.formats.chunks import CLOCKS, WITHOUT_BOX, Draft, table
from connectors.formats.times import refused, time_us
from schemas.came import came
from schemas.frames import FRAMES, SIGNALS

Name = Annotated[str, msgspec.Meta(min_length=1)]
Ratio = Annotated[float, msgspec.Meta(ge=0, le=1)]
LARGEST_PX, LARGEST_SEQ = 2**31 - 1, 2**63 - 1
Pixels = Annotated[int, msgspec.Meta(ge=0, le=LARGEST_PX)]
Sequence = Annotated[int, msgspec.Meta(ge=-LARGEST_SEQ - 1, le=LARGEST_SEQ)]
FARTHEST_US = 2**62
NOBODYS = (
    "expected camera, found none: let frames say it, or whoever sends them (--camera, ?camera=, camera of a topic)"
)
NAN_WORDS = (b"NaN", b"Infinity")


class Object(msgspec.Struct):
    """One object of a frame."""

    cls: Name = msgspec.field(name="class")
    box: tuple[float, float, float, float]
    confidence: Ratio | None = None
    track: str | int | None = None
    mask: str | None = None
    mask_confidence: Ratio | None = None
    face_px: float | None = None


class Signal(msgspec.Struct):
    """One value measured in a zone."""

    kind: Name
    value: float
    zone: str | None = None


class Image(msgspec.Struct):
    """What was measured on the picture itself."""

    luma: float | None = None
    sharpness: float | None = None
    hash: str | None = None


class Frame(msgspec.Struct):
    """One frame event."""

    ts: int | str
    objects: list[Object]
    camera: Name | None = None
    ts_source: str | None = None
    seq: Sequence | None = None
    width: Pixels | None = None
    height: Pixels | None = None
    signals: list[Signal] | None = None
    image: Image | None = None


class Fault(NamedTuple):
    """Why a line cannot be read."""

    reason: str
    detail: str


class Timed(NamedTuple):
    """A line's frame and its time."""

    frame: Frame
    t_us: int


class Time(msgspec.Struct):
    """The time alone, of whatever type."""

    ts: Any


_DECODER = msgspec.json.Decoder(Frame)
_TIME = msgspec.json.Decoder(Time)


def decode(line: bytes, now_us: int = 0, camera: str | None = None) -> Timed | Fault:
    """Read one line, or say what is wrong with it; `camera` is whose frames are that name none."""
    try:
        frame = _DECODER.decode(line)
    except msgspec.ValidationError as error:
        detail = str(error)
        return (
            Fault("bad_time", _of_time(line, detail, now_us))
            if detail.endswith("`$.ts`")
            else Fault("bad_type", detail)
        )
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return _not_json(line, f"{type(error).__name__}: {error}")
    if frame.camera is None:
        if not camera:
            return Fault("bad_type", NOBODYS)
        frame.camera = camera
    if frame.ts_source is not None and frame.ts_source not in CLOCKS:
        return Fault("bad_type", f"expected ts_source {'|'.join(CLOCKS)}, got {came(frame.ts_source)}")
    t_us = time_us(frame.ts) if isinstance(frame.ts, str) else max(-FARTHEST_US, min(frame.ts, FARTHEST_US))
    if t_us is None:
        return Fault("bad_time", refused(frame.ts, now_us))
    return Timed(frame, t_us)


def named(line: bytes, camera: str | None) -> bytes:
    """Return a line that was read as one that says its camera by itself, as it is kept where it is refused later."""
    if not camera or _DECODER.decode(line).camera is not None:
        return line
    return line.rstrip()[:-1] + b',"camera":' + msgspec.json.encode(camera) + b"}"  # behind a null: the last one counts


def _of_time(line: bytes, detail: str, now_us: int) -> str:
    """Say what is wrong with a time of the wrong type; one that no 64 bits hold is said by the decoder alone."""
    try:
        return f"{detail}: {refused(_TIME.decode(line).ts, now_us)}"
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return detail


def _not_json(line: bytes, detail: str) -> Fault:
    """Tell boxes of NaN, which some senders write as a word, from what is no JSON at all."""
    if any(word in line for word in NAN_WORDS):
        try:
            boxes = [thing["box"] for thing in json.loads(line)["objects"]]
            if not all(math.isfinite(side) for box in boxes for side in box):
                return Fault("bad_box", "a box is not finite")
        except (ValueError, TypeError, KeyError, RecursionError):
            pass
    return Fault("not_json", detail)


def draft(lines: list[Timed], position: list[int]) -> Draft:
    """Return decoded lines as columns."""
    frames = [line.frame for line in lines]
    image = [frame.image or Image() for frame in frames]
    columns = {
        "camera": [f.camera for f in frames],
        "t_us": [line.t_us for line in lines],
        "ts_source": [f.ts_source or "capture" for f in frames],
        "seq": [f.seq for f in frames],
        "width": [f.width for f in frames],
        "height": [f.height for f in frames],
        "luma": [i.luma for i in image],
        "sharpness": [i.sharpness for i in image],
        "image_hash": [i.hash for i in image],
        "position": position,
    }
    flat = [(row, thing) for row, frame in enumerate(frames) for thing in frame.objects]
    objects = {
        "frame": [row for row, _ in flat],
        "class": [o.cls for _, o in flat],
        "confidence": [o.confidence for _, o in flat],
        "track": [o.track if o.track is None else str(o.track) for _, o in flat],
        "mask": [o.mask for _, o in flat],
        "mask_confidence": [o.mask_confidence for _, o in flat],
        "face_px": [o.face_px for _, o in flat],
    }
    signals = [(row, s.kind, s.zone, s.value) for row, frame in enumerate(frames) for s in frame.signals or ()]
    with np.errstate(over="ignore"):
        box = np.array([o.box for _, o in flat], np.float64).reshape(-1, 4).astype(np.float32)
    return Draft(
        table(columns, FRAMES, len(frames)),
        table(objects, WITHOUT_BOX, len(flat)),
        box,
        pl.DataFrame(signals, schema=SIGNALS, orient="row"),
    )
