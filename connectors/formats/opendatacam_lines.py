"""One frame of OpenDataCam, in any of its shapes: the meaning of the format, strictly typed.

Raw detections have a `frame` number and probabilities per cent, the live stream a
`frameIndex`, and the documents of a recording (`/recording/:id/tracker`, or as
mongoexport writes them) a `timestamp` and maybe a `frameId`.
"""

from __future__ import annotations

from typing import Annotated, Any, Final

import msgspec

from connectors.formats.chunks import ReadOptions
from connectors.formats.times import refused, time_us

MARKS: Final = (
    frozenset({"frame", "detections"}),
    frozenset({"trackerDataForLastFrame"}),
    frozenset({"timestamp", "objects"}),
)
"""What a frame has: where objects with these keys stand, a document's frames stand."""
UNSIZED: Final = "nothing says how large the picture is: give --size WxH"
SSE: Final = b"data:"
SSE_OTHERS: Final = (b":", b"event:", b"id:", b"retry:")
"""Lines of an event stream that are no data."""
COUNTER: Final = (b'"counterHistory"', b'"countingDirection"', b'"area"')
Pixels = Annotated[int, msgspec.Meta(gt=0, le=2**31 - 1)]
Number = Annotated[int, msgspec.Meta(ge=0, le=2**40)]


class _Unsized(Exception):
    """Nothing says how large the picture is."""


class Detection(msgspec.Struct):
    """One box; `prob` is per cent, the confidence 0..1, or per cent where it is above 1."""

    x: float
    y: float
    w: float
    h: float
    name: Annotated[str, msgspec.Meta(min_length=1)]
    prob: Annotated[float, msgspec.Meta(ge=0, le=100)] | None = None
    confidence: Annotated[float, msgspec.Meta(ge=0, le=100)] | None = None
    id: int | str | None = None

    @property
    def certainty(self) -> float | None:
        """Return the detector's confidence, 0..1."""
        if self.prob is not None:
            return self.prob / 100
        return self.confidence if self.confidence is None or self.confidence <= 1 else self.confidence / 100


class Resolution(msgspec.Struct):
    """Size of the picture, px."""

    w: Pixels
    h: Pixels


class Tracked(msgspec.Struct):
    """What the tracker said of one frame."""

    frameIndex: Number
    data: list[Detection]


class Line(msgspec.Struct):
    """One frame, in any shape."""

    frame: Number | None = None
    detections: list[Detection] | None = None
    trackerDataForLastFrame: Tracked | None = None
    videoResolution: Resolution | None = None
    timestamp: Any = None
    objects: list[Detection] | None = None
    frameId: Number | None = None


class Seen(msgspec.Struct):
    """One frame, whatever its shape; its time where it has one, else its number."""

    number: int | None
    t_us: int | None
    size: tuple[int, int]
    detections: list[Detection]
    clock: str = "capture"  # of its time, where it has one


_DECODER = msgspec.json.Decoder(Line)


def is_frame(line: bytes) -> bool:
    """Whether a line is to be read: no blank one, and no event stream's own."""
    bare = line.strip()
    return bool(bare) and not bare.startswith(SSE_OTHERS)


def decode(line: bytes, options: ReadOptions) -> Seen | tuple[str, str]:
    """Read one line, or say what is wrong with it; `UNSIZED` where nothing says how large the picture is."""
    try:
        frame = _DECODER.decode(line.lstrip().removeprefix(SSE))
    except msgspec.ValidationError as error:
        return "bad_type", str(error)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return "not_json", f"{type(error).__name__}: {error}"
    try:
        return _seen(frame, options) or ("bad_type", _other(line))
    except _Unsized:
        return "bad_type", UNSIZED


def _seen(frame: Line, options: ReadOptions) -> Seen | tuple[str, str] | None:
    """Return what a frame says, in whichever shape; None where it has none of them."""
    size = options.size if frame.videoResolution is None else (frame.videoResolution.w, frame.videoResolution.h)
    if frame.trackerDataForLastFrame is not None:
        told = frame.trackerDataForLastFrame
        return Seen(told.frameIndex, None, _sized(size), told.data)
    if frame.frame is not None and frame.detections is not None:
        return Seen(frame.frame, None, _sized(size), frame.detections)
    if frame.timestamp is None or frame.objects is None:
        return None
    t_us = _time_us(frame.timestamp)
    if t_us is None:
        return "bad_time", refused(frame.timestamp, options.now_us)
    return Seen(frame.frameId, t_us, _sized(size), frame.objects)


def _sized(size: tuple[int, int] | None) -> tuple[int, int]:
    if size is None:
        raise _Unsized
    return size


def _other(line: bytes) -> str:
    if any(word in line for word in COUNTER):
        return "this is what OpenDataCam's counter tells, not its frames: download the tracker's data instead"
    return "expected frame and detections, trackerDataForLastFrame, or timestamp and objects"


def _time_us(told: Any) -> int | None:
    """Read a document's time: ISO 8601, or MongoDB's own way of writing a date ({"$date": ...}, ms since 1970)."""
    if isinstance(told, dict):
        told = told.get("$date")
    if isinstance(told, dict):
        told = told.get("$numberLong")
        told = int(told) if isinstance(told, str) and told.isdecimal() else None
    if isinstance(told, str):
        return time_us(told)
    return told * 1000 if type(told) is int and abs(told) < 2**52 else None
