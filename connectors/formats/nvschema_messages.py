"""A Frame of nvschema as protobuf bytes: the allow-listed fields of its wire format, by the names they have in JSON.

What is read is what `nvschema_lines` reads of JSON, so both have one meaning: fields
are taken off the wire here, then judged there. Numbers are those of NVIDIA's nvschema
(Frame, Object, Bbox); what is not named, as embeddings, poses and plates, is passed over.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final, NamedTuple

import msgspec

from connectors.formats.native_lines import Fault
from connectors.formats.nvschema_lines import Frame, Seen, seen
from connectors.formats.nvschema_objects import Faulty
from schemas.local_time import EPOCH

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
WIDTHS: Final = {FIXED64: 8, FIXED32: 4}
MOST_BITS: Final = 64
LONGEST_VARINT: Final = 10
SIDES: Final = {1: "leftX", 2: "topY", 3: "rightX", 4: "bottomY"}
OBJECT_INFO: Final = ("mask", "mask_confidence", "face_px")
FRAME_INFO: Final = ("width", "height", "frameWidth", "frameHeight")
MOST_NANOS: Final = 999_999_999


SECONDS: Final = -62_135_596_800, 253_402_300_800
"""The years 1 to 9999, which a Timestamp may hold (google/protobuf/timestamp.proto)."""


class Unreadable(Exception):
    """Bytes that are no message, or a field that cannot be what it should; `reason` is a dead letter's."""

    def __init__(self, detail: str, reason: str = "not_protobuf") -> None:
        super().__init__(detail)
        self.reason = reason


class Field(NamedTuple):
    """One field of a message."""

    number: int
    wire: int
    value: int | bytes  # a varint's number, else the bytes


class Stamp(NamedTuple):
    """A `google.protobuf.Timestamp`."""

    seconds: int = 0
    nanos: int = 0


def decode(raw: bytes, camera: str | None, size: tuple[int, int] | None) -> Seen | Fault:
    """Read one Frame as `nvschema_lines.decode` reads its JSON, or say what is wrong with it."""
    try:
        told, stamp = frame(raw)
        made = msgspec.convert({name: value for name, value in told.items() if name != "info"}, Frame)
        if "info" in told:
            made.info = msgspec.Raw(json.dumps(told["info"]).encode())
        return seen(made, _t_us(stamp), camera, size)
    except Unreadable as error:
        return Fault(error.reason, str(error))
    except Faulty as fault:
        return Fault(fault.reason, str(fault))
    except msgspec.ValidationError as error:
        return Fault("bad_type", str(error))


def as_json(raw: bytes) -> dict[str, Any]:
    """Return what is read of a Frame as its JSON says it.

    Raises
    ------
    Unreadable
        The bytes are no Frame.
    """
    told, stamp = frame(raw)
    try:
        t_us = _t_us(stamp)
    except Faulty:
        return told
    return {"timestamp": (EPOCH + timedelta(microseconds=t_us)).isoformat().replace("+00:00", "Z")} | told


def _t_us(stamp: Stamp | None) -> int:
    """Return a time as microseconds since 1970 UTC.

    Raises
    ------
    Faulty
        There is none, or it is none.
    """
    if stamp is None:
        raise Faulty("expected a time (field 3), found none")
    if not SECONDS[0] <= stamp.seconds < SECONDS[1] or not 0 <= stamp.nanos <= MOST_NANOS:
        raise Faulty("expected seconds of the years 1 to 9999 and nanoseconds below a second, got others", "bad_time")
    return stamp.seconds * 1_000_000 + stamp.nanos // 1000


def varint(raw: bytes, at: int) -> tuple[int, int]:
    """Return a varint's value and the place behind it.

    Raises
    ------
    Unreadable
        It breaks off, or has more than 64 bits.
    """
    value = 0
    for length in range(LONGEST_VARINT):
        if at + length >= len(raw):
            raise Unreadable("expected a number, the message breaks off")
        byte = raw[at + length]
        value |= (byte & 127) << 7 * length
        if byte < 128:
            if value >> MOST_BITS:
                break
            return value, at + length + 1
    raise Unreadable("expected a number of at most 64 bits, came more")


def fields(raw: bytes) -> Iterator[Field]:
    """Yield the fields of a message.

    Raises
    ------
    Unreadable
        The bytes are no message.
    """
    at = 0
    while at < len(raw):
        tag, at = varint(raw, at)
        number, wire = tag >> 3, tag & 7
        if not 0 < number < 1 << 29 or wire not in (VARINT, BYTES, *WIDTHS):
            raise Unreadable(f"expected a field's number and kind, came number {number} of kind {wire}")
        if wire == VARINT:
            value, at = varint(raw, at)
            yield Field(number, wire, value)
            continue
        size, at = varint(raw, at) if wire == BYTES else (WIDTHS[wire], at)
        if size > len(raw) - at:
            raise Unreadable(f"expected {size} bytes of field {number}, the message breaks off")
        yield Field(number, wire, raw[at : at + size])
        at += size


def frame(raw: bytes) -> tuple[dict[str, Any], Stamp | None]:
    """Return what is read of a Frame, as its JSON names it, and its time.

    Raises
    ------
    Unreadable
        The bytes are no Frame.
    """
    found: dict[str, Any] = {"objects": []}
    stamp: Stamp | None = None
    info: dict[str, str] = {}
    for number, wire, value in fields(raw):
        if wire != BYTES or not isinstance(value, bytes):
            continue
        if number == 2:
            found["id"] = _text(value)
        elif number == 3:
            stamp = _stamp(value, stamp or Stamp())
        elif number == 4:
            found["sensorId"] = _text(value)
        elif number == 5:
            found["objects"].append(_object(value))
        elif number == 12:
            _entry(value, FRAME_INFO, info)
    return (found | {"info": info} if info else found), stamp


def _object(raw: bytes) -> dict[str, Any]:
    found: dict[str, Any] = {}
    info: dict[str, str] = {}
    for number, wire, value in fields(raw):
        if number == 4 and wire == FIXED32 and isinstance(value, bytes):
            found["confidence"] = _confidence(value)
        if wire != BYTES or not isinstance(value, bytes):
            continue
        if number == 1:
            found["id"] = _text(value)
        elif number == 2:
            found["bbox"] = _bbox(value, found.get("bbox", dict.fromkeys(SIDES.values(), 0.0)))
        elif number == 3:
            found["type"] = _text(value)
        elif number == 5:
            _entry(value, OBJECT_INFO, info)
    return found | {"info": info} if info else found


def _bbox(raw: bytes, known: dict[str, float]) -> dict[str, float]:
    """Return a box; a side that is not there is 0, as the format leaves zeros out."""
    told = {
        SIDES[number]: _float(value)
        for number, wire, value in fields(raw)
        if number in SIDES and wire == FIXED32 and isinstance(value, bytes)
    }
    return known | told


def _entry(raw: bytes, wanted: tuple[str, ...], into: dict[str, str]) -> None:
    """Take an entry of a map of texts, if its key is wanted."""
    told = {1: b"", 2: b""}
    for number, wire, value in fields(raw):
        if number in told and wire == BYTES and isinstance(value, bytes):
            told[number] = value
    key = _text(told[1])
    if key in wanted:
        into[key] = _text(told[2])


def _stamp(raw: bytes, known: Stamp) -> Stamp:
    for number, wire, value in fields(raw):
        if wire == VARINT and isinstance(value, int) and number in (1, 2):
            signed = value - (1 << 64) if value >> 63 else value
            known = known._replace(seconds=signed) if number == 1 else known._replace(nanos=signed)
    return known


def _text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise Unreadable("expected texts in UTF-8", "bad_type") from None


def _confidence(raw: bytes) -> float:
    value = _float(raw)
    if not math.isfinite(value):
        raise Unreadable("expected confidence in 0..1, got one that is not finite", "bad_type")
    return value


def _float(raw: bytes) -> float:
    return float(struct.unpack("<f", raw)[0])
