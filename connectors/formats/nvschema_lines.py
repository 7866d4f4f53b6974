"""Frames of NVIDIA Metropolis' nvschema, one JSON text at a time: the meaning of the format, strictly typed.

A frame says its camera, its time and maybe its number; the free `info` may say how
large the picture is. Time without an offset is UTC, by the schema's own words.
"""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

import msgspec

from connectors.formats.native_lines import NAN_WORDS, Fault
from connectors.formats.nvschema_objects import Faulty, Object, checked
from schemas.came import came
from schemas.local_time import EPOCH

LARGEST_PX: Final = 2**31 - 1
LARGEST_SEQ: Final = 2**63 - 1
DIGITS: Final = len(str(LARGEST_SEQ))
UNSIZED: Final = "boxes are in px and nothing says of how many: give --size WxH"
TIMES: Final = ("`$.timestamp`", "`$.@timestamp`")
"""How an error names the fields of the time."""


class Frame(msgspec.Struct):
    """One frame."""

    objects: list[Object | str]
    timestamp: str | None = None
    at_timestamp: str | None = msgspec.field(name="@timestamp", default=None)
    sensorId: str | int | None = None
    id: str | int | None = None
    info: msgspec.Raw = msgspec.Raw()


class FrameInfo(msgspec.Struct):
    """What is taken of a frame's free attributes: the size of the picture, px, under either pair of names."""

    width: str | int | None = None
    height: str | int | None = None
    frameWidth: str | int | None = None
    frameHeight: str | int | None = None


class Seen(NamedTuple):
    """What one line says."""

    camera: str
    t_us: int
    seq: int | None
    size: tuple[int, int] | None  # px; None only without objects
    objects: list[Object]


_DECODER = msgspec.json.Decoder(Frame)
_INFO = msgspec.json.Decoder(FrameInfo | None)


def decode(line: bytes, camera: str | None, size: tuple[int, int] | None) -> Seen | Fault:
    """Read one line, or say what is wrong with it.

    Parameters
    ----------
    line
        One JSON object.
    camera
        The camera of frames without `sensorId`.
    size
        Width and height of pictures whose frame does not say them, px.

    A frame that has objects, and neither it nor `size` says how large the picture is, is a fault with `UNSIZED`.
    """
    try:
        frame = _DECODER.decode(line)
    except msgspec.ValidationError as error:
        return _wrong_type(str(error))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return _not_json(line, error)
    try:
        return seen(frame, _t_us(frame), camera, size)
    except Faulty as fault:
        return Fault(fault.reason, str(fault))


def _t_us(frame: Frame) -> int:
    text = frame.at_timestamp if frame.timestamp is None else frame.timestamp
    if text is None:
        raise Faulty("expected timestamp or @timestamp, found neither")
    t_us = time_us(text)
    if t_us is None:
        raise Faulty(f"expected a time such as 2026-01-05T00:00:00.100Z, got {came(text)}", "bad_time")
    return t_us


def seen(frame: Frame, t_us: int, camera: str | None, size: tuple[int, int] | None) -> Seen:
    """Return what a frame says, by `decode`'s rules.

    Raises
    ------
    Faulty
        A field is missing or outside its range.
    """
    named = camera if frame.sensorId in (None, "") else str(frame.sensorId)
    if named is None:
        raise Faulty("expected sensorId, found none: name the camera of such frames with --camera")
    objects = [checked(thing) for thing in frame.objects]
    said = _size(frame.info) or size
    if said is None and objects:
        raise Faulty(UNSIZED)
    return Seen(named, t_us, _whole(frame.id), said, objects)


def time_us(text: str) -> int | None:
    """Return an ISO 8601 time (without offset: UTC) as microseconds since 1970 UTC; None when it is not one."""
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        return None
    if ":" not in text and "T" not in text:
        return None  # a date alone
    aware = when if when.tzinfo is not None else when.replace(tzinfo=UTC)
    return (aware - EPOCH) // timedelta(microseconds=1)


def _whole(number: str | int | None) -> int | None:
    """Return a whole number that may be a text; None when it is none, or has more than 64 bits."""
    if isinstance(number, str):
        number = int(number) if number.isascii() and number.isdecimal() and len(number) <= DIGITS else None
    return number if number is not None and -LARGEST_SEQ <= number <= LARGEST_SEQ else None


def _size(info: msgspec.Raw) -> tuple[int, int] | None:
    """Return the size of the picture, where a frame's info says it; whatever else is there is none of ours."""
    try:
        said = _INFO.decode(info) if info else None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    if said is None:
        return None
    for width, height in ((said.width, said.height), (said.frameWidth, said.frameHeight)):
        w, h = _whole(width), _whole(height)
        if w is not None and h is not None and 0 < w <= LARGEST_PX and 0 < h <= LARGEST_PX:
            return w, h
    return None


def _wrong_type(detail: str) -> Fault:
    if "got `array`" in detail and " at " not in detail:
        return Fault("bad_type", "expected one frame a line, got a JSON array: write each frame on a line of its own")
    return Fault("bad_time" if detail.endswith(TIMES) else "bad_type", detail)


def _not_json(line: bytes, error: Exception) -> Fault:
    """Tell several frames on a line, and the word NaN that some senders write, from what is no JSON at all."""
    if "trailing characters" in str(error):
        return Fault("not_json", f"expected one frame a line, found more behind it: {error}")
    if any(word in line for word in NAN_WORDS):
        try:
            things = [thing for thing in json.loads(line)["objects"] if isinstance(thing, dict)]
            if not all(math.isfinite(side) for thing in things for side in thing["bbox"].values()):
                return Fault("bad_box", "a box is not finite")
            if not all(math.isfinite(thing.get("confidence") or 0) for thing in things):
                return Fault("bad_type", "expected confidence in 0..1, got one that is not finite")
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
            pass
    return Fault("not_json", f"{type(error).__name__}: {error}")
