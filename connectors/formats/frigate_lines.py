"""One message of Frigate, strictly typed: a track's event, a review, or whether somebody watches.

Events say what the track was like at a moment; boxes are corners in px of the picture
that Frigate detects on. Names of persons (`sub_label`), plates, attributes and paths
are not read, nor are Frigate's own zones: Tilik counts by its registry's.
"""

from __future__ import annotations

import math
from typing import Annotated, Any, Final, Literal, NamedTuple

import msgspec

from connectors.formats import limits, topic_lines
from connectors.formats.chunks import BAD_BOX, time_fault
from connectors.formats.native_lines import Fault
from connectors.formats.nvschema_objects import Faulty
from connectors.formats.plain_frames import Box
from schemas.came import came

MARKS: Final = (*topic_lines.MARKS, frozenset({"type", "before", "after"}))
"""What a message has."""
ONLINE: Final = {"online": True, "offline": False, "disabled": False, "stopped": False}
WORDS: Final = frozenset(ONLINE)
"""Payloads that are no JSON."""
MOST_ID: Final = 256
MOST_S: Final = 9e12
"""Seconds that fit into 64 bits of microseconds."""
Ratio = Annotated[float, msgspec.Meta(ge=0, le=1)]


class After(msgspec.Struct):
    """What a track is like now."""

    id: Annotated[str, msgspec.Meta(min_length=1, max_length=MOST_ID)]
    label: Annotated[str, msgspec.Meta(min_length=1, max_length=MOST_ID)]
    box: tuple[float, float, float, float]
    camera: Annotated[str, msgspec.Meta(max_length=MOST_ID)] | None = None
    frame_time: float | None = None
    start_time: float | None = None
    end_time: float | None = None
    score: Ratio | None = None
    top_score: Ratio | None = None
    false_positive: bool | None = None
    stationary: bool | None = None


class Change(msgspec.Struct):
    """A track's event."""

    type: Literal["new", "update", "end"]
    after: After


class Summary(msgspec.Struct):
    """What is taken of a review: whose it is, and when it began."""

    start_time: float
    camera: Annotated[str, msgspec.Meta(max_length=MOST_ID)] | None = None


class Reviewed(msgspec.Struct):
    """A review."""

    after: Summary


class Event(NamedTuple):
    """What a track was like at a moment."""

    camera: str
    t_us: int
    track: str
    label: str
    confidence: float | None
    box: Box | None  # shares of the picture; None for one without area
    since_us: int  # when the track began
    is_over: bool
    is_real: bool  # Frigate does not take it for a mistake
    is_stationary: bool


class Review(NamedTuple):
    """Frigate was watching; a review says nothing that events do not."""

    camera: str
    t_us: int


class Status(NamedTuple):
    """Whether Frigate detects on a camera; '' means all of them."""

    camera: str
    is_online: bool


Message = Event | Review | Status


def read(line: bytes, topic: str, camera: str | None, size: tuple[int, int], now_us: int) -> Message:
    """Read one message.

    Parameters
    ----------
    camera
        The camera of messages that name none.
    size
        Width and height of the picture that Frigate detects on, px.

    Raises
    ------
    Faulty
        It cannot be read.
    """
    found = topic_lines.told(line, topic, words=WORDS)
    if isinstance(found, Fault):
        raise Faulty(found.detail, found.reason)
    parts = found.topic.split("/")
    if parts[-1] == "available" or parts[-2:] == ["status", "detect"]:
        return _status(parts, found.payload)
    try:
        if parts[-1] == "reviews" or (not found.topic and _is_review(found.payload)):
            after = msgspec.convert(found.payload, Reviewed).after
            return Review(_named(after.camera, camera), _t_us(after.start_time, now_us))
        return _event(msgspec.convert(found.payload, Change), camera, size, now_us)
    except msgspec.ValidationError as error:
        raise Faulty(str(error), "bad_time" if "_time`" in str(error) else "bad_type") from None


def _is_review(payload: Any) -> bool:
    after = payload.get("after") if isinstance(payload, dict) else None
    return isinstance(after, dict) and "severity" in after and "box" not in after


def _status(parts: list[str], payload: Any) -> Status:
    if not isinstance(payload, str) or payload not in ONLINE:
        raise Faulty(f"expected {', '.join(ONLINE)}, got {came(payload)}")
    camera = "" if parts[-1] == "available" else (parts[-3] if len(parts) > 2 else "")
    if len(camera.encode()) > limits.TEXT_BYTES:
        raise Faulty(f"expected a camera of at most {limits.TEXT_BYTES:,} bytes", "too_large")
    return Status(camera, ONLINE[payload])


def _named(told: str | None, given: str | None) -> str:
    camera = told or given
    if not camera:
        raise Faulty("expected after.camera, found none: name the camera of such messages with --camera")
    return camera


def _t_us(seconds: float | None, now_us: int) -> int:
    """Return seconds since 1970 as microseconds."""
    if seconds is None or not math.isfinite(seconds) or abs(seconds) > MOST_S:
        raise Faulty("expected a time in seconds since 1970, got none", "bad_time")
    t_us = round(seconds * 1e6)
    wrong = time_fault(t_us, now_us)
    if wrong is not None:
        raise Faulty(wrong[1], wrong[0])
    return t_us


def _event(change: Change, given: str | None, size: tuple[int, int], now_us: int) -> Event:
    after = change.after
    is_over = change.type == "end"
    seconds = after.end_time if is_over and after.end_time is not None else after.frame_time
    t_us = _t_us(after.start_time if seconds is None else seconds, now_us)
    since_us = t_us if after.start_time is None else min(t_us, _t_us(after.start_time, now_us))
    return Event(
        _named(after.camera, given),
        t_us,
        after.id,
        after.label,
        after.top_score if after.score is None else after.score,
        _box(after.box, size),
        since_us,
        is_over,
        not after.false_positive,
        bool(after.stationary),
    )


def _box(told: Box, size: tuple[int, int]) -> Box | None:
    """Return a box as shares of the picture, cut to it; None for one without area."""
    if not all(map(math.isfinite, told)) or told[2] < told[0] or told[3] < told[1]:
        raise Faulty(BAD_BOX, "bad_box")
    if told[0] >= size[0] or told[1] >= size[1] or told[2] < 0 or told[3] < 0:
        raise Faulty(
            f"the box lies outside a picture of {size[0]} x {size[1]}: give the size that Frigate detects on (--size)",
            "boxes_refused",
        )
    x1, x2 = (min(max(side / size[0], 0.0), 1.0) for side in (told[0], told[2]))
    y1, y2 = (min(max(side / size[1], 0.0), 1.0) for side in (told[1], told[3]))
    return (x1, y1, x2, y2) if x2 > x1 and y2 > y1 else None
