"""Messages of nvschema as protobuf bytes, written field by field."""

from __future__ import annotations

import struct
from datetime import datetime
from typing import Any

from schemas.local_time import EPOCH


def varint(value: int) -> bytes:
    value &= 2**64 - 1
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def whole(number: int, value: int) -> bytes:
    """Return a field of kind 0."""
    return varint(number << 3) + varint(value)


def held(number: int, value: bytes | str) -> bytes:
    """Return a field of kind 2."""
    raw = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(raw)) + raw


def real(number: int, value: float) -> bytes:
    """Return a field of kind 5."""
    return varint(number << 3 | 5) + struct.pack("<f", value)


def entries(number: int, told: dict[str, str]) -> bytes:
    """Return a map of texts."""
    return b"".join(held(number, held(1, key) + held(2, value)) for key, value in told.items())


def stamp(text: str) -> bytes:
    t_us = round((datetime.fromisoformat(text) - EPOCH).total_seconds() * 1e6)
    return whole(1, t_us // 1_000_000) + (whole(2, t_us % 1_000_000 * 1000) if t_us % 1_000_000 else b"")


def bbox(leftX: float = 0, topY: float = 0, rightX: float = 0, bottomY: float = 0) -> bytes:
    """Return a box as the format writes it: zeros are left out."""
    return b"".join(real(n + 1, side) for n, side in enumerate((leftX, topY, rightX, bottomY)) if side != 0)


def thing(told: dict[str, Any]) -> bytes:
    out = b""
    if told.get("id") is not None:
        out += held(1, str(told["id"]))
    if "bbox" in told:
        out += held(2, bbox(**told["bbox"]))
    if "type" in told:
        out += held(3, told["type"])
    if told.get("confidence") is not None:
        out += real(4, told["confidence"])
    return out + entries(5, {key: str(value) for key, value in (told.get("info") or {}).items()})


def frame(told: dict[str, Any]) -> bytes:
    """Return a frame of nvschema's JSON as its message."""
    out = held(1, told.get("version", "4.0"))
    if "id" in told:
        out += held(2, str(told["id"]))
    if "timestamp" in told:
        out += held(3, stamp(told["timestamp"]))
    if "sensorId" in told:
        out += held(4, told["sensorId"])
    out += b"".join(held(5, thing(each)) for each in told.get("objects", ()))
    return out + entries(12, {key: str(value) for key, value in told.get("info", {}).items()})


def delimited(messages: list[bytes]) -> bytes:
    return b"".join(varint(len(raw)) + raw for raw in messages)
